"""HCL and its JSON form as a carrier: documents of the module that a file belongs to, worked out from the topmost module that calls it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from policyc.carriers.embedded import SYNTAX, Carried, Companion, Embedded, Hole, Options, Unreadable, Wiring
from policyc.carriers.signs import POLICY
from policyc.carriers.terraform.astray import policies_astray
from policyc.carriers.terraform.chains import CHAINED
from policyc.carriers.terraform.data_documents import CORE_NETWORK, IAM
from policyc.carriers.terraform.declared import ENDINGS, Placed
from policyc.carriers.terraform.documents import Found, found_in, holds_documents, slots
from policyc.carriers.terraform.expressions import Undecided, Work
from policyc.carriers.terraform.facts import AUTH_POLICIES, Around, around, context_types, is_context
from policyc.carriers.terraform.hcl import heads
from policyc.carriers.terraform.loose import Part, documents_of, loose_parts
from policyc.carriers.terraform.modules import Configuration, ModuleInstance, ResourceInstance
from policyc.carriers.terraform.others import Read, tell_others
from policyc.carriers.terraform.permission import ON as PERMISSIONS
from policyc.carriers.terraform.tfvars import tfvars
from policyc.carriers.terraform.tree import Lost, Place, Tree, Trees
from policyc.carriers.terraform.values import Failed
from policyc.carriers.terraform.worlds import described_world, in_worlds
from policyc.diagnostics import Diagnostics
from policyc.packages import MissingPackage
from policyc.per_object import PerObject
from policyc.record import field, record, replace
from policyc.regex import regex
from policyc.syntax.json_text import parse_as_meant
from policyc.text import Source, Span

#: a call of a module that is not here is worth a word when it seems to be about policies
_ABOUT_POLICIES: Final = regex(
    r"polic|lattice|verified.?access|cloud.?wan|core.?network|object.?lambda|assume_role", re.IGNORECASE
)


_LABEL: Final = regex(r"\"([\w-]+)\"")
#: broken blocks of one file of which each is told
_MOST_FAULTS: Final = 20
#: what is no mistake by the type of what holds it: a base policy stands until the network's own replaces it, and leads nobody anywhere
_MEANT: Final = {"aws_networkmanager_core_network": ("segment-nobody-joins",)}


@cache
def _words() -> re.Pattern[bytes]:
    types = {*slots(), *context_types(), *PERMISSIONS, IAM, CORE_NETWORK}
    return re.compile(rb"\b(?:" + "|".join(sorted(types)).encode() + rb")\b")


_MODULE: Final = regex(rb"\bmodule\b")
_SOURCE: Final = regex(rb"\bsource\b[\"\s]*[=:]\s*\"([^\"]*)\"")


def recognize(name: str, raw: bytes) -> bool:
    """Whether a configuration file may hold documents, or call modules that do."""
    if not name.endswith(ENDINGS):
        return False
    if _words().search(raw) or POLICY.search(raw):
        return True
    if not _MODULE.search(raw):
        return False
    sources = [found[1] for found in _SOURCE.finditer(raw)]
    return any(source.startswith((b"./", b"../")) for source in sources) or bool(
        sources and _ABOUT_POLICIES.search(raw.decode("utf-8", "replace"))
    )


@record
class Root:
    """Everything that a root module and the modules below it hold, each with the file that it stands in and the one that calls it."""

    documents: tuple[tuple[str, str, Embedded], ...]
    unreadable: tuple[tuple[str, str, Unreadable], ...]
    companions: tuple[tuple[str, str, Companion], ...]
    #: the blocks that have no instance, by name and first words
    absent: tuple[tuple[str, Span], ...] = ()
    chains: tuple[tuple[str, str, Wiring], ...] = ()
    callers: Mapping[str, str] = MappingProxyType({})
    elsewhere: Mapping[str, tuple[str, ...]] = MappingProxyType({})
    partial: bool = False
    read: Read = field(default_factory=lambda: Read(()))


class _Folders:
    """What was worked out with one set of options."""

    def __init__(self, options: Options) -> None:
        self.configuration = Configuration(options)
        self.trees = Trees(self.configuration)
        self._roots: dict[str, Root] = {}

    def root(self, folder: str) -> Root:
        if folder not in self._roots:
            self._roots[folder] = _worked_out(self.trees.of(folder), self.configuration)
        return self._roots[folder]


_folders: Final = PerObject(_Folders, 2)


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents that stand in a file, and those of the modules that it calls."""
    folder = posixpath.dirname(source.file)
    try:
        options = _without_rivals(source.file, folder, options)
        folders = _folders(options)
        faults = folders.configuration.declared(folder).faults.get(source.file, ())
        _report_faults(source, faults, diagnostics)
        home = folders.trees.root_of(folder)
        root = folders.root(home)
    except MissingPackage as missing:
        diagnostics.error("missing-package", str(missing), source.span(0, 0), missing.help)
        return Carried(unreadable=(Unreadable(source.file, "configuration", source.span(0, 0), str(missing)),))
    tell_others(
        source,
        folders.configuration.declared(folder),
        root.read,
        (item for _, _, item in root.unreadable),
        root.absent,
        diagnostics,
    )
    mine = (source.file,)
    documents = tuple(item for file, call, item in root.documents if file in mine or call in mine)
    unreadable = tuple(item for file, call, item in root.unreadable if file in mine or call in mine)
    places = [*(item.place for item in documents), *(item.place for item in unreadable)]
    told = [place for place in places if place.file == source.file]
    return Carried(
        documents,
        (*unreadable, *_broken(source, faults, told)),
        tuple(item for file, call, item in root.companions if file in mine or call in mine),
        home or ".",
        tuple(item for file, call, item in root.chains if file in mine or call in mine),
        root.callers,
        root.partial,
        root.elsewhere,
    )


