"""The TextMate grammar of the language, made from the grammar's own table: its words and the patterns of its tokens.

Source: https://macromates.com/manual/en/language_grammars
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from policyc.syntax.table import load_table

PLACE: Final = "editors/vscode/syntaxes/policyc.tmLanguage.json"
#: what a word of the grammar is for colours; every other one is a `keyword.other`
_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "storage.type": frozenset(
        {"let", "param", "principal", "group", "predicate", "resource", "policy", "network", "test", "prove"}
        | {"module", "use", "enum", "segment", "function_group", "filter", "attachment"}
    ),
    "keyword.control": frozenset({"allow", "deny", "expect", "request"}),
    "keyword.operator.word": frozenset({"and", "or", "not", "in", "like", "exists", "any", "all", "is"}),
    "constant.language": frozenset({"true", "false"}),
}


def textmate() -> dict[str, Any]:
    """The grammar as `*.tmLanguage.json` holds it."""
    table = load_table()
    words = sorted(table.keywords)
    roles = {role: [word for word in words if word in members] for role, members in _ROLES.items()}
    roles["keyword.other"] = [word for word in words if not any(word in members for members in _ROLES.values())]
    terminals = dict(table.patterns)
    # a word behind a dot is a part of a name, and one before a dot a root
    keywords = [
        {"name": f"{role}.policyc", "match": rf"(?<![.\w])(?:{'|'.join(members)})(?![\w.])"}
        for role, members in roles.items()
        if members
    ]
    signs = sorted(table.literals, key=lambda sign: (-len(sign), sign))
    return {
        "name": "policyc",
        "scopeName": "source.policyc",
        "fileTypes": ["policy"],
        "patterns": [
            {"name": "comment.line.documentation.policyc", "match": "///.*$"},
            {"name": "comment.line.double-slash.policyc", "match": "//.*$"},
            {
                "name": "string.quoted.double.policyc",
                "match": terminals["STRING"],
                "captures": {"0": {"patterns": [{"name": "constant.character.escape.policyc", "match": r"\\."}]}},
            },
            *keywords,
            {"name": "constant.other.region.policyc", "match": rf"(?<![\w.-])(?:{terminals['REGION']})(?![\w-])"},
            {"name": "variable.other.policyc", "match": terminals["NAME"]},
            {"name": "constant.numeric.policyc", "match": f"{terminals['DECIMAL']}|{terminals['INT']}"},
            {"name": "keyword.operator.policyc", "match": "|".join(_quoted(sign) for sign in signs)},
        ],
    }


def _quoted(sign: str) -> str:
    return "".join(f"\\{char}" if char in "()[]{}.*|+?/" else char for char in sign)


def text() -> str:
    """The file at `PLACE`."""
    return json.dumps(textmate(), indent=2) + "\n"
