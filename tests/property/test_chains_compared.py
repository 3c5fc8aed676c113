"""Chains of S3 Object Lambda compared hop by hop against enumeration: two projects are drawn, some documents of each hop are cut short or taken from
the other one, requests are simulated on both sides, and what changes has to be among the classes found. `POLICYC_CASES` divided by 1,000 is the number of pairs."""

from __future__ import annotations

import json
import os
import random

from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.record import replace
from policyc.report.changes import SAME
from policyc.targets.base import Document, DocumentSet
from policyc.text import Span
from policyc.workspace.claims.proving import engine_says
from policyc.workspace.compare.chains import compare_chain
from policyc.workspace.sides.chains import Chain
from policyc.workspace.sides.side import Side
from tests.property.test_proofs_whole import chain, compiled

PAIRS = max(10, int(os.environ.get("POLICYC_CASES", "10000")) // 1000)
LIMITS = (
    ("boundary", "arn:aws:iam::111122223333:role/app boundary"),
    ("scp", "arn:aws:iam::111122223333:root scp 1"),
    ("scp", "arn:aws:iam::444455556666:root scp 1"),
    ("rcp", "level 1"),
)
#: how surely a request is allowed on both sides: not, if policies that nobody gave allow it, surely
CHANGES = {
    (0, 1): "newly allowed",
    (0, 2): "newly allowed",
    (1, 0): "newly denied",
    (2, 0): "newly denied",
    (1, 2): "newly granted",
    (2, 1): "no longer granted",
}
ACTIONS = ("*", "s3:*", "s3-object-lambda:*", "lambda:*", "s3:GetObject")


def cut(chance: random.Random, document: Document) -> Document:
    """A document with some statement changed: gone, a deny, about other objects, or for other callers."""
    tree = json.loads(document.text)
    held = tree["Statement"]
    at = chance.randrange(len(held))
    match chance.randrange(5):
        case 0:
            del held[at]
        case 1:
            held[at]["Effect"] = "Deny"
        case 2 if "Principal" in held[at]:
            held[at]["Principal"] = {"AWS": chance.choice(("444455556666", "arn:aws:iam::111122223333:role/app"))}
        case 3:
            held[at]["Condition"] = {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
        case _:
            held[at]["Condition"] = {"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    return replace(document, text=json.dumps(tree), map=())


def limit(chance: random.Random, role: str, carrier: str) -> Document:
    effect = "Deny" if role == "rcp" or chance.random() < 0.2 else "Allow"
    statement = {"Effect": effect, "Action": chance.choice(ACTIONS), "Resource": "*"}
    statement |= {"Principal": "*"} if role == "rcp" else {}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    return Document(f"{carrier}.json", "raw", text, carrier, carrier, role, Span("raw", 0, 0))


def drawn(chance: random.Random) -> tuple[list[Chain], list[tuple[tuple[str, str], ...]]] | None:
    text, _, requests = chain(chance)
    first, second = compiled(text), compiled(chain(chance)[0])
    if first is None or second is None:
        return None
    others = {item.path: item for item in second[1]}
    before = list(first[1])
    before += [limit(chance, *chance.choice(LIMITS)) for _ in range(chance.choice((0, 0, 1)))]
    after = list(before)
    for _ in range(chance.randint(1, 2)):
        at = chance.randrange(len(after))
        after[at] = others.get(after[at].path, after[at]) if chance.random() < 0.3 else cut(chance, after[at])
        if chance.random() < 0.1:
            del after[at]
        if chance.random() < 0.2:
            after.append(limit(chance, *chance.choice(LIMITS)))
        if not after or any(not json.loads(item.text)["Statement"] for item in after):
            return None
    program = first[0]
    olap = next(item for item in program.resources.values() if item.name == "resized")
    verbs = ("GetObject", "PutObject", "ListBucket")
    asked = [fields for fields in requests if dict(fields)["can"] in verbs]
    return [Chain(program, DocumentSet(held), olap, frozenset()) for held in (before, after)], asked


def rank(outcome: Outcome) -> int | None:
    if outcome.decision is not Decision.UNDECIDED:
        return 2 if outcome.decision is Decision.ALLOW else 0
    open_gates = [gate for gate in outcome.gates if gate.verdict is Verdict.UNDECIDED]
    wanted = {text for gate in open_gates for text in gate.wants}
    return 1 if all(gate.wants for gate in open_gates) and wanted >= set(outcome.missing) else None


def test_chains_compared_agree_with_enumeration() -> None:
    chance = random.Random(5)
    done = same = settled = changed = 0
    while done < PAIRS:
        found = drawn(chance)
        if found is None:
            continue
        done += 1
        chains, requests = found
        sides = [Side("", {}, {}, {}, chains={"resized": item}) for item in chains]
        compared = compare_chain("resized", *sides)
        told = {entry.change for entry in compared.entries}
        same += compared.state == SAME
        settled += not compared.open
        changed += bool(told)
        for fields in chance.sample(requests, min(len(requests), 20)):
            says = [engine_says(item.program, item.documents, item.scope, item.resource, fields)[0] for item in chains]
            ranks = [None if one is None else rank(one) for one in says]
            if compared.open or None in ranks or ranks[0] == ranks[1]:
                continue
            texts = [[(item.path, item.text) for item in one.documents] for one in chains]
            assert CHANGES[ranks[0] or 0, ranks[1] or 0] in told, (fields, ranks, told, texts)
    assert same
    assert settled > PAIRS // 2
    assert changed > PAIRS // 3