def _without_rivals(file: str, folder: str, options: Options) -> Options:
    """The options without the files of a folder that declare the same names as one of them: Terraform takes no two such files into one module, so that
    they stand for themselves, as examples do. Raises MissingPackage."""
    rivals = _folders(options).configuration.declared(folder).rivals_of(file)
    if not rivals:
        return options
    left_out = {posixpath.basename(name) for name in rivals}
    names = tuple(name for name in options.folder(folder) if name not in left_out)
    return replace(options, folder=lambda asked: names if asked == folder else options.folder(asked))


def documents_of_folder(folder: str, options: Options) -> tuple[Embedded, ...]:
    """The documents of the module in a folder and of all that it calls. Raises MissingPackage."""
    folders = _Folders(options)
    return tuple(item for _, _, item in folders.root(folder).documents)


def _report_faults(source: Source, faults: Sequence[Span], diagnostics: Diagnostics) -> None:
    if faults and source.file.endswith(".json"):
        parse_as_meant(source, diagnostics)
        return
    for fault in faults[:_MOST_FAULTS]:
        words = source.text[fault.start : fault.end].split("\n")[0].strip()
        shown = f"`{words[:40]}` has no meaning here" if words else "something is missing here"
        diagnostics.error(
            "hcl-syntax-error",
            f"{shown}: its block is no configuration from here on",
            fault,
            "look for a bracket, quote or comma too many or too few before it",
        )


def _broken(source: Source, faults: Sequence[Span], told: Sequence[Span]) -> Iterator[Unreadable]:
    """The blocks with a fault in which nothing stands that is told."""
    if not faults or source.file.endswith(".json"):
        return
    for start, end in pairwise([0, *heads(source.text), len(source.text)]):
        if any(start <= one.start < end for one in faults) and not any(start <= one.start < end for one in told):
            head = source.text[start:end].lstrip().partition("\n")[0]
            labels = _LABEL.findall(head)
            type_ = labels[0] if len(labels) > 1 else head.partition(" ")[0]
            yield Unreadable(".".join(labels), type_, source.span(start, start + len(head)), SYNTAX)


# --- a root and all that it calls --------------------------------------------------------------------------------


