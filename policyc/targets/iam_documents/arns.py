"""Whether an ARN in a document can be one of a resource, by the documented forms: Region, account and resource part.

Forms come from the service authorization reference (`services.py`); Regions and what the ids in a form look like from
`schemas/iam/arns.json`. A text with wildcards is one of a resource when some ARN matches both.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache, lru_cache
from typing import Any, Final

from policyc.data import read_json
from policyc.engines.proofs.shapes import fits, may_fit
from policyc.holes import starred
from policyc.record import record
from policyc.regex import regex
from policyc.targets.iam_documents import services

_HOLE: Final = regex(r"\$\{([^}]*)\}|(\*)")
_VARIABLE: Final = regex(r"\$\{([^}]*)\}")
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SPECIAL: Final = regex(r"([\\.^$*+?{}\[\]()|])")
_GENERAL: Final = {
    "Partition": "aws[a-z-]*",
    "Region": "[a-z0-9-]+",
    "Account": "([0-9]{12}|aws)",
    "AccountId": "[0-9]{12}",
}

#: S3 takes requests through access points for what its pages list for buckets and objects (Object Lambda reference, section 5)
_POINTS: Final = (
    "arn:${Partition}:s3:${Region}:${Account}:accesspoint/",
    "arn:${Partition}:s3::${Account}:accesspoint/",
)
_THROUGH_POINTS: Final = {"bucket": "${AccessPointName}", "object": "${AccessPointName}/object/${ObjectName}"}
#: but none that makes, changes or deletes a bucket
#: (https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html)
_CHANGES_BUCKET: Final = ("create", "put", "delete")


@record
class Regions:
    """The Regions known on a day, and what the name of any Region looks like."""

    names: frozenset[str]
    shape: str
    as_of: str


@cache
def _facts() -> Mapping[str, Any]:
    found: Mapping[str, Any] = read_json("schemas/iam/arns.json")
    return found


@cache
def regions() -> Regions:
    data = _facts()
    return Regions(frozenset(data["regions"]), data["region_shape"], data["as_of"])


def is_exact(service: str) -> bool:
    """Whether the forms of a service's ARNs are known to be all of them, so that another text is certainly none."""
    return service in _facts()["exact"]


def may_be_region(text: str) -> bool:
    """Whether a Region could have this name, known or not."""
    return fits(regions().shape, text)


def glob(text: str) -> str:
    """A resource of a document as a pattern, its variables and holes as any text."""
    plain = starred(text).replace("\\", "\\\\")
    if "${" not in plain:
        return plain
    closed = plain.rfind("}") + 1
    filled = _VARIABLE.sub(lambda found: {"*": r"\*", "?": r"\?", "$": "$"}.get(found[1], "*"), plain[:closed])
    return filled + plain[closed:]


def may_be(text: str, form: str) -> bool:
    """Whether a resource of a document may be one of the form, or match one. A wildcard stays in its field: of an ARN that only a star
    across fields makes match, the resource part is none all the same."""
    return may_fit(_shape(form), glob(text), arn=True)


def resource_may_be(text: str, form: str) -> bool:
    """As `may_be`, for the parts after the fifth colon alone."""
    service = form.split(":", 5)[2]
    return may_fit(_shape_of(form.split(":", 5)[5], service), glob(starred(text).split(":", 5)[5]))


def also(service: str) -> tuple[str, ...]:
    """Forms that the service's guide documents beside its page in the reference."""
    return tuple(_facts()["also"].get(service, ()))


def asked_of(prefix: str, name: str) -> str:
    """The one resource that requests of an action without resource types are known to be about, as a form; empty where none is."""
    found: str = _facts()["asked_of"].get(prefix, {}).get(name, "")
    return found


@cache
def forms_of(service: str) -> tuple[str, ...]:
    """The forms of ARNs whose service field is `service`, as its own pages list them; empty when they list none."""
    found = services.service(service)
    listed = (form.arn for form in (found.forms.values() if found else ()))
    return tuple(form for form in (*listed, *also(service)) if form.split(":", 3)[2] == service)


@cache
def all_forms_of(service: str) -> tuple[str, ...]:
    """As `forms_of`, in the pages of every service; the ARN of one service may be listed by another. Reads all of them."""
    return (*forms_of(service), *(form for form in services.every_form() if form.split(":", 3)[2] == service))


#: the root user, whose own keys and devices are asked about as a user's are (aws-samples/aws-iam-permissions-guardrails, SCP-IAM-2)
_ROOT_USER: Final = "arn:${Partition}:iam::${Account}:root"


@lru_cache(maxsize=4096)
def forms_of_action(prefix: str, name: str) -> tuple[str, ...]:
    """The ARNs that a request of an action is about, as forms; none for an action that no resource narrows, and for an unknown one."""
    service = services.service(prefix)
    action = service.actions.get(name.lower()) if service is not None else None
    if service is None or action is None:
        return ()
    out = [service.forms[kind].arn for kind in action.types if kind in service.forms]
    if service.prefix == "iam" and "user" in action.types:
        out.append(_ROOT_USER)
    if service.prefix == "s3":
        ends = [
            _THROUGH_POINTS[kind]
            for kind in action.types
            if kind in _THROUGH_POINTS and not (kind == "bucket" and action.name.lower().startswith(_CHANGES_BUCKET))
        ]
        out += [point + end for end in ends for point in _POINTS]
    words = set(map(_word, out))
    # what is AWS's own, such as a transform, may be part of any request about what is the account's
    return (*out, *(form for form in also(service.prefix) if _word(form) in words or form.split(":", 5)[4] == "aws"))


def _word(form: str) -> str:
    """What a form's resource part begins with, up to its first hole."""
    return form.split(":", 5)[5].partition("$")[0].partition("/")[0]


def id_shapes(service: str, form: str) -> dict[str, str]:
    """What the ids in a form look like, by the name of their hole, where more is known than that they are texts."""
    known = _facts()["holes"].get(service, {})
    names = (found[1] for found in _HOLE.finditer(form))
    return {name: known[name] for name in names if known.get(name, ".*").startswith(tuple(_LETTERS))}


def any_may_be(text: str, forms: tuple[str, ...]) -> bool:
    """As `may_be`, for any of the forms."""
    pattern = glob(text)
    return any(may_fit(shape, pattern, arn=True) for shape in _together(forms))


#: forms that are walked at once
_AT_ONCE: Final = 12


@cache
def _together(forms: tuple[str, ...]) -> tuple[str, ...]:
    """The shapes of the forms, some in one."""
    shapes = list(dict.fromkeys(map(_shape, forms)))
    groups = [shapes[at : at + _AT_ONCE] for at in range(0, len(shapes), _AT_ONCE)]
    return tuple("|".join(f"(?:{shape})" for shape in group) for group in groups)


@cache
def _shape(form: str) -> str:
    return _shape_of(form, form.split(":", 3)[2])


@cache
def _shape_of(form: str, service: str) -> str:
    holes = {**_GENERAL, **_facts()["holes"].get(service, {})}

    def hole(found: re.Match[str]) -> str:
        return ".*" if found[2] else holes.get(found[1], ".+")

    out, at = [], 0
    for found in _HOLE.finditer(form):
        out += [_SPECIAL.sub(r"\\\1", form[at : found.start()]), hole(found)]
        at = found.end()
    return "".join(out) + _SPECIAL.sub(r"\\\1", form[at:])
