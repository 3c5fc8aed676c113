"""What the source wants on AWS: every document that it writes or holds, with the resource that carries it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.files import read_source
from policyc.model.values import Resource
from policyc.record import record
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document, MapEntry
from policyc.targets.iam_documents import resource_arn
from policyc.targets.iam_documents.kinds import guess_kind, is_policy
from policyc.targets.registry import back_end, resource_types
from policyc.text import Source
from policyc.workspace.compile import compile_project
from policyc.workspace.native_json import CORE_NETWORK, shape_of
from policyc.workspace.native_settings import settings_of
from policyc.workspace.natives import find_natives, format_of, split_natives
from policyc.workspace.project import Project
from policyc.workspace.pulled import Known, pulled

#: role of a compiled document -> the role that the inventory knows it by, and its kind
_ROLES: Final = {
    "service": ("service-policy", "auth-policy"),
    "network": ("network-policy", "auth-policy"),
    "group": ("group-policy", "cedar"),
    "endpoint": ("endpoint-policy", "cedar"),
    "core network": ("live", CORE_NETWORK),
    "object_lambda_access_point": ("object-lambda-policy", "object-lambda"),
    "supporting_access_point": ("access-point-policy", "access-point"),
    "bucket": ("bucket-policy", "bucket"),
    "function": ("function-policy", "function"),
    "execution_role": ("identity", "identity"),
    "identity": ("identity", "identity"),
}
_KINDS: Final = {
    "cedar": "",
    "auth-policy": "",
    CORE_NETWORK: "live",
    "identity": "identity",
    "trust": "trust-policy",
    "boundary": "boundary",
}
#: resource type -> the part of its ARN that tells it
_TYPES: Final = (
    (":servicenetwork/", "lattice.service_network", "network-policy"),
    (":service/", "lattice.service", "service-policy"),
    (":verified-access-group/", "verified_access.group", "group-policy"),
    (":verified-access-endpoint/", "verified_access.endpoint", "endpoint-policy"),
    (":core-network/", "cloudwan.core_network", "live"),
    (":s3-object-lambda:", "object_lambda.access_point", "object-lambda-policy"),
    (":accesspoint/", "s3.access_point", "access-point-policy"),
    (":s3:::", "s3.bucket", "bucket-policy"),
    (":function:", "lambda.function", "function-policy"),
    (":role/", "iam.role", "identity"),
    (":user/", "iam.user", "identity"),
)
#: beginning of an id -> its row above
_IDS: Final = (("sn-", 0), ("svc-", 1), ("vagr-", 2), ("vae-", 3), ("core-network-", 4))
_TARGETS: Final = {
    "auth-policy": "lattice",
    "cedar": "verified_access",
    CORE_NETWORK: "cloudwan",
    "identity": "callers",
    "trust": "callers",
    "boundary": "callers",
}
_CHAIN: Final = ("object-lambda", "access-point", "bucket", "function")
#: what an account does not own, so that it is no source of changes
NOT_OURS: Final = frozenset({"scp", "rcp"})


@record
class Meant:
    """One document of the source. `label` is how people know it; `name` is what the user calls it (a policy, a network); `resource` is the ARN or id of
    what carries it, empty where nothing says so; `auth` is the auth type that is declared for it, empty for none; `also` is another name for it,
    `map` leads from a document that was compiled to the policy of the language."""

    label: str
    name: str
    kind: str
    role: str
    type: str
    resource: str
    text: str
    auth: str = ""
    also: str = ""
    map: tuple[MapEntry, ...] = ()


@record
class MeantSide:
    """All documents of the source, those of which nothing says what they hang on included; `left` are texts about what cannot be taken,
    `unused` the names in `--map` that name nothing."""

    documents: tuple[Meant, ...]
    sources: Mapping[str, Source]
    switches: Mapping[str, str]
    left: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()


def read_meant(project: Project, maps: Mapping[str, str], diagnostics: Diagnostics) -> MeantSide:
    """The source side: policies of the language, documents and what stands in templates. `maps` says by the name of a document, of its
    policy or of its resource what it hangs on. Mistakes are reported: do not go on then."""
    compiled = compile_project(project)
    sources: dict[str, Source] = {**project.sources, **compiled.program.sources}
    if compiled.diagnostics.has_errors:
        diagnostics.extend(compiled.diagnostics)
        return MeantSide((), sources, project.config.switches)
    out: list[Meant] = []
    for document in compiled.all_documents:
        if not project.named or project.asks_about(document.span.file):
            found = _compiled(document, compiled.program)
            out += [] if found is None else [found]
    held, left = _documents(project, sources, diagnostics)
    mapped = [_mapped(item, maps) for item in (*out, *held)]
    # a plain document of the language says what it is and not what carries it
    plain = {item.label for item in out if not item.type}
    left += [
        f"{item.label}: nothing says which resource carries it; give `--map`"
        for item in mapped
        if item.label in plain and not item.resource and item.kind not in NOT_OURS
    ]
    mapped = [item for item in mapped if item.label not in plain or item.resource]
    unused = set(maps) - {name for item in (*out, *held) for name in _names(item)}
    return MeantSide(tuple(mapped), sources, project.config.switches, tuple(left), tuple(sorted(unused)))


def _compiled(document: Document, program: Program) -> Meant | None:
    """A document of the language; None for one of a target that is not deployed by these calls."""
    if document.path.startswith("client_vpn/"):
        return None
    resource = program.resource(document.attached_to)
    if document.role.startswith("plain_"):
        # a plain document says what it is, and only `--map` what carries it
        kind = back_end(document.kind.partition("/")[0]).kinds[document.kind]
        return Meant(document.path, document.owner, kind, "", "", "", document.text, map=document.map)
    role, kind = _ROLES[document.role]
    if resource is None:
        arn = document.attached_to if document.attached_to.startswith("arn:") else ""
        type = _type_of(arn)[0] if arn else "cloudwan.core_network"
        return Meant(document.path, document.owner, kind, role, type, arn, document.text, map=document.map)
    auth = resource.text("auth") if resource.type.startswith("lattice.") else ""
    arn, owner = arn_of(resource), document.owner
    return Meant(document.path, resource.name, kind, role, resource.type, arn, document.text, auth, owner, document.map)


def arn_of(resource: Resource) -> str:
    """The ARN of a declared resource, empty where what is declared does not tell it."""
    if resource.type.startswith("verified_access."):
        place, id = resource.place, resource.text("id")
        if not id or place is None:
            return id
        sort = resource.type.rpartition(".")[2]
        return f"arn:{place.partition}:ec2:{place.region}:{place.account}:verified-access-{sort}/{id}"
    return resource_arn(resource, resource_types()[resource.type])


def _documents(project: Project, sources: dict[str, Source], diagnostics: Diagnostics) -> tuple[list[Meant], list[str]]:
    """The documents that stand in files of the project, and those inside templates."""
    from policyc.workspace.hosts import open_hosts
    from policyc.workspace.taken_out import take_out

    named, _ = split_natives(project.named)
    searched = find_natives(project, diagnostics)
    settings = settings_of(project.config)
    out: list[Meant] = []
    hosts: list[tuple[Source, str]] = []
    locks: Known = {}
    for path in dict.fromkeys((*named, *searched.documents, *searched.hosts)):
        name = path.resolve().relative_to(project.root).as_posix()
        source = read_source(project.root, name, None, diagnostics)
        if source is None:
            continue
        sources[name] = source
        format = format_of(path, source, settings)
        if format:
            hosts.append((source, format))
            continue
        known = pulled(path, locks, diagnostics)
        kind = known.kind or _kind_of(path, source)
        if kind:
            out.append(placed(Meant(name, _stem(path), kind, "", "", known.resource, source.text)))
    taken, left = take_out(open_hosts(project.root, hosts, diagnostics, settings))
    for item in taken:
        sources[item.source.file] = item.source
        out.append(placed(Meant(item.source.file, item.name, item.kind, "", "", item.attached, item.source.text)))
    return out, [f"{item.place(str)}: {item.reason}" for item in left]


def _stem(path: Path) -> str:
    """What a file calls its document: for what was pulled inline, the name of the policy."""
    return path.stem.removeprefix("inline-").removeprefix("managed-")


def _kind_of(path: Path, source: Source) -> str:
    if path.suffix == ".cedar":
        return "cedar"
    tree = parse_json(source, Diagnostics())
    if tree is None:
        return ""
    return guess_kind(tree).name if is_policy(tree) else shape_of(tree)


def _mapped(item: Meant, maps: Mapping[str, str]) -> Meant:
    for name in _names(item):
        if name in maps:
            arn, _, policy = maps[name].partition("#")
            return placed(replace(item, resource=arn, name=policy or item.name))
    return item


def _names(item: Meant) -> Iterable[str]:
    return tuple(filter(None, (item.label, item.name, item.also)))


def placed(item: Meant) -> Meant:
    """A document with the role and type that it has on what carries it."""
    type, role = _type_of(item.resource)
    if item.type:
        return item
    role = _KINDS.get(item.kind, f"{item.kind}-policy") or role
    return replace(item, type=type, role=role)


def target_of(item: Meant) -> str:
    """The part of the inventory that a document is in, empty for one that is in none."""
    return {**_TARGETS, **dict.fromkeys(_CHAIN, "object_lambda")}.get(item.kind, "")


def is_exact(resource: str) -> bool:
    """Whether this is an ARN or an id, and no name that several may have."""
    return bool(_type_of(resource)[0])


def _type_of(arn: str) -> tuple[str, str]:
    for part, type, role in _TYPES:
        if part in arn:
            return type, role
    found = next((place for start, place in _IDS if arn.startswith(start)), None)
    return _TYPES[found][1:] if found is not None else ("", "")
