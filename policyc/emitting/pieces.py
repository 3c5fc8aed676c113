"""Which resource of a host carries a document, and what the project knows of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from policyc.data import read_json
from policyc.diagnostics import Diagnostics
from policyc.emitting.registry import NO_PLACE
from policyc.emitting.templates import Opened, Template, Tree
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.record import record
from policyc.targets.iam_documents.resources import resource_arn
from policyc.targets.registry import resource_types

#: the last part of `Document.kind` -> what carries such a document
_CARRIERS: Final[Mapping[str, str]] = {
    "auth_policy": "auth-policy",
    "raw_auth_policy": "auth-policy",
    "core_network_policy": "core-network",
    "access_point_policy": "object-lambda",
    "raw_access_point_policy": "object-lambda",
    "supporting_access_point_policy": "access-point",
    "bucket_policy": "bucket",
    "function_policy": "permission",
}
#: kinds of plain documents -> what carries them, where that is called otherwise
_PLAIN: Final[Mapping[str, str]] = {"function": "permission", "boundary": "managed-policy"}
_POLICY_TYPES: Final[Mapping[str, str]] = {"scp": "SERVICE_CONTROL_POLICY", "rcp": "RESOURCE_CONTROL_POLICY"}
#: what the ARN of a carrier says of it; a text that is none is its name
_PLAIN_ARN: Final = re.compile(
    r"arn:[^:]*:[^:]*:(?P<region>[^:]*):(?P<account>[^:]*):(?:(?:accesspoint|role|key|vpc-endpoint|function|policy)[/:])?(?:.*/)?(?P<name>.+)"
)
#: how users of Client VPN log in, as its API calls it
_LOGINS: Final[Mapping[str, str]] = {
    "saml": "federated-authentication",
    "active_directory": "directory-service-authentication",
    "mutual_authentication": "certificate-authentication",
}
_IDENTITY: Final = frozenset({"policy", "raw_policy", "execution_role_policy"})
#: the tests that a permission of Lambda can have, by operator and key in lower case, with the name of its field
_TESTS: Final[Mapping[tuple[str, str], str]] = {
    ("arnlike", "aws:sourcearn"): "source_arn",
    ("arnequals", "aws:sourcearn"): "source_arn",
    ("stringequals", "aws:sourcearn"): "source_arn",
    ("stringequals", "aws:sourceaccount"): "source_account",
    ("stringequals", "aws:principalorgid"): "org",
}


@record
class Asked:
    """A property that its type requires and no policy says: it stays open, where `beside` names a fact only where that is known."""

    property: str
    doc: str
    pattern: str = ""
    allowed: tuple[str, ...] = ()
    beside: str = ""


@record
class Placement:
    """How one host writes one sort of carrier: its type, where the document goes (dotted, empty: nowhere as a whole), the properties by the fact that fills them,
    and those that it asks for where no fact does."""

    type: str
    document: str
    fields: Mapping[str, str]
    asked: tuple[Asked, ...]


@record
class Piece:
    """One resource to write. `name` is unique among all; `facts` have marks where a parameter stays open; `content` is None for a permission, which says
    its statement in properties."""

    template: Template
    name: str
    carrier: str
    facts: Mapping[str, str]
    content: Tree
    account: str
    region: str


@cache
def placements(host: str) -> Mapping[str, Placement]:
    """The carriers that a host knows, by their sort."""
    found: Mapping[str, Any] = read_json("schemas/emitting/placements.json")[host]
    return {
        name: Placement(
            held["type"],
            held["document"],
            held.get("fields", {}),
            tuple(
                Asked(at, one["doc"], one.get("pattern", ""), tuple(one.get("allowed", ())), one.get("with", ""))
                for at, one in held.get("asked", {}).items()
            ),
        )
        for name, held in found.items()
    }


def pieces(opened: Opened, host: str, title: str, diagnostics: Diagnostics) -> tuple[Piece, ...]:
    """The resources for every document; documents that `host` (called `title` for people) has no place for are reported."""
    known = placements(host)
    found: list[Piece] = []
    names = _names([item.document.path for item in opened.templates])
    for item in opened.templates:
        before = len(diagnostics)
        made = list(_pieces(item, names[item.document.path], opened, diagnostics))
        if any(one.carrier not in known for one in made):
            diagnostics.error(
                NO_PLACE,
                f"{title} has no resource that takes `{item.document.path}`, {_called(item)}",
                item.document.span,
                "write this one with `policyc build`, or in another form",
            )
        if len(diagnostics) == before:  # no part of a document is better than a part
            found += made
    return tuple(found)


def _called(item: Template) -> str:
    return f"the {item.document.role.replace('_', ' ')} document of `{item.document.owner}`"


def _names(paths: Sequence[str]) -> dict[str, str]:
    """A name of letters, digits and `_` for each document: its file's, with its folder in front where another has the same one."""
    stems = {path: re.sub(r"[^A-Za-z0-9]+", "_", path.partition("/")[2].rpartition(".")[0]) for path in paths}
    out: dict[str, str] = {}
    for path, stem in stems.items():
        same = [other for other in stems.values() if other.lower() == stem.lower()]
        out[path] = stem if len(same) == 1 else f"{path.partition('/')[0]}_{stem}"
    return out


