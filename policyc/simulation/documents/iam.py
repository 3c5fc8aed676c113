"""A request to any AWS service, against the documents alone: the whole decision of IAM.

Source: IAM evaluation reference, sections 10 and 11.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import (
    UNOWNED,
    Caller,
    CallerKind,
    anonymous,
    caller_from_arn,
    identity_provider,
    service,
)
from policyc.engines.iam.decision import Gate, Policies
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.explanation import TITLES, explain_request
from policyc.engines.iam.request import Request
from policyc.engines.iam.role_path import with_role_path
from policyc.engines.trace import Decision, GateTrace, Outcome, Verdict, changed, late
from policyc.record import replace
from policyc.regex import regex
from policyc.simulation.assumptions import with_assumptions
from policyc.simulation.documents.attached import in_role, levels
from policyc.simulation.documents.question import PolicyContext, Question
from policyc.simulation.keys import iam_attributes
from policyc.simulation.references import PlainText
from policyc.simulation.request_text import ANONYMOUS
from policyc.targets.iam_documents import arns, services
from policyc.targets.iam_documents.gates import allows_everyone
from policyc.targets.iam_documents.limits import rcps_bear_on
from policyc.targets.iam_documents.own_policy import (
    ANY,
    OwnPolicy,
    Rule,
    documents,
    is_beyond_permission,
    needs_no_permission,
    own_policy,
)
from policyc.targets.iam_documents.public import public_statement, still_served

#: the gate of what AWS keeps to itself
_AWS: Final = "AWS"
_BUCKET: Final = "bucket-policy"
_BLOCK: Final = "bucket-block"
_PUBLIC_ACCESS: Final = "Block Public Access"
_OWN: Final = "identity policy of the caller"
_UNSAID: Final = f"no {_OWN} was given, so the caller was taken to have none that denies"
_TO_BE_SAID: Final = f"give the {_OWN} as `identity`; `none` there says that there is none"
_ACTION: Final = regex(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_SERVICE: Final = regex(r"[a-z0-9][a-z0-9.-]*\.amazonaws\.com(\.cn)?")
_PROVIDER: Final = regex(r"arn:aws[a-z-]*:iam::[0-9]{12}:(saml-provider|oidc-provider)/.+")
#: providers that trust policies name by their domain
_DOMAINS: Final = ("cognito-identity.amazonaws.com", "www.amazon.com", "graph.facebook.com", "accounts.google.com")


def answer(situation: PolicyContext, question: Question, diagnostics: Diagnostics) -> Outcome | None:
    """The decision with every policy on the way, or None after an error."""
    asked = _request(question, diagnostics)
    if asked is None:
        return None
    own = own_policy(asked.action, asked.resource)
    given = _given_policy(situation, question, asked, own, diagnostics)
    if given is None:
        return None
    source = needs_no_permission(asked.action, asked.caller)
    if source:
        return Outcome(
            Decision.ALLOW, (), notes=(f"`{asked.action}` needs no permission, and no policy can deny it: {source}",)
        )
    asked = replace(asked, caller=with_role_path(asked.caller, (item.compiled for item in situation.documents)))
    policies = _policies(situation, asked, given, own)
    open_gate = not given and own.rule is not Rule.MAY
    bearing = replace(policies, resource=(allows_everyone(),)) if open_gate else policies
    public = _opened_to(asked, policies.owner, given) if own.document == _BUCKET else ""
    stated = situation.words.get(_BLOCK)
    block = stated.text if stated is not None else ""
    unsaid = not situation.has("identity") and asked.caller.kind not in (*UNOWNED, CallerKind.ROOT)

    def answer_to(unknown: frozenset[str]) -> Outcome:
        wider = replace(asked, unknown=asked.unknown | unknown)
        found = _with_open_policies(explain_request(bearing, wider), own, open_gate)
        if unsaid and found.decision is not Decision.ALLOW:
            generous = explain_request(replace(bearing, identity=(allows_everyone(),)), wider)
            found = _with_unsaid_identity(_with_open_policies(generous, own, open_gate))
        return _beside_aws(_behind_block(found, public, block), asked)

    outcome = with_assumptions(answer_to(frozenset()), answer_to, str)

    def make(name: str) -> Any:
        found = getattr(outcome, name)
        if name != "notes":
            return found
        noted = []
        if unsaid and outcome.decision is Decision.ALLOW:
            noted.append(_UNSAID)
        elif unsaid and _OWN in outcome.missing:
            noted.append(_TO_BE_SAID)
        if public and not block and outcome.decision is not Decision.DENY:
            noted.append(
                f"{public}; whether Block Public Access is on was not said (`--{_BLOCK}`), and it was taken as off"
            )
        return (*found, *_notes(situation, asked, own, given), *noted)

    return late(Outcome, make, decision=outcome.decision)


def _given_policy(
    situation: PolicyContext, question: Question, asked: Request, own: OwnPolicy, diagnostics: Diagnostics
) -> tuple[Compiled, ...] | None:
    """The policy of the resource that is asked, empty when none was given; None after reporting one of another resource."""
    before = len(diagnostics)
    for role in sorted(documents()):
        if situation.has(role) and role not in (ANY.document, own.document):
            diagnostics.error(
                "policy-of-another-resource",
                f"`--{role}` is no policy of `{asked.resource}` that `{asked.action}` meets",
                question.span,
                f"give the {own.title} with `--{own.document}`" + (f"; or ask {own.ask}" if own.ask else ""),
            )
    if own.document != ANY.document and situation.has(own.document) and situation.has(ANY.document):
        diagnostics.error(
            "two-resource-policies",
            f"`--{ANY.document}` and `--{own.document}` are two policies of the resource",
            question.span,
            "give the one of the resource that is asked",
        )
    held = situation.documents
    return None if len(diagnostics) > before else in_role(held, own.document) or in_role(held, ANY.document)


def _policies(situation: PolicyContext, asked: Request, resource: tuple[Compiled, ...], own: OwnPolicy) -> Policies:
    documents = situation.documents
    stated = situation.words.get("resource-account")
    owner = stated.text if stated is not None else ""
    if not owner and asked.resource == "*" and _is_of_no_resource(asked.action):
        owner = asked.caller.account  # what is about nothing stays in the account
    return Policies(
        identity=in_role(documents, "identity"),
        resource=resource,
        boundary=in_role(documents, "boundary") or None,
        session=in_role(documents, "session") or None,
        scps=levels(documents, "scp"),
        rcps=levels(documents, "rcp") if rcps_bear_on(asked.action, situation.switches) else (),
        endpoint=in_role(documents, "endpoint-policy") or None,
        owner=owner,
        resource_must_allow=own.rule is not Rule.MAY,
        identity_must_allow=own.rule is Rule.EVERY,
    )


def _with_open_policies(outcome: Outcome, own: OwnPolicy, open_gate: bool) -> Outcome:
    """The outcome where policies that have to allow were not given: open, unless the request is refused whatever they say."""
    wants = ((own.title,) if open_gate else ()) + own.beside
    gates = outcome.gates
    if open_gate:
        gates = _opened(gates, Gate.RESOURCE, f"the {own.title} has to allow, and was not given", wants)
    if outcome.decision is Decision.DENY:
        return changed(outcome, gates=gates)
    if not wants:
        return outcome
    if not open_gate:
        summary = "has to permit the request as well, and was not given"
        gates += tuple(GateTrace(name, name, Verdict.UNDECIDED, summary, wants=(name,)) for name in own.beside)
    deciding = TITLES[Gate.RESOURCE] if open_gate else own.beside[0]
    return changed(
        outcome, decision=Decision.UNDECIDED, gates=gates, deciding=deciding, missing=(*wants, *outcome.missing)
    )


def _opened(gates: Iterable[GateTrace], kind: Gate, summary: str, wants: tuple[str, ...]) -> tuple[GateTrace, ...]:
    """The gates, that of a kind as one of whose policy nothing is known."""
    return tuple(
        GateTrace(gate.name, gate.kind, Verdict.UNDECIDED, summary, wants=wants) if gate.kind == kind else gate
        for gate in gates
    )


def _with_unsaid_identity(generous: Outcome) -> Outcome:
    """The outcome where nothing was said of the caller's own policy, from that with one that allows everything."""
    gates = _opened(generous.gates, Gate.IDENTITY, f"no {_OWN} was given, so what it allows is not known", (_OWN,))
    if generous.decision is Decision.DENY:
        return changed(generous, gates=gates)
    decision, missing = Decision.UNDECIDED, (_OWN, *generous.missing)
    return changed(generous, decision=decision, gates=gates, deciding=TITLES[Gate.IDENTITY], missing=missing)


