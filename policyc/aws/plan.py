"""`plan`: the steps that make AWS mean what the source says, what they change, and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from policyc.aws import by_sid
from policyc.aws.calls import CALLS
from policyc.aws.checkpoint import sealed
from policyc.aws.drift import Found
from policyc.aws.iam_ports import MOST_VERSIONS, oldest
from policyc.aws.live import Live
from policyc.aws.meaning import alike, unreadable
from policyc.aws.order import CHAIN, Draft, ordered
from policyc.aws.pairs import Pair
from policyc.aws.permissions import policy_of
from policyc.aws.ports import needs, read
from policyc.aws.principals import absent
from policyc.aws.session import CallFailed, Sessions, Trouble
from policyc.aws.sound import is_name
from policyc.aws.steps import OF_CALLERS, OF_ROLE, Kind, State, Step, step_data
from policyc.record import record
from policyc.report.changes import Changes, Compared, changes_data

FORMAT_VERSION: Final = 2
#: kind -> the largest document that the service takes, in characters or bytes as it counts (quotas of each service)
_LARGEST: Final = {
    Kind.LATTICE_POLICY: 10_000,
    Kind.ACCESS_POINT: 20_480,
    Kind.BUCKET: 20_480,
    Kind.FUNCTION: 20_480,
    Kind.ROLE: 10_240,
    Kind.USER: 2_048,
    Kind.GROUP: 5_120,
    Kind.MANAGED: 6_144,
}
#: beginning of a tag's key, in small letters -> who looks after a resource that carries it
_OWNERS: Final = (
    ("aws:cloudformation:", "CloudFormation"),
    ("application-networking.k8s.aws/", "the Kubernetes controller of VPC Lattice"),
    ("aws:servicecatalog:", "Service Catalog"),
)


@record
class Plan:
    """Steps with what they change in decisions, what is left out and why, whom else the resources belong to, the permissions that it needs, and why the steps are in
    their order."""

    steps: tuple[Step, ...]
    changes: Changes
    left: tuple[str, ...]
    warnings: tuple[str, ...]
    permissions: Mapping[str, Any]
    accounts: tuple[Mapping[str, Any], ...]
    order: str = ""

    def data(self, made_at: str, missing: Mapping[str, Any]) -> dict[str, Any]:
        """The shape of `schemas/aws/plan.schema.json`."""
        return sealed(
            {
                "format_version": FORMAT_VERSION,
                "made_at": made_at,
                "accounts": list(self.accounts),
                "steps": [step_data(step) for step in self.steps],
                "order": self.order,
                "changes": changes_data(self.changes),
                "left": list(self.left),
                "warnings": list(self.warnings),
                "permissions": self.permissions,
                "missing": dict(missing),
            }
        )


def make(
    found: Sequence[Pair], differing: Found, live: Live, sessions: Mapping[str, Sessions], widen_first: bool = False
) -> Plan:
    """The plan; `widen_first` as for `policyc.aws.order`. What AWS has is read once more, in its own letters. Raises CallFailed."""
    changes = differing.changes
    compared = {item.name: item for item in changes.documents}
    for title, alone in differing.alone.items():
        compared[title] = replace(alone, sentences=(*alone.sentences, *compared[title].sentences))
    drafts: list[Draft] = []
    left: list[str] = []
    warnings: list[str] = []
    torn = _torn(found)
    for pair in found:
        if pair.repeats:
            continue
        item = compared[pair.title]
        if not (item.entries or item.sentences or item.open):
            continue
        if pair.open or not pair.arn:
            left.append(f"{pair.title}: {pair.open or item.sentences[0]}")
            continue
        kind = OF_ROLE.get(pair.meant.role)
        if kind is None:
            left.append(f"{pair.title}: a {pair.meant.kind} document is not written by `aws apply`")
            continue
        session = _session(live.account_of(pair.arn), sessions)
        if session is None:
            left.append(f"{pair.title}: nobody asks in the account of `{pair.arn}`")
            continue
        if _is_bounded_otherwise(pair, live):
            bound = _bound(pair, item, live, session)
            if isinstance(bound, Draft):
                drafts.append(bound)
            else:
                left.append(f"{pair.title}: {bound}")
            continue
        kind = _kind(kind, pair)
        reason = _obstacle(kind, pair) or torn.get(_policy_arn(pair), "")
        if reason:
            left.append(f"{pair.title}: {reason}")
            continue
        made = _draft(kind, pair, item, session)
        reason = _piecemeal(made.steps[0])
        if reason:
            left.append(f"{pair.title}: {reason}")
            continue
        # two roles may carry one managed policy, and the source have it twice
        drafts += [] if _is_among(made.steps[0], drafts) else [made]
        warnings += (*_owners(pair, live), *_carriers(made.steps[0]))
    in_order = ordered(_waiting(drafts, sessions), widen_first)
    steps = in_order.steps
    warnings += (*in_order.warnings, *absent(steps, sessions))
    if any(step.kind not in (Kind.WAN_PUT, Kind.FUNCTION) for step in steps):
        warnings.append(
            "most services have no compare-and-set: what is there is read right before each write, and a race remains"
        )
    accounts = tuple(
        {"account": one.identity.account, "caller": one.identity.arn, "partition": one.identity.partition}
        for one in sessions.values()
    )
    warnings = list(dict.fromkeys(warnings))
    return Plan(steps, changes, tuple(left), tuple(warnings), least(steps, accounts), accounts, in_order.why)


def least(steps: Sequence[Step], accounts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The least permissions to carry out these steps and to take them back."""
    wanted = [(CALLS["sts", "get_caller_identity"].action, ()), *(need for step in steps for need in needs(step))]
    partition = str(accounts[0]["partition"]) if accounts else "aws"
    return policy_of(wanted, partition, "*", "*")


