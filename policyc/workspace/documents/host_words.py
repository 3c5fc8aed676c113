"""What a host file leaves open in the words that its author writes, so that a help can be pasted.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html,
https://developer.hashicorp.com/terraform/language/expressions/strings
"""

from __future__ import annotations

import json
from re import Match
from typing import Final

from policyc.holes import WHOLE_MARK, has_hole, pieces, shown
from policyc.regex import regex
from policyc.text import Source

#: a text between quotes or, where there are none, between backticks
_TEXTS: Final = regex(rf'"([^"`]*{WHOLE_MARK}[^"`]*)"|`([^"`]*{WHOLE_MARK}[^"`]*)`')
#: names that are expressions of the host
_OF_TEMPLATE: Final = regex(r"[A-Za-z][A-Za-z0-9:.]*")
_OF_MODULE: Final = regex(r"[A-Za-z_][\w.\[\]\"-]*")


def in_words(text: str, type: str, source: Source) -> str:
    """A sentence for people with the texts of a document as its host (a resource of a `type`) would have them; in other hosts open places stay names."""
    if not has_hole(text):
        return text

    def written(found: Match[str]) -> str:
        value = found[1] or found[2]
        made = _written(value, type, source)
        return shown(found[0]) if made is None else made if found[1] else f"`{made}`"

    return shown(_TEXTS.sub(written, text))


def _written(value: str, type: str, source: Source) -> str | None:
    parts = list(pieces(value))
    names = [part for part, is_open in parts if is_open]
    if type.startswith("AWS::") and all(map(_OF_TEMPLATE.fullmatch, names)):
        is_json = source.text.lstrip()[:1] == "{"
        if len(parts) == 1:
            return _reference(names[0], is_json)
        told = "".join(f"${{{part}}}" if is_open else part.replace("${", "${!") for part, is_open in parts)
        return json.dumps({"Fn::Sub": told}, ensure_ascii=False) if is_json else f'!Sub "{told}"'
    if source.file.endswith((".tf", ".tofu")) and all(map(_OF_MODULE.fullmatch, names)):
        if len(parts) == 1:
            return names[0]
        inner = (f"${{{part}}}" if is_open else part.replace("${", "$${") for part, is_open in parts)
        return f'"{"".join(inner)}"'
    return None


def _reference(name: str, is_json: bool) -> str:
    """A value of a template by itself: a resource's attribute, or a parameter."""
    resource, dot, attribute = name.partition(".")
    if is_json:
        return json.dumps({"Fn::GetAtt": [resource, attribute]} if dot else {"Ref": name})
    return f"!GetAtt {name}" if dot else f"!Ref {name}"