def _beside_aws(outcome: Outcome, asked: Request) -> Outcome:
    """The outcome where no policy can allow a request: the resource is AWS's own and would change, or the service takes none without a signature."""
    told = is_beyond_permission(asked.action, asked.resource, asked.caller)
    if told is None or outcome.decision is Decision.DENY or asked.caller.is_service_linked:
        return outcome
    gates = (*outcome.gates, GateTrace(_AWS, _AWS, Verdict.IMPLICIT_DENY, f"{told[0]}: {told[1]}"))
    return changed(outcome, decision=Decision.DENY, gates=gates, deciding=_AWS, missing=())


def _opened_to(asked: Request, owner: str, given: tuple[Compiled, ...]) -> str:
    """What Block Public Access has to do with a request to a bucket; empty where it bears on none of its callers."""
    statement = public_statement(given, at_bucket=True)
    owner = owner or asked.resource_account or asked.caller.account
    if statement is None or (owner and still_served(asked.caller, owner)):
        return ""
    return f"`{statement.label}` makes the bucket policy public"


def _behind_block(outcome: Outcome, public: str, block: str) -> Outcome:
    """The outcome where a public bucket may serve only services and its own account."""
    if not public or block in ("", "off") or outcome.decision is Decision.DENY:
        return outcome
    name = _PUBLIC_ACCESS
    if block == "on":
        told = f"{public}, and then it serves only services and the bucket's own account"
        gate = GateTrace(name, name, Verdict.IMPLICIT_DENY, told)
        return changed(outcome, decision=Decision.DENY, gates=(*outcome.gates, gate), deciding=name, missing=())
    gate = GateTrace(name, name, Verdict.UNDECIDED, f"{public}, and whether it is on is not known", wants=(name,))
    gates, missing = (*outcome.gates, gate), (name, *outcome.missing)
    return changed(outcome, decision=Decision.UNDECIDED, gates=gates, deciding=name, missing=missing)