def _session(account: str, sessions: Mapping[str, Sessions]) -> Sessions | None:
    if not account:
        return next(iter(sessions.values())) if len(sessions) == 1 else None
    return sessions.get(account)


def _policy_arn(pair: Pair) -> str:
    """The managed policy that a document is the text of, empty for all others."""
    return str(pair.stored.revision.get("PolicyArn") or "")


def _inline_name(pair: Pair) -> str:
    """What the inline policy of a caller is called, or will be."""
    return str(pair.stored.revision.get("PolicyName") or pair.meant.name)


def _kind(kind: Kind, pair: Pair) -> Kind:
    """What is written where a caller has a policy: inline of a role or of a user, or managed."""
    if kind is not Kind.ROLE:
        return kind
    if _policy_arn(pair):
        return Kind.MANAGED
    sort = pair.arn.split(":")[5].partition("/")[0]
    return {"user": Kind.USER, "group": Kind.GROUP}.get(sort, kind)


def _torn(found: Sequence[Pair]) -> dict[str, str]:
    """Managed policies of which the source has several texts, by ARN, with the reason."""
    texts: dict[str, list[Pair]] = {}
    for pair in found:
        if _policy_arn(pair):
            texts.setdefault(_policy_arn(pair), []).append(pair)
    return {
        arn: f"the source has several texts of `{arn}`, such as `{pairs[0].title}` and `{other.title}`"
        for arn, pairs in texts.items()
        for other in pairs
        if not alike("identity", pairs[0].meant.text, other.meant.text)
    }


def _is_among(step: Step, drafts: Sequence[Draft]) -> bool:
    return step.kind is Kind.MANAGED and any(
        (other.kind, other.resource) == (step.kind, step.resource) for draft in drafts for other in draft.steps
    )


def _piecemeal(step: Step) -> str:
    """Why a function's policy cannot be written where no call takes whole ones."""
    if step.kind is Kind.FUNCTION and step.old.revision.get("by_sid"):
        return by_sid.obstacle(step.resource, step.old.text, step.new.text)
    return ""


def _carriers(step: Step) -> Iterator[str]:
    """What is worth knowing before a managed policy is changed."""
    if step.kind is Kind.MANAGED:
        carried, gone = step.old.revision.get("carried"), oldest(step.old.revision)
        if carried and carried > 1:
            yield f"`{step.resource}` is carried {carried} times (roles, users, groups, boundaries): it changes for all of them"
        if gone:
            yield f"`{step.resource}` has {MOST_VERSIONS} versions, the most there can be: `{gone}`, the oldest that is not the default, is deleted"


def _obstacle(kind: Kind, pair: Pair) -> str:
    """Why a document cannot be written at all."""
    if ":iam::aws:policy/" in _policy_arn(pair):
        return f"`{_policy_arn(pair)}` is AWS's own, which nobody else writes"
    if kind in OF_CALLERS and not is_name(_inline_name(pair)):
        return (
            f"`{_inline_name(pair)}` is no name of an inline policy; give `--map {pair.meant.name}={pair.arn}#POLICY`"
        )
    if pair.meant.policy.startswith("arn:") and pair.stored.text is None:
        return f"`{pair.meant.policy}` is not attached there, and no policy is attached"
    if kind is not Kind.VERIFIED_ACCESS:
        try:
            size = len(written(kind, pair.meant.text))
        except (ValueError, RecursionError):
            return "it is no JSON"
        most = _LARGEST.get(kind)
        if most is not None and size > most:
            return f"{size:,} characters are more than the {most:,} that the service takes"
    wrong = unreadable(pair.meant.kind, pair.meant.text)
    return f"it is no policy that a service takes: {wrong}" if wrong else ""


