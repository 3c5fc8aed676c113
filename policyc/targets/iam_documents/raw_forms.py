"""Raw forms of the language as parts of an IAM document, as they are written (see `policyc/ir/raw_forms.py`).

Few policies have any, so the reader of documents is imported for the first one.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from policyc.ir.authz import All, AnyOf, Atom, Cond, Glob, RawTest
from policyc.model.vocabulary import Attribute
from policyc.record import replace
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.targets.iam_documents.texts import Reading


class Iam:
    """How an IAM document of version 2012-10-17 reads raw texts."""

    def test(self, operator: str, attribute: Attribute, values: Sequence[tuple[str, Span]], span: Span) -> Cond | None:
        from policyc.engines.iam.operators import read_operator
        from policyc.syntax.json_text import JsonArray, JsonMember, JsonString
        from policyc.targets.iam_documents.read_tests import read_test

        if read_operator(operator) is None:
            return None
        listed = JsonArray(tuple(JsonString(text, at) for text, at in values), span)
        return _named(read_test(operator, JsonMember(attribute.native, span, listed), _reading()), attribute.name, span)

    def resource(self, text: str, span: Span) -> Glob:
        return _reading().glob(text, span, wildcards=True)


@cache
def _reading() -> Reading:
    from policyc.engines.iam.switches import DEFAULT
    from policyc.targets.iam_documents.kinds import KINDS
    from policyc.targets.iam_documents.texts import Reading

    return Reading(KINDS["auth-policy"], True, DEFAULT)


def _named(cond: Cond, name: str, span: Span) -> Cond:
    """The condition with its tests called as the author of a policy calls them."""
    match cond:
        case All(items) | AnyOf(items):
            return replace(cond, items=tuple(_named(item, name, span) for item in items))
        case Atom(spelling=spelling) | RawTest(spelling=spelling) if spelling is not None:
            return replace(cond, span=span, spelling=replace(spelling, key=name))
        case _:
            return cond
