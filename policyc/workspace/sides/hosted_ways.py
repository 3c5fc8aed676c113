"""Services of VPC Lattice that host files describe, with all that these say of their requests: the network, the service, what callers carry and are bound by.

Neither the ARN of such a service nor those of the callers are known yet. Each is taken to be something where no document on the way could tell it from any other:
what is so for one is so for all. Elsewhere it stays open.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Final

from policyc.analysis.compare import Perhaps, Version
from policyc.diagnostics import Diagnostics
from policyc.engines.proofs.texts import Pattern, exactly, may_exist, whole
from policyc.holes import filled, has_hole, names_in, shown, widened
from policyc.ir.pattern import Plain, Wild, escape_pattern, pattern_tokens
from policyc.record import record, replace
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonString, JsonValue
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.workspace.documents.bounds import accounts_in
from policyc.workspace.documents.completions import values_by_name
from policyc.workspace.documents.home import DIGITS, Home, attributes, places
from policyc.workspace.sides.pieces import Piece, Way, obstacles
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import controlling, doubts_of, known_of_callers, on_the_way, perhaps_by

#: a service that nobody names, every service, and patterns that each service fits
_ARN: Final = "arn:aws:vpc-lattice:eu-west-1:111122223333:service/svc-0123456789abcdef0"
_SERVICES: Final = "arn:*:vpc-lattice:*:*:service/*"
_ALL_SERVICES: Final = regex(r"arn:[^:]*:vpc-lattice:\*:(\*|\?{12}):(\*|service/\*)")
_REGION: Final = re.compile(r"\b[a-z]{2}(-[a-z]+)+-[0-9]\b")
_VARIABLE: Final = re.compile(r"\$\{[^}]*\}")
_ACCOUNT: Final[Pattern] = (("#", ""),) * 12
#: members of statements that are about no callers
_NOT_OF_CALLERS: Final = frozenset({"Resource", "NotResource", "Action", "NotAction", "Sid", "Id", "Version", "Effect"})


@record
class Hosted:
    """The documents of each side that all have to allow, each at the place of its counterparts, the service's own last. `within` are patterns of the resources that requests are about; `taken` are
    the values of holes that no document tells from others, `some` values of all `holes`, one of many."""

    versions: list[list[Version]]
    within: tuple[Pattern, ...]
    taken: Mapping[str, str]
    some: Mapping[str, str]
    open: tuple[str, ...]
    holes: tuple[str, ...]


def said_on(side: Side, name: str) -> object:
    """What decides on the way to a service: the same on both sides where that is the same whatever is open."""
    way = side.ways[name]
    gates = [side.piece(gate).source.text if gate else gate for gate in way.gates]
    own = {
        key: None if names is None else [side.piece(one).source.text for one in names] for key, names in way.own.items()
    }
    controls = sorted((side.piece(one).hangs, side.piece(one).source.text) for one in way.controls)
    return gates, own, controls, dict(way.callers)


def hosted(
    sides: Sequence[Side], name: str, named: Iterable[str] = (), values: Mapping[str, str] | None = None
) -> Hosted | None:
    """The documents of a service on the sides; None where each is to be looked at by itself: one cannot be read, or the service's own is all that is known. `named` are texts that
    tell things apart besides, `values` stand for what is open."""
    ways = [side.ways[name] for side in sides]
    if any(way.arn for way in ways) or len({way.at[0] for way in ways}) > 1:
        return None
    keys = known_of_callers(sides, ways)
    controls = [[side.piece(one) for one in way.controls] for side, way in zip(sides, ways, strict=True)]
    if not keys and not any(controls) and all(way.gates[0] == "" != way.gates[1] for way in ways):
        return None
    held = [side.piece(gate) for side, way in zip(sides, ways, strict=True) for gate in way.gates if gate]
    held += [
        side.piece(one) for side, way in zip(sides, ways, strict=True) for key in keys for one in way.own.get(key) or ()
    ]
    held += [piece for listed in controls for piece in listed if not _is_unread(piece)]
    trees = [tree for piece in held if (tree := piece.tree(Diagnostics())) is not None]
    if len(trees) < len(held) or any(map(obstacles, trees)):
        return None
    holes = dict.fromkeys(hole for piece in held for hole in names_in(piece.source.text))
    holes |= {hole: None for _, carrier in keys for hole in names_in(carrier)}
    own = {hole for way in ways for hole in (way.names[0], f"{way.names[0]}.Arn", f"{way.names[0]}.arn")}
    at = ways[0].at[0]
    alike = bool(at) or all(_treats_alike(tree, own) for tree in trees)
    texts = [text for tree in trees for text in _of_callers(tree)]
    accounts = [account for listed in controls for piece in listed for account in accounts_in(piece.hangs)]
    told = _Told(ways, [*texts, *named, *accounts], accounts, [piece.source.text for piece in held])
    some = {**values_by_name(trees), **told.home.values}
    found = own & some.keys()
    arn = at or (some[min(found)] if found else _ARN)
    some |= dict.fromkeys(found, arn)
    taken = {**told.taken(), **(dict.fromkeys(found, arn) if alike else {})}
    some, taken = ({hole: of[hole] for hole in of if hole in holes} for of in (some, taken))
    used = taken if values is None else values
    versions = on_the_way(sides, name, Diagnostics(), used)
    if versions is None:
        return None
    limits = controlling(controls, sides)
    versions = [[*row, *held] for row, held in zip(limits, versions, strict=True)]
    doubts = [text for row in versions for version in row for text in doubts_of(version)]
    tokens = pattern_tokens(escape_pattern(arn) if alike or values is not None else _SERVICES)
    within = (whole(tokens), whole((*tokens, Plain("/"), Wild.RUN)))
    return Hosted(versions, within, taken, some, tuple(dict.fromkeys(doubts)), tuple(holes))


class _Told:
    """What of the account and the callers of a host no text could tell from any other."""

    def __init__(
        self, ways: Sequence[Way], texts: Sequence[str], accounts: Sequence[str], every: Sequence[str]
    ) -> None:
        self.ways, self.texts = ways, texts
        ends = [dict(way.callers) for way in ways]
        known = [arn for arn in (*(way.at[0] for way in ways), *ends[0].values()) if arn.startswith("arn:")]
        #: whether the account is what the host knows it to be
        self.is_known = bool(known)
        account = known[0].split(":")[4] if known else min(accounts, default="")
        self.home = Home((*every, *texts), account, region=_free_region(every))
        #: callers that every side calls the same
        self.callers = {host: end for host, end in ends[0].items() if all(one.get(host) == end for one in ends)}
        for host, end in self.callers.items():
            self.home.caller(host, end)

    def taken(self) -> dict[str, str]:
        """What holes are taken to be."""
        home = self.home
        plain = [text for text in self.texts if not places(names_in(text))]
        if not self.is_known and any(DIGITS.search(text) or _tells(text, _ACCOUNT) for text in plain):
            return {}
        found = {hole: value for hole, value in home.own.items() if value != home.region or self._no_region()}
        known = {hole: home.values[hole] for host in self.callers for hole in attributes(host)}
        for host, end in self.callers.items():
            mine = attributes(host)
            if end.startswith("arn:"):
                continue  # no text has a hole for it
            head, _, tail = home.values[mine[0]].partition(home.account)
            others = [text for text in plain if not set(mine) & set(names_in(text))]
            if any(_tells(text, (*exactly(head), *_ACCOUNT, *exactly(tail.lower()))) for text in others):
                return {}
            if has_hole(end) or end.endswith("/"):
                named = tail.rpartition("/")[0].lower()
                shape = (*exactly(head), *_ACCOUNT, *exactly(f"{named}/"), ("*", ""))
                filled_ones = (
                    filled(text, {**found, **known}) for text in self.texts if not set(mine) & set(names_in(text))
                )
                if any(_tells(text, shape) for text in filled_ones):
                    continue
            found |= {hole: home.values[hole] for hole in mine}
        return found

    def _no_region(self) -> bool:
        return not any(_REGION.search(text) for text in self.texts)


def _free_region(texts: Sequence[str]) -> str:
    """A Region that no text names."""
    return next(
        (one for one in ("us-east-1", "eu-west-1", "ap-south-1") if not any(one in text for text in texts)), "us-east-2"
    )


def _tells(text: str, shape: Pattern) -> bool:
    """Whether a text, or a pattern with wildcards, may mean some of what has a shape, and not the rest."""
    pattern = whole(pattern_tokens(_VARIABLE.sub("*", widened(text)).lower()))
    return may_exist(((pattern,), (shape,)), ()) and may_exist(((shape,),), (pattern,))


def _is_unread(piece: Piece) -> bool:
    tree = piece.tree(Diagnostics())
    return tree is None or bool(obstacles(tree))


def _of_callers(tree: JsonValue) -> Iterator[str]:
    """The texts of a document that may tell callers apart."""
    match tree:
        case JsonObject(members):
            for member in members:
                if member.key not in _NOT_OF_CALLERS:
                    yield from _of_callers(member.value)
        case JsonArray(items):
            for item in items:
                yield from _of_callers(item)
        case JsonString(text):
            yield text
        case _:
            return


def _treats_alike(tree: JsonValue, own: Set[str]) -> bool:
    """Whether the resources of a document tell no services apart, but for the one whose ARN is one of the holes `own`."""
    policy = read_policy(tree, KINDS["auth-policy"], "")
    texts = [glob.text for item in policy.statements for glob in (item.resources.patterns if item.resources else ())]
    services = whole(pattern_tokens(_SERVICES))
    return all(
        not own.isdisjoint(names_in(text))
        or text.startswith("*")
        or _ALL_SERVICES.match(widened(text)) is not None
        or (not has_hole(text) and not may_exist(((whole(pattern_tokens(text)),), (services,)), ()))
        for text in texts
    )


def perhaps_on(side: Side, name: str) -> tuple[Perhaps, ...]:
    """What may refuse requests to a service, as far as its host tells."""
    pieces = [side.piece(one) for one in side.ways[name].controls]
    return tuple(text for piece in pieces for text in perhaps_by(piece, side))


def not_known_of_callers(sides: Sequence[Side], name: str) -> Iterator[str]:
    """Why nothing is said of what a caller carries, where that is something else on the sides."""
    found = [side.ways[name].own for side in sides]
    for key in sorted(found[0].keys() & found[-1].keys()):
        if len({own[key] is None for own in found}) > 1:
            yield f"what {shown(key[1])} may do by its own policies is known on one side alone"


def whole_version(
    side: Side, name: str, named: Iterable[str] = (), filled: bool = False
) -> tuple[Version, Hosted] | None:
    """A service as one document, with all others that have to allow beside its own; `filled` with values for all that is open. None as for `hosted`, and where nothing stands beside it."""
    found = hosted((side,), name, named)
    if filled and found is not None:
        found = hosted((side,), name, named, found.some)
    if found is None:
        return None
    *beside, own = (item for item in found.versions[0] if item.asks or item is found.versions[0][-1])
    perhaps = perhaps_on(side, name)
    if not beside and not perhaps:
        return None
    return replace(
        own, beside=tuple(beside), within=found.within, perhaps=perhaps, taken=found.taken if not filled else found.some
    ), found