def written(kind: Kind, text: str) -> str:
    """A document as it is sent: JSON without blanks, which count and which VPC Lattice refuses as line breaks. Raises ValueError."""
    if kind is Kind.VERIFIED_ACCESS:
        return text
    return json.dumps(json.loads(text), separators=(",", ":"), ensure_ascii=False)


def _is_bounded_otherwise(pair: Pair, live: Live) -> bool:
    """Whether a role or user has no permissions boundary, or another one than the source says."""
    held = live.resources[pair.arn]["facts"].get("boundary")
    return pair.meant.role == "boundary" and (not held or pair.meant.policy not in ("", held))


def _bound(pair: Pair, item: Compared, live: Live, session: Sessions) -> Draft | str:
    """The step that sets a boundary, or why there is none: what is set has to say already what the source says."""
    policy = pair.meant.policy
    if not policy:
        how = f"give `--map {pair.meant.name}={pair.arn}#POLICY` with the ARN of a managed policy"
        return f"no boundary is set there, and nothing says which policy it is; {how}"
    blank = Step(0, Kind.BOUNDARY, pair.title, pair.arn, session.identity.account, session.region, State(), State())
    there = read(session, replace(blank, kind=Kind.MANAGED, resource=policy))
    if there.text is None:
        return f"`{policy}` is not there, and no policy is made"
    if not alike("identity", there.text, pair.meant.text):
        return f"`{policy}` says something else; write it first, with `--map {pair.meant.name}={policy}`"
    step = replace(blank, old=read(session, blank), new=State(None, policy))
    opens, closes = _effects(item) if live.resources[pair.arn]["facts"].get("boundary") else (False, True)
    return Draft((step,), pair.arn, opens, closes, services=_services(item))


def _draft(kind: Kind, pair: Pair, item: Compared, session: Sessions) -> Draft:
    """The steps of one document, and what they do."""
    parts = pair.arn.split(":")
    name = _inline_name(pair) if kind in OF_CALLERS else ""
    region = parts[3] or session.region
    flag = "enabled" if kind is Kind.VERIFIED_ACCESS else ""
    new = State(written(kind, pair.meant.text), flag)
    place_of = _policy_arn(pair) if kind is Kind.MANAGED else pair.arn
    blank = Step(0, kind, pair.title, place_of, session.identity.account, region, State(), new, name)
    steps = [replace(blank, old=read(session, blank))]
    opens, closes = _effects(item)
    if kind is Kind.WAN_PUT:
        execute = replace(blank, kind=Kind.WAN_EXECUTE)
        steps.append(replace(execute, old=read(session, execute)))
    if kind is Kind.VERIFIED_ACCESS and steps[0].old.flag == "disabled":
        # without a policy an endpoint asks no more than its group, and a group lets nobody in
        opens, closes = (False, True) if ":verified-access-endpoint/" in pair.arn else (True, False)
    auth = pair.meant.auth.upper()
    if kind is Kind.LATTICE_POLICY and auth:
        switch = replace(blank, kind=Kind.LATTICE_AUTH, new=State(None, auth))
        now = read(session, switch)
        if now.flag != auth:
            off = auth == "NONE"
            rewrites = bool(item.entries or item.open or pair.stored.text is None)
            text, switch = steps if rewrites else [], replace(switch, old=now)
            # the policy is written while nobody is asked for it: on without one refuses everybody
            steps = [switch, *text] if off else [*text, switch]
            opens, closes = off, not off
    own = kind in {*OF_CALLERS, Kind.MANAGED} and pair.meant.role == "identity"
    alternative = (own or kind in CHAIN) and not (_denies(steps[0].old.text) or _denies(new.text))
    return Draft(tuple(steps), pair.arn, opens, closes, own, alternative, _services(item))


def _effects(item: Compared) -> tuple[bool, bool]:
    """Whether a change lets somebody in, and whether it keeps somebody out; where that is not known, both."""
    if item.open or not item.entries:
        return True, True
    return any(entry.widens for entry in item.entries), not all(entry.widens for entry in item.entries)


def _services(item: Compared) -> frozenset[str]:
    """The services whose actions change."""
    found = {
        action.partition(":")[0].lower() if ":" in action else "*"
        for entry in item.entries
        for action in entry.what or ("*",)
    }
    return frozenset(found if found and not item.open else "*")


def _denies(text: str | None) -> bool:
    """Whether a policy has a statement that denies."""
    statements = [] if text is None else json.loads(text).get("Statement", [])
    listed = statements if isinstance(statements, list) else [statements]
    return any(str(item.get("Effect")) != "Allow" for item in listed)


