"""Answers about core networks as plain data and as lines for people: associations, paths, route tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from policyc.engines.wan.associate import Association, RuleTrace, Standing
from policyc.engines.wan.candidates import Candidate
from policyc.engines.wan.outbound import Heard
from policyc.engines.wan.paths import Path
from policyc.engines.wan.reach import Answer, Verdict, Walk
from policyc.engines.wan.round_trip import Trip
from policyc.engines.wan.tables import Option, Row
from policyc.targets.cloud_wan.questions import PathAnswer

FORMAT_VERSION = 1
#: possible ways that are written out for people
_MOST_WALKS = 4


# --- associations -----------------------------------------------------------------------------------------------


def association_data(found: Association) -> dict[str, Any]:
    """One attachment: where it is or would be, by which rule, and what every earlier rule missed."""
    kind = None if not found.place else "group" if found.is_group else "segment"
    return {
        "attachment": found.attachment.name,
        "standing": found.standing.value,
        "place": found.place or None,
        "kind": kind,
        "rule": found.rule_number,
        "sentence": found.sentence,
        "open_questions": list(found.switches),
        "rules": [_trace_data(trace) for trace in found.trace],
    }


def _trace_data(trace: RuleTrace) -> dict[str, Any]:
    return {
        "number": trace.number,
        "matched": trace.matched,
        "conditions": [{"matched": reason.matched, "sentence": reason.sentence()} for reason in trace.reasons],
    }


def association_lines(found: Association) -> Iterator[str]:
    """The head first, then each rule that was tried with the reason."""
    name = found.attachment.name
    match found.standing:
        case Standing.SEGMENT:
            head = f"in segment {found.place}"
        case Standing.GROUP:
            head = f"in group {found.place}"
        case Standing.PENDING:
            head = f"pending acceptance for {'group' if found.is_group else 'segment'} {found.place}"
        case Standing.UNASSOCIATED:
            head = "unassociated"
        case Standing.UNDECIDED:
            head = "undecided"
    yield f"{name}: {head}"
    yield f"  {found.sentence}"
    for trace in found.trace:
        word = {True: "matches", False: "does not match", None: "cannot be known"}[trace.matched]
        reasons = [reason for reason in trace.reasons if reason.matched is trace.matched] or list(trace.reasons)
        yield f"  rule {trace.number} {word}: " + "; ".join(reason.sentence() for reason in reasons)


# --- paths ------------------------------------------------------------------------------------------------------


def path_data(answer: PathAnswer) -> dict[str, Any]:
    """What comes of a connection, by IP version too, and both directions of its path."""
    return {
        "verdict": answer.trip.value,
        "by_version": {f"IPv{family}": trip.value for family, trip in answer.by_family().items()},
        "forward": _answer_data(answer.forward),
        "back": None if answer.back is None else _answer_data(answer.back),
        "differences": [*answer.differences(), *answer.remarks],
    }


def _answer_data(answer: Answer) -> dict[str, Any]:
    return {
        "verdict": answer.verdict.value,
        "reason": answer.reason,
        "sentence": answer.sentence,
        "inspected_by": list(answer.groups),
        "prefixes": [
            {"prefix": str(part.prefix), "verdict": part.verdict.value, "sentence": part.sentence}
            for part in answer.parts
        ],
        "ways": [_walk_data(walk) for walk in answer.walks],
        "notes": list(answer.notes),
    }


def _walk_data(walk: Walk) -> dict[str, Any]:
    hops = [
        {"table": hop.table, "edge": hop.edge, "prefix": hop.prefix, "to": hop.to, "why": hop.why} for hop in walk.hops
    ]
    return {
        "end": walk.end,
        "delivered_to": walk.delivered_to or None,
        "groups": list(walk.groups),
        "through": list(walk.through),
        "doubts": list(walk.doubts),
        "hops": hops,
    }


def path_lines(answer: PathAnswer, source: str, to: str) -> Iterator[str]:
    """What comes of a connection first, then the ways there and back hop by hop."""
    yield f"{answer.trip.value}: {source} to {to}{_headline(answer)}"
    yield from (f"  {text}" for text in answer.differences())
    yield from _answer_lines("there", answer.forward)
    if answer.back is not None:
        yield from _answer_lines("back", answer.back)
    for text in answer.remarks:
        yield f"note: {text}"


def _headline(answer: PathAnswer) -> str:
    match answer.trip:
        case Trip.REACHABLE:
            return "" if answer.back is None else ", and back"
        case Trip.ONE_WAY:
            return " arrives, and nothing comes back"
        case Trip.UNDECIDED if answer.forward.verdict is Verdict.REACHABLE:
            return " arrives, and whether anything comes back is not known"
        case _:
            return ""


def _answer_lines(direction: str, answer: Answer) -> Iterator[str]:
    yield f"{direction}: {answer.verdict.value}, {answer.sentence}"
    for title, walk in list(zip(answer.titles, answer.walks, strict=True))[:_MOST_WALKS]:
        if title:
            yield f"  {title}: {walk.end}"
        for hop in walk.hops:
            yield f"    {hop.sentence()}" if title else f"  {hop.sentence()}"
    if len(answer.walks) > _MOST_WALKS:
        yield f"  {len(answer.walks) - _MOST_WALKS} more ways"
    for note in answer.notes:
        yield f"  note: {note}"


# --- tables -----------------------------------------------------------------------------------------------------


def row_data(row: Row) -> dict[str, Any]:
    """One row with its possible next hops."""
    return {"prefix": str(row.prefix), "next_hops": hops_data(row.options), "doubts": list(row.doubts)}


def hops_data(options: Iterable[Option]) -> list[dict[str, Any]]:
    return [_option_data(option) for option in options]


def _option_data(option: Option) -> dict[str, Any]:
    hop = option.hop
    return {
        "kind": hop.kind,
        "name": hop.name or None,
        "edge": hop.edge or None,
        "why": option.why,
        "attributes": None if option.path is None or option.hop.kind == "blackhole" else path_attributes(option.path),
    }


def path_attributes(path: Path) -> dict[str, Any]:
    """BGP attributes as the service lists them. An ASN that nobody stated is null."""
    return {
        "as_path": [asn if asn >= 0 else None for asn in path.as_path],
        "med": path.med,
        "local_preference": path.preference,
        "communities": sorted(path.communities),
    }


def candidate_data(found: Candidate) -> dict[str, Any]:
    """One candidate of a row: what it is, its next hop and attributes, and whether it is chosen and why."""
    path = found.path if found.hop.kind != "blackhole" else None
    return {
        "standing": found.standing,
        "class": found.kind,
        "origin": found.origin or None,
        "shared_by": found.giver or None,
        "next_hop": {"kind": found.hop.kind, "name": found.hop.name or None, "edge": found.hop.edge or None},
        "heard_from": found.via or None,
        "why": found.why,
        "attributes": None if path is None else path_attributes(path),
        "heard": None if found.heard is None else path_attributes(found.heard),
        "lost_at": found.step or None,
        "reason": found.reason or None,
    }


def candidate_text(found: Candidate) -> str:
    """Class, origin and attributes of a candidate in one short text, with what kept it from being chosen or may do so."""
    path = found.path if found.hop.kind != "blackhole" else None
    attributes = "" if path is None else attribute_text(path)
    if found.heard is not None:
        attributes += f"; heard as {attribute_text(found.heard)}"
    head = f"{found.kind}, {found.why}" + (f" ({attributes})" if attributes else "")
    return f"{head}: {found.reason}" if found.reason else head


def heard_data(heard: Heard) -> dict[str, Any]:
    """One route as the far side of an attachment hears it."""
    return {
        "prefix": str(heard.prefix),
        "edge": heard.edge,
        "attributes": [path_attributes(path) for path in heard.paths],
        "replaces": [str(prefix) for prefix in heard.replaces],
        "doubts": list(heard.doubts),
        "refused": heard.refused or None,
    }


def attribute_text(path: Path) -> str:
    """Attributes in one short text; empty for a route that has none, such as a VPC's own."""
    parts = []
    if path.as_path:
        parts.append("as-path " + " ".join("?" if asn < 0 else str(asn) for asn in path.as_path))
    if path.med != 100:
        parts.append(f"med {path.med}")
    if path.preference:
        parts.append(f"local-preference {path.preference}")
    if path.communities:
        parts.append("communities " + " ".join(sorted(path.communities)))
    return ", ".join(parts)


def row_cells(row: Row) -> tuple[str, str, str]:
    """A row for people: prefix, next hops with `or` between possible ones, and why with attributes."""
    hops = " or ".join(str(option.hop) for option in row.options) or "nothing is certain"
    texts = []
    for option in row.options:
        attributes = "" if option.path is None or option.hop.kind == "blackhole" else attribute_text(option.path)
        texts.append(option.why + (f" ({attributes})" if attributes else ""))
    return str(row.prefix), hops, "; ".join(dict.fromkeys([*texts, *(f"not certain: {doubt}" for doubt in row.doubts)]))
