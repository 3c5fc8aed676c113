"""What the source wants on AWS: every document that it writes or holds, with the resource that carries it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.model.files import read_source
from policyc.record import record
from policyc.syntax.json_text import parse_json
from policyc.targets.base import Document, MapEntry
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.iam_documents.kinds import guess_kind, is_policy
from policyc.targets.registry import back_end
from policyc.text import Source
from policyc.workspace.compile import compile_project
from policyc.workspace.documents.carried import Seen, attach_point, place_of, told
from policyc.workspace.documents.filled_in import Found, read_hosted
from policyc.workspace.documents.native_json import CORE_NETWORK, shape_of
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.documents.natives import find_natives, format_of, split_natives
from policyc.workspace.documents.pulled import OF_ORGANIZATION
from policyc.workspace.documents.taken_out import TakenOut
from policyc.workspace.project import Project
from policyc.workspace.sides.side import facts_of, ways_of

GROUP: Final = "verified_access.group"
ENDPOINT: Final = "verified_access.endpoint"
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
#: role -> the kind of its document
_KIND_AT: Final = {role: kind for role, kind in _ROLES.values() if role != "identity"}
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
    (":verified-access-group/", GROUP, "group-policy"),
    (":verified-access-endpoint/", ENDPOINT, "endpoint-policy"),
    (":core-network/", "cloudwan.core_network", "live"),
    (":s3-object-lambda:", "object_lambda.access_point", "object-lambda-policy"),
    (":accesspoint/", "s3.access_point", "access-point-policy"),
    (":s3:::", "s3.bucket", "bucket-policy"),
    (":function:", "lambda.function", "function-policy"),
    (":role/", "iam.role", "identity"),
    (":user/", "iam.user", "identity"),
    (":group/", "iam.group", "identity"),
    (":policy/", "iam.policy", "managed-policy"),
)
#: a role and a user carry several documents
_OF_CALLERS: Final = frozenset({"identity", "trust-policy", "boundary"})
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
_NETWORK: Final = "cloudwan.core_network"
_CHAIN: Final = ("object-lambda", "access-point", "bucket", "function")
#: kind -> the ARN of what carries it
_REGIONAL: Final = {
    "function": "arn:{partition}:lambda:{region}:{account}:function:{name}",
    "access-point": "arn:{partition}:s3:{region}:{account}:accesspoint/{name}",
    "object-lambda": "arn:{partition}:s3-object-lambda:{region}:{account}:accesspoint/{name}",
}
#: what `--map` says of a document that is on nothing
NOWHERE: Final = "none"
_CLIENT_VPN: Final = "client-vpn"
#: kind -> why nothing on AWS is read for it
NOT_READ: Final = {
    "session": "a session policy is nowhere on AWS: whoever assumes the role passes it",
    "key": "the policies of keys are not read",
    "endpoint": "the policies of VPC endpoints are not read",
    "resource": "the policies of this service are not read",
    _CLIENT_VPN: "the policies of Client VPN are not read",
}


@record
class Meant:
    """One document of the source. `label` is how people know it; `name` is what the user calls it (a policy, a network); `resource` is the ARN or id of
    what carries it, empty where nothing says so; `auth` is the auth type that is declared for it, empty for none; `also` are other names for it,
    `map` leads from a document that was compiled to the policy of the language, `facts` are the attributes that its resource declares for Cedar text, `policy` is
    the managed policy that a boundary shall be, or which identity policy it is (a name, or the ARN of a managed one), where somebody says it; `known_as` is the tag, domain or
    description by which people know what has no name there; `is_part` tells statements of a policy that may have others from elsewhere."""

    label: str
    name: str
    kind: str
    role: str
    type: str
    resource: str
    text: str
    auth: str = ""
    also: tuple[str, ...] = ()
    map: tuple[MapEntry, ...] = ()
    facts: Mapping[str, Fact] | None = None
    policy: str = ""
    known_as: str = ""
    is_part: bool = False


@record
class MeantSide:
    """All documents of the source, those of which nothing says what they hang on included; `left` are documents that cannot be compared with
    the reason, `waived` those that `--map` says are on nothing, `unused` the names in `--map` that name nothing; `endpoints` are the labels of group
    and endpoint for each declared endpoint, `root` is the project's folder; `open` are documents of templates whose
    values AWS may know, and those beside them."""

    documents: tuple[Meant, ...]
    sources: Mapping[str, Source]
    switches: Mapping[str, str]
    left: tuple[tuple[str, str], ...] = ()
    waived: tuple[str, ...] = ()
    unused: tuple[str, ...] = ()
    endpoints: tuple[tuple[str | None, ...], ...] = ()
    root: str = ""
    open: tuple[Meant, ...] = ()


def read_meant(
    project: Project,
    maps: Mapping[str, str],
    diagnostics: Diagnostics,
    values: Mapping[str, str],
    counterpart: Callable[[Meant], tuple[str, str]] | None = None,
) -> MeantSide:
    """The source side: policies of the language, documents and what stands in templates. `maps` says by the name of a document, of its
    policy or of its resource what it hangs on, NOWHERE for nothing; `values` fill what templates leave open, and so does what AWS has, once `counterpart` tells the account and the ARN of a document's.
    Mistakes are reported: do not go on then."""
    compiled = compile_project(project)
    sources: dict[str, Source] = {**project.sources, **compiled.program.sources}
    if compiled.diagnostics.has_errors:
        diagnostics.extend(compiled.diagnostics)
        return MeantSide((), sources, project.config.switches)
    out = [
        replace(_compiled(document, compiled.program), facts=facts_of(compiled, document))
        for document in compiled.all_documents
        if not project.named or project.asks_about(document.span.file)
    ]
    found = None if counterpart is None else lambda item: counterpart(_mapped(of_host(item), maps))
    held, left, open = _documents(project, sources, diagnostics, values, found)
    everything = (*out, *held)
    waived = [item for item in everything if any(maps.get(name) == NOWHERE for name in _names(item))]
    mapped = [_mapped(item, maps) for item in everything if item not in waived]
    unused = set(maps) - {name for item in (*everything, *open) for name in _names(item)}
    return MeantSide(
        tuple(mapped),
        sources,
        project.config.switches,
        tuple(left),
        tuple(item.label for item in waived),
        tuple(sorted(unused)),
        tuple(way.gates for way in ways_of(compiled).values() if way.type == ENDPOINT),
        str(project.root),
        tuple(_mapped(item, maps) for item in open),
    )


def _compiled(document: Document, program: Program) -> Meant:
    """A document of the language."""
    resource = program.resource(document.attached_to)
    if document.path.startswith("client_vpn/"):
        return Meant(document.path, document.owner, _CLIENT_VPN, "", "", "", document.text, map=document.map)
    if document.role.startswith("plain_"):
        kind = back_end(document.kind.partition("/")[0]).kinds[document.kind]
        named = () if resource is None else (resource.name,)
        made = Meant(document.path, document.owner, kind, "", "", "", document.text, also=named, map=document.map)
        return made if resource is None else _at(made, resource.text("name"))
    role, kind = _ROLES[document.role]
    if resource is None:
        arn = document.attached_to if document.attached_to.startswith("arn:") else ""
        type = _type_of(arn)[0] if arn else _NETWORK
        return Meant(document.path, document.owner, kind, role, type, arn, document.text, map=document.map)
    auth = resource.text("auth") if resource.type.startswith("lattice.") else ""
    also = (document.owner, resource.text("domain")) if kind == "cedar" else (document.owner,)
    arn, text = place_of(attach_point(document, program)), document.text
    return Meant(document.path, resource.name, kind, role, resource.type, arn, text, auth, also, document.map)


def _documents(
    project: Project,
    sources: dict[str, Source],
    diagnostics: Diagnostics,
    values: Mapping[str, str],
    found: Found | None,
) -> tuple[list[Meant], list[tuple[str, str]], list[Meant]]:
    """The documents that stand in files of the project, and those inside templates; what cannot be compared, with the reason; those whose values AWS may
    know."""
    named, _ = split_natives(project.named)
    searched = find_natives(project, diagnostics)
    settings = replace(settings_of(project.config), values=values)
    out: list[Meant] = []
    hosts: list[tuple[Source, str]] = []
    strange: list[tuple[str, str]] = []
    seen = Seen()
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
        known = told(path, seen, diagnostics)
        kind = known.kind or _kind_of(path, source)
        if kind:
            resource = known.policy if kind in OF_ORGANIZATION else known.resource
            called = known.policy if kind == "identity" and known.policy else path.stem
            # the lock file names a policy as it is on AWS
            exact = (known.managed or known.policy) if kind == "identity" else ""
            # `build` calls a network as the language does, which is its tag on AWS
            role, type = (_KINDS[kind], _NETWORK) if known.kind == CORE_NETWORK and not resource else ("", "")
            out.append(placed(Meant(name, called, kind, role, type, resource, source.text, policy=exact)))
        elif path in named:
            strange.append((name, _strange(source)))
    hosted = read_hosted(project.root, hosts, settings, diagnostics, found)
    for item in hosted.documents:
        sources[item.source.file] = item.source
        if item.is_part and not item.is_permission:
            strange.append((item.source.file, "it is one statement of a policy, which may have others from elsewhere"))
        else:
            out.append(of_host(item))
    left = [*strange, *((item.place(str), item.reason) for item in hosted.left)]
    return out, left, [of_host(item) for item in hosted.open]


def of_host(item: TakenOut) -> Meant:
    """A document of a template, a module or a manifest."""
    on, also = _spoken_of(item) or item.attached or item.called or item.holder, (item.name,)
    label, name, text = item.source.file, item.policy or item.name, item.source.text
    role = type = ""
    if item.known_as and not on:
        wanted = _NETWORK if item.kind == CORE_NETWORK else ENDPOINT if item.is_endpoint else GROUP
        type, role = next((type, role) for _, type, role in _TYPES if type == wanted)
    made = Meant(label, name, item.kind, role, type, on, text, item.auth, also, policy=item.policy)
    return placed(replace(made, known_as=item.known_as, is_part=item.is_permission))


def _spoken_of(item: TakenOut) -> str:
    """The ARN of the function that a permission is for, with its qualifier."""
    if not item.is_permission or item.holes:
        return ""
    return str(json.loads(item.source.text)["Statement"][0]["Resource"])


def _strange(source: Source) -> str:
    """Why a named file is no document."""
    wrong = Diagnostics()
    if parse_json(source, wrong) is None and wrong.sorted():
        return f"it cannot be read: {wrong.sorted()[0].message}"
    return "it is no policy, and none that holds some"


def _kind_of(path: Path, source: Source) -> str:
    if path.suffix == ".cedar":
        return "cedar"
    tree = parse_json(source, Diagnostics())
    if tree is None:
        return ""
    return guess_kind(tree).name if is_policy(tree) else shape_of(tree)


def _mapped(item: Meant, maps: Mapping[str, str]) -> Meant:
    where = next((maps[name] for name in _names(item) if name in maps), "")
    return _at(item, where) if where else item


def _at(item: Meant, where: str) -> Meant:
    """A document at `ARN` or `ARN#POLICY`: one of several identity policies by its name, the managed policy of a boundary by its ARN."""
    arn, _, policy = where.partition("#")
    name = item.name if item.kind == "boundary" or not policy else policy.rpartition("/")[2]
    return placed(replace(item, resource=arn, policy=policy, name=name))


def _names(item: Meant) -> Iterable[str]:
    return tuple(filter(None, (item.label, item.name, *item.also)))


def placed(item: Meant) -> Meant:
    """A document with the role and type that it has on what carries it."""
    type, role = _type_of(item.resource)
    if item.type:
        return item
    if item.kind == "resource" and role in _KIND_AT:
        return replace(item, type=type, role=role, kind=_KIND_AT[role])
    if type != "iam.policy" or item.kind not in ("identity", "boundary"):
        role = _KINDS.get(item.kind, f"{item.kind}-policy") or role
    return replace(item, type=type, role=role)


def misplaced(item: Meant, type: str = "") -> bool:
    """Whether a document has no place on a resource of a type; without one, on what its ARN or id says. A name says nothing."""
    if not type and not is_exact(item.resource):
        return ":" in item.resource
    type = type or _type_of(item.resource)[0]
    roles = {role for _, one, role in _TYPES if one == type}
    return item.role not in (_OF_CALLERS if type in ("iam.role", "iam.user") else roles) or item.type not in ("", type)


def target_of(item: Meant) -> str:
    """The part of the inventory that a document is in, empty for one that is in none."""
    if item.kind in OF_ORGANIZATION:
        return "organization" if item.resource else ""
    return {**_TARGETS, **dict.fromkeys(_CHAIN, "object_lambda")}.get(item.kind, "")


def candidates(item: Meant, partition: str, account: str, regions: Iterable[str]) -> list[str]:
    """The ARNs that a document's resource may have in an account: its own, or those that its kind and a name come to."""
    name = item.resource
    if not name or ":" in name:
        return [name] if name else []
    match item.kind:
        case "trust":
            return [f"arn:{partition}:iam::{account}:role/{name}"]
        case "boundary":
            return [f"arn:{partition}:iam::{account}:{sort}/{name}" for sort in ("role", "user")]
        case "identity":
            return [f"arn:{partition}:iam::{account}:{sort}/{name}" for sort in ("role", "user", "group")]
        case "bucket":
            return [f"arn:{partition}:s3:::{name}"]
    form = _REGIONAL.get(item.kind, "")
    return [form.format(partition=partition, region=one, account=account, name=name) for one in regions] if form else []


def is_exact(resource: str) -> bool:
    """Whether this is an ARN or an id, and no name that several may have."""
    return bool(_type_of(resource)[0])


def _type_of(arn: str) -> tuple[str, str]:
    for part, type, role in _TYPES:
        if part in arn:
            return type, role
    found = next((place for start, place in _IDS if arn.startswith(start)), None)
    return _TYPES[found][1:] if found is not None else ("", "")
