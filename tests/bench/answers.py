"""What an answer costs for 1, 10, 50 and 500 statements, from the text of a document to a decision and its reasons.

Run: `python tests/bench/answers.py`. All columns come from the same documents in one run, processor time, the least of many rounds in turns; those that read the text are
also told as a multiple of `json.loads` of it, so that figures of different machines can be compared. First: parse, compile and decide
one request. Warm: a thousand requests that were all asked before. Unseen: every request brings a path, a tag and a time that the engine has never met.
Request: a request is built from ordinary values. Explained: the verdict with the deciding and the nearest statement, their reasons, and the
switches that matter. Beside them, where they are installed: moto's evaluator of IAM policies (on identity policies, the only kind that it takes) and
cedarpy with a parsed policy set of as many policies.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.engines.iam import Document, Kind, Request, caller_from_arn, compile_text, decide, explain
from policyc.syntax.json_text import parse_json
from policyc.text import Source

SIZES = (1, 10, 50, 500)
ACCOUNT = "111122223333"
SERVICE = f"arn:aws:vpc-lattice:us-west-2:{ACCOUNT}:service/svc-0123456789abcdef0"
ACTION = "vpc-lattice-svcs:Invoke"
ASKED = 1000


def statement(number: int, principal: bool) -> dict[str, Any]:
    """A statement with a role, a path and conditions on four keys, as auth policies of large services have them."""
    made: dict[str, Any] = {
        "Sid": f"S{number}",
        "Effect": "Deny" if number % 10 == 9 else "Allow",
        "Action": ACTION,
        "Resource": f"{SERVICE}/team{number}/*",
        "Condition": {
            "StringEquals": {"vpc-lattice-svcs:RequestMethod": ["GET", "HEAD"], "aws:PrincipalOrgID": "o-a1b2c3d4e5"},
            "StringLike": {"aws:PrincipalTag/team": f"team{number}*"},
            "DateGreaterThan": {"aws:CurrentTime": "2024-01-01T00:00:00Z"},
        },
    }
    if principal:
        made["Principal"] = {"AWS": [ACCOUNT, f"arn:aws:iam::{ACCOUNT}:role/app{number}"]}
    return made


def policy(size: int, principal: bool) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": [statement(number, principal) for number in range(size)]}


def compiled(size: int) -> Document:
    source = Source("bench.json", json.dumps(policy(size, True)))
    document = compile_text(source, Kind.RESOURCE, Diagnostics())
    assert document is not None
    return document


def request(team: int, salt: str, method: str, second: int) -> Request:
    context = {
        "vpc-lattice-svcs:RequestMethod": method,
        "aws:PrincipalOrgID": "o-a1b2c3d4e5",
        "aws:PrincipalTag/team": f"team{team}{salt}",
        "aws:CurrentTime": f"2024-06-01T00:{second // 60 % 60:02}:{second % 60:02}Z",
    }
    caller = caller_from_arn(f"arn:aws:iam::{ACCOUNT}:role/app{team % 40}")
    return Request.of(ACTION, f"{SERVICE}/team{team}/{salt}", caller, context)


def requests(size: int, fresh: bool) -> list[Request]:
    rng = random.Random(size)
    made = []
    for number in range(ASKED):
        salt = f"{rng.getrandbits(60):x}" if fresh else f"i{number % 20}"
        made.append(request(rng.randrange(size + 2), salt, rng.choice(("GET", "POST")), number if fresh else 7))
    return made


def microseconds(run: Callable[[], None], count: int, rounds: int) -> float:
    """The least of several rounds, per call."""
    times = []
    for _ in range(rounds):
        start = time.thread_time()
        run()
        times.append((time.thread_time() - start) / count * 1e6)
    return min(times)


def warm(size: int) -> float:
    document, asked = compiled(size), requests(size, fresh=False)

    def run() -> None:
        for one in asked:
            decide(document, one)

    run()
    return microseconds(run, len(asked), 9)


def unseen(size: int) -> float:
    times = []
    for _ in range(5):
        document, asked = compiled(size), requests(size, fresh=True)
        for one in requests(size, fresh=False)[:50]:
            decide(document, one)
        start = time.thread_time()
        for one in asked:
            decide(document, one)
        times.append((time.thread_time() - start) / len(asked) * 1e6)
    return min(times)


def moto(size: int) -> float | None:
    """moto's evaluator on an identity policy; None when moto is not there."""
    try:
        found = import_module("moto.iam.access_control").IAMPolicy
    except ImportError:
        return None
    held = found(json.dumps(policy(size, False)))
    asked = requests(size, fresh=False)[: max(20, 2000 // size)]

    def run() -> None:
        for one in asked:
            held.is_action_permitted(one.action, one.resource)

    return microseconds(run, len(asked), 3)


def cedar(size: int) -> float | None:
    """cedarpy with a policy set that is parsed once; None when it is not there or cannot hold one."""
    try:
        module = import_module("cedarpy")
    except ImportError:
        return None
    holder = getattr(module, "PolicySet", None)
    text = "\n".join(
        f'permit (principal, action == Action::"Invoke", resource) when {{ context.path like "/team{number}/*" '
        f'&& context.method == "GET" && context.org == "o-a1b2c3d4e5" && context.team like "team{number}*" }};'
        for number in range(size)
    )
    policies: Any = text
    if holder is not None:
        policies = holder.from_str(text) if hasattr(holder, "from_str") else holder(text)
    question = {
        "principal": 'User::"u"',
        "action": 'Action::"Invoke"',
        "resource": 'Service::"s"',
        "context": {"path": f"/team{size - 1}/x", "method": "GET", "org": "o-a1b2c3d4e5", "team": f"team{size - 1}x"},
    }
    count = 50

    def run() -> None:
        for _ in range(count):
            module.is_authorized(question, policies, [])

    run()
    return microseconds(run, count, 3)


def pattern_growth() -> list[tuple[int, float]]:
    """One pattern with many stars against a long value that just misses: length of both -> microseconds."""
    out = []
    for length in (100, 200, 400, 800):
        plain = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "s3:GetObject",
                    "Resource": "arn:aws:s3:::b/" + "*a" * (length // 2) + "*c*",
                }
            ],
        }
        document = compile_text(Source("p.json", json.dumps(plain)), Kind.IDENTITY, Diagnostics())
        assert document is not None
        caller = caller_from_arn(f"arn:aws:iam::{ACCOUNT}:role/app")
        asked = [Request.of("s3:GetObject", f"arn:aws:s3:::b/{'a' * length}{number}", caller) for number in range(50)]
        start = time.thread_time()
        for one in asked:
            decide(document, one)
        out.append((length, (time.thread_time() - start) / len(asked) * 1e6))
    return out


