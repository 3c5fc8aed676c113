"""Documents to policies of the language: the entry point of `policyc import`.

A document is read into the IR, its statements are raised to the language's words by its target (`policyc/targets/<name>/raising.py`), written as
a tree and printed. What comes out is compiled before anybody sees it, and has to build the same document again (`settle.py`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Final

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.iam.document import compile_document
from policyc.importing.drafts import Choice, Draft, Given
from policyc.importing.modules import Layout
from policyc.importing.names import Names, snake
from policyc.importing.settle import Settled, settle
from policyc.importing.statements import declare_resource
from policyc.ir.authz import Never, Policy, Statement
from policyc.ir.target_port import TargetPort
from policyc.lint.raw.sets import joined
from policyc.model.values import Resource
from policyc.model.vocabulary import ResourceType
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.json_text import JsonValue, parse_json
from policyc.targets.iam_documents import resource_arn
from policyc.targets.iam_documents.kinds import KINDS, DocumentKind, guess_kind, is_policy
from policyc.targets.iam_documents.raising import distinct
from policyc.targets.iam_documents.read import read_policy
from policyc.targets.lattice import raising
from policyc.targets.lattice.raising import is_placeholder
from policyc.targets.program import words
from policyc.targets.registry import resource_types

_LATTICE: Final = "auth-policy"
_IDENTITY: Final = "identity"
IMPORTABLE: Final = (_LATTICE, _IDENTITY)
_SUFFIXES = ("_auth_policy", "_policy", "_auth", "_guard", "_calls")


@record
class Became:
    """What became of the document `file`: the policy `name` in the policy file `path`. `unplaced` names what it is on where nothing says
    which one that is; `left_out` are the labels of statements that no request can match."""

    file: str
    kind: str
    path: str
    name: str
    unplaced: str = ""
    left_out: tuple[str, ...] = ()


@record
class Imported:
    """The policy files by their path, what became of each document, and what kind the documents are of that were passed over."""

    files: Mapping[str, str]
    policies: tuple[Became, ...]
    settled: Settled
    passed_over: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class _Run:
    """One import on its way."""

    names: Names
    diagnostics: Diagnostics
    resource_names: dict[str, str] = field(default_factory=dict)
    drafts: list[Draft] = field(default_factory=list)
    by_arn: dict[str, Resource] = field(default_factory=dict)
    passed_over: dict[str, str] = field(default_factory=dict)

    def declare_named(self, found: Mapping[str, Resource], kinds: Mapping[str, ResourceType]) -> list[Resource]:
        """The resources by ARN, those that are not declared yet as they are."""
        for arn, item in found.items():
            if arn not in self.by_arn:
                named = replace(item, name=snake(item.name, "resource"))
                self.resource_names[named.id] = declare_resource(named, kinds[item.type], self.names, {}, "")
                self.by_arn[arn] = named
        return [self.by_arn[arn] for arn in found]


def import_documents(given: Sequence[Given], layout: Layout, root: Path, diagnostics: Diagnostics) -> Imported | None:
    """The policy files that say what the documents say; None after an error was reported. All of the documents are imported or none."""
    port = words()
    run = _Run(Names(_reserved(port)), diagnostics)
    policies: list[tuple[Given, DocumentKind, Policy]] = []
    for item in given:
        tree = _tree(item, diagnostics)
        if tree is not None and not item.named and (kind := _kind(item, tree)).name not in IMPORTABLE:
            run.passed_over[item.source.file] = kind.title
            continue
        stated = None if tree is None else _stated(item, tree, diagnostics)
        if stated is not None:
            policies.append((item, *stated))
    if diagnostics.has_errors:
        return None
    if not policies:
        listed = ", ".join(f"`{file}` ({kind})" for file, kind in run.passed_over.items())
        diagnostics.error(
            "not-importable", f"the language has no policies for what is there: {listed}", None, "name other documents"
        )
        return None
    _lattice([(item, policy) for item, kind, policy in policies if kind.name == _LATTICE], run)
    _identity([(item, policy) for item, kind, policy in policies if kind.name == _IDENTITY], run)
    if run.diagnostics.has_errors:
        return None
    settled = settle(run.drafts, run.names, run.resource_names, layout, root, diagnostics)
    if settled is None:
        return None
    return Imported(settled.files, tuple(_became(draft, layout) for draft in run.drafts), settled, run.passed_over)


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


def _tree(item: Given, diagnostics: Diagnostics) -> JsonValue | None:
    tree = parse_json(item.source, diagnostics)
    if tree is not None and not is_policy(tree):
        diagnostics.error(
            "unknown-document",
            f"`{item.source.file}` is no document that can be imported",
            tree.span.at_start(),
            'an IAM document has a "Statement"; `policyc check` says what it takes a file for',
        )
        return None
    return tree


def _kind(item: Given, tree: JsonValue) -> DocumentKind:
    return KINDS[item.kind] if item.kind else guess_kind(tree)


def _stated(item: Given, tree: JsonValue, diagnostics: Diagnostics) -> tuple[DocumentKind, Policy] | None:
    """The policy that a document states, with its kind; None after reporting why there is none to import."""
    kind = _kind(item, tree)
    if kind.name not in IMPORTABLE:
        diagnostics.error(
            "not-importable",
            f"the language has no policies that become a document of the kind `{kind.name}`",
            tree.span.at_start(),
            "leave the document as it is: `policyc check` and `policyc simulate` read it there",
        )
        return None
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
    if not _attachable(found, raising.is_carrier, raising.EXAMPLE, run.diagnostics):
        return
    carriers = raising.carriers(policies, wanted, attached)
    if not _apart(found, carriers, run.diagnostics):
        return
    _declare(carriers.values(), run)
    services = [item for item in carriers.values() if item.type == "lattice.service"]
    for (item, _), policy in zip(found, policies, strict=True):
        on = carriers[item.source.file]
        behind = [service for service in services if service.link("network") == on.id]
        ways = {one.index: distinct(raising.raised(one, on, behind)) for one in policy.statements}
        name = run.names.free(stems[item.source.file])
        draft = Draft(item, policy, KINDS[_LATTICE], name, "lattice", run.resource_names[on.id], [])
        draft.unplaced = raising.is_placeholder(on)
        _choose(draft, policy.statements, ways, run.diagnostics)
        run.drafts.append(draft)


def _identity(found: Sequence[tuple[Given, Policy]], run: _Run) -> None:
    from policyc.targets.identity import raising as identity

    if not _attachable(found, identity.is_carrier, identity.EXAMPLE, run.diagnostics):
        return
    kinds = resource_types()
    resources = run.declare_named(identity.named_resources([policy for _, policy in found], kinds), kinds)
    for item, policy in found:
        stem = snake(PurePosixPath(item.stem).name, "policy")
        carrier = identity.carrier(_bare(stem, "role"), item.attached)
        on = run.names.principal(carrier)
        assert isinstance(on, nodes.Ref)
        ways = {one.index: distinct(identity.raised(one, resources, kinds)) for one in policy.statements}
        draft = Draft(item, policy, KINDS[_IDENTITY], run.names.free(stem), "identity", on.text, [])
        draft.unplaced = identity.is_placeholder(carrier)
        _choose(draft, policy.statements, ways, run.diagnostics)
        run.drafts.append(draft)


def _attachable(
    found: Sequence[tuple[Given, Policy]], is_carrier: Callable[[str], bool], example: str, diagnostics: Diagnostics
) -> bool:
    """Whether every ARN that somebody stated is that of a thing which carries such documents; those that are not are reported."""
    wrong = [(item, policy) for item, policy in found if item.attached and not is_carrier(item.attached)]
    for item, policy in wrong:
        message = f"`{item.attached}` does not carry documents like this one"
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
    return f"{stem}_{otherwise}"


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
        run.resource_names[item.id] = declare_resource(item, kinds[item.type], run.names, run.resource_names, doc)


def _choose(
    draft: Draft, statements: Sequence[Statement], ways: Mapping[int, tuple[Statement, ...]], diagnostics: Diagnostics
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
