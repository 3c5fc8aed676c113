"""A whole policy comes back from its document as itself: who, what, where, when, each name and effect.

Policies are drawn in the forms for which IAM has one statement each; what such a statement is in IAM's words stands below, written from the
Lattice reference and not from the code that writes documents. What a policy means that takes several statements is held by
`test_iam_lowering_diff`, where the document and what is read from it decide alike.
"""

from __future__ import annotations

import os
from collections import Counter
from random import Random
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, Always, Atom, Can, Cond, Constant, Op, Origin, Paths, Policy, Statement, Who
from policyc.ir.conditions import conjunction
from policyc.ir.pattern import escape_pattern
from policyc.model.values import Principal
from policyc.targets.base import Native
from policyc.targets.iam_documents.conditions import lower_condition
from policyc.targets.iam_documents.known_keys import known_keys
from policyc.targets.lattice import TARGET
from policyc.targets.lattice.emit import emit_policy
from policyc.text import Source
from tests.property.drawing import cases, seeds
from tests.property.test_iam_lowering_diff import MESH, OTHER, SHOP, SHOPFRONT, SPAN, TUNNEL, VERBS, arn
from tests.property.test_iam_read import atom_of

#: statements that come back, two to a policy
CASES = int(os.environ.get("POLICYC_CASES", "1500"))
NAMED = [
    Principal("role", (SHOP, "order")),
    Principal("role", (OTHER, "batch/night")),
    Principal("user", (SHOP, "ann")),
    Principal("session", (SHOP, "order", "s1")),
    Principal("federated_user", (SHOP, "fed")),
    Principal("account", (SHOP,)),
    Principal("account", (OTHER,)),
    Principal("service", ("ec2.amazonaws.com",)),
]
#: a pattern of the language -> the same in a resource of a document, where a dollar that opens a variable is written `${$}`
PATHS = ["/", "/stock", "/stock/*", "/?tock", "/a b/é", "*", "/%2F", "/a$b"]
LABELS = ["S1", "Reads", "OrderReadsStock", "X", "A9"]
METHODS = ["GET", "POST", "DELETE"]
CARRIERS = (MESH, SHOPFRONT, TUNNEL)
METHOD, PATH = "vpc-lattice-svcs:RequestMethod", "vpc-lattice-svcs:RequestPath"


def drawn(draw: Random) -> Policy:
    on = draw.choice(CARRIERS)
    labels = draw.sample(LABELS, draw.choice((1, 2, 3)))
    made = tuple(_statement(draw, index, label, on is TUNNEL) for index, label in enumerate(labels))
    return Policy("random", "lattice", on, made, "t.policy", SPAN)


def _statement(draw: Random, index: int, label: str, tunnel: bool) -> Statement:
    everyone = draw.random() < 0.3
    who = (Principal("anyone", ()),) if everyone else tuple(draw.sample(NAMED, draw.choice((1, 1, 2, 3))))
    verbs = ("connect",) if tunnel else draw.choice((("invoke",), tuple(draw.sample(METHODS, draw.choice((1, 2))))))
    paths = tuple(draw.sample(PATHS, draw.choice((1, 1, 2)))) if not tunnel and draw.random() < 0.5 else ()
    effect: Any = draw.choice(("allow", "allow", "deny"))
    can = Can(tuple(VERBS[name] for name in verbs))
    where = Paths(paths) if paths else None
    return Statement(effect, label, Who(who), can, (), where, _condition(draw), index, SPAN)


def _condition(draw: Random) -> Cond:
    """Tests of distinct keys, each of which IAM says in one way."""
    found: dict[str, Atom] = {}
    for _ in range(draw.choice((0, 1, 2, 3))):
        atom = atom_of(draw)
        once = lower_condition(atom, None, Diagnostics())
        if once is not None and len(once) == 1 and atom.attribute.native not in (METHOD, PATH):
            found[atom.attribute.native] = atom
    return conjunction(list(found.values()))


def meant(policy: Policy, statement: Statement) -> tuple[Any, ...]:
    """What IAM's one statement for it is. HTTP is `Invoke` on the paths of the service, TLS passthrough `Connect` on the service; on a
    service network every service is meant, and a path is a test."""
    assert statement.who is not None and statement.can is not None
    tests = list(_items(statement.when))
    methods = [value for verb in statement.can.verbs for _, value in verb.requires]
    if methods:
        tests.append(_test(METHOD, Op.EQ, methods))
    paths = statement.path.patterns if statement.path is not None else ()
    if policy.on is MESH:
        resources = ["*"]
        tests += [_test(PATH, Op.LIKE, paths)] if paths else []
    elif policy.on is TUNNEL:
        resources = [escape_pattern(arn(TUNNEL))]
    else:
        resources = [arn(SHOPFRONT) + path for path in paths or ("/*",)]
    actions = ["vpc-lattice-svcs:Connect" if policy.on is TUNNEL else "vpc-lattice-svcs:Invoke"]
    return statement.effect, statement.label, statement.who.principals, actions, resources, tests


def _test(key: str, op: Op, values: Any) -> Atom:
    attribute = known_keys().find(key)
    assert attribute is not None
    return Atom(attribute, op, tuple(Constant(attribute.type, value) for value in values))


def same(read: Statement, wanted: tuple[Any, ...]) -> bool:
    effect, label, who, actions, resources, tests = wanted
    assert read.who is not None and read.can is not None and read.resources is not None
    return (
        (read.effect, read.label) == (effect, label)
        and not (read.who.negated or read.can.negated or read.resources.negated or read.on or read.path)
        and {(one.kind, one.args) for one in read.who.principals} == {(one.kind, one.args) for one in who}
        and [verb.action for verb in read.can.verbs] == actions
        and {one.pattern for one in read.resources.patterns} == set(resources)
        and Counter(map(_plain, _items(read.when))) == Counter(map(_plain, tests))
    )


def _items(when: Cond) -> tuple[Cond, ...]:
    return when.items if isinstance(when, All) else () if isinstance(when, Always) else (when,)


def _plain(test: Cond) -> Any:
    """A test without the order of its values, and without whether its key is always there: that hangs on what a document is attached to."""
    assert isinstance(test, Atom), test
    values = frozenset((value.type, value.value) for value in test.values)
    return test.attribute.native, test.op, test.quantifier, test.negated, values


@cases(-(-CASES // 2), seeds())
def test_a_policy_comes_back_from_its_document(draw: Random) -> None:
    policy = drawn(draw)
    diagnostics = Diagnostics()
    document = emit_policy(policy, diagnostics)
    assert document is not None, list(diagnostics)
    native = Native(Source("d.json", document.text), "auth-policy", policy.on)  # type: ignore[arg-type]
    read = TARGET.read(native, diagnostics)
    assert read is not None and (read.origin, read.kind, read.on) == (Origin.IAM, "auth-policy", policy.on)
    assert len(read.statements) == len(policy.statements), document.text
    for written, back in zip(policy.statements, read.statements, strict=True):
        assert same(back, meant(policy, written)), (document.text, meant(policy, written))
