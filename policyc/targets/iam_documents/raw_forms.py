"""Raw forms of the language as parts of an IAM document, as they are written (see `policyc/ir/raw_forms.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.engines.iam.operators import read_operator
from policyc.engines.iam.switches import DEFAULT
from policyc.ir.authz import All, AnyOf, Atom, Cond, Glob, RawTest
from policyc.model.vocabulary import Attribute
from policyc.record import replace
from policyc.syntax.json_text import JsonArray, JsonMember, JsonString
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.read_tests import read_test
from policyc.targets.iam_documents.texts import Reading
from policyc.text import Span

_READING: Final = Reading(KINDS["auth-policy"], True, DEFAULT)


class Iam:
    """How an IAM document of version 2012-10-17 reads raw texts."""

    def test(self, operator: str, attribute: Attribute, values: Sequence[tuple[str, Span]], span: Span) -> Cond | None:
        if read_operator(operator) is None:
            return None
        listed = JsonArray(tuple(JsonString(text, at) for text, at in values), span)
        return _named(read_test(operator, JsonMember(attribute.native, span, listed), _READING), attribute.name, span)

    def resource(self, text: str, span: Span) -> Glob:
        return _READING.glob(text, span, wildcards=True)


def _named(cond: Cond, name: str, span: Span) -> Cond:
    """The condition with its tests called as the author of a policy calls them."""
    match cond:
        case All(items) | AnyOf(items):
            return replace(cond, items=tuple(_named(item, name, span) for item in items))
        case Atom(spelling=spelling) | RawTest(spelling=spelling) if spelling is not None:
            return replace(cond, span=span, spelling=replace(spelling, key=name))
        case _:
            return cond


def raw_key_test(test: Atom | RawTest) -> KeyTest:
    """The entry of a `Condition` block that a raw test is."""
    if test.spelling is not None:
        operator, globs = test.spelling.operator, test.spelling.values
    elif isinstance(test, RawTest):
        operator, globs = test.operator, test.values
    else:
        raise TypeError("a typed test without a spelling is no raw one")
    values = tuple(glob.text for glob in globs)
    return KeyTest(operator, test.attribute.native, values, span=test.span, verbatim=True)
