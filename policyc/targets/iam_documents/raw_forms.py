"""Raw forms of the language as parts of an IAM document, as they are written (see `policyc/ir/raw_forms.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from policyc.engines.iam.operators import read_operator
from policyc.engines.iam.switches import DEFAULT
from policyc.ir.authz import Glob, RawTest, raw_attribute
from policyc.model.vocabulary import Attribute
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.iam_documents.operators import KeyTest
from policyc.targets.iam_documents.texts import Reading
from policyc.text import Span

_READING: Final = Reading(KINDS["resource"], True, DEFAULT)


class Iam:
    """How an IAM document of version 2012-10-17 reads raw texts."""

    def test(
        self, operator: str, attribute: Attribute, values: Sequence[tuple[str, Span]], span: Span
    ) -> RawTest | None:
        known = read_operator(operator)
        if known is None:
            return None
        of_key = known_keys().find(attribute.native) or raw_attribute(attribute.native)
        globs = tuple(
            _READING.glob(text, at, wildcards=known.glob, variables=known.takes_variables) for text, at in values
        )
        return RawTest(operator, of_key, globs, False, span)

    def resource(self, text: str, span: Span) -> Glob:
        return _READING.glob(text, span, wildcards=True)


def raw_key_test(test: RawTest) -> KeyTest:
    """The entry of a `Condition` block that a raw test is."""
    values = tuple(glob.text for glob in test.values)
    return KeyTest(test.operator, test.attribute.native, values, span=test.span, verbatim=True)
