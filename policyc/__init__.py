"""policyc for programs: `import policyc`, see docs/python.md.

    project = policyc.load("policies")
    project.check().errors
    answer = project.simulate("inventory", who="order_fn", can="GET", path="/stock/42")
    policyc.simulate({"identity": role, "service": auth}, who=arn, can="GET", path="/x", service_arn=arn)

Every name is loaded when it is first used, so that importing this costs nothing.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from policyc.api.changes import Comparison, diff
    from policyc.api.documents import Documents, check, simulate
    from policyc.api.project import Project, load
    from policyc.api.proofs import Proofs, Who, prove, who
    from policyc.api.results import (
        Answer,
        Answers,
        Build,
        BuiltDocument,
        Finding,
        Findings,
        Place,
        PolicyError,
        TestAnswer,
        TestRun,
    )
    from policyc.diagnostics import Severity
    from policyc.engines.trace import Decision, GateTrace, StatementTrace, Verdict
    from policyc.version import VERSION as __version__

_HOMES = {
    "policyc.api.changes": ("Comparison", "diff"),
    "policyc.api.documents": ("Documents", "check", "simulate"),
    "policyc.api.project": ("Project", "load"),
    "policyc.api.proofs": ("Proofs", "Who", "prove", "who"),
    "policyc.api.results": (
        "Answer",
        "Answers",
        "Build",
        "BuiltDocument",
        "Finding",
        "Findings",
        "Place",
        "PolicyError",
        "TestAnswer",
        "TestRun",
    ),
    "policyc.diagnostics": ("Severity",),
    "policyc.engines.trace": ("Decision", "GateTrace", "StatementTrace", "Verdict"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Answer",
    "Answers",
    "Build",
    "BuiltDocument",
    "Comparison",
    "Decision",
    "Documents",
    "Finding",
    "Findings",
    "GateTrace",
    "Place",
    "PolicyError",
    "Project",
    "Proofs",
    "Severity",
    "StatementTrace",
    "TestAnswer",
    "TestRun",
    "Verdict",
    "Who",
    "__version__",
    "check",
    "diff",
    "load",
    "prove",
    "simulate",
    "who",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from policyc.version import VERSION

        return VERSION
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