def _notes(situation: PolicyContext, asked: Request, own: OwnPolicy, given: tuple[Compiled, ...]) -> list[str]:
    notes = []
    if not given and own.rule is Rule.MAY and not _is_of_no_resource(asked.action):
        notes.append(f"no {own.title} was given, so the resource was taken to have none")
    types = _resource_types(asked.action) if asked.resource == "*" else None
    if types is not None and types.types:
        shown = ", ".join(types.types[:4])
        notes.append(f"`*` is taken as no resource at all; `{types.name}` can be asked of resources ({shown})")
    notes += _doubts(asked)
    if own.ask:
        notes.append(f"this is one gate of several: ask {own.ask}")
    if situation.has("rcp") and not rcps_bear_on(asked.action, situation.switches):
        prefix = asked.action.partition(":")[0]
        notes.append(f"resource control policies do not bear on `{prefix}` (switch `rcp-services`)")
    return notes


def _doubts(asked: Request) -> Iterator[str]:
    """What says that AWS has no such request, although the documents answer it."""
    if not services.is_there() or not asked.resource.startswith("arn:"):
        return
    prefix, _, name = asked.action.partition(":")
    service = services.service(prefix)
    if service is None or name.lower() not in service.actions:
        yield f"no action is called `{asked.action}` (as of {services.updated()})"
        return
    forms = arns.forms_of_action(service.prefix, name)
    if _is_of_no_resource(asked.action):
        yield f"no request of `{asked.action}` is about a resource: leave `--resource-arn` out, and it is about `*`"
    if forms and not arns.any_may_be(asked.resource, forms):
        places = [bool(field) for field in asked.resource.split(":", 5)[3:5]]
        alike = [form for form in forms if [bool(field) for field in form.split(":", 5)[3:5]] == places]
        shown = (alike or list(forms))[0]
        yield f"no request of `{asked.action}` is about `{asked.resource}`, but about an ARN such as `{shown}`"
    partition = asked.resource.split(":", 2)[1]
    if asked.caller.account and asked.caller.partition != partition:
        yield f"the caller is of the partition `{asked.caller.partition}`, and no request leaves it for `{partition}`"


