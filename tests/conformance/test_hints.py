"""Slips that people bring from other languages or make at Verified Access: one error, and a help that is right when followed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.lint.registry import run_rules
from policyc.simulation.runner import run_tests
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source

HEAD = """group engineering = oidc_group("engineering")
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
resource staff: verified_access.group {{ trust: {{ {trust} }}, claims: {{ {claims} }} }}
resource wiki: verified_access.endpoint {{ group: staff, protocol: {protocol}, domain: "wiki.example.com" }}
"""
POLICY = """policy wiki_in for verified_access on wiki {{
  allow "a" {{ when {condition} }}
}}
test "asked" {{ request wiki {{ }} expect undecided }}
"""


def found(
    tmp_path: Path, condition: str, trust: str = "idp: oidc", claims: str = "", protocol: str = "https"
) -> list[Diagnostic]:
    """What the checks and the rules say, but for what is no matter here: an unused group, an unverified address."""
    text = HEAD.format(trust=trust, claims=claims, protocol=protocol) + POLICY.format(condition=condition)
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    if not diagnostics.has_errors:
        run_rules(program, emit_documents(program, diagnostics), diagnostics)
    beside = ("unused-declaration", "unverified-email", "group-without-policy", "negated-test-admits-absent")
    return [item for item in diagnostics if item.rule not in beside]


def written(item: Diagnostic) -> str:
    """The text that a help says to write, in backticks."""
    match = re.search(r"`([^`]+)`", item.help)
    assert match is not None, item.help
    return match[1]


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('idp.groups.contains("engineering")', "engineering in idp.groups"),
        ("idp.groups.contains(engineering)", "engineering in idp.groups"),
        ('idp.groups.contains("sales")', 'oidc_group("sales") in idp.groups'),
        ('idp.email.endsWith("@example.com")', 'idp.email like "*@example.com"'),
        ('idp.email.startsWith("ana")', 'idp.email like "ana*"'),
        ("idp.email == null", "not (exists idp.email)"),
        ("idp.email != null", "exists idp.email"),
        ("null == idp.email", "not (exists idp.email)"),
        ("has(idp.email)", "exists idp.email"),
        ("idp.email.exists()", "exists idp.email"),
        ('idp.groups.containsAny(["engineering", "b"])', 'any idp.groups in [engineering, oidc_group("b")]'),
        ('idp.groups.containsAll(["a", "b"])', 'oidc_group("a") in idp.groups and oidc_group("b") in idp.groups'),
        ('http_request.client_ip.isInRange(ip("192.0.2.0/24"))', 'http_request.client_ip in "192.0.2.0/24"'),
        ('http_request.client_ip.isInRange("192.0.2.0/24")', 'http_request.client_ip in "192.0.2.0/24"'),
    ],
)
def test_other_languages_words(tmp_path: Path, wrong: str, right: str) -> None:
    (item,) = found(tmp_path, wrong)
    assert written(item) == right
    told = {one.rule for one in found(tmp_path, right)}
    assert told <= {"everyone-allowed", "email-pattern-without-domain"}, "the question itself is what was asked"


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('idp.groups == "ops"', '"ops" in idp.groups'),
        ('idp.groups == ["ops"]', 'any idp.groups in ["ops"]'),
        ('idp.groups != "ops"', 'not ("ops" in idp.groups)'),
        ("engineering == idp.groups", "engineering in idp.groups"),
        ('context.idp.email == "ana@example.com"', "idp.email"),
    ],
)
def test_what_to_write_is_the_first_thing_that_the_help_says(tmp_path: Path, wrong: str, right: str) -> None:
    (item,) = found(tmp_path, wrong)
    assert item.help.endswith(f"write `{right}`")


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("has idp.email", "`exists`"),
        ("idp.email has x", "`exists`"),
        ("idp.email is null", "`exists a.b`"),
        ('idp.email contains "x"', '`a.b like "*v*"`'),
        ('idp.email ends_with "x"', '`like "*v"`'),
        ('idp.email startsWith "x"', '`like "v*"`'),
        ("idp.email_verified := true", "`==`"),
        ("idp.email_verified, engineering in idp.groups", "`and`"),
        ('idp.email == "a" idp.email_verified', "`and`"),
        ("NOT idp.email_verified", "write `not`"),
        ("Exists idp.email", "write `exists`"),
        ("some g in idp.groups", "`any a.b in [...]`"),
        ("every g in idp.groups", "`all a.b in [...]`"),
        ("if idp.email_verified then true else false", "needs no `if`"),
    ],
)
def test_operators_of_other_languages(tmp_path: Path, wrong: str, word: str) -> None:
    (item,) = found(tmp_path, wrong)
    assert item.rule == "syntax-error" and word in item.help


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ("idp.email_verified == True", "`true`"),
        ("idp.email_verified == FALSE", "`false`"),
        ('idp.email.lower() == "x"', "letter case counts"),
        ("len(idp.groups) > 1", "not counted"),
        ('http_request.client_ip == ip("192.0.2.1")', "as a string"),
        ('http_request.client_ip in cidr("192.0.2.0/24")', "as a string"),
        ('principal == "ana"', "leaves the principal open"),
        ("action == GET", "`http_request.http_method == GET`"),
        ('resource in ["wiki"]', "put the policy `on`"),
        ("context.time.hour > 8", "write `time.hour`"),
        ('client_ip in "192.0.2.0/24"', "did you mean `http_request.client_ip`?"),
        ("method == GET", "did you mean `http_request.http_method`?"),
        ("idp.email == Sales", 'write `"Sales"` if it is a text'),
        ("engineering has idp.groups", "`group in a.groups`"),
    ],
)
def test_functions_and_variables_of_other_languages(tmp_path: Path, wrong: str, word: str) -> None:
    (item,) = found(tmp_path, wrong)
    assert word in item.help


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ('allow "a" if idp.email_verified', "`{ when … }`"),
        ('allow "a" when idp.email_verified', "`{ when … }`"),
        ('allow "a" { where idp.email_verified }', "write `when`"),
        ('allow "a" { if idp.email_verified }', "write `when`"),
        ('allow "a" { idp.email_verified }', "write `when`"),
        ('allow "a" { (idp.email_verified) }', "write `when`"),
        ('allow "a" { not idp.email_verified }', "write `when`"),
        ('"Effect": "Allow"', "begins with `allow` or `deny`"),
        ('effect = "Allow"', "begins with `allow` or `deny`"),
        ('statement { effect = "Allow" }', "begins with `allow` or `deny`"),
        ('allow "a" { whne idp.email_verified }', "`when`"),
    ],
)
def test_statements_of_other_languages_are_one_error(tmp_path: Path, wrong: str, word: str) -> None:
    text = HEAD.format(trust="idp: oidc", claims="", protocol="https")
    text += f"policy staff_in for verified_access on staff {{\n  {wrong}\n}}\n"
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    (item,) = diagnostics
    assert item.rule == "syntax-error" and word in item.help


def test_what_stands_deeper_below_a_provider_is_named(tmp_path: Path) -> None:
    (item,) = found(tmp_path, 'idc.email like "*@example.com"', trust="idc: iam_identity_center, idp: oidc")
    assert item.help == "did you mean `idc.user.email.address`?"
    (item,) = found(tmp_path, "exists idc", trust="idc: iam_identity_center")
    assert item.help == "`idc` holds several attributes: name one, such as `idc.user.user_id` or `idc.user.user_name`"
    (item,) = found(tmp_path, '"finance" in idc.groups', trust="idc: iam_identity_center")
    assert item.help.startswith('declare it, such as `group finance = idc_group("…")`')


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("http_request.http_method == get", "http_request.http_method == GET"),
        ("http_request.http_method in [post, GET]", "http_request.http_method in [POST, GET]"),
        ("http_request.http_method != Delete", "http_request.http_method != DELETE"),
    ],
)
def test_methods_are_in_capitals(tmp_path: Path, wrong: str, right: str) -> None:
    (item,) = found(tmp_path, wrong)
    assert item.span is not None
    text = (tmp_path / "p.policy").read_text(encoding="utf-8")
    assert written(item) == text[item.span.start : item.span.end].upper()
    assert found(tmp_path, right) == []


@pytest.mark.parametrize(
    ("condition", "entry"),
    [
        ('jamf.risk == "LOW"', "jamf: jamf"),
        ('my_jamf.risk in ["LOW"]', "my_jamf: jamf"),
        ("edr.assessment.overall > 80", "edr: crowdstrike"),
        ("crwd.assessment.os > 80", "crwd: crowdstrike"),
        ("laptop.device.is_managed", "laptop: jumpcloud"),
        ("finance in idc.groups", "idc: iam_identity_center"),
        ('idc.user.user_name == "ana"', "idc: iam_identity_center"),
    ],
)
def test_a_missing_provider_is_added_to_trust(tmp_path: Path, condition: str, entry: str) -> None:
    (item,) = found(tmp_path, condition)
    assert item.help == f"add `{entry}` to `trust` of `staff`"
    assert found(tmp_path, condition, trust=f"idp: oidc, {entry}") == []


@pytest.mark.parametrize(
    ("condition", "claim"),
    [
        ('idp.department == "sales"', "idp.department: string"),
        ('idp.cost_center == "4711"', "idp.cost_center: string"),
        ('idp["custom:site"] == "hq"', 'idp["custom:site"]: string'),
        ('idp.address.country == "DE"', "idp.address.country: string"),
        ('idp.role == "admin"', "idp.role: string"),
        ('idp["cognito:groups"] == "x"', 'idp["cognito:groups"]: string'),
    ],
)
def test_an_undeclared_claim_is_declared(tmp_path: Path, condition: str, claim: str) -> None:
    (item,) = found(tmp_path, condition)
    assert "`claims` of `staff`" in item.help and f"`{claim}`" in item.help
    assert found(tmp_path, condition, claims=claim) == []


def test_a_slip_in_a_known_claim_or_provider_is_told_as_one(tmp_path: Path) -> None:
    (item,) = found(tmp_path, 'idp.emial == "a@example.com"')
    assert item.help == "did you mean `idp.email`?"
    (item,) = found(tmp_path, "crwd.assesment.overall > 5", trust="crwd: crowdstrike")
    assert item.help == "did you mean `crwd.assessment.overall`?"
    (item,) = found(tmp_path, "jamf.disk_encryption", trust="jamf: jamf")
    assert "`jamf.risk`" in item.help, "what its provider sends"
    (item,) = found(tmp_path, 'ipd.email == "a@example.com"')
    assert item.help == "did you mean `idp`?"


@pytest.mark.parametrize(
    ("condition", "protocol", "better"),
    [
        ("tcp_flow.destination_port == 22", "https", "http_request.port == 22"),
        ('tcp_flow.client_ip in "192.0.2.0/24"', "http", 'http_request.client_ip in "192.0.2.0/24"'),
        ("http_request.port == 22", "tcp", "tcp_flow.destination_port == 22"),
    ],
)
def test_the_other_protocols_data(tmp_path: Path, condition: str, protocol: str, better: str) -> None:
    (item,) = found(tmp_path, condition, protocol=protocol)
    assert f" {protocol} endpoint" in item.help and f"test `{better.split()[0]}`" in item.help
    assert found(tmp_path, better, protocol=protocol) == []
    other = "tcp" if protocol != "tcp" else "https"
    assert f"`protocol: {other}`" in item.help and found(tmp_path, condition, protocol=other) == []


def test_claims_are_declared_one_by_one(tmp_path: Path) -> None:
    (item,) = found(tmp_path, "idp.email_verified", claims="idp: { department: string }")
    assert item.rule == "malformed-claim" and "`provider.claim: type`" in item.help
    assert found(tmp_path, "idp.email_verified", claims="idp.department: string") == []


@pytest.mark.parametrize(("word", "right"), [("permit", "allow"), ("forbid", "deny"), ("grant", "allow")])
def test_effects_of_other_languages_are_one_error(tmp_path: Path, word: str, right: str) -> None:
    text = HEAD.format(trust="idp: oidc", claims="", protocol="https")
    text += f'policy staff_in for verified_access on staff {{\n  {word} "a" {{ when idp.email_verified }}\n}}\n'
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    (item,) = diagnostics
    assert item.help == f"write `{right}`"


def test_a_group_is_tested_through_an_endpoint_of_its(tmp_path: Path) -> None:
    text = HEAD.format(trust="idp: oidc", claims="", protocol="https")
    text += 'policy staff_in for verified_access on staff { allow "a" { when idp.email_verified } }\n'
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    run_rules(program, [], diagnostics)
    (item,) = (one for one in diagnostics if one.rule == "policy-without-test")
    assert item.help == "add a `test` with a request to `wiki`"


# --- Cedar text -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ('context.my-trust-provider.user == "u1"', 'context["my-trust-provider"].user == "u1"'),
        ('context.corp-idp-eu-west.email == "a"', 'context["corp-idp-eu-west"].email == "a"'),
        ('context.idp-2.email == "a"', 'context["idp-2"].email == "a"'),
        ('context.idp.cognito:groups.contains("a")', 'context.idp["cognito:groups"].contains("a")'),
        ('context.idp.custom:cost-center == "a"', 'context.idp["custom:cost-center"] == "a"'),
        ("context has my-long-idp", 'context has "my-long-idp"'),
        ("context.idp has cost-center", 'context.idp has "cost-center"'),
        ("has(context.idp.groups)", "context.idp has groups"),
        ("exists(context.idp.groups)", "context.idp has groups"),
        ('context.idp.has("groups")', "context.idp has groups"),
        ('has(context["my-idp"].email)', 'context["my-idp"] has email'),
        ("context.idp.2fa == true", 'context.idp["2fa"] == true'),
        ('context.2-factor.x == "a"', 'context["2-factor"].x == "a"'),
        ('has(context.idp, "cognito:groups")', 'context.idp has "cognito:groups"'),
    ],
)
def test_cedar_text_that_is_written_in_another_way(wrong: str, right: str) -> None:
    text = f"permit (principal, action, resource) when {{ {wrong} }};"
    diagnostics = Diagnostics()
    assert parse_cedar(Source("p.cedar", text), diagnostics) is None
    (item,) = diagnostics
    assert item.fix is not None and item.help == item.fix.message
    (edit,) = item.fix.edits
    mended = text[: edit.span.start] + edit.replacement + text[edit.span.end :]
    assert mended == f"permit (principal, action, resource) when {{ {right} }};"
    assert parse_cedar(Source("p.cedar", mended), Diagnostics()) is not None


@pytest.mark.parametrize("condition", ["context.a.b-5 > 0", "context.a.b-context.a.c > 0", "context.a.b - 1 > 0"])
def test_a_subtraction_stays_one(condition: str) -> None:
    text = f"permit (principal, action, resource) when {{ {condition} }};"
    assert parse_cedar(Source("p.cedar", text), Diagnostics()) is not None


@pytest.mark.parametrize(
    ("name", "read", "word"),
    [
        ("jamf", "diskEncryptionEnabled == true", "jamf"),
        ("corp_jamf", 'x == "a"', "jamf"),
        ("crwd", "exp > 5", "crowdstrike"),
        ("jumpcloud", 'serial == "a"', "jumpcloud"),
        ("idc", 'department == "a"', "iam_identity_center"),
        ("edr", "assessment.overall > 50", "crowdstrike"),
        ("login", 'department == "a"', "oidc"),
    ],
)
def test_a_trust_type_is_guessed_by_what_is_read_or_by_name(name: str, read: str, word: str) -> None:
    from policyc.targets.verified_access.read.check import check_text

    diagnostics = Diagnostics()
    check_text(
        Source("p.cedar", f"permit (principal, action, resource) when {{ context.{name}.{read} }};"), diagnostics
    )
    (item,) = (one for one in diagnostics if one.rule == "cedar-trust-not-declared")
    assert f"`// policyc: trust {name}={word}`" in item.help


@pytest.mark.parametrize(
    ("field", "help"),
    [
        ('jamf.risk: "LOW"', "add `jamf: jamf` to `trust` of `staff`"),
        (
            'idp.department: "sales"',
            "declare it in `claims` of `staff`, such as `idp.department: string` (or `int`, `bool`, `string_set`)",
        ),
    ],
)
def test_a_request_has_the_same_help_as_a_policy(tmp_path: Path, field: str, help: str) -> None:
    text = HEAD.format(trust="idp: oidc", claims="", protocol="https")
    text += 'policy wiki_in for verified_access on wiki { allow "a" { when idp.email_verified } }\n'
    text += f'test "asked" {{ request wiki {{ {field} }} expect deny }}\n'
    (tmp_path / "p.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    (result,) = run_tests(program, emit_documents(program, diagnostics))
    assert help in [item.help for item in result.findings]


@pytest.mark.parametrize(
    ("condition", "claim"),
    [
        ('idp.email_verified == "true"', "idp.email_verified: string"),
        ('idp.updated_at == "2026-01-01"', "idp.updated_at: string"),
        ('idp.email_verified in ["true", "1"]', "idp.email_verified: string"),
        ("idp.nickname == 3", "idp.nickname: int"),
        ("idp.additional_user_context.aud == 7", "idp.additional_user_context.aud: int"),
    ],
)
def test_a_claim_of_another_kind_than_aws_shows_is_declared(tmp_path: Path, condition: str, claim: str) -> None:
    item = next(one for one in found(tmp_path, condition))
    assert item.rule == "type-mismatch" and f"`{claim}`" in item.help
    assert found(tmp_path, condition, claims=claim) == []
    other = claim.rpartition(" ")[0] + (" int" if claim.endswith("string") else " string")
    told = [one for one in found(tmp_path, condition, claims=other) if one.rule == "type-mismatch"]
    assert told and "declare it" not in told[0].help, "what is declared is known"


@pytest.mark.parametrize(("text", "better"), [("get", "GET"), ("Post", "POST"), ("DELET", "DELETE"), ("PSOT", "POST")])
def test_a_method_in_cedar_text_has_its_right_spelling_named(text: str, better: str) -> None:
    from tests.cedar_texts import findings

    told = findings(f'permit (principal, action, resource) when {{ context.http_request.http_method == "{text}" }};\n')
    assert [item.help for item in told] == [f"did you mean `{better}`?"]


def test_a_provider_is_not_guessed_to_send_what_it_does_not() -> None:
    from tests.cedar_texts import findings

    text = "permit (principal, action, resource) when { context.jamf.diskEncryptionEnabled == true };\n"
    (item,) = findings(text)
    assert "`diskEncryptionEnabled`" in item.help and "`oidc`" in item.help
    assert findings(f"// policyc: trust jamf=oidc\n{text}") == []


def test_declared_claims_are_known_kinds_to_a_log_record(tmp_path: Path) -> None:
    from policyc.targets.verified_access.read.claims import claims_of

    (tmp_path / "p.policy").write_text(
        'resource staff: verified_access.group { trust: { idp: oidc }, references: { idp: "my-idp" }, '
        "claims: { idp.level: int, idp.address.country: string, idp.teams: string_set } }\n",
        encoding="utf-8",
    )
    program = load_program(tmp_path, [Path("p.policy")], {}, Diagnostics())
    (group,) = program.resources.values()
    (kind,) = claims_of(group).values()
    assert {name: member.kind.name for name, member in kind.members.items()} == {
        "level": "long",
        "address": "record",
        "teams": "set",
    }
    assert kind.members["address"].kind.members["country"].kind.name == "string" and kind.open


LATTICE = """let acme: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
principal app = role(shop, "app")
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
"""


@pytest.mark.parametrize(
    ("clauses", "help"),
    [
        ("who: app", "remove it: a clause is its word and what it names, such as `who app`"),
        ("can = GET", "remove it: a clause is its word and what it names, such as `can GET`"),
        ("principal app", "write `who`"),
        ("action GET", "write `can`"),
        ("if port == 1", "write `when`"),
        ("who *", "write `anyone`"),
        ("can *", "leave the clause out: without `can` every verb is meant"),
        ('can "GET"', "write it without quotes: `GET`"),
        ("can [GET]", "write verbs side by side, such as `can GET, HEAD`"),
        ('who "*"', "write `anyone`"),
        ("who everyone", "write `anyone`"),
        ('who "arn:aws:iam::111122223333:role/team/app"', 'write `role("111122223333", "team/app")`'),
        ('who "arn:aws:sts::111122223333:assumed-role/app/one"', 'write `session("111122223333", "app", "one")`'),
        ('who "arn:aws:iam::111122223333:root"', 'write `account("111122223333")`'),
        ('who role("arn:aws:iam::111122223333:role/app")', 'write `role("111122223333", "app")`'),
        (
            "who arn:aws:iam::111122223333:role/app",
            'a caller is declared by its parts: `principal app = role("111122223333", "app")`',
        ),
        ("who app and anyone", "put a comma between them"),
        ('path "/x" and "/y"', "put a comma between them"),
        ('path "/x" and source.vpc == v', "a condition begins with `when`, such as `when source.vpc == mesh_vpc`"),
        ("who app and can GET", "remove it: the clauses of a statement hold together; `can` begins the next one"),
        ("path /stock", 'put the path between double quotes, such as `"/stock"`'),
        ('not path "/x"', "write `path not`"),
        (
            'except path "/x"',
            'add a `deny` statement for what is excepted; `not` takes all others, such as `who not app` or `path not "/x"`',
        ),
        (
            "when aws:SourceVpc == acme",
            'a key is written with a point where it has a word, such as `aws.SourceVpc`, and else as `key["aws:SourceVpc"]`',
        ),
        ('when aws.PrincipalTag.team == "a"', 'write `aws.PrincipalTag["team"]`'),
        ('when source.ip in "192.0.2.0/24"', "did you mean `aws.SourceIp`?"),
        ('when time < "2026-01-01T00:00:00Z"', "did you mean `aws.CurrentTime` or `aws.EpochTime`?"),
        (
            'when tag["team"] == "a"',
            'did you mean `aws.PrincipalTag["team"]`, `aws.ResourceTag["team"]` or `aws.RequestTag["team"]`?',
        ),
    ],
)
def test_clauses_in_other_words(tmp_path: Path, clauses: str, help: str) -> None:
    head = "" if clauses.startswith(("who", "principal")) else "    who app\n"
    assert errors(tmp_path, f'policy p for lattice on stock {{\n  allow "a" {{\n{head}    {clauses}\n  }}\n}}\n') == [
        help
    ]


@pytest.mark.parametrize(
    ("text", "help"),
    [
        ("policy p on stock { }", "name the target: `policy p for TARGET on RESOURCE`, such as `for lattice`"),
        ("policy p for lattice { }", "say where it is attached: `on RESOURCE`, the name of a declared one"),
        ("policy p for lattice on stock { allow who app }", "clauses stand in braces: `{ who … }`"),
        ('permit "a" { }', "a statement stands in a policy: `policy name for TARGET on RESOURCE { … }`"),
        ('const x = "a"', 'write `let name = "…"`'),
        ('x = "a"', "write `let x = …`"),
        ('import "a.policy"', 'write `use "other.policy" { name }`, with the names that come in'),
        ('use "a.policy"', 'say which names come in: `use "a.policy" { name }`'),
        ("let x: list[cidr] = []", "a list has the type `set[…]`"),
        ("resource lattice.service s { }", "the name comes first, without quotes: `resource NAME: TYPE { … }`"),
        ('resource "lattice.service" "s" { }', "the name comes first, without quotes: `resource NAME: TYPE { … }`"),
        (
            'test "t" { who app expect deny }',
            "a test states a request and what comes of it: `request RESOURCE { who: …, can: … }` and `expect deny`",
        ),
        ('test "t" { request stock { who app } expect deny }', "a request has fields: write `who: …`"),
        ('test "t" { request { who: app } expect deny }', "name the resource that is asked: `request RESOURCE { … }`"),
        ('test "t" { request stock { who: app } assert deny }', "write `expect allow` or `expect deny`"),
        ('prove "p" { nobody can DELETE on stock }', "write `no request to … is allowed`"),
        ('prove "p" { every request to stock is denied }', "write `deny`"),
    ],
)
def test_declarations_in_other_words(tmp_path: Path, text: str, help: str) -> None:
    assert errors(tmp_path, text + "\n") == [help]


def errors(tmp_path: Path, text: str) -> list[str]:
    (tmp_path / "p.policy").write_text(LATTICE + text, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("p.policy")], {}, diagnostics)
    return [item.help for item in diagnostics if item.severity == "error"]


@pytest.mark.parametrize(
    ("changed", "rule", "help"),
    [
        (
            {"Principal": "arn:aws:iam::111122223333:role/app"},
            "invalid-principal-format",
            'write `{"AWS": "arn:aws:iam::111122223333:role/app"}`',
        ),
        ({"Principal": "sns.amazonaws.com"}, "invalid-principal-format", 'write `{"Service": "sns.amazonaws.com"}`'),
        (
            {"Principal": "app"},
            "invalid-principal-format",
            'name callers by their type, such as `{"AWS": "123456789012"}`',
        ),
        (
            {"Principal": None},
            "missing-principal",
            'add who is meant, such as `"Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}`',
        ),
        ({"Resource": "arn::s3:::acme/*"}, "invalid-partition", "write `arn:aws:s3:::acme/*`"),
    ],
)
def test_a_help_never_opens_a_document(changed: dict[str, str | None], rule: str, help: str) -> None:
    import policyc

    statement = {"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "s3:GetObject", **changed}
    statement.setdefault("Resource", "arn:aws:s3:::acme/*")
    kept = {key: value for key, value in statement.items() if value is not None}
    found = policyc.check({"Version": "2012-10-17", "Statement": [kept]}, kind="bucket")
    assert [item.help for item in found if item.rule == rule] == [help]
