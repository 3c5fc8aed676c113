"""What IAM Access Analyzer says of the documents, at the places where they were written: a second opinion on demand.

Source: https://docs.aws.amazon.com/access-analyzer/latest/APIReference/API_ValidatePolicy.html (columns and offsets count from 0, lines from 1)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from policyc.aws.asking import Answer, Asker
from policyc.aws.meant import Meant
from policyc.diagnostics import Diagnostic, Label, Severity
from policyc.text import Source, Span

#: kind of document -> the policy type, and the resource type where the service knows one
_TYPES: Final[Mapping[str, tuple[str, str]]] = {
    "identity": ("IDENTITY_POLICY", ""),
    "boundary": ("IDENTITY_POLICY", ""),
    "session": ("IDENTITY_POLICY", ""),
    "scp": ("SERVICE_CONTROL_POLICY", ""),
    "rcp": ("RESOURCE_CONTROL_POLICY", ""),
    "trust": ("RESOURCE_POLICY", "AWS::IAM::AssumeRolePolicyDocument"),
    "bucket": ("RESOURCE_POLICY", "AWS::S3::Bucket"),
    "access-point": ("RESOURCE_POLICY", "AWS::S3::AccessPoint"),
    "object-lambda": ("RESOURCE_POLICY", "AWS::S3ObjectLambda::AccessPoint"),
    "auth-policy": ("RESOURCE_POLICY", ""),
    "function": ("RESOURCE_POLICY", ""),
    "key": ("RESOURCE_POLICY", ""),
    "endpoint": ("RESOURCE_POLICY", ""),
    "resource": ("RESOURCE_POLICY", ""),
}
#: type of a finding -> our name for it, and how bad it is
_FINDINGS: Final = {
    "ERROR": ("access-analyzer-error", Severity.ERROR),
    "SECURITY_WARNING": ("access-analyzer-security-warning", Severity.WARNING),
    "WARNING": ("access-analyzer-warning", Severity.WARNING),
    "SUGGESTION": ("access-analyzer-suggestion", Severity.INFO),
}


def is_judged(item: Meant) -> bool:
    """Whether Access Analyzer knows documents of this kind."""
    return item.kind in _TYPES


def validate(
    ask: Asker, items: Sequence[Meant], sources: Mapping[str, Source]
) -> tuple[list[Diagnostic], list[tuple[Meant, str]]]:
    """The findings on every document that is judged, and the documents of which nothing is known, with the reason."""
    answers = ask.each("documents", lambda item: _asked(ask, item), items)
    findings: list[Diagnostic] = []
    unknown: list[tuple[Meant, str]] = []
    for item, answer in zip(items, answers, strict=True):
        if answer.unread is not None:
            unknown.append((item, answer.unread.why))
        for found in answer.data or ():
            findings.append(_finding(found, item, sources))
    return findings, unknown


def _asked(ask: Asker, item: Meant) -> Answer:
    policy, resource = _TYPES[item.kind]
    given = {"validatePolicyResourceType": resource} if resource else {}
    region = ask.sessions.region or "us-east-1"
    return ask.all(
        "accessanalyzer",
        "validate_policy",
        "findings",
        region,
        item.label,
        policyDocument=item.text,
        policyType=policy,
        **given,
    )


def _finding(found: Mapping[str, Any], item: Meant, sources: Mapping[str, Source]) -> Diagnostic:
    rule, severity = _FINDINGS.get(str(found.get("findingType")), _FINDINGS["WARNING"])
    details = str(found.get("findingDetails", "")).strip().rstrip(".")
    details = details[:1].lower() + details[1:] if details[1:2].islower() or details[1:2] == " " else details
    message = f"Access Analyzer says `{found.get('issueCode', '')}`: {details}"
    help = (
        f"see {found['learnMoreLink']}"
        if found.get("learnMoreLink")
        else "look the code up in AWS's reference of policy checks"
    )
    first, *others = [_place(one, item, sources) for one in found.get("locations") or ()] or [_start(item, sources)]
    labels = (Label(one, "and here") for one in dict.fromkeys(others) if one not in (None, first))
    return Diagnostic(rule, message, first, help, severity, tuple(labels))


def _place(location: Mapping[str, Any], item: Meant, sources: Mapping[str, Source]) -> Span | None:
    """Where a finding stands: in the policy of the language that became the statement, else in the document's own text."""
    if item.map:
        pointer = _pointer(location.get("path") or ())
        near = [entry for entry in item.map if pointer == entry.pointer or pointer.startswith(entry.pointer + "/")]
        return max(near, key=lambda entry: len(entry.pointer)).span if near else _start(item, sources)
    source = sources.get(item.label)
    if source is None:
        return None
    span = location.get("span") or {}
    start, end = span.get("start") or {}, span.get("end") or {}
    if not source.text.isascii():
        # what an offset counts is not documented: the line is certain
        starts = source.line_starts()
        line = min(max(int(start.get("line", 1)), 1), len(starts))
        return source.span(starts[line - 1], starts[line - 1])
    size = len(source.text)
    first = min(max(int(start.get("offset", 0)), 0), size)
    return source.span(first, min(max(int(end.get("offset", first)), first), size))


def _pointer(path: Sequence[Mapping[str, Any]]) -> str:
    """A path of Access Analyzer as a JSON pointer: `{"value": "Statement"}, {"index": 0}` is `/Statement/0`."""
    parts = [str(part.get("value", part.get("key", part.get("index", "")))) for part in path]
    return "".join(f"/{part}" for part in parts)


def _start(item: Meant, sources: Mapping[str, Source]) -> Span | None:
    if item.map:
        return item.map[0].span
    source = sources.get(item.label)
    return None if source is None else source.span(0, 0)
