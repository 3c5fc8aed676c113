"""Host files that are broken or meant to hurt: located, bounded, never silent."""

from __future__ import annotations

import json
from pathlib import Path
from time import process_time

import pytest

from policyc.carriers.embedded import Options, Unreadable
from policyc.carriers.registry import carrier, recognized
from policyc.diagnostics import Diagnostics
from policyc.report.tally import Tally
from policyc.text import Source
from policyc.workspace.documents.hosts import check_hosts, open_hosts
from policyc.workspace.documents.native_settings import NativeSettings

POLICY = '{"Version": "2012-10-17", "Statement": []}'
AUTH = """\
  It:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      Policy: {policy}
"""


def read(name: str, text: str) -> tuple[list[str], list[Unreadable], int]:
    format = recognized(name, text.encode())
    assert format
    found = Diagnostics()
    got = carrier(format).carried(Source(name, text), Options(), found)
    return [item.rule for item in found], list(got.unreadable), len(got.documents)


def test_a_broken_file_is_located() -> None:
    text = "Resources:\n" + AUTH.format(policy=POLICY) + "  Bad: [\n"
    rules, _, count = read("t.yaml", text)
    assert rules == ["yaml-syntax-error"] and count == 1
    assert read("t.json", '{"Resources": {"A": {"Type": "AWS::VpcLattice::AuthPolicy"},}}')[0] == [
        "json-trailing-comma"
    ]


def test_documents_before_and_behind_a_fault_are_read() -> None:
    good = f"apiVersion: application-networking.k8s.aws/v1alpha1\nkind: IAMAuthPolicy\nspec:\n  policy: '{POLICY}'\n"
    rules, _, count = read("t.yaml", f"{good}---\n{good}---\na: [\n")
    assert rules == ["yaml-syntax-error"] and count == 2
    text = f"{good}--- # of three\na: [\n---\n{good}---\nb: }}\n---\n{good}"
    found = Diagnostics()
    held = carrier("kubernetes").carried(Source("t.yaml", text), Options(), found).documents
    assert [item.rule for item in found] == ["yaml-syntax-error"] * 2
    assert [text[item.place.start : item.place.end] for item in held] == [f"'{POLICY}'"] * 3
    rules, _, count = read("t.yaml", f"{good}---\na: [\n---\n" * 30 + good)
    assert rules == ["yaml-syntax-error"] * 20 and count == 31


def test_aliases_that_multiply_are_bounded() -> None:
    lines = ["Metadata:", "  a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"  a{at}: &a{at} [{', '.join([f'*a{at - 1}'] * 10)}]" for at in range(1, 12)]
    text = "\n".join(lines) + "\nResources:\n" + AUTH.format(policy=POLICY)
    start = process_time()
    assert read("t.yaml", text)[0] == ["yaml-too-large"]
    assert process_time() - start < 5


def test_an_alias_that_holds_itself_is_located() -> None:
    rules, _, _ = read("t.yaml", "Metadata: &m [*m]\nResources:\n" + AUTH.format(policy=POLICY))
    assert rules == ["yaml-too-deep"]


@pytest.mark.parametrize("key", ["- [a]", "{a: b}"])
def test_keys_that_are_no_text(key: str) -> None:
    policy = f"\n        ? {key}\n        : x"
    rules, lost, _ = read("t.yaml", "Resources:\n" + AUTH.format(policy=policy))
    assert rules == ["yaml-key"] and lost


def test_a_key_twice_is_an_error() -> None:
    rules, _, _ = read("t.yaml", "Resources:\n" + AUTH.format(policy="{Statement: [], Statement: []}"))
    assert rules == ["json-duplicate-key"]


def test_conditions_in_a_circle() -> None:
    head = "Conditions:\n  A: !Not [!Condition B]\n  B: !Not [!Condition A]\nResources:\n"
    _, lost, count = read("t.yaml", head + AUTH.format(policy="{Statement: [!If [A, {}, {}]]}"))
    assert count == 0 and "circle" in lost[0].reason


def test_too_many_conditions_are_said() -> None:
    names = [f"C{at}" for at in range(12)]
    parameters = "".join(f"  P{name}: {{Type: String}}\n" for name in names)
    conditions = "".join(f"  {name}: !Equals [!Ref P{name}, x]\n" for name in names)
    items = ", ".join(f"!If [{name}, a, b]" for name in names)
    text = f"Parameters:\n{parameters}Conditions:\n{conditions}Resources:\n"
    _, lost, count = read("t.yaml", text + AUTH.format(policy=f"{{Statement: [{{Resource: [{items}]}}]}}"))
    assert count == 0 and "4096 combinations" in lost[0].reason


def test_a_helm_template_is_unreadable() -> None:
    text = """\
{{- if .Values.auth }}
apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
spec:
  policy: {{ .Values.policy | toJson }}
{{- end }}
"""
    rules, lost, _ = read("templates/auth.yaml", text)
    assert not rules and "helm template" in lost[0].reason


def test_other_peoples_templates_are_not_ours() -> None:
    text = "{{- if .Values.x }}\napiVersion: apps/v1\nkind: Deployment\n{{- end }}\n"
    assert recognized("templates/deployment.yaml", text.encode()) == ""
    assert recognized("x.json", b'{"Statement": [{"date": "2026-01-01", "amount": 3}]}') == ""
    assert recognized("x.json", b'{"policy": "be nice", "state": "on"}') == ""
    assert recognized("x.yaml", b"Resources:\n  A: {Type: AWS::SNS::Topic}\n") == ""


def test_a_large_template_is_quick() -> None:
    body = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "x" * 40, "Tags": [{"Key": "k", "Value": "v"}] * 3}}
    resources = {f"T{at}": body for at in range(8000)}
    resources["It"] = {"Type": "AWS::VpcLattice::AuthPolicy", "Properties": {"Policy": json.loads(POLICY)}}
    start = process_time()
    assert read("t.json", json.dumps({"Resources": resources}))[2] == 1
    assert process_time() - start < 8


