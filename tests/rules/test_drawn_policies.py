"""Drawn policies in the language and the documents that come of them get the same findings: the same ids, whatever was drawn.

`POLICYC_CASES` divided by 200 is the number of policies for each target.
"""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import pytest

from policyc.diagnostics import Diagnostics
from policyc.lint.registry import RULES, Settings, run_rules
from policyc.targets.program import emit_documents, load_program
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts
from tests.rules.test_language_and_documents import DIFFERENT, trust_of
from tests.rules.test_lint_rules import FILES

COUNT = max(30, int(os.environ.get("POLICYC_CASES", "4000")) // 200)
#: rules that find another thing in the text of a Verified Access policy, whose denies are written into its permits, and the rule that finds
#: there what they find in the language
IN_PERMITS = {
    # an `allow` under a `deny` of all that it allows is a permit of which nothing is left
    "allow-covered-by-deny": "condition-never-holds",
    # who lacks what a `deny` asks for passes it, in the text by a negated test
    "negated-test-admits-absent": "negated-test-admits-absent",
}
#: what a single policy shows of what a rule knows of a whole project
ALIKE = frozenset(RULES) - DIFFERENT.keys() - {"redundant-statement"}  # alternatives become statements of their own

#: target -> the resource, and what its statements are made of
CLAUSES = {
    "lattice": (
        "inventory",
        (
            ("who order_fn", "who anyone", "who batch_fn"),
            ("can GET", "can POST, PUT", "can not GET", "can HEAD"),
            ('path "/stock/*"', 'path "/stock", "/stock/*"', 'path "/"', 'path "*"', ""),
        ),
        (
            "source.vpc == mesh_vpc",
            "source.vpc != mesh_vpc",
            'header["x-team"] == "core"',
            'header["x-team"] == "core-*"',
            'header["x-team"] like "core-*"',
            "exists source.vpc",
            'query["v"] in ["1", "2"]',
            'aws.PrincipalTag["team"] == "core"',
            'aws.PrincipalOrgID == "o-a1b2c3d4e5"',
            "port == 443",
            'header["user-agent"] like "*curl*"',
        ),
    ),
    "verified_access": (
        "payroll",
        (("",), ("",), ("",)),
        (
            "finance in idc.groups",
            "not (finance in idc.groups)",
            'jamf.risk == "LOW"',
            'jamf.risk in ["LOW", "SECURE"]',
            'jamf.risk != "HIGH"',
            "exists jamf.risk",
            'http_request.path like "/admin*"',
            'http_request.path == "/admin/*"',
            'http_request.hostname == "https://pay.example.com"',
            'http_request.hostname like "pay.example.com"',
            "http_request.http_method == GET",
            'http_request.client_ip in "198.51.100.0/24"',
            'http_request.user_agent like "*MSIE*"',
            'idc.user.email.address like "*@example.com"',
            'idc.user.email.address like "*example.com"',
            "idc.user.email.verified == true",
        ),
    ),
}


def drawn(random: Random, target: str) -> str:
    """A policy of one to three statements; each has up to three tests, some of them as alternatives."""
    resource, clauses, tests = CLAUSES[target]
    lines = []
    for number in range(random.randint(1, 3)):
        parts = [random.choice(some) for some in clauses]
        subjects = {
            test.split()[1 if test.startswith("exists ") else 0]: test for test in random.sample(tests, len(tests))
        }
        chosen = [*subjects.values()][: random.randint(0, 3)]  # two tests of one attribute may contradict one another
        if len(chosen) > 2 and random.random() < 0.5:
            chosen = [f"({chosen[0]} or {chosen[1]})", *chosen[2:]]
        parts += [f"when {' and '.join(chosen)}"] if chosen else []
        effect = "deny" if random.random() < 0.25 else "allow"
        lines.append(f'  {effect} "s{number}" {{ {"  ".join(part for part in parts if part)} }}')
    body = "\n".join(lines)
    names = ", ".join(NAMES[target])
    return f'use "shop.policy" {{ {names} }}\n\npolicy drawn for {target} on {resource} {{\n{body}\n}}\n'


NAMES = {"lattice": ("inventory", "order_fn", "batch_fn", "mesh_vpc"), "verified_access": ("payroll", "finance")}


def found_twice(root: Path, text: str) -> tuple[set[str], set[str]] | None:
    """The rules that find something in a policy, and in its documents; None for a policy with errors."""
    (root / "case.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = load_program(root, [Path("case.policy")], {}, diagnostics)
    if diagnostics.has_errors:
        return None
    documents = [item for held in emit_documents(program, diagnostics).values() for item in held]
    own, read = Diagnostics(), Diagnostics()
    run_rules(program, documents, own, Settings(select=ALIKE))
    texts = [(Source(item.path, item.text), item.path[item.path.rindex(".") :]) for item in documents]
    check_texts(texts, read, NativeSettings(select=ALIKE | {*IN_PERMITS.values()}, trust=trust_of(program)))
    return {item.rule for item in own} & ALIKE, {item.rule for item in read}


@pytest.mark.parametrize("target", CLAUSES)
def test_a_drawn_policy_and_its_documents_get_the_same_findings(target: str, tmp_path: Path) -> None:
    for name, body in FILES.items():
        (tmp_path / name).write_text(body, encoding="utf-8")
    random, asked, told = Random(20261129), 0, set[str]()
    for number in range(COUNT):
        text = drawn(random, target)
        found = found_twice(tmp_path, text)
        if found is not None:
            asked += 1
            told |= found[0]
            own, read = found
            alike = ALIKE - IN_PERMITS.keys() if target == "verified_access" else ALIKE
            assert own & alike == read & alike, f"{target} {number}: {(own ^ read) & alike}\n{text}"
            for rule in own - alike:
                assert read & {rule, IN_PERMITS[rule]}, f"{target} {number}: {rule}\n{text}"
    assert asked > COUNT // 2 and len(told) > 2, "most of what is drawn is a policy, and rules have something to say"
