"""A file that was named and holds no policy is none of which something could not be read; one in which a policy seems to stand is."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.running import Run

BUCKET = "Resources:\n  B:\n    Type: AWS::S3::Bucket\n"
FILES = {
    "t.yaml": f"# all that is here\n{BUCKET}",
    "t.json": '{"AWSTemplateFormatVersion": "2010-09-09", "Resources": {"B": {"Type": "AWS::S3::Bucket"}}}',
    "main.tf": 'resource "aws_s3_bucket" "b" {}\n',
    "values.yaml": "kind: x\n",
}
INSIDE = 'x: |\n  {"Version": "2012-10-17", "Statement": [{"Effect": "Allow"\n'
POLICY = f"""{BUCKET}  P:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0123456789abcdef0
      Policy: {{Version: "2012-10-17", Statement: [{{Effect: Allow, Principal: "*", Action: "vpc-lattice-svcs:Invoke", Resource: "*"}}]}}
"""


@pytest.mark.parametrize("name", FILES)
def test_nothing_is_found_there(run: Run, name: str) -> None:
    Path(name).write_text(FILES[name])
    ran = run("check", name)
    assert ran.status == 0 and "[no-policy-inside]" in ran.out + ran.err
    for words in (("import", name), ("list", name), ("who", name), ("prove", "--that", "public", name)):
        ran = run(*words)
        assert ran.status == 4 and ran.err.startswith("nothing to "), (words, ran)
    assert run("diff", name, name).status == 4
    assert "holds no policy that can be asked\n" in run("simulate", name).err


@pytest.mark.parametrize("name", FILES)
def test_what_is_no_longer_there_is_a_change(run: Run, name: str) -> None:
    Path(name).write_text(FILES[name])
    Path("policy.yaml").write_text(POLICY)
    gone, new = run("diff", "policy.yaml", name), run("diff", name, "policy.yaml")
    assert gone.status == new.status == 1
    assert "newly denied" in gone.out and "newly allowed" in new.out


def test_what_seems_to_stand_there_is_told(run: Run) -> None:
    Path("in.yaml").write_text(INSIDE)
    Path("policy.yaml").write_text(POLICY)
    assert run("diff", "policy.yaml", "in.yaml").status == run("who", "in.yaml").status == 11
    assert "not imported: in.yaml: in a form that is not read" in run("import", "in.yaml").err
    for words in (("check",), ("list",), ("simulate",)):
        ran = run(*words, "in.yaml")
        assert "in a form that is not read" in ran.out + ran.err, words
