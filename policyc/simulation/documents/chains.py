"""Requests through the chains of VPC Lattice and S3 Object Lambda, against raw documents: a project made up of them.

The targets' own chains answer, so that a raw document and a compiled one mean the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict, changed
from policyc.ir.program import Program
from policyc.model.types import STRING
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute
from policyc.record import replace
from policyc.simulation.answer import answer_fully
from policyc.simulation.documents.attached import Attached, attach
from policyc.simulation.documents.question import PolicyContext, Question
from policyc.simulation.documents.resources import Drafts
from policyc.simulation.documents.words import WORDS
from policyc.simulation.keys import attribute_of_key
from policyc.simulation.references import PlainText
from policyc.simulation.request import own_method
from policyc.simulation.request_text import parse_caller
from policyc.targets.base import Document, DocumentSet, Request
from policyc.targets.iam_documents.gates import ANY_CALLER
from policyc.targets.registry import resource_types, target

_OPEN: Final = "unknown"
_CALLER_ROLES: Final = ("identity", "boundary", "session", "scp", "rcp")
#: role of a document on a resource -> the resource, and the gate that the target knows it by
_RESOURCE_ROLES: Final = {
    "service-policy": ("service", "service"),
    "network-policy": ("network", "network"),
    "object-lambda-policy": ("object-lambda", "object_lambda_access_point"),
    "access-point-policy": ("access-point", "supporting_access_point"),
    "bucket-policy": ("bucket", "bucket"),
    "function-policy": ("function", "function"),
    "key-policy": ("bucket", "key"),
    "function-role-policy": ("function", "execution_role"),
}
#: the resources of each chain, the one that is asked first
_LATTICE: Final = ("service", "network")
_OLAP: Final = ("object-lambda", "function", "access-point", "bucket")
_ACCESS_POINT: Final = ("access-point", "bucket")
#: what the ARN of each looks like
_SAMPLES: Final = {
    "service": "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890",
    "object-lambda": "arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/resized",
    "function": "arn:aws:lambda:us-east-1:111122223333:function:resize",
    "access-point": "arn:aws:s3:us-east-1:111122223333:accesspoint/photos",
    "bucket": "arn:aws:s3:::photos",
}


def is_chain(situation: PolicyContext) -> bool:
    """Whether what is given belongs to a chain of several gates, rather than to one request of IAM."""
    return bool({"service", "network", "object-lambda", "access-point"} & set(situation.arns)) or situation.has(
        "service-policy", "network-policy", "object-lambda-policy"
    )


def answer(situation: PolicyContext, question: Question, diagnostics: Diagnostics) -> Outcome | None:
    """The decision gate by gate, or None after an error."""
    if question.action is not None or question.resource is not None:
        diagnostics.error(
            "two-kinds-of-question",
            "a request through a chain states what it does with `can`",
            question.span,
            "leave `--action` and `--resource-arn` out, or leave the ARNs of the chain out",
        )
        return None
    names = _chain(situation)
    made = situation.kept.get("chain") or _made(names, situation, question, diagnostics)
    if made is None:
        return None
    situation.kept["chain"] = made
    resources, program, documents = made
    request = _request(resources[names[0]], question, diagnostics)
    if request is None:
        return None
    outcome = answer_fully(program, documents, request, diagnostics)
    if outcome is None:
        return None
    if names != _LATTICE and not situation.has("bucket-policy"):
        outcome = _without_bucket_policy(outcome)
    return changed(outcome, notes=(*outcome.notes, *_notes(situation, names)))


def _made(
    names: tuple[str, ...], situation: PolicyContext, question: Question, diagnostics: Diagnostics
) -> tuple[dict[str, Resource], Program, DocumentSet] | None:
    """The resources of the chain, the program that they make up and its documents; None after an error."""
    drafts = _drafts(names, situation, question, diagnostics)
    if drafts is None:
        return None
    resources = drafts.finish()
    sources = {item.source.file: item.source for item in situation.documents}
    held = {item.id: item for item in resources.values()}
    program = Program(sources, {}, held, (), (), (), (), {}, situation.switches)
    return resources, program, DocumentSet(_attached(situation, resources))


def _without_bucket_policy(outcome: Outcome) -> Outcome:
    """A request that nothing lets into the bucket, whose policy was not given: it may delegate to the access point."""
    refusing = next((gate for gate in outcome.gates if gate.name == outcome.deciding and gate.kind == "bucket"), None)
    if outcome.decision is not Decision.DENY or refusing is None or refusing.verdict is not Verdict.IMPLICIT_DENY:
        return outcome
    summary = "the bucket policy has to let the access point's requests in, and was not given"
    opened = GateTrace(refusing.name, refusing.kind, Verdict.UNDECIDED, summary, wants=("bucket policy",))
    gates = tuple(opened if gate is refusing else gate for gate in outcome.gates)
    return Outcome(Decision.UNDECIDED, gates, refusing.name, "", ("bucket policy",), outcome.notes)


def _chain(situation: PolicyContext) -> tuple[str, ...]:
    if "service" in situation.arns or situation.has("service-policy", "network-policy") or "network" in situation.arns:
        return _LATTICE
    if "object-lambda" in situation.arns or situation.has("object-lambda-policy"):
        return _OLAP
    return _ACCESS_POINT


def _drafts(
    names: tuple[str, ...], situation: PolicyContext, question: Question, diagnostics: Diagnostics
) -> Drafts | None:
    before = len(diagnostics)
    drafts = Drafts(question.span)
    for name in names:
        arn = situation.arns.get(name)
        if arn is not None:
            drafts.read(name, arn, diagnostics)
        elif name == "network":
            drafts.unnamed(name)
        else:
            diagnostics.error(
                "incomplete-question",
                f"the chain needs the ARN of its {name.replace('-', ' ')}",
                question.span,
                f"add `--{name}-arn`, such as `{_SAMPLES[name]}`",
            )
    for name, arn in situation.arns.items():
        if name not in names and name != "key":
            diagnostics.error(
                "two-kinds-of-question", f"`--{name}-arn` is no part of this chain", arn.span, "leave it out"
            )
    for name, word in situation.words.items():
        choices = WORDS.get(name, ())
        if choices and word.text not in choices:
            diagnostics.error(
                "unknown-word",
                f"`{word.text}` is no value for `--{name}`",
                word.span,
                did_you_mean(word.text, choices, "choose one of " + ", ".join(f"`{choice}`" for choice in choices)),
            )
    if len(diagnostics) > before:
        return None
    (_fill_lattice if names == _LATTICE else _fill_storage)(drafts, situation)
    return drafts


def _fill_lattice(drafts: Drafts, situation: PolicyContext) -> None:
    words = situation.words
    for name in _LATTICE:
        if name in drafts.made:
            auth = words.get(f"{name}-auth")
            chosen = auth.text if auth is not None else "aws_iam" if situation.has(f"{name}-policy") else _OPEN
            drafts.text(name, "auth", chosen)
    protocol = words.get("protocol")
    drafts.text("service", "protocol", "https" if protocol is None else protocol.text)
    if "network" in drafts.made:
        drafts.link("service", "network", "network")


def _fill_storage(drafts: Drafts, situation: PolicyContext) -> None:
    owner = situation.words.get("bucket-account")
    if owner is not None:
        drafts.owner("bucket", owner.text)
    drafts.link("access-point", "bucket", "bucket")
    for name in ("access-point", "bucket"):
        block = situation.words.get(f"{name}-block")
        drafts.text(name, "block_public_access", "on" if block is None else block.text)
    key = situation.arns.get("key")
    if key is not None:
        drafts.text("bucket", "kms_key", key.text)
    if "object-lambda" in drafts.made:
        drafts.link("object-lambda", "supporting", "access-point")
        drafts.link("object-lambda", "function", "function")
        transforms = situation.words.get("transforms")
        calls = ("GetObject",) if transforms is None else tuple(filter(None, transforms.text.split(",")))
        drafts.words("object-lambda", "actions", calls)


def _attached(situation: PolicyContext, resources: Mapping[str, Resource]) -> Iterator[Document]:
    for given in situation.documents:
        if given.role in _CALLER_ROLES:
            yield caller_document(given)
        elif given.role in _RESOURCE_ROLES:
            name, role = _RESOURCE_ROLES[given.role]
            if name in resources:
                yield attach(
                    given, resources[name].id, role, "object_lambda/raw" if name not in _LATTICE else "lattice/raw"
                )


def caller_document(given: Attached) -> Document:
    """A document of the caller or its organization, for whoever calls."""
    carrier = f"level {given.level}" if given.level else ANY_CALLER
    return attach(given, carrier, given.role, "raw")


def _notes(situation: PolicyContext, names: tuple[str, ...]) -> Iterator[str]:
    unused = situation.files(
        role for role in ("resource-policy", "trust-policy", "endpoint-policy") if situation.has(role)
    )
    unused += situation.files(role for role, (name, _) in _RESOURCE_ROLES.items() if name not in names)
    for file in unused:
        yield f"`{file}` is no part of this chain and was not asked"
    if names != _LATTICE:
        roles = [role for role, (name, _) in _RESOURCE_ROLES.items() if name in names and role.endswith("policy")]
        missing = [
            role for role in roles[:4] if role not in ("key-policy", "function-role-policy") and not situation.has(role)
        ]
        if missing:
            yield "not given, so taken not to exist: " + ", ".join(role.replace("-", " ") for role in missing)


# --- the request ------------------------------------------------------------------------------------------------


def _request(asked: Resource, question: Question, diagnostics: Diagnostics) -> Request | None:
    before = len(diagnostics)
    kind = resource_types()[asked.type]
    can = question.can
    if can is not None and can.text not in kind.verbs and not own_method(can.text, kind):
        diagnostics.error(
            "unknown-verb",
            f"nobody can `{can.text}` a `{kind.name}`",
            can.span,
            did_you_mean(
                can.text, kind.verbs, "its verbs are " + ", ".join(f"`{name}`" for name in list(kind.verbs)[:12])
            ),
        )
    who = None if question.who is None else _principal(question.who.name, diagnostics)
    attributes = target(kind.target).scope(asked, {})
    keys = question.keys(attributes, diagnostics)
    unknown = question.unknown_keys(attributes, diagnostics)
    if keys is None or unknown is None or len(diagnostics) > before:
        return None
    found = {key: attribute_of_key(key, attributes) or Attribute(key, key, STRING, True) for key in keys}
    used = {attribute.name: replace(attribute, type=STRING) for attribute in found.values()}
    values = {found[key].name: tuple(texts) for key, texts in keys.items()}
    return Request(
        asked,
        who,
        None if can is None else can.text,
        None if question.path is None else question.path.text,
        values,
        used,
        question.span,
        unknown=unknown,
    )


def _principal(text: PlainText, diagnostics: Diagnostics) -> Principal | None:
    found = parse_caller(text.text)
    if found is None:
        diagnostics.error(
            "not-one-caller",
            f"`{text.text}` is no caller",
            text.span,
            "give the ARN of a role, user or session, a service such as `cloudfront.amazonaws.com`, or `anonymous`",
        )
        return None
    return replace(found, name=found.args[-1]) if found.args and not found.name else found
