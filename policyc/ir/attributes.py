"""Which attribute of a vocabulary a reference names, and whether its key is one."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.model.literals import misfit
from policyc.model.types import shapes
from policyc.model.vocabulary import Attribute
from policyc.syntax import nodes


def resolve_attribute(ref: nodes.Ref, attributes: Mapping[str, Attribute]) -> Attribute | None:
    """The vocabulary entry that a reference names, with its key filled in; None for anything else."""
    found = attributes.get(ref.text)
    if found is not None and not found.keyed:
        return found
    for place, part in reversed(list(enumerate(ref.parts))):
        if place and isinstance(part, nodes.Key) and part.text:
            head = nodes.Ref(ref.parts[:place], ref.span).text
            family = attributes.get(f"{head}[]{ref.text[len(head) + len(part.text) + 4 :]}")
            if family is not None and family.keyed:
                return family.with_key(part.text)
    return None


def key_fits(ref: nodes.Ref, attribute: Attribute, diagnostics: Diagnostics) -> bool:
    """Whether the key that a reference gives a keyed attribute has the form of its keys; a report at the key if not."""
    if not attribute.key_type or attribute.key is None:
        return True
    problem = misfit(shapes()[attribute.key_type], attribute.key)
    if problem is not None:
        at = next(part for part in ref.parts if isinstance(part, nodes.Key) and part.text == attribute.key)
        message = f"{problem[0]}, as the key of an attribute here has to be"
        diagnostics.error("malformed-attribute-key", message, at.span, problem[1])
    return problem is None


def lacks_key(ref: nodes.Ref, attributes: Mapping[str, Attribute]) -> str | None:
    """How a reference to a keyed attribute has to be written, when it leaves out the key; None for anything else."""
    families = (item.name for item in attributes.values() if item.keyed)
    return next((shown_name(name) for name in families if name.replace("[]", "") == ref.text), None)


def shown_name(name: str) -> str:
    """An attribute's name as people write it: `header["…"]` for `header[]`."""
    return name.replace("[]", '["…"]')