def _request(question: Question, diagnostics: Diagnostics) -> Request | None:
    before = len(diagnostics)
    action = question.action
    nothing = question.resource is None and action is not None and _is_of_no_resource(action.text)
    for name, value in (("who", question.who), ("action", action), ("resource-arn", question.resource)):
        if value is None and not (nothing and name == "resource-arn"):
            diagnostics.error(
                "incomplete-question", f"the request does not say `{name}`", question.span, f"add `--{name}`"
            )
    caller = None if question.who is None else read_caller(question.who.name, diagnostics)
    if action is not None and _ACTION.fullmatch(action.text) is None:
        diagnostics.error(
            "not-one-action",
            f"`{action.text}` is not one action",
            action.span,
            "write `service:Name`, such as `s3:GetObject`",
        )
    none = "*" if nothing else None
    resource = none if question.resource is None else _one_resource(question.resource, diagnostics)
    types = _resource_types(action.text) if action is not None and resource == "*" else None
    if types is not None and types.required and question.resource is not None:
        diagnostics.error(
            "not-one-resource",
            f"`{types.name}` is asked of a resource ({', '.join(types.types)}), and `*` names none",
            question.resource.span,
            "write the ARN of one",
        )
    context = question.keys(iam_attributes(), diagnostics)
    unknown = question.unknown_keys(iam_attributes(), diagnostics)
    if len(diagnostics) > before or caller is None or action is None or resource is None or context is None:
        return None
    return Request(action.text, resource, caller, context, unknown or frozenset())


def _resource_types(action: str) -> services.Action | None:
    """What is known of the resources of an action; None where nothing is."""
    prefix, _, name = action.lower().partition(":")
    if not services.is_there():
        return None
    known = services.service(prefix)
    return None if known is None else known.actions.get(name)


def _is_of_no_resource(action: str) -> bool:
    """Whether it is known that no request of the action is about a resource: it is `*`, and belongs to nobody."""
    known = _resource_types(action)
    return known is not None and not known.types


def _one_resource(text: PlainText, diagnostics: Diagnostics) -> str | None:
    """The ARN of the one resource that is asked, `*` for an action without resources; None after an error.

    A request is about one thing, so a wildcard in it is refused; `${*}` and `${?}` stand for the plain characters, as in policies.
    """
    plain = text.text.replace("${*}", "\ue000").replace("${?}", "\ue001").replace("${$}", "$")
    if text.text == "*":
        return "*"
    if not plain.startswith("arn:"):
        diagnostics.error(
            "not-one-resource",
            f"`{text.text}` is not the ARN of one resource",
            text.span,
            "write its whole ARN, or `*` for an action without resources",
        )
        return None
    if "*" in plain or "?" in plain:
        diagnostics.error(
            "not-one-resource",
            f"`{text.text}` is a pattern, and a request is about one resource",
            text.span,
            "write one ARN that it covers; a real `*` in an object's key is `${*}`, a real `?` is `${?}`",
        )
        return None
    return plain.replace("\ue000", "*").replace("\ue001", "?")


def read_caller(text: PlainText, diagnostics: Diagnostics) -> Caller | None:
    """The caller that a text names, or None after an error."""
    if text.text in ANONYMOUS:
        return anonymous()
    if _PROVIDER.fullmatch(text.text) or text.text in _DOMAINS:
        return identity_provider(text.text)
    if _SERVICE.fullmatch(text.text):
        return service(text.text)
    try:
        if "*" not in text.text and "?" not in text.text:
            return caller_from_arn(text.text)
    except ValueError:
        pass
    diagnostics.error(
        "not-one-caller",
        f"`{text.text}` is no caller",
        text.span,
        "give the ARN of a role, user, session or identity provider, a service such as `cloudfront.amazonaws.com`, or `anonymous`",
    )
    return None