def _worked_out(tree: Tree, configuration: Configuration) -> Root:
    values = configuration.options.values
    work = Work({}, values)
    top = _top(tree, configuration)
    documents: list[tuple[str, str, Embedded]] = []
    unreadable: list[tuple[str, str, Unreadable]] = []
    absent: dict[tuple[str, Span], bool] = {}
    later: list[tuple[Place, str, Placed]] = []
    known = around(_context(tree, top, work), work)
    for place in tree.places:
        for name, placed in place.declared.resources.items():
            if not holds_documents(placed.block.type, placed.block.labels):
                continue
            if placed.block.type == "data":
                later.append((place, name, placed))
                continue
            found, there = _of_block(top, place, name, placed, known, work)
            _add(found, top, place, placed, documents, unreadable)
            block = name, placed.block.head
            absent[block] = absent.get(block, True) and not there
        for name, placed in place.declared.again:
            if holds_documents(placed.block.type, placed.block.labels):
                reason = "declared a second time in this file, which Terraform refuses"
                second = Unreadable(name, placed.block.labels[0], placed.block.head, reason)
                unreadable.append((placed.file, _call_file(top, place), second))
    for place, name, placed in later:
        if (placed.file, placed.block.head.start) not in work.used:
            found, _ = _of_block(top, place, name, placed, known, work)
            _add(found, top, place, placed, documents, unreadable)
    read = [item for _, _, item in documents]
    for place, file, item in policies_astray(tree, configuration.options, Read(read)):
        unreadable.append((file, _call_file(top, place), item))
    for place, part in loose_parts(tree, configuration.options, read, [item for _, _, item in unreadable]):
        made = _of_part(top, place, part, work)
        documents += [(part.head.file, _call_file(top, place), item) for item in made]
    for lost in tree.lost:
        if _is_ours(lost):
            module = Unreadable(_address(lost), "module", lost.call.block.head, lost.reason)
            unreadable.append((lost.call.file, _call_file(top, lost.within), module))
    companions = tuple(
        (item.place.file, _caller(top, item.name), item) for item in _judged(known, tree, documents, unreadable)
    )
    files = {name: item.place.file for name, item in known.companions.items()}
    chains = tuple((files.get(item.name, ""), _caller(top, item.name), item) for item in known.chains)
    gone = tuple(block for block in absent if absent[block])
    partial = any(place.declared.faults for place in tree.places)
    return Root(
        tuple(documents),
        tuple(unreadable),
        companions,
        gone,
        chains,
        known.callers,
        known.attached.elsewhere,
        partial,
        Read(item for _, _, item in documents),
    )


def _judged(
    known: Around, tree: Tree, documents: list[tuple[str, str, Embedded]], unreadable: list[tuple[str, str, Unreadable]]
) -> Iterator[Companion]:
    """What set rules look at: gates whose policies are all here, groups of Verified Access that have none, and the parts of chains. Where it is not known what a policy is attached to, or what stands in
    a module, a gate without one may have one all the same."""
    on = {item.facts.get("resource", "") for _, _, item in documents if item.type in AUTH_POLICIES}
    certain = not tree.lost and "" not in on and not any(item.type in AUTH_POLICIES for _, _, item in unreadable)
    for item in known.companions.values():
        if (
            (item.type.startswith("lattice.") and "auth" in item.fields and (certain or item.name in on))
            or (item.name in known.bare and not tree.lost)
            or (item.type in CHAINED and known.chains)
        ):
            yield item


def _top(tree: Tree, configuration: Configuration) -> ModuleInstance:
    declared = tree.places[0].declared
    bare = ModuleInstance(configuration, declared, root=tree.root)
    names = [name for name in configuration.options.folder(tree.root) if _is_automatic(name)]
    given = {}
    for name in sorted(names, key=lambda name: (not name.startswith("terraform.tfvars"), name)):
        file = posixpath.join(tree.root, name)
        text = configuration.options.read(file)
        if text is not None:
            given.update(tfvars(Source(file, text), bare.scope))
    return replace(bare, variables=MappingProxyType(given))


def _is_automatic(name: str) -> bool:
    return name in ("terraform.tfvars", "terraform.tfvars.json") or name.endswith((".auto.tfvars", ".auto.tfvars.json"))


def _modules(top: ModuleInstance, calls: tuple[str, ...], work: Work) -> list[ModuleInstance]:
    """The instances of the module that a chain of calls leads to. Raises Failed and Undecided."""
    found = [top]
    for name in calls:
        deeper: list[ModuleInstance] = []
        for module in found:
            expansion = module.expansion(f"module.{name}", module.declared.modules[name], work)
            for suffix, _ in expansion.rows:
                child = work.instances[expansion.address + suffix]
                if isinstance(child, ModuleInstance):
                    deeper.append(child)
        found = deeper
    return found


def _instances(top: ModuleInstance, place: Place, name: str, placed: Placed, work: Work) -> Iterator[ResourceInstance]:
    for module in _modules(top, place.calls, work):
        expansion = module.expansion(name, placed, work)
        for suffix, _ in expansion.rows:
            instance = work.instances[expansion.address + suffix]
            if isinstance(instance, ResourceInstance):
                yield instance


def _context(tree: Tree, top: ModuleInstance, work: Work) -> list[ResourceInstance]:
    """The resources that say something about what documents are attached to, as far as it is certain that they are there."""
    found: list[ResourceInstance] = []
    for place in tree.places:
        for name, placed in place.declared.resources.items():
            if placed.block.type != "resource" or not is_context(placed.block.labels[0]):
                continue
            try:
                found.extend(_instances(top, place, name, placed, work))
            except (Failed, Undecided):
                continue
    return found


