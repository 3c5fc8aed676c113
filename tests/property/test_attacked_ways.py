"""Whole decisions compared, then attacked: what a caller carries, what bounds it, the control policies of its account, a network and a service, all of which have to allow
(IAM evaluation reference, sections 4 and 10). One to three of the documents are changed in the ways in which people change them; random requests are put to the engine, document by document.

`POLICYC_CASES` divided by 400 is the number of pairs, `POLICYC_ATTACKS` that of requests to each pair. What requests show has to be among the classes found, and a pair that is
called the same is answered alike.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from typing import Any

from policyc.analysis.compare import Change, Version, compare
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.caller import Caller, anonymous, caller_from_arn, identity_provider, service
from policyc.engines.iam.decision import weigh
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.request import Request
from policyc.engines.trace import Verdict
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.read import read_policy
from policyc.text import Source
from tests.property.test_analysis_compare import KEYS, OF_SERVICE, allowed_values, condition, some

PAIRS = max(25, int(os.environ.get("POLICYC_CASES", "10000")) // 400)
ATTACKS = int(os.environ.get("POLICYC_ATTACKS", "100"))
Body = dict[str, Any]
ROLE, OTHER = "arn:aws:iam::111122223333:role/a", "arn:aws:iam::111122223333:role/p/b"
USER, STRANGER = "arn:aws:iam::111122223333:user/b", "arn:aws:iam::444455556666:role/p/a"
OIDC, SAML = (f"arn:aws:iam::111122223333:{name}" for name in ("oidc-provider/idp.example", "saml-provider/corp"))
#: who asks a role to be assumed for them, without a signature
PROVIDERS: tuple[Caller, ...] = (identity_provider(OIDC), identity_provider(SAML))
CALLERS: tuple[Caller, ...] = (
    caller_from_arn(ROLE, session="s", unique_id="AROAA"),
    caller_from_arn(ROLE, session="t", unique_id="AROAA"),
    caller_from_arn(OTHER, session="s", unique_id="AROAO"),
    caller_from_arn(STRANGER, session="s", unique_id="AROAP"),
    caller_from_arn(USER, unique_id="AIDAB"),
    caller_from_arn("arn:aws:sts::111122223333:federated-user/f", creator=USER),
    caller_from_arn("arn:aws:sts::111122223333:federated-user/g", creator="arn:aws:iam::111122223333:root"),
    caller_from_arn("arn:aws:iam::111122223333:root"),
    service("logs.amazonaws.com"),
    anonymous(),
)
#: what a request meets, and who meets it
GATES: tuple[tuple[str, str], ...] = (
    ("identity", ROLE),
    ("boundary", ROLE),
    ("scp", "arn:aws:iam::111122223333:root"),
    ("scp", "arn:aws:iam::111122223333:root"),
    ("identity", USER),
    ("session", ROLE),
    ("session", ROLE),
    ("endpoint", ""),
    ("auth-policy", ""),
    ("auth-policy", ""),
)
#: documents that decide alone
ALONE = ("bucket", "key", "access-point", "auth-policy", "resource", "endpoint", "trust", "trust")
ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
INVOKE, S3 = "vpc-lattice-svcs:Invoke", "s3:GetObject"
ACTIONS: dict[str, tuple[str, ...]] = {
    "auth-policy": (INVOKE, "vpc-lattice-svcs:*", "*", "vpc-lattice-svcs:in?oke", "vpc-lattice-svcs:Inv*"),
    "key": ("kms:Decrypt", "kms:*", "*", "kms:De*", "kms:Encrypt"),
    "trust": ("sts:AssumeRole", "sts:*", "sts:TagSession", "sts:AssumeRoleWith*", "sts:AssumeRoleWithSAML"),
    "": (INVOKE, S3, "s3:*", "*", "s3:Get*", "vpc-lattice-svcs:*", "s3:PutObject"),
}
RESOURCES: dict[str, tuple[str, ...]] = {
    "auth-policy": (
        "*",
        f"{ARN}/*",
        f"{ARN}/a",
        "arn:aws:vpc-lattice:*:*:service/*",
        f"{ARN}/${{aws:PrincipalTag/x}}",
        f"{ARN}/?",
    ),
    "": ("*", f"{ARN}/*", f"{ARN}/a*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/${aws:username}", "arn:aws:s3:::*"),
}
ASKED = {
    "auth-policy": ((INVOKE,), (f"{ARN}/a", f"{ARN}/b", f"{ARN}/ab", f"{ARN}/")),
    "key": (("kms:Decrypt", "kms:Encrypt"), ("arn:aws:kms:us-west-2:111122223333:key/a",)),
    "trust": (("sts:AssumeRole", "sts:TagSession", "sts:AssumeRoleWithSAML"), ("arn:aws:iam::111122223333:role/x",)),
    "": ((S3, "s3:PutObject"), ("arn:aws:s3:::b/a", "arn:aws:s3:::b/b", "arn:aws:s3:::b")),
}
PRINCIPALS: tuple[Any, ...] = (
    "*",
    {"AWS": "*"},
    {"AWS": "111122223333"},
    {"AWS": ROLE},
    {"AWS": [USER, STRANGER]},
    {"AWS": "arn:aws:sts::111122223333:assumed-role/a/s"},
    {"Service": "logs.amazonaws.com"},
    {"AWS": ["444455556666", ROLE]},
    {"Federated": OIDC},
    {"Federated": [OIDC, SAML]},
    {"Federated": SAML, "AWS": ROLE},
)


def statement(chance: random.Random, kind: str, keys: list[str]) -> Body:
    out: Body = {"Effect": "Allow" if chance.random() < 0.7 else "Deny"}
    if kind not in ("identity", "boundary", "scp", "session"):
        negated = out["Effect"] == "Deny" and chance.random() < 0.2 and kind != "trust"
        out["NotPrincipal" if negated else "Principal"] = chance.choice(PRINCIPALS)
    allowed = kind != "scp" or out["Effect"] == "Deny"
    out["NotAction" if chance.random() < 0.12 and allowed else "Action"] = some(chance, ACTIONS.get(kind, ACTIONS[""]))
    if kind != "trust":
        own = RESOURCES.get(kind, RESOURCES[""]) if kind != "key" else ("*",)
        out["NotResource" if chance.random() < 0.1 and allowed and kind != "key" else "Resource"] = some(chance, own)
    block = condition(chance, keys) if chance.random() < 0.7 else {}
    return {**out, "Condition": block} if block else out


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


# --- changes ------------------------------------------------------------------------------------------------------


def drop_condition(chance: random.Random, body: list[Body]) -> None:
    body[chance.randrange(len(body))].pop("Condition", None)


def drop_key(chance: random.Random, body: list[Body]) -> None:
    block = chance.choice(body).get("Condition") or {}
    if block:
        entries = block[chance.choice(sorted(block))]
        if len(entries) > 1:
            entries.pop(chance.choice(sorted(entries)))


def widen(chance: random.Random, body: list[Body]) -> None:
    item = chance.choice(body)
    name = chance.choice([one for one in ("Action", "NotAction", "Resource", "NotResource") if one in item])
    values = listed(item[name])
    at = chance.randrange(len(values))
    values[at] = chance.choice(("*", values[at][: -chance.randint(1, 3)] + "*", values[at][:-1] + "?"))
    if ":" not in values[at]:
        values[at] = "*"
    item[name] = values


def negate(chance: random.Random, body: list[Body]) -> None:
    item = chance.choice(body)
    for one, other in chance.choice(
        ((("Action", "NotAction"),), (("Resource", "NotResource"),), (("Principal", "NotPrincipal"),))
    ):
        if one in item:
            item[other] = item.pop(one)
        elif other in item:
            item[one] = item.pop(other)


def operator(chance: random.Random, body: list[Body]) -> None:
    block = chance.choice(body).get("Condition") or {}
    if block:
        name = chance.choice(sorted(block))
        held = block.pop(name)
        swap = {"Equals": "Like", "Like": "Equals"}
        if name.endswith("IfExists"):
            name = name.removesuffix("IfExists")
        elif chance.random() < 0.5 and name != "Null":
            name += "IfExists"
        else:
            name = next(
                (
                    name.replace(one, other)
                    for one, other in swap.items()
                    if name.startswith(("String", "Arn")) and one in name and "Case" not in name
                ),
                name,
            )
        block.setdefault(name, {}).update(held)


def letter_case(chance: random.Random, body: list[Body]) -> None:
    item = chance.choice(body)
    if "Action" in item:
        item["Action"] = [one.swapcase() if ":" in one else one for one in listed(item["Action"])]
    item["Condition"] = {
        name: {key.upper(): values for key, values in held.items()}
        for name, held in (item.get("Condition") or {}).items()
    }
    if not item["Condition"]:
        del item["Condition"]


def split(chance: random.Random, body: list[Body]) -> None:
    """One statement as several: the same requests in other words."""
    at = chance.randrange(len(body))
    name = chance.choice([one for one in ("Action", "Resource") if one in body[at]] or [""])
    if name:
        body[at : at + 1] = [{**body[at], name: one} for one in listed(body[at][name])]


def split_condition(chance: random.Random, body: list[Body]) -> None:
    at = chance.randrange(len(body))
    block = body[at].get("Condition") or {}
    for name, held in sorted(block.items()):
        for key, values in held.items():
            if len(listed(values)) > 1 and not name.startswith("For") and "Not" not in name:
                body[at : at + 1] = [
                    {**body[at], "Condition": {**block, name: {**held, key: one}}} for one in listed(values)
                ]
                return


def again(chance: random.Random, body: list[Body]) -> None:
    """A statement with a part of what another one says."""
    item = json.loads(json.dumps(chance.choice(body)))
    if "Action" in item:
        item["Action"] = chance.choice(listed(item["Action"]))
    body.append(item)


def cases_of(chance: random.Random, body: list[Body]) -> None:
    """A statement as one where a key is there and one where it is not."""
    at, key = chance.randrange(len(body)), chance.choice(sorted(KEYS))
    block = body[at].get("Condition") or {}
    if "Null" not in block and not key.startswith("aws:Secure"):
        body[at : at + 1] = [{**body[at], "Condition": {**block, "Null": {key: word}}} for word in ("true", "false")]


def shuffle(chance: random.Random, body: list[Body]) -> None:
    chance.shuffle(body)


def remove(chance: random.Random, body: list[Body]) -> None:
    if len(body) > 1:
        del body[chance.randrange(len(body))]


CHANGES: tuple[Callable[[random.Random, list[Body]], None], ...] = (
    drop_condition,
    drop_key,
    widen,
    negate,
    operator,
    letter_case,
    split,
    split_condition,
    again,
    cases_of,
    shuffle,
    remove,
)


# --- asking -------------------------------------------------------------------------------------------------------


def version(statements: list[Body], kind: str, carrier: str = "") -> Version | None:
    tree = parse_json(Source("d.json", json.dumps({"Version": "2012-10-17", "Statement": statements})), Diagnostics())
    assert tree is not None
    document = compile_document(tree, KINDS[kind].engine, Diagnostics(), name="d.json")
    return None if document is None else Version(read_policy(tree, KINDS[kind], "d.json"), document, carrier)


def answer(side: list[Version], request: Request) -> Verdict:
    """Everything that the caller meets has to allow."""
    caller = request.caller
    signed = caller.account == "111122223333" and caller.kind.value not in ("anonymous", "service")
    met = [
        item
        for item in side
        if not item.carrier
        or (signed if item.carrier.endswith(":root") else item.carrier in (caller.principal_arn, caller.creator))
    ]
    said = [weigh([item.document], request).verdict for item in met]
    if Verdict.UNDECIDED in said:
        return Verdict.UNDECIDED
    if Verdict.EXPLICIT_DENY in said:
        return Verdict.EXPLICIT_DENY
    return Verdict.ALLOW if all(one is Verdict.ALLOW for one in said) else Verdict.IMPLICIT_DENY


def change(old: Verdict, new: Verdict) -> Change | None:
    if old is new or Verdict.UNDECIDED in (old, new):
        return None
    if Verdict.ALLOW in (old, new):
        return Change.ALLOWED if new is Verdict.ALLOW else Change.DENIED
    return Change.BLOCKED if new is Verdict.EXPLICIT_DENY else Change.UNBLOCKED


def drawn(chance: random.Random) -> tuple[list[Version], list[Version], list[str], str, str] | None:
    keys = chance.sample(sorted(KEYS), 2)
    whole = chance.random() < 0.7
    gates = [("auth-policy", "")] if whole else [(chance.choice(ALONE), "")]
    if whole:
        gates = [*chance.sample(GATES[:-1], chance.randint(1, 3)), GATES[-1]]
    old = [[statement(chance, kind, keys) for _ in range(chance.randint(1, 3))] for kind, _ in gates]
    for body, (kind, _) in zip(old, gates, strict=True):
        if whole and chance.random() < 0.6:  # else nothing gets through all of them
            more = {"Effect": "Allow", "Action": "*", "Resource": "*"}
            body.append(more if kind != "auth-policy" else {**more, "Principal": "*"})
    new = json.loads(json.dumps(old))
    for _ in range(chance.randint(1, 3)):
        chance.choice(CHANGES)(chance, chance.choice(new))
    sides = [[version(body, kind, on) for body, (kind, on) in zip(side, gates, strict=True)] for side in (old, new)]
    one, other = ([item for item in side if item is not None] for side in sides)
    if len(one) < len(gates) or len(other) < len(gates):
        return None
    return one, other, keys, gates[-1][0], json.dumps([gates, old, new])


def shown(
    chance: random.Random, old: list[Version], new: list[Version], keys: list[str], kind: str
) -> dict[Change, str]:
    """The changes that random requests show, each with one of them."""
    out: dict[Change, str] = {}
    actions, resources = ASKED.get(kind, ASKED[""])
    for _ in range(ATTACKS):
        caller = chance.choice((*CALLERS[:-1], *PROVIDERS) if kind == "trust" else CALLERS)  # no stranger assumes roles
        context = {key: chance.choice(allowed_values(caller, key)) for key in keys}
        if "aws:PrincipalOrgPaths" in keys:  # an account in an organization has both
            context["aws:PrincipalOrgID"] = tuple(path.partition("/")[0] for path in context["aws:PrincipalOrgPaths"])
        elif context.get("aws:PrincipalOrgID"):
            context["aws:PrincipalOrgPaths"] = (f"{context['aws:PrincipalOrgID'][0]}/r-ab12/",)
        if caller.kind.value in ("service", "identity provider"):
            context |= OF_SERVICE
        request = Request.of(chance.choice(actions), chance.choice(resources), caller, context)
        found = change(answer(old, request), answer(new, request))
        if found is not None:
            out.setdefault(found, f"{caller} {request.action} {request.resource} {context}")
    return out


def test_whole_decisions_withstand_random_requests() -> None:
    chance = random.Random(int(os.environ.get("POLICYC_SEED", "5")))
    same = settled = done = 0
    while done < PAIRS:
        pair = drawn(chance)
        if pair is None:
            continue
        done += 1
        old, new, keys, kind, text = pair
        found = compare(old, new)
        seen = {item.change for item in found.differences}
        same += found.same
        settled += found.settled
        if found.settled:
            shows = shown(chance, old, new, keys, kind)
            assert shows.keys() <= seen, (text, {str(one): said for one, said in shows.items() if one not in seen})
    assert settled > done * 3 // 4
    assert done // 5 < same < done * 9 // 10


def test_a_session_that_a_user_made_meets_what_the_user_carries() -> None:
    """It has no user name of its own (IAM evaluation reference, section 4)."""
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    named = {**everything, "Effect": "Deny", "Condition": {"StringNotEquals": {"aws:username": "b"}}}
    service = version([{**everything, "Principal": "*"}], "auth-policy")
    old, new = (version(body, "identity", USER) for body in ([everything], [everything, named]))
    assert service is not None and old is not None and new is not None
    found = compare([old, service], [new, service])
    assert [(item.change, item.witness.request.caller.creator) for item in found.differences] == [(Change.DENIED, USER)]