def test_deep_nesting_is_located() -> None:
    policy = "[" * 300 + "]" * 300
    rules, _, _ = read("t.yaml", "Resources:\n" + AUTH.format(policy=policy))
    assert rules == ["yaml-too-deep"]


_PROGRAM = "variables:\n{variables}resources:\n  p: {{type: 'aws:iam:Policy', properties: {{policy: {{fn::toJSON: {{Statement: '${{v{last}}}'}}}}}}}}\n"


@pytest.mark.parametrize(
    ("first", "each", "count"),
    [
        ("[x]", "['${v@}']", 3000),  # deeper than anybody calls
        ("[{Effect: Allow}]", "['${v@}', '${v@}', '${v@}', '${v@}', '${v@}', '${v@}', '${v@}', '${v@}']", 14),
        ("x", "'${v@}${v@}${v@}${v@}${v@}${v@}${v@}${v@}'", 14),
        ("'${v3}'", "'${v@}'", 4),  # in a circle
    ],
)
def test_variables_of_a_program_are_bounded(first: str, each: str, count: int) -> None:
    lines = [f"  v0: {first}\n", *(f"  v{at}: {each.replace('@', str(at - 1))}\n" for at in range(1, count))]
    text = _PROGRAM.format(variables="".join(lines), last=count - 1)
    start = process_time()
    rules, lost, _ = read("Pulumi.yaml", text)
    assert rules == [] and len(lost) <= 1
    assert process_time() - start < 5


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "Pulumi.yaml",
            "config: {t: {secret: true, value: hunter2}}\nresources:\n  p:\n    type: aws:iam:Policy\n    properties:\n"
            "      tags: {fn::secret: [hunter2]}\n      policy: {fn::toJSON: {Statement: []}}\n",
        ),
        (
            "stack.json",
            '{"deployment": {"resources": [{"urn": "urn:pulumi:p", "inputs": {"t": {"4dabf18193072939515e22adb298388d": "1b4",'
            ' "plaintext": "hunter2"}}}]}}',
        ),
    ],
)
def test_secrets_are_covered_in_what_reports_show(name: str, text: str) -> None:
    source = Source(name, text)
    carrier(recognized(name, text.encode())).carried(source, Options(), Diagnostics())
    assert "hunter2" not in source.text and len(source.text) == len(text)


SOUND = """\
Parameters:
  Team:
    Type: String
Metadata:
  Note: none
Resources:
  Provider:
    Type: AWS::EC2::VerifiedAccessTrustProvider
    Properties: {TrustProviderType: user, UserTrustProviderType: oidc, PolicyReferenceName: okta}
  Group:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      PolicyDocument: 'permit(principal, action, resource) when { context.okta.groups.contains("a") };'
  Net:
    Type: AWS::VpcLattice::ServiceNetwork
    Properties: {AuthType: AWS_IAM}
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Net
      Policy: {Version: "2012-10-17", Statement: [{Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invok", Resource: "*"}]}
  Rights:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      PolicyDocument:
        Version: "2012-10-17"
        Statement: [{Effect: Allow, Action: "s3:GetObjekt", Resource: !Sub "arn:aws:s3:::${Team}/*"}]
"""
_AUTH, _RIGHTS = ("open-to-anonymous", "invalid-action"), ("unknown-action",)


def checked(text: str) -> tuple[Diagnostics, Diagnostics, Tally]:
    source = Source("t.yaml", text)
    opened, judged = Diagnostics(), Diagnostics()
    hosts = open_hosts(Path("/"), [(source, "cloudformation")], opened, NativeSettings())
    return opened, judged, check_hosts(hosts, judged, NativeSettings(), lambda name: source)


