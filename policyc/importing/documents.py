"""Documents to policies of the language: the entry point of `policyc import`.

A document is read into the IR, its statements are raised to the language's words by its target (`policyc/targets/<name>/raising.py`), written as
a tree and printed. What comes out is compiled before anybody sees it, and has to build the same document again (`settle.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.iam.document import compile_document
from policyc.importing.cedar import CEDAR, import_texts
from policyc.importing.conditions import NoWords
from policyc.importing.drafts import Choice, Draft, Given, Whole
from policyc.importing.modules import Layout
from policyc.importing.names import Names
from policyc.importing.networks import network_node
from policyc.importing.opening import Opening
from policyc.importing.settle import Plan, Settled, settle
from policyc.importing.statements import declare_resource
from policyc.importing.tree import text, word
from policyc.ir.authz import Never, Policy, Statement
from policyc.ir.program import Program
from policyc.ir.target_port import TargetPort
from policyc.lint.raw.sets import joined
from policyc.model.values import Resource
from policyc.model.vocabulary import ResourceType
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.syntax.spelled import snake
from policyc.targets.base import Document
from policyc.targets.iam_documents.carriers import policy_name
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, is_policy
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.lattice import raising
from policyc.targets.lattice.raising import is_placeholder
from policyc.targets.program import words
from policyc.targets.registry import network_like, resource_types
from policyc.text import Span

_LATTICE: Final = "auth-policy"
_IDENTITY: Final = "identity"
CORE_NETWORK: Final = "core-network"
#: kinds of IAM documents whose carrier is declared by its ARN
CARRIED: Final = (_LATTICE, _IDENTITY)
_SUFFIXES = ("_auth_policy", "_policy", "_auth", "_guard", "_calls", "_posture")


@record
class Became:
    """What became of the document `file`: the policy `name` in the policy file `path`. `unplaced` names what it is on where nothing says
    which one that is; `left_out` are the labels of statements that no request can match, `refused` the errors that
    the document has and its policy has too, `stricter` the labels of denies of Cedar that the language also lets hold where a value is of
    another kind than documented, since it fails closed."""

    file: str
    kind: str
    path: str
    name: str
    unplaced: str = ""
    left_out: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    stricter: tuple[str, ...] = ()


@record
class Imported:
    """The policy files by their path, and what became of each document."""

    files: Mapping[str, str]
    policies: tuple[Became, ...]
    settled: Settled


@dataclass(slots=True)
class _Run:
    """One import on its way."""

    plan: Plan
    diagnostics: Diagnostics
    by_arn: dict[str, Resource] = field(default_factory=dict)

    def declare_named(self, found: Mapping[str, Resource], kinds: Mapping[str, ResourceType]) -> list[Resource]:
        """The resources by ARN, those that are not declared yet as they are."""
        plan = self.plan
        for arn, item in found.items():
            if arn not in self.by_arn:
                named = replace(item, name=snake(plan.names.said(item.name), "resource"))
                plan.resource_names[named.id] = declare_resource(named, kinds[item.type], plan.names, {}, "")
                self.by_arn[arn] = named
        return [self.by_arn[arn] for arn in found]


def import_documents(
    given: Sequence[Given],
    layout: Layout,
    root: Path,
    diagnostics: Diagnostics,
    trust: Mapping[str, str] = MappingProxyType({}),
    tests: bool = False,
    opening: Opening | None = None,
) -> Imported | None:
    """The policy files that say what the documents say; None after an error was reported. All of the documents are imported or none.
    `trust` are the trust providers that Cedar texts may count on, by policy reference name; `tests` asks for tests beside the policies;
    `opening` has the samples that stand for parameters in the texts."""
    run = _Run(Plan(Names(_reserved(words())), opening=opening or Opening()), diagnostics)
    run.plan.opening.known_to(run.plan.names)
    sorts: dict[str, list[tuple[Given, Policy]]] = {}
    texts: list[tuple[Given, str, str]] = []
    for item in given:
        if item.kind == CEDAR or item.source.file.endswith(".cedar"):
            stem = snake(PurePosixPath(item.stem).name, "policy")
            texts.append((item, stem, _bare(stem, "")))
        else:
            _sort(item, sorts, run)
    import_texts(texts, trust, run.plan, run.diagnostics)
    if run.diagnostics.has_errors:
        return None
    _lattice(sorts.get(_LATTICE, ()), run)
    _identity(sorts.get(_IDENTITY, ()), run)
    for kind, found in sorts.items():
        if kind not in CARRIED:
            _plain(KINDS[kind], found, run)
    settled = None if run.diagnostics.has_errors else settle(run.plan, layout, root, diagnostics)
    if settled is None or not _all_open(run.plan, diagnostics):
        return None
    if tests:
        from policyc.importing.witnesses import with_tests

        settled = with_tests(run.plan, settled, layout, root)
    became = [_became(draft, layout) for draft in run.plan.drafts]
    became += [
        Became(
            whole.given.source.file,
            whole.kind,
            layout.path(whole.given.stem),
            whole.name,
            refused=tuple(sorted(whole.refused)),
            stricter=whole.stricter,
        )
        for whole in run.plan.wholes
    ]
    return Imported(settled.files, tuple(became), settled)


def _all_open(plan: Plan, diagnostics: Diagnostics) -> bool:
    """Whether every sample stands for a value of its own; documents in which one is a part of a text are reported."""
    sound = True
    drafts = [
        (item.node(plan.names, plan.resource_names), item.origin.name_span or item.origin.span) for item in plan.drafts
    ]
    for node, span in [*drafts, *((whole.node, whole.span) for whole in plan.wholes)]:
        left = plan.opening.left_in(node, plan.names)
        if left is not None:
            message = f"the language has no word for a text of which a part is open: {left.doc.rstrip('.')}"
            diagnostics.error("not-importable", message, span, "give it a value with `--bind NAME=VALUE`")
            sound = False
    return sound


def _became(draft: Draft, layout: Layout) -> Became:
    path = layout.path(draft.given.stem)
    unplaced = draft.on if draft.unplaced else ""
    return Became(draft.given.source.file, draft.kind.name, path, draft.name, unplaced, tuple(draft.left_out))


def _reserved(port: TargetPort) -> frozenset[str]:
    """Words that no declaration may take: those of the targets' attributes and of the fields of resources."""
    taken = set(port.reserved(port.targets))
    for kind in resource_types().values():
        taken |= set(kind.verbs) | {word for item in kind.fields.values() for word in getattr(item.type, "members", ())}
    return frozenset(taken | {name.partition(".")[0] for name in resource_types()})