def _waiting(drafts: Sequence[Draft], sessions: Mapping[str, Sessions]) -> list[Draft]:
    """The same, with the switches to `AWS_IAM` that callers need no policy for so far: they wait for what lets these in."""
    if not any(one.own and one.lets_in for one in drafts):
        return list(drafts)
    return [
        replace(one, waits=True)
        if one.kind is Kind.LATTICE_AUTH and one.keeps_out and not _asks_elsewhere(one.steps[-1], sessions)
        else one
        for one in drafts
    ]


def _asks_elsewhere(switch: Step, sessions: Mapping[str, Sessions]) -> bool:
    """Whether requests through a service or a network meet an auth type `AWS_IAM` at the other one; True where that is not known."""
    session, region = sessions[switch.account], switch.region
    here, there = "service", "serviceNetwork"
    if ":servicenetwork/" in switch.resource:
        here, there = there, here
    method = "get_service_network" if there == "serviceNetwork" else "get_service"
    of = {f"{here}Identifier": switch.resource}
    try:
        for item in session.pages("vpc-lattice", "list_service_network_service_associations", region, "items", **of):
            other = item.get(f"{there}Arn")
            if (
                not other
                or session.call("vpc-lattice", method, region, **{f"{there}Identifier": other}).get("authType")
                != "NONE"
            ):
                return True
    except CallFailed:
        return True
    return False


def _owners(pair: Pair, live: Live) -> Iterator[str]:
    """Who else looks after a resource, as far as its tags tell."""
    tags = live.resources[pair.arn]["facts"].get("tags") or {}
    for key, value in tags.items():
        low = str(key).lower()
        for start, owner in _OWNERS:
            if low.startswith(start):
                yield f"`{pair.arn}` belongs to {owner} (tag `{key}`), which may write its own policy again"
        if "terraform" in low or "terraform" in str(value).lower():
            yield f"`{pair.arn}` belongs to Terraform (tag `{key}`), which will take the change back"


# --- may the caller do it? --------------------------------------------------------------------------------------


def missing(plan: Plan, sessions: Mapping[str, Sessions]) -> dict[str, Any]:
    """What the caller may not do, as far as AWS tells: `denied` are actions with the ARN, `unknown` says why the rest is not known. Verified Access
    has a dry run; for the others IAM simulates the caller's own policies, which knows neither resource policies nor the conditions of a request."""
    denied: list[dict[str, str]] = []
    unknown: list[str] = []
    for step in plan.steps:
        session = sessions[step.account]
        if step.kind is Kind.VERIFIED_ACCESS:
            reason = _dry_run(session, step, denied)
        else:
            reason = _simulated(session, step, denied)
        unknown += [reason] if reason else []
    return {"denied": denied, "unknown": list(dict.fromkeys(unknown))}


def _dry_run(session: Sessions, step: Step, denied: list[dict[str, str]]) -> str:
    sort = "Group" if ":verified-access-group/" in step.resource else "Endpoint"
    method = f"modify_verified_access_{sort.lower()}_policy"
    of = {f"VerifiedAccess{sort}Id": step.resource.rpartition("/")[2]}
    # what is there already: whoever takes a dry run for a request (an emulator, say) changes nothing
    held = {"PolicyEnabled": step.old.flag == "enabled", **({"PolicyDocument": step.old.text} if step.old.text else {})}
    try:
        session.call("ec2", method, step.region, DryRun=True, **held, **of)
    except CallFailed as error:
        if error.failure.code == "DryRunOperation":
            return ""
        if error.failure.trouble is Trouble.DENIED:
            denied.append({"action": error.failure.action, "resource": step.resource})
            return ""
        return str(error)
    return "the dry run of Verified Access gave no answer"


def _simulated(session: Sessions, step: Step, denied: list[dict[str, str]]) -> str:
    caller = session.identity.arn
    if ":assumed-role/" in caller:
        name = caller.split("/")[1]
        try:
            caller = session.call("iam", "get_role", "", RoleName=name)["Role"]["Arn"]
        except CallFailed as error:
            return f"the permissions of `{name}` are not known: {error}"
    if ":role/" not in caller and ":user/" not in caller:
        return f"the permissions of `{caller}` are not known: IAM simulates roles and users only"
    actions = [action for action, on in needs(step) if on]
    try:
        found = session.call(
            "iam",
            "simulate_principal_policy",
            "",
            PolicySourceArn=caller,
            ActionNames=actions,
            ResourceArns=[step.resource],
        )
    except CallFailed as error:
        return f"the permissions are not known: {error}"
    for item in found.get("EvaluationResults") or ():
        if item.get("EvalDecision") != "allowed":
            denied.append({"action": str(item.get("EvalActionName")), "resource": step.resource})
    return ""
