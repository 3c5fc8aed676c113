"""Scenario files: tables of requests, matrices, coverage; YAML that stays plain data; every mistake in its place."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policyc.data import read_text
from policyc.diagnostics import Diagnostics
from policyc.syntax.yaml_text import MAX_VALUES, parse_yaml
from policyc.text import Source
from tests.running import Run

HOME = "111122223333"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"


def write(name: str, text: str) -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::b/*"},
        {
            "Sid": "Own",
            "Effect": "Allow",
            "Action": "s3:PutObject",
            "Resource": "arn:aws:s3:::b/*",
            "Condition": {"StringEquals": {"aws:PrincipalTag/team": "red"}},
        },
        {"Sid": "Never", "Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"},
    ],
}
IAM = f"""
documents: {{identity: id.json}}
settings: {{resource-account: "{HOME}"}}
defaults: {{who: "{ROLE}", resource_arn: "arn:aws:s3:::b/k"}}
requests:
  - {{name: reads, action: s3:GetObject, expect: {{decision: allow, by: Read, at: identity}}}}
  - name: writes with its tag
    who: {{name: "{ROLE}", tags: {{team: red}}}}
    action: s3:PutObject
    expect: allow
  - name: writes without
    action: s3:PutObject
    expect: {{decision: deny, by: default, error: no identity policy allows}}
"""


def test_a_table_against_raw_documents(run: Run) -> None:
    write("id.json", json.dumps(POLICY))
    ran = run("test", write("s.yaml", IAM))
    assert ran.status == 0 and "3 of 3 tests passed" in ran.out
    assert run("test", "s.yaml", "-k", "writes").out.count("2 of 2") == 1
    wrong = run("test", write("w.yaml", IAM.replace("expect: allow", "expect: deny")))
    assert wrong.status == 1 and "expected deny, got allow" in wrong.out and "w.yaml:10:13" in wrong.out
    error = run("test", write("e.yaml", IAM.replace("no identity policy allows", "an explicit deny")))
    assert error.status == 1 and "expected the caller to see `an explicit deny`" in " ".join(error.out.split())
    data = json.loads(run("test", "w.yaml", "--format", "json").out)
    assert [item["passed"] for item in data["tests"]] == [True, False, True]


def test_json_is_the_same_as_yaml(run: Run) -> None:
    write("id.json", json.dumps(POLICY))
    write("s.json", json.dumps(yaml.safe_load(IAM)))
    ran = run("test", "s.json")
    assert ran.status == 0 and "3 of 3 tests passed" in ran.out


def test_coverage_names_what_no_request_reaches(run: Run) -> None:
    """Three statements and one condition: five things to reach; the deny is never matched."""
    write("id.json", json.dumps(POLICY, indent=1))
    write("s.yaml", IAM)
    ran = run("test", "s.yaml", "--coverage")
    assert ran.status == 0 and "coverage: 4 of 5 reached, 80.0 %" in ran.out
    assert "`Never` (id.json:21:3): never matched" in ran.out
    assert run("test", "s.yaml", "--threshold", "80").status == 0
    short = run("test", "s.yaml", "--threshold", "81")
    assert short.status == 1 and "81 % wanted" in short.out
    data = json.loads(run("test", "s.yaml", "--coverage", "--format", "json").out)
    Draft202012Validator(json.loads(read_text("schemas/tests.schema.json"))).validate(data)
    assert [gap["what"] for gap in data["coverage"]["gaps"]] == ["statement"]
    one = run("test", "s.yaml", "-k", "reads", "--coverage")
    assert "coverage: 1 of 5 reached" in one.out and "`StringEquals aws:PrincipalTag/team` was never true" in " ".join(
        one.out.split()
    )
    assert run("test", "s.yaml", "--threshold", "101").status == 2


MATRIX = f"""
documents: {{service-policy: svc.json}}
arns: {{service: "{SERVICE}"}}
settings: {{network-auth: none}}
matrix:
  - name: grid
    principals: {{nobody: anonymous, app: "{ROLE}"}}
    resources: [/open, /closed]
    actions: [GET, POST]
    expected:
      nobody: {{/open: {{GET: allow, "*": deny}}, "*": deny}}
      app: undecided
