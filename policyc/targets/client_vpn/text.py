"""Cedar text of Client VPN that stands by itself: checked against what AWS's guide names, and asked about a context.

What a guide does not list below a provider may be there all the same (it uses `jamf.diskEncryptionEnabled` and lists it nowhere).
Source: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/device-posture-step2.html
"""

from __future__ import annotations

from functools import cache

from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.engines.trace import Decision, Outcome
from policyc.ir.authz import Policy
from policyc.model.placeholders import is_template
from policyc.record import replace
from policyc.syntax.cedar_nodes import Document
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.protocol import Question, Text
from policyc.targets.cedar_documents.read import attached
from policyc.targets.cedar_documents.text import asking
from policyc.targets.cedar_documents.text.check import Service, check_document
from policyc.targets.cedar_documents.text.documented import of_context
from policyc.targets.cedar_documents.text.kinds import UNKNOWN, Kind, Member, member_of
from policyc.targets.cedar_documents.text.paths import reads
from policyc.targets.client_vpn.scope import CONNECTION, ENDPOINT, NATIVE, vocabulary
from policyc.text import Source

_TRUST = ("crowdstrike", "jamf", "jumpcloud", "saml", *NATIVE.values())


def check_text(source: Source, diagnostics: Diagnostics) -> Policy | None:
    """Report what only a reader of a text can see; the policy that it states comes back, None when it is no Cedar."""
    document = parse_cedar(source, diagnostics)
    if document is None:
        return None
    strange = _check_roots(document, diagnostics)
    known = context_kind()
    context = replace(known, members={**known.members, **dict.fromkeys(strange, Member(UNKNOWN))})
    service = Service("client_vpn", "Client VPN", context, (), attached(ENDPOINT, source))
    return check_document(source, document, service, diagnostics)


def _check_roots(document: Document, diagnostics: Diagnostics) -> set[str]:
    """Report the names below `context` that no connection has; they come back."""
    known = (*_TRUST, CONNECTION)
    told: set[str] = set()
    for path, span in reads(document):
        if path and path[0] not in (*known, *told) and not is_template(path[0]):
            told.add(path[0])
            roots = ", ".join(f"`{name}`" for name in known)
            diagnostics.error(
                "cedar-unknown-root",
                f"Client VPN has nothing called `{path[0]}` below `context`",
                span,
                did_you_mean(path[0], known, f"the names are {roots}"),
            )
    return told


@cache
def context_kind() -> Kind:
    """The record `context`: every connection has `connection`, and the rest as endpoint and device have it."""
    members = {name: Member(Kind("record", open=True), name == CONNECTION) for name in (*_TRUST, CONNECTION)}
    for attribute in vocabulary().attributes.values():
        root, *steps = attribute.native.split(".")
        members[root] = replace(
            members[root], kind=_with(members[root].kind, steps, member_of(attribute, required=False))
        )
    return Kind("record", members=members)


def _with(kind: Kind, steps: list[str], member: Member) -> Kind:
    """A record with one more attribute in it, inner records made on the way."""
    if len(steps) > 1:
        inner = kind.members.get(steps[0], Member(Kind("record", open=True)))
        member = replace(inner, kind=_with(inner.kind, steps[1:], member))
    return replace(kind, members={**kind.members, steps[0]: member})


def ask_text(text: Text, question: Question) -> Outcome:
    """The answer to one connection: the endpoint's policy alone decides."""
    asked = asking.Question(question.context, tuple(question.unknown), (), of_context(context_kind()))
    found = asking.ask("endpoint", *text, asked)
    gate = found.judged.gate
    decision = gate.verdict.decision
    notes = list(asking.notes_on([found], asked))
    if asked.unknown:
        settled = decision is not Decision.UNDECIDED
        notes += [asking.settled_whatever(decision, asked)] if settled else asking.left_open([found])
    missing = found.judged.missing if decision is Decision.UNDECIDED else ()
    deciding = None if decision is Decision.ALLOW else gate.name
    return Outcome(decision, (gate,), deciding, missing=missing, notes=tuple(notes))
