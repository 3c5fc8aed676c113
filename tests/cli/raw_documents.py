"""Raw JSON documents of IAM, as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.running import Run

HOME, AWAY = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{HOME}:role/app"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{HOME}:service/svc-0123456789abcdef0"
NETWORK = f"arn:aws:vpc-lattice:us-west-2:{HOME}:servicenetwork/sn-0123456789abcdef0"
OLAP = f"arn:aws:s3-object-lambda:us-west-2:{HOME}:accesspoint/resized"
BUCKET = "arn:aws:s3:::acme-photos"
FUNCTION = f"arn:aws:lambda:us-west-2:{HOME}:function:resize:1"


def allow(action: Any, resource: Any = "*", principal: Any = None, condition: Any = None, effect: str = "Allow") -> Any:
    made = {"Effect": effect, "Action": action, "Resource": resource}
    made |= {"Principal": principal} if principal is not None else {}
    return made | ({"Condition": condition} if condition else {})


def save(name: str, *statements: Any) -> str:
    Path(name).write_text(
        json.dumps({"Version": "2012-10-17", "Statement": list(statements)}, indent=1), encoding="utf-8"
    )
    return name


INVOKE = "vpc-lattice-svcs:Invoke"
ORG = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}


def asked(documents: dict[str, list[Any]]) -> list[str]:
    return [
        word
        for role, statements in documents.items()
        for at, group in enumerate(
            [[item] for item in statements] if role == "scp" and len(statements) > 1 else [statements]
        )
        for word in (f"--{role}", save(f"{role}{at}.json", *group))
    ]


def outcome(run: Run, *argv: str) -> tuple[int, dict[str, Any]]:
    ran = run("simulate", *argv, "--format", "json")
    assert ran.out, ran.err
    return ran.status, json.loads(ran.out)
