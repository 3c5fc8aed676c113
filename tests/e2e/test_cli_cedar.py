"""Cedar text on the command line: check, fmt, simulate with a context or a log record, and the matrix."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from tests.running import Run

FINANCE = "c242c5b0-6081-1845-6fa8-6e0d9513c107"
GROUP = f"""\
// policyc: trust idc=iam_identity_center jamf=jamf

// finance on good devices
permit (principal, action, resource)
when {{
  context.idc.groups has "{FINANCE}" && // finance
  context.idc.user.email.verified == true && context has jamf && context.jamf has risk &&
  ["LOW", "SECURE"].contains(context.jamf.risk)
}};
forbid (principal, action, resource) when {{ context.http_request.path like "/admin*" || context.http_request.path like "admin*" }};
"""
ENDPOINT = (
    'permit (principal, action, resource) when { ip(context.http_request.client_ip).isInRange(ip("10.0.0.0/8")) };\n'
)
IDC = {
    "user": {"user_id": "1", "user_name": "alice", "email": {"address": "a@example.com", "verified": True}},
    "groups": {FINANCE: {"group_name": "finance"}},
}
CONTEXT: dict[str, Any] = {
    "idc": IDC,
    "jamf": {"risk": "LOW"},
    "http_request": {"http_method": "GET", "path": "/x", "client_ip": "10.1.1.1", "port": 443},
}


@pytest.fixture
def run(run: Run) -> Run:
    Path("policyc.toml").write_text("", encoding="utf-8")
    Path("group.cedar").write_text(GROUP, encoding="utf-8")
    Path("endpoint.cedar").write_text(ENDPOINT, encoding="utf-8")
    return run


def save(name: str, data: object) -> str:
    Path(name).write_text(json.dumps(data), encoding="utf-8")
    return name


def without(*path: str) -> dict[str, Any]:
    """The context without one attribute."""
    copy: dict[str, Any] = json.loads(json.dumps(CONTEXT))
    place = copy
    for step in path[:-1]:
        place = place[step]
    del place[path[-1]]
    return copy


# --- check and fmt ----------------------------------------------------------------------------------------------


def test_check_of_right_text_is_clean(run: Run) -> None:
    assert run("check", "group.cedar", "endpoint.cedar").status == 0


def test_check_points_at_the_place(run: Run) -> None:
    Path("bad.cedar").write_text(GROUP.replace('"LOW", "SECURE"', '"low"'), encoding="utf-8")
    ran = run("check", "bad.cedar", "--format", "concise")
    assert ran.status == 1
    assert "bad.cedar:8:4: error[value-never-matches]" in ran.out


def test_trust_can_be_given_on_the_command_line(run: Run) -> None:
    Path("bare.cedar").write_text(
        'permit (principal, action, resource) when { context.dev.risk == "low" };\n', encoding="utf-8"
    )
    assert run("check", "bare.cedar").status == 0  # a note alone: nothing is known of `dev`
    ran = run("check", "--trust", "dev=jamf", "bare.cedar", "--format", "concise")
    assert (ran.status, "value-never-matches" in ran.out) == (1, True)
    wrong = run("check", "--trust", "dev=jamv", "bare.cedar")
    assert (wrong.status, "did you mean `jamf`?" in wrong.err) == (2, True)


def test_fmt_keeps_comments_and_settles(run: Run) -> None:
    assert run("fmt", "--check", "group.cedar").status == 1
    assert Path("group.cedar").read_text(encoding="utf-8") == GROUP
    assert run("fmt", "group.cedar").status == 0
    text = Path("group.cedar").read_text(encoding="utf-8")
    assert text != GROUP
    assert [
        line for line in ("// finance on good devices", "// finance\n", "// policyc: trust") if line not in text
    ] == []
    assert run("fmt", "--check", "group.cedar").status == 0


def test_fmt_leaves_a_wrong_file_alone(run: Run) -> None:
    Path("bad.cedar").write_text("permit (principal, action, resource) when { 'a' };", encoding="utf-8")
    ran = run("fmt", "bad.cedar", "--format", "concise")
    assert (ran.status, "cedar-quotes" in ran.out) == (1, True)
    assert Path("bad.cedar").read_text(encoding="utf-8").endswith("{ 'a' };")


# --- simulate ---------------------------------------------------------------------------------------------------

BOTH = ("simulate", "--group-policy", "group.cedar", "--endpoint-policy", "endpoint.cedar")


def answer(run: Run, *words: str) -> dict[str, Any]:
    ran = run(*BOTH, *words, "--format", "json")
    data: dict[str, Any] = json.loads(ran.out)
    assert ran.status == {"allow": 0, "deny": 10, "undecided": 11}[data["decision"]]
    return data


def test_both_have_to_allow(run: Run) -> None:
    assert answer(run, "--context", save("c.json", CONTEXT))["decision"] == "allow"
    outside = {**CONTEXT, "http_request": {**CONTEXT["http_request"], "client_ip": "11.1.1.1"}}
    found = answer(run, "--context", save("c.json", outside))
    assert (found["decision"], found["deciding"]) == ("deny", "endpoint.cedar")


def test_a_refusal_shows_the_value_beside_what_was_wanted(run: Run) -> None:
    found = answer(run, "--context", save("c.json", {**CONTEXT, "jamf": {"risk": "HIGH"}}))
    (missed,) = [reason for reason in found["gates"][0]["nearest"]["reasons"] if reason["matched"] is False]
    assert (missed["subject"], missed["actual"], missed["expected"]) == (
        "context.jamf.risk",
        ['"HIGH"'],
        ['"LOW"', '"SECURE"'],
    )
    assert missed["location"]["start"]["line"] == 8
    assert found["gates"][0]["nearest"]["label"] == "finance on good devices"


def test_a_forbid_wins(run: Run) -> None:
    request = {**CONTEXT, "http_request": {**CONTEXT["http_request"], "path": "/admin/x"}}
    found = answer(run, "--context", save("c.json", request))
    assert found["gates"][0]["verdict"] == "explicit deny"


def test_whatever_the_unknown_is(run: Run) -> None:
    context = save("c.json", without("http_request", "port"))
    found = answer(run, "--context", context, "--unknown", "http_request.port")
    assert found["decision"] == "allow"
    assert "allow whatever the value of `context.http_request.port`" in found["notes"]


def test_depends_on_the_unknown_with_what_remains(run: Run) -> None:
    found = answer(run, "--context", save("c.json", without("jamf", "risk")), "--unknown", "jamf.risk")
    assert (found["decision"], found["missing"]) == ("undecided", ["jamf.risk"])
    assert 'group.cedar leaves: allowed if ["LOW", "SECURE"].contains(context.jamf.risk)' in found["notes"]
    assert "without `context.jamf.risk` the answer is deny" in found["notes"]


def test_a_failing_statement_is_shown(run: Run) -> None:
    Path("group.cedar").write_text(
        "permit (principal, action, resource);\n"
        'forbid (principal, action, resource) when { !(context.okta.roles.contains("Administrator")) };\n',
        encoding="utf-8",
    )
    found = answer(run, "--context", save("c.json", CONTEXT))
    assert found["decision"] == "undecided"
    assert found["gates"][0]["switches"] == ["erroring-forbid"]
    assert any(note.startswith("group.cedar, line 2: ") and "skips a forbid" in note for note in found["notes"])


def test_an_endpoint_policy_alone_is_said_to_be_undocumented(run: Run) -> None:
    words = ("simulate", "--endpoint-policy", "endpoint.cedar", "--context", save("c.json", CONTEXT))
    ran = run(*words)
    assert (ran.status, "`endpoint-policy-alone`" in ran.out) == (10, True)
    Path("policyc.toml").write_text('[switches]\nendpoint-policy-alone = "allow"\n', encoding="utf-8")
    assert run(*words).status == 0


def test_the_other_form_of_a_port_is_tried(run: Run) -> None:
    Path("endpoint.cedar").write_text(
        "permit (principal, action, resource) when { context.http_request.port == 443 };\n", encoding="utf-8"
    )
    found = answer(run, "--context", save("c.json", CONTEXT))
    assert found["gates"][1]["switches"] == ["port-form"]


@pytest.mark.parametrize(
    "words",
    [
        ("simulate", "--group-policy", "group.cedar"),
        ("simulate", "--context", "c.json"),
        ("simulate", "--group-policy", "none.cedar", "--context", "c.json"),
        ("simulate", "shop", "--group-policy", "group.cedar", "--context", "c.json"),
        ("simulate", "--group-policy", "group.cedar", "--context", "c.json", "--log", "c.json"),
        ("simulate", "--group-policy", "group.cedar", "--context", "c.json", "--unknown", 'a["'),
        ("simulate", "--group-policy", "group.cedar", "--context", "c.json", "--unknown", "jamf.risk"),
        ("simulate", "--group-policy", "group.cedar", "--context", "list.json"),
        ("simulate", "--group-policy", "group.cedar", "--context", "null.json"),
    ],
)
def test_wrong_use_says_so(run: Run, words: tuple[str, ...]) -> None:
    save("c.json", CONTEXT), save("list.json", []), save("null.json", {"jamf": {"risk": None}})
    ran = run(*words)
    assert (ran.status, ran.out) == (2, "")
    assert "help:" in ran.err


# --- the access log ---------------------------------------------------------------------------------------------

RECORD: dict[str, Any] = {
    "class_uid": "3006",
    "status_code": "100",
    "actor": {"authorizations": [{"decision": "Allow", "policy": {"name": "inline"}}]},
    "data": {"context": {"idc": IDC, "jamf": {"risk": "LOW"}, "http_request": {"http_method": "GET", "port": "443"}}},
    "http_request": {"http_method": "GET", "url": {"hostname": "app.example.com", "path": "/x", "port": 443}},
    "src_endpoint": {"ip": "10.1.1.1", "port": 4711},
}


def test_a_log_record_is_a_request(run: Run) -> None:
    found = answer(run, "--log", save("r.json", RECORD))
    assert found["decision"] == "allow"
    assert "the log says allow, as the policies do" in found["notes"]
    told = [note for note in found["notes"] if note.startswith("not told by the record: ")]
    assert any("`http_request.client_ip` is taken from the record's `src_endpoint.ip`" in note for note in told)
    assert any("names neither the endpoint's nor the group's id" in note for note in told)


def test_what_the_record_lacks_is_unknown(run: Run) -> None:
    record = {key: value for key, value in RECORD.items() if key != "src_endpoint"}
    found = answer(run, "--log", save("r.json", record))
    assert (found["decision"], found["missing"]) == ("undecided", ["http_request.client_ip"])


def test_a_record_without_trust_context_leaves_trust_open(run: Run) -> None:
    found = answer(run, "--log", save("r.json", {**RECORD, "data": {"access_path": "public"}}))
    assert found["decision"] == "undecided"
    assert any("holds no trust context" in note for note in found["notes"])


def test_a_difference_from_the_log_is_said(run: Run) -> None:
    found = answer(run, "--log", save("r.json", {**RECORD, "status_code": "300"}))
    assert "the log says deny, the policies say allow" in found["notes"]


def test_a_null_claim_is_left_out_and_said(run: Run) -> None:
    data = {"context": {**RECORD["data"]["context"], "jamf": {"risk": "LOW", "osv": None, "score": 1.5}}}
    found = answer(run, "--log", save("r.json", {**RECORD, "data": data}))
    assert found["decision"] == "allow"
    assert any("`jamf.osv` is null" in note for note in found["notes"])
    assert any("`jamf.score` is a fraction" in note for note in found["notes"])


def test_a_tcp_record_is_judged_by_its_authorizations(run: Run) -> None:
    Path("group.cedar").write_text(
        'permit (principal, action, resource) when { [22, "22"].contains(context.tcp_flow.destination_port) };\n',
        encoding="utf-8",
    )
    Path("endpoint.cedar").write_text("permit (principal, action, resource);\n", encoding="utf-8")
    record = {
        "class_uid": "3003",
        "status_code": "200",
        "data": {
            "authorizations": [{"decision": "Allow"}],
            "context": {"idc": IDC, "tcp_flow": {"destination_port": 22}},
        },
    }
    found = answer(run, "--log", save("r.json", record))
    assert (found["decision"], found["error"]) == ("allow", "")
    assert "the log says allow, as the policies do" in found["notes"]


@pytest.mark.parametrize(
    "change",
    [
        {"class_uid": "208001"},
        {"class_uid": "1"},
        {"status_code": "200"},
        {"status_code": "800"},
        {"data": {"context": {"okta": {"x": {"__extn": {"fn": "ip", "arg": "10.0.0.1"}}}}}},
        {"data": {"context": {"okta": {"x": 2**63}}}},
    ],
)
def test_records_that_are_no_request_are_refused(run: Run, change: dict[str, Any]) -> None:
    ran = run(*BOTH, "--log", save("r.json", {**RECORD, **change}))
    assert (ran.status, "unusable-log-record" in ran.err) == (2, True)


# --- claims from a sample, and the matrix -----------------------------------------------------------------------

PROJECT = f"""\
group finance = idc_group("{FINANCE}")
resource staff: verified_access.group {{ trust: {{ idc: iam_identity_center, jamf: jamf }} }}
resource partners: verified_access.group {{ trust: {{ okta: oidc }}, claims_from: {{ okta: "claims/okta.json" }} }}
resource payroll: verified_access.endpoint {{ group: staff, protocol: https }}
resource portal: verified_access.endpoint {{ group: partners, protocol: https }}
policy staff_policy for verified_access on staff {{ allow "verified" {{ when idc.user.email.verified == true }} }}
policy payroll_policy for verified_access on payroll {{ allow "finance" {{ when finance in idc.groups and jamf.risk == "LOW" }} }}
policy partner_policy for verified_access on partners {{
  allow "buyers" {{ when okta.company.name == "acme" and "buyer" in okta["https://example.com/roles"] and okta.level > 2 and okta.vip == true }}
}}
"""
CLAIMS: dict[str, Any] = {
    "email": "a@example.com",
    "company": {"name": "acme"},
    "https://example.com/roles": ["buyer"],
    "level": 3,
    "vip": True,
}


def project(claims: object = CLAIMS) -> None:
    Path("claims").mkdir(exist_ok=True)
    save("claims/okta.json", claims)
    Path("a.policy").write_text(PROJECT, encoding="utf-8")


def test_claims_take_their_types_from_a_sample(run: Run) -> None:
    project()
    ran = run("check", "a.policy", "--format", "concise")
    assert ran.status == 0, ran.out
    assert run("build", "a.policy").status == 0
    text = Path("out/verified_access/partner_policy.cedar").read_text(encoding="utf-8")
    assert 'context.okta["https://example.com/roles"].contains("buyer")' in text
    assert "context.okta.level > 2" in text


@pytest.mark.parametrize(
    ("claims", "rule", "line"),
    [
        ({**CLAIMS, "level": "3"}, "wrong-operator", "a.policy"),
        ({**CLAIMS, "level": 3.5}, "malformed-sample", "claims/okta.json:1:"),
        ({**CLAIMS, "x": [1, 2]}, "malformed-sample", "claims/okta.json:1:"),
        ({**CLAIMS, 'a"b': 1}, "malformed-sample", "claims/okta.json:1:"),
        ({**CLAIMS, "__extn": 1}, "malformed-sample", "claims/okta.json:1:"),
        ({**CLAIMS, "level": 2**63}, "malformed-sample", "claims/okta.json:1:"),
        ([], "malformed-sample", "claims/okta.json:1:1"),
        (
            {"vip": None, **{key: value for key, value in CLAIMS.items() if key != "vip"}},
            "untold-claim",
            "claims/okta.json:1:",
        ),
    ],
)
def test_a_wrong_sample_is_located(run: Run, claims: object, rule: str, line: str) -> None:
    project(claims)
    ran = run("check", "a.policy", "--format", "concise")
    assert ran.status == 1
    assert any(text.startswith(line) and rule in text for text in ran.out.splitlines()), ran.out


def test_a_sample_stays_inside_the_project_and_belongs_to_oidc(run: Run) -> None:
    project()
    for old, new, rule in [
        ('"claims/okta.json"', '"../okta.json"', "outside-root"),
        ('"claims/okta.json"', '"claims/none.json"', "missing-file"),
        ("{ okta: oidc }", "{ okta: jamf }", "closed-trust-type"),
        ("{ okta: oidc }", "{ oktta: oidc }", "unknown-trust-provider"),
    ]:
        Path("a.policy").write_text(PROJECT.replace(old, new), encoding="utf-8")
        ran = run("check", "a.policy", "--format", "concise")
        assert (ran.status, f"[{rule}]" in ran.out) == (1, True), ran.out


def test_a_declared_claim_goes_before_the_sample(run: Run) -> None:
    project({**CLAIMS, "level": "3"})
    changed = PROJECT.replace("claims_from:", "claims: { okta.level: int }, claims_from:")
    Path("a.policy").write_text(changed, encoding="utf-8")
    assert run("check", "a.policy").status == 0


def test_a_changed_sample_is_seen_by_a_second_check(run: Run) -> None:
    project()
    assert run("check", "a.policy").status == 0
    assert run("check", "a.policy").status == 0
    save("claims/okta.json", {**CLAIMS, "level": "3"})
    assert run("check", "a.policy").status == 1


PEOPLE: dict[str, Any] = {
    "users": {
        "alice": {"idc.groups": ["finance"], "idc.user.email.verified": True, "devices": ["mac1", "mac2"]},
        "bob": {"idc.groups": [], "idc.user.email.verified": True},
        "carol": {
            "okta.company.name": "acme",
            "okta.level": 1,
            'okta["https://example.com/roles"]': ["buyer"],
            "okta.vip": True,
            "idc.user.email.verified": False,
            "idc.groups": None,
        },
    },
    "devices": {"mac1": {"jamf.risk": "LOW"}, "mac2": {"jamf.risk": "HIGH"}},
    "request": {"http_request.http_method": "GET"},
}


def test_the_matrix_says_who_gets_in_and_what_is_missed(run: Run) -> None:
    project()
    ran = run("matrix", save("people.json", PEOPLE), "--format", "json")
    assert ran.status == 0, ran.err
    data = json.loads(ran.out)
    found = {(item["visitor"], item["endpoint"]): item for item in data["answers"]}
    assert {key: item["decision"] for key, item in found.items()} == {
        ("alice / mac1", "payroll"): "allow",
        ("alice / mac2", "payroll"): "deny",
        ("bob", "payroll"): "deny",
        ("carol", "payroll"): "deny",
        ("alice / mac1", "portal"): "deny",
        ("alice / mac2", "portal"): "deny",
        ("bob", "portal"): "deny",
        ("carol", "portal"): "deny",
    }
    assert found["alice / mac2", "payroll"]["misses"] == [
        'endpoint payroll_policy: context.jamf.risk is `"HIGH"`, == `"LOW"`'
    ]
    assert found["carol", "portal"]["misses"] == ["group partner_policy: context.okta.level is `1`, > `2`"]


def test_an_attribute_that_every_request_has_is_unknown_when_not_stated(run: Run) -> None:
    project()
    people = {"users": {"dave": {"idc.groups": ["finance"], "jamf.risk": "LOW"}}}
    data = json.loads(run("matrix", save("people.json", people), "--format", "json").out)
    found = {item["endpoint"]: item for item in data["answers"]}
    assert (found["payroll"]["decision"], found["payroll"]["unknown"]) == ("undecided", ["idc.user.email.verified"])


def test_the_matrix_fits_eighty_columns(run: Run) -> None:
    project()
    more = "".join(
        f"resource application_number_{number}: verified_access.endpoint {{ group: staff, protocol: https }}\n"
        for number in range(12)
    )
    Path("b.policy").write_text('use "a.policy" { staff }\n' + more, encoding="utf-8")
    ran = run("matrix", save("people.json", PEOPLE))
    assert ran.status == 0, ran.err
    assert max(map(len, ran.out.splitlines())) <= 80
    assert ran.out.count("application_number_11") >= 1


def test_the_matrix_in_other_forms(run: Run) -> None:
    project()
    rows = list(csv.reader(io.StringIO(run("matrix", save("people.json", PEOPLE), "--format", "csv").out)))
    assert rows[0] == ["visitor", "endpoint", "decision", "misses"]
    assert ["alice / mac1", "payroll", "allow", ""] in rows
    page = run("matrix", "people.json", "--format", "markdown").out
    assert "| alice / mac1 | allow | deny |" in page
    formula = {"users": {"=1+1": PEOPLE["users"]["bob"], "a|b": PEOPLE["users"]["bob"]}}
    assert "\n'=1+1,payroll" in run("matrix", save("f.json", formula), "--format", "csv").out.replace("\r", "")
    assert "| a\\|b |" in run("matrix", "f.json", "--format", "markdown").out


def test_a_kept_table_shows_what_changed(run: Run) -> None:
    project()
    kept = run("matrix", save("people.json", PEOPLE), "--format", "csv").out
    Path("kept.csv").write_text(kept, encoding="utf-8", newline="")
    assert run("matrix", "people.json", "--expect", "kept.csv").status == 0
    people = json.loads(json.dumps(PEOPLE))
    people["devices"]["mac1"]["jamf.risk"] = "HIGH"
    ran = run("matrix", save("people.json", people), "--expect", "kept.csv")
    assert ran.status == 1
    assert "alice / mac1 at payroll: deny, was allow" in ran.err


@pytest.mark.parametrize(
    ("people", "rule"),
    [
        ([], "malformed-people"),
        ({}, "malformed-people"),
        ({"user": {}}, "malformed-people"),
        ({"users": []}, "malformed-people"),
        ({"users": {"a": 1}}, "malformed-people"),
        ({"users": {"a": {"devices": ["x"]}}}, "unknown-device"),
        ({"users": {"a": {"idc.nope": 1}}}, "unknown-attribute"),
        ({"users": {"a": {"jamf.risk": {}}}}, "malformed-request"),
        ({"users": {"a": {}}, "devices": {"d": 1}}, "malformed-people"),
    ],
)
def test_wrong_files_of_users_are_refused(run: Run, people: object, rule: str) -> None:
    project()
    ran = run("matrix", save("people.json", people))
    assert (ran.status, ran.out) == (2, "")
    assert f"[{rule}]" in ran.err


def test_a_project_without_endpoints_has_nothing_to_ask(run: Run) -> None:
    Path("a.policy").write_text(
        "resource staff: verified_access.group { trust: { idc: iam_identity_center } }\n", encoding="utf-8"
    )
    assert run("matrix", save("people.json", PEOPLE)).status == 4