def _pieces(item: Template, name: str, opened: Opened, diagnostics: Diagnostics) -> Iterator[Piece]:
    document, program = item.document, opened.program
    resource = _resource(program, item)
    kind = document.kind.rpartition("/")[2]
    facts, account, region = {"policy": document.owner.replace(" ", "-")}, "", ""
    if resource is not None:
        facts |= {
            key: text
            for key in ("id", "name", "vpc", "qualifier", "block_public_access")
            if (text := resource.text(key))
        }
        facts |= {"shadow_mode": "enabled"} if resource.text("shadow_mode") == "enabled" else {}
        facts |= {login: _LOGINS[login] for login in resource.words("login")}
        facts |= {name: name for name in resource.words("trust")} | (
            {"trusted": "true"} if resource.words("trust") else {}
        )
        if resource.place is not None:
            account, region = resource.place.account, resource.place.region
            arn = resource_types()[resource.type].arn
            facts |= {"arn": resource_arn(resource, resource_types()[resource.type])} if arn else {}
        bucket = program.resource(resource.link("bucket"))
        facts |= {"bucket": bucket.text("name")} if bucket is not None else {}
    if resource is not None and document.kind.startswith("iam_document/"):
        carrier, said = _PLAIN.get(kind, kind.replace("_", "-")), _plain(resource.text("name"), kind)
        facts |= said
        account, region = said.get("account", ""), said.get("region", "")
    elif kind in _IDENTITY:
        carrier, said = _identity(document.attached_to)
        facts |= said
        account = account or said.get("account", "")
    elif not kind:
        carrier = f"{document.path.partition('/')[0].replace('_', '-')}-{document.role}"
    else:
        carrier = _CARRIERS[kind]
    facts |= {"account": account, "region": region}
    facts = {key: opened.marked(text) for key, text in facts.items() if text}
    piece = Piece(item, name, carrier, facts, item.content, opened.marked(account), opened.marked(region))
    if carrier == "permission":
        yield from _permissions(piece, diagnostics)
    else:
        yield piece


def _resource(program: Program, item: Template) -> Resource | None:
    """What carries a document: the resource, or the function whose execution role does."""
    found = program.resource(item.document.attached_to)
    if found is None and item.document.kind.endswith("execution_role_policy"):
        name = item.document.owner.removesuffix(" role")
        found = next((one for one in program.resources.values() if one.name == name), None)
    return found


def _identity(attached: str) -> tuple[str, dict[str, str]]:
    """Who carries an identity policy: a role or a user by its name, or nobody that has one name."""
    found = re.fullmatch(r"arn:[^:]*:iam::([^:]*):(role|user)/(?:.*/)?([^/]+)", attached)
    if found is None:
        return "role-policy-asked", {}
    account, word, name = found[1], found[2], found[3]
    if "*" in name or "?" in name:
        return "managed-policy", {"account": account}
    return f"{word}-policy", {"account": account, word: name}


def _plain(name: str, kind: str) -> dict[str, str]:
    """What the name of a carrier says of it: its ARN in its parts, or its own name."""
    found = _PLAIN_ARN.fullmatch(name)
    facts = {"arn": name, **found.groupdict()} if found is not None else {"name": name}
    return facts | ({"type": _POLICY_TYPES[kind]} if kind in _POLICY_TYPES else {})


def _permissions(piece: Piece, diagnostics: Diagnostics) -> Iterator[Piece]:
    """A piece for each statement of a function's policy."""
    for statement in piece.content["Statement"]:
        actions = statement.get("Action")
        said = _tests(statement.get("Condition", {}))
        principals = _principals(statement.get("Principal"))
        if statement.get("Effect") != "Allow" or said is None or not principals or not actions:
            diagnostics.error(
                NO_PLACE,
                f"a permission of Lambda cannot say `{statement.get('Sid', '')}` of `{piece.template.document.path}`",
                piece.template.document.span,
                "write this document with `policyc build`, and put it in place with `aws lambda put-resource-policy`",
            )
            return
        listed = actions if isinstance(actions, list) else [actions]
        for number, (action, principal) in enumerate((one, two) for one in listed for two in principals):
            sid = statement["Sid"] + (str(number + 1) if len(listed) * len(principals) > 1 else "")
            facts = {**piece.facts, "statement": sid, "action": action, "principal": principal, **said}
            facts["function"] = piece.facts.get("arn", "").removesuffix(f":{piece.facts.get('qualifier', '')}")
            yield Piece(piece.template, f"{piece.name}_{sid}", piece.carrier, facts, None, piece.account, piece.region)


def _principals(value: Tree) -> list[str]:
    if value == "*":
        return ["*"]
    if not isinstance(value, dict):
        return []
    return [text for held in value.values() for text in (held if isinstance(held, list) else [held])]


def _tests(blocks: Mapping[str, Mapping[str, Tree]]) -> dict[str, str] | None:
    """The fields of the permission that say a condition; None where it says more than they can."""
    out: dict[str, str] = {}
    for operator, tests in blocks.items():
        for key, value in tests.items():
            name = _TESTS.get((operator.lower(), key.lower()))
            texts = value if isinstance(value, list) else [value]
            wild = operator.lower() != "arnlike" and isinstance(texts[0], str) and ("*" in texts[0] or "?" in texts[0])
            if name is None or name in out or len(texts) != 1 or not isinstance(texts[0], str) or wild:
                return None
            out[name] = texts[0]
    return out
