"""Proofs and covers through whole ways against enumeration: projects are drawn, every request over tiny domains is simulated, and nothing that is
proven to be refused may be allowed, nothing that is proven to be allowed refused; what breaks a claim is a test that passes as it is printed. `POLICYC_CASES` divided by 500 is the number of projects."""

from __future__ import annotations

import itertools
import os
import random

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision
from policyc.ir.build import check_files
from policyc.ir.program import Program
from policyc.model.files import Files
from policyc.simulation.runner import run_test
from policyc.syntax.parser import parse
from policyc.targets.base import Document
from policyc.targets.program import emit_documents, words
from policyc.text import Source
from policyc.workspace.claims.proving import engine_says, prove_all
from policyc.workspace.reach.whole import who_may

PROJECTS = max(20, int(os.environ.get("POLICYC_CASES", "10000")) // 500)
HEAD = """
let org: org_id = "o-a1b2c3d4e5"
let shop: account = "111122223333"
let other: account = "444455556666"
principal app = role(shop, "app")
principal batch = role(other, "batch")
principal site = cloudfront(shop, "E2ABCDEF123456")
"""
CALLERS = ("app", "batch", "anonymous", "root(shop)", "root(other)", 'user(shop, "u")')
LATTICE = """
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
"""
CHAIN = """
resource photos: s3.bucket { name: "acme-photos", at: shop/us-east-1 }
resource photo_ap: s3.access_point { name: "photos-ap", at: shop/us-east-1, bucket: photos }
resource resize: lambda.function { name: "resize-image", at: shop/us-east-1, role: role(shop, "resize") }
resource resized: object_lambda.access_point { name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize }
"""
CALLS = """
policy calls for identity on app {
  allow "i" { can GetObject, PutObject on resized }
  allow "j" { can InvokeFunction on resize }
  allow "k" { can GetObject, PutObject on photo_ap }
  allow "l" { can GetObject, PutObject on photos }
}
"""
LATTICE_WHEN = (
    "",
    "when aws.PrincipalOrgID == org",
    "unless aws.PrincipalOrgID == org",
    'when exists aws.PrincipalTag["a"]',
)
CHAIN_WHEN = (
    "",
    "when aws.PrincipalOrgID == org",
    "unless aws.PrincipalOrgID == org",
    'when aws.SourceIp in "10.0.0.0/8"',
)


def statement(
    chance: random.Random,
    number: int,
    callers: tuple[str, ...],
    verbs: tuple[str, ...],
    path: bool,
    when: tuple[str, ...],
) -> str:
    effect = "allow" if chance.random() < 0.7 else "deny"
    parts = [f"who {chance.choice(callers)}"]
    parts += [f"can {chance.choice(verbs)}"] if chance.random() < 0.5 else []
    parts += [f"path {chance.choice(PATHS)}"] if path and chance.random() < 0.5 else []
    return f'{effect} "s{number}" {{ {" ".join(parts)} {chance.choice(when)} }}'


PATHS = ('"/a"', '"/a*"', '"/b", "/a"', '"/*/c"')


def lattice(chance: random.Random) -> tuple[str, str, list[tuple[tuple[str, str], ...]]]:
    verbs = ("GET", "POST", "GET, HEAD", "not GET")

    def body(path: bool) -> str:
        who = ("anyone", "app", "app, batch", "not app", "account(other)", "anonymous")
        return "\n".join(statement(chance, at, who, verbs, path, LATTICE_WHEN) for at in range(chance.randint(1, 3)))

    text = f"policy guard for lattice on mesh {{ {body(True)} }}\npolicy own for lattice on stock {{ {body(True)} }}\n"
    if chance.random() < 0.7:
        text += 'policy calls for identity on app { allow "i" { can invoke on stock path "/a*" } }\n'
    scopes = [
        "",
        "where aws.PrincipalOrgID != org",
        "who anonymous",
        "who app",
        "can GET",
        'path "/a"',
        "who not app can POST",
    ]
    requests = [
        (("who", who), ("can", can), ("path", path), *tags)
        for who, can, path in itertools.product(CALLERS, ("GET", "POST"), ('"/a"', '"/b"', '"/x/c"'))
        for tags in ((), (("aws.PrincipalOrgID", "org"),) if who != "anonymous" else ())
    ]
    return HEAD + LATTICE + text, "stock", requests if scopes else []


def chain(chance: random.Random) -> tuple[str, str, list[tuple[tuple[str, str], ...]]]:
    who = ("app", "batch", "site", "account(other)", "app, batch")
    body = "\n".join(
        statement(chance, at, who, ("GetObject", "PutObject", "ListBucket"), False, CHAIN_WHEN)
        for at in range(chance.randint(1, 3))
    )
    text = f"policy own for object_lambda on resized {{ {body} }}\n"
    text += CALLS if chance.random() < 0.5 else ""
    resource = chance.choice(("resized", "resized", "photo_ap", "photos", "resize"))
    callers = (*CALLERS, "site")
    verbs = ("InvokeFunction",) if resource == "resize" else ("GetObject", "PutObject", "ListBucket")
    requests = []
    for caller, verb in itertools.product(callers, verbs):
        path = () if verb in ("ListBucket", "InvokeFunction") else (("path", '"a"'),)
        for more in ((), (("aws.PrincipalOrgID", "org"),), (("aws.SourceIp", '"10.1.1.1"'),)):
            if more and more[0][0] == "aws.PrincipalOrgID" and caller in ("anonymous", "site"):
                continue
            requests.append((("who", caller), ("can", verb), *path, *more))
    return HEAD + CHAIN + text, resource, requests


def compiled(text: str) -> tuple[Program, list[Document]] | None:
    source, diagnostics = Source("a.policy", text), Diagnostics()
    module = parse(source, diagnostics)
    program = check_files(Files({"a.policy": source}, {"a.policy": module}), {}, words(), diagnostics)
    if diagnostics.has_errors:
        return None
    documents = [item for group in emit_documents(program, diagnostics).values() for item in group]
    return None if diagnostics.has_errors else (program, documents)


def pasted(text: str, blocks: list[str]) -> None:
    """What breaks a claim holds as a test beside the policies, as it is printed."""
    if blocks:
        found = compiled(text + "\n".join(blocks))
        assert found is not None, blocks
        results = [run_test(*found, test) for test in found[0].tests]
        assert len(results) == len(blocks)
        assert all(item.passed for item in results), (text, [item.findings for item in results if not item.passed])


CLAIMS = {
    "who anonymous": lambda fields: fields["who"] == "anonymous",
    "who app": lambda fields: fields["who"] == "app",
    "where aws.PrincipalOrgID != org": lambda fields: "aws.PrincipalOrgID" not in fields,
    "who not app, batch": lambda fields: fields["who"] not in ("app", "batch"),
}
CHAIN_CLAIMS = {
    **CLAIMS,
    "who app can GetObject": lambda fields: (fields["who"], fields["can"]) == ("app", "GetObject"),
    "who app can GetObject where aws.PrincipalOrgID == org": lambda fields: (
        (fields["who"], fields["can"]) == ("app", "GetObject") and "aws.PrincipalOrgID" in fields
    ),
}


def test_proofs_through_whole_ways_agree_with_enumeration() -> None:
    chance = random.Random(3)
    done = proven = broken = complete = chains = 0
    while done < PROJECTS:
        text, resource, requests = (lattice if done % 2 else chain)(chance)
        claims = CLAIMS if done % 2 or resource == "resize" else CHAIN_CLAIMS
        blocks = [f'prove "{at}" {{ no request to {resource} {scope} is allowed }}' for at, scope in enumerate(claims)]
        blocks += [
            f'prove "{at}+" {{ every request to {resource} {scope} is allow }}' for at, scope in enumerate(claims)
        ]
        found = compiled(text + "\n".join(blocks))
        if found is None:
            continue
        done += 1
        program, documents = found
        proofs = prove_all(program, documents)
        states = [[item.holds for item in proof.claims] for proof in proofs]
        pasted(text, [block for proof in proofs for block in proof.blocks])
        proven += states.count([True])
        chains += resource == "resized" and [True] in states[len(claims) :]
        broken += states.count([False])
        one = next(item for item in program.resources.values() if item.name == resource)
        reach = who_may(program, documents, one)
        assert reach is not None
        complete += reach.complete
        anybody = False
        for fields in requests:
            outcome, problem = engine_says(program, documents, program.scopes["a.policy"], one, fields)
            assert outcome is not None, (fields, problem)
            anybody = anybody or outcome.decision is Decision.ALLOW
            for at, about in enumerate(claims.values()):
                if not about(dict(fields)):
                    continue
                if states[at] == [True]:
                    assert outcome.decision is Decision.DENY, (text, list(claims)[at], fields)
                if states[at + len(claims)] == [True]:
                    assert outcome.decision is Decision.ALLOW, (text, list(claims)[at], fields)
        if anybody:
            assert reach.classes or not reach.complete, text
    assert proven > PROJECTS
    assert broken > PROJECTS
    assert chains
    assert complete > PROJECTS // 2
