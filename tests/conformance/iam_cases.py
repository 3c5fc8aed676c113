"""Short forms for the IAM conformance tables: documents, requests and callers from a few words."""

from __future__ import annotations

from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Caller, Document, Kind, Request, Switches, anonymous, caller_from_arn, compile_document
from policyc.engines.iam import decide as decide_document
from policyc.engines.iam import explain as explain_document
from policyc.engines.trace import Verdict
from policyc.syntax.json_text import from_plain
from policyc.text import Span

HOME, AWAY = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HOME}:role/app/r"
SESSION = f"arn:aws:sts::{HOME}:assumed-role/r/s"
USER = f"arn:aws:iam::{HOME}:user/u"
FEDERATED = f"arn:aws:sts::{HOME}:federated-user/f"
ROOT = f"arn:aws:iam::{HOME}:root"
NOWHERE = Span("p.json", 0, 0)
TRUTH = {Verdict.ALLOW: True, Verdict.IMPLICIT_DENY: False, Verdict.UNDECIDED: None}


def role(**extra: Any) -> Caller:
    return caller_from_arn(ROLE, session="s", **extra)


def user(**extra: Any) -> Caller:
    return caller_from_arn(USER, **extra)


def read(plain: Any, kind: Kind = Kind.IDENTITY, switches: Switches | None = None) -> tuple[Document | None, list[str]]:
    """The document, and the rules of the findings in order."""
    diagnostics = Diagnostics()
    document = compile_document(from_plain(plain, NOWHERE), kind, diagnostics, switches=switches or Switches())
    return document, [item.rule for item in diagnostics]


def document(plain: Any, kind: Kind = Kind.IDENTITY, switches: Switches | None = None) -> Document:
    found, rules = read(plain, kind, switches)
    assert found is not None, rules
    return found


def allow(**elements: Any) -> dict[str, Any]:
    """A policy with one allow; elements not named allow everything."""
    return policy({"Effect": "Allow"} | _open(elements))


def deny(**elements: Any) -> dict[str, Any]:
    return policy({"Effect": "Deny"} | _open(elements))


def policy(*statements: Any, version: str = "2012-10-17") -> dict[str, Any]:
    return {"Version": version, "Statement": list(statements)}


def _open(elements: dict[str, Any]) -> dict[str, Any]:
    found = dict(elements)
    for name in ("Action", "Resource"):
        if f"Not{name}" not in found:
            found.setdefault(name, "*")
    return found


def ask(
    context: dict[str, Any] | None = None,
    *,
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::b/k",
    caller: Caller | None = None,
    unknown: tuple[str, ...] = (),
) -> Request:
    return Request.of(action, resource, caller or user(), context, unknown)


def verdict(held: Document, asked: Request) -> Verdict:
    """The decision, cold, warm and explained, which must all be one."""
    found = decide_document(held, asked)
    assert decide_document(held, asked) is found
    assert explain_document(held, asked).verdict is found
    return found


def holds(
    condition: dict[str, Any],
    context: dict[str, Any],
    *,
    version: str = "2012-10-17",
    caller: Caller | None = None,
    switches: Switches | None = None,
    unknown: tuple[str, ...] = (),
) -> bool | None:
    """Whether an allow with that condition matches."""
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}
    held = document(policy(statement, version=version), switches=switches)
    return TRUTH[verdict(held, ask(context, caller=caller or anonymous(), unknown=unknown))]
