"""Chains of S3 Object Lambda as a whole: those that a project declares, and those of what was pulled from AWS, each as resources with their documents."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.scope import Project as Names
from policyc.model.scope import Scope
from policyc.model.values import Resource, ResourceLink, Value
from policyc.record import record, replace
from policyc.simulation.documents.resources import Drafts
from policyc.simulation.references import PlainText
from policyc.targets.base import Document, DocumentSet
from policyc.targets.iam_documents.public import UNKNOWN
from policyc.targets.object_lambda.documents import (
    BUCKET_POLICY,
    FUNCTION_POLICY,
    OLAP_POLICY,
    ROLE_POLICY,
    SUPPORTING_POLICY,
)
from policyc.targets.object_lambda.documents import Kind as DocumentKind
from policyc.targets.object_lambda.resources import chain_of
from policyc.text import Span
from policyc.workspace.compile import Compiled
from policyc.workspace.documents.pulled import Lock
from policyc.workspace.sides.pieces import IDENTITY, OLAP, Own, Piece
from policyc.workspace.sides.pulled_ways import called

_NOTHING: Final = '{"Version":"2012-10-17","Statement":[]}'
_NO_NAME: Final = re.compile(r"[^A-Za-z0-9_]")
#: resource of a chain -> the role of its policy in a lock file, and what the target calls it
POLICIES: Final[Mapping[str, tuple[str, DocumentKind]]] = {
    "object-lambda": ("object-lambda-policy", OLAP_POLICY),
    "function": ("function-policy", FUNCTION_POLICY),
    "access-point": ("access-point-policy", SUPPORTING_POLICY),
    "bucket": ("bucket-policy", BUCKET_POLICY),
}

#: what the target calls the policies of the role that a function runs as
OF_ROLE: Final = ROLE_POLICY


@record
class Chain:
    """An Object Lambda access point with all that its requests meet. `own` are the documents that no other requests meet, by their names in a comparison, `given` is what
    is taken as given of a host file, `callers` the ARNs of those whom it describes, by its names for them."""

    program: Program
    documents: DocumentSet
    resource: Resource
    own: frozenset[str]
    given: tuple[str, ...] = ()
    callers: Mapping[str, str] = MappingProxyType({})

    @property
    def scope(self) -> Scope:
        """The names that may be used of it."""
        return self.program.scopes[self.resource.file]

    @property
    def was_found(self) -> bool:
        """Whether nobody declares it: it was pulled, or a host file describes it."""
        return not self.resource.file


def declared_chains(compiled: Compiled) -> dict[str, Chain]:
    """Those of a project, by the name of their access point."""
    program, documents = compiled.program, DocumentSet.of(compiled.all_documents)
    found: dict[str, Chain] = {}
    for item in program.resources.values():
        if item.type == OLAP and chain_of(item, program) is not None:
            own = frozenset(document.path for document in documents.on(item.id))
            found[item.name] = Chain(program, documents, item, own)
    return found


def pulled_chains(
    lock: Lock,
    own: Mapping[Own, tuple[str, ...] | None],
    names: Callable[[str], str],
    pieces: Mapping[str, Piece],
    switches: Mapping[str, str],
) -> dict[str, Chain]:
    """Those of a lock file of which each policy is known. `own` is what callers carry and are bound by, `names` what a document is called in a comparison."""
    found: dict[str, Chain] = {}
    for arn, item in lock.resources.items():
        if item["type"] == OLAP:
            chain = _Pulled(lock, own, names, pieces).chain(arn, switches)
            if chain is not None:
                found[called(lock, arn)] = chain
    return found


def assembled(resources: Mapping[str, Resource], documents: list[Document], switches: Mapping[str, str]) -> Chain:
    """A chain that nobody declares, of its resources by their parts and all documents on the way."""
    olap = resources["object-lambda"]
    held = {item.id: item for item in resources.values()}
    scopes = {olap.file: Scope(olap.file, {}, Names({}))}
    program = Program({}, {}, held, (), (), (), (), scopes, switches)
    own = frozenset(item.path for item in documents if item.attached_to == olap.id)
    return Chain(program, DocumentSet(documents), olap, own)


class _Pulled:
    def __init__(
        self,
        lock: Lock,
        own: Mapping[Own, tuple[str, ...] | None],
        names: Callable[[str], str],
        pieces: Mapping[str, Piece],
    ) -> None:
        self.lock, self.own, self.names, self.pieces = lock, own, names, pieces

    def chain(self, arn: str, switches: Mapping[str, str]) -> Chain | None:
        """The chain behind an access point; None where a part of it is not known."""
        arns = self._arns(arn)
        resources = None if arns is None else self._resources(arns)
        documents = None if arns is None or resources is None else self._documents(arns, resources)
        if arns is None or resources is None or documents is None:
            return None
        return assembled(resources, documents, switches)

    def _arns(self, arn: str) -> dict[str, str] | None:
        facts = self.lock.of(arn)["facts"]
        functions, supporting = list(facts.get("functions") or []), str(facts.get("supporting") or "")
        bucket = self.lock.of(supporting).get("facts", {}).get("bucket") or ""
        if len(functions) != 1:
            return None
        found = {"object-lambda": arn, "function": functions[0], "access-point": supporting, "bucket": bucket}
        return found if all(one in self.lock.resources for one in found.values()) else None

    def _resources(self, arns: Mapping[str, str]) -> dict[str, Resource] | None:
        drafts = Drafts(Span("", 0, 0))
        diagnostics = Diagnostics()
        for name, arn in arns.items():
            drafts.read(name, PlainText(arn, drafts.span), diagnostics)
        if diagnostics.has_errors:
            return None
        facts = {name: self.lock.of(arn)["facts"] for name, arn in arns.items()}
        drafts.owner("bucket", facts["access-point"].get("bucket_account") or facts["bucket"]["account"])
        drafts.link("access-point", "bucket", "bucket")
        drafts.link("object-lambda", "supporting", "access-point")
        drafts.link("object-lambda", "function", "function")
        drafts.words("object-lambda", "actions", tuple(facts["object-lambda"].get("actions") or ()))
        if facts["access-point"].get("vpc"):
            drafts.text("access-point", "vpc", facts["access-point"]["vpc"])
        for name in ("access-point", "bucket"):
            drafts.text(name, "block_public_access", block_of(facts[name]))
        return named(drafts.finish(), {name: str(self.lock.of(arn)["name"]) for name, arn in arns.items()})

    def _documents(self, arns: Mapping[str, str], resources: Mapping[str, Resource]) -> list[Document] | None:
        """Every document on the way; None where one is not known."""
        out: list[Document] = []
        for name, (role, kind) in POLICIES.items():
            item = self.lock.of(arns[name])
            path = item["policies"].get(role)
            called = "" if path is None else self.names(path)
            if role in item["unread"] or (path is not None and not called):
                return None
            if called:
                out.append(self._document(called, f"object_lambda/{kind.schema}", resources[name].id, kind.role))
        role = self.lock.of(arns["function"])["facts"].get("role") or ""
        for (gate, carrier), held in self.own.items():
            if gate != IDENTITY:
                limit = gate.partition(" ")[0]
                out += [self._document(one, "raw", f"{carrier} {gate}", limit) for one in held or ()]
            elif held is not None:
                out += [self._document(one, "identity/policy", carrier, IDENTITY) for one in held]
                out += [] if held else [nothing("identity/policy", carrier, IDENTITY)]
        known = self.own.get((IDENTITY, role))
        if known is not None:
            schema, on = f"object_lambda/{ROLE_POLICY.schema}", resources["function"].id
            out += [self._document(one, schema, on, ROLE_POLICY.role) for one in known]
            out += [] if known else [nothing(schema, on, ROLE_POLICY.role)]
        controls = self._controls({item.place.account for item in resources.values() if item.place is not None})
        return None if controls is None else [*out, *controls]

    def _controls(self, accounts: set[str]) -> list[Document] | None:
        """The resource control policies of the account that all resources are of; None where they are not known, or the accounts have different ones."""
        levels: list[list[list[str]]] = []
        for account in sorted(accounts):
            item = self.lock.of(f"account:{account}")
            facts = item["facts"] if item else {}
            if item and "rcp" in item["unread"]:
                return None
            # the account that manages an organization is not bound by its policies
            bound = facts.get("management") != account
            levels.append([one["rcp"] for one in facts.get("levels") or () if bound and one["rcp"]])
        if any(held != levels[0] for held in levels):
            return None
        out: list[Document] = []
        for at, level in enumerate(levels[0], 1):
            for path in level:
                if not (name := self.names(path)):
                    return None
                out.append(self._document(name, "raw", f"level {at}", "rcp"))
        return out

    def _document(self, name: str, kind: str, carrier: str, role: str) -> Document:
        return Document(name, kind, self.pieces[name].source.text, name, carrier, role, Span(name, 0, 0))


def named(resources: Mapping[str, Resource], names: Mapping[str, str]) -> dict[str, Resource]:
    """The resources under the names that AWS has for them, the one that is asked under a name of the language."""
    told = {**names, "object-lambda": _NO_NAME.sub("_", names["object-lambda"])}
    told = {name: text if list(told.values()).count(text) == 1 else f"{text} {name}" for name, text in told.items()}
    ids = {item.id: f"{item.file}#{told[name]}" for name, item in resources.items()}

    def linked(value: Value) -> Value:
        link = value.data
        return replace(value, data=ResourceLink(ids[link.id], link.name)) if isinstance(link, ResourceLink) else value

    return {
        name: replace(item, name=told[name], fields=tuple((key, linked(value)) for key, value in item.fields))
        for name, item in resources.items()
    }


def nothing(kind: str, carrier: str, role: str) -> Document:
    """What stands for the policies of a caller that has none."""
    return Document("no policy", kind, _NOTHING, "no policy", carrier, role, Span("no policy", 0, 0))


def block_of(facts: Mapping[str, Any]) -> str:
    """Whether Block Public Access keeps strangers out where a policy is public: `on`, `off` or not known."""
    held = [facts.get(name) for name in ("block", "account_block")]
    if any(item and item.get("RestrictPublicBuckets") for item in held):
        return "on"
    return "off" if all(item is not None for item in held) else UNKNOWN
