"""`import policyc` as docs/python.md promises it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import policyc
from policyc.__main__ import main

ALLOW = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
}
ROLE = "arn:aws:iam::111122223333:role/app"
READ = {"action": "s3:GetObject", "resource": "arn:aws:s3:::stock/42", "resource_account": "111122223333"}
GROUP = 'permit (principal, action, resource) when { context.idp.level == "high" };'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> policyc.Project:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "-q"]) == 0
    return policyc.load(tmp_path)


def test_importing_costs_nothing() -> None:
    code = "import policyc, sys; print(*[name for name in sys.modules if name.startswith('policyc.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_every_public_name_is_there() -> None:
    for name in policyc.__all__:
        assert getattr(policyc, name) is not None
    assert set(policyc.__all__) <= set(dir(policyc))
    with pytest.raises(AttributeError, match="no attribute 'ask'"):
        policyc.ask  # type: ignore[attr-defined]  # noqa: B018


def test_check_and_build(project: policyc.Project) -> None:
    findings = project.check()
    assert findings.ok
    assert findings.errors == ()
    built = project.build()
    assert "lattice/inventory_auth.json" in built
    assert built.document("lattice/inventory_auth.json").data["Version"] == "2012-10-17"
    with pytest.raises(KeyError):
        built.document("lattice/none.json")


def test_test(project: policyc.Project) -> None:
    run = project.test()
    assert run.ok
    assert [item.passed for item in run] == [True] * 3
    assert [item.label for item in project.test("write")] == ["a write is not a read"]
    assert not project.test("nothing-has-this-name").ok, "no test is no success"


def test_simulate(project: policyc.Project) -> None:
    attributes = {"source.vpc": "mesh_vpc", "aws.PrincipalOrgID": "o-a1b2c3d4e5"}
    answer = project.simulate("inventory", who="order_fn", can="GET", path="/stock/42", **attributes)
    assert answer.allowed
    assert answer.by == "order-reads-stock"
    assert "order-reads-stock" in answer.explain()
    refused = project.simulate("inventory", who="order_fn", can="POST", path="/stock/42", **attributes)
    assert refused.denied
    assert refused.by is None
    open_one = project.simulate("inventory", who="order_fn", can="GET", path="/stock/42", assume_unknown=True)
    assert open_one.undecided


def test_an_answer_is_no_truth_value(project: policyc.Project) -> None:
    answer = project.simulate("inventory", who="order_fn", can="GET", path="/stock/42")
    with pytest.raises(TypeError, match="allow, deny or undecided"):
        bool(answer)


def test_answers_are_those_of_the_command_line(project: policyc.Project, capsys: pytest.CaptureFixture[str]) -> None:
    main(["simulate", "inventory", "--who", "order_fn", "--can", "GET", "--path", "/stock/42", "--format", "json"])
    told = json.loads(capsys.readouterr().out)
    answer = project.simulate("inventory", who="order_fn", can="GET", path="/stock/42")
    assert answer.to_dict()["decision"] == told["decision"]
    assert [gate["verdict"] for gate in answer.to_dict()["gates"]] == [gate["verdict"] for gate in told["gates"]]
    assert answer.to_dict()["assumed"] == told["assumed"]


def test_many_requests(project: policyc.Project) -> None:
    table = project.simulate_all(
        {"resource": "inventory", "who": who, "can": "GET", "path": "/"} for who in ("order_fn", "anonymous")
    )
    assert [row["decision"] for row in table.to_dicts()] == ["deny", "deny"]
    assert "<td>anonymous</td>" in table._repr_html_()


@pytest.mark.parametrize(
    ("words", "rule"),
    [
        ({"who": "nobody", "can": "GET", "path": "/"}, "unknown-name"),
        ({"who": "order_fn", "can": "READ THIS", "path": "/"}, "unknown-verb"),
        ({"who": "order_fn", "can": "GET", "path": "/", "source.vcp": "x"}, "unknown-attribute"),
    ],
)
def test_what_cannot_be_asked_is_an_exception(project: policyc.Project, words: dict[str, str], rule: str) -> None:
    with pytest.raises(policyc.PolicyError) as caught:
        project.simulate("inventory", **words)  # type: ignore[arg-type]
    assert rule in {item.rule for item in caught.value.findings}
    with pytest.raises(policyc.PolicyError):
        project.simulate("nothing", who="order_fn", can="GET", path="/")


def test_a_project_with_mistakes_can_be_loaded_and_checked(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text("let x: account = 5\n")
    project = policyc.load(tmp_path)
    (error,) = project.check().errors
    assert (error.rule, error.place and error.place.line) == ("type-mismatch", 1)
    for ask in (project.build, project.test):
        with pytest.raises(policyc.PolicyError, match="type-mismatch"):
            ask()


def test_what_cannot_be_loaded(tmp_path: Path) -> None:
    with pytest.raises(policyc.PolicyError, match="does not exist"):
        policyc.load(tmp_path / "nowhere")
    (tmp_path / "policyc.toml").write_text("[build]\nout = 5\n")
    with pytest.raises(policyc.PolicyError, match="invalid-setting"):
        policyc.load(tmp_path)


def test_texts_that_are_not_saved(tmp_path: Path) -> None:
    (tmp_path / "policyc.toml").write_text("")
    (tmp_path / "a.policy").write_text('let a: account = "111122223333"\nprincipal p = role(a, "x")\n')
    saved = policyc.load(tmp_path)
    assert saved.check().errors == ()
    unsaved = policyc.load(tmp_path, read={"a.policy": "let a = ="}.get)
    assert [item.rule for item in unsaved.check().errors] == ["syntax-error"]


@pytest.mark.parametrize("form", ["dict", "text", "path"])
def test_documents_in_every_form(form: str, tmp_path: Path) -> None:
    path = tmp_path / "role.json"
    path.write_text(json.dumps(ALLOW))
    document = {"dict": ALLOW, "text": json.dumps(ALLOW), "path": path}[form]
    answer = policyc.simulate({"identity": document}, who=ROLE, **READ)  # type: ignore[arg-type, dict-item]
    assert answer.allowed
    assert answer.by == "read"
    assert policyc.check(document).errors == ()  # type: ignore[arg-type]


def test_levels_of_an_organization() -> None:
    deny = {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]}
    everything = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    assert policyc.simulate({"identity": ALLOW, "scp": [everything, everything]}, who=ROLE, **READ).allowed  # type: ignore[arg-type]
    refused = policyc.simulate({"identity": ALLOW, "scp": [everything, [everything, deny]]}, who=ROLE, **READ)  # type: ignore[arg-type, list-item, dict-item]
    assert refused.denied


def test_unknown_and_absent_keys() -> None:
    guarded = json.loads(json.dumps(ALLOW))
    guarded["Statement"][0]["Condition"] = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    asked = {"identity": guarded}
    assert policyc.simulate(asked, who=ROLE, **READ, **{"aws:PrincipalTag/team": "red"}).allowed  # type: ignore[arg-type]
    assert policyc.simulate(asked, who=ROLE, **READ, unknown=["aws:PrincipalTag/team"]).undecided  # type: ignore[arg-type]
    assert policyc.simulate(asked, who=ROLE, **READ, absent=["aws:PrincipalTag/team"]).denied  # type: ignore[arg-type]


def test_a_key_is_not_stated_and_absent() -> None:
    with pytest.raises(policyc.PolicyError, match="stated and absent"):
        policyc.simulate({"identity": ALLOW}, who=ROLE, **READ, absent=["aws:x"], **{"aws:x": "1"})  # type: ignore[arg-type]


def test_a_role_that_there_is_not() -> None:
    with pytest.raises(policyc.PolicyError, match="unknown-role"):
        policyc.simulate({"identty": ALLOW}, who=ROLE, **READ)  # type: ignore[arg-type]


def test_cedar_with_a_context() -> None:
    assert policyc.simulate({"group": GROUP}, context={"idp": {"level": "high"}}).allowed
    assert policyc.simulate({"group": GROUP}, context={"idp": {"level": "low"}}).denied
    assert policyc.simulate({"group": GROUP}, context={"idp": {}}, unknown=["idp.level"]).undecided
    assert not policyc.check("permit (principal, action, resource) when { context.x }").ok


def test_findings_of_a_document_have_places_and_forms() -> None:
    bad = {"Version": "2012-10-17", "Statement": [{"Effect": "Alow", "Action": "*", "Resource": "*"}]}
    findings = policyc.check(bad, kind="identity")
    (error,) = findings.errors
    assert (error.rule, error.severity) == ("invalid-effect", policyc.Severity.ERROR)
    assert error.place is not None
    assert error.place.line == 5
    assert findings.to_dict()["counts"]["error"] == 1
    assert json.loads(findings.render("sarif"))["version"] == "2.1.0"
    assert "<td>invalid-effect</td>" in findings._repr_html_()


def test_html_is_escaped() -> None:
    statement = {"Sid": "<script>", "Effect": "Allow", "Action": "<b>:x", "Resource": "*"}
    shown = policyc.check({"Version": "2012-10-17", "Statement": [statement]}, kind="bucket")._repr_html_()
    assert "<script>" not in shown
    assert "<b>:" not in shown


def test_diff_of_documents_and_of_folders(tmp_path: Path) -> None:
    def document(*actions: str) -> dict[str, Any]:
        statement = {"Sid": "S", "Effect": "Allow", "Action": list(actions), "Resource": "arn:aws:s3:::b/*"}
        return {"Version": "2012-10-17", "Statement": [statement]}

    found = policyc.diff(document("s3:GetObject"), document("s3:GetObject", "s3:PutObject"))
    assert found and found.settled and found.widens and not found.same
    assert [(entry["change"], entry["what"]) for entry in found.changes] == [("newly allowed", ["s3:PutObject"])]
    assert "newly allowed" in str(found)
    assert policyc.diff(document("s3:Get*", "s3:GetObject"), document("s3:GET*")).same
    for name, actions in (("a", ["s3:GetObject"]), ("b", ["s3:*"])):
        (tmp_path / name).mkdir()
        (tmp_path / name / "role.json").write_text(json.dumps(document(*actions)), encoding="utf-8")
    assert [entry["change"] for entry in policyc.diff(tmp_path / "a", tmp_path / "b").changes] == ["newly allowed"]
    with pytest.raises(policyc.PolicyError):
        policyc.diff({"Version": "2012-10-17"}, document("s3:GetObject"))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (None, "`document` takes a dict, JSON or Cedar text, or a path, not NoneType"),
        (3, "not int"),
        ([ALLOW], "not list"),
        ({"Version": {1}}, "`document` cannot be written as JSON"),
    ],
)
def test_what_is_no_document_is_a_type_error(given: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        policyc.check(given)


def test_values_of_other_types_are_refused() -> None:
    for words in ({"aws:x": {"a": 1}}, {"aws:x": object()}):
        with pytest.raises(TypeError, match="a value is a text, a number, a truth value or a list"):
            policyc.simulate({"identity": ALLOW}, who=ROLE, **READ, **words)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="are texts, not int"):
        policyc.simulate({"identity": ALLOW}, who=5, **READ)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`context` takes a dict, not list"):
        policyc.simulate({"group": GROUP}, context=[])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="`identity` takes a dict"):
        policyc.simulate({"identity": None}, who=ROLE, **READ)  # type: ignore[dict-item, arg-type]


def test_documents_that_turn_upon_themselves() -> None:
    around: dict[str, Any] = {}
    around["Statement"] = [around]
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"Statement": deep}
    for document in (around, deep):
        with pytest.raises(ValueError, match=r"`document` (cannot be written as JSON|is nested too deeply)"):
            policyc.check(document)


def test_words_that_there_are_not() -> None:
    with pytest.raises(ValueError, match="there is no kind `buckt`; write one of identity, "):
        policyc.check(ALLOW, kind="buckt")
    with pytest.raises(ValueError, match="there is no kind `buckt`"):
        policyc.diff(ALLOW, ALLOW, kind="buckt")
    with pytest.raises(ValueError, match="there is no format `yaml` for findings; write one of human"):
        policyc.check(ALLOW).render("yaml")


TEMPLATE = """Parameters: {Org: {Type: String}}
Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - {Sid: orders, Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:role/app"}, Action: vpc-lattice-svcs:Invoke, Resource: "*",
             Condition: {StringEquals: {"vpc-lattice-svcs:RequestMethod": get}}}
