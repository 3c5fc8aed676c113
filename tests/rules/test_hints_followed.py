"""Every help that offers a text for a JSON document is followed, in the cases of the rules, in the examples of the readers' findings and in a table of slips:
what it is about is silent then, and nothing else speaks up. In place of a string comes another string, in place of an operator another operator."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source
from policyc.workspace.catalogue import finding_examples
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.rules.test_lint_rules import ALL_CASES, MARKS, Case

OFFER = re.compile(r"(?:did you mean|write|use) `([^`]+)`(?:\?| if it is a wildcard)?")
OPERATORS = ("operator-of-another-type", "wildcard-without-like")
#: a corrected statement may say what another one of the case says
BESIDE = ("redundant-statement",)


def check(documents: Sequence[tuple[str, str]]) -> list[Diagnostic]:
    """What is found in documents (kind, text) that are checked together, whole: the reader's findings and the rules'."""
    texts = [(Source(f"{number}.json", text), ".json") for number, (_, text) in enumerate(documents)]
    kinds = {f"{number}.json": kind for number, (kind, _) in enumerate(documents)}
    found = Diagnostics()
    check_texts(texts, found, NativeSettings(), kinds)
    return found.sorted()


def corrected(text: str, item: Diagnostic) -> str | None:
    """The document with what a help offers in place of what is wrong; None where it offers no text, or not in place of one."""
    offer = OFFER.fullmatch(item.help)
    if offer is None or item.span is None:
        return None
    start, end = item.span.start, item.span.end
    if item.rule.startswith("forallvalues-"):
        start = text.rindex(f'"ForAllValues:{offer[1].removeprefix("ForAnyValue:")}"', 0, start)
        end = text.index('"', start + 1) + 1
    elif item.rule in OPERATORS:
        old = re.findall(r"`([^`]+)`", item.message)[0 if item.rule == OPERATORS[0] else -1]
        start = text.rindex(f'"{old}"', 0, start)
        end = start + len(old) + 2
    elif re.fullmatch(r'"[^"]*"', text[start:end]) is None:
        return None
    return text[:start] + (offer[1] if offer[1].startswith("{") else json.dumps(offer[1])) + text[end:]


def offers(case: Case) -> Iterator[tuple[Diagnostic, str, list[Diagnostic]]]:
    """The findings of a case that offer a text, the corrected document, and all that was found before."""
    text = MARKS.sub(lambda mark: " " * len(mark[0]), case.text)
    found = check([*case.documents, (case.kind, text)])
    for item in found:
        if item.span is not None and item.span.file == f"{len(case.documents)}.json":
            right = corrected(text, item)
            if right is not None:
                yield item, right, found


CASES = [case for case in ALL_CASES if case.kind not in ("", "cedar") and case.expected()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}-{case.number}")
def test_a_hint_that_is_followed_leaves_nothing(case: Case) -> None:
    for item, right, before in offers(case):
        after = Counter((one.rule, one.message) for one in check([*case.documents, (case.kind, right)]))
        fresh = after - Counter((one.rule, one.message) for one in before)
        assert [one for one in fresh if one[0] not in BESIDE] == [], (item.message, item.help)
        assert after[item.rule, item.message] < sum(one.message == item.message for one in before), item.help


#: kind and text of each JSON document that shows a finding of a reader
_SHOWN = re.compile(r"^```json as=([a-z-]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = [
    (f"{name}-{number}", found[1], found[2])
    for name, text in finding_examples().items()
    for number, found in enumerate(_SHOWN.finditer(text.partition("## Use instead\n")[0]))
]
_ROLE = '"arn:aws:iam::111122223333:role/app"'


def _identity(action: str, resource: str, condition: str = "{}") -> str:
    tests = "" if condition == "{}" else f', "Condition": {condition}'
    return f'{{"Version": "2012-10-17", "Statement": {{"Effect": "Allow", "Action": "{action}", "Resource": "{resource}"{tests}}}}}'


def _of(kind: str, principal: str, action: str, resource: str, condition: str = "{}") -> str:
    whom = f'"Effect": "Allow", "Principal": {principal}'
    return _identity(action, resource, condition).replace('"Effect": "Allow"', whom)


_PHOTOS = "arn:aws:s3:::acme-photos/*"
#: slips of which each has one right text
SLIPS = [
    ("identity", _identity("s3:GetObjects", _PHOTOS)),
    ("identity", _identity("dynamodbb:GetItem", "arn:aws:dynamodb:eu-west-1:111122223333:table/x")),
    (
        "identity",
        _identity("vpc-lattice:Invoke", "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0/*"),
    ),
    ("identity", _identity("s3:GetObject", "arn:aws:s3:::acme-photos")),
    ("identity", _identity("s3:ListBucket", _PHOTOS)),
    ("identity", _identity("s3:GetObject", "arn:aws:s3:eu-west-1::acme-photos/*")),
    ("identity", _identity("s3:GetObject", "arn:aws:s3:eu-west-1:111122223333:acme-photos/*")),
    ("identity", _identity("s3:GetObject", "arn:aws:s3::111122223333:acme-photos/*")),
    ("identity", _identity("s3:GetObject", "arn:aws:s3::acme-photos/*")),
    ("identity", _identity("sqs:SendMessage", "arn:aws:sqs::orders")),
    ("identity", _identity("sqs:SendMessage", "arn:aws:sqs:eu-west-1:orders")),
    ("identity", _identity("iam:GetRole", "arn:aws:iam:eu-west-1:111122223333:role/x")),
    ("identity", _identity("iam:GetRole", "arn:aws:iam::111122223333:rolle/x")),
    ("identity", _identity("sqs:SendMessage", "arn:aws:sqs:eu-wets-1:111122223333:orders")),
    ("identity", _identity("sqs:SendMessage", "arn:aws-cn:sqs:eu-west-1:111122223333:orders")),
    ("identity", _identity("s3:GetObject", "arn:aws:s3:::acme-photos/$(aws:username)/*")),
    ("identity", _identity("s3:GetObject", "arn:aws:s3:::acme-photos/${aws:usernam}/*")),
    ("identity", _identity("s3:ListBucket", "arn:aws:s3:::acme-photos", '{"StringLike": {"s3:prefx": "a/*"}}')),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"StringEquals": {"aws:PrincipleOrgID": "o-a1b2c3d4e5"}}')),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"stringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}')),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"StringEquals": {"aws:PrincipalType": "user"}}')),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"StringEquals": {"aws:RequestedRegion": "eu-west1"}}')),
    (
        "identity",
        _identity(
            "s3:GetObject", _PHOTOS, '{"ArnLike": {"aws:PrincipalArn": "arn:aws:sts::111122223333:assumed-role/app/*"}}'
        ),
    ),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"DateLessThan": {"aws:CurrentTime": "20300131"}}')),
    ("identity", _identity("s3:GetObject", _PHOTOS, '{"DateLessThan": {"aws:CurrentTime": "2030-1-31t9:00z"}}')),
    (
        "bucket",
        _of(
            "bucket",
            '{"Service": "cloudfrnt.amazonaws.com"}',
            "s3:GetObject",
            _PHOTOS,
            '{"StringEquals": {"aws:SourceAccount": "111122223333"}}',
        ),
    ),
    ("bucket", _of("bucket", '{"Aws": ' + _ROLE + "}", "s3:GetObject", _PHOTOS)),
    ("bucket", _of("bucket", '{"AWS": ' + _ROLE + "}", "s3:GetObjects", _PHOTOS)),
    ("auth-policy", _of("auth-policy", '{"AWS": ' + _ROLE + "}", "vpc-lattice:Invoke", "*")),
    ("auth-policy", _of("auth-policy", '{"AWS": ' + _ROLE + "}", "vpc-lattice-svcs:Invok", "*")),
    (
        "auth-policy",
        _of(
            "auth-policy",
            '{"AWS": ' + _ROLE + "}",
            "vpc-lattice-svcs:Invoke",
            "*",
            '{"StringEquals": {"vpc-lattice-svcs:RequestMethod": "get"}}',
        ),
    ),
    (
        "auth-policy",
        _of(
            "auth-policy",
            '{"AWS": ' + _ROLE + "}",
            "vpc-lattice-svcs:Invoke",
            "*",
            '{"StringEquals": {"vpc-lattice-svcs:RequestPath": "stock"}}',
        ),
    ),
    (
        "auth-policy",
        _of(
            "auth-policy",
            '{"AWS": ' + _ROLE + "}",
            "vpc-lattice-svcs:Invoke",
            "*",
            '{"StringEquals": {"vpc-lattice-svcs:requestmethod": "GET"}}',
        ),
    ),
    (
        "object-lambda",
        _of(
            "object-lambda",
            '{"AWS": ' + _ROLE + "}",
            "s3:GetObject",
            "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoint/resized",
        ),
    ),
    (
        "object-lambda",
        _of(
            "object-lambda",
            '{"AWS": ' + _ROLE + "}",
            "s3-object-lambda:GetObject",
            "arn:aws:s3-object-lambda:us-west-2:111122223333:accesspoints/resized",
        ),
    ),
]


def followed(kind: str, text: str) -> Iterator[tuple[Diagnostic, list[str]]]:
    """Each finding of a document that offers a text, with what is wrong when it is followed."""
    found = check([(kind, text)])
    before = Counter((one.rule, one.message) for one in found)
    for item in found:
        right = corrected(text, item)
        if right is not None:
            after = Counter((one.rule, one.message) for one in check([(kind, right)]))
            fresh = [f"{rule}: {message}" for rule, message in after - before if rule not in BESIDE]
            stays = after[item.rule, item.message] >= before[item.rule, item.message]
            yield item, fresh + (["it is still there"] if stays else [])


@pytest.mark.parametrize(("kind", "text"), [row[1:] for row in EXAMPLES], ids=[row[0] for row in EXAMPLES])
def test_the_help_of_a_reader_leaves_nothing(kind: str, text: str) -> None:
    assert [(item.rule, item.help, wrong) for item, wrong in followed(kind, text) if wrong] == []


@pytest.mark.parametrize(("kind", "text"), SLIPS, ids=[f"{kind}-{number}" for number, (kind, _) in enumerate(SLIPS)])
def test_a_slip_is_told_with_its_right_text(kind: str, text: str) -> None:
    offered = list(followed(kind, text))
    assert offered, [(one.rule, one.help) for one in check([(kind, text)])]
    assert [(item.rule, item.help, wrong) for item, wrong in offered if wrong] == []


def test_many_hints_are_followed() -> None:
    followed = {item.rule for case in CASES for item, _, _ in offers(case)}
    assert followed >= {*OPERATORS, "value-never-matches", "arn-of-no-resource", "unknown-service-principal"}
