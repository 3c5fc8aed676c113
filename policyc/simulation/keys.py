"""Condition keys as people name them: the native spelling (`vpc-lattice-svcs:SourceVpc`) or the word of the language (`source.vpc`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.ir.attributes import resolve_attribute, shown_name
from policyc.model.vocabulary import Attribute, load_vocabulary
from policyc.simulation.references import PlainText, parse_ref

#: nothing is known of whatever is neither stated nor follows from the rest of a request
EVERYTHING: Final = "*"


@cache
def iam_attributes() -> Mapping[str, Attribute]:
    """The words for condition keys of IAM, over all services that the language knows."""
    return {**load_vocabulary("object_lambda").attributes, **load_vocabulary("lattice").attributes}


def native_key(text: PlainText, attributes: Mapping[str, Attribute], diagnostics: Diagnostics) -> str | None:
    """The condition key that a text names, or None after an error. A key may end in `/*`, a word in `["*"]`."""
    if is_native(text.text):
        return text.text
    ref = parse_ref(text)
    attribute = None if ref is None else resolve_attribute(ref, attributes)
    if attribute is not None and attribute.native:
        return attribute.native
    diagnostics.error(
        "unknown-attribute",
        f"`{text.text}` is no condition key, and no word for one",
        text.span,
        did_you_mean(
            text.text,
            [shown_name(name) for name in attributes],
            "write a key such as `aws:PrincipalOrgID`, or a word such as `source.vpc`",
        ),
    )
    return None


def attribute_of_key(key: str, attributes: Mapping[str, Attribute]) -> Attribute | None:
    """The attribute behind a condition key in its native spelling, in any letter case; None where no attribute stands for it."""
    folded = key.lower()
    for item in attributes.values():
        native = item.native.lower()
        if native and item.keyed and folded.startswith(native) and len(folded) > len(native):
            return item.with_key(key[len(native) :])
        if native and native == folded and not item.keyed:
            return item
    return None


def is_native(text: str) -> bool:
    """Whether a text is a key as documents spell it: a service's prefix, a colon and a name; or a star."""
    return text == EVERYTHING or ":" in text.partition("[")[0]


def refuse_both(
    stated: Iterable[PlainText], unknown: Iterable[PlainText], names: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    """Report keys that are stated and said to be unknown as well; `names` maps each text to its key. Keys ignore case."""
    held = {names[item.text].lower(): item for item in stated}
    for item in unknown:
        key = names[item.text].lower()
        if key in held:
            diagnostics.error(
                "stated-and-unknown",
                f"`{held[key].text}` is stated, and `{item.text}` says that it is not known",
                item.span,
                "keep one of the two",
            )
