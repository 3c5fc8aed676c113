"""`policyc diff` of documents inside templates, plans and manifests: what is open is the same unknown value on both sides.

Expectations derive from what holds for every value of a parameter: a change of what stands around it is a change, the same text in two
places is the same, and what hangs on a value is shown with one and named.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from policyc.__main__ import main

TEMPLATE = """Parameters:
  Vpc: {Type: String}
  Other: {Type: String}
Resources:
  Stock:
    Type: AWS::VpcLattice::Service
    Properties: {Name: stock, AuthType: AWS_IAM}
  StockAuth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: !Ref Stock
      Policy:
        Version: "2012-10-17"
        Statement:
          - Sid: Read
            Effect: Allow
            Principal: {AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/app"}
            Action: vpc-lattice-svcs:Invoke
            Resource: !Sub "${Stock.Arn}/stock/*"
            Condition: {StringEquals: {"vpc-lattice-svcs:SourceVpc": !Ref Vpc}}
"""


@pytest.fixture
def diff(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Any:
    """Compare two files of one name, in folders or named; the status and the documents of the report."""
    monkeypatch.chdir(tmp_path)

    def run(old: str, new: str, *words: str, name: str = "stack.yaml", named: bool = False) -> tuple[int, list[Any]]:
        for side, text in (("old", old), ("new", new)):
            Path(side).mkdir(exist_ok=True)
            Path(side, name).write_text(text, encoding="utf-8")
        sides = (f"old/{name}", f"new/{name}") if named else ("old", "new")
        status = main(["diff", *sides, "--format", "json", *words])
        written = capsys.readouterr()
        return status, json.loads(written.out)["documents"] if written.out else [written.err]

    return run


def witness(change: dict[str, Any]) -> dict[str, str]:
    return {row["part"]: row["value"] for row in change["witness"]}


@pytest.mark.parametrize(
    ("part", "other"),
    [
        ("Sid: Read", "Sid: Reads"),
        ("Type: String", "Type: String, Default: vpc-1"),
        ("Name: stock", "Name: stock2"),
        (
            'Resource: !Sub "${Stock.Arn}/stock/*"',
            'Resource: [!Sub "${Stock.Arn}/stock/*", !Sub "${Stock.Arn}/stock/*"]',
        ),
    ],
)
@pytest.mark.parametrize("named", [False, True])
def test_the_same_whatever_is_open(diff: Any, part: str, other: str, named: bool) -> None:
    assert diff(TEMPLATE, TEMPLATE.replace(part, other), named=named)[0] == 0


def test_a_statement_that_another_one_covers_changes_nothing(diff: Any) -> None:
    """What the new statement allows the old one does, for every value of the parameters: the same unknown stands in both."""
    narrow = (
        TEMPLATE.split("          - Sid: Read\n")[1]
        .replace("role/app", "role/app")
        .replace(
            'StringEquals: {"vpc-lattice-svcs:SourceVpc": !Ref Vpc}',
            'StringEquals: {"vpc-lattice-svcs:SourceVpc": !Ref Vpc, "vpc-lattice-svcs:RequestMethod": GET}',
        )
    )
    assert diff(TEMPLATE, TEMPLATE + "          - Sid: Get\n" + narrow)[0] == 0


def test_a_lost_condition_is_shown_with_a_value(diff: Any) -> None:
    start = TEMPLATE.index("            Condition:")
    status, (found,) = diff(TEMPLATE, TEMPLATE[:start])
    (change,) = found["changes"]
    assert (status, found["name"], found["kind"]) == (1, "stack.yaml#StockAuth", "auth-policy")
    assert change["change"] == "newly allowed"
    assert change["because"] == ["`Read` lost the condition `StringEquals vpc-lattice-svcs:SourceVpc: ‹Vpc›`"]
    assert change["where"] == ["‹Stock.Arn›/stock/*"]
    told = witness(change)
    assert told["‹Vpc›"] != told["vpc-lattice-svcs:SourceVpc"]
    assert told["resource"].startswith(told["‹Stock.Arn›"])
    assert found["open"] == []  # whatever they are, what changes is of this class


def test_an_open_principal_may_be_everybody(diff: Any) -> None:
    """A deny of a principal that is left open may refuse a service as well: what it is let in by is a change for some values, which are told."""
    deny = '          - {Sid: Stop, Effect: Deny, Principal: {AWS: !Ref Other}, Action: "*", Resource: "*"}\n'
    allow = (
        '          - {Sid: Logs, Effect: Allow, Principal: {Service: logs.amazonaws.com}, Action: "*", Resource: "*"}\n'
    )
    _, (found,) = diff(TEMPLATE + deny, TEMPLATE + deny + allow)
    assert [change["change"] for change in found["changes"]] == ["newly allowed"] and not found["open"]
    assert "‹Other›" in witness(found["changes"][0])


def test_another_parameter_is_another_value(diff: Any) -> None:
    status, (found,) = diff(TEMPLATE, TEMPLATE.replace("!Ref Vpc", "!Ref Other"))
    assert status == 1
    assert {change["change"] for change in found["changes"]} == {"newly allowed", "newly denied"}


def test_a_binding_settles_it(diff: Any) -> None:
    other = TEMPLATE.replace("!Ref Vpc", "vpc-0a1b2c3d4e5f67890")
    assert diff(TEMPLATE, other, "--bind", "Vpc=vpc-0a1b2c3d4e5f67890")[0] == 0
    assert diff(TEMPLATE, other, "--bind", "Vpc=vpc-0a1b2c3d4e5f67891")[0] == 1


def test_what_holds_whatever_is_open_is_settled(diff: Any) -> None:
    """A deny of everything needs no value."""
    deny = '          - {Sid: Stop, Effect: Deny, Principal: "*", Action: "*", Resource: "*"}\n'
    status, (found,) = diff(TEMPLATE, TEMPLATE + deny)
    assert status == 1
    assert {"newly denied"} <= {change["change"] for change in found["changes"]} <= {"newly denied", "newly blocked"}


@pytest.mark.parametrize("part", ["Effect: Allow", 'Version: "2012-10-17"'])
def test_what_leaves_nothing_to_be_read_is_not_settled(diff: Any, part: str) -> None:
    element = part.partition(":")[0]
    status, (found,) = diff(TEMPLATE, TEMPLATE.replace(part, f"{element}: !Ref Other"))
    assert (status, found["open"]) == (11, [f"`{element}` is ‹Other›"])


def policy(method: str) -> str:
    document = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "Read",
                "Effect": "Allow",
                "Principal": "*",
                "Action": "vpc-lattice-svcs:Invoke",
                "Resource": "*",
                "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": method}},
            }
        ],
    }
    return json.dumps({"policy": json.dumps(document), "resource_identifier": "svc-0123456789abcdef0"})


def plan(before: str, after: str) -> str:
    change = {
        "actions": ["create"] if not before else ["update"],
        "before": json.loads(policy(before)) if before else None,
        "after": json.loads(policy(after)),
        "after_unknown": {},
    }
    held = {
        "address": "aws_vpclattice_auth_policy.stock",
        "mode": "managed",
        "type": "aws_vpclattice_auth_policy",
        "name": "stock",
        "change": change,
    }
    return json.dumps({"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": [held]})


def test_two_plans(diff: Any) -> None:
    status, (found,) = diff(plan("", "GET"), plan("", "POST"), name="plan.json", named=True)
    assert (status, found["name"]) == (1, "aws_vpclattice_auth_policy.stock")
    assert [change["change"] for change in found["changes"]] == ["newly allowed", "newly denied"]
    assert not found["open"]


def test_a_plan_knows_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    for before, after, status in (("GET", "GET", 0), ("GET", "POST", 1), ("", "GET", 1)):
        Path("plan.json").write_text(plan(before, after), encoding="utf-8")
        assert main(["diff", "plan.json"]) == status
    assert "(auth-policy, added)" in capsys.readouterr().out


def test_a_file_alone_that_is_no_plan_is_wrong_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_text('{"Version": "2012-10-17", "Statement": []}', encoding="utf-8")
    assert main(["diff", "a.json"]) == 2


@pytest.mark.parametrize(
    ("sides", "status", "told"),
    [
        (("old.yaml#Orders", "new.yaml#Orders"), 0, "the same for all requests"),
        (("old.yaml#Stock", "new.yaml#Stock"), 1, "GET"),
        (("old.yaml#Old", "new.yaml#Old"), 1, "newly denied"),  # gone, which is a change
        (("old.yaml#Orders", "new.yaml#Stock"), 1, "GET"),
        (("old.yaml#Ordesr", "new.yaml#Ordesr"), 2, "did you mean `Orders`?"),
        (("old.yaml#Old", "new.yaml#Orders"), 1, "newly denied"),
        (("old.yaml#Orders", "new.yaml#Old"), 2, "write `new.yaml#Orders`, `new.yaml#Stock`"),
    ],
)
def test_one_document_of_a_file_that_holds_several(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    sides: Any,
    status: int,
    told: str,
) -> None:
    def host(**methods: str) -> str:
        held = {
            name: {
                "Type": "AWS::VpcLattice::AuthPolicy",
                "Properties": {"Policy": json.loads(json.loads(policy(method))["policy"])},
            }
            for name, method in methods.items()
        }
        return json.dumps({"Resources": held})

    monkeypatch.chdir(tmp_path)
    Path("old.yaml").write_text(host(Orders="PUT", Stock="PUT", Old="POST"))
    Path("new.yaml").write_text(host(Orders="PUT", Stock="GET"))
    assert main(["diff", *sides]) == status
    written = capsys.readouterr()
    assert told in written.out + written.err
    assert "Orders" not in written.out or "Orders" in " ".join(sides)


def test_a_document_that_only_one_side_has(diff: Any) -> None:
    without = TEMPLATE[: TEMPLATE.index("  StockAuth:")]
    status, (found,) = diff(without, TEMPLATE)
    assert (status, found["state"]) == (1, "added")
    assert diff(TEMPLATE, without)[1][0]["state"] == "removed"


def test_a_policy_that_nobody_reads_is_never_the_same(diff: Any) -> None:
    text = "policy: |\n  {{ range .Values }} {Effect: Allow, Action: '*'} {{ end }}\n"
    status, (found,) = diff(text, text.replace("Allow", "Deny"), name="values.yaml")
    assert status == 11
    assert found["open"] == ["new/values.yaml cannot be read, and the texts differ"]
    status, (found,) = diff(text, text, name="values.yaml")
    assert (status, found["open"]) == (11, ["new/values.yaml cannot be read, though the text is the same"])


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("a.json", '{"Version": "2012-10-17", "Statement": [', "the text ends inside an array"),
        ("a.json", '{"hello": 1}', "`a.json` is no document that policyc knows"),
        ("a.json", '{"Statement": [{"Effect": "Alow", "Action": "*"}]}', "`Effect` is neither `Allow` nor `Deny`"),
        ("a.json", '{"core-network-configuration": {}}', "$ has no `"),
        ("a.cedar", "permit(principal, action", "`the end` cannot stand behind `action`"),
        (
            "a.yaml",
            "Resources:\n  B: {Type: AWS::S3::BucketPolicy, Properties: {Bucket: b, PolicyDocument: 5}}\n",
            "the policy is a number",
        ),
    ],
)
def test_what_cannot_be_read_changes_where_its_text_does(
    name: str, text: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Named it is refused, beside others it is told, and the others are compared: whatever AWS makes of a text, it makes the same of it again."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(text, encoding="utf-8")
    assert main(["diff", name, name]) == 2
    assert why in capsys.readouterr().err.replace("\n ", "")
    if "hello" in text or text.endswith("["):
        return  # in a folder nothing shows that these are policies
    for side in ("old", "new"):
        Path(side).mkdir()
        Path(side, name).write_text(text, encoding="utf-8")
        Path(side, "good.json").write_text(json.dumps({"Version": "2012-10-17", "Statement": []}), encoding="utf-8")
    assert main(["diff", "old", "new", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [item["state"] for item in told["documents"] if item["state"] != "same"] == ["same text"]
    assert f"cannot be read, and is the same text on both sides: `{name}" in told["notes"][0]
    Path("new", name).write_text(text.replace(": 5", ": 6") if name == "a.yaml" else text + "\n", encoding="utf-8")
    assert main(["diff", "old", "new", "--format", "json"]) == 11
    (found,) = (item for item in json.loads(capsys.readouterr().out)["documents"] if item["state"] != "same")
    assert why in found["open"][0]


GROUP = """
Parameters: {{Team: {{Type: String}}}}
Resources:
  Group:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      VerifiedAccessInstanceId: vai-0123456789abcdef0
      PolicyEnabled: true
      PolicyDocument: !Sub |
        permit (principal, action, resource) when {{ context.idc.groups has "${{Team}}" }};
        forbid (principal, action, resource) when {{ context.http_request.path like "{path}" }};
"""


def test_cedar_of_a_template_is_compared_for_some_values(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What is shown is shown with the values that it is there for; that nothing else changes is not claimed."""
    for name, path in (("old", "/admin/*"), ("new", "/adm/*")):
        (tmp_path / f"{name}.yaml").write_text(GROUP.format(path=path), encoding="utf-8")
    words = ["diff", "--root", str(tmp_path), str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]
    assert main([*words, "--format", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    (document,) = data["documents"]
    assert not data["settled"]
    assert [item["change"] for item in document["changes"]] == ["newly allowed", "newly denied"]
    assert document["changes"][0]["conditions"] == ['context.idc.groups has "‹Team›"']
    assert document["changes"][0]["because"] == [
        '`forbid 2` has the condition `context.http_request.path like "/adm/*"` in place of '
        '`context.http_request.path like "/admin/*"`'
    ]
    assert main([*words[:-1], str(tmp_path / "old.yaml")]) == 0


@pytest.mark.parametrize(
    ("old", "new", "status"),
    [
        # what is one test in both texts comes out alike, whatever the value is
        ('has "${{Team}}"', 'has "${{Team}}" || (context.a.b == "x" && context.idc.groups has "${{Team}}")', 0),
        ('has "${{Team}}" }}', 'has "${{Team}}" || false }}', 0),
        ('has "${{Team}}" }}', 'has "${{Team}}" }} unless {{ false }}', 0),
        ('has "${{Team}}"', 'has "${{Team}}x"', 1),
        ("{path}", "/admin*", 1),
    ],
)
def test_cedar_of_a_template_is_the_same_whatever_is_open(tmp_path: Path, old: str, new: str, status: int) -> None:
    for name, text in (("old", GROUP), ("new", GROUP.replace(old, new))):
        (tmp_path / f"{name}.yaml").write_text(text.format(path="/admin/*"), encoding="utf-8")
    words = ["diff", "--root", str(tmp_path), str(tmp_path / "old.yaml"), str(tmp_path / "new.yaml")]
    assert main(words) == status


@pytest.mark.parametrize(
    ("name", "broken"),
    [
        ("b.yaml", "Resources:\n  A: {Type: AWS::IAM::Policy}\n  A: {Type: AWS::IAM::Role}\n"),
        ("b.yaml", "Resources: [unclosed\n  x: AWS::IAM::Policy\n"),
        ("b.tf", 'resource "aws_iam_policy" "p" {\n  policy = }\n}\n'),
    ],
)
def test_a_broken_file_beside_others_keeps_nobody_back(diff: Any, name: str, broken: str) -> None:
    for side in ("old", "new"):
        Path(side).mkdir()
        Path(side, name).write_text(broken, encoding="utf-8")
    status, documents = diff(TEMPLATE, TEMPLATE)
    # other files of its folder may bear on what a file of Terraform says
    assert status == (11 if name == "b.tf" else 0)
    assert {one["name"].partition("#")[0].removesuffix(" (2)") for one in documents if one["state"] != "same"} == {name}
    status, documents = diff(TEMPLATE, TEMPLATE.replace("role/app", "role/other"))
    assert status == 1 and [one["name"] for one in documents if one["changes"]] == ["stack.yaml#StockAuth"]
    Path("new", name).write_text(broken + "# changed\n", encoding="utf-8")
    status, documents = diff(TEMPLATE, TEMPLATE)
    assert status != 0 and {
        one["name"].partition("#")[0].removesuffix(" (2)") for one in documents if one["state"] != "same"
    } == {name}


IN_GROUP = """Resources:
  Group:
    Type: AWS::EC2::VerifiedAccessGroup
    Properties:
      PolicyDocument: permit(principal, action, resource) when {{ {group} }};
  Payroll:
    Type: AWS::EC2::VerifiedAccessEndpoint
    Properties:
      VerifiedAccessGroupId: !Ref Group
      PolicyEnabled: {on}
      PolicyDocument: permit(principal, action, resource) when {{ {own} }};
"""
TEAM, VERIFIED = 'context.idc.groups has "a"', "context.idc.user.email.verified == true"


@pytest.mark.parametrize(
    ("group", "own", "on", "changed"),
    [
        # both have to allow: https://docs.aws.amazon.com/verified-access/latest/ug/auth-policies.html
        (TEAM, f"{VERIFIED} && {TEAM}", "true", []),
        (TEAM, "true", "true", ["Payroll with its group"]),
        # other endpoints may be in the group
        (f"{TEAM} && {VERIFIED}", VERIFIED, "true", ["Group"]),
        # a text that is switched off is no part of the way
        (TEAM, f"{VERIFIED} && {TEAM}", "false", ["Payroll"]),
    ],
)
def test_an_endpoint_is_compared_with_its_group(diff: Any, group: str, own: str, on: str, changed: list[str]) -> None:
    old = IN_GROUP.format(group=TEAM, own=VERIFIED, on=on)
    status, documents = diff(old, IN_GROUP.format(group=group, own=own, on=on), named=True)
    assert [item["name"] for item in documents if item["state"] != "same"] == changed
    assert status == (1 if changed else 0)


@pytest.mark.parametrize(
    ("own", "changed"),
    [
        # what the group asks for anyway
        (f'{VERIFIED} && context.idc.groups has "${{Team}}" && {TEAM}', []),
        ('context.idc.groups has "${Team}"', ["Payroll with its group"]),
    ],
)
def test_an_endpoint_with_open_places_is_compared_with_its_group(
    diff: Any, capsys: pytest.CaptureFixture[str], own: str, changed: list[str]
) -> None:
    host = "Parameters: {{Team: {{Type: String}}}}\n" + IN_GROUP.replace(
        "PolicyDocument: permit", "PolicyDocument: !Sub permit"
    )
    old, new = (
        host.format(group=TEAM, own=text, on="true")
        for text in (f'{VERIFIED} && context.idc.groups has "${{Team}}"', own)
    )
    _, documents = diff(old, new, named=True)
    assert [item["name"] for item in documents if item["state"] != "same"] == changed
    assert main(["who", "new/stack.yaml#Payroll"]) == 11
    told = capsys.readouterr().out
    assert 'context.idc.groups has "‹Team›"' in told and "`permit 1` of `Group`" in told


SERVICE = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"
BUCKET = "arn:aws:s3:::orders"


@pytest.mark.parametrize(
    ("type", "carrier", "action", "old", "new", "changed"),
    [
        # https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html: the policy of a service is asked about requests to that service
        ("AWS::VpcLattice::AuthPolicy", SERVICE, "vpc-lattice-svcs:Invoke", "*", f"{SERVICE}/*", []),
        ("AWS::VpcLattice::AuthPolicy", SERVICE, "vpc-lattice-svcs:Invoke", "*", f"{SERVICE}/a/*", ["newly denied"]),
        # a network's is asked about requests to each of its services
        (
            "AWS::VpcLattice::AuthPolicy",
            SERVICE.replace("service/svc", "servicenetwork/sn"),
            "vpc-lattice-svcs:Invoke",
            "*",
            f"{SERVICE}/*",
            ["newly denied"],
        ),
        # a bucket's name does not tell its ARN in every partition
        ("AWS::S3::BucketPolicy", "orders", "s3:GetObject", f"{BUCKET}/*", f"{BUCKET}/a/*", ["newly denied"]),
    ],
)
def test_the_policy_of_a_resource_is_compared_for_requests_to_it(
    diff: Any, type: str, carrier: str, action: str, old: str, new: str, changed: list[str]
) -> None:
    def template(resource: str) -> str:
        statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": action}
        policy = {"Version": "2012-10-17", "Statement": [{**statement, "Resource": resource}]}
        text = "Policy" if "Auth" in type else "PolicyDocument"
        on = "ResourceIdentifier" if "Auth" in type else "Bucket"
        return json.dumps({"Resources": {"It": {"Type": type, "Properties": {on: carrier, text: policy}}}})

    status, documents = diff(template(old), template(new), name="stack.json")
    assert [change["change"] for item in documents for change in item["changes"]] == changed
    assert status == bool(changed)


POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]})
ROUTE = f"""apiVersion: application-networking.k8s.aws/v1alpha1
kind: IAMAuthPolicy
metadata: {{name: p, namespace: shop}}
spec: {{targetRef: {{kind: HTTPRoute, name: stock}}, policy: '{POLICY.replace('"Act', '"Principal": "*", "Act').replace("s3:Get*", "*")}'}}
"""
ACK = f"""apiVersion: iam.services.k8s.aws/v1alpha1
kind: Role
metadata: {{name: app}}
spec: {{name: app, policies: [], assumeRolePolicyDocument: '{POLICY.replace('"Act', '"Principal": {"Service": "ec2.amazonaws.com"}, "Act').replace("s3:Get*", "sts:AssumeRole").replace(', "Resource": "*"', "")}', inlinePolicies: {{c: '{POLICY}'}}}}
"""
ON_ROLE = f"""apiVersion: iam.aws.upbound.io/v1beta1
kind: RolePolicy
metadata: {{name: x}}
spec: {{forProvider: {{roleRef: {{name: app}}, policy: '{POLICY}'}}}}
"""
STACK = json.dumps({"version": 3, "deployment": {"resources": [{"urn": "urn:pulumi:dev::p::aws:iam/rolePolicy:RolePolicy::x", "type": "aws:iam/rolePolicy:RolePolicy", "inputs": {"role": "app", "policy": POLICY}}]}})  # fmt: skip


