"""Claims about IAM JSON itself: statement keys, condition operators and principals that documents hold."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import caller_from_arn
from policyc.engines.iam.document import Document as Compiled
from policyc.engines.iam.document import compile_text as read_text_of
from policyc.engines.iam.explanation import explain
from policyc.engines.iam.operators import BASES
from policyc.engines.iam.request import Request
from policyc.engines.iam.statement import Kind
from policyc.engines.trace import Verdict
from policyc.targets.base import Document
from policyc.text import Source
from tests.coverage.iam_claims import CALLS, LATTICE, OPEN_NETWORK, two_tests
from tests.coverage.lab import Claim, Row, compile_text, statements, text_with

_API = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890/a"
_PROGRAM = LATTICE + (
    'policy probe for lattice on api { allow "probe" { who caller  can invoke  path "/a"  when source.vpc == "vpc-0a1b2c3d4e5f67890" } }\n'
)


def elements() -> Iterator[Claim]:
    """Every element of an IAM policy: what an emitted document says, and a document with another value decides otherwise."""
    changes: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
        "Version": (lambda d: d.update(Version="2008-10-17"), _SILENT + "no variable stands in the probe"),
        "Statement": (lambda d: d.update(Statement=[]), "yes"),
        "Statement.Sid": (lambda d: d["Statement"][0].update(Sid="Other"), _SILENT + "a name, shown in answers"),
        "Statement.Effect": (lambda d: d["Statement"][0].update(Effect="Deny"), "yes"),
        "Statement.Principal": (lambda d: d["Statement"][0].update(Principal={"AWS": "444455556666"}), "yes"),
        "Statement.Action": (lambda d: d["Statement"][0].update(Action="vpc-lattice-svcs:Connect"), "yes"),
        "Statement.Resource": (lambda d: d["Statement"][0].update(Resource=_API + "/other"), "yes"),
        "Statement.Condition": (
            lambda d: d["Statement"][0].update(Condition={"StringEquals": {"vpc-lattice-svcs:SourceVpc": "vpc-0"}}),
            "yes",
        ),
    }
    for name, (change, effect) in changes.items():
        yield Claim("IAM documents", name, _PROGRAM, proof=_changed(name, change, effect))
    swaps = {
        "Id": ("", lambda d: d.update(Id="x"), _SILENT + "a name"),
        "Statement.NotPrincipal": (
            '`who not …` is `"*"` with a negated test',
            lambda d: _swap(d, "Principal", "NotPrincipal"),
            "yes, in documents that are read",
        ),
        "Statement.NotAction": (
            "`can not …` lists actions or tests the method",
            lambda d: _swap(d, "Action", "NotAction"),
            "yes, in documents that are read",
        ),
        "Statement.NotResource": (
            "`path not …` tests the path",
            lambda d: _swap(d, "Resource", "NotResource"),
            "yes, in documents that are read",
        ),
    }
    for name, (why, change, effect) in swaps.items():
        yield Claim("IAM documents", name, _PROGRAM, proof=_read_only(name, why, change, effect))


_SILENT = "no effect: "


def _swap(document: dict[str, Any], old: str, new: str) -> None:
    statement = document["Statement"][0]
    statement[new] = statement.pop(old)
    if new == "NotPrincipal":
        statement["Effect"] = "Deny"


def _emitted() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(compile_text_ok(_PROGRAM)["lattice/probe.json"].text)
    return found


def compile_text_ok(text: str) -> dict[str, Document]:
    built = compile_text(text)
    assert not built.errors, built.messages
    return built.documents


def _verdict(document: dict[str, Any]) -> Verdict:
    diagnostics = Diagnostics()
    compiled: Compiled | None = None
    if document["Statement"]:
        compiled = _compile(document, diagnostics)
        assert compiled is not None, [item.message for item in diagnostics]
    caller = caller_from_arn("arn:aws:iam::111122223333:role/caller")
    asked = Request.of("vpc-lattice-svcs:Invoke", _API, caller, {"vpc-lattice-svcs:SourceVpc": "vpc-0a1b2c3d4e5f67890"})
    return explain(() if compiled is None else compiled, asked, name="probe", kind="service").verdict


def _compile(document: dict[str, Any], diagnostics: Diagnostics) -> Compiled | None:
    return read_text_of(Source("probe.json", json.dumps(document)), Kind.RESOURCE, diagnostics)


def _changed(name: str, change: Callable[[dict[str, Any]], None], effect: str) -> Callable[[Claim], Row]:
    def proof(claim: Claim) -> Row:
        document = _emitted()
        place = document["Statement"][0] if "." in name else document
        assert name.rpartition(".")[2] in place
        before = _verdict(document)
        change(document)
        assert before is Verdict.ALLOW
        assert (_verdict(document) is before) is effect.startswith(_SILENT)
        return Row("yes", "yes", effect)

    return proof


def _read_only(name: str, why: str, change: Callable[[dict[str, Any]], None], effect: str) -> Callable[[Claim], Row]:
    """An element that no target writes, though documents that have it are decided."""

    def proof(claim: Claim) -> Row:
        document = _emitted()
        place = document["Statement"][0] if "." in name else document
        assert name.rpartition(".")[2] not in place
        change(document)
        assert (_verdict(document) is Verdict.ALLOW) is effect.startswith(_SILENT)
        return Row("yes, in documents that are read", f"no: {why}" if why else "no", effect)

    return proof


# --- operators --------------------------------------------------------------------------------------------------

_TIME = "2026-01-31T09:00:00Z"
_EARLIER, _LATER = '"2020-01-01T00:00:00Z"', '"2030-01-01T00:00:00Z"'
#: operator as a document writes it -> condition in the language, a request that passes, one that does not
_SOURCES = {
    "StringEquals": ('aws.SourceIdentity == "a"', 'aws.SourceIdentity: "a"', 'aws.SourceIdentity: "b"'),
    "StringNotEquals": ('aws.SourceIdentity != "a"', 'aws.SourceIdentity: "b"', 'aws.SourceIdentity: "a"'),
    "StringLike": ('aws.SourceIdentity like "a*"', 'aws.SourceIdentity: "ab"', 'aws.SourceIdentity: "ba"'),
    "StringNotLike": ('aws.SourceIdentity not like "a*"', 'aws.SourceIdentity: "ba"', 'aws.SourceIdentity: "ab"'),
    "NumericEquals": ("port == 443", "port: 443", "port: 80"),
    "NumericNotEquals": ("port != 443", "port: 80", "port: 443"),
    "NumericLessThan": ("port < 443", "port: 80", "port: 443"),
    "NumericLessThanEquals": ("port <= 443", "port: 443", "port: 444"),
    "NumericGreaterThan": ("port > 443", "port: 444", "port: 443"),
    "NumericGreaterThanEquals": ("port >= 443", "port: 443", "port: 80"),
    "DateEquals": (f'aws.CurrentTime == "{_TIME}"', f'aws.CurrentTime: "{_TIME}"', f"aws.CurrentTime: {_LATER}"),
    "DateNotEquals": (f'aws.CurrentTime != "{_TIME}"', f"aws.CurrentTime: {_LATER}", f'aws.CurrentTime: "{_TIME}"'),
    "DateLessThan": (f'aws.CurrentTime < "{_TIME}"', f"aws.CurrentTime: {_EARLIER}", f"aws.CurrentTime: {_LATER}"),
    "DateLessThanEquals": (
        f'aws.CurrentTime <= "{_TIME}"',
        f'aws.CurrentTime: "{_TIME}"',
        f"aws.CurrentTime: {_LATER}",
    ),
    "DateGreaterThan": (f'aws.CurrentTime > "{_TIME}"', f"aws.CurrentTime: {_LATER}", f"aws.CurrentTime: {_EARLIER}"),
    "DateGreaterThanEquals": (
        f'aws.CurrentTime >= "{_TIME}"',
        f'aws.CurrentTime: "{_TIME}"',
        f"aws.CurrentTime: {_EARLIER}",
    ),
    "Bool": ("aws.SecureTransport == true", "aws.SecureTransport: true", "aws.SecureTransport: false"),
    "IpAddress": ('aws.SourceIp in "192.0.2.0/24"', 'aws.SourceIp: "192.0.2.7"', 'aws.SourceIp: "203.0.113.9"'),
    "NotIpAddress": (
        'not (aws.SourceIp in "192.0.2.0/24")',
        'aws.SourceIp: "203.0.113.9"',
        'aws.SourceIp: "192.0.2.7"',
    ),
    "ArnEquals": (
        'aws.SourceArn == "arn:aws:s3:::a"',
        'aws.SourceArn: "arn:aws:s3:::a"',
        'aws.SourceArn: "arn:aws:s3:::b"',
    ),
    "ArnNotEquals": (
        'aws.SourceArn != "arn:aws:s3:::a"',
        'aws.SourceArn: "arn:aws:s3:::b"',
        'aws.SourceArn: "arn:aws:s3:::a"',
    ),
    "ArnLike": (
        'aws.SourceArn like "arn:aws:s3:::a*"',
        'aws.SourceArn: "arn:aws:s3:::ab"',
        'aws.SourceArn: "arn:aws:s3:::b"',
    ),
    "ArnNotLike": (
        'aws.SourceArn not like "arn:aws:s3:::a*"',
        'aws.SourceArn: "arn:aws:s3:::b"',
        'aws.SourceArn: "arn:aws:s3:::ab"',
    ),
    "Null": ("exists aws.SourceIdentity", 'aws.SourceIdentity: "a"', "aws.SourceIdentity: absent"),
    "ForAnyValue:StringEquals": ('"a" in aws.TagKeys', 'aws.TagKeys: ["a", "b"]', 'aws.TagKeys: ["b"]'),
    "ForAllValues:StringEquals": ('all aws.TagKeys in ["a", "c"]', 'aws.TagKeys: ["a"]', 'aws.TagKeys: ["a", "b"]'),
    "NumericLessThanIfExists": (
        "not (aws.MultiFactorAuthAge >= 60)",
        "aws.MultiFactorAuthAge: absent",
        "aws.MultiFactorAuthAge: 60",
    ),
}


def operators() -> Iterator[Claim]:
    """Every operator that IAM has, with the form of the language that writes it."""
    section = "IAM condition operators"
    for name, (test, good, bad) in _SOURCES.items():
        text = (
            LATTICE
            + OPEN_NETWORK
            + CALLS
            + (f'policy probe for lattice on api {{ allow "probe" {{ who anyone  when {test} }} }}\n')
            + two_tests('who: caller, can: GET, path: "/a", ', good, bad, "api")
        )
        yield Claim(section, name, text, _operator(name), "lattice/probe", emitted=f"`{test}`")
    for name, who in (("StringEqualsIgnoreCase", "anonymous"), ("StringNotEqualsIgnoreCase", "authenticated")):
        first, second = ("anonymous", "caller") if who == "anonymous" else ("caller", "anonymous")
        text = LATTICE + OPEN_NETWORK + CALLS + f'policy probe for lattice on api {{ allow "probe" {{ who {who} }} }}\n'
        text += two_tests('can: GET, path: "/a", ', f"who: {first}", f"who: {second}", "api")
        yield Claim(section, name, text, _operator(name), "lattice/probe", emitted=f"`who {who}`")
    yield Claim(section, "BinaryEquals", _PROGRAM, proof=_binary)
    known = set(BASES) | {"ForAnyValue:StringEquals", "ForAllValues:StringEquals", "NumericLessThanIfExists"}
    assert known == {*_SOURCES, "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCase", "BinaryEquals"}, known


def _operator(name: str) -> Callable[[Document], str]:
    return lambda document: name if any(name in item.get("Condition", {}) for item in statements(document)) else ""


def _binary(claim: Claim) -> Row:
    """No attribute holds binary data; documents that are read may test it."""
    for value, verdict in (("QUJD", Verdict.ALLOW), ("WFla", Verdict.IMPLICIT_DENY)):
        document = _emitted()
        document["Statement"][0]["Condition"] = {"BinaryEquals": {"vpc-lattice-svcs:RequestHeader/x": value}}
        compiled = _compile(document, Diagnostics())
        assert compiled is not None
        asked = Request.of(
            "vpc-lattice-svcs:Invoke",
            _API,
            caller_from_arn("arn:aws:iam::111122223333:role/caller"),
            {"vpc-lattice-svcs:RequestHeader/x": "QUJD"},
        )
        assert explain(compiled, asked).verdict is verdict
    return Row("yes, in documents that are read", "no: no attribute holds binary data", "yes")


# --- principals -------------------------------------------------------------------------------------------------


def principals() -> Iterator[Claim]:
    """Every constructor after `who` of an allow, on a Lattice service."""
    people = 'principal site = cloudfront(shop, "E2ABCDEF123456")\nprincipal job = session(shop, "batch", "one")\n'
    people += 'principal fed = federated_user(shop, "fed")\nprincipal tool = service("events.amazonaws.com")\n'
    people += 'policy batch_calls for identity on job_role { allow "all" { can invoke  on api } }\nprincipal job_role = role(shop, "batch")\n'
    cases = {
        "anyone": ("anyone", "anonymous", "", '"*"'),
        "anonymous": ("anonymous", "anonymous", "caller", "StringEqualsIgnoreCase"),
        "authenticated": ("authenticated", "caller", "anonymous", "StringNotEqualsIgnoreCase"),
        "account": ("account(shop)", "caller", "second", "arn:aws:iam::111122223333:root"),
        "role": ('role(shop, "caller")', "caller", "second", "arn:aws:iam::111122223333:role/caller"),
        "role with a pattern": ('role(shop, "cal*")', "caller", "person", "arn:aws:iam::111122223333:role/cal*"),
        "user": ('user(shop, "person")', "person", "caller", "arn:aws:iam::111122223333:user/person"),
        "session": ("job", "job", "caller", "arn:aws:sts::111122223333:assumed-role/batch/one"),
        "service": ("tool", "tool", "anonymous", '"Service":"events.amazonaws.com"'),
    }
    for name, (who, good, bad, shown) in cases.items():
        text = (
            LATTICE
            + people
            + OPEN_NETWORK
            + CALLS
            + f'policy probe for lattice on api {{ allow "probe" {{ who {who} }} }}\n'
        )
        ask = 'can: GET, path: "/a", '
        tests = (
            two_tests(ask, f"who: {good}", f"who: {bad}", "api")
            if bad
            else f'test "with" {{ request api {{ {ask}who: {good} }} expect allow }}\n'
        )
        yield Claim("principals", name, text + tests, text_with(shown), "lattice/probe", tests=2 if bad else 1)
    fed = LATTICE + people + OPEN_NETWORK + 'policy probe for lattice on api { allow "probe" { who fed } }\n'
    fed += two_tests('can: GET, path: "/a", ', "who: fed", "who: caller", "api", "deny").replace(
        "expect allow", "expect undecided"
    )
    yield Claim(
        "principals",
        "federated_user",
        fed + CALLS.replace("caller", "caller"),
        text_with("arn:aws:sts::111122223333:federated-user/fed"),
        "lattice/probe",
        "yes: undecided at `identity`, because policies of its creator are not in the project",
    )
    for name, who, rule in (
        ("root", "root(shop)", "principal-not-expressible"),
        ("cloudfront", "site", "principal-not-expressible"),
        (
            "canonical_user",
            'canonical_user("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be")',
            "principal-not-expressible",
        ),
    ):
        text = LATTICE + people + f'policy probe for lattice on api {{ allow "probe" {{ who {who} }} }}\n'
        yield Claim("principals", f"{name} on a Lattice service", text, refused=rule)
