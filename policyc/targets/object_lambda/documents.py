"""Every document of every chain, one per resource however many policies and access points share it.

Files: `object_lambda/<resource>.<kind>.json`. Source: Object Lambda reference, section 6.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.principals import principal_arn
from policyc.ir.authz import Policy, Statement
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.per_object import PerObject
from policyc.record import record
from policyc.targets.base import Document, MapEntry, Quota
from policyc.targets.iam_documents.statements import Part, assemble
from policyc.targets.object_lambda.access_points import Hops, Written, hops_of, merge_twins, written
from policyc.targets.object_lambda.companions import answering, delegation, invocation
from policyc.targets.object_lambda.resources import Chain, chain_of, execution_role
from policyc.text import Span

_KB: Final = 1024


@record
class Kind:
    """One kind of document: its schema and file ending, the role of its gate, its size limit in bytes and who says so.

    `limit` 0 means that none is published.
    """

    schema: str
    role: str
    limit: int
    source: str


OLAP_POLICY: Final = Kind("access_point_policy", "object_lambda_access_point", 0, "")
SUPPORTING_POLICY: Final = Kind(
    "supporting_access_point_policy",
    "supporting_access_point",
    20 * _KB,
    "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-restrictions-limitations-naming-rules.html",
)
BUCKET_POLICY: Final = Kind(
    "bucket_policy", "bucket", 20 * _KB, "https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-management.html"
)
FUNCTION_POLICY: Final = Kind(
    "function_policy", "function", 20 * _KB, "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
)
ROLE_POLICY: Final = Kind(
    "execution_role_policy",
    "execution_role",
    6144,
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html",
)


@record
class _Draft:
    """A document before its text: `owner` is the name that people know it by."""

    kind: Kind
    resource: Resource
    owner: str
    attached_to: str
    parts: tuple[Part, ...]
    further: tuple[tuple[int, Statement], ...]
    span: Span


def emit(program: Program, diagnostics: Diagnostics) -> tuple[Document, ...]:
    """The documents in order of their paths; nothing when an error was reported."""
    before = sum(1 for item in diagnostics if item.severity == "error")
    first = {
        chain: [(item, _hops(item, diagnostics).first or ()) for item in items]
        for chain, items in statements_of(program).items()
    }
    # what no request can pass at the first hop asks for nothing behind it
    statements = {chain: tuple(item for item, parts in hops if parts) for chain, hops in first.items()}
    chains = tuple(statements)
    drafts = [
        *_olap_drafts(program, first),
        *_supporting_drafts(statements, diagnostics),
        *_bucket_drafts(chains),
        *_function_drafts(statements),
        *_role_drafts(chains),
    ]
    names = _stems(program)
    documents = [_finish(draft, names[draft.resource.id]) for draft in drafts if draft.parts]
    if sum(1 for item in diagnostics if item.severity == "error") > before:
        return ()
    return tuple(sorted(documents, key=lambda document: document.path))


def _hops(item: Written, diagnostics: Diagnostics) -> Hops:
    found = hops_of(item)
    diagnostics.extend(found.found)
    return found


def policies_on(olap: Resource, program: Program) -> tuple[Policy, ...]:
    """The policies of this target on an Object Lambda access point, in order of file and place."""
    found = (policy for policy in program.policies_on(olap) if policy.target == "object_lambda")
    return tuple(sorted(found, key=lambda policy: (policy.file, policy.span.start)))


def _number_statements(program: Program) -> dict[Chain, tuple[Written, ...]]:
    """The statements of every chain that has a policy; numbers are unique in the whole project."""
    out: dict[Chain, tuple[Written, ...]] = {}
    first = 0
    for olap in sorted(program.resources.values(), key=lambda resource: resource.id):
        policies = policies_on(olap, program)
        chain = chain_of(olap, program) if policies else None
        if chain is not None:
            out[chain] = tuple(written(chain, policies, first))
            first += len(out[chain])
    return out


#: the statements of every chain, numbered once for a program
statements_of: Final = PerObject[Program, dict[Chain, tuple[Written, ...]]](_number_statements, 2)


def _olap_drafts(program: Program, first: Mapping[Chain, Sequence[tuple[Written, Sequence[Part]]]]) -> list[_Draft]:
    out = []
    for chain, hops in first.items():
        policies = policies_on(chain.olap, program)
        owner = policies[0].name if len(policies) == 1 else chain.olap.name
        parts = tuple(part for _, held in hops for part in held)
        out.append(_Draft(OLAP_POLICY, chain.olap, owner, chain.olap.id, parts, (), policies[0].span))
    return out


def _supporting_drafts(statements: Mapping[Chain, Sequence[Written]], diagnostics: Diagnostics) -> list[_Draft]:
    found = _gathered(
        statements, lambda chain: chain.access_point, lambda item: _hops(item, diagnostics).supporting or ()
    )
    return [_draft(SUPPORTING_POLICY, resource, parts) for resource, parts in found]


def _function_drafts(statements: Mapping[Chain, Sequence[Written]]) -> list[_Draft]:
    found = _gathered(statements, lambda chain: chain.function, invocation)
    return [_draft(FUNCTION_POLICY, resource, parts) for resource, parts in found]


def _gathered(
    statements: Mapping[Chain, Sequence[Written]],
    of: Callable[[Chain], Resource],
    parts: Callable[[Written], Sequence[Part]],
) -> list[tuple[Resource, tuple[Part, ...]]]:
    """The parts of all chains by the resource that they share."""
    out: dict[str, tuple[Resource, list[Part]]] = {}
    for chain, items in statements.items():
        held = out.setdefault(of(chain).id, (of(chain), []))[1]
        held.extend(part for item in items for part in parts(item))
    return [(resource, tuple(held)) for resource, held in out.values()]


def _draft(kind: Kind, resource: Resource, parts: Sequence[Part]) -> _Draft:
    merged, further = merge_twins(parts)
    return _Draft(kind, resource, resource.name, resource.id, merged, further, resource.span)


def _bucket_drafts(chains: Iterable[Chain]) -> list[_Draft]:
    held: dict[str, tuple[Resource, dict[str, Resource]]] = {}
    for chain in chains:
        held.setdefault(chain.bucket.id, (chain.bucket, {}))[1][chain.access_point.id] = chain.access_point
    return [
        _Draft(BUCKET_POLICY, bucket, bucket.name, bucket.id, delegation(bucket, points.values()), (), bucket.span)
        for bucket, points in held.values()
    ]


def _role_drafts(chains: Iterable[Chain]) -> list[_Draft]:
    """One document per execution role; a function without a declared role has a document of its own."""
    held: dict[str, list[Chain]] = {}
    for chain in chains:
        if "GetObject" in chain.transformed:
            held.setdefault(role_carrier(chain.function), []).append(chain)
    out = []
    for carrier, members in held.items():
        function = min((chain.function for chain in members), key=lambda function: function.id)
        parts = answering([chain.olap for chain in members])
        out.append(_Draft(ROLE_POLICY, function, f"{function.name} role", carrier, parts, (), function.span))
    return out


def role_carrier(function: Resource) -> str:
    """What carries the execution role's policy: the role's ARN, or the function's id when its role is not declared."""
    role = execution_role(function)
    place = function.place
    return function.id if role is None or place is None else principal_arn(role, place.partition)


# --- text and names ---------------------------------------------------------------------------------------------


def _finish(draft: _Draft, stem: str) -> Document:
    made = assemble(draft.parts)
    further = tuple(
        MapEntry(f"/Statement/{at}", origin.label, origin.span)
        for at, origin in draft.further
        if origin.span is not None
    )
    kind = draft.kind
    quota = Quota(len(made.text.encode()), kind.limit, "bytes", kind.source) if kind.limit else None
    path = f"object_lambda/{stem}.{kind.schema}.json"
    return Document(
        path,
        f"object_lambda/{kind.schema}",
        made.text,
        draft.owner,
        draft.attached_to,
        kind.role,
        draft.span,
        made.map + further,
        made.added,
        quota,
    )


def _stems(program: Program) -> dict[str, str]:
    """A file name for each resource: its own name, with its file in front when another file has the same one."""
    counts: dict[str, int] = {}
    for resource in program.resources.values():
        counts[resource.name] = counts.get(resource.name, 0) + 1
    return {
        resource.id: resource.name if counts[resource.name] == 1 else f"{_dotted(resource.file)}.{resource.name}"
        for resource in program.resources.values()
    }


def _dotted(file: str) -> str:
    return ".".join(PurePosixPath(file).with_suffix("").parts)
