"""A VPC Lattice access log record as a request: what it tells, and what it cannot tell, which is unknown and never absent.

Source: https://docs.aws.amazon.com/vpc-lattice/latest/ug/monitoring-access-logs.html; access log reference, section 1.3.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from policyc.engines.trace import Outcome, Verdict
from policyc.record import record
from policyc.regex import regex
from policyc.targets.base import NoRequest

#: how an absent value is written, by destination
_ABSENT: Final = frozenset({"-", "null", ""})
_STS: Final = regex(
    r"arn:aws[a-z-]*:(?:sts|iam)::([0-9]{12}):(assumed-role|user|role|federated-user)/.+|arn:aws[a-z-]*:iam::([0-9]{12}):root"
)
#: `requestPath` of records that hold the listener's form before the path
_PREFIXED: Final = regex(r"LatticePath\?:")
#: condition keys that one field of a record tells as it stands
TOLD: Final = {
    "vpc-lattice-svcs:SourceVpc": "sourceVpcId",
    "aws:PrincipalOrgID": "callerPrincipalOrgID",
    "vpc-lattice-svcs:RequestHeader/host": "hostHeader",
    "vpc-lattice-svcs:RequestHeader/user-agent": "userAgent",
}
#: the key that the ARN of the caller's VPC tells, and the keys that the caller's tags stand under
VPC_OWNER: Final = "vpc-lattice-svcs:SourceVpcOwnerAccount"
TAGS: Final = "aws:PrincipalTag/"
#: objects and lists in a text of tags, which is one object
_MOST_OPEN: Final = 200
#: who a caller without credentials is, and what a request without a method does
ANONYMOUS: Final = "anonymous"
CONNECT: Final = "connect"
#: the failure of a request that policies refused, how those of one that reached a target begin, and a status that no refused one has
REFUSED: Final = "ClientAccessDenied"
REACHED: Final = "Target"
ANSWERED: Final = regex("[123][0-9]{2}")
#: who refuses by `authDeniedReason`, the last one with whatever else bounds a caller
IDENTITY: Final = "identity"
_REFUSERS: Final = {"service": "the service", "network": "the network", IDENTITY: "the caller's own policies"}
#: fields that every record of a service has, and no other log all of
_MARKS: Final = ("serviceArn", "resolvedUser")


@record
class Recorded:
    """One logged request. `who` is an ARN or `anonymous`, and empty where nobody was asked who calls (auth type NONE); `can` a method or `connect`; `path` is empty where there is none. `keys` holds the
    condition keys that the record tells; every other key is unknown. `denied` names who refused it: `Service`, `Network`, `Identity`,
    `policy` where the record does not say which, and is empty for a request that the policies let through. `id` is empty where the record has none."""

    who: str
    can: str
    path: str
    service: str
    network: str
    keys: tuple[tuple[str, str], ...]
    denied: str
    id: str
    time: str

    @property
    def refuser(self) -> str:
        """Which gate refused it, empty where the record does not say."""
        return refuser_of(self.denied)

    @property
    def verdict(self) -> str:
        """What the log says came of it, as a decision."""
        return "deny" if self.denied else "allow"


def is_record(data: Mapping[str, Any]) -> bool:
    """Whether a record is of a Lattice service, by the fields that it has."""
    return all(name in data for name in _MARKS)


def read_record(data: Mapping[str, Any]) -> Recorded:
    """The request of a record. Raises NoRequest."""
    if not is_record(data):
        raise NoRequest("it is no access log record of a VPC Lattice service")

    def text(name: str) -> str:
        value = data.get(name)
        if not isinstance(value, str):
            # a number or a flag is read as JSON writes it, a list or an object is no text
            value = "" if value is None or isinstance(value, Mapping | list) else json.dumps(value)
        value = value.strip()
        return "" if value in _ABSENT else value

    service, user = text("serviceArn"), text("resolvedUser") or text("callerPrincipal")
    if not service:
        raise NoRequest("it names no service")
    who = read_caller(user)
    method, path = text("requestMethod"), _PREFIXED.sub("", text("requestPath")).partition("?")[0]
    network, failure = text("serviceNetworkArn"), text("failureReason")
    denied = _denied(failure, text("authDeniedReason"))
    if denied and (failure.startswith(REACHED) or is_answered(text("responseCode"), text("grpcResponseCode"))):
        raise NoRequest("it says that policies refused it, and what only comes of a request that they let pass")
    told = {
        VPC_OWNER: account_of(text("sourceVpcArn")),
        **{key: text(name) for key, name in TOLD.items()},
        **read_tags(data.get("callerPrincipalTags")),
    }
    return Recorded(
        who,
        method or CONNECT,
        path if method else "",
        service,
        network,
        tuple((name, value) for name, value in told.items() if value),
        denied,
        text("requestId"),
        text("startTime"),
    )


def read_caller(user: str) -> str:
    """The caller that a record names, empty where it names none. Raises NoRequest."""
    if not user:
        return ""
    if user.lower() == ANONYMOUS:
        return ANONYMOUS
    if user.lower() == "unknown":
        raise NoRequest("the caller could not be authenticated, which no policy decides")
    if _STS.fullmatch(user) is None:
        raise NoRequest(f"its caller `{user}` is no ARN of a role, session or user")
    return user


def _denied(failure: str, reason: str) -> str:
    if reason:
        return reason
    return "policy" if failure == REFUSED else ""


def refuser_of(reason: str) -> str:
    """The gate that a reason names, empty for another reason."""
    return reason.lower() if reason.lower() in _REFUSERS else ""


def is_answered(code: str, of_grpc: str) -> bool:
    """Whether a status is none of a refusal; with gRPC every answer has the same."""
    return ANSWERED.fullmatch(code) is not None and not of_grpc


def at_odds(outcome: Outcome, refuser: str) -> str:
    """What speaks against a refusal by that gate, whatever the others say: policies that let the request pass there. Empty where they may refuse it."""
    named = [
        gate for gate in outcome.gates if gate.kind == refuser or (refuser == IDENTITY and gate.kind not in _REFUSERS)
    ]
    if not refuser or any(gate.verdict not in (Verdict.ALLOW, Verdict.SKIPPED) for gate in named):
        return ""
    return f"the log says that {_REFUSERS[refuser]} refused it, where nothing does"


def account_of(arn: str) -> str:
    """The account that an ARN names, empty where it names none."""
    fields = arn.split(":")
    return fields[4] if len(fields) > 5 else ""


def read_tags(value: object) -> dict[str, str]:
    """The caller's tags by condition key, which stand there as an object or as a text that holds one."""
    if isinstance(value, str) and value.strip() not in _ABSENT:
        if value.count("{") + value.count("[") > _MOST_OPEN:
            return {}  # no tags: how much of it a reader takes hangs on the reader
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return {}
    if not isinstance(value, Mapping):
        return {}
    return {f"{TAGS}{key}": str(item) for key, item in value.items() if isinstance(item, str | int)}


def session_free(who: str) -> str:
    """A caller without the name of its session, which is often a person's."""
    head, slash, _ = who.rpartition("/")
    return f"{head}/*" if slash and ":assumed-role/" in who else who