def reading(size: int) -> list[str]:
    """The cells that start from the text: `json.loads` in ms, and parse, compile and first answer as multiples of it."""
    text = json.dumps(policy(size, True))
    source, asked = Source("bench.json", text), request(size - 1, "x", "GET", 3)

    def first() -> None:
        document = compile_text(source, Kind.RESOURCE, Diagnostics())
        assert document is not None
        decide(document, asked)

    works: list[Callable[[], object]] = [
        lambda: json.loads(text),
        lambda: parse_json(source, Diagnostics()),
        lambda: compile_text(source, Kind.RESOURCE, Diagnostics()),
        first,
    ]
    least = [1e9] * len(works)
    for _ in range(max(5, 2000 // (size + 10))):
        for number, work in enumerate(works):
            start = time.thread_time()
            work()
            least[number] = min(least[number], time.thread_time() - start)
    unit = least[0]
    return [f"{unit * 1e3:.3f} ms", *(f"{took / unit:.1f}x" for took in least[1:]), f"{least[-1] * 1e3:.2f} ms"]


def building() -> float:
    """Microseconds for one request from ordinary values, its caller known by ARN."""

    def run() -> None:
        for second in range(ASKED):
            request(7, "x", "GET", second)

    return microseconds(run, ASKED, 9)


def explained(size: int) -> float:
    """Microseconds for the verdict with everything that is shown of it, half of the requests refused."""
    document, asked = compiled(size), requests(size, fresh=False)[:100]

    def run() -> None:
        for one in asked:
            trace = explain(document, one)
            shown = (*trace.decided_by, *((trace.nearest,) if trace.nearest else ()))
            assert trace.summary
            assert all(statement.reasons for statement in shown)
            assert trace.switches is not None

    run()
    return microseconds(run, len(asked), 5)


def show(cells: Sequence[str]) -> None:
    print("  " + "".join(f"{cell:>12}" for cell in cells))


def main() -> None:
    print("reading a document (multiples of json.loads of its text)")
    show(["statements", "json.loads", "parse", "compile", "first", "first"])
    for size in SIZES:
        show([str(size), *reading(size)])
    print(f"building a request: {building():.1f} microseconds")
    print("asking it (microseconds)")
    show(["statements", "warm", "unseen", "explained", "moto", "cedarpy"])
    missing = set()
    for size in SIZES:
        others = {"moto": moto(size), "cedarpy": cedar(size)}
        missing |= {name for name, value in others.items() if value is None}
        shown = ["-" if value is None else f"{value:.0f}" for value in others.values()]
        show([str(size), f"{warm(size):.2f}", f"{unseen(size):.1f}", f"{explained(size):.0f}", *shown])
    for name in sorted(missing):
        print(f"  {name} is not installed here, so its column is empty")
    print("pattern with a star for every second character, value as long (unseen)")
    for length, value in pattern_growth():
        show([str(length), f"{value:.1f}"])


if __name__ == "__main__":
    main()
