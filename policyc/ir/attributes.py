"""Which attribute of a vocabulary a reference names, and whether its key is one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policyc.diagnostics import Diagnostics
from policyc.model.literals import misfit
from policyc.model.types import shapes
from policyc.model.vocabulary import Attribute
from policyc.regex import regex
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
    for name in (item.name for item in attributes.values() if item.keyed):
        base = name.replace("[]", "")
        if ref.text in (base, f'{base}[""]'):
            return shown_name(name)
        if ref.text.startswith(f"{base}.") and len(ref.parts) == base.count(".") + 2:
            return f'{base}["{ref.text[len(base) + 1 :]}"]'
    return None


_WORDS = regex(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")


def ends_as(ref: nodes.Ref, names: Iterable[str]) -> list[str]:
    """The attributes whose last words are those of a reference, the shortest ones: `aws.SourceIp` for `source.ip`, `aws.PrincipalTag["team"]`
    for `tag["team"]`."""
    *head, last = ref.parts
    key = last.text if isinstance(last, nodes.Key) else None
    sought = [word.lower() for part in (head if key is not None else ref.parts) for word in _words(part)]
    found: list[tuple[int, str]] = []
    for name in names:
        words = [word.lower() for word in _WORDS.findall(name)]
        if name.endswith("[]") == (key is not None) and sought and words[-len(sought) :] == sought:
            found.append((len(words), name.removesuffix("[]") + (f'["{key}"]' if key is not None else "")))
    least = min((count for count, _ in found), default=0)
    return [name for count, name in found if count == least]


def _words(part: nodes.Field | nodes.Key) -> list[str]:
    return _WORDS.findall(part.name if isinstance(part, nodes.Field) else part.text)


def shown_name(name: str) -> str:
    """An attribute's name as people write it: `header["…"]` for `header[]`."""
    return name.replace("[]", '["…"]')