# --- reading ----------------------------------------------------------------------------------------------------


def _sort(item: Given, sorts: dict[str, list[tuple[Given, Policy]]], run: _Run) -> None:
    """Read one document and put it to those of its kind."""
    tree = parse_json(item.source, run.diagnostics)
    if tree is None:
        return
    if item.kind == CORE_NETWORK or (not item.kind and network_like(tree) is not None):
        _network(item, run)
    elif not is_policy(tree):
        run.diagnostics.error(
            "unknown-document",
            f"`{item.source.file}` is no document that can be imported",
            tree.span.at_start(),
            'an IAM document has a "Statement", a Cloud WAN policy a "core-network-configuration"',
        )
    else:
        stated = _stated(item, tree, run.diagnostics)
        if stated is not None:
            sorts.setdefault(stated[0].name, []).append((item, stated[1]))


def _stated(item: Given, tree: JsonValue, diagnostics: Diagnostics) -> tuple[DocumentKind, Policy] | None:
    """The policy that a document states, with its kind; None after reporting why there is none to import."""
    kind = KINDS[item.kind] if item.kind else guess_kind(tree)
    found = Diagnostics()
    compiled = compile_document(tree, kind.engine, found, name=item.source.file)
    if compiled is None or found.has_errors:  # AWS takes no such document
        diagnostics.extend(one for one in found if one.severity is Severity.ERROR)
        return None
    return kind, read_policy(tree, kind, item.source.file)


