"""The configuration: ASN ranges and how far they reach, edge locations, inside CIDR pools."""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Diagnostics, Label, did_you_mean, write_instead
from policyc.engines.wan.prefixes import Prefix, count_pieces, has_host_bits, parse_prefix
from policyc.ir.network import AsnRange, Configuration, CoreNetwork, Edge, Word
from policyc.model.literals import host_bits
from policyc.model.values import partition_of
from policyc.regex import regex
from policyc.targets.cloud_wan.validate.names import check_unique
from policyc.targets.iam_documents.arns import regions
from policyc.text import Span

#: private ASNs that the service takes, both ends included
ASN_WINDOWS = ((64512, 65534), (4200000000, 4294967294))
#: the smallest piece of a pool that one edge gets, by IP version
PIECE = {4: 24, 6: 64}
#: blocks that are never routed from host to host (https://www.iana.org/assignments/iana-ipv4-special-registry and its IPv6 twin)
SPECIAL: Final = tuple(
    (prefix, what)
    for text, what in (
        ("0.0.0.0/8", "this network"),
        ("127.0.0.0/8", "loopback addresses"),
        ("169.254.0.0/16", "link-local addresses"),
        ("224.0.0.0/4", "multicast addresses"),
        ("240.0.0.0/4", "reserved addresses"),
        ("::/127", "loopback addresses"),
        ("fe80::/10", "link-local addresses"),
        ("ff00::/8", "multicast addresses"),
    )
    if (prefix := parse_prefix(text)) is not None
)
_REGION = regex(r"[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}")
#: what the service's own reader may be trusted with: no zone, and no mask length that begins with a zero
_CIDR = regex(r"[0-9A-Fa-f.:]+/(0|[1-9][0-9]{0,2})")


def check_configuration(network: CoreNetwork, diagnostics: Diagnostics) -> None:
    """Reference, section 1.2."""
    configuration = network.configuration
    ranges = [_check_range(asn_range, diagnostics) for asn_range in configuration.asn_ranges]
    for edge in configuration.edges:
        _check_location(edge.location, diagnostics)
    _check_partitions(configuration, diagnostics)
    check_unique("edge location", [edge.location for edge in configuration.edges], diagnostics)
    _check_ranges_apart(configuration.asn_ranges, diagnostics)
    _check_edge_asns(configuration, all(ranges), diagnostics)
    _check_capacity(configuration, diagnostics)
    pool = check_cidrs(configuration.inside_cidrs, diagnostics)
    for blocks in (configuration.inside_cidrs, *(edge.inside_cidrs for edge in configuration.edges)):
        _check_pieces(blocks, diagnostics)
        check_unicast(blocks, "an edge has no address in", diagnostics, whole=True)
    _check_pool(configuration, pool, diagnostics)


def _check_location(word: Word, diagnostics: Diagnostics) -> None:
    if _REGION.fullmatch(word.text) is None:
        diagnostics.error(
            "edge-location", f"`{word.text[:80]}` is no Region", word.span, "write its code, such as `us-east-1`"
        )
        return
    known = regions()
    if word.text not in known.names:
        diagnostics.warning(
            "unknown-region",
            f"no Region was called `{word.text}` on {known.as_of}",
            word.span,
            did_you_mean(word.text, known.names, "write the Region's code, such as `eu-west-1`"),
        )


def _check_partitions(configuration: Configuration, diagnostics: Diagnostics) -> None:
    """A core network belongs to an account, and an account to one partition."""
    first = configuration.edges[0].location if configuration.edges else None
    for edge in configuration.edges[1:]:
        if first is not None and partition_of(edge.location.text) != partition_of(first.text):
            diagnostics.error(
                "edge-location",
                f"`{edge.location.text[:80]}` is in another partition than `{first.text[:80]}`",
                edge.location.span,
                "give each partition a core network of its own",
                () if first.span is None else (Label(first.span, f"partition `{partition_of(first.text)}`"),),
            )


def _check_range(item: AsnRange, diagnostics: Diagnostics) -> bool:
    """Whether the service takes the range."""
    if item.high <= item.low:
        diagnostics.error(
            "asn-range",
            f"ASN range `{item.text}` is empty: its end is not part of it",
            item.span,
            f"write `{item.low}-{item.low + 1}` for one ASN (the service answers INVALID_ASN_RANGE)",
        )
        return False
    if not any(low <= item.low and item.high <= high for low, high in ASN_WINDOWS):
        diagnostics.error(
            "asn-range",
            f"ASN range `{item.text}` leaves the private ASNs",
            item.span,
            "stay within 64512-65534 or 4200000000-4294967294",
        )
        return False
    return True


