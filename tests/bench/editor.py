"""How long an editor waits for findings: a file of 300 lines by itself, templates and documents of 300 lines, and one file of a project of 200.

Aims: 50 ms, 50 ms and 150 ms from the keystroke (without the pause of 50 ms that the server makes). Prints milliseconds
of processor time, which is what one waits for on a quiet machine, the median of several.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from statistics import median
from time import thread_time

from policyc.editor.complete import complete
from policyc.editor.session import Session

_SHARED = """let shop: account = "111122223333"
let mesh_vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"
principal order_fn = role(shop, "order-service")
"""


def policy_file(number: int, statements: int, services: int = 1) -> str:
    """A file with some services and their policies, without errors: about three lines for each statement."""
    head = 'use "shared.policy" { mesh_vpc, order_fn, shop }\n'
    return head + "".join(_service(number + one, statements) for one in range(services))


def _service(number: int, statements: int) -> str:
    body = "\n".join(
        f'  allow "read-{n}" {{\n    who order_fn  can GET  path "/{n}", "/{n}/*"\n    when source.vpc == mesh_vpc }}'
        for n in range(statements)
    )
    return f"""resource s{number}: lattice.service {{ id: "svc-{number:017x}", at: shop/us-west-2, auth: aws_iam }}
policy p{number} for lattice on s{number} {{
{body}
}}
"""


def keystrokes(session: Session, path: Path, text: str, rounds: int) -> float:
    """The median time from a changed text to its findings."""
    times = []
    for n in range(rounds):
        session.put(str(path), text + (f"// {n}\n" if path.suffix == ".policy" else "\n" * (n % 7)))
        start = thread_time()
        state, _ = session.quick(str(path))
        state.settle()
        times.append((thread_time() - start) * 1000)
    return median(times)


def offers(path: Path, text: str) -> tuple[float, float]:
    """The time from a half-typed action to what is offered for it: the first time, and the median of more."""
    session = Session()
    session.put(str(path), text)
    state, name = session.quick(str(path))
    at = text.rindex("s3:Put") + len("s3:Put")
    times = []
    for _ in range(9):
        start = thread_time()
        assert any(item.text == "s3:PutObject" for item in complete(state, name, at))
        times.append((thread_time() - start) * 1000)
    return times[0], median(times[1:])


def statements(count: int, of: int = 0) -> list[dict[str, object]]:
    return [
        {
            "Sid": f"S{of}{n}",
            "Effect": "Allow",
            "Principal": {"AWS": f"arn:aws:iam::111122223333:role/app{n}"},
            "Action": ["s3:GetObject", "s3:PutObject"],
            "Resource": f"arn:aws:s3:::bucket{of}/team{n}/*",
            "Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}},
        }
        for n in range(count)
    ]


def document() -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements(18)}, indent=2) + "\n"


def template() -> str:
    """A template of CloudFormation with a policy on each of its buckets, whose names it leaves open."""
    out = ["Resources:"]
    for of in range(7):
        out += [
            f"  B{of}:",
            "    Type: AWS::S3::Bucket",
            f"  P{of}:",
            "    Type: AWS::S3::BucketPolicy",
            "    Properties:",
        ]
        out += [
            f"      Bucket: !Ref B{of}",
            "      PolicyDocument:",
            '        Version: "2012-10-17"',
            "        Statement:",
        ]
        for n in range(3):
            out += [f"          - Sid: S{of}{n}", "            Effect: Allow"]
            out += ["            Principal:", f"              AWS: !Sub arn:aws:iam::${{AWS::AccountId}}:role/app{n}"]
            out += ["            Action:", "              - s3:GetObject", "              - s3:PutObject"]
            out += [f"            Resource: !Sub ${{B{of}.Arn}}/team{n}/*"]
            out += [
                "            Condition:",
                "              StringEquals:",
                "                aws:PrincipalOrgID: o-a1b2c3d4e5",
            ]
    return "\n".join(out) + "\n"


def configuration() -> str:
    """The same in Terraform."""
    out = []
    for of in range(7):
        out += [f'resource "aws_s3_bucket" "b{of}" {{', "}", f'resource "aws_s3_bucket_policy" "p{of}" {{']
        out += [
            f"  bucket = aws_s3_bucket.b{of}.id",
            "  policy = jsonencode({",
            '    Version = "2012-10-17"',
            "    Statement = [",
        ]
        for n in range(3):
            out += ["      {", f'        Sid = "S{of}{n}"', '        Effect = "Allow"']
            out += [f'        Principal = {{ AWS = "arn:aws:iam::111122223333:role/app{n}" }}']
            out += ['        Action = ["s3:GetObject", "s3:PutObject"]']
            out += [f'        Resource = "${{aws_s3_bucket.b{of}.arn}}/team{n}/*"', "        Condition = {"]
            out += ['          StringEquals = { "aws:PrincipalOrgID" = "o-a1b2c3d4e5" }', "        }", "      },"]
        out += ["    ]", "  })", "}"]
    return "\n".join(out) + "\n"


#: what a file that holds policies is called -> its text
HOLDING = {"stack.yaml": template, "main.tf": configuration, "bucket.json": document}


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "shared.policy").write_text(_SHARED)
        alone = folder / "alone.policy"
        text = policy_file(0, 16, services=6)  # more in one document is too much for the service
        alone.write_text(text)
        session = Session()
        first = keystrokes(session, alone, text, 1)
        lines = text.count("\n")
        print(f"{lines} lines: first {first:.0f} ms, then {keystrokes(session, alone, text, 15):.0f} ms (aim 50)")
        for file, made in HOLDING.items():
            path, text = folder / file.partition(".")[0] / file, made()
            path.parent.mkdir()
            path.write_text(text)
            lines = text.count("\n")
            print(f"{file}, {lines} lines: {keystrokes(Session(), path, text, 15):.0f} ms (aim 50)")
            first, again = offers(path, text)
            print(f"{file}, offers for an action: first {first:.0f} ms, then {again:.1f} ms (aim 50)")
        for number in range(1, 200):
            (folder / f"f{number}.policy").write_text(policy_file(number, 20))
        (folder / "policyc.toml").write_text('[lint]\nignore = ["policy-without-test"]\n')
        session = Session()
        own = folder / "f7.policy"
        text = policy_file(7, 20)
        session.put(str(own), text)
        whole, _ = session.state(str(own))
        start = thread_time()
        whole.settle()
        print(f"project of 200 files, as a whole: {(thread_time() - start) * 1000:.0f} ms (in the background)")
        session.quick(str(own))
        print(f"one file of it: {keystrokes(session, own, text, 15):.0f} ms (aim 150)")


if __name__ == "__main__":
    main()