BUCKET = json.dumps({
    "Conditions": {"InUse": {"Fn::Equals": ["a", "b"]}, "Both": {"Fn::And": [{"Condition": "InUse"}, {"Condition": "InUse"}]}},
    "Resources": {
        "Photos": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "photos"}},
        "Policy": {"Type": "AWS::S3::BucketPolicy", "Condition": "Both", "Properties": {"Bucket": {"Ref": "Photos"}, "PolicyDocument": json.loads(POLICY.replace('"Act', '"Principal": "*", "Act'))}},
    },
})  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "told"),
    [
        ("m.yaml", ROUTE, "name: stock", "name: orders", "it is attached to HTTPRoute shop/orders in place of HTTPRoute shop/stock"),
        ("m.yaml", ROUTE, "namespace: shop", "namespace: prod", "it is attached to HTTPRoute prod/stock in place of HTTPRoute shop/stock"),
        ("m.yaml", ACK, "policies: []", "policies: [arn:aws:iam::aws:policy/AdministratorAccess]", "it now carries arn:aws:iam::aws:policy/AdministratorAccess: what that allows is not compared"),
        ("m.yaml", ON_ROLE, "name: app", "name: admin", "it is attached to role/admin in place of role/app"),
        ("s.json", STACK, '"role": "app"', '"role": "admin"', "it is attached to role/admin in place of role/app"),
        ("t.json", BUCKET, '"BucketName": "photos"', '"BucketName": "pictures"', "what carries it is called `pictures` in place of `photos`"),
        ("t.json", BUCKET, '"Condition": "Both", ', "", "it is there always in place of where `Both` holds"),
        ("t.json", BUCKET, '["a", "b"]', '["a", "c"]', "the condition `Both`, under which it is there, is another one"),
        # two policies of one role that say together what one said
        ("m.yaml", ACK, "inlinePolicies: {c:", f"inlinePolicies: {{c: '{POLICY.replace('Get*', 'GetObject')}', d:", ""),
    ],
)  # fmt: skip
def test_what_manifests_and_stacks_hang_on(diff: Any, name: str, text: str, old: str, new: str, told: str) -> None:
    assert old in text
    status, documents = diff(text, text.replace(old, new), name=name, named=True)
    assert [one for item in documents for one in item["sentences"]] == ([told] if told else []), documents
    assert status == (1 if told else 0)