def _check_ranges_apart(ranges: tuple[AsnRange, ...], diagnostics: Diagnostics) -> None:
    """What the service says of ranges that overlap is not published; an ASN is used once, so the second one holds fewer than it seems."""
    for at, item in enumerate(ranges):
        other = next((one for one in ranges[:at] if max(one.low, item.low) < min(one.high, item.high)), None)
        if other is not None:
            diagnostics.warning(
                "asn-ranges-overlap",
                f"ASN ranges `{other.text}` and `{item.text}` overlap",
                item.span,
                "keep one of the two" if other.text == item.text else "write ranges that are apart, or one range",
                () if other.span is None else (Label(other.span, "the other range"),),
            )


def _check_edge_asns(configuration: Configuration, sound: bool, diagnostics: Diagnostics) -> None:
    """Each ASN stands once, and in a range; with `sound` false the ranges are the mistake, and say nothing of ASNs."""
    seen: dict[int, Edge] = {}
    for edge in configuration.edges:
        if edge.asn is None:
            continue
        asn = edge.asn.value
        first = seen.setdefault(asn, edge)
        if first is not edge:
            labels = () if first.asn is None or first.asn.span is None else (Label(first.asn.span, "first used here"),)
            diagnostics.error(
                "edge-asn", f"ASN {asn} belongs to two edges", edge.asn.span, "give each edge its own ASN", labels
            )
        if sound:
            _check_edge_asn(asn, edge.asn.span, configuration.asn_ranges, diagnostics)


def _check_edge_asn(asn: int, span: Span | None, ranges: tuple[AsnRange, ...], diagnostics: Diagnostics) -> None:
    if any(asn in item for item in ranges):
        return
    shown = ", ".join(f"`{item.text}`" for item in ranges)
    if any(asn == item.high for item in ranges):
        diagnostics.warning(
            "edge-asn-at-range-end",
            f"ASN {asn} is the end of a range, and AWS says that the end is not part of it",
            span,
            "raise the end of the range by one",
        )
        return
    diagnostics.error(
        "edge-asn", f"ASN {asn} is outside the ranges of the core network", span, f"choose one from {shown}"
    )


def _check_capacity(configuration: Configuration, diagnostics: Diagnostics) -> None:
    """Every edge needs an ASN of its own. One that is fixed outside the ranges takes none of theirs."""
    usable = _asn_count(configuration.asn_ranges)
    ranges = configuration.asn_ranges
    edges = [edge for edge in configuration.edges if edge.asn is None or any(edge.asn.value in item for item in ranges)]
    if usable and len(edges) > usable:
        diagnostics.error(
            "asn-capacity",
            f"{len(edges)} edges need as many ASNs, and the ranges hold {usable}",
            edges[usable].span,
            "widen the ASN ranges: the end of a range is not part of it",
        )


def _asn_count(ranges: tuple[AsnRange, ...]) -> int:
    """Distinct ASNs in the union of right-open ranges."""
    total, reached = 0, 0
    for item in sorted(ranges, key=lambda entry: (entry.low, entry.high)):
        low = max(item.low, reached)
        if item.high > low:
            total += item.high - low
            reached = item.high
    return total


def _plain_block(text: str) -> str:
    """What to write for a text that is no block: without zeros before its length, where that makes it one."""
    address, _, length = text.partition("/")
    plain = f"{address}/{length.lstrip('0')}"
    right = plain != text and _CIDR.fullmatch(plain) is not None and parse_prefix(plain) is not None
    return write_instead(text, plain) if right else "write it like `10.0.0.0/16`"


def check_cidrs(words: tuple[Word, ...], diagnostics: Diagnostics) -> list[Prefix]:
    """The blocks that parse; the others, and bits behind a mask, are reported."""
    out: list[Prefix] = []
    for word in words:
        prefix = parse_prefix(word.text)
        if prefix is None or _CIDR.fullmatch(word.text) is None:
            diagnostics.error(
                "network-cidr", f"`{word.text[:80]}` is not a CIDR block", word.span, _plain_block(word.text)
            )
        elif has_host_bits(word.text):
            diagnostics.error("host-bits", host_bits(word.text), word.span, write_instead(word.text, str(prefix)))
        else:
            out.append(prefix)
    return out


