"""`who` and `prove` against enumeration: every request over tiny domains, asked of the engine that decides.

What the enumeration sees allowed has to lie in a class of the cover, and a guarantee that it sees broken is never proven. `POLICYC_CASES`
divided by 400 is the number of documents.
"""

from __future__ import annotations

import itertools
import os
import random
from collections.abc import Iterator

from policyc.analysis.compare import Version
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.decision import decide
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.ir.build import check_files
from policyc.ir.program import Program
from policyc.model.files import Files
from policyc.syntax import nodes
from policyc.syntax.parser import parse
from policyc.targets.program import words
from policyc.text import Source, Span
from policyc.workspace.guarantees.documents import Given, prove_documents
from policyc.workspace.reach.whole import who_in_document
from tests.property.test_analysis_compare import (
    ASKED_ACTIONS,
    ASKED_RESOURCES,
    CALLERS,
    KEYS,
    OF_SERVICE,
    allowed_values,
    statement,
    version,
)

DOCUMENTS = max(25, int(os.environ.get("POLICYC_CASES", "10000")) // 400)
PLACE = Span("g.policy", 0, 0)
CLAIMS = (
    ('no request can raw("s3:GetObject") is allowed', lambda request: request.folded_action == "s3:getobject"),
    ("no request who anonymous is allowed", lambda request: request.caller.kind.value == "anonymous"),
    ('no request on raw("arn:aws:s3:::b/a") is allowed', lambda request: request.resource == "arn:aws:s3:::b/a"),
    (
        'no request where aws.PrincipalOrgID != "o-a1b2c3d4e5" is allowed',
        lambda request: request.values.get("aws:principalorgid") != ("o-a1b2c3d4e5",),
    ),
)


def program() -> Program:
    text = "\n".join(f'prove "{number}" {{ {claim} }}' for number, (claim, _) in enumerate(CLAIMS))
    source, diagnostics = Source("g.policy", text), Diagnostics()
    module = parse(source, diagnostics)
    found = check_files(Files({"g.policy": source}, {"g.policy": module}), {}, words(), diagnostics)
    assert not diagnostics.has_errors, list(diagnostics)
    assert all(isinstance(item, nodes.Prove) for item in module.declarations)
    return found


def allowed(one: Version, keys: list[str]) -> Iterator[Request]:
    """The requests over the tiny domains that a document allows."""
    for caller, action, resource in itertools.product(CALLERS, ASKED_ACTIONS, ASKED_RESOURCES):
        for values in itertools.product(*(allowed_values(caller, key) for key in keys)):
            context = dict(zip(keys, values, strict=True))
            if caller.kind.value == "service":
                context |= OF_SERVICE
            request = Request.of(action, resource, caller, context)
            if decide(one.document, request) is Verdict.ALLOW:
                yield request


def test_covers_and_proofs_agree_with_enumeration() -> None:
    chance = random.Random(5)
    claims = program()
    complete = proven = broken = done = 0
    while done < DOCUMENTS:
        keys = chance.sample(tuple(KEYS), 2)
        one = version([statement(chance, keys) for _ in range(chance.randint(1, 4))], "d.json")
        if one is None:
            continue
        done += 1
        reach = who_in_document("d.json", one, ())
        proofs = prove_documents(claims, [Given("d", "d.json", one, ())])
        found = [proof.claims[0].holds for proof in proofs]
        complete += reach.complete
        proven += found.count(True)
        broken += found.count(False)
        labels = {label.strip("`") for item in reach.classes for label in item.by}
        for request in allowed(one, keys):
            can, _ = one.document.masks.masks(request, False)
            matching = {
                item.label for item in one.policy.statements if item.effect == "allow" and can >> item.index & 1
            }
            if reach.complete:
                assert matching & labels, (request, reach)
            for (claim, about), holds in zip(CLAIMS, found, strict=True):
                assert not (holds is True and about(request)), (claim, request)
    assert complete > DOCUMENTS // 2
    assert proven > DOCUMENTS // 2
    assert broken > DOCUMENTS // 4