# --- drafts -----------------------------------------------------------------------------------------------------


def _lattice(found: Sequence[tuple[Given, Policy]], run: _Run) -> None:
    policies = joined([policy for _, policy in found])
    stems = {item.source.file: snake(PurePosixPath(item.stem).name, "policy") for item, _ in found}
    wanted = {file: _bare(stem) for file, stem in stems.items()}
    attached = {item.source.file: item.attached for item, _ in found if item.attached}
    if not _attachable(found, raising.is_carrier, raising.EXAMPLE, run.diagnostics, raising.has_odd_id):
        return
    carriers = raising.carriers(
        policies,
        wanted,
        attached,
        {item.source.file for item, _ in found if item.auth == "none"},
        {item.source.file: item.behind for item, _ in found if item.behind},
    )
    if not _apart(found, carriers, run.diagnostics):
        return
    _declare(carriers.values(), run)
    services = [item for item in carriers.values() if item.type == "lattice.service"]
    for (item, _), policy in zip(found, policies, strict=True):
        on = carriers[item.source.file]
        behind = [service for service in services if service.link("network") == on.id]
        ways = {one.index: raising.raised(one, on, behind) for one in policy.statements}
        name = run.plan.names.free(stems[item.source.file])
        draft = Draft(item, policy, KINDS[_LATTICE], name, "lattice", run.plan.resource_names[on.id], [])
        draft.unplaced = raising.is_placeholder(on)
        _choose(draft, policy.statements, ways, run.diagnostics)
        run.plan.drafts.append(draft)


def _identity(found: Sequence[tuple[Given, Policy]], run: _Run) -> None:
    from policyc.targets.identity import raising as identity

    if not _attachable(found, identity.is_carrier, identity.EXAMPLE, run.diagnostics):
        return
    kinds = resource_types()
    resources = run.declare_named(identity.named_resources([policy for _, policy in found], kinds), kinds)
    for item, policy in found:
        stem = snake(PurePosixPath(item.stem).name, "policy")
        carrier = identity.carrier(_bare(stem, "role"), item.attached)
        on = run.plan.names.principal(carrier)
        assert isinstance(on, nodes.Ref)
        ways = {one.index: identity.raised(one, resources, kinds) for one in policy.statements}
        name = run.plan.names.free(policy_name(item.attached, item.policy) if item.policy else stem)
        draft = Draft(item, policy, KINDS[_IDENTITY], name, "identity", on.text, [])
        draft.unplaced = carrier.is_placeholder
        _choose(draft, policy.statements, ways, run.diagnostics)
        run.plan.drafts.append(draft)


def _plain(kind: DocumentKind, found: Sequence[tuple[Given, Policy]], run: _Run) -> None:
    from policyc.targets.plain_iam import raising as plain
    from policyc.targets.plain_iam.sorts import CARRIER

    for item, policy in found:
        stem, word_ = snake(PurePosixPath(item.stem).name, "policy"), kind.name.replace("-", "_")
        fields: dict[str, nodes.Expr] = {"kind": word(word_)}
        if which := item.attached or plain.carrier(policy, kind) or item.called:
            fields["name"] = text(which)
        short = stem.removesuffix(f"_{word_}")
        on = run.plan.names.resource(
            _bare(short, "" if short != stem else word_), CARRIER, item.source.file, "", **fields
        )
        ways = {one.index: plain.raised(one, kind) for one in policy.statements}
        draft = Draft(item, policy, kind, run.plan.names.free(stem), "iam_document", on, [])
        _choose(draft, policy.statements, ways, run.diagnostics)
        run.plan.drafts.append(draft)


