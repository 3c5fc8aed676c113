"""Documents inside host files, checked as they stand there: with values that the host leaves open, and together with what it says around them.

A finding has to hold whatever the open values are. So documents are checked with their holes, where whatever hangs on one is silent or in doubt, and once more
for each of several ways to fill them: what does not come up every time hangs on a value, and is withheld and counted.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from policyc.carriers.embedded import Companion, Embedded, PlacedText, Unreadable
from policyc.diagnostics import Confidence, Diagnostic, Diagnostics, Label, Severity
from policyc.holes import MARK, has_hole, shown, without_holes
from policyc.ir.authz import Policy
from policyc.model.types import RESOURCE, STRING
from policyc.model.values import Resource, ResourceLink, Value
from policyc.packages import MissingPackage
from policyc.record import record, replace
from policyc.syntax.json_text import JsonArray, JsonBool, JsonNumber, JsonObject, JsonString, JsonValue
from policyc.text import Source, Span, is_within
from policyc.workspace.documents.host_words import in_words
from policyc.workspace.documents.native_settings import NativeSettings, rule_settings
from policyc.workspace.documents.native_texts import check_texts
from policyc.workspace.documents.placed import moved, obstacle, tree_of
from policyc.workspace.mending import of_words

if TYPE_CHECKING:
    from policyc.workspace.documents.completions import Completion

CEDAR = "cedar"
CORE_NETWORK = "core-network"

#: what is said of names that a host does not declare
_UNDECLARED: Final = frozenset({"cedar-trust-not-declared", "cedar-unknown-root"})
#: what a finding is known by where the same documents are checked with other values
_Key = tuple[str, Span | None]


class Item:
    """One document and the file that it stands in."""

    __slots__ = ("_found", "_tree", "document", "known", "source")

    def __init__(self, source: Source, document: Embedded) -> None:
        self.source, self.document = source, document
        self._found: Diagnostics | None = None
        self._tree: JsonValue | None = None
        #: what is wrong with it and the policy that it states, where no value is open: the same whatever the others are filled with
        self.known: tuple[Diagnostics, Policy | None] | None = None

    def tree(self, diagnostics: Diagnostics) -> JsonValue | None:
        """The tree of a JSON document, read once; None where its text is none, which is reported."""
        content = self.document.content
        if not isinstance(content, PlacedText):
            return content
        if self._found is None:
            self._found = Diagnostics()
            self._tree = tree_of(content, self._found)
        diagnostics.extend(self._found)
        return self._tree

    @property
    def places(self) -> Iterator[Span]:
        """Where its parts stand: other blocks of a file may hold some."""
        yield self.document.place
        content = self.document.content
        work: list[JsonValue] = [] if isinstance(content, PlacedText) else [content]
        while work:
            part = work.pop()
            yield part.span
            work += [item.value for item in part.members] if isinstance(part, JsonObject) else []
            work += part.items if isinstance(part, JsonArray) else []


@record
class Judged:
    """What was found in documents that were judged together: `withheld` counts what hangs on values that are not known."""

    findings: tuple[Diagnostic, ...] = ()
    withheld: int = 0
    unreadable: tuple[tuple[Source, Unreadable], ...] = ()


def judge(
    items: Sequence[Item],
    companions: Sequence[tuple[Source, Companion]],
    settings: NativeSettings,
    partial: bool = False,
) -> Judged:
    """Check documents, each by itself and all together. Worlds that exclude one another are not mixed; of a `partial` host nothing is told that what is not read there may change."""
    unreadable: list[tuple[Source, Unreadable]] = []
    readable: list[Item] = []
    hidden: set[str] = set()
    for item in items:
        stop = _obstacle(item)
        if stop is None:
            readable.append(item)
        else:
            lost = Unreadable(item.document.name, item.document.type, stop[1], stop[0])
            unreadable.append((item.source, lost))
            hidden.add(item.document.facts.get("resource", ""))
    companions = [pair for pair in companions if hidden.isdisjoint((pair[1].name, *pair[1].links.values()))]
    worlds = list(dict.fromkeys(item.document.world for item in readable)) or [""]
    whole = [world for world in worlds if world]
    doubts: dict[_Key, Diagnostic] = {}
    found: dict[Diagnostic, list[str]] = {}
    for world in whole or [""]:
        some = [item for item in readable if item.document.world in ("", world)]
        certain, doubtful = _certain(some, companions, settings)
        certain = [one for one in certain if not (partial and (one.rule in _UNDECLARED or is_about_others(one)))]
        doubts |= doubtful
        for one in dict.fromkeys(
            _with_origin(_said(certain, items), some)
        ):  # what a host repeats says the same at one place
            found.setdefault(one, []).append(world)
    findings = [
        one if len(held) == len(whole or [""]) else replace(one, message=f"{one.message} ({', '.join(held)})")
        for one, held in found.items()
    ]
    if settings.pedantic:
        return Judged((*findings, *_said([_possible(one) for one in doubts.values()], items)), 0, tuple(unreadable))
    return Judged(tuple(findings), len(doubts), tuple(unreadable))


def is_about_others(item: Diagnostic) -> bool:
    """Whether a finding hangs on more than one policy, what it is on and what that is linked with."""
    from policyc.lint.registry import RULES, rule

    return item.rule in RULES and rule(item.rule).scope != "document"


def _obstacle(item: Item) -> tuple[str, Span] | None:
    """What leaves nothing to be read of a document, with its place."""
    document, content = item.document, item.document.content
    if not isinstance(content, PlacedText):
        return obstacle(content) if document.kind != CORE_NETWORK else None
    if MARK.fullmatch(content.value.strip()):
        return f"the document is {shown(content.value.strip())}", content.whole
    if document.kind == CEDAR:
        return _open_cedar(content)
    tree = item.tree(Diagnostics())
    return None if tree is None or document.kind == CORE_NETWORK else obstacle(tree)


def _open_cedar(text: PlacedText) -> tuple[str, Span] | None:
    """A hole outside the strings and comments of a Cedar text, where it may be any code."""
    if not has_hole(text.value):
        return None
    from policyc.syntax.cedar_lexer import tokens

    read, comments = tokens(Source(text.whole.file, text.value))
    covered = [(token.start, token.end) for token in read if token.kind == "string"]
    covered += [(comment.span.start, comment.span.end) for comment in comments]
    for found in MARK.finditer(text.value):
        if not any(start < found.start() < end for start, end in covered):
            return f"{shown(found[0])} stands outside a string", text.span(found.start(), found.end())
    return None


#: what a network says of a value of a type that its place does not take
_MISFIT: Final = "network-wrong-type"


# --- certain for every value -----------------------------------------------------------------------------------


def _certain(
    items: Sequence[Item], companions: Sequence[tuple[Source, Companion]], settings: NativeSettings
) -> tuple[list[Diagnostic], dict[_Key, Diagnostic]]:
    """The findings that hold for every completion that is tried, and those that some of them lack."""
    homes = {item.name: source.file for source, item in companions}
    resources = [_resource(item, homes) for _, item in companions]
    found, stated = _findings(items, resources, settings, None)
    rest = [one for item in items if id(item) not in stated for one in _rest(item, settings, found)]
    opened = [item.document for item in items if item.document.holes]
    if not opened:
        return found + rest, {}
    from policyc.workspace.documents.completions import completions, fitting  # most documents are whole

    every = {_key(item): item for item in found}
    unsure: set[_Key] = set()
    untried = set(stated)
    tried: list[tuple[Completion, set[Span]]] = []

    def misfits(mine: Sequence[Diagnostic]) -> set[Span]:
        return {item.span for item in mine if item.rule == _MISFIT and item.span is not None and _key(item) not in told}

    def compare(way: Completion, mine: Sequence[Diagnostic], read: set[int]) -> None:
        fits = fitting(way, misfits(mine), tried)
        if fits is not way:
            mine, read = _findings(items, resources, settings, fits)
        keys = {_key(item): item for item in mine}
        # with such values the service would refuse the document, so nothing follows from what is not found in it
        refused = [place for item in items if id(item) in stated - read for place in item.places]
        unsure.update(key for key in every.keys() ^ keys.keys() if not any(_is_in(key, place) for place in refused))
        every.update({key: one for key, one in keys.items() if key not in every})
        untried.difference_update(read)

    told = frozenset(every)
    ways = [(way, *_findings(items, resources, settings, way)) for way in completions(opened)]
    tried += [(way, misfits(mine)) for way, mine, _ in ways]
    for way, mine, read in ways:
        compare(way, mine, read)
    networks = [item for item in items if item.document.kind == CORE_NETWORK and item.document.holes]
    if networks and any(_key(item) not in unsure for item in found):
        from policyc.workspace.documents.open_networks import is_about_open, values_of, ways_for

        values = values_of(item.tree(Diagnostics()) for item in networks)
        unsure |= {_key(item) for item in found if is_about_open(item, values)}
        for item, others in ways_for((item for item in found if _key(item) not in unsure), values):
            for way in others or ():
                if _key(item) not in unsure:
                    compare(way, *_findings(items, resources, settings, way))
            if others is None:
                unsure.add(_key(item))
    # where no way was read, nothing was tried of what speaks of a hole
    places = [place for item in items if id(item) in untried for place in item.places]
    unsure |= {
        key for key, one in every.items() if has_hole(one.message) and any(_is_in(key, place) for place in places)
    }
    certain = [item for item in found if _key(item) not in unsure]
    return certain + rest, {key: every[key] for key in every if key in unsure}


def _with_origin(findings: Iterable[Diagnostic], items: Sequence[Item]) -> Iterator[Diagnostic]:
    """The findings with the line of code that made the document, which is where people mend it."""
    files = {item.source.file for item in items}
    made = [one.document for one in items if one.document.also and one.document.also.rpartition(":")[0] not in files]
    for item in findings:
        origin = next((one.also for one in made if item.span is not None and is_within(item.span, one.place)), "")
        yield replace(item, help=f"{item.help}{'; ' * bool(item.help)}made by `{origin}`") if origin else item


def _possible(item: Diagnostic) -> Diagnostic:
    """A finding that some values bring about, in the words of its rule: those of the finding may hold a value that was only tried."""
    from policyc.workspace.catalogue import rule_texts

    summary = rule_texts()[item.rule].summary.rstrip(".")
    return Diagnostic(
        item.rule,
        f"with some of the values that are not known: {summary[:1].lower()}{summary[1:]}",
        item.span,
        "give the values (`--bind NAME=VALUE`, `--bindings FILE`) to know",
        Severity.INFO,
        confidence=Confidence.POSSIBLE,
    )


def _is_in(key: _Key, place: Span) -> bool:
    return key[1] is not None and is_within(key[1], place)


def _key(item: Diagnostic) -> _Key:
    return item.rule, item.span


def _said(findings: Sequence[Diagnostic], items: Sequence[Item]) -> Iterator[Diagnostic]:
    """The findings with holes as people know them, in helps as they write them. A fix that would write one is none."""
    hosts = {item.source.file: item for item in items}
    for item in findings:
        help = item.help
        if has_hole(help):
            host = hosts.get(item.span.file) if item.span is not None else None
            help = shown(help) if host is None else in_words(help, host.document.type, host.source)
        labels = tuple(Label(label.span, shown(label.message)) for label in item.labels)
        fix = item.fix
        if fix is not None and any(has_hole(edit.replacement) for edit in fix.edits):
            fix = None
        yield replace(item, message=shown(item.message), help=help, labels=labels, fix=fix)


# --- one way to read them all ------------------------------------------------------------------------------------


def _findings(
    items: Sequence[Item], resources: Sequence[Resource], settings: NativeSettings, way: Completion | None
) -> tuple[list[Diagnostic], set[int]]:
    """What is found with holes as they are or filled, and the items (by `id`) whose policy could be read."""
    found = Diagnostics()
    policies: list[Policy] = []
    read: set[int] = set()
    refused: set[str] = set()
    for item in items:
        mine, policy = item.known or _checked(item, settings, way)
        found.extend(one for one in mine if one.rule not in item.document.meant)
        if policy is None and mine.has_errors:
            refused.add(item.document.facts.get("resource", ""))
        if policy is not None:
            policies.append(_attached(policy, item, resources))
            read.add(id(item))
    # of what carries a policy that could not be read nothing is known, nor of what hangs on it, as where its text is open
    resources = [one for one in resources if refused.isdisjoint((one.name, *_linked(one)))]
    if policies or resources:
        from policyc.lint.raw.rules import lint_documents

        sources = list({item.source.file: item.source for item in items}.values())
        mine = Diagnostics()
        lint_documents(policies, sources, mine, rule_settings(settings), resources, tuple(found))
        found.extend(one for one in mine if not _is_meant(one, items))
    return list(found), read


def _checked(item: Item, settings: NativeSettings, way: Completion | None) -> tuple[Diagnostics, Policy | None]:
    mine = Diagnostics()
    policy = _check(item, mine, settings, way)
    if not item.document.holes:
        item.known = mine, policy
    return mine, policy


def _is_meant(found: Diagnostic, items: Sequence[Item]) -> bool:
    return any(
        found.rule in item.document.meant and found.span is not None and is_within(found.span, item.document.place)
        for item in items
    )


def _check(item: Item, diagnostics: Diagnostics, settings: NativeSettings, way: Completion | None) -> Policy | None:
    """What is wrong with one document by itself; the policy that it states."""
    document, content = item.document, item.document.content
    place = content if isinstance(content, PlacedText) else None
    held: JsonValue | PlacedText | None
    found = Diagnostics()
    if document.kind == CEDAR:
        held = place if place is None or way is None else way.placed(place)
    else:
        tree = item.tree(found)
        held = tree if tree is None or way is None else way.tree(tree)
    policy = None if held is None else _stated(item, held, found, settings)
    found = Diagnostics(one for one in found if one.rule not in document.meant)
    if place is not None:  # of what is filled in somebody asks only whether it comes up
        diagnostics.extend(_vaguely(found, place) if way is None else found)
    else:  # what stands between the values of a host is the host's, so nothing but words is mended there
        diagnostics.extend(map(of_words, found))
    return policy


def _stated(item: Item, held: JsonValue | PlacedText, found: Diagnostics, settings: NativeSettings) -> Policy | None:
    """What is wrong with what a document says; the policy that it states. Many say the same: where nothing is wrong with one, the next is only read."""
    same, policy = _said_in(item, held), None
    is_right = same in settings.right
    try:
        if item.document.kind not in (CEDAR, CORE_NETWORK) and not isinstance(held, PlacedText):
            policy = _check_iam(item, held, found, settings, is_right)
        elif is_right:
            pass
        elif isinstance(held, PlacedText):
            _check_cedar(held, item.document, found, settings)
        else:
            from policyc.lint.raw.network import check_network

            check_network(item.source, found, held, rule_settings(settings))
    except MissingPackage as missing:
        found.error("missing-package", str(missing), item.document.place.at_start(), missing.help)
    if not found and same is not None:
        settings.right.add(same)
    return policy


def _said_in(item: Item, held: JsonValue | PlacedText) -> Hashable:
    """All that what is wrong with a document by itself hangs on; None where that is another file."""
    document, content = item.document, item.document.content
    if isinstance(held, PlacedText) and "claims" in held.value:  # a comment may name a sample of them
        return None
    text = content.value if isinstance(content, PlacedText) else ""
    beside = _owner(document), document.facts.get("trust", ""), document.facts.get("endpoint-protocol", "")
    return document.kind, text, beside, _words(held)


def _words(value: JsonValue | PlacedText) -> Hashable:
    """What a value says, wherever its parts stand."""
    match value:
        case PlacedText():
            return value.value
        case JsonObject(members):
            return tuple([(member.key, _words(member.value)) for member in members])
        case JsonArray(items):
            return ("[", *map(_words, items))
        case JsonString(text):
            return text
        case JsonNumber(text):
            return "0", text
        case JsonBool(truth):
            return "?", truth
        case _:
            return None


def _rest(item: Item, settings: NativeSettings, found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """What else is wrong with an IAM document that could not be read."""
    content, kind = item.document.content, item.document.kind
    tree = None if kind in (CEDAR, CORE_NETWORK) else item.tree(Diagnostics())
    if tree is None:
        return iter(())
    from policyc.workspace.documents.refused import rest_of

    mine = [one for one in found if one.span is not None and any(is_within(one.span, place) for place in item.places)]
    rest = [
        one
        for one in rest_of(item.source, tree, kind, settings, mine, item.document.name)
        if one.rule not in item.document.meant
    ]
    return _vaguely(rest, content) if isinstance(content, PlacedText) else iter(rest)


def _check_iam(
    item: Item, tree: JsonValue, found: Diagnostics, settings: NativeSettings, is_right: bool
) -> Policy | None:
    from policyc.lint.raw.check import check_tree
    from policyc.targets.switches import iam_switches

    content = item.document.content
    if is_right:
        text = ""
    elif isinstance(content, PlacedText):
        text = content.value
    else:
        text = json.dumps(tree.plain(), separators=(",", ":"), default=str, ensure_ascii=False)
    return check_tree(
        item.source,
        tree,
        item.document.kind,
        found,
        iam_switches(settings.switches),
        settings.switches,
        name=item.document.name,
        text=without_holes(text),
        owner=_owner(item.document),
        is_right=is_right,
    )


def _owner(document: Embedded) -> str:
    """The name of the bucket or access point that a document is of, where it is written out."""
    name = document.facts.get("called", "") if document.kind in ("bucket", "access-point", "object-lambda") else ""
    return "" if has_hole(name) or ":" in name else name


def _check_cedar(text: PlacedText, document: Embedded, found: Diagnostics, settings: NativeSettings) -> None:
    inner = Diagnostics()
    trust = {
        **dict(pair.split("=", 1) for pair in document.facts.get("trust", "").split(",") if pair),
        **settings.trust,
    }
    source = Source(text.whole.file, text.value)
    protocol = document.facts.get("endpoint-protocol", "")
    settings = replace(settings, kind="", trust=trust, protocol=protocol)
    check_texts([(source, ".cedar")], inner, settings, whole=False)
    found.extend(moved(item, text) for item in inner if not _is_open(item, text))


def _is_open(item: Diagnostic, text: PlacedText) -> bool:
    """Whether a finding is about a string that has a hole in it: there may be values that are right."""
    words = "" if item.span is None else text.value[item.span.start : item.span.end]
    return has_hole(words) and words[:1] == words[-1:] == '"' and words.count('"') == 2


def _vaguely(found: Iterable[Diagnostic], place: PlacedText) -> Iterator[Diagnostic]:
    """The findings, with a word where a place is no more than the text that they are in."""
    for item in found:
        vague = item.span is not None and place.is_vague(item.span)
        yield replace(item, message=f"in this string, {item.message}") if vague else item


# --- what stands around them -------------------------------------------------------------------------------------


def _resource(item: Companion, homes: Mapping[str, str]) -> Resource:
    fields = [(name, Value(STRING, text, item.place)) for name, text in item.fields.items()]
    links = [
        (name, Value(RESOURCE, ResourceLink(f"{homes[other]}#{other}", other), item.place))
        for name, other in item.links.items()
        if other in homes
    ]
    return Resource(item.name, item.type, (*fields, *links), homes[item.name], item.place)


def _linked(resource: Resource) -> Iterator[str]:
    return (value.data.name for _, value in resource.fields if isinstance(value.data, ResourceLink))


def _attached(policy: Policy, item: Item, resources: Sequence[Resource]) -> Policy:
    """The policy on the resource that the host says it is on."""
    name = item.document.facts.get("resource", "")
    on = next((one for one in resources if one.name == name), None) if name else None
    return policy if on is None else replace(policy, on=on)
