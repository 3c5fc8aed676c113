"""A request to any AWS service, against the documents alone: the whole decision of IAM.

Source: IAM evaluation reference, sections 10 and 11.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Caller, anonymous, caller_from_arn, identity_provider, service
from policyc.engines.iam.decision import Policies
from policyc.engines.iam.explanation import explain_request
from policyc.engines.iam.request import Request
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.trace import Outcome
from policyc.simulate.documents.given import in_role, levels
from policyc.simulate.documents.question import Question, Situation
from policyc.simulate.plain import PlainText
from policyc.targets.iam_documents.limits import rcps_bear_on

#: documents that can be the resource's own, and those of them that must allow even inside one account (section 11)
RESOURCE_ROLES: Final = (
    "resource-policy",
    "bucket-policy",
    "access-point-policy",
    "function-policy",
    "key-policy",
    "trust-policy",
)
_MUST_ALLOW: Final = frozenset({"key-policy", "trust-policy"})
_ACTION: Final = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_SERVICE: Final = re.compile(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?")
_PROVIDER: Final = re.compile(r"arn:aws[a-z-]*:iam::[0-9]{12}:(saml-provider|oidc-provider)/.+")
#: providers that trust policies name by their domain
_DOMAINS: Final = ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")


def answer(situation: Situation, question: Question, diagnostics: Diagnostics) -> Outcome | None:
    """The decision with every policy on the way, or None after an error."""
    asked = _request(question, diagnostics)
    own = [role for role in RESOURCE_ROLES if situation.has(role)]
    if len(own) > 1:
        diagnostics.error(
            "two-resource-policies",
            f"`--{own[0]}` and `--{own[1]}` are two policies of the resource",
            question.span,
            "give the one of the resource that is asked; chains need `--object-lambda-arn` or `--access-point-arn`",
        )
        return None
    if asked is None:
        return None
    policies = _policies(situation, asked.action, own[0] if own else "")
    asked = replace(asked, caller=with_role_path(asked.caller, (item.compiled for item in situation.documents)))
    outcome = explain_request(policies, asked)
    return replace(outcome, notes=(*outcome.notes, *_notes(situation, asked, own)))


def _policies(situation: Situation, action: str, own: str) -> Policies:
    documents = situation.documents
    owner = situation.words.get("resource-account")
    return Policies(
        identity=in_role(documents, "identity"),
        resource=in_role(documents, own) if own else (),
        boundary=in_role(documents, "boundary") or None,
        session=in_role(documents, "session") or None,
        scps=levels(documents, "scp"),
        rcps=levels(documents, "rcp") if rcps_bear_on(action, situation.switches) else (),
        endpoint=in_role(documents, "endpoint-policy") or None,
        owner="" if owner is None else owner.text,
        resource_must_allow=own in _MUST_ALLOW,
    )


def _notes(situation: Situation, asked: Request, own: list[str]) -> list[str]:
    notes = []
    if not own:
        notes.append("no policy of the resource was given, so it was taken to have none")
    if situation.has("rcp") and not rcps_bear_on(asked.action, situation.switches):
        prefix = asked.action.partition(":")[0]
        notes.append(f"resource control policies do not bear on `{prefix}` (switch `rcp-services`)")
    return notes


def _request(question: Question, diagnostics: Diagnostics) -> Request | None:
    before = len(diagnostics)
    for name, value in (("who", question.who), ("action", question.action), ("resource-arn", question.resource)):
        if value is None:
            diagnostics.error(
                "incomplete-question", f"the request does not say `{name}`", question.span, f"add `--{name}`"
            )
    caller = None if question.who is None else read_caller(question.who.name, diagnostics)
    action = question.action
    if action is not None and _ACTION.fullmatch(action.text) is None:
        diagnostics.error(
            "not-one-action",
            f"`{action.text}` is not one action",
            action.span,
            "write `service:Name`, such as `s3:GetObject`",
        )
    resource = question.resource
    if resource is not None and resource.text != "*" and (not resource.text.startswith("arn:") or _wild(resource.text)):
        diagnostics.error(
            "not-one-resource",
            f"`{resource.text}` is not the ARN of one resource",
            resource.span,
            "write its whole ARN, or `*` for an action without resources",
        )
    context = question.keys(diagnostics)
    if len(diagnostics) > before or caller is None or action is None or resource is None or context is None:
        return None
    return Request(action.text, resource.text, caller, context, frozenset(question.unknown))


def _wild(text: str) -> bool:
    """Whether an ARN holds a wildcard where no real one has it: S3 keys may hold `*` and `?`."""
    return not text.startswith(("arn:aws:s3:", "arn:aws-cn:s3:", "arn:aws-us-gov:s3:")) and "*" in text


def read_caller(text: PlainText, diagnostics: Diagnostics) -> Caller | None:
    """The caller that a text names, or None after an error."""
    if text.text == "anonymous":
        return anonymous()
    if _PROVIDER.fullmatch(text.text) or text.text in _DOMAINS:
        return identity_provider(text.text)
    if _SERVICE.fullmatch(text.text):
        return service(text.text)
    try:
        return caller_from_arn(text.text)
    except ValueError:
        diagnostics.error(
            "not-one-caller",
            f"`{text.text}` is no caller",
            text.span,
            "give the ARN of a role, user, session or identity provider, a service such as `cloudfront.amazonaws.com`, or `anonymous`",
        )
        return None
