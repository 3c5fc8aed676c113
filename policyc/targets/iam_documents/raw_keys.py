"""Checks of conditions that hold for every IAM document: raw keys, and the characters of values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from policyc.diagnostics import Diagnostics, beginning
from policyc.ir.authz import Atom
from policyc.model.vocabulary import Attribute
from policyc.regex import regex
from policyc.text import Span

#: what a condition key looks like; those of web identities begin with the address of their provider
KEY: Final = regex(r"[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*(?:/[A-Za-z0-9._~-]+)*:[!-~]+(?: [!-~]+)*")
#: what IAM accepts in the text of a policy (IAM reference section 1, quotas page)
_ALLOWED: Final = regex(r"[\t\n\r\u0020-\u00ff]*")
#: a key that no vocabulary has a word for
_EXAMPLE: Final = "kms:ViaService"


def check_raw_keys(
    tests: Iterable[Atom], known: Mapping[str, Attribute], span: Span | None, diagnostics: Diagnostics
) -> None:
    """Refuse a raw key that is no condition key, or one that the vocabulary knows with its type."""
    raw = [atom for atom in tests if atom.attribute.keyed and atom.attribute.native == atom.attribute.key]
    if not raw:
        return
    exact = {item.native.lower(): item for item in known.values() if not item.keyed}
    families = {item.native.lower(): item for item in known.values() if item.keyed and item.native}
    for atom in raw:
        attribute = atom.attribute
        where = atom.span or span
        if KEY.fullmatch(attribute.native) is None:
            meant = [
                item.name for native, item in exact.items() if native.rpartition(":")[2] == attribute.native.lower()
            ]
            help = (
                f"write `{meant[0]}`"
                if len(meant) == 1
                else f"write it with its service in front, such as `{_EXAMPLE}`"
            )
            diagnostics.error("malformed-key", f"`{attribute.native}` is not a condition key", where, help)
            continue
        folded = attribute.native.lower()
        typed = exact.get(folded)
        family = next((item for native, item in families.items() if folded.startswith(native)), None)
        name = typed.name if typed is not None else _family_name(family, attribute.native)
        if name:
            diagnostics.error(
                "known-key",
                f"`{attribute.native}` has a name and a type in this language",
                where,
                f"write `{name}`",
                fix=beginning(where, f'key["{attribute.native}"]', name),
            )


def _family_name(family: Attribute | None, native: str) -> str:
    if family is None:
        return ""
    return f'{family.name.removesuffix("[]")}["{native[len(family.native) :]}"]'


def check_characters(tests: Iterable[Atom], span: Span | None, diagnostics: Diagnostics) -> None:
    """Refuse values and keys with characters that IAM policies cannot hold."""
    for atom in tests:
        texts = [str(item.value) for item in atom.values] + [atom.attribute.key or ""]
        bad = next((text for text in texts if _ALLOWED.fullmatch(text) is None), None)
        if bad is not None:
            diagnostics.error(
                "character-not-allowed",
                f"an IAM policy cannot hold every character of `{bad}`",
                atom.span or span,
                "use characters up to U+00FF, or match with `?` and `like`",
            )
