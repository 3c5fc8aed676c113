"""What a request does not state: absent in a request that somebody wrote, and said so where that decides; unknown where it is said
to be; never both. The same for single documents, chains and declared resources (Lattice reference 7 and additions)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.switches import Switches
from policyc.engines.trace import Decision, Outcome
from policyc.simulation.answer import answer_fully
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import read_attached
from policyc.simulation.documents.flags import read_question
from policyc.simulation.request_text import bind, from_flags
from policyc.simulation.runner import run_tests
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source

HOME = "111122223333"
ROLE, SESSION = f"arn:aws:iam::{HOME}:role/orders", f"arn:aws:sts::{HOME}:assumed-role/orders/i-1"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"
HEADER = "vpc-lattice-svcs:RequestHeader/x-api-version"


def document(*statements: dict[str, Any]) -> str:
    base = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [base | item for item in statements]})


def when(operator: str, key: str, value: str, **more: Any) -> dict[str, Any]:
    return {"Condition": {operator: {key: value}}} | more


def asked(
    texts: dict[str, str], documents: dict[str, str], settings: Sequence[str] = (), unknown: Sequence[str] = ()
) -> tuple[Outcome | None, list[str]]:
    diagnostics = Diagnostics()
    given = []
    for role, text in documents.items():
        found = read_attached(role, Source(f"{role}.json", text), 0, Switches(), diagnostics)
        assert found is not None, [item.message for item in diagnostics]
        given.append(found)
    question, situation, _ = read_question(texts, settings, (), unknown, given, {}, diagnostics)
    outcome = None if diagnostics.has_errors else ask(situation, question, diagnostics)
    return outcome, [item.rule for item in diagnostics]


def in_chain(*statements: dict[str, Any], **more: Any) -> tuple[Outcome | None, list[str]]:
    texts = {"who": SESSION, "can": "GET", "path": "/stock", "service-arn": SERVICE, "network-auth": "none"}
    everyone = [{"Principal": "*"} | item for item in statements]
    return asked(texts, {"identity": document({}), "service-policy": document(*everyone)}, **more)


def alone(*statements: dict[str, Any], **more: Any) -> tuple[Outcome | None, list[str]]:
    texts = {"who": ROLE, "action": "sqs:SendMessage", "resource-arn": f"arn:aws:sqs:us-west-2:{HOME}:q"}
    return asked(texts, {"identity": document(*statements)}, **more)


DECLARED = f'''
let shop: account = "{HOME}"
principal orders = role(shop, "orders")
resource mesh: lattice.service_network {{ id: "sn-0123456789abcdef0", at: shop/us-west-2 }}
resource stock: lattice.service {{ id: "svc-0123456789abcdef0", at: shop/us-west-2, network: mesh, auth: aws_iam }}
policy stock_auth for lattice on stock {{ allow "orders-read" {{ who orders can GET when %s }} }}
policy orders_calls for identity on orders {{ allow "call" {{ can invoke on stock }} }}
'''


def declared(condition: str, **more: Any) -> tuple[Outcome | None, list[str]]:
    diagnostics = Diagnostics()
    with TemporaryDirectory() as name:
        path = Path(name) / "main.policy"
        path.write_text(DECLARED % condition, encoding="utf-8")
        program = load_program(Path(name), [path], {}, diagnostics)
    documents = [item for held in emit_documents(program, diagnostics).values() for item in held]
    settings, unknown = more.get("settings", ()), more.get("unknown", ())
    plain, _ = from_flags("stock", "orders", "GET", "/stock", settings, diagnostics, (), unknown)
    assert plain is not None
    request = bind(plain, program, diagnostics)
    outcome = None if request is None else answer_fully(program, documents, request, diagnostics)
    return outcome, [item.rule for item in diagnostics if item.severity == "error"]


def test_an_answer_that_hangs_on_an_absence_says_so() -> None:
    for outcome, _ in (in_chain(when("StringEquals", HEADER, "2")), declared('header["x-api-version"] == "2"')):
        assert outcome is not None and outcome.decision is Decision.DENY
        assert outcome.assumed == ('header["x-api-version"]',)
    outcome, _ = alone(when("StringEquals", "aws:RequestTag/team", "red"))
    assert outcome is not None and (outcome.decision, outcome.assumed) == (Decision.DENY, ("aws:RequestTag/team",))


def test_an_allow_under_a_deny_that_might_hold_says_so_too() -> None:
    outcome, _ = alone({}, when("Bool", "ram:RequestedAllowsExternalPrincipals", "true", Effect="Deny"))
    assert outcome is not None and outcome.decision is Decision.ALLOW
    assert outcome.assumed == ("ram:RequestedAllowsExternalPrincipals",)


@pytest.mark.parametrize(
    "statements",
    [
        ({}, when("StringEquals", HEADER, "2")),
        (
            when("StringEquals", "vpc-lattice-svcs:RequestMethod", "POST"),
            when("StringEquals", HEADER, "2", Action="s3:*"),
        ),
        (when("StringEquals", "aws:username", "jo"),),
    ],
    ids=["allowed anyway", "not about it", "a role's session has no user name"],
)
def test_an_answer_that_does_not_hang_on_it_says_nothing(statements: tuple[dict[str, Any], ...]) -> None:
    outcome, _ = in_chain(*statements)
    assert outcome is not None and outcome.decision is not Decision.UNDECIDED
    assert outcome.assumed == ()


def test_of_several_absences_only_those_that_decide_are_told() -> None:
    outcome, _ = alone(
        when("StringEquals", "aws:RequestTag/a", "x"),
        when("StringEquals", "aws:RequestTag/b", "x", Effect="Deny"),
        when("StringEquals", "aws:RequestTag/c", "x", Action="s3:*"),
    )
    assert outcome is not None and outcome.assumed == ("aws:RequestTag/a",)


def test_two_absences_that_decide_together_are_told_together() -> None:
    both = {"Condition": {"StringEquals": {"aws:RequestTag/a": "x", "aws:RequestTag/b": "x"}}}
    outcome, _ = alone(both)
    assert outcome is not None and outcome.assumed == ("aws:RequestTag/a", "aws:RequestTag/b")


UNKNOWN = [HEADER, HEADER.upper(), "vpc-lattice-svcs:RequestHeader/*", 'header["x-api-version"]', 'header["*"]', "*"]


@pytest.mark.parametrize("name", UNKNOWN)
def test_what_is_said_to_be_unknown_leaves_it_open_in_either_spelling(name: str) -> None:
    for outcome, rules in (
        in_chain(when("StringEquals", HEADER, "2"), unknown=[name]),
        declared('header["x-api-version"] == "2"', unknown=[name]),
        alone(when("StringEquals", HEADER, "2"), unknown=[name]),
    ):
        assert rules == []
        assert outcome is not None and outcome.decision is Decision.UNDECIDED
        assert "x-api-version" in " ".join(outcome.missing)


@pytest.mark.parametrize(
    ("setting", "unknown"),
    [
        ("aws:PrincipalOrgID=o-a1b2c3d4e5", "aws:principalorgid"),
        ("aws.PrincipalOrgID=o-a1b2c3d4e5", "aws:PrincipalOrgId"),
        ("aws:PrincipalOrgID=o-a1b2c3d4e5", "aws.PrincipalOrgID"),
    ],
)
def test_one_key_is_not_stated_and_unknown(setting: str, unknown: str) -> None:
    for _, rules in (
        in_chain({}, settings=[setting], unknown=[unknown]),
        alone({}, settings=[setting], unknown=[unknown]),
        declared("port == 443", settings=[setting], unknown=[unknown]),
    ):
        assert rules == ["stated-and-unknown"]


@pytest.mark.parametrize(
    "setting", ["source.vpc=vpc-0123456789abcdef0", "vpc-lattice-svcs:SourceVpc=vpc-0123456789abcdef0"]
)
def test_a_value_is_stated_in_either_spelling(setting: str) -> None:
    condition = when("StringEquals", "vpc-lattice-svcs:SourceVpc", "vpc-0123456789abcdef0")
    for outcome, rules in (
        in_chain(condition, settings=[setting]),
        alone(condition, settings=[setting]),
        declared('source.vpc == "vpc-0123456789abcdef0"', settings=[setting]),
    ):
        assert rules == [] and outcome is not None and outcome.decision is Decision.ALLOW


def test_a_word_that_is_none_is_told() -> None:
    assert in_chain({}, settings=["source.vcp=vpc-0123456789abcdef0"])[1] == ["unknown-attribute"]
    assert alone({}, unknown=["sorce.vpc"])[1] == ["unknown-attribute"]


LATTICE = {"who": SESSION, "can": "GET", "path": "/stock", "service-arn": SERVICE}
OPEN = {"identity": document({}), "service-policy": document({"Principal": "*"})}


def test_a_network_needs_no_arn() -> None:
    of_one = document(when("StringEquals", "aws:PrincipalOrgID", "o-a1b2c3d4e5", Principal="*"))
    outcome, _ = asked(LATTICE, OPEN | {"network-policy": of_one})
    assert (
        outcome is not None
        and outcome.decision is Decision.DENY
        and outcome.deciding == "network-policy.json on network"
    )
    by_arn = document(when("ArnLike", "vpc-lattice-svcs:ServiceNetworkArn", "*", Principal="*"))
    outcome, _ = asked(LATTICE, OPEN | {"network-policy": by_arn})
    assert outcome is not None and outcome.decision is Decision.UNDECIDED


def test_a_network_of_which_nothing_is_said_leaves_an_allow_open() -> None:
    outcome, _ = asked(LATTICE, OPEN)
    assert outcome is not None and (outcome.decision, outcome.deciding) == (Decision.UNDECIDED, "network")
    assert outcome.missing == ("network-policy (or network-auth none)",)
    closed = OPEN | {"service-policy": document({"Principal": "*", "Effect": "Deny"})}
    outcome, _ = asked(LATTICE, closed)
    assert outcome is not None and outcome.decision is Decision.DENY


POINT, BUCKET = f"arn:aws:s3:us-west-2:{HOME}:accesspoint/photos", "arn:aws:s3:::acme-photos"


@pytest.mark.parametrize(
    ("documents", "decision", "missing"),
    [
        (
            {
                "identity": document({"Resource": f"{POINT}/object/*"}),
                "access-point-policy": document({"Principal": "*"}),
            },
            Decision.UNDECIDED,
            ("bucket policy",),
        ),
        ({"identity": document({"Action": "sqs:*"})}, Decision.DENY, ()),
        ({"identity": document({}, {"Effect": "Deny", "Resource": f"{BUCKET}/*"})}, Decision.DENY, ()),
        ({"identity": document({})}, Decision.ALLOW, ()),
    ],
    ids=["nothing but the access point allows", "the access point refuses", "denied at the bucket", "allowed at both"],
)
def test_a_bucket_whose_policy_was_not_given_may_delegate(
    documents: dict[str, str], decision: Decision, missing: tuple[str, ...]
) -> None:
    texts = {"who": ROLE, "can": "GetObject", "path": "k", "access-point-arn": POINT, "bucket-arn": BUCKET}
    outcome, rules = asked(texts, documents)
    assert rules == [] and outcome is not None
    assert (outcome.decision, outcome.missing) == (decision, missing)


def test_no_auth_of_the_network_is_told_as_it_was_said() -> None:
    outcome, _ = asked(LATTICE | {"network-auth": "none"}, OPEN)
    assert outcome is not None and outcome.decision is Decision.ALLOW
    network = next(gate for gate in outcome.gates if gate.kind == "network")
    assert network.summary == "auth is none"
    assert not any("names no service network" in note for note in outcome.notes)


@pytest.mark.parametrize(("method", "rules"), [("PURGE", []), ("M-SEARCH", []), ("purge", ["unknown-verb"])])
def test_a_request_may_have_a_method_of_its_own(method: str, rules: list[str]) -> None:
    held = OPEN | {
        "service-policy": document(when("StringEquals", "vpc-lattice-svcs:RequestMethod", method, Principal="*"))
    }
    outcome, found = asked(LATTICE | {"can": method, "network-auth": "none"}, held)
    assert found == rules
    assert (outcome is not None and outcome.decision is Decision.ALLOW) is not bool(rules)


@pytest.mark.parametrize("who", ["Anonymous", "anonymous"])
def test_an_unsigned_caller_is_named_as_access_logs_name_it(who: str) -> None:
    outcome, _ = asked(LATTICE | {"who": who, "network-auth": "none"}, OPEN)
    assert outcome is not None and outcome.decision is Decision.ALLOW


def test_a_pattern_is_no_caller() -> None:
    assert asked(LATTICE | {"who": f"arn:aws:iam::{HOME}:role/*"}, OPEN)[1] == ["not-one-caller"]


def test_the_schema_knows_the_field(tmp_path: Path) -> None:
    from jsonschema import Draft202012Validator

    from policyc.data import read_text
    from policyc.report.outcome import outcome_data

    outcome, _ = in_chain(when("StringEquals", HEADER, "2"))
    assert outcome is not None
    data = outcome_data(outcome, {})
    Draft202012Validator(json.loads(read_text("schemas/outcome.schema.json"))).validate(data)
    assert data["assumed"] == ['header["x-api-version"]']


def passes(folder: Path, text: str) -> bool:
    """Whether the only test of a policy file passes."""
    (folder / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(folder, [Path("p.policy")], {}, diagnostics)
    documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
    (result,) = run_tests(program, documents)
    return result.passed


@pytest.mark.parametrize(
    ("stated", "expected"),
    [
        ('header["x-api-version"]: unknown', "undecided"),
        ('header["x-api-version"]: absent', "deny"),
        ('header["x-api-version"]: "v2"', "allow"),
        ('header["x-api-version"]: unknown, source.vpc: unknown', "undecided"),
        ('header["x-api-version"]: "v1", aws.PrincipalTag["team"]: unknown', "deny"),
    ],
)
def test_an_inline_test_says_what_is_unknown(tmp_path: Path, stated: str, expected: str) -> None:
    request = f'request stock {{ who: orders, can: GET, path: "/a", {stated} }}'
    text = DECLARED % 'header["x-api-version"] == "v2"' + f'test "t" {{ {request} expect {expected} }}\n'
    assert passes(tmp_path, text)


def test_a_declaration_called_unknown_is_meant(tmp_path: Path) -> None:
    request = 'request stock { who: orders, can: GET, path: "/a", header["x-api-version"]: unknown }'
    text = 'let unknown: string = "v2"\n' + DECLARED % 'header["x-api-version"] == "v2"'
    assert passes(tmp_path, text + f'test "t" {{ {request} expect allow }}\n')
