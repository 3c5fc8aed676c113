"""Values that are written down wrong in the language and in Cedar text alike: one judgement for both, each with its words.

Every function takes what a test compares with and gives the finding's message and help, or None when nothing is wrong. The rule of
each is a lint rule of the same name, whose page says why it matters.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final, TypeAlias

from policyc.diagnostics import did_you_mean, write_instead
from policyc.record import record
from policyc.regex import regex

#: A pattern in pieces: None stands for `*`, a text for itself.
Pieces: TypeAlias = Sequence[str | None]

#: of the names of a sample this many are listed
_MOST_LISTED: Final = 8

HOST: Final = "http_request.hostname"

_PREFIXED: Final = regex(r"[0-9a-f]{10}-[0-9A-Fa-f-]{36}")
_GROUP: Final = regex(r"(?:[0-9a-f]{10}-)?[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_SCHEME: Final = regex(r"[A-Za-z*][A-Za-z0-9+.*-]*://")
#: what no host name holds; `*` and brackets of IPv6 aside, letters beyond ASCII may
_STRANGE: Final = regex(r"[\s@,;?#\"'|()^$\\]")
_ADDRESS: Final = regex(r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}")
_PORT: Final = regex(r":[0-9]+$")


@record
class Slip:
    """What is wrong and what to do; `better` is the text to write instead, where one is certain. `never` says that no request has the
    value."""

    message: str
    help: str
    better: str = ""
    never: bool = False


def store_prefix(group: str) -> Slip | None:
    """A group id with the ten digits of its identity store, which may or may not come with it in trust data."""
    if _PREFIXED.fullmatch(group) is None:
        return None
    return Slip(
        f"whether `{group[:11]}`, the number of the identity store, stands before group ids in trust data is not documented",
        "look at the `groups` of a log record with trust context, and write the id as it stands there",
    )


def capitals(group: str) -> Slip | None:
    """A group id with capitals, which Cedar tells from small letters: the service takes them, and every published id has small ones."""
    if _GROUP.fullmatch(group) is None or group == group.lower():
        return None
    better = group.lower()
    return Slip(
        f"`{group}` has capitals, and the ids that IAM Identity Center gives out have small letters, which are others here",
        write_instead(group, better),
        better,
    )


def host_name(text: str, pattern: bool = False) -> Slip | None:
    """A host name, or a pattern of some, with what a request's host name never has: a scheme, a port, a path. An endpoint is reached by its
    domain, never by an address."""
    if _ADDRESS.fullmatch(text):
        message = f"`{text}` is an address, and an endpoint is reached by its domain"
        return Slip(message, "write the domain, such as `app.example.com`, or test the client's address", "", True)
    scheme = _SCHEME.match(text)
    host, slash, _ = text[scheme.end() if scheme else 0 :].partition("/")
    port = _PORT.search(host)
    name = host[: port.start()] if port else host
    extra = "scheme" if scheme else "port" if port else "path" if slash else ""
    strange = _STRANGE.search(host)
    if not extra and strange is not None:
        message = (
            f"a host name has no `{strange[0]}`, so no request has the {'pattern' if pattern else 'value'} `{text}`"
        )
        return Slip(message, "write the name alone, such as `app.example.com`", "", True)
    if not extra and len(name) > 1 and name.endswith("."):
        better = name.rstrip(".")
        return Slip(f"browsers send host names without the dot behind `{better}`", write_instead(text, better), better)
    if not extra and name != name.lower():
        better = text.lower()
        return Slip(
            f"browsers send host names in small letters, so `{text}` is never sent",
            write_instead(text, better),
            better,
            True,
        )
    if not extra:
        return None
    better = name if name.strip("*.") else ""
    return Slip(
        f"a host name has no {extra}, so no request has the {'pattern' if pattern else 'value'} `{text}`",
        write_instead(text, better) if better else "write the name alone, such as `app.example.com`",
        better,
        True,
    )


def lacking(claim: str, holder: str, name: str, there: Iterable[str]) -> Slip:
    """A claim that a policy reads and a sample of what its provider sends does not have."""
    names = list(there)
    listed = ", ".join(f"`{one}`" for one in names[:_MOST_LISTED]) or "nothing"
    return Slip(
        f"the sample of `{holder}` has no `{name}`, so users may not have `{claim}`",
        did_you_mean(name, names, f"it has {listed}; add the claim to the sample if the provider sends it"),
    )


def without_star(pieces: Pieces, shown: str, kind: str, write_equal: str) -> Slip | None:
    """A pattern that only its own text fits; `kind` is `email`, `host` or empty."""
    if None in pieces:
        return None
    text = "".join(piece or "" for piece in pieces)
    cut = kind == "email" and ("@" not in text.strip("@") or text.endswith("@"))
    if cut or (kind == "host" and text.startswith((".", "-"))):
        domain = "@" in text or kind == "host"
        better = (
            f"*{shown}" if domain and not text.endswith("@") else f"*@{shown}" if "." in text and not domain else ""
        )
        noun = "address" if kind == "email" else "host name"
        help = write_instead(shown, better) if better else "write `*@` and the domain"
        return Slip(f"`{shown}` has no `*`, and no {noun} is just that", help, better, True)
    return Slip(f"`{shown}` has no `*`, so nothing but that very text fits", f"write `{write_equal}`, or add a `*`")
