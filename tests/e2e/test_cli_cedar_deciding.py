"""Deciding on Cedar text from the command line: what a record or a request leaves open is never answered as if it were known.

Expectations come from the Verified Access reference: section 2 (attributes), 3 (evaluation) and 4 (log records).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

OPEN = "(principal, action, resource)"
WORKED = "permit (principal, action, resource) when"
EXIT = {"allow": 0, "deny": 10, "undecided": 11}


@pytest.fixture
def run(run: Run) -> Run:
    Path("policyc.toml").write_text("", encoding="utf-8")
    return run


def save(name: str, data: object) -> str:
    Path(name).write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
    return name


def simulate(run: Run, text: str, *words: str) -> dict[str, Any]:
    ran = run("simulate", "--group-policy", save("g.cedar", text), *words, "--format", "json")
    data: dict[str, Any] = json.loads(ran.out)
    assert ran.status == EXIT[data["decision"]], ran.err
    return data


def asked(run: Run, text: str, context: object, *words: str) -> dict[str, Any]:
    return simulate(run, text, "--context", save("c.json", context), *words)


# --- unknown values -------------------------------------------------------------------------------------------------

LOST = '(context.jamf.risk == "LOW" && context.okta.department == "it") || context.http_request.http_method == "GET"'


def test_an_error_in_front_of_a_true_side_is_not_lost(run: Run) -> None:
    context = {"jamf": {}, "http_request": {"http_method": "GET"}}
    found = asked(run, f"{WORKED} {{ {LOST} }};", context, "--unknown", "jamf.risk")
    assert (found["decision"], found["missing"]) == ("undecided", ["jamf.risk"])
    low = {**context, "jamf": {"risk": "LOW"}}
    assert asked(run, f"{WORKED} {{ {LOST} }};", low)["decision"] == "deny"


def test_a_choice_that_leads_to_the_same_is_settled(run: Run) -> None:
    choice = 'if context.http_request.hostname == "a" then context.http_request.http_method == "GET" else context.http_request.http_method == "POST"'
    found = asked(
        run, f"{WORKED} {{ {choice} }};", {"http_request": {"http_method": "PUT"}}, "--unknown", "http_request.hostname"
    )
    assert found["decision"] == "deny"
    assert "deny whatever the value of `context.http_request.hostname`" in found["notes"]


def test_the_side_of_a_choice_that_failed_is_shown_and_the_wording_holds(run: Run) -> None:
    text = f'{WORKED} {{ if context.a == 1 then context.b == "x" else context.b == "y" }};'
    (missed,) = [
        reason
        for reason in asked(run, text, {"a": 2, "b": "z"})["gates"][0]["nearest"]["reasons"]
        if reason["matched"] is False
    ]
    assert (missed["expected"], missed["actual"]) == (['"y"'], ['"z"'])
    notes = asked(run, text, {"b": "x"}, "--unknown", "a")["notes"]
    assert 'g.cedar leaves: allowed if (if context.a == 1 then context.b == "x" else context.b == "y")' in notes


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("http_request.pth", "did you mean `http_request.path`?"),
        ("jamf.rsk", "they read"),
        ("nothing.at.all", "they read"),
    ],
)
def test_a_misspelt_unknown_is_refused(run: Run, name: str, said: str) -> None:
    save(
        "g.cedar", f'{WORKED} {{ context.http_request.path like "/x*" || context.http_request.http_method == "GET" }};'
    )
    ran = run(
        "simulate", "--group-policy", "g.cedar", "--context", save("c.json", {"http_request": {}}), "--unknown", name
    )
    assert (ran.status, ran.out) == (2, "")
    assert f"do not read `{name}`" in ran.err and said in ran.err


@pytest.mark.parametrize("name", ["http_request.path", "http_request.port", "jamf.risk", "idc.user.email.address"])
def test_an_unknown_that_is_documented_may_go_unread(run: Run, name: str) -> None:
    found = asked(run, f'{WORKED} {{ context.http_request.path == "/" }};', {"http_request": {}}, "--unknown", name)
    assert found["decision"] in ("deny", "undecided")


def test_a_place_in_the_request_is_pointed_at(run: Run) -> None:
    save("g.cedar", f"{WORKED} {{ context.a.b == 1 }};")
    words = ("simulate", "--group-policy", "g.cedar", "--context", save("c.json", '{\n "a": {\n  "b": 1.5}}'))
    assert "c.json:3:8" in run(*words).err
    save("c.json", '{\n "a": {\n  "b": 1}}')
    ran = run(*words, "--unknown", "a.b")
    assert "c.json:3:8" in ran.err and "both stated and unknown" in ran.err


# --- what the caller is ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f'{WORKED} {{ principal != User::"alice" }};',
        f'permit {OPEN};\nforbid (principal == User::"alice", action, resource);',
        'permit (principal == User::"alice", action, resource) when { context.a == 1 };',
        f'permit {OPEN};\nforbid {OPEN} when {{ principal == User::"alice" || action in Action::"x" }};',
    ],
)
def test_text_about_the_principal_gets_no_plain_answer(run: Run, text: str) -> None:
    found = asked(run, text, {"a": 1})
    assert (found["decision"], found["missing"]) == ("undecided", [])
    assert found["gates"][0]["switches"] == ["scope-values"]
    assert "`principal`, `action` or `resource`" in found["gates"][0]["summary"]


def test_text_about_the_principal_that_cannot_matter(run: Run) -> None:
    text = f'{WORKED} {{ context.a == 1 && principal == User::"alice" }};'
    assert asked(run, text, {"a": 2})["decision"] == "deny"
    assert asked(run, f"{WORKED} {{ principal in [principal] }};", {})["decision"] == "allow"


# --- long and unusable text -----------------------------------------------------------------------------------------


def test_a_very_long_condition_is_decided(run: Run) -> None:
    text = f"{WORKED} {{ " + " || ".join(f'context.host == "h{at}"' for at in range(5_000)) + " };"
    assert asked(run, text, {"host": "h4999"})["decision"] == "allow"
    found = asked(run, text, {"host": "x"})
    reasons = found["gates"][0]["nearest"]["reasons"]
    assert (found["decision"], len(reasons), len(reasons[0]["expected"])) == ("deny", 2, 20)
    assert reasons[-1]["sentence"] == "4980 more alternatives do not hold either"


def test_a_template_is_refused_at_its_place(run: Run) -> None:
    save("g.cedar", f"permit {OPEN};\npermit (principal == ?principal, action, resource);\n")
    ran = run("simulate", "--group-policy", "g.cedar", "--context", save("c.json", {}))
    assert ran.status == 2 and "g.cedar:2:9" in ran.err and "[unusable-policy]" in ran.err


# --- reasons --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("test", "context", "actual", "expected"),
    [
        ("context.a == true", {"a": "true"}, '"true"', "true"),
        ('context.a == "22"', {"a": 22}, "22", '"22"'),
        ('context.a.contains("x")', {"a": "x"}, '"x"', "a list"),
        ('context.a == "x"', {"a": ["x"]}, '["x"]', '"x"'),
        ('context.a.contains("x")', {"a": []}, "[]", '"x"'),
        ('context.a like "*@x"', {"a": "b"}, '"b"', '"*@x"'),
        ('context.a has "k-6"', {"a": {f"k-{at}": 1 for at in range(5)}}, '{"k-0", "k-1", "k-2", … 2 more}', '"k-6"'),
        ("context.a has k", {"a": {}}, "{}", "k"),
    ],
)
def test_a_value_shows_its_type_and_what_is_cut(
    run: Run, test: str, context: object, actual: str, expected: str
) -> None:
    (reason,) = asked(run, f"{WORKED} {{ {test} }};", context)["gates"][0]["nearest"]["reasons"]
    assert (reason["actual"], reason["expected"], reason["matched"]) == ([actual], [expected], False)
    ran = run("simulate", "--group-policy", "g.cedar", "--context", "c.json")
    assert f"is `{actual}`".replace(" ", "") in "".join(ran.out.split())


def test_a_request_one_level_too_deep_is_hinted_at(run: Run) -> None:
    found = asked(run, f"{WORKED} {{ context.a == 1 }};", {"context": {"a": 1}})
    assert any("nothing but `context`" in note for note in found["notes"])
    read = asked(run, f"{WORKED} {{ context.context.a == 2 }};", {"context": {"a": 1}})
    assert not any("nothing but" in note for note in read["notes"])


def test_a_trust_provider_has_one_type(run: Run) -> None:
    save("g.cedar", f"permit {OPEN};")
    ran = run("check", "--trust", "a=oidc", "--trust", "a=jamf", "g.cedar")
    assert (ran.status, "two types" in ran.err) == (2, True)
    assert run("check", "--trust", "a=oidc", "--trust", "a=oidc", "g.cedar").status in (0, 1)


BUILT = """\
resource staff: verified_access.group { trust: { okta: oidc } }
policy p for verified_access on staff {
  allow "everybody" { when okta.email_verified == true }
  deny "robots" { when okta.email like "*@robots.example" }
}
"""


def test_a_deny_inside_a_built_permit_is_named(run: Run) -> None:
    save("a.policy", BUILT)
    assert run("build", "a.policy").status == 0
    text = Path("out/verified_access/p.cedar").read_text(encoding="utf-8")
    robot = asked(run, text, {"okta": {"email_verified": True, "email": "a@robots.example"}})
    assert robot["decision"] == "deny"
    assert any("the deny `robots` in it applies" in note for note in robot["notes"])
    broken = asked(run, text, {"okta": {"email_verified": True, "email": 7}})
    assert any("the deny `robots` in it cannot be evaluated" in note for note in broken["notes"])
    assert asked(run, text, {"okta": {"email_verified": True, "email": "a@b"}})["notes"] == []


# --- log records ----------------------------------------------------------------------------------------------------

HTTP: dict[str, Any] = {
    "class_uid": "3006",
    "status_code": "100",
    "data": None,
    "actor": {"user": {"email_addr": "jdoe@corp.example", "name": "John Doe"}},
    "device": {"ip": "10.2.7.68"},
    "src_endpoint": {"ip": "172.24.57.68", "port": "48234"},
    "http_request": {
        "http_method": "GET",
        "user_agent": "Mozilla/5.0",
        "url": {"hostname": "hello.example", "path": "/admin", "port": 443, "query_string": "a=1"},
    },
}
TCP: dict[str, Any] = {
    "class_uid": "3003",
    "status_code": "200",
    "data": None,
    "device": {"ip": "172.1.1.1", "port": 4000},
    "src_endpoint": {"ip": "172.24.57.68"},
    "dst_endpoint": {"ip": "10.0.0.5", "port": 22},
}


def logged(run: Run, text: str, record: object) -> dict[str, Any]:
    return simulate(run, text, "--log", save("r.json", record))


@pytest.mark.parametrize(
    "data", [None, {}, {"context": None}, {"context": {}}, {"context": "x"}, {"context": [1]}, "x"]
)
@pytest.mark.parametrize("effect", ["when", "unless"])
def test_without_trust_context_a_provider_may_or_may_not_be_there(run: Run, data: object, effect: str) -> None:
    text = f"permit {OPEN};\nforbid {OPEN} {effect} {{ context has jamf }};"
    found = logged(run, text, {**HTTP, "data": data})
    assert (found["decision"], found["missing"]) == ("undecided", ["jamf"])
    below = logged(run, f'{WORKED} {{ context has jamf && context.jamf.risk == "LOW" }};', {**HTTP, "data": data})
    assert (below["decision"], below["missing"]) == ("undecided", ["jamf", "jamf.risk"])


def test_a_logged_trust_context_tells_who_was_there(run: Run) -> None:
    data = {"context": {"okta": {"email": "a@b"}, "http_request": {"http_method": "GET"}}}
    found = logged(run, f"{WORKED} {{ context has jamf }};", {**HTTP, "data": data})
    assert found["decision"] == "deny"
    assert any("holds nothing of `jamf`" in note for note in found["notes"])


def test_tcp_data_is_rebuilt_from_the_record(run: Run) -> None:
    port = 'context has tcp_flow && [22, "22"].contains(context.tcp_flow.destination_port)'
    denied = logged(run, f"permit {OPEN};\nforbid {OPEN} when {{ {port} }};", TCP)
    assert denied["decision"] == "deny"
    allowed = logged(run, f'{WORKED} {{ context.tcp_flow.destination_ip == "10.0.0.5" && {port} }};', TCP)
    assert allowed["decision"] == "allow"
    assert any(
        "`tcp_flow.destination_port` is taken from the record's `dst_endpoint.port`" in note
        for note in allowed["notes"]
    )
    assert logged(run, f"{WORKED} {{ context has http_request }};", TCP)["decision"] == "deny"
    assert logged(run, f"{WORKED} {{ context has tcp_flow }};", HTTP)["decision"] == "deny"


@pytest.mark.parametrize("name", ["destination_ip", "destination_port", "client_ip"])
def test_tcp_data_that_the_record_lacks_is_unknown(run: Run, name: str) -> None:
    record = {key: value for key, value in TCP.items() if key not in ("device", "src_endpoint", "dst_endpoint")}
    found = logged(run, f'{WORKED} {{ context.tcp_flow.{name} == "10.0.0.5" }};', record)
    assert (found["decision"], found["missing"]) == ("undecided", [f"tcp_flow.{name}"])


def test_an_address_that_the_record_tells_twice_is_known_where_it_makes_no_difference(run: Run) -> None:
    """`src_endpoint.ip` or `device.ip`: which of them a policy sees is not documented (reference, section 4)."""
    test = '{} {{ ip(context.http_request.client_ip).isInRange(ip("{}")) }};'
    assert logged(run, test.format(WORKED, "0.0.0.0/0"), HTTP)["decision"] == "allow"
    found = logged(run, test.format(WORKED, "10.0.0.0/8"), HTTP)
    assert (found["decision"], found["missing"]) == ("undecided", ["http_request.client_ip"])
    same = {**HTTP, "device": {"ip": "172.24.57.68"}}
    assert logged(run, test.format(WORKED, "10.0.0.0/8"), same)["decision"] == "deny"


def test_request_data_that_may_be_missing_is_doubtful(run: Run) -> None:
    """`x_forwarded_for` is not in the record; a request may go without it."""
    found = logged(run, f"{WORKED} {{ context.http_request has x_forwarded_for }};", HTTP)
    assert (found["decision"], found["missing"]) == ("undecided", ["http_request.x_forwarded_for"])
    record = {**HTTP, "http_request": {"http_method": "GET"}}
    always = logged(run, f"{WORKED} {{ context.http_request has hostname }};", record)
    assert always["decision"] == "allow"


def test_nothing_of_the_record_is_shown_but_what_tests_read(run: Run) -> None:
    data = {"context": {"okta": {"email": "jdoe@corp.example", "name": "John Doe", "department": "it"}}}
    record = save("r.json", {**HTTP, "data": data})
    save("g.cedar", f'{WORKED} {{ context.okta.department == "hr" }};')
    for words in ((), ("--format", "json"), ("--explain",)):
        ran = run("simulate", "--group-policy", "g.cedar", "--log", record, *words)
        assert '"it"' in ran.out.replace('\\"', '"')
        for secret in ("jdoe", "John", "172.24", "10.2.7", "Mozilla", "hello.example", "/admin"):
            assert secret not in ran.out + ran.err


@pytest.mark.parametrize(
    ("record", "said", "where"),
    [
        ("[]", "this file holds no record", "r.json:1:1"),
        ("[3]", "a log record is one JSON object", "r.json:1:2"),
        ('{\n "class_uid": "3006",\n "status_code": "800"}', "still logging in", "r.json:3:17"),
        ('{\n "class_uid": "7"}', "`class_uid` 7 is no access record", "r.json:2:15"),
        (
            '{"class_uid": "3006", "status_code": 100, "data": {"context": {\n "okta": {\n  "n": 9223372036854775808}}}}',
            "`okta.n` does not fit in 64 bits",
            "r.json:3:8",
        ),
        (
            '{"class_uid": "3006", "status_code": 100, "data": {"context": {\n "okta": {\n  "__extn": 1}}}}',
            "`okta.__extn` is a key that Cedar reads as an escape",
            "r.json:3:13",
        ),
    ],
)
def test_a_record_that_is_none_is_told_at_its_place(run: Run, record: str, said: str, where: str) -> None:
    save("g.cedar", f"permit {OPEN};")
    ran = run("simulate", "--group-policy", "g.cedar", "--log", save("r.json", record))
    assert ran.status == 2
    assert said in " ".join(ran.err.split()) and where in ran.err
    assert "array" not in ran.err


# --- lists without values -------------------------------------------------------------------------------------------

LISTS = """\
resource staff: verified_access.group { trust: { okta: oidc, idc: iam_identity_center } }
resource app: verified_access.endpoint { group: staff, protocol: https, domain: "x.example" }
policy p for verified_access on staff { allow "one" { when CONDITION } }
"""


@pytest.mark.parametrize(
    ("condition", "empty", "absent"),
    [
        ("exists okta.groups", "allow", "deny"),
        ("not (exists okta.groups)", "deny", "allow"),
        ('"x" in okta.groups', "deny", "deny"),
        ('any okta.groups in ["x"]', "deny", "deny"),
        ('all okta.groups in ["x"]', "deny", "deny"),
        ('not (all okta.groups in ["x"])', "allow", "allow"),
        ('not ("x" in okta.groups)', "allow", "allow"),
        ("exists idc.groups", "allow", "deny"),
    ],
)
def test_an_empty_list_is_there_and_empty(run: Run, condition: str, empty: str, absent: str) -> None:
    """In inline tests, flags, request files, scenario files and the matrix alike; and Cedar agrees on the built text."""
    name = "idc.groups" if "idc" in condition else "okta.groups"
    save(
        "a.policy",
        LISTS.replace("CONDITION", condition)
        + f'test "empty" {{ request app {{ {name}: [] }} expect {empty} }}\n'
        + f'test "absent" {{ request app {{ {name}: absent }} expect {absent} }}\n',
    )
    assert run("test", "a.policy").status == 0
    assert run("simulate", "app", "--set", f"{name}=[]").status == EXIT[empty]
    assert run("simulate", "app", "--absent", name).status == EXIT[absent]
    for value, expected in (([], empty), (None, absent)):
        request = {"resource": "app", "attributes": {name: value}}
        assert run("simulate", "--request", save("q.json", request)).status == EXIT[expected]
        people = save("u.json", {"users": {"a": {name: value}}})
        answers = json.loads(run("matrix", people, "--format", "json").out)["answers"]
        assert [answer["decision"] for answer in answers] == [expected]
        table = {"requests": [{"resource": "app", "attributes": {name: value}, "expect": expected}]}
        scenario = run("test", save("s.yaml", table))
        assert scenario.status == 0 and "1 passed" in scenario.out, scenario.out + scenario.err
    assert run("build", "a.policy").status == 0
    text = Path("out/verified_access/p.cedar").read_text(encoding="utf-8")
    root, _, key = name.partition(".")
    context = {root: {key: {} if root == "idc" else []}}
    assert asked(run, text, context)["decision"] == empty
    assert asked(run, text, {root: {}})["decision"] == absent


def test_a_single_value_is_no_list(run: Run) -> None:
    save("a.policy", LISTS.replace("CONDITION", 'okta.email == "x"'))
    ran = run("simulate", "--request", save("q.json", {"resource": "app", "attributes": {"okta.email": []}}))
    assert (ran.status, "[type-mismatch]" in ran.err) == (2, True)


# --- values that the documentation rules out ------------------------------------------------------------------------

DEVICES = """\
resource staff: verified_access.group { trust: { jamf: jamf, crwd: crowdstrike } }
resource app: verified_access.endpoint { group: staff, protocol: https, domain: "x.example" }
policy p for verified_access on staff { allow "one" { when jamf.risk in ["LOW"] and crwd.assessment.overall > 50 } }
"""


@pytest.mark.parametrize(
    ("name", "value", "help"),
    [
        ("jamf.risk", "low", "did you mean `LOW`?"),
        ("crwd.assessment.overall", 500, "it goes from 0 to 100"),
        ("crwd.platform", "Linux", "it is one of"),
    ],
)
def test_a_value_that_never_comes_is_told_at_its_place(run: Run, name: str, value: object, help: str) -> None:
    save("a.policy", DEVICES)
    people = save("u.json", {"users": {"a": {name: value}}})
    request = save("q.json", {"resource": "app", "attributes": {name: value}})
    for words, place in [
        (("matrix", people), "u.json:1:"),
        (("simulate", "--request", request), "q.json:1:"),
        (("simulate", "app", "--set", f"{name}={value}"), "<arguments>:1:"),
    ]:
        ran = run(*words)
        assert (ran.status, ran.out) == (2, "")
        assert f"[impossible-value]: `{name}` is never `{value}`" in ran.err
        assert place in ran.err and help in ran.err
    written = f'"{value}"' if isinstance(value, str) else value
    save("b.policy", f'use "a.policy" {{ app }}\ntest "t" {{ request app {{ {name}: {written} }} expect deny }}\n')
    ran = run("test", "b.policy")
    assert ran.status == 1 and f"`{name}` is never `{value}`" in ran.out + ran.err
