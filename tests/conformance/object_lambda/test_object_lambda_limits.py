"""What the target refuses, each at its place: Object Lambda reference, sections 3, 8, 9 and 12."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from policyc.data import read_text
from policyc.targets.object_lambda import TARGET

Lab = Any
Make = Callable[[str], Lab]


def policy(statement: str) -> str:
    return f"\npolicy p for object_lambda on resized {{ {statement} }}\n"


def allow(clauses: str) -> str:
    return policy(f'allow "x" {{ {clauses} }}')


STATEMENTS = [
    (
        "called-via-at-first-hop",
        'who alice when any aws.CalledVia == "s3-object-lambda.amazonaws.com"',
        'any aws.CalledVia == "s3-object-lambda.amazonaws.com"',
    ),
    (
        "called-via-at-first-hop",
        'who alice when aws.CalledViaLast == "s3-object-lambda.amazonaws.com"',
        'aws.CalledViaLast == "s3-object-lambda.amazonaws.com"',
    ),
    ("key-not-at-object-lambda", 'who alice when s3.prefix like "a/*"', 's3.prefix like "a/*"'),
    ("key-not-at-object-lambda", "who alice when s3.max_keys <= 10", "s3.max_keys <= 10"),
    (
        "key-not-at-object-lambda",
        'who alice when s3.existing_object_tag["a"] == "b"',
        's3.existing_object_tag["a"] == "b"',
    ),
    (
        "key-not-at-object-lambda",
        "who alice when s3.data_access_point_account == shop",
        "s3.data_access_point_account == shop",
    ),
    ("key-not-at-object-lambda", 'who alice when key["s3:DataAccessPoint"] == "x"', 'key["s3:DataAccessPoint"] == "x"'),
    ("key-not-at-object-lambda", 'who alice when not (s3.delimiter == "/")', 's3.delimiter == "/"'),
    ("verb-without-permission", "who alice can HeadObject", "can HeadObject"),
    ("verb-without-permission", "who alice can GetObject, ListObjectsV2", "can GetObject, ListObjectsV2"),
    ("anonymous-not-served", "who anonymous can GetObject", "who anonymous"),
    (
        "canonical-user-not-served",
        'who canonical_user("79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be")',
        "who canonical_user",
    ),
    ("allow-all-but", "who not alice can GetObject", "who not alice"),
    ("service-is-not-the-caller", 'who service("s3-object-lambda.amazonaws.com") can GetObject', "who service"),
    ("any-distribution", 'who service("cloudfront.amazonaws.com") can GetObject', "who service"),
    ("public-policy", "who anyone can GetObject", "who anyone"),
    ("public-policy", 'who authenticated can GetObject when aws.SourceIp in "203.0.113.0/24"', "who authenticated"),
    (
        "public-policy",
        'who anyone can ListBucket when aws.PrincipalOrgID == org or aws.SourceIp in "203.0.113.0/24"',
        "who anyone",
    ),
    ("function-cannot-be-confined", "who anyone can GetObject when aws.PrincipalAccount == shop", "who anyone"),
    ("organization-of-a-service", "who cdn can GetObject when aws.PrincipalOrgID == org", "aws.PrincipalOrgID == org"),
    (
        "distribution-arn-with-region",
        'who service("cloudfront.amazonaws.com") can GetObject'
        ' when aws.SourceArn == "arn:aws:cloudfront:us-east-1:111122223333:distribution/E2ABCDEF123456"',
        '"arn:aws:cloudfront',
    ),
    ("known-key", 'who alice when key["s3-object-lambda:TlsVersion"] == "1.2"', 'key["s3-object-lambda'),
    ("principal-not-expressible", "who root(shop) can GetObject", "who root"),
]


@pytest.mark.parametrize(("rule", "clauses", "place"), STATEMENTS)
def test_statement_mistakes(flawed: Make, plain: str, rule: str, clauses: str, place: str) -> None:
    made = flawed(plain + allow(clauses))
    assert [found for found, _ in made.findings] == [rule], [item.message for item in made.diagnostics]
    (text,) = [text for _, text in made.findings]
    assert text.startswith(place), text
    assert not made.documents


FINE = [
    "who anyone can GetObject when aws.PrincipalOrgID == org",
    "who anyone can ListBucket when aws.PrincipalAccount == shop",
    'who service("cloudfront.amazonaws.com") can GetObject when aws.SourceAccount == shop',
    'who alice when aws.CurrentTime < "2027-01-01T00:00:00Z" and not exists aws.SourceVpce',
    'who alice when olap.auth_type == "REST-HEADER" and exists olap.version_id',
    "who alice, cdn can GetObject",
]


@pytest.mark.parametrize("clauses", FINE)
def test_statements_without_mistakes(lab: Make, plain: str, clauses: str) -> None:
    assert lab(plain + allow(clauses)).documents


def test_denies_may_name_everyone(lab: Make, plain: str) -> None:
    body = 'allow "x" { who alice can GetObject } deny "a" { who anonymous } deny "b" { who not alice can PutObject }'
    made = lab(plain + policy(body))
    denies = [item for item in made.statements("resized.access_point_policy") if item["Effect"] == "Deny"]
    assert all(item["Principal"] == "*" and item["Condition"] for item in denies)


RESOURCES = [
    ("alias-instead-of-name", '"photos-ap"', '"photos-ap-abc123-s3alias"', '"photos-ap-abc123-s3alias"'),
    ("alias-instead-of-name", '"photos-resized"', '"photos-abc--ol-s3"', '"photos-abc--ol-s3"'),
    ("function-elsewhere", '"resize-image", at: shop/us-east-1', '"resize-image", at: shop/eu-west-1', "resize"),
    ("latest-qualifier", 'qualifier: "7"', 'qualifier: "$LATEST"', '"$LATEST"'),
    ("execution-role-elsewhere", 'role(shop, "resize-role")', 'role(other, "resize-role")', "role(other"),
    ("execution-role-needed", 'role(shop, "resize-role")', 'user(shop, "resize-role")', "user(shop"),
    ("execution-role-needed", 'role(shop, "resize-role")', 'role(shop, "resize-*")', "role(shop"),
    ("no-transformation", "function: resize }", "function: resize, actions: [] }", "[]"),
    (
        "unknown-feature",
        "function: resize }",
        'function: resize, features: ["GetObject-range"] }',
        '["GetObject-range"]',
    ),
    ("malformed-value", '"photos-resized"', '"Photos"', '"Photos"'),
    ("malformed-value", '"photos-resized"', '"ab"', '"ab"'),
    ("malformed-value", '"photos-resized"', f'"{"a" * 46}"', '"aaa'),
    ("malformed-value", '"photos-ap"', f'"{"a" * 51}"', '"aaa'),
    ("malformed-value", '"resize-image"', '"arn:aws:lambda:us-east-1:111122223333:function:resize-image"', '"arn:'),
    ("unknown-word", "function: resize }", "function: resize, actions: [PutObject] }", "PutObject"),
]


@pytest.mark.parametrize(("rule", "old", "new", "place"), RESOURCES)
def test_resource_mistakes(
    flawed: Make, plain: str, cdn_policy: str, rule: str, old: str, new: str, place: str
) -> None:
    assert old in plain
    made = flawed(plain.replace(old, new) + cdn_policy)
    findings = [(found, text) for found, text in made.findings if found == rule]
    assert findings, made.findings
    assert findings[0][1].startswith(place), findings


def test_function_of_another_account(flawed: Make, plain: str, cdn_policy: str) -> None:
    made = flawed(plain.replace('"resize-image", at: shop/', '"resize-image", at: other/') + cdn_policy)
    assert "function-elsewhere" in made.rules


def test_one_thing_declared_twice(flawed: Make, plain: str, cdn_policy: str) -> None:
    twin = 'resource photos_again: s3.bucket { name: "acme-photos", at: other/eu-west-1 }\n'
    made = flawed(plain + twin + cdn_policy)
    assert made.rules == ["resource-declared-twice"]
    (finding,) = made.diagnostics
    assert made.text[finding.span.start :].startswith("resource photos_again")


@pytest.mark.parametrize(("clause", "word"), [('path "a/*"', "path"), ("on photos", "on")])
def test_clauses_that_do_not_exist_here(flawed: Make, plain: str, clause: str, word: str) -> None:
    made = flawed(plain + allow(f"who alice can GetObject {clause}"))
    assert made.findings[0][0] == "clause-not-allowed"
    assert made.findings[0][1].startswith(word)


def test_a_policy_sits_on_an_object_lambda_access_point_only(flawed: Make, plain: str, cdn_policy: str) -> None:
    made = flawed(plain + cdn_policy.replace("on resized", "on photo_ap"))
    assert made.rules == ["wrong-resource-type"]


def test_every_finding_has_help_and_an_entry() -> None:
    entries = json.loads(read_text("schemas/errors/object_lambda.json"))
    shared = json.loads(read_text("schemas/errors/iam_documents.json"))
    for rule, *_ in (*STATEMENTS, *(item for item in RESOURCES if item[0] not in ("malformed-value", "unknown-word"))):
        entry = entries.get(rule) or shared[rule]
        assert set(entry) == {"summary", "why", "help"}


def test_vocabulary_names_a_source_for_every_entry() -> None:
    vocabulary = TARGET.vocabulary()
    for attribute in vocabulary.attributes.values():
        assert attribute.doc, attribute.name
        assert attribute.source.startswith("https://") or attribute.name == "key[]", attribute.name
    for kind in vocabulary.resource_types.values():
        assert kind.source.startswith("https://"), kind.name
        assert all(field.doc and field.source for field in kind.fields.values()), kind.name
        assert all(verb.doc and verb.source for verb in kind.verbs.values()), kind.name


@pytest.mark.parametrize("kind", ["s3.bucket", "s3.access_point"])
def test_direct_verbs_know_where_objects_lie(kind: str) -> None:
    below = {"s3.bucket": "/", "s3.access_point": "/object/"}[kind]
    for verb in TARGET.vocabulary().resource_types[kind].verbs.values():
        lists = verb.action.startswith("s3:ListBucket")
        assert verb.below == (None if lists else below), verb.name