MANAGED = "arn:aws:iam::aws:policy"
CARRIERS = json.dumps(
    {
        "Transform": "AWS::Serverless-2016-10-31",
        "Resources": {
            "F": {
                "Type": "AWS::Serverless::Function",
                "Properties": {"Policies": ["F1", {"S3ReadPolicy": {"BucketName": "f"}}, json.loads(POLICY)]},
            },
            "U": {
                "Type": "AWS::IAM::User",
                "Properties": {"ManagedPolicyArns": [f"{MANAGED}/U1", {"Ref": "Own"}], "Groups": ["u2"]},
            },
            "G": {
                "Type": "AWS::IAM::Group",
                "Properties": {"ManagedPolicyArns": [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/G1"}]},
            },
            "A": {"Type": "AWS::IAM::UserToGroupAddition", "Properties": {"GroupName": {"Ref": "G"}, "Users": ["eve"]}},
            "P": {"Type": "AWS::SSO::PermissionSet", "Properties": {"ManagedPolicies": [f"{MANAGED}/P1"]}},
            "Own": {"Type": "AWS::IAM::ManagedPolicy", "Properties": {"PolicyDocument": json.loads(POLICY)}},
        },
    }
)
ATTACHED = f"""resource "aws_iam_user_policy_attachment" "a" {{
  user       = "eve"
  policy_arn = "{MANAGED}/T1"
}}
resource "aws_iam_user_group_membership" "m" {{
  user   = "eve"
  groups = ["t2"]
}}
resource "aws_iam_user_policy" "p" {{
  user   = "eve"
  policy = jsonencode({POLICY})
}}
"""
PULUMI = STACK.replace(
    '"resources": [',
    f'"resources": [{{"urn": "urn:pulumi:dev::p::aws:iam/userPolicyAttachment:UserPolicyAttachment::y", "type": "aws:iam/userPolicyAttachment:UserPolicyAttachment", "inputs": {{"user": "eve", "policyArn": "{MANAGED}/Y1"}}}}, ',
)


@pytest.mark.parametrize(
    ("name", "text", "old", "new", "carrier", "was", "now"),
    [
        ("t.json", CARRIERS, "F1", "F2", "F", "F1", "F2"),
        (
            "t.json",
            CARRIERS,
            '"f"',
            '"g"',
            "F",
            '{"S3ReadPolicy": {"BucketName": "f"}}',
            '{"S3ReadPolicy": {"BucketName": "g"}}',
        ),
        ("t.json", CARRIERS, "U1", "U3", "U", f"{MANAGED}/U1", f"{MANAGED}/U3"),
        ("t.json", CARRIERS, '"u2"', '"u4"', "U", "the policies of u2", "the policies of u4"),
        (
            "t.json",
            CARRIERS,
            "/G1",
            "/G2",
            "G",
            "arn:‹AWS::Partition›:iam::aws:policy/G1",
            "arn:‹AWS::Partition›:iam::aws:policy/G2",
        ),
        ("t.json", CARRIERS, '{"Ref": "G"}', '"g2"', "eve", "the policies of ‹G›", "the policies of g2"),
        ("t.json", CARRIERS, "P1", "P2", "P", f"{MANAGED}/P1", f"{MANAGED}/P2"),
        ("main.tf", ATTACHED, "T1", "T2", "eve", f"{MANAGED}/T1", f"{MANAGED}/T2"),
        ("main.tf", ATTACHED, "t2", "t3", "eve", "the policies of t2", "the policies of t3"),
        ("s.json", PULUMI, "Y1", "Y2", "user/eve", f"{MANAGED}/Y1", f"{MANAGED}/Y2"),
    ],
)
def test_what_callers_carry_by_the_names_of_others(
    diff: Any, name: str, text: str, old: str, new: str, carrier: str, was: str, now: str
) -> None:
    assert old in text
    status, documents = diff(text, text.replace(old, new), name=name, named=True)
    (found,) = (item for item in documents if item["sentences"] or item["changes"])
    said = [
        f"it now carries {now}: what that allows is not compared",
        f"it no longer carries {was}: what that allows is not compared",
    ]
    assert (status, found["name"], sorted(found["sentences"])) == (1, carrier, sorted(said))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (
            "Default: vpc-1",
            "Default: vpc-2",
            "the default of ‹Vpc› is `vpc-2` in place of `vpc-1`, on which `StockAuth` hangs: with the defaults it may differ; `--bind` says what it is",
        ),
        (
            "Default: vpc-1",
            "Description: x",
            "the default of ‹Vpc› is none in place of `vpc-1`, on which `StockAuth` hangs: with the defaults it may differ; `--bind` says what it is",
        ),
        ("Default: vpc-1, NoEcho: true", "Default: vpc-2, NoEcho: true", None),
        ("Default: vpc-1", "Default: vpc-1", None),
    ],
)
def test_another_default_of_a_parameter_is_noted(
    diff: Any, capsys: pytest.CaptureFixture[str], old: str, new: str, told: str | None
) -> None:
    one, other = (TEMPLATE.replace("Vpc: {Type: String", f"Vpc: {{Type: String, {text}") for text in (old, new))
    diff(one, other, named=True)
    main(["diff", "old/stack.yaml", "new/stack.yaml", "--format", "json"])
    assert [note for note in json.loads(capsys.readouterr().out)["notes"] if "default" in note] == (
        [told] if told else []
    )