@pytest.mark.parametrize(
    ("right", "wrong", "unread", "found"),
    [
        ("PolicyReferenceName: okta}", 'PolicyReferenceName: "okta}', ["Provider"], (*_AUTH, *_RIGHTS)),
        ("AuthType: AWS_IAM}", "AuthType: AWS_IAM", ["Net"], (*_AUTH, *_RIGHTS)),
        ("ResourceIdentifier: !Ref", "ResourceIdentifier !Ref", ["Auth"], _RIGHTS),
        ("      Policy: {", " Policy: {", ["Auth"], _RIGHTS),
        ("        Version", "\tVersion", ["Rights"], _AUTH),
        ("    Type: String", "   Type: String\n    Default: x", ["Parameters.Team"], (*_AUTH, *_RIGHTS)),
        ("  Note: none", "  Note: [none", ["Metadata.Note"], ()),
        ("  Net:\n    Type", "  Rights:\n    Type", ["Rights"], _AUTH),
        ("Properties: {AuthType", "Type: x\n    Properties: {AuthType", ["Net"], (*_AUTH, *_RIGHTS)),
    ],
)
def test_a_broken_part_of_a_template_hides_no_other(
    right: str, wrong: str, unread: list[str], found: tuple[str, ...]
) -> None:
    """Nothing is said that the part may change: not that no trust provider is declared, nor that nothing guards the network."""
    assert SOUND.count(right) == 1
    opened, judged, tally = checked(SOUND.replace(right, wrong))
    assert {item.rule for item in opened} <= {"yaml-syntax-error", "json-duplicate-key"} and opened.has_errors
    assert sorted(item.rule for item in judged) == sorted(found)
    assert list(dict.fromkeys(item.name for item in tally.unreadable)) == unread


def test_a_broken_part_of_a_json_template_hides_no_other() -> None:
    text = json.dumps(
        {"Resources": {name: {"Type": "AWS::VpcLattice::AuthPolicy", "Properties": {"Policy": {}}} for name in "ABC"}},
        indent=2,
    )
    for name in "ABC":
        rules, lost, count = read("t.json", text.replace(f'"{name}": {{', f'"{name}": ['))
        assert len(rules) == 1 and [item.name for item in lost] == [name] and count == 2, name
    rules, lost, count = read("t.json", text.replace("},", "}", 1).replace('"Type"', "'Type'", 1))
    assert rules == ["json-single-quotes", "json-syntax-error"] and not lost and count == 3


_ALLOW = '{Version: "2012-10-17", Statement: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}'
_PULUMI = f"""\
name: p
runtime: yaml
resources:
  one: {{type: aws:iam:Policy, properties: {{policy: {{fn::toJSON: {_ALLOW}}}}}}}
  two: {{type: aws:iam:Policy, properties: {{policy: {{fn::toJSON: {_ALLOW}}}}}}}
"""
_SERVERLESS = """\
service: s
provider: {name: aws, iam: {role: {statements: [{Effect: Allow, Action: "s3:*", Resource: "*"}]}}}
functions:
  f:
    handler: "h"
    iamRoleStatements: [{Effect: Allow, Action: "s3:*", Resource: "*"}]
"""


@pytest.mark.parametrize(
    ("name", "text", "right", "wrong", "lost", "line"),
    [
        ("Pulumi.yaml", _PULUMI, "one: {", "one: [{", "resources.one", 4),
        ("serverless.yml", _SERVERLESS, '"h"', '"h', "functions.f", 5),
    ],
)
def test_a_broken_part_of_a_program_hides_no_other(
    name: str, text: str, right: str, wrong: str, lost: str, line: int
) -> None:
    """A quote that a later one closes is told where it is opened."""
    source, opened, judged = Source(name, text.replace(right, wrong)), Diagnostics(), Diagnostics()
    hosts = open_hosts(Path("/"), [(source, recognized(name, text.encode()))], opened, NativeSettings())
    tally = check_hosts(hosts, judged, NativeSettings(), lambda name: source)
    assert [source.position(item.span.start).line for item in opened if item.span is not None] == [line]
    assert [item.name for item in tally.unreadable] == [lost] and tally.documents == 1


def test_how_long_a_template_is_says_nothing_of_a_document_in_it() -> None:
    statement = "{Effect: allow, Principal: {Service: backup.amazonaws.com}, Action: sts:AssumeRole}"
    document = f'{{Version: "2012-10-17", Statement: [{statement}]}}'
    role = f"Resources:\n  R:\n    Type: AWS::IAM::Role\n    Properties:\n      AssumeRolePolicyDocument: {document}\n"
    opened, judged, _ = checked(f"# {'x' * 9_000}\n{role}")
    assert [item.rule for item in (*opened, *judged)] == ["invalid-effect"]