"""


def test_a_matrix_against_a_chain(run: Run) -> None:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "*",
        "Resource": f"{SERVICE}/open",
        "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "GET"}},
    }
    write("svc.json", json.dumps({"Version": "2012-10-17", "Statement": statement}))
    # the role's own policy is not given: where the service allows, that leaves the answer open; where not, it denies
    ran = run("test", write("m.yaml", MATRIX))
    assert ran.status == 1 and "5 of 8 tests passed" in ran.out
    for label in ("app, /open, POST", "app, /closed, GET", "app, /closed, POST"):
        assert f"failed: grid: {label}" in ran.out
    exact = MATRIX.replace("app: undecided", "app: {/open: {GET: undecided, POST: deny}, /closed: deny}")
    assert run("test", write("m.yaml", exact)).status == 0


def test_a_project_with_limits_beside_it(run: Run) -> None:
    write(
        "shop.policy",
        f'let shop: account = "{HOME}"\nprincipal app = role(shop, "app")\n'
        'resource api: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }\n'
        'policy api_auth for lattice on api { allow "read" { who app  can GET  when aws.PrincipalTag["team"] == "red" } }\n'
        'policy calls for identity on app { allow "call" { can GET  on api } }\n'
        'test "inline" { request api { who: app, can: GET, path: "/", aws.PrincipalTag["team"]: "red" } expect allow }\n',
    )
    table = """
    requests:
      - {resource: api, who: {name: app, tags: {team: red}}, can: GET, path: /, expect: {decision: allow, by: read, at: service}}
      - {resource: api, who: app, can: GET, path: /, attributes: {'aws.PrincipalTag["team"]': blue}, expect: deny}
    """
    ran = run("test", write("s.yaml", table), "--coverage")
    assert ran.status == 0 and "2 of 2" in ran.out
    both = run("test", "shop.policy", "s.yaml")
    assert both.status == 0 and "3 passed" in both.out
    deny = {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}
    write("scp.json", json.dumps(deny))
    beside = "documents: {scp: [scp.json]}\n" + table.replace("\n    ", "\n")
    refused = run("test", write("b.yaml", beside))
    assert refused.status == 1 and "expected allow, got deny" in refused.out
    direct = ("simulate", "api", "--who", "app", "--can", "GET", "--path", "/", "--set", 'aws.PrincipalTag["team"]=red')
    assert run(*direct).status == 0 and run(*direct, "--scp", "scp.json").status == 10
    assert run(*direct, "--identity", "scp.json").status == 2


@pytest.mark.parametrize(
    ("text", "rule", "place"),
    [
        ("requests:\n  - {action: s3:GetObject, expct: allow}\n", "malformed-scenario", "s.yaml:2:28"),
        ("requests:\n  - {action: s3:GetObject, expect: maybe}\n", "malformed-scenario", "s.yaml:2:28"),
        ("request: []\n", "malformed-scenario", "s.yaml:1:1"),
        ("project: [.]\n", "scenario-without-case", "s.yaml:1:1"),
        ("- a\n", "malformed-scenario", "s.yaml:1:1"),
        (
            "documents: {identity: ../x.json}\nrequests: [{action: s3:a, expect: deny}]\n",
            "path-outside-root",
            "s.yaml:1:23",
        ),
        ("documents: {identity: gone.json}\nrequests: [{action: s3:a, expect: deny}]\n", "missing-file", "s.yaml:1:23"),
        (
            "documents: {identity: bad.json}\nrequests: [{action: s3:a, expect: deny}]\n",
            "invalid-effect",
            "bad.json:1:",
        ),
        (
            "project: [.]\ndocuments: {identity: id.json}\nrequests: [{expect: deny}]\n",
            "malformed-scenario",
            "s.yaml:2:13",
        ),
        ("a: [\n", "yaml-syntax-error", "s.yaml:1:4"),
        ("a: yes\n", "yaml-ambiguous", "s.yaml:1:4"),
        ("a: 012345670123\n", "yaml-ambiguous", "s.yaml:1:4"),
        ("a: 1\na: 2\n", "json-duplicate-key", "s.yaml:2:1"),
        ("a: !!python/object/apply:os.system [ls]\n", "yaml-tag", "s.yaml:1:4"),
        ("a: &x {b: 1}\nc: {<<: *x}\n", "yaml-key", "s.yaml:2:5"),
        ("a: &x [*x]\n", "yaml-too-deep", "s.yaml:1:"),
        ("# nothing\n", "yaml-empty", "s.yaml:1:1"),
    ],
)
def test_mistakes_are_located(run: Run, text: str, rule: str, place: str) -> None:
    write("id.json", json.dumps(POLICY))
    write("bad.json", '{"Statement": [{"Effect": "allow", "Action": "*", "Resource": "*"}]}')
    ran = run("test", write("s.yaml", text), "--format", "concise")
    assert ran.status == 1
    assert any(line.startswith(place) and f"[{rule}]" in line for line in ran.err.splitlines()), ran.err


@pytest.mark.parametrize(
    ("expected", "rule"),
    [
        ("{app: {a: {s3:x: deny}}}", "malformed-scenario"),
        ("{nobody: deny}", "cell-without-expectation"),
        ("{app: allow, nobody: {arn:aws:s3:::b: {s3:GetObject: never}}}", "malformed-scenario"),
    ],
)
def test_a_matrix_leaves_no_cell_out(run: Run, expected: str, rule: str) -> None:
    text = f"matrix:\n  - principals: {{app: '{ROLE}', nobody: anonymous}}\n    resources: ['arn:aws:s3:::b']\n"
    text += f"    actions: ['s3:GetObject']\n    expected: {expected}\ndocuments: {{identity: id.json}}\n"
    write("id.json", json.dumps(POLICY))
    ran = run("test", write("s.yaml", text), "--format", "concise")
    assert ran.status == 1 and f"[{rule}]" in ran.err


def test_aliases_do_not_blow_up(run: Run) -> None:
    lines = ["a0: &a0 [x,x,x,x,x,x,x,x,x,x]"]
    lines += [f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    diagnostics = Diagnostics()
    assert parse_yaml(Source("s.yaml", "\n".join(lines)), diagnostics) is None
    assert [item.rule for item in diagnostics] == ["yaml-too-large"] and MAX_VALUES == 100_000
    fine = Diagnostics()
    tree = parse_yaml(Source("s.yaml", "a: &x [1, 2]\nb: *x\n"), fine)
    assert tree is not None and tree.plain() == {"a": [1, 2], "b": [1, 2]} and not len(fine)
    deep = Diagnostics()
    assert parse_yaml(Source("s.yaml", "[" * 5000), deep) is None and deep.has_errors


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=12,
)


@settings(max_examples=120, deadline=None)
@given(PLAIN)
def test_yaml_reads_as_pyyaml_reads_it(value: Any) -> None:
    """Whatever PyYAML writes reads back as the same data, and every value has a place inside the text."""
    text = yaml.safe_dump(value, default_style='"' if isinstance(value, str) else None)
    diagnostics = Diagnostics()
    tree = parse_yaml(Source("s.yaml", text), diagnostics)
    assert tree is not None, [item.message for item in diagnostics]
    assert tree.plain() == value
    assert 0 <= tree.span.start <= tree.span.end <= len(text)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="ab:-[]{}&*!|>'\"#, \n\t?%@`0", max_size=40))
def test_no_text_crashes_the_reader(text: str) -> None:
    diagnostics = Diagnostics()
    source = Source("s.yaml", text)
    tree = parse_yaml(source, diagnostics)
    assert (tree is None) is diagnostics.has_errors
    for item in diagnostics:
        assert item.span is not None and 0 <= item.span.start <= item.span.end <= len(text)


def test_the_published_schema_takes_the_examples() -> None:
    schema = Draft202012Validator(json.loads(read_text("schemas/scenario.schema.json")))
    for text in (IAM, MATRIX):
        schema.validate(yaml.safe_load(text))


ROOT = Path(__file__).parents[2]


def test_the_examples_of_the_page_work(run: Run) -> None:
    """docs/simulate.md: both have the published shape, and the first holds for the worked examples of this repository."""
    page = (ROOT / "docs" / "simulate.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert len(blocks) == 2
    schema = Draft202012Validator(json.loads(read_text("schemas/scenario.schema.json")))
    for block in blocks:
        schema.validate(yaml.safe_load(block))
    shutil.copytree(ROOT / "policies", "policies")
    ran = run("test", write("s.yaml", blocks[0]))
    assert ran.status == 0, ran.out + ran.err