def check_unicast(words: tuple[Word, ...], says: str, diagnostics: Diagnostics, *, whole: bool = False) -> None:
    """Blocks that hold no address of a host which others reach; with `whole`, blocks of which a part is such."""
    for word in words:
        prefix = parse_prefix(word.text)
        found = next((item for item in SPECIAL if prefix is not None and _touches(item[0], prefix, whole)), None)
        if found is not None:
            diagnostics.warning(
                "no-unicast-block",
                f"{says} `{word.text[:80]}`: `{found[0]}` is of {found[1]}",
                word.span,
                "write a block of addresses that hosts have",
            )


def _touches(special: Prefix, prefix: Prefix, whole: bool) -> bool:
    return special.overlaps(prefix) if whole else special.covers(prefix)


def _check_pieces(words: tuple[Word, ...], diagnostics: Diagnostics) -> None:
    """Size and overlap of inside CIDR blocks."""
    kept: list[tuple[Prefix, Word]] = []
    for word in words:
        prefix = parse_prefix(word.text)
        if prefix is None or "/" not in word.text:
            continue
        if prefix.length > PIECE[prefix.family]:
            diagnostics.error(
                "inside-cidr-size",
                f"inside CIDR `{word.text}` is smaller than a /{PIECE[prefix.family]}",
                word.span,
                f"give at least a /{PIECE[prefix.family]} for IPv{prefix.family}",
            )
        for other, first in kept:
            if other.overlaps(prefix):
                labels = () if first.span is None else (Label(first.span, "the other one"),)
                diagnostics.error(
                    "inside-cidr-overlap",
                    f"inside CIDRs `{first.text}` and `{word.text}` overlap",
                    word.span,
                    "keep one of the two",
                    labels,
                )
        kept.append((prefix, word))


def _check_pool(configuration: Configuration, pool: list[Prefix], diagnostics: Diagnostics) -> None:
    """Each edge without blocks of its own takes a piece of the pool, per IP version that the pool has."""
    taken: list[tuple[Prefix, Edge]] = []
    for edge in configuration.edges:
        for prefix in check_cidrs(edge.inside_cidrs, diagnostics):
            _check_taken(prefix, edge, taken, diagnostics)
            _check_within(prefix, edge, pool, diagnostics)
            taken.append((prefix, edge))
    for family, length in PIECE.items():
        blocks = [block for block in pool if block.family == family]
        if not blocks or any(block.length > length for block in blocks):
            continue  # no pool, or one that is refused already
        used = [prefix for prefix, _ in taken if any(block.covers(prefix) for block in blocks)]
        free = count_pieces(blocks, length) - count_pieces([item for item in used if item.family == family], length)
        wanting = [edge for edge in configuration.edges if not _has_block(edge, family)]
        if len(wanting) > free:
            diagnostics.error(
                "inside-cidr-pool",
                f"{len(wanting)} edges need a /{length} of the inside CIDR pool, and {max(free, 0)} are free",
                wanting[max(free, 0)].span,
                "widen the pool: no edge can be made without a piece of it",
            )


def _check_taken(prefix: Prefix, edge: Edge, taken: list[tuple[Prefix, Edge]], diagnostics: Diagnostics) -> None:
    for other, owner in taken:
        if owner is not edge and other.overlaps(prefix):
            diagnostics.error(
                "inside-cidr-overlap",
                f"inside CIDR `{prefix}` of {edge.location} overlaps `{other}` of {owner.location}",
                edge.inside_cidrs[0].span or edge.span,
                "give each edge blocks of its own",
            )


def _check_within(prefix: Prefix, edge: Edge, pool: list[Prefix], diagnostics: Diagnostics) -> None:
    """AWS speaks of blocks of edges as parts of the pool; what it says of others is not published."""
    if not any(block.covers(prefix) for block in pool):
        span = next((word.span for word in edge.inside_cidrs if parse_prefix(word.text) == prefix), edge.span)
        diagnostics.warning(
            "inside-cidr-outside-pool",
            f"inside CIDR `{prefix}` of {edge.location} is outside the network's own"
            if pool
            else f"{edge.location} has inside CIDR `{prefix}`, and the network has none of which it could be a part",
            span,
            "take a block of the pool, or add this one to the pool",
        )


def _has_block(edge: Edge, family: int) -> bool:
    return any(
        prefix is not None and prefix.family == family for prefix in (parse_prefix(w.text) for w in edge.inside_cidrs)
    )
