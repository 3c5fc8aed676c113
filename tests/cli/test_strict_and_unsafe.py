"""`check --strict` and `--unsafe-fixes`: what fails, and what is changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main

#: a word of the language in another letter case has a fix that somebody has to look at
TEXT = """let shop: account = "111122223333"
principal app = role(shop, "app")
resource stock: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
policy reads for lattice on stock {
  allow "read" { who app  can GET  path "/stock" }
}
"""


def check(*words: str) -> int:
    return main(["check", "--no-cache", *words])


def test_notes_fail_only_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.policy").write_text(TEXT)
    assert (check(), check("--strict")) == (0, 1)
    assert "policy-without-test" in capsys.readouterr().out


JSON = """{
  "Version": "2012-10-17",
  "Statement": [
    {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:role/app"}, "Action": "vpc-lattice-svcs:Invoke",
     "Resource": "*",   "Condition": {"StringEquals": {"vpc-lattice-svcs:RequestMethod": "get"}}}
  ]
}
"""
YAML = """# the template
Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0a1b2c3d4e5f67890
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: "arn:aws:iam::111122223333:role/app" }
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
            Condition: { StringEquals: { "vpc-lattice-svcs:RequestMethod": get } }   # reads
"""
HCL = """resource "aws_vpclattice_auth_policy" "orders" {
  resource_identifier = "svc-0a1b2c3d4e5f67890"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{
      Effect = "Allow", Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
      Action = "vpc-lattice-svcs:Invoke",   Resource = "*"
      Condition = { StringEquals = { "vpc-lattice-svcs:RequestMethod" = "get" } } # reads
    }]
  })
}
"""


@pytest.mark.parametrize(
    ("name", "text"), [("a.json", JSON), ("a.yaml", YAML), ("b.yaml", YAML.replace("get ", "'get' ")), ("a.tf", HCL)]
)
def test_a_fix_that_needs_a_look_is_applied_when_asked_and_leaves_the_layout(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    document = Path(name)
    document.write_text(text)
    assert check("--fix", name) == 1
    assert document.read_text() == text
    assert "fixed 0 findings; `--unsafe-fixes` mends 1 more" in capsys.readouterr().err
    assert check("--unsafe-fixes", "--diff", name) == 1
    shown = capsys.readouterr()
    wrong = next(line for line in text.splitlines() if "get" in line)
    assert f"\n-{wrong}\n+{wrong.replace('get', 'GET')}\n" in shown.out
    assert "would fix 1 of 1 finding" in shown.err
    assert document.read_text() == text
    assert check("--unsafe-fixes", name) == 0
    assert document.read_text() == text.replace("get", "GET")
    assert "fixed 1 finding" in capsys.readouterr().err


def test_failed_tests_as_sarif(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.policy").write_text(
        TEXT + 'test "t" { request stock { who: app, can: POST, path: "/stock" } expect allow }\n'
    )
    assert main(["test", "--format", "sarif"]) == 1
    assert '"ruleId": "test-failed"' in capsys.readouterr().out


_BODY = (
    '"Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}]'
)
_ROLE = (
    '{"Conditions": {"C": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}}, "Resources": {"R": '
    '{"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": %s}}}}'
)
_VERSION = '"Version": "2012-10-17"'


@pytest.mark.parametrize(
    ("text", "mended"),
    [
        (f"{{{_BODY}}}", f"{{{_VERSION}, {_BODY}}}"),
        (f"{{\r\n\t{_BODY}\r\n}}\r\n", f"{{\r\n\t{_VERSION},\r\n\t{_BODY}\r\n}}\r\n"),
        (_ROLE % f"{{\n  {_BODY}}}", _ROLE % f"{{\n  {_VERSION},\n  {_BODY}}}"),
        # the object at the place is the function, and the policies are its branches
        (
            _ROLE % f'{{"Fn::If": ["C", {{{_BODY}}}, {{{_BODY}}}]}}',
            _ROLE % f'{{"Fn::If": ["C", {{{_VERSION}, {_BODY}}}, {{{_VERSION}, {_BODY}}}]}}',
        ),
    ],
    ids=["one line", "tabs and line ends of Windows", "template", "branches"],
)
def test_a_version_is_put_in_front_as_the_others_are_laid_out(
    text: str, mended: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.json").write_bytes(text.encode())
    check("--unsafe-fixes", "a.json")
    assert Path("a.json").read_bytes().decode() == mended
