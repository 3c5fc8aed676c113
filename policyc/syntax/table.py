"""The parse table: made from `grammars/policyc.lark` by lark, shipped as JSON, loaded without lark.

`python -m policyc.syntax.table` writes `grammars/policyc.table.json` again; with `--check` it only tells (exit code 1)
whether the file is what the grammar gives. Loading lark and building the table takes about 300 ms; loading the JSON
takes about 2 ms.

Format 1: `rows` are distinct action rows (terminal -> n; n >= 0 shifts to state n, n < 0 reduces by rule -n - 1),
`actions[state]` is the number of its row, `gotos[state]` maps a nonterminal to a state, `rules` are
`[nonterminal, number of symbols, builder method or ""]`. A terminal with fixed text is named by that text, others by
their upper-case name. State 0 is the start; shifting `$END` accepts. Source of the fields: https://lark-parser.readthedocs.io (parsers, LALR).
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from policyc.data import data_root, read_json, read_text
from policyc.record import record

GRAMMAR = "grammars/policyc.lark"
TABLE = "grammars/policyc.table.json"
FORMAT = 1
END = "$END"


@record
class Table:
    """What the driver needs; `actions[state][terminal]` and `gotos[state][nonterminal]` as in the module's text."""

    patterns: tuple[tuple[str, str], ...]
    literals: tuple[str, ...]
    keywords: frozenset[str]
    rules: tuple[tuple[str, int, str], ...]
    actions: tuple[dict[str, int], ...]
    gotos: tuple[dict[str, int], ...]


@cache
def load_table() -> Table:
    """The shipped table. A table of another format is a broken installation and raises ValueError."""
    raw = read_json(TABLE)
    if raw.get("format") != FORMAT:
        raise ValueError(f"{TABLE} has format {raw.get('format')!r}, expected {FORMAT}")
    rows = raw["rows"]
    return Table(
        patterns=tuple((name, pattern) for name, pattern in raw["patterns"]),
        literals=tuple(raw["literals"]),
        keywords=frozenset(raw["keywords"]),
        rules=tuple((origin, length, action) for origin, length, action in raw["rules"]),
        actions=tuple(rows[number] for number in raw["actions"]),
        gotos=tuple(raw["gotos"]),
    )


def read_grammar() -> Any:
    """The grammar as a `lark.Lark` in strict mode; a conflict raises lark's GrammarError. Needs lark and interegular."""
    import lark

    return lark.Lark(read_text(GRAMMAR), parser="lalr", lexer="contextual", strict=True, keep_all_tokens=True)


def generate() -> str:
    """The text of the table file for the grammar as it is now; the same grammar gives the same bytes."""
    parser = read_grammar()
    names = {terminal.name: _terminal_name(terminal) for terminal in parser.terminals}
    names[END] = END
    parse_table = parser.parser.parser._parse_table
    order = _state_order(parse_table, names)
    rules = _rules(parse_table)
    rows: dict[str, int] = {}
    actions: list[int] = []
    gotos: list[dict[str, int]] = []
    for state in order:
        row: dict[str, int] = {}
        jumps: dict[str, int] = {}
        for symbol, (kind, argument) in parse_table.states[state].items():
            if symbol not in names:
                jumps[symbol] = order[argument]
            elif str(kind) == "Shift":
                row[names[symbol]] = order[argument]
            else:
                row[names[symbol]] = -rules[_rule_key(argument)] - 1
        if state == parse_table.end_states["start"]:
            row[END] = order[state]
        text = json.dumps(row, sort_keys=True, ensure_ascii=False)
        actions.append(rows.setdefault(text, len(rows)))
        gotos.append(dict(sorted(jumps.items())))
    return _write(parser, names, rules, [json.loads(text) for text in rows], actions, gotos)


def _terminal_name(terminal: Any) -> str:
    return str(terminal.pattern.value if terminal.pattern.type == "str" else terminal.name)


def _rule_key(rule: Any) -> tuple[str, tuple[str, ...]]:
    return (str(rule.origin.name), tuple(str(symbol.name) for symbol in rule.expansion))


def _rules(parse_table: Any) -> dict[tuple[str, tuple[str, ...]], int]:
    """Numbers for all rules that some state reduces by, in the order of their text."""
    found: set[tuple[str, tuple[str, ...]]] = set()
    for row in parse_table.states.values():
        found.update(_rule_key(argument) for kind, argument in row.values() if str(kind) == "Reduce")
    return {key: number for number, key in enumerate(sorted(found))}


def _state_order(parse_table: Any, names: dict[str, str]) -> dict[int, int]:
    """New state numbers by breadth first search from the start, so that they do not depend on lark's hashing."""
    start = parse_table.start_states["start"]
    order = {start: 0}
    queue = [start]
    for state in queue:
        row = parse_table.states[state]
        for symbol in sorted(row, key=lambda symbol: (symbol in names, names.get(symbol, str(symbol)))):
            kind, argument = row[symbol]
            if str(kind) == "Shift" and argument not in order:
                order[argument] = len(order)
                queue.append(argument)
    return order


def _write(
    parser: Any,
    names: dict[str, str],
    rules: dict[tuple[str, tuple[str, ...]], int],
    rows: list[dict[str, int]],
    actions: list[int],
    gotos: list[dict[str, int]],
) -> str:
    ignored = set(parser.ignore_tokens)
    regular = [terminal for terminal in parser.terminals if terminal.pattern.type == "re"]
    regular.sort(key=lambda terminal: (-terminal.priority, terminal.name))
    fixed = sorted(text for name, text in names.items() if name != END and text != name)
    aliases = {_rule_key(rule): str(rule.alias or "") for rule in parser.rules}
    table: dict[str, Any] = {
        "format": FORMAT,
        "patterns": [[t.name, t.pattern.value] for t in regular if t.name not in ignored],
        "literals": sorted((text for text in fixed if not text.isidentifier()), key=lambda text: (-len(text), text)),
        "keywords": [text for text in fixed if text.isidentifier()],
        "rules": [[key[0], len(key[1]), aliases[key] or _default_action(key)] for key in rules],
        "rows": rows,
        "actions": actions,
        "gotos": gotos,
    }
    lines = []
    for field, value in table.items():
        if field in ("rules", "rows", "gotos", "patterns"):
            body = ",\n".join(json.dumps(item, ensure_ascii=False, separators=(",", ":")) for item in value)
            lines.append(f'"{field}":[\n{body}\n]')
        else:
            lines.append(f'"{field}":{json.dumps(value, ensure_ascii=False, separators=(",", ":"))}')
    return "{\n" + ",\n".join(lines) + "\n}\n"


def _default_action(key: tuple[str, tuple[str, ...]]) -> str:
    """Without an alias the rule's own name; a lone nonterminal passes its value on."""
    origin, symbols = key
    return "" if len(symbols) == 1 and symbols[0].islower() else origin


def main(arguments: list[str]) -> int:
    """Write the table file, or with `--check` compare it; the exit code."""
    path = data_root() / TABLE
    text = generate()
    if "--check" in arguments:
        return 0 if path.is_file() and path.read_text(encoding="utf-8") == text else 1
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
