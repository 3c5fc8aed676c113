"""The three gates of a request to a service. Expectations: the Lattice guide's evaluation flow and observed denial texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import Decision, Outcome, Verdict
from policyc.model.values import Principal
from policyc.targets.base import Request
from policyc.targets.program import load_program
from policyc.targets.registry import target

SHOP = "111122223333"
ORDER = Principal("role", (SHOP, "order-service"), "order_fn")
STRANGER = Principal("role", (SHOP, "stranger"), "stranger")
NOBODY = Principal("anonymous", ())
ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0a1b2c3d4e5f67890"


def project(
    network: str = "aws_iam", service: str = "aws_iam", *policies: str, protocol: str = "https", mesh: bool = True
) -> str:
    link = "network: mesh," if mesh else ""
    return f"""module a
let shop: account = "{SHOP}"
principal order_fn = role(shop, "order-service")
resource mesh: lattice.service_network {{ id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: {network} }}
resource web: lattice.service {{
  id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, {link} auth: {service}, protocol: {protocol}
}}
{chr(10).join(policies)}
"""


NET_ALL = 'policy net for lattice on mesh { allow "net-all" { who anyone } }'
NET_NONE = 'policy net for lattice on mesh { allow "net-other" { who role(shop, "other") } }'
NET_DENY = 'policy net for lattice on mesh { allow "net-all" { who anyone } deny "net-stop" { who anyone } }'
SVC_ALL = 'policy svc for lattice on web { allow "svc-all" { who anyone } }'
SVC_NONE = 'policy svc for lattice on web { allow "svc-other" { who role(shop, "other") } }'
SVC_DENY = 'policy svc for lattice on web { allow "svc-all" { who anyone } deny "svc-stop" { who anyone } }'
SVC_SIGNED = 'policy svc for lattice on web { allow "signed" { who authenticated } }'
MY_ALL = 'policy mine for identity on order_fn { allow "call" { can invoke on web } }'
MY_NONE = 'policy mine for identity on order_fn { allow "call" { can invoke on web path "/other" } }'
MY_DENY = (
    'policy mine for identity on order_fn { allow "call" { can invoke on web } deny "me-stop" { can invoke on web } }'
)


def ask(
    folder: Path,
    text: str,
    who: Principal | None = ORDER,
    can: str | None = "GET",
    path: str | None = "/stock",
    diagnostics: Diagnostics | None = None,
    **stated: Any,
) -> Outcome | None:
    (folder / "a.policy").write_text(text, encoding="utf-8")
    found = Diagnostics()
    program = load_program(folder, [folder / "a.policy"], {}, found)
    assert not found.has_errors, [(item.rule, item.message) for item in found]
    documents = [item for name in ("lattice", "identity") for item in target(name).emit(program, found)]
    service = next(item for item in program.resources.values() if item.name == "web")
    known = target("lattice").vocabulary().attributes
    values = {name.replace("__", "."): (item if isinstance(item, tuple) else (item,)) for name, item in stated.items()}
    attributes = {name: known[name] for name in values}
    request = Request(service, who, can, path, values, attributes)
    return target("lattice").simulate(program, documents, request, diagnostics if diagnostics is not None else found)


def answer(
    folder: Path,
    text: str,
    who: Principal | None = ORDER,
    can: str | None = "GET",
    path: str | None = "/stock",
    **stated: Any,
) -> Outcome:
    outcome = ask(folder, text, who, can, path, **stated)
    assert outcome is not None
    return outcome


def verdicts(outcome: Outcome) -> dict[str, str]:
    return {gate.kind: gate.verdict.value for gate in outcome.gates}


# the table of the guide: (network auth, service auth, policies, caller) -> verdict of each gate, decision
FLOW = [
    ("aws_iam", "aws_iam", (NET_ALL, SVC_ALL, MY_ALL), ORDER, ("allow", "allow", "allow"), "allow"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_ALL, MY_NONE), ORDER, ("implicit deny", "allow", "allow"), "deny"),
    ("aws_iam", "aws_iam", (NET_NONE, SVC_ALL, MY_ALL), ORDER, ("allow", "implicit deny", "allow"), "deny"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_NONE, MY_ALL), ORDER, ("allow", "allow", "implicit deny"), "deny"),
    ("aws_iam", "aws_iam", (NET_DENY, SVC_ALL, MY_ALL), ORDER, ("allow", "explicit deny", "allow"), "deny"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_DENY, MY_ALL), ORDER, ("allow", "allow", "explicit deny"), "deny"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_ALL, MY_DENY), ORDER, ("explicit deny", "allow", "allow"), "deny"),
    # AWS_IAM without a policy denies, whatever the other level says
    ("aws_iam", "aws_iam", (SVC_ALL, MY_ALL), ORDER, ("allow", "implicit deny", "allow"), "deny"),
    ("aws_iam", "aws_iam", (NET_ALL, MY_ALL), ORDER, ("allow", "allow", "implicit deny"), "deny"),
    # NONE skips the gate, a policy there is inactive
    ("none", "aws_iam", (SVC_ALL, MY_ALL), ORDER, ("allow", "skipped", "allow"), "allow"),
    ("none", "aws_iam", (NET_DENY, SVC_ALL, MY_ALL), ORDER, ("allow", "skipped", "allow"), "allow"),
    ("aws_iam", "none", (NET_ALL, MY_ALL), ORDER, ("allow", "allow", "skipped"), "allow"),
    ("none", "none", (), ORDER, ("skipped", "skipped", "skipped"), "allow"),
    # unsigned callers have no identity gate; the other two must let them in
    ("aws_iam", "aws_iam", (NET_ALL, SVC_ALL), NOBODY, ("skipped", "allow", "allow"), "allow"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_SIGNED), NOBODY, ("skipped", "allow", "implicit deny"), "deny"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_SIGNED, MY_ALL), ORDER, ("allow", "allow", "allow"), "allow"),
    # a caller whose identity policies are not in the project: nobody may take the answer for granted
    ("aws_iam", "aws_iam", (NET_ALL, SVC_ALL, MY_ALL), STRANGER, ("undecided", "allow", "allow"), "undecided"),
    ("aws_iam", "aws_iam", (NET_ALL, SVC_NONE, MY_ALL), STRANGER, ("undecided", "allow", "implicit deny"), "deny"),
]


@pytest.mark.parametrize(("network", "service", "policies", "who", "gates", "decision"), FLOW)
def test_the_flow(
    tmp_path: Path,
    network: str,
    service: str,
    policies: tuple[str, ...],
    who: Principal,
    gates: tuple[str, ...],
    decision: str,
) -> None:
    outcome = answer(tmp_path, project(network, service, *policies), who)
    assert tuple(verdicts(outcome).values()) == gates
    assert [gate.kind for gate in outcome.gates] == ["identity", "network", "service"]
    assert outcome.decision.value == decision
    assert (outcome.error != "") == (decision == "deny")


TEXTS = [
    (
        (NET_ALL, SVC_ALL, MY_NONE),
        "because no identity-based policy allows the vpc-lattice-svcs:Invoke action",
        "Identity",
    ),
    (
        (NET_NONE, SVC_ALL, MY_ALL),
        "because no network-based policy allows the vpc-lattice-svcs:Invoke action",
        "Network",
    ),
    (
        (NET_ALL, SVC_NONE, MY_ALL),
        "because no service-based policy allows the vpc-lattice-svcs:Invoke action",
        "Service",
    ),
    ((NET_ALL, SVC_DENY, MY_ALL), "with an explicit deny in a service-based policy", "Service"),
    ((NET_ALL, SVC_ALL, MY_DENY), "with an explicit deny in an identity-based policy", "Identity"),
    # several gates refuse: network before service before identity, an explicit deny before all
    (
        (NET_NONE, SVC_NONE, MY_NONE),
        "because no network-based policy allows the vpc-lattice-svcs:Invoke action",
        "Network",
    ),
    (
        (NET_ALL, SVC_NONE, MY_NONE),
        "because no service-based policy allows the vpc-lattice-svcs:Invoke action",
        "Service",
    ),
    ((NET_NONE, SVC_DENY, MY_NONE), "with an explicit deny in a service-based policy", "Service"),
]


@pytest.mark.parametrize(("policies", "suffix", "reason"), TEXTS)
def test_the_denial_text_names_the_gate(tmp_path: Path, policies: tuple[str, ...], suffix: str, reason: str) -> None:
    outcome = answer(tmp_path, project("aws_iam", "aws_iam", *policies))
    user = f"arn:aws:sts::{SHOP}:assumed-role/order-service/<session>"
    assert outcome.error == (
        f"AccessDeniedException: User: {user} is not authorized to perform: vpc-lattice-svcs:Invoke "
        f"on resource: {ARN}/stock {suffix}"
    )
    assert f"the access log has authDeniedReason `{reason}`" in outcome.notes
    deciding = next(gate for gate in outcome.gates if gate.kind == reason.lower())
    assert outcome.deciding == deciding.name


def test_an_unsigned_caller_is_named_anonymous(tmp_path: Path) -> None:
    outcome = answer(tmp_path, project("aws_iam", "aws_iam", NET_ALL, SVC_SIGNED), NOBODY, path="/")
    assert outcome.error.startswith("AccessDeniedException: User: anonymous is not authorized")
    assert f"on resource: {ARN}/ because" in outcome.error


def test_the_trace_shows_the_source(tmp_path: Path) -> None:
    text = project("aws_iam", "aws_iam", NET_ALL, SVC_NONE, MY_ALL)
    outcome = answer(tmp_path, text)
    identity, network, service = outcome.gates
    assert [item.label for item in identity.decided_by] == ["call"]
    (allowed,) = network.decided_by
    assert (allowed.label, allowed.policy) == ("net-all", "net")
    assert allowed.span is not None and text[allowed.span.start : allowed.span.end] == 'allow "net-all" { who anyone }'
    assert service.nearest is not None and service.nearest.label == "svc-other"
    assert [reason.part for reason in service.nearest.misses] == ["principal"]
    assert {"svc", "web"} <= set(service.name.split())


VPC = 'policy svc for lattice on web { allow "vpc" { who anyone when source.vpc == "vpc-0a1b2c3d" } }'
HEADER = 'policy svc for lattice on web { allow "h" { who anyone when header["x-team"] == "a" } }'
ORG = 'policy svc for lattice on web { allow "o" { who anyone when aws.PrincipalOrgID == "o-a1b2c3d4e5" } }'


def test_what_every_request_has_is_unknown_when_not_stated(tmp_path: Path) -> None:
    outcome = answer(tmp_path, project("none", "aws_iam", VPC, MY_ALL))
    assert (outcome.decision, outcome.missing) == (Decision.UNDECIDED, ("source.vpc",))
    stated = answer(tmp_path, project("none", "aws_iam", VPC, MY_ALL), source__vpc="vpc-0a1b2c3d")
    assert stated.decision is Decision.ALLOW
    other = answer(tmp_path, project("none", "aws_iam", VPC, MY_ALL), source__vpc="vpc-ffffffff")
    assert other.decision is Decision.DENY


def test_what_only_some_requests_have_is_absent_when_not_stated(tmp_path: Path) -> None:
    assert answer(tmp_path, project("none", "aws_iam", HEADER, MY_ALL)).decision is Decision.DENY
    assert answer(tmp_path, project("none", "aws_iam", ORG, MY_ALL)).decision is Decision.DENY
    member = answer(tmp_path, project("none", "aws_iam", ORG, MY_ALL), aws__PrincipalOrgID="o-a1b2c3d4e5")
    assert member.decision is Decision.ALLOW


STOCK = 'policy svc for lattice on web { allow "s" { who anyone can GET path "/stock*" } }'
TEST_OF_PATH = 'policy svc for lattice on web { allow "s" { who anyone when request_path == "/stock" } }'
PURGE = 'policy svc for lattice on web { allow "p" { who anyone when method == "PURGE" } }'


def test_a_path_matters_only_where_a_policy_looks_at_it(tmp_path: Path) -> None:
    assert answer(tmp_path, project("none", "aws_iam", SVC_ALL), NOBODY, path=None).decision is Decision.ALLOW
    for policy in (STOCK, TEST_OF_PATH):
        outcome = answer(tmp_path, project("none", "aws_iam", policy), NOBODY, path=None)
        assert (outcome.decision, outcome.missing) == (Decision.UNDECIDED, ("path",))
    refused = answer(tmp_path, project("none", "aws_iam", SVC_SIGNED), NOBODY, path=None)
    assert refused.decision is Decision.DENY
    assert f"on resource: {ARN} because" in refused.error


def test_a_verb_matters_only_where_a_policy_looks_at_it(tmp_path: Path) -> None:
    for can in (None, "invoke"):
        assert answer(tmp_path, project("none", "aws_iam", SVC_ALL), NOBODY, can).decision is Decision.ALLOW
        outcome = answer(tmp_path, project("none", "aws_iam", STOCK), NOBODY, can)
        assert (outcome.decision, outcome.missing) == (Decision.UNDECIDED, ("can",))
    custom = answer(tmp_path, project("none", "aws_iam", PURGE), NOBODY, "invoke", method="PURGE")
    assert custom.decision is Decision.ALLOW
    both = answer(tmp_path, project("none", "aws_iam", SVC_ALL, protocol="mixed"), NOBODY, None, None)
    assert (both.decision, both.missing) == (Decision.UNDECIDED, ("can",))


def test_a_caller_matters_where_a_gate_is_on(tmp_path: Path) -> None:
    outcome = answer(tmp_path, project("none", "aws_iam", SVC_ALL), None)
    assert outcome.decision is Decision.UNDECIDED
    assert "who" in outcome.missing
    assert answer(tmp_path, project("none", "none"), None).decision is Decision.ALLOW
    assert answer(tmp_path, project("aws_iam", "aws_iam", SVC_ALL), None).decision is Decision.DENY


def test_grpc_calls_are_posts(tmp_path: Path) -> None:
    posts = 'policy svc for lattice on web { allow "p" { who anyone can POST } }'
    outcome = answer(
        tmp_path, project("none", "aws_iam", posts, protocol="grpc"), NOBODY, None, "/api.parking/GetRates"
    )
    assert outcome.decision is Decision.ALLOW


def test_tls_passthrough_is_connect_on_the_bare_arn(tmp_path: Path) -> None:
    text = project(
        "none",
        "aws_iam",
        'policy svc for lattice on web { allow "c" { who anyone when port == 443 } }',
        protocol="tls_passthrough",
    )
    assert answer(tmp_path, text, NOBODY, None, None, port=443).decision is Decision.ALLOW
    refused = answer(tmp_path, text, NOBODY, "connect", None, port=80)
    assert refused.decision is Decision.DENY
    assert f"vpc-lattice-svcs:Connect on resource: {ARN} because" in refused.error


def test_a_service_without_a_network_says_so(tmp_path: Path) -> None:
    outcome = answer(tmp_path, project("aws_iam", "aws_iam", SVC_ALL, mesh=False), NOBODY)
    assert outcome.decision is Decision.ALLOW
    assert outcome.gates[1].verdict is Verdict.SKIPPED
    assert any("names no service network" in note for note in outcome.notes)


BY_ARN = f"""policy svc for lattice on web {{
  allow "n" {{ who anyone when network_arn == "arn:aws:vpc-lattice:us-west-2:{SHOP}:servicenetwork/sn-0123456789abcdef0" and service_arn == "{ARN}" }}
}}"""


def test_arns_come_from_the_resource_graph(tmp_path: Path) -> None:
    assert answer(tmp_path, project("none", "aws_iam", BY_ARN), NOBODY).decision is Decision.ALLOW
    unlinked = answer(tmp_path, project("none", "aws_iam", BY_ARN, mesh=False), NOBODY)
    assert (unlinked.decision, unlinked.missing) == (Decision.UNDECIDED, ("network_arn",))


def test_sessions_carry_the_policies_of_their_role(tmp_path: Path) -> None:
    session = Principal("session", (SHOP, "order-service", "job-1"))
    outcome = answer(tmp_path, project("none", "aws_iam", SVC_ALL, MY_ALL), session)
    assert outcome.decision is Decision.ALLOW
    text = project("none", "aws_iam", 'policy svc for lattice on web { allow "b" { who role(shop, "batch/*") } }')
    night = Principal("session", (SHOP, "batch/night", "job-1"))
    assert verdicts(answer(tmp_path, text, night))["service"] == "allow"


WRONG: list[tuple[str, dict[str, Any]]] = [
    ("malformed-path", {"path": "stock"}),
    ("query-in-path", {"path": "/stock?a=b"}),
    ("verb-never-comes", {"can": "connect", "path": None}),
    ("request-contradicts-itself", {"can": "GET", "method": "POST"}),
    ("request-contradicts-itself", {"path": "/a", "request_path": "/b"}),
    ("request-contradicts-itself", {"service_arn": f"{ARN}x"}),
    ("not-one-caller", {"who": Principal("account", (SHOP,))}),
    ("not-one-caller", {"who": Principal("role", (SHOP, "batch/*"))}),
]


@pytest.mark.parametrize(("rule", "request_"), WRONG)
def test_requests_that_cannot_be_asked(tmp_path: Path, rule: str, request_: dict[str, Any]) -> None:
    diagnostics = Diagnostics()
    assert ask(tmp_path, project("none", "aws_iam", SVC_ALL), diagnostics=diagnostics, **request_) is None
    assert [item.rule for item in diagnostics] == [rule]
    assert all(item.help for item in diagnostics)