"""


def test_a_path_is_whatever_check_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("stack.yaml").write_text(TEMPLATE)
    for path in ("stack.yaml", Path("stack.yaml"), "."):
        (error,) = policyc.check(path).errors
        assert (error.rule, error.place and error.place.line) == ("value-never-matches", 11)
    assert policyc.diff("stack.yaml", "stack.yaml").same
    assert repr(policyc.diff("stack.yaml", "stack.yaml")) == "<Comparison: the same>"
    found = policyc.who("stack.yaml")
    assert repr(found).startswith("<Who ") and repr(found).endswith(": 1 classes, nobody else>")
    (entry,) = found.classes
    assert entry["what"] == ["vpc-lattice-svcs:Invoke"]
    service = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
    asked = {"service": "stack.yaml", "identity": {"Version": "2012-10-17", "Statement": []}}
    answer = policyc.simulate(asked, who=ROLE, can="GET", path="/x", service_arn=service, network_auth="none")  # type: ignore[arg-type]
    assert answer.denied
    assert "stack.yaml:10" in answer.explain()
    with pytest.raises(policyc.PolicyError, match="`NONE` is no value for `--network-auth`"):
        policyc.simulate(asked, who=ROLE, can="GET", path="/x", service_arn=service, network_auth="NONE")  # type: ignore[arg-type]
    Path("group.cedar").write_text(GROUP)
    assert policyc.simulate({"group": Path("group.cedar")}, context={"idp": {"level": "high"}}).allowed
    (cedar,) = policyc.who("group.cedar").classes
    assert cedar["by"] == ["`permit 1`"]


def test_what_is_not_read_is_no_all_clear(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text(
        'module "iam" {\n  source  = "terraform-aws-modules/iam/aws"\n  policy = "{\\"Statement\\": []}"\n}\n'
    )
    findings = policyc.check("main.tf")
    assert len(findings) == 0
    assert not findings.ok
    (unread,) = findings.unreadable
    assert unread.startswith("main.tf:1 (")
    assert findings.to_dict()["inside"]["unreadable"][0]["file"] == "main.tf"


def test_bytes_are_texts() -> None:
    assert policyc.check(json.dumps(ALLOW).encode()).errors == ()
    with pytest.raises(policyc.PolicyError, match="`<document>` is not UTF-8 at byte 0"):
        policyc.check(b"\xff{}")


def test_guarantees_by_name() -> None:
    everybody = {
        "Sid": "all",
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::stock/*",
    }
    within = {**everybody, "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}
    open_one = {"Version": "2012-10-17", "Statement": [everybody]}
    closed = {"Version": "2012-10-17", "Statement": [within]}
    assert policyc.prove(closed, that=["public", "organization_only"]).hold
    found = policyc.prove(open_one, that="public")
    assert found.broken == ("public in document",)
    assert "`all` allows it" in found.text()
    (claim,) = found.data[0]["claims"]
    assert claim["holds"] is False
    assert "action s3:" in claim["request"].lower()
    with pytest.raises(ValueError, match=r"`organization_only` needs an organization.*give `organization=`"):
        policyc.prove(open_one, that="organization_only")
    assert policyc.prove(open_one, that="organization_only", organization="o-a1b2c3d4e5").broken
    with pytest.raises(ValueError, match="there is no guarantee `publik`; write one of public, "):
        policyc.prove(open_one, that="publik")
    with pytest.raises(ValueError, match="`12` is no account"):
        policyc.prove(open_one, that="cross_account", account="12")
    for words in ({}, {"guarantees": "a.policy", "that": "public"}):
        with pytest.raises(ValueError, match="give a guarantees file, or guarantees by name"):
            policyc.prove(open_one, **words)  # type: ignore[arg-type]
