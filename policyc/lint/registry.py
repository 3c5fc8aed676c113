"""The rules by name, found by listing `lint/rules/`; a rule is imported only for programs that it may have something to say about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.program import Program
from policyc.lint.constructs import commented_files
from policyc.lint.rule import Lint, Rule, kind_of
from policyc.lint.suppress import apply_suppressions
from policyc.record import record
from policyc.targets.base import Document
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

CRASHED: Final = "rule-crashed"


@cache
def families() -> Mapping[str, str]:
    """Every rule's name -> its family, in alphabetical order of names."""
    out: dict[str, str] = {}
    for folder in (Path(__file__).parent / "rules").iterdir():
        if folder.is_dir():
            for path in folder.glob("[a-z]*.py*"):
                out[path.name.partition(".")[0].replace("_", "-")] = folder.name
    return dict(sorted(out.items()))


#: The names of all rules.
RULES: Final[tuple[str, ...]] = tuple(families())


@record
class Settings:
    """Which rules run (`select` None: all of them) and at which severity, where that is not the rule's own."""

    select: frozenset[str] | None = None
    ignore: frozenset[str] = frozenset()
    severity: Mapping[str, Severity] = MappingProxyType({})

    def runs(self, name: str) -> bool:
        return (self.select is None or name in self.select) and name not in self.ignore


@cache
def rule(name: str) -> Rule:
    """The rule called `name`. Raises KeyError for an unknown one."""
    family = families()[name]
    module = import_module(f"policyc.lint.rules.{family}.{name.replace('-', '_')}")
    causes, follows = tuple(getattr(module, "YIELDS_TO", ())), tuple(getattr(module, "FOLLOWS", ()))
    return Rule(name, family, module.SEVERITY, _doc(module), module.check, causes, follows)


def _doc(module: ModuleType) -> str:
    """The module's docstring; `python -OO` drops it from what was compiled and leaves it in the file."""
    if module.__doc__ is None and module.__file__ is not None:
        import ast

        return (ast.get_docstring(ast.parse(Path(module.__file__).read_bytes()), clean=False) or "").strip()
    return (module.__doc__ or "").strip()


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by name."""
    return tuple(rule(name) for name in RULES)


def rule_doc(name: str) -> str:
    """The documentation of a rule: summary, then a section for each heading. Raises KeyError for an unknown one."""
    return rule(name).doc


def run_rules(
    program: Program,
    documents: Sequence[Document],
    diagnostics: Diagnostics,
    settings: Settings | None = None,
    causes: Sequence[Diagnostic] = (),
) -> None:
    """Lint a program that compiled without errors and add what was found, suppressed findings left out. `causes` are what readers found
    in its documents: a rule yields to those in the same statement as well.

    Nothing happens when `diagnostics` holds errors: a partial program would be blamed for what could not be read.
    """
    if diagnostics.has_errors:
        return
    settings = settings or Settings()
    present = _families_of(program)
    found: list[Diagnostic] = []
    ran: set[str] = set()
    shared: dict[str, object] = {}
    for name, family in families().items():
        if settings.runs(name):
            ran.add(name)
            if family in present:
                found.extend(_run(name, program, documents, settings, shared))
    found = apply_suppressions(commented_files(program, RULES), found, ran, RULES)
    told = [item for item in found if not any(_explains(other, item) for other in found)]
    diagnostics.extend(_without_consequences(told, causes, program) if causes else told)


def _without_consequences(
    found: Iterable[Diagnostic], causes: Sequence[Diagnostic], program: Program
) -> Iterator[Diagnostic]:
    """The findings without those that follow from what a reader found."""
    named = {item.rule for item in causes}
    spans = [item.span for policy in program.policies for item in policy.statements if item.span is not None]
    for item in found:
        loaded = rule(item.rule) if item.rule in families() else None
        if loaded is not None and item.span is not None and named.intersection(loaded.yields_to + loaded.follows):
            place = item.span
            whole = next((span for span in spans if _within(place, span)), place)
            near = {one.rule for one in causes if one.span is not None and _within(one.span, whole)}
            said = (cause.rule in loaded.yields_to and _overlap(cause.span, place) for cause in causes)
            if near.intersection(loaded.follows) or any(said):
                continue
        yield item


def _explains(cause: Diagnostic, item: Diagnostic) -> bool:
    """Whether a finding names the mistake that another one follows from: a rule yields to the rules of its `YIELDS_TO` where these
    speak of a part of the same text. What is ignored or suppressed takes nothing with it."""
    if item.span is None or cause.span is None or not _within(cause.span, item.span):
        return False
    return item.rule in families() and cause.rule in rule(item.rule).yields_to


def _overlap(first: Span | None, second: Span) -> bool:
    """Whether one of two places lies inside the other."""
    return first is not None and (_within(first, second) or _within(second, first))


def _within(inner: Span, outer: Span) -> bool:
    return inner.file == outer.file and outer.start <= inner.start and inner.end <= outer.end


def run_family(name: str, program: Program, settings: Settings, shared: dict[str, object]) -> list[Diagnostic]:
    """The findings of the rules of one family; `shared` holds what they work on where the program does not (see `Lint.once`)."""
    rules = [rule_name for rule_name, family in families().items() if family == name and settings.runs(rule_name)]
    return [item for rule_name in rules for item in _run(rule_name, program, (), settings, shared)]


def _families_of(program: Program) -> frozenset[str]:
    targets = {policy.target for policy in program.policies} | {net.node.target.text for net in program.networks}
    targets |= {resource.type.partition(".")[0] for resource in program.resources.values()}
    found = (
        targets
        | ({"policy"} if program.policies else set())
        | ({"project"} if program.modules or not program.policies else set())
    )
    return frozenset(found | ({"iam"} if any(kind_of(policy) in KINDS for policy in program.policies) else set()))


def _run(
    name: str, program: Program, documents: Sequence[Document], settings: Settings, shared: dict[str, object]
) -> Iterable[Diagnostic]:
    """The findings of one rule. A crash is a finding as well, and the other rules still run."""
    lint = Lint(program, documents, name, Severity.WARNING, shared=shared)
    try:
        loaded = rule(name)
        lint.severity = settings.severity.get(name, loaded.severity)
        loaded.check(lint)
    except Exception as error:
        message = f"the lint rule `{name}` failed: {type(error).__name__}: {error}"
        help = f'this is a bug of policyc, please report it; `ignore = ["{name}"]` under `[lint]` leaves the rule out'
        lint.found.append(Diagnostic(CRASHED, message, None, help))
    return lint.found