def _of_block(
    top: ModuleInstance, place: Place, name: str, placed: Placed, known: Around, work: Work
) -> tuple[list[Embedded | Unreadable], bool]:
    """The documents of all instances of a block in every world, those that are alike as one; and whether it has an instance in any."""
    head = placed.block.head
    there = False

    def make(here: Work) -> list[Found | Unreadable]:
        nonlocal there
        found: list[Found | Unreadable] = []
        for instance in _instances(top, place, name, placed, here):
            there = True
            found.extend(found_in(instance, known, here))
        return found

    try:
        return _in_all_worlds(top, head, make, work), there
    except Failed as failed:
        where = failed.span if failed.span.file == placed.file else head
        return [Unreadable(place.named(name), placed.block.labels[0], where, failed.reason)], True


def _in_all_worlds(
    top: ModuleInstance, head: Span, make: Callable[[Work], list[Found | Unreadable]], work: Work
) -> list[Embedded | Unreadable]:
    """What is found in every world, that which is alike as one. Raises Failed."""
    worlds = in_worlds(work, top.configuration.options.values, head, make)
    documents: dict[tuple[object, ...], tuple[Found, dict[str, None], list[str]]] = {}
    lost: dict[Unreadable, None] = {}
    for choices, items in worlds:
        world = described_world(choices)
        for item in items:
            if isinstance(item, Unreadable):
                lost[item] = None
                continue
            key = (item.kind, item.place, item.content, item.facts)
            _, addresses, seen = documents.setdefault(key, (item, {}, []))
            addresses[item.address] = None
            if world not in seen:
                seen.append(world)
    made: list[Embedded | Unreadable] = []
    for item, addresses, seen in documents.values():
        everywhere = len(seen) == len(worlds)
        for world in [""] if everywhere else seen:
            made.append(_embedded(item, list(addresses), world))
    return [*made, *lost]


def _of_part(top: ModuleInstance, place: Place, part: Part, work: Work) -> list[Embedded]:
    """The documents that a value holds which no resource here takes; none where it cannot be worked out, which a note tells."""

    def make(here: Work) -> list[Found | Unreadable]:
        found: list[Found | Unreadable] = []
        for module in _modules(top, place.calls, here):
            found.extend(documents_of(module, part, here))
        return found

    try:
        return [item for item in _in_all_worlds(top, part.head, make, work) if isinstance(item, Embedded)]
    except Failed:
        return []


def _embedded(item: Found, addresses: list[str], world: str) -> Embedded:
    shown = addresses[:3] + ([f"… ({len(addresses)} in all)"] if len(addresses) > 3 else [])
    holes: dict[str, Hole] = {hole.name: hole for hole in item.holes}
    return Embedded(
        item.kind,
        ", ".join(shown),
        item.type,
        item.place,
        item.content,
        MappingProxyType(holes),
        MappingProxyType(dict(item.facts)),
        world,
        meant=_MEANT.get(item.type, ()),
    )


def _add(
    found: list[Embedded | Unreadable],
    top: ModuleInstance,
    place: Place,
    placed: Placed,
    documents: list[tuple[str, str, Embedded]],
    unreadable: list[tuple[str, str, Unreadable]],
) -> None:
    call = _call_file(top, place)
    for item in found:
        if isinstance(item, Embedded):
            documents.append((placed.file, call, item))
        else:
            unreadable.append((placed.file, call, item))


def _call_file(top: ModuleInstance, place: Place) -> str:
    """The file of the root module that calls a module, empty for the root itself."""
    return top.declared.modules[place.calls[0]].file if place.calls else ""


def _caller(top: ModuleInstance, address: str) -> str:
    """The file of the root module that calls the module that something with an address stands in."""
    word = address.removeprefix("module.")
    found = top.declared.modules.get(re.split(r"[.\[]", word, maxsplit=1)[0])
    return found.file if found is not None and word != address else ""


def _address(lost: Lost) -> str:
    return ".".join(f"module.{name}" for name in (*lost.within.calls, lost.name))


def _is_ours(lost: Lost) -> bool:
    if not lost.source or lost.source.startswith("."):
        return True
    names = lost.call.block.body.arguments
    return bool(_ABOUT_POLICIES.search(lost.source)) or any(_ABOUT_POLICIES.search(name) for name in names)