def _network(item: Given, run: _Run) -> None:
    from policyc.targets.cloud_wan import raising as cloud_wan

    stated = cloud_wan.stated(item.source, run.diagnostics)
    if stated is None:
        return
    network, refused = stated
    name = run.plan.names.free(snake(PurePosixPath(item.stem).name, "core"))
    span = network.span or Span(item.source.file, 0, 1)
    try:
        node = network_node(network, name, cloud_wan.otherwise(span), run.plan.names)
    except NoWords as nothing:
        message = f"the language has no words for {nothing.what or 'this part of the network'}"
        place, help = nothing.span or span.at_start(), nothing.help or "keep the document as it is"
        run.diagnostics.error("not-importable", message, place, help)
        return

    def differs(program: Program, documents: Sequence[Document]) -> tuple[bool, Span | None]:
        again = cloud_wan.lowered(program).get(name)
        return (True, None) if again is None else cloud_wan.difference(network, again)

    run.plan.wholes.append(Whole(item, CORE_NETWORK, node, span.at_start(), differs, refused))


def _attachable(
    found: Sequence[tuple[Given, Policy]],
    is_carrier: Callable[[str], bool],
    example: str,
    diagnostics: Diagnostics,
    is_odd: Callable[[str], bool] = lambda arn: False,
) -> bool:
    """Whether every ARN that somebody stated is that of a thing which carries such documents; those that are not are reported. `is_odd` knows those of
    the right kind of thing whose id cannot be one."""
    wrong = [(item, policy) for item, policy in found if item.attached and not is_carrier(item.attached)]
    for item, policy in wrong:
        message = f"`{item.attached}` does not carry documents like this one"
        if is_odd(str(item.attached)):
            message = f"`{item.attached}` has an id that AWS gives to none, as emulators do"
        diagnostics.error("malformed-arn", message, policy.name_span, f"write it like `{example}`")
    return not wrong


def _apart(found: Sequence[tuple[Given, Policy]], carriers: Mapping[str, Resource], diagnostics: Diagnostics) -> bool:
    """Whether each document is on a thing of its own; the others are reported."""
    seen: dict[object, str] = {}
    wrong = False
    for item, policy in found:
        file, on = item.source.file, carriers[item.source.file]
        first = seen.setdefault(file if is_placeholder(on) else (on.text("id"), on.place), file)
        if first != file:
            message = f"`{first}` is the policy of the same thing already, which takes one"
            help = "import one of them, or say with `--on` which is whose"
            diagnostics.error("not-importable", message, policy.name_span, help)
            wrong = True
    return not wrong


def _bare(stem: str, otherwise: str = "service") -> str:
    """The name of what a policy called `stem` is on; `otherwise` is what it is, where the stem is the policy's alone."""
    for suffix in _SUFFIXES:
        if stem.endswith(suffix) and stem != suffix:
            return stem.removesuffix(suffix)
    return f"{stem}_{otherwise}" if otherwise else stem


def _declare(carriers: Iterable[Resource], run: _Run) -> None:
    """Declare what the policies are on, networks before the services that name them."""
    kinds = resource_types()
    for item in sorted(carriers, key=lambda one: any(name == "network" for name, _ in one.fields)):
        doc = (
            "The document does not say what it is attached to: put in its id, account and Region."
            if is_placeholder(item)
            else ""
        )
        run.by_arn[resource_arn(item, kinds[item.type])] = item
        run.plan.resource_names[item.id] = declare_resource(
            item, kinds[item.type], run.plan.names, run.plan.resource_names, doc
        )


def _choose(
    draft: Draft, statements: Sequence[Statement], ways: Mapping[int, Iterator[Statement]], diagnostics: Diagnostics
) -> None:
    """The statements of a draft with their ways and their labels; those that no request matches are left out."""
    labels = Counter(one.label for one in statements)
    for one in statements:
        if isinstance(one.when, Never):
            draft.left_out.append(one.label)
            continue
        label = one.label if labels[one.label] == 1 and _is_label(one.label) else f"statement {one.index + 1}"
        draft.choices.append(Choice(one, label, ways[one.index]))
    if not draft.choices:
        diagnostics.error(
            "not-importable",
            "no statement of the document can ever apply, and a policy of the language needs one",
            draft.origin.span.at_start(),
            "leave the document as it is, or correct it first",
        )


def _is_label(text: str) -> bool:
    return any(char.isalnum() for char in text) and not any(ord(char) < 32 or ord(char) == 127 for char in text)
