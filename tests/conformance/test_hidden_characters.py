"""Characters that hide or pass for others, in every text that policyc reads.

Expectations: UTS 55 section 3 (bidirectional formatting and default-ignorable characters), UTS 39 section 5 (mixed scripts), and the
attacks of https://trojansource.codes/.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from policyc.cli.app import run
from policyc.diagnostics import Diagnostics
from policyc.simulation.scenario.shape import read_tree
from policyc.syntax.hidden import check_characters, mixed_words, unseen
from policyc.syntax.parser import parse
from policyc.text import Source
from policyc.workspace.documents.native_files import check_natives
from policyc.workspace.documents.native_settings import NativeSettings

#: every class that UTS 55 names, one or two of each
UNSEEN = {
    "soft hyphen": "\u00ad",
    "zero width space": "\u200b",
    "zero width non-joiner behind a Latin letter": "\u200c",
    "word joiner": "\u2060",
    "byte order mark inside": "\ufeff",
    "right-to-left mark": "\u200f",
    "arabic letter mark": "\u061c",
    "override": "\u202e",
    "isolate": "\u2067",
    "end of isolate": "\u2069",
    "hangul filler": "\u3164",
    "tag letter": "\U000e0041",
    "variation selector behind a Latin letter": "\ufe0f",
    "next line": "\u0085",
    "line separator": "\u2028",
    "C1 control": "\u009b",
}
FINE = [
    "caf\u00e9",
    "\u2764\ufe0f",
    "\U0001f469\u200d\U0001f4bb",
    "\u0646\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u6771\u4eac",
    "tab\there",
]


@pytest.mark.parametrize("char", UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_sees_is_found(char: str) -> None:
    assert list(unseen(f"ab{char}cd")) == [(2, 2 + len(char))]


@pytest.mark.parametrize("text", FINE)
def test_what_shapes_the_letter_before_it_is_fine(text: str) -> None:
    assert list(unseen(text)) == []
    assert list(unseen("\ufeff" + text)) == []


@pytest.mark.parametrize(
    ("word", "scripts"),
    [
        ("\u0430dmin", ("LATIN", "CYRILLIC")),
        ("p\u0430ypal", ("LATIN", "CYRILLIC")),
        ("\u03bfrders", ("LATIN", "GREEK")),
        ("st\uff4fck", ("LATIN", "FULLWIDTH")),
        ("st\U0001d428ck", ("LATIN", "MATHEMATICAL")),
        ("\u0441\u03bf", ("CYRILLIC", "GREEK")),
    ],
)
def test_letters_that_pass_for_others_are_found(word: str, scripts: tuple[str, ...]) -> None:
    assert [found[2] for found in mixed_words(f"x {word} y")] == [scripts]


@pytest.mark.parametrize(
    "word",
    [
        "orders",
        "gepr\u00fcft",
        "\u043c\u0430\u0433\u0430\u0437\u0438\u043d",
        "AWS\u306e\u6771\u4eac",
        "e\u0301t\u00e9",
        "5\u00b5m",
    ],
)
def test_words_of_one_language_are_fine(word: str) -> None:
    assert list(mixed_words(word)) == []


CARRIERS = {
    "group.cedar": 'permit (principal, action, resource)\nwhen { context.http_request.hostname == "a" };\n// @ ok\n',
    "policy.json": json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "a",
                    "Effect": "Deny",
                    "Action": "s3:GetObject",
                    "Resource": "*",
                    "Condition": {"StringEquals": {"aws:PrincipalTag/t": "@"}},
                }
            ],
        }
    ),
    "core.json": json.dumps(
        {
            "version": "2021.12",
            "core-network-configuration": {
                "asn-ranges": ["64512-64600"],
                "edge-locations": [{"location": "eu-west-1"}],
            },
            "segments": [{"name": "apps", "description": "for @ staff"}],
        }
    ),
}


@pytest.mark.parametrize("name", CARRIERS)
def test_every_document_is_searched(name: str, tmp_path: Path) -> None:
    for char, rule in (("a\u202eb", "hidden-character"), ("st\u0430ff", "mixed-scripts")):
        (tmp_path / name).write_text(CARRIERS[name].replace("@", char), encoding="utf-8")
        diagnostics = Diagnostics()
        check_natives(tmp_path, [tmp_path / name], diagnostics, NativeSettings())
        assert rule in {item.rule for item in diagnostics}


def test_scenarios_are_searched() -> None:
    diagnostics = Diagnostics()
    read_tree(Source("s.yaml", "# a\u202eb\ntests: []\n"), diagnostics)
    assert "hidden-character" in {item.rule for item in diagnostics}


def test_an_escape_can_be_seen() -> None:
    diagnostics = Diagnostics()
    check_characters(Source("a.json", '{"a": "x\\u202ey"}'), diagnostics)
    assert list(diagnostics) == []


@pytest.mark.parametrize("char", UNSEEN.values(), ids=UNSEEN)
def test_the_language_refuses_them(char: str) -> None:
    diagnostics = Diagnostics()
    parse(Source("a.policy", f'let a: string = "x{char}y"\n'), diagnostics)
    assert [item.rule for item in diagnostics] == ["unexpected-character"]
    diagnostics = Diagnostics()
    parse(Source("a.policy", f'let a: string = "x\\u{{{ord(char):x}}}y"\n'), diagnostics)
    assert list(diagnostics) == []


BUCKET = """\
resource "aws_s3_bucket_policy" "p" {
  bucket = "acme"
  policy = jsonencode({ Version = "2012-10-17", Statement = [{ Effect = "Deny", Principal = "*", Action = "s3:GetObject", Resource = "arn:aws:s3:::acme/*", Condition = { StringEquals = { "aws:PrincipalTag/t" = VALUE } } }] })
}
"""
TEMPLATE = """\
Resources:
  P:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: acme
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - {Effect: Deny, Principal: "*", Action: "s3:GetObject", Resource: "arn:aws:s3:::acme/*", Condition: {StringEquals: {"aws:PrincipalTag/t": "@"}}}
"""
GROUP = 'permit (principal, action, resource)\nwhen { context.http_request.hostname == "@" };\n'
#: files of a project by what carries the policy; the character stands in place of `@`
HOSTS: dict[str, dict[str, str]] = {
    "a template": {"stack.yaml": TEMPLATE},
    "a comment of a template": {"stack.yaml": f"# @\n{TEMPLATE.replace('@', 'x')}"},
    "a template in JSON": {
        "stack.json": json.dumps(
            {
                "Resources": {
                    "G": {
                        "Type": "AWS::EC2::VerifiedAccessGroup",
                        "Properties": {"VerifiedAccessInstanceId": "vai-1", "PolicyDocument": GROUP},
                    }
                }
            }
        )
    },
    "HCL": {"main.tf": BUCKET.replace("VALUE", '"@"')},
    "a comment of HCL": {"main.tf": "# @\n" + BUCKET.replace("VALUE", '"x"')},
    "a heredoc": {
        "main.tf": f'resource "aws_verifiedaccess_group" "g" {{\n  policy_document = <<-EOT\n{GROUP}  EOT\n}}\n'
    },
    "a file that HCL reads": {
        "main.tf": 'resource "aws_s3_bucket_policy" "p" {\n  bucket = "acme"\n  policy = file("${path.module}/p.json")\n}\n',
        "p.json": CARRIERS["policy.json"].replace('"s3:GetObject", ', '"s3:GetObject", "Principal": "*", '),
    },
    "values of variables": {
        "main.tf": 'variable "team" { type = string }\n' + BUCKET.replace("VALUE", "var.team"),
        "terraform.tfvars": 'team = "@"\n',
    },
    "a manifest": {
        "route.yaml": "apiVersion: application-networking.k8s.aws/v1alpha1\nkind: IAMAuthPolicy\nmetadata: {name: p}\nspec:\n"
        "  targetRef: {group: gateway.networking.k8s.io, kind: Gateway, name: g}\n  policy: |\n"
        '    {"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "vpc-lattice-svcs:Invoke",'
        ' "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/t": "@"}}}]}\n'
    },
    "a fence of Markdown": {"readme.md": f"# Policies\n\n```cedar\n{GROUP}```\n"},
}


@pytest.mark.parametrize("files", HOSTS.values(), ids=HOSTS)
@pytest.mark.parametrize(("text", "rule"), [("a\u202eb", "hidden-character"), ("st\u0430ff", "mixed-scripts")])
def test_every_carrier_is_searched(
    files: dict[str, str], text: str, rule: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, body in files.items():
        (tmp_path / name).write_text(body.replace("@", text), encoding="utf-8")
    run(["check", "--no-cache", "--markdown", "--format", "json", "--root", str(tmp_path), str(tmp_path)])
    told = [item for item in json.loads(capsys.readouterr().out)["findings"] if item["rule"] == rule]
    assert len(told) == 1
    (holder,) = [name for name, body in files.items() if "@" in body]
    assert holder in json.dumps(told[0])


def test_prose_and_files_without_policies_are_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "readme.md").write_text(f"# a\u202eb\n\n```cedar\n{GROUP}```\n", encoding="utf-8")
    (tmp_path / "values.yaml").write_text("# a\u202eb\nreplicas: 2\n", encoding="utf-8")
    run(["check", "--no-cache", "--markdown", "--format", "json", "--root", str(tmp_path), str(tmp_path)])
    assert "hidden-character" not in capsys.readouterr().out
