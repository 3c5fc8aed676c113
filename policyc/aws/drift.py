"""`drift`: what was written against what is on AWS, in meaning."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from policyc.aws import carriers, endpoints
from policyc.aws.live import Live
from policyc.aws.meaning import settled
from policyc.aws.meant import MeantSide
from policyc.aws.pairs import Pair
from policyc.diagnostics import Diagnostics
from policyc.record import record
from policyc.report.changes import CHANGED, NOT_COMPARED, OPEN, Changes, Compared
from policyc.text import Source
from policyc.workspace.compare.whole import compare_sides
from policyc.workspace.sides.pieces import IDENTITY, Piece, is_carrier
from policyc.workspace.sides.side import Side

SOURCE: Final = "the source"
LIVE: Final = "AWS"
#: what AWS puts in place of a principal that was deleted
#: (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html)
_DELETED: Final = re.compile(r'"((?:AROA|AIDA|AGPA)[A-Z0-9]{12,})"')


@record
class Found:
    """What differs; `alone` are documents of which `changes` tells elsewhere what they change (at the endpoints that they decide on, or of the caller that
    carries them), each as a text by itself, by title."""

    changes: Changes
    alone: Mapping[str, Compared]


def compared(
    side: MeantSide, found: Sequence[Pair], live: Live, diagnostics: Diagnostics, *, to_source: bool = False
) -> Found | None:
    """What AWS allows and denies that the source does not; with `to_source` what becoming the source would change. None after reporting a
    document that cannot be read."""
    again = [pair for pair in found if pair.repeats]
    found = [pair for pair in found if not pair.repeats]
    there = [pair for pair in found if not pair.open and pair.arn]
    access = endpoints.compared(
        side, [pair for pair in there if pair.meant.kind == "cedar"], live, diagnostics, to_source
    )
    meant = {pair.title: _piece(pair, pair.meant.text) for pair in there if pair.meant.kind != "cedar"}
    stored = {
        pair.title: _piece(pair, pair.stored.text)
        for pair in found
        if pair.title in meant and pair.stored.text is not None
    }
    sources = {piece.source.file: piece.source for piece in (*meant.values(), *stored.values())}
    one = Side(SOURCE, meant, side.switches, sources)
    other = Side(LIVE, stored, side.switches, sources)
    old, new = (other, one) if to_source else (one, other)
    result = compare_sides(old, new, False, diagnostics, True)
    if result is None or access is None:
        return None
    held = {**{item.name: item for item in result.documents}, **access.documents, **access.endpoints}
    for pair in found:
        kind = pair.meant.kind or "document"
        if pair.open:
            held[pair.title] = Compared(pair.title, kind, NOT_COMPARED if pair.alone else OPEN, open=(pair.open,))
        elif not pair.arn:
            sentence = f"`{pair.meant.resource}` is not on AWS{_where(pair, live)}"
            held[pair.title] = Compared(pair.title, kind, CHANGED, sentences=(sentence,))
        else:
            more = tuple(switched(pair, live))
            item = held[pair.title]
            if pair.meant.role == "boundary" and pair.stored.text is None:
                item = Compared(pair.title, kind, CHANGED)  # none at all limits nobody, an empty one everybody
            if more:
                held[pair.title] = replace(item, state=CHANGED, sentences=(*item.sentences, *more))
    sets = carriers.compared(found, live, held, side.switches, to_source)
    held |= {**sets.documents, **sets.callers}
    for name, reason in side.left:
        held[name] = Compared(name, "document", NOT_COMPARED, open=(reason,))
    notes = (
        *access.notes,
        *sets.notes,
        *_notes(found, live),
        *_said_again(again),
        *(f"not compared: `{name}`, which `--map` says is on nothing" for name in side.waived),
    )
    documents = tuple(held[name] for name in sorted(held))
    command = "aws plan" if to_source else "aws drift"
    return Found(Changes(old.name, new.name, documents, notes, command), {**access.alone, **sets.alone})


def _where(pair: Pair, live: Live) -> str:
    """Where somebody looked for what goes by a name; an ARN says where it is."""
    if pair.meant.resource.startswith("arn:"):
        return ""
    asked = (
        f"{one['account']} ({', '.join(one['regions'])})" if one["regions"] else one["account"] for one in live.accounts
    )
    return f", as far as it was asked: {', '.join(map(str, asked))}"


def _piece(pair: Pair, text: str | None) -> Piece:
    assert text is not None
    kind = pair.meant.kind
    carrier = pair.arn if kind == IDENTITY and is_carrier(pair.arn) else ""
    return Piece(pair.title, kind, Source(pair.title, settled(kind, text)), carrier=carrier, on=pair.arn)


def switched(pair: Pair, live: Live) -> Iterator[str]:
    """What takes effect from a document, or keeps it from doing so, beside its text."""
    facts: Mapping[str, Any] = live.resources[pair.arn]["facts"]
    meant = pair.meant
    if meant.auth and facts.get("auth") and facts["auth"] != meant.auth:
        effect = (
            "every caller is let in here" if facts["auth"] == "none" else "only callers that a policy allows get in"
        )
        yield f"the auth type is `{facts['auth'].upper()}` on AWS and `{meant.auth.upper()}` in the source: {effect}"
    if meant.role == "boundary" and not facts.get("boundary"):
        yield "no permissions boundary is set on AWS: nothing limits what the policies allow"
    elif meant.role == "boundary" and meant.policy and facts["boundary"] != meant.policy:
        yield f"the permissions boundary is `{facts['boundary']}` on AWS and `{meant.policy}` in the source"
    if meant.kind == "cedar" and facts.get("enabled") is False:
        yield "the policy is not enabled on AWS (`PolicyEnabled` is false)"


def _said_again(again: Sequence[Pair]) -> Iterator[str]:
    if again:
        number = "1 document" if len(again) == 1 else f"{len(again)} documents"
        yield f"twice in the source: {number}, such as `{again[0].title}`, which says the same as `{again[0].repeats}`"


def _notes(found: Sequence[Pair], live: Live) -> Iterator[str]:
    for pair in found:
        if pair.arn and pair.meant.role == "live":
            versions = live.resources[pair.arn]["facts"].get("versions") or {}
            latest, current = (versions.get(alias) or {} for alias in ("LATEST", "LIVE"))
            if latest.get("PolicyVersionId") != current.get("PolicyVersionId"):
                number, state = latest.get("PolicyVersionId"), latest.get("ChangeSetState")
                yield f"version {number} of `{pair.title}` is the latest and not live ({state})"
        deleted = _DELETED.findall(pair.stored.text or "")
        if deleted:
            yield f"`{pair.title}` names `{deleted[0]}` on AWS: a role or user that was deleted"
    wanted = {(pair.arn, pair.meant.role) for pair in found}
    types = {pair.meant.type for pair in found}
    others = [
        arn for arn, role, _ in live.policies() if (arn, role) not in wanted and live.resources[arn]["type"] in types
    ]
    if others:
        number = "1 policy" if len(others) == 1 else f"{len(others)} policies"
        yield f"not in the source: {number} on AWS, such as that of `{others[0]}`"
