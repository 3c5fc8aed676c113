"""What the document reader takes and what it refuses, and every switch in both positions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics, Severity
from policyc.engines.iam import Kind, Request, Switches, caller_from_arn, compile_document, compile_text, explain
from policyc.engines.iam.switches import TABLE
from policyc.engines.trace import Verdict
from policyc.lint.registry import RULES
from policyc.syntax.json_text import from_plain, parse_json
from policyc.text import Source, Span
from tests.conformance.iam_cases import HOME, ask, document, holds, policy, read, verdict

NOWHERE = Span("p.json", 0, 0)
CATALOGUE = Path(__file__).parents[2] / "schemas" / "errors"
OK = {"Effect": "Allow", "Action": "*", "Resource": "*"}
OPEN = OK | {"Principal": "*"}
IDENT, R, S = Kind.IDENTITY, Kind.RESOURCE, Kind.SCP


def cond(operator: str, values: Any, key: str = "t:k") -> dict[str, Any]:
    return policy(OK | {"Condition": {operator: {key: values}}})


#: what AWS does not save though its meaning is plain: an error, and the document can be evaluated
REFUSED = {
    "empty-statement-list",
    "empty-array-action",
    "empty-array-resource",
    "type-mismatch-date",
    "invalid-partition",
    "invalid-arn-account",
    "missing-arn-field",
    "invalid-service-principal-format",
    "invalid-arn-prefix",
}
# fact, document, kind, rules of the findings, whether it may be evaluated
DOCUMENTS: list[tuple[str, Any, Kind, list[str], bool]] = [
    ("1 list", policy(OK), IDENT, [], True),
    ("1 characters", policy(OK | {"Resource": "arn:aws:s3:::b/\u00ff"}), IDENT, [], True),
    ("1 characters", policy(OK | {"Resource": "arn:aws:s3:::b/\u0100"}), IDENT, ["unsupported-character"], False),
    (
        "1 characters in a key",
        cond("StringEquals", "a", "aws:PrincipalTag/\u20ac"),
        Kind.SESSION,
        ["unsupported-character"],
        False,
    ),
    ("1 characters of other services", policy(OPEN | {"Resource": "arn:aws:s3:::b/\u20ac"}), R, [], True),
    ("1 one statement without brackets", {"Version": "2012-10-17", "Statement": OK}, IDENT, [], True),
    ("1 any order", {"Statement": [OK], "Version": "2012-10-17"}, IDENT, [], True),
    ("2 old version", {"Statement": [OK], "Version": "2008-10-17"}, IDENT, ["old-version"], True),
    ("2 old version elsewhere", {"Statement": [OPEN], "Version": "2008-10-17"}, R, ["old-version"], True),
    ("2 no version", {"Statement": [OK]}, IDENT, ["missing-version"], True),
    ("2 no version elsewhere", {"Statement": [OPEN]}, R, ["missing-version"], True),
    ("1 id", policy(OPEN) | {"Id": "x"}, R, [], True),
    ("1 id in identity", policy(OK) | {"Id": "x"}, IDENT, ["invalid-policy-element"], True),
    ("1 not an object", [OK], IDENT, ["data-type-mismatch"], False),
    ("1 no statement", {"Version": "2012-10-17"}, IDENT, ["missing-statement"], False),
    ("1 empty statement list", policy(), IDENT, ["empty-statement-list"], True),
    ("1 statement is text", policy("x"), IDENT, ["data-type-mismatch"], False),
    ("13 element", policy(OK | {"Actions": "*"}), IDENT, ["invalid-policy-element"], False),
    ("1 element case", {"Version": "2012-10-17", "statement": [OK]}, IDENT, ["invalid-policy-element"], False),
    ("13 effect", policy({"Action": "*", "Resource": "*"}), IDENT, ["missing-effect"], False),
    ("1 effect case", policy(OK | {"Effect": "allow"}), IDENT, ["invalid-effect"], False),
    ("13 effect type", policy(OK | {"Effect": True}), IDENT, ["invalid-effect"], False),
    ("13 version", {"Version": "2020-01-01", "Statement": [OK]}, IDENT, ["invalid-version"], False),
    ("13 version type", {"Version": 2012, "Statement": [OK]}, IDENT, ["invalid-version"], False),
    ("13 action", policy({"Effect": "Allow", "Resource": "*"}), IDENT, ["missing-action"], False),
    ("13 resource", policy({"Effect": "Allow", "Action": "*"}), IDENT, ["missing-resource"], False),
    ("1 pair", policy(OK | {"NotAction": "s3:*"}), IDENT, ["unsupported-element-combination"], False),
    ("1 pair", policy(OK | {"NotResource": "*"}), IDENT, ["unsupported-element-combination"], False),
    ("1 pair", policy(OPEN | {"NotPrincipal": "*"}), R, ["unsupported-element-combination"], False),
    ("1 principal needed", policy(OK), R, ["missing-principal"], False),
    ("1 principal refused", policy(OPEN), IDENT, ["unsupported-principal"], False),
    ("1 principal refused", policy(OPEN), Kind.BOUNDARY, ["unsupported-principal"], False),
    ("1 principal refused", policy(OPEN), Kind.SESSION, ["unsupported-principal"], False),
    ("10.5 scp principal", policy(OPEN), S, ["scp-syntax-error-principal"], False),
    ("10.5 scp wildcard", policy(OK | {"Action": "s3:Get*Object"}), S, ["scp-syntax-error-action-wildcard"], True),
    (
        "10.5 rcp principal",
        policy(OPEN | {"Effect": "Deny", "Principal": {"AWS": HOME}}),
        Kind.RCP,
        ["rcp-syntax-error-principal"],
        False,
    ),
    ("10.5 rcp allow", policy(OPEN | {"Action": "s3:*"}), Kind.RCP, ["rcp-syntax-error-allow"], False),
    ("10.5 rcp full access", policy(OPEN), Kind.RCP, [], True),
    (
        "10.5 rcp NotAction",
        policy({"Effect": "Deny", "Principal": "*", "NotAction": "s3:*", "Resource": "*"}),
        Kind.RCP,
        ["rcp-syntax-error-notaction"],
        False,
    ),
    (
        "1 trust",
        policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}),
        Kind.TRUST,
        [],
        True,
    ),
    (
        "1 trust",
        policy({"Effect": "Allow", "Principal": {"Federated": "accounts.google.com"}, "Action": "sts:*"}),
        Kind.TRUST,
        [],
        True,
    ),
    ("1 trust resource", policy(OPEN), Kind.TRUST, ["role-trust-policy-syntax-error-resource"], False),
    (
        "4.4 trust NotPrincipal",
        policy({"Effect": "Deny", "NotPrincipal": {"AWS": HOME}, "Action": "*"}),
        Kind.TRUST,
        ["role-trust-policy-syntax-error-notprincipal"],
        False,
    ),
    ("4.4 allow NotPrincipal", policy(OK | {"NotPrincipal": {"AWS": HOME}}), R, ["allow-with-not-principal"], True),
    (
        "4.1 group",
        policy(OPEN | {"Principal": {"AWS": f"arn:aws:iam::{HOME}:group/g"}}),
        R,
        ["invalid-principal-format"],
        False,
    ),
    ("4.1 text", policy(OPEN | {"Principal": HOME}), R, ["invalid-principal-format"], False),
    ("4.1 list", policy(OPEN | {"Principal": ["*"]}), R, ["invalid-principal-format"], False),
    (
        "4.1 a name with a space",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/a b"}}),
        R,
        ["invalid-principal-format"],
        False,
    ),
    (
        "4.1 a name with a control",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::111122223333:user/a\x1b"}}),
        R,
        ["invalid-principal-format"],
        False,
    ),
    (
        "4.1 a path without a name",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/a/"}}),
        R,
        ["invalid-principal-format"],
        False,
    ),
    (
        "4.1 a name with marks",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::111122223333:role/p<q/a_b+=,.@-"}}),
        R,
        [],
        True,
    ),
    ("4.1 account digits", policy(OPEN | {"Principal": {"AWS": "1234"}}), R, ["invalid-principal-format"], False),
    ("4.1 type", policy(OPEN | {"Principal": {"Aws": HOME}}), R, ["invalid-principal-key"], False),
    (
        "4.1 wildcard",
        policy(OPEN | {"Principal": {"AWS": f"arn:aws:iam::{HOME}:role/*"}}),
        R,
        ["unsupported-wildcard-in-principal"],
        False,
    ),
    (
        "4.1 service star",
        policy(OPEN | {"Principal": {"Service": "*"}}),
        R,
        ["unsupported-wildcard-in-principal"],
        False,
    ),
    (
        "4.1 federated",
        policy(OPEN | {"Principal": {"Federated": "accounts.google.com"}}),
        R,
        ["federated-principal-not-supported"],
        False,
    ),
    ("4.1 stored id", policy(OPEN | {"Principal": {"AWS": "AIDAEXAMPLE1234567"}}), R, ["invalid-user-reference"], True),
    ("4.1 stored id", policy(OPEN | {"Principal": {"AWS": "AROAEXAMPLE1234567"}}), R, ["invalid-role-reference"], True),
    (
        "4.1 origin access identity",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"}}),
        R,
        [],
        True,
    ),
    (
        "7 principal",
        policy(OPEN | {"Principal": {"AWS": "${aws:PrincipalArn}"}}),
        R,
        ["variable-unsupported-in-element"],
        False,
    ),
    ("8.5 empty principal", policy(OPEN | {"Principal": {}}), R, ["empty-object-principal"], True),
    ("8.5 empty principal", policy(OPEN | {"Principal": {"AWS": []}}), R, ["empty-array-principal"], True),
    ("1 null principal", policy(OPEN | {"Principal": None}), R, ["invalid-principal-format"], False),
    ("5 form", policy(OK | {"Action": "GetObject"}), IDENT, ["invalid-action"], False),
    ("5 form", policy(OK | {"Action": "s3*"}), IDENT, ["invalid-action"], False),
    ("5 form", policy(OK | {"Action": "s3: Get"}), IDENT, ["invalid-action"], True),
    ("5 form", policy(OPEN | {"Action": "s3: Get"}), R, ["invalid-action"], False),
    ("7 action", policy(OK | {"Action": "s3:${aws:username}"}), IDENT, ["variable-unsupported-in-element"], False),
    ("13 type", policy(OK | {"Action": 1}), IDENT, ["data-type-mismatch"], False),
    ("13 type", policy(OK | {"Resource": ["*", 1]}), IDENT, ["data-type-mismatch"], False),
    ("8.5 empty action", policy(OK | {"Action": []}), IDENT, ["empty-array-action"], True),
    ("8.5 empty resource", policy(OK | {"Resource": []}), IDENT, ["empty-array-resource"], True),
    ("6 prefix", policy(OK | {"Resource": "bucket"}), IDENT, ["invalid-arn-prefix"], False),
    ("6 service case", policy(OK | {"Resource": "arn:aws:S3:::b"}), IDENT, ["invalid-arn-service-case"], True),
    ("6 service wildcard", policy(OK | {"Resource": "arn:aws:s*:::b"}), IDENT, ["wildcard-in-service-name"], True),
    ("1 short", policy(OK | {"Resource": "arn:aws:sqs"}), IDENT, [], True),
    ("13 partition", policy(OK | {"Resource": "arn:error:s3:::b"}), IDENT, ["invalid-partition"], True),
    ("13 no partition", policy(OK | {"Resource": "arn::s3:::b"}), IDENT, ["invalid-partition"], True),
    ("13 other partition", policy(OK | {"Resource": "arn:aws-us-gov:s3:::b"}), IDENT, [], True),
    ("13 any partition", policy(OK | {"Resource": "arn:*:s3:::b"}), IDENT, [], True),
    ("13 vendor only", policy(OK | {"Resource": "arn:aws"}), IDENT, ["missing-arn-field"], True),
    ("13 vendor only", policy(OK | {"Resource": "arn:aws::example"}), IDENT, ["missing-arn-field"], True),
    ("13 account", policy(OK | {"Resource": "arn:aws:s3::example-bucket"}), IDENT, ["missing-arn-field"], True),
    ("13 account", policy(OPEN | {"Resource": "arn:aws:sqs:us-east-1:1111:q"}), R, ["invalid-arn-account"], True),
    ("13 account of AWS", policy(OK | {"Resource": "arn:aws:iam::aws:policy/ReadOnlyAccess"}), IDENT, [], True),
    ("13 wild account", policy(OK | {"Resource": "arn:aws:sqs:*:1111*:q"}), IDENT, [], True),
    (
        "13 account of a principal",
        policy(OPEN | {"Principal": {"AWS": "arn:aws:iam::1111:role/x"}}),
        R,
        ["invalid-principal-format"],
        False,
    ),
    ("13 service", policy(OPEN | {"Principal": {"Service": "lambda"}}), R, ["invalid-service-principal-format"], True),
    ("13 service", policy(OPEN | {"Principal": {"Service": "delivery.logs.amazonaws.com"}}), R, [], True),
    ("7 template", policy(OK | {"Resource": "${service_arn}/*"}), IDENT, ["template-in-text"], False),
    ("7 template", policy(OK | {"Resource": "arn:aws:s3:::${Bucket.Arn}/*"}), IDENT, ["template-in-text"], False),
    ("7 template", policy(OPEN | {"Principal": {"AWS": "${role_arn}"}}), R, ["template-in-text"], False),
    ("7 template", policy(OPEN | {"Principal": "${role_arn}"}), R, ["template-in-text"], False),
    ("7 template", policy(OK | {"Action": "${action}"}), IDENT, ["template-in-text"], False),
    ("7 template", cond("StringEquals", "${AWS::AccountId}"), IDENT, ["template-in-text"], False),
    ("7 template", cond("NumericEquals", "${port}"), IDENT, ["template-in-text"], False),
    ("7 template", cond("StringEquals", "${self:custom.stage}"), IDENT, ["template-in-text"], False),
    ("7 template", cond("StringEquals", '${jsonencode("x")}'), IDENT, ["template-in-text"], False),
    ("7 template", cond("StringEquals", "a", "aws:PrincipalTag/${tag}"), IDENT, ["template-in-text"], False),
    ("7 variable of a provider", cond("StringEquals", "${www.amazon.com:user_id}"), IDENT, [], True),
    ("7 variable with a default", cond("StringEquals", "${aws:PrincipalTag/team, 'a(b)'}"), IDENT, [], True),
    (
        "4 principal is an object",
        policy(OPEN | {"Principal": {"AWS": {"Ref": "Role"}}}),
        R,
        ["data-type-mismatch"],
        False,
    ),
    ("1 short in session", policy(OK | {"Resource": "arn:aws:sqs"}), Kind.SESSION, ["missing-arn-field"], False),
    ("13 short in resource", policy(OPEN | {"Resource": "arn:aws:sqs"}), R, ["missing-arn-field"], False),
    (
        "6 early variable",
        policy(OK | {"Resource": "arn:aws:s3::${aws:PrincipalAccount}:b"}),
        IDENT,
        ["variable-unsupported-in-element"],
        False,
    ),
    ("7 brace", policy(OK | {"Resource": "arn:aws:s3:::${aws:username"}), IDENT, ["missing-brace-in-variable"], False),
    ("7 empty", policy(OK | {"Resource": "arn:aws:s3:::${}"}), IDENT, ["empty-variable"], False),
    (
        "7 space",
        policy(OK | {"Resource": "arn:aws:s3:::${aws: username}"}),
        IDENT,
        ["unsupported-space-in-variable"],
        False,
    ),
    (
        "7 quote",
        policy(OK | {"Resource": "arn:aws:s3:::${aws:username, 'x}"}),
        IDENT,
        ["missing-quote-in-variable"],
        False,
    ),
    (
        "7 comma",
        policy(OK | {"Resource": "arn:aws:s3:::${aws:username,'x'}"}),
        IDENT,
        ["missing-quote-in-variable"],
        False,
    ),
    (
        "7 comma",
        policy(OK | {"Resource": "arn:aws:s3:::${aws:username, x}"}),
        IDENT,
        ["unsupported-space-in-variable"],
        False,
    ),
    (
        "2 old version",
        policy(OK | {"Resource": "arn:aws:s3:::${aws:username}"}, version="2008-10-17"),
        IDENT,
        ["variable-unsupported-in-version"],
        True,
    ),
    (
        "2 no version",
        {"Statement": OK | {"Resource": "arn:aws:s3:::${aws:username}"}},
        IDENT,
        ["missing-version"],
        True,
    ),
    ("1 sid", policy(OK | {"Sid": "a-b"}), IDENT, ["unsupported-sid"], False),
    ("1 sid elsewhere", policy(OPEN | {"Sid": "a b"}), R, [], True),
    ("13 sid empty", policy(OK | {"Sid": ""}), IDENT, ["empty-sid-value"], True),
    ("13 sid type", policy(OK | {"Sid": 1}), IDENT, ["data-type-mismatch"], False),
    ("1 sid twice", policy(OK | {"Sid": "a"}, OK | {"Sid": "a"}), IDENT, ["unique-sids-required"], False),
    ("13 sid twice", policy(OPEN | {"Sid": "a"}, OPEN | {"Sid": "a"}), R, ["unique-sids-recommended"], True),
    ("8.5 operator", cond("StringIs", "a"), IDENT, ["invalid-condition-operator"], False),
    ("8.5 operator", cond("forAnyValue:StringEquals", "a"), IDENT, ["invalid-condition-operator"], False),
    ("8.5 operator", cond("IfExists", "a"), IDENT, ["invalid-condition-operator"], False),
    ("8.5 null if exists", cond("NullIfExists", "true"), IDENT, ["null-with-if-exists"], False),
    ("8.5 null qualifier", cond("ForAllValues:Null", "true"), IDENT, ["null-with-qualifier"], True),
    (
        "8.2 two cases",
        policy(OK | {"Condition": {"StringEquals": {"t:k": "a", "T:K": "b"}}}),
        IDENT,
        ["duplicate-keys-with-different-case"],
        False,
    ),
    ("13 key", cond("StringEquals", "a", "nokey"), IDENT, ["invalid-condition-key-format"], True),
    ("13 tag key", cond("StringEquals", "a", "aws:PrincipalTag/"), IDENT, ["missing-tag-key-in-condition"], True),
    ("8.5 mixed", cond("StringEquals", ["a", 1]), IDENT, ["invalid-condition-data-type"], False),
    ("8.5 booleans", cond("Bool", ["true", "false"]), IDENT, ["invalid-condition-multiple-boolean"], False),
    ("8.5 null value", cond("StringEquals", None), IDENT, ["data-type-mismatch"], False),
    ("8.5 nested", cond("StringEquals", [["a"]]), IDENT, ["data-type-mismatch"], False),
    ("8.5 number", cond("NumericEquals", "ten"), IDENT, ["type-mismatch-number"], True),
    ("8.5 date", cond("DateEquals", "soon"), IDENT, ["type-mismatch-date"], True),
    ("8.5 bool", cond("Bool", "yes"), IDENT, ["type-mismatch-boolean"], True),
    ("8.5 binary", cond("BinaryEquals", "***"), IDENT, ["type-mismatch-string"], True),
    ("8.5 ip", cond("IpAddress", "10.0.0.0/33"), IDENT, ["type-mismatch-ip-range"], False),
    ("8.5 ip", cond("NotIpAddress", "host"), IDENT, ["type-mismatch-ip-range"], False),
    ("8.5 wildcard", cond("StringEquals", "a*"), IDENT, [], True),
    ("8.1 date without zone", cond("DateEquals", "2020-01-01T00:00:00"), IDENT, ["invalid-date-value"], True),
    ("15 #3 bool variable", cond("Bool", "${t:j}"), IDENT, ["invalid-variable-for-operator"], False),
    ("7 numeric variable", cond("NumericEquals", "${t:j}"), IDENT, ["invalid-variable-for-operator"], False),
    ("8.1 short arn", cond("ArnLike", "arn:aws:s3"), IDENT, ["missing-arn-field"], True),
    ("8.1 star arn", cond("ArnLike", "*"), IDENT, [], True),
    ("8.3 set", cond("StringEquals", "a", "aws:PrincipalOrgPaths"), IDENT, ["missing-qualifier"], True),
    (
        "8.3 lattice set",
        cond("StringEquals", "a", "vpc-lattice-svcs:RequestQueryString/q"),
        IDENT,
        ["missing-qualifier"],
        True,
    ),
    ("8.5 empty", cond("StringEquals", []), IDENT, ["empty-array-condition"], True),
    ("8.5 empty", cond("ForAllValues:StringEquals", []), IDENT, ["empty-array-condition"], True),
    ("8.5 empty", cond("ForAnyValue:StringEquals", []), IDENT, ["empty-array-condition"], True),
    ("8.5 empty", cond("StringEqualsIfExists", []), IDENT, ["empty-array-condition"], True),
    ("8.5 empty block", policy(OK | {"Condition": {}}), IDENT, ["empty-object-condition"], True),
    ("13 condition type", policy(OK | {"Condition": []}), IDENT, ["data-type-mismatch"], False),
    ("13 block type", policy(OK | {"Condition": {"StringEquals": "a"}}), IDENT, ["data-type-mismatch"], False),
]


@pytest.mark.parametrize(
    ("plain", "kind", "rules", "usable"),
    [
        pytest.param(plain, kind, rules, usable, id=f"{fact} {i}")
        for i, (fact, plain, kind, rules, usable) in enumerate(DOCUMENTS)
    ],
)
def test_document(plain: Any, kind: Kind, rules: list[str], usable: bool) -> None:
    """Read from text, so that every finding has a place of its own."""
    diagnostics = Diagnostics()
    source = Source("p.json", json.dumps(plain, indent=1))
    held = compile_text(source, kind, diagnostics)
    assert [item.rule for item in diagnostics] == rules
    assert (held is not None) is usable
    if usable:
        assert {item.rule for item in diagnostics if item.severity is Severity.ERROR} <= REFUSED
    else:
        assert diagnostics.has_errors
    catalogue = json.loads((CATALOGUE / "iam.json").read_text())
    for item in diagnostics:
        assert item.span is not None
        assert source.text[item.span.start : item.span.end].strip()
        assert item.message[0].islower() or item.message[0] == "`"
        assert not item.message.endswith(".")
        assert item.help
        assert item.rule in catalogue or item.rule in RULES


def test_catalogues_are_complete_and_without_strays() -> None:
    known = {row for _, _, _, rules, _ in DOCUMENTS for row in rules}
    catalogue = json.loads((CATALOGUE / "iam.json").read_text())
    assert known - set(RULES) == set(catalogue)
    for entry in (*catalogue.values(), *json.loads((CATALOGUE / "json.json").read_text()).values()):
        assert set(entry) == {"summary", "why", "help"}
        assert all(entry.values())


def test_one_bad_statement_refuses_the_whole_document() -> None:
    held, rules = read(policy(OK, OK | {"Effect": "deny"}))
    assert held is None
    assert rules == ["invalid-effect"]


def test_origins_name_the_statements() -> None:
    tree = parse_json(Source("p.json", json.dumps(policy(OK, OK | {"Sid": "x"}))), Diagnostics())
    assert tree is not None
    place = Source("a.policy", "allow all").span(0, 5)
    held = compile_document(tree, IDENT, Diagnostics(), name="doc", origins=[("allow 1", place)])
    assert held is not None
    trace = explain(held, ask())
    assert [(s.label, s.span == place) for s in trace.statements] == [("allow 1", True), ("x", False)]
    assert trace.name == "doc"


def test_severities() -> None:
    diagnostics = Diagnostics()
    compile_text(Source("p.json", json.dumps(cond("NumericEquals", "ten"))), IDENT, diagnostics)
    assert [item.severity for item in diagnostics] == [Severity.WARNING]


# switch, choice, condition, context, holds; the first row of each is the default
SWITCHED: list[tuple[str, str, dict[str, Any], dict[str, Any], bool | None]] = [
    ("variables-without-version", "literal", {"StringEquals": {"t:k": "${t:j}"}}, {"t:k": "a", "t:j": "a"}, False),
    ("variables-without-version", "expand", {"StringEquals": {"t:k": "${t:j}"}}, {"t:k": "a", "t:j": "a"}, True),
    ("bool-variables", "expand", {"Bool": {"t:k": "${t:j}"}}, {"t:k": "true", "t:j": "TRUE"}, True),
    ("all-values-not-like-absent", "match", {"ForAllValues:StringNotLike": {"t:k": "a"}}, {}, True),
    ("all-values-not-like-absent", "no-match", {"ForAllValues:StringNotLike": {"t:k": "a"}}, {}, False),
    ("empty-values", "never", {"StringEquals": {"t:k": []}}, {"t:k": "a"}, False),
    ("empty-values", "ignore", {"StringEquals": {"t:k": []}}, {"t:k": "a"}, True),
    ("empty-values-negated", "no-match", {"StringNotEqualsIfExists": {"t:k": []}}, {"t:k": "a"}, False),
    ("empty-values-negated", "match", {"StringNotEqualsIfExists": {"t:k": []}}, {"t:k": "a"}, True),
    ("empty-values-negated", "match", {"ForAllValues:StringNotEquals": {"t:k": []}}, {"t:k": "a"}, True),
    ("empty-condition", "ignore", {}, {}, True),
    ("empty-condition", "inert", {}, {}, False),
    ("empty-condition", "inert", {"StringEquals": {}}, {}, False),
    ("many-values-without-prefix", "no-match", {"StringEquals": {"t:k": "a"}}, {"t:k": ["a", "b"]}, False),
    ("many-values-without-prefix", "any", {"StringEquals": {"t:k": "a"}}, {"t:k": ["a", "b"]}, True),
    ("many-values-without-prefix", "undecided", {"StringEquals": {"t:k": "a"}}, {"t:k": ["a", "b"]}, None),
    ("unparsable-negated", "no-match", {"NumericNotEquals": {"t:k": "1"}}, {"t:k": "x"}, False),
    ("unparsable-negated", "match", {"NumericNotEquals": {"t:k": "1"}}, {"t:k": "x"}, True),
    ("bare-ipv6", "128", {"IpAddress": {"t:k": "2001:db8::1"}}, {"t:k": "2001:db8::2"}, False),
    ("bare-ipv6", "32", {"IpAddress": {"t:k": "2001:db8::1"}}, {"t:k": "2001:db8::2"}, True),
    ("any-value-negated-absent", "no-match", {"ForAnyValue:StringNotEquals": {"t:k": "a"}}, {}, False),
    ("any-value-negated-absent", "match", {"ForAnyValue:StringNotEquals": {"t:k": "a"}}, {}, True),
    ("any-value-if-exists-absent", "match", {"ForAnyValue:StringEqualsIfExists": {"t:k": "a"}}, {}, True),
    ("any-value-if-exists-absent", "no-match", {"ForAnyValue:StringEqualsIfExists": {"t:k": "a"}}, {}, False),
    ("blank-set-absent", "absent", {"ForAllValues:StringEquals": {"t:k": "a"}}, {"t:k": ""}, True),
    ("blank-set-absent", "present", {"ForAllValues:StringEquals": {"t:k": "a"}}, {"t:k": ""}, False),
    ("short-arn-pattern", "star-only", {"ArnLike": {"t:k": "arn:aws:s3"}}, {"t:k": "arn:aws:s3:::b"}, False),
    ("short-arn-pattern", "star-only", {"ArnLike": {"t:k": "*"}}, {"t:k": "arn:aws:s3:::b"}, True),
    ("short-arn-pattern", "pad", {"ArnLike": {"t:k": "arn:aws:s3"}}, {"t:k": "arn:aws:s3:::b"}, True),
    ("short-arn-pattern", "pad", {"ArnLike": {"t:k": "*"}}, {"t:k": "arn:aws:s3:::b"}, True),
    ("short-arn-pattern", "never", {"ArnLike": {"t:k": "*"}}, {"t:k": "arn:aws:s3:::b"}, False),
    ("substituted-wildcards", "data", {"StringLike": {"t:k": "${t:j}"}}, {"t:k": "ab", "t:j": "a*"}, False),
    ("substituted-wildcards", "wildcards", {"StringLike": {"t:k": "${t:j}"}}, {"t:k": "ab", "t:j": "a*"}, True),
    (
        "lattice-key-case",
        "accept",
        {"StringEquals": {"vpc-lattice-svcs:port": "1"}},
        {"vpc-lattice-svcs:Port": "1"},
        True,
    ),
    (
        "lattice-key-case",
        "exact",
        {"StringEquals": {"vpc-lattice-svcs:port": "1"}},
        {"vpc-lattice-svcs:Port": "1"},
        False,
    ),
    (
        "lattice-key-case",
        "exact",
        {"StringEquals": {"vpc-lattice-svcs:Port": "1"}},
        {"vpc-lattice-svcs:Port": "1"},
        True,
    ),
    (
        "lattice-key-case",
        "exact",
        {"StringNotEquals": {"vpc-lattice-svcs:port": "1"}},
        {"vpc-lattice-svcs:Port": "1"},
        True,
    ),
    ("date-without-zone", "utc", {"DateEquals": {"t:k": "2020-01-01"}}, {"t:k": "2020-01-01T00:00:00"}, True),
    ("date-without-zone", "unparsable", {"DateEquals": {"t:k": "2020-01-01"}}, {"t:k": "2020-01-01T00:00:00"}, False),
]


@pytest.mark.parametrize(("name", "choice", "condition", "context", "expected"), SWITCHED)
def test_switch(name: str, choice: str, condition: Any, context: Any, expected: bool | None) -> None:
    version = "" if name == "variables-without-version" else "2012-10-17"
    statement = OK | {"Condition": condition}
    plain = {"Statement": [statement]} | ({"Version": version} if version else {})
    held = document(plain, switches=Switches().choosing(name, choice))
    found = {Verdict.ALLOW: True, Verdict.IMPLICIT_DENY: False, Verdict.UNDECIDED: None}[verdict(held, ask(context))]
    assert found is expected


@pytest.mark.parametrize("row", [row for row in SWITCHED if row[1] == Switches().choice(row[0])])
def test_a_switch_that_decides_is_reported(row: Any) -> None:
    """Every default row whose other choice turns the answer names its switch."""
    name, _, condition, context, expected = row
    plain = {"Statement": [OK | {"Condition": condition}]}
    if name != "variables-without-version":
        plain |= {"Version": "2012-10-17"}
    others = [
        other
        for n, choice, c, x, other in SWITCHED
        if n == name and choice != Switches().choice(name) and (c, x) == (condition, context)
    ]
    reported = explain(document(plain), ask(context)).switches
    assert (name in reported) is (bool(others) and others != [expected])


def test_every_switch_has_a_field_a_default_and_a_row() -> None:
    for switch in TABLE:
        assert Switches().choice(switch.name) == switch.default
        assert switch.default in switch.choices
    elsewhere = {"resource-star-colon", "star-matches-services", "star-bypasses-boundary", "bare-principal"}
    assert {row[0] for row in SWITCHED} | elsewhere == {switch.name for switch in TABLE}
    with pytest.raises(ValueError, match="is one of"):
        Switches(bare_ipv6="64")


@pytest.mark.parametrize("text", ["111122223333", "arn:aws:iam::111122223333:role/r"])
def test_a_principal_without_its_type_is_a_switch(text: str) -> None:
    """Lattice reference section 4: the Gateway API Controller's page shows it, IAM's grammar does not."""
    plain = policy(OK | {"Principal": text})
    diagnostics = Diagnostics()
    assert compile_document(from_plain(plain, NOWHERE), R, diagnostics) is None
    assert [item.rule for item in diagnostics] == ["invalid-principal-format"]
    chosen = Switches(bare_principal="account")
    held = compile_document(from_plain(plain, NOWHERE), R, Diagnostics(), switches=chosen)
    assert held is not None and held.statements[0].switches == ("bare-principal",)
    asked = Request.of("s3:GetObject", "arn:aws:s3:::b/k", caller_from_arn("arn:aws:iam::111122223333:role/r"))
    assert explain(held, asked).verdict is Verdict.ALLOW
    assert explain(held, asked).switches == ("bare-principal",)
    other = Request.of("s3:GetObject", "arn:aws:s3:::b/k", caller_from_arn("arn:aws:iam::444455556666:role/r"))
    assert explain(held, other).verdict is Verdict.IMPLICIT_DENY


def test_two_spellings_of_a_context_key_are_refused() -> None:
    with pytest.raises(ValueError, match="given twice"):
        ask({"t:k": "a", "T:k": "b"})


def test_a_memo_is_bounded() -> None:
    from policyc.engines.iam.columns import MEMO_LIMIT

    held = document(cond("StringLike", "a*"))
    for number in range(MEMO_LIMIT + 10):
        assert verdict_fast(held, f"a{number}") is Verdict.ALLOW
    assert len(held.masks.single[0][1]) <= MEMO_LIMIT


def verdict_fast(held: Any, value: str) -> Verdict:
    from policyc.engines.iam import decide

    return decide(held, ask({"t:k": value}))


def test_holds_reads_conditions_as_documented() -> None:
    assert holds({"StringEquals": {"t:k": "a"}}, {"t:k": "a"}) is True
