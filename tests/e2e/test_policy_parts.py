"""What is remembered of parts of a project: a run that knows most of them finds what one finds that knows nothing, whatever has changed since.

The projects are drawn so that files have to do with one another in every way that rules and targets look at: shared names, resources and callers of other files, networks with and
without a policy, tests of what stands elsewhere, labels, parameters, equal names.
"""

from __future__ import annotations

import json
import os
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.workspace import checking, policy_parts
from policyc.workspace.beside.open_params import Checked
from policyc.workspace.checking import check_project
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.found import Found
from policyc.workspace.project import open_root
from policyc.workspace.remembered import Remembered

#: `POLICYC_CASES` divided by 2,000 is the number of projects
SEEDS = max(1, int(os.environ.get("POLICYC_CASES", "4000")) // 2000)
SHARED = """\
let shop: account = "111122223333"
let org: org_id = "o-a1b2c3d4e5"
principal app = role(shop, "app")
principal batch = role(shop, "batch")
principal apps = role(shop, "app*")
predicate ours() = aws.PrincipalOrgID == org
resource net: lattice.service_network {{ id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: {auth} }}
resource staff: verified_access.group {{ id: "vagr-0123456789abcdef0", trust: {{ idc: iam_identity_center, jamf: jamf }} }}
"""
HEAD = 'use "shared.policy" { shop, org, app, batch, apps, ours, net, staff }\n'
LENT = ("shop", "org", "app", "batch", "apps", "ours", "net", "staff")
CORE = """network core{n} for cloudwan version "2025.11" {{
  asns 64600..64650
  edges us-east-1 {{ asn 64600 }}
  segment spokes {{ no acceptance }}
  attach {{ 100: tag["role"] == "spoke" -> segment spokes }}
}}
"""
LAID_OUT = """test "laid out {n}" {{
  on core{m} {{ attachment red {{ type: vpc, region: us-east-1, account: shop, tags: {{ role: "spoke" }}, cidrs: ["10.1.0.0/16"] }} }}
  expect red in segment spokes
}}
"""


class Drawn:
    """A project that is drawn anew, file by file."""

    def __init__(self, root: Path, draw: random.Random, files: int) -> None:
        self.root, self.draw = root, draw
        (root / "shared.policy").write_text(SHARED.format(auth="none"))
        self.names = [f"f{n}" for n in range(files)]
        for n in range(files):
            self.write(n)

    def change(self) -> None:
        draw, n = self.draw, self.draw.randrange(len(self.names))
        match draw.randrange(10):
            case 0:
                (self.root / "shared.policy").write_text(SHARED.format(auth=draw.choice(["none", "aws_iam"])))
            case 1:
                text = f"{HEAD}policy net_auth for lattice on net {{ {self.statement(99)} }}\n"
                (self.root / "net.policy").write_text(text)
            case 2:
                (self.root / "net.policy").unlink(missing_ok=True)
            case 3:
                (self.root / f"f{n}.policy").unlink(missing_ok=True)
            case 4:
                text = f"{HEAD}policy group for verified_access on staff {{ {draw.choice(WIDE)} }}\n"
                (self.root / "group.policy").write_text(text)
            case 5:
                (self.root / "policyc.toml").write_text(draw.choice(CONFIGS))
            case _:
                self.write(n)

    def write(self, n: int) -> None:
        draw, parts = self.draw, []
        for _ in range(draw.randint(1, 3)):
            one = draw.choice(PIECES)
            if one not in parts:
                parts.append(one)
        if core in parts and laid_out in parts:
            parts.remove(core)
        other = draw.randrange(len(self.names))
        uses = ""
        if other != n and draw.random() < 0.4 and (self.root / f"f{other}.policy").exists():
            theirs = (self.root / f"f{other}.policy").read_text()
            uses = f'use "f{other}.policy" {{ v{other} }}\n' if f"resource v{other}:" in theirs else ""
        own = "" if uses and draw.random() < 0.5 else service(self, n)
        on = other if uses else n
        body = own + "".join(one(self, n, on) for one in parts)
        names = [name for name in LENT if re.search(rf"\b{name}\b", body)]
        head = f'use "shared.policy" {{ {", ".join(names)} }}\n' if names else ""
        text = head + uses + (body or 'let nothing: account = "111122223333"\n')
        (self.root / f"f{n}.policy").write_text(text)

    def who(self) -> str:
        return self.draw.choice(
            ["app", "batch", "apps", "anyone", 'role(shop, "app")', 'role(shop, "x*")', "account(shop)"]
        )

    def statement(self, n: int) -> str:
        draw = self.draw
        label = draw.choice(["read", f"read{n}", "write"])
        what = draw.choice(["", 'path "/a", "/a/*"', "can GET"])
        when = draw.choice(["", "when ours()", "when aws.PrincipalOrgID == org", "unless ours()"])
        return f'{draw.choice(["allow", "allow", "allow", "deny"])} "{label}" {{ who {self.who()}  {what} {when} }}'


def service(drawn: Drawn, n: int) -> str:
    auth, net = drawn.draw.choice(["auth: aws_iam", "auth: none"]), drawn.draw.choice(["network: net,", ""])
    return f'resource v{n}: lattice.service {{ id: "svc-{n:017x}", at: shop/us-west-2, {net} {auth} }}\n'


def guarded(drawn: Drawn, n: int, other: int) -> str:
    name = drawn.draw.choice([f"p{n}"] * 20 + ["same", "SAME"])
    return f"policy {name} for lattice on v{other} {{ {drawn.statement(n)} }}\n"


def calls(drawn: Drawn, n: int, other: int) -> str:
    on = drawn.draw.choice(["app", "batch"])
    what = f'allow "call" {{ can invoke  on v{other}  path "/{drawn.draw.choice("ab")}*" }}'
    return f"policy calls{n} for identity on {on} {{ {what} }}\n"


def asks(drawn: Drawn, n: int, other: int) -> str:
    who, wanted = (
        drawn.draw.choice(["app", "batch", 'role(shop, "app")']),
        drawn.draw.choice(["deny by default"] * 4 + ['allow by "read"']),
    )
    return (
        f'test "asks {n}" {{\n  request v{other} {{ who: {who}, can: GET, path: "/a", aws.PrincipalOrgID: org }}\n'
        f"  expect {wanted}\n}}\n"
    )


def listens(drawn: Drawn, n: int, other: int) -> str:
    return f'resource l{n}: lattice.listener {{ service: v{other}, forward: ["main"] }}\n'


def endpoint(drawn: Drawn, n: int, other: int) -> str:
    policy = (
        f"policy door{n} for verified_access on e{n} {{ {drawn.draw.choice(WIDE)} }}\n"
        if drawn.draw.random() < 0.6
        else ""
    )
    head = f'resource e{n}: verified_access.endpoint {{ id: "vae-{n:017x}", group: staff, protocol: https, domain: "a{n}.acme.example" }}\n'
    asked = f'test "door {n}" {{\n  request e{n} {{ jamf.risk: "LOW" }}\n  expect undecided\n}}\n'
    return head + policy + (asked if drawn.draw.random() < 0.5 else "")


def unused(drawn: Drawn, n: int, other: int) -> str:
    return f'let spare{n}: account = "44445555666{n % 10}"\n'


def lent(drawn: Drawn, n: int, other: int) -> str:
    return f"let all{n} = [v{other}]\n"


def core(drawn: Drawn, n: int, other: int) -> str:
    return CORE.format(n=n)


def laid_out(drawn: Drawn, n: int, other: int) -> str:
    return CORE.format(n=n) + LAID_OUT.format(n=n, m=n)


def bucket(drawn: Drawn, n: int, other: int) -> str:
    return f'param stage{n}: string = "a"\nprincipal r{n} = role(shop, "r{n}")\npolicy role{n} for identity on r{n} {{ allow "all" {{ can invoke  on v{other} }} }}\n'


WIDE = [
    'allow "everybody" { }',
    'allow "low" { when jamf.risk == "LOW" }',
    'allow "a" { } deny "b" { when jamf.risk == "HIGH" }',
]
CONFIGS = [
    "",
    '[lint]\nignore = ["policy-without-test"]\n',
    '[params]\nstage1 = "b"\n',
    '[lint.severity]\nunused-declaration = "error"\n',
]
PIECES: list[Callable[[Drawn, int, int], str]] = [
    guarded,
    guarded,
    guarded,
    calls,
    calls,
    asks,
    asks,
    listens,
    endpoint,
    unused,
    lent,
    core,
    laid_out,
    bucket,
]


def looked(root: Path, kept: dict[str, Any] | None) -> Found | None:
    """What is found, with what `kept` knows, which knows it from then on."""
    mistakes = Diagnostics()
    project = open_root(
        root,
        root / "policyc.toml",
        mistakes,
        params={},
        named=() if (root / "policyc.toml").exists() else (root,),
        policies=(root,),
    )
    memory = None if kept is None else Remembered(lambda: ("", kept))
    found = check_project(project, settings_of(project.config), mistakes, memory=memory)
    if kept is not None and memory is not None:
        now = json.loads(json.dumps(memory.now))
        kept.clear()
        kept.update(now)
    return found


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[set[str]]:
    """The files of each look, of projects of any size."""
    seen: list[set[str]] = []
    check = policy_parts._lasts

    def watched(checked: Checked) -> bool:
        seen.append(set(checked.compiled.program.modules))
        return check(checked)

    monkeypatch.setattr(policy_parts, "_lasts", watched)
    monkeypatch.setattr(checking, "MANY", 1)
    monkeypatch.setattr(policy_parts, "_FEW", 1)
    return seen


@pytest.mark.parametrize("seed", range(SEEDS))
def test_whatever_changes_the_answer_is_that_of_a_run_without_memory(
    runs: list[set[str]], tmp_path: Path, seed: int
) -> None:
    drawn = Drawn(tmp_path, random.Random(seed), 9)
    kept: dict[str, Any] = {}
    for _ in range(12):
        drawn.change()
        assert looked(tmp_path, kept) == looked(tmp_path, None)


def alone(root: Path, n: int) -> None:
    text = f"""\
use "shared.policy" {{ shop, org, app, ours, net }}
resource v{n}: lattice.service {{ id: "svc-{n:017x}", at: shop/us-west-2, network: net, auth: aws_iam }}
policy p{n} for lattice on v{n} {{ allow "read" {{ who app  can GET  when ours() }} }}
"""
    (root / f"f{n}.policy").write_text(text)


def test_one_changed_file_is_looked_at_with_what_it_imports(runs: list[set[str]], tmp_path: Path) -> None:
    (tmp_path / "shared.policy").write_text(SHARED.format(auth="none"))
    for n in range(6):
        alone(tmp_path, n)
    kept: dict[str, Any] = {}
    (tmp_path / "policyc.toml").write_text('[lint]\nignore = ["group-without-policy"]\n')
    looked(tmp_path, kept)
    runs.clear()
    looked(tmp_path, kept)
    assert runs == []
    (tmp_path / "f3.policy").write_text((tmp_path / "f3.policy").read_text().replace("can GET", "can HEAD"))
    assert looked(tmp_path, kept) == looked(tmp_path, None)
    assert runs == [{"f3.policy", "shared.policy"}]
    # a policy of the network is a gate of every service, and a caller's own policy is held against all that let it in
    (tmp_path / "own.policy").write_text(
        'use "shared.policy" { app }\npolicy own for identity on app { allow "no" { can invoke } }\n'
    )
    assert looked(tmp_path, kept) == looked(tmp_path, None)


@pytest.mark.parametrize(
    "wrong", [None, 1, [], {}, "f", [1], [[], []], [[1], 0], [["a"], ["b"]], ["ab", "c"], [[[]], True]]
)
def test_what_is_kept_in_another_form_is_not_known(runs: list[set[str]], tmp_path: Path, wrong: Any) -> None:
    (tmp_path / "shared.policy").write_text(SHARED.format(auth="none"))
    alone(tmp_path, 0)
    kept: dict[str, Any] = {}
    looked(tmp_path, kept)
    kept |= dict.fromkeys(kept, wrong)
    assert looked(tmp_path, kept) == looked(tmp_path, None)
