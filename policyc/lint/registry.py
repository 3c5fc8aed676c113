"""The rules by name, found by listing `lint/rules/`; a rule is imported only for programs that it may have something to say about."""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib import import_module
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.program import Program
from policyc.lint.needs import FILE, may_speak, traits_of, written
from policyc.lint.nested import Nested
from policyc.lint.rule import Lint, Rule, kind_of
from policyc.record import record
from policyc.targets.iam_documents.kinds import KINDS
from policyc.text import Span

if TYPE_CHECKING:
    from policyc.targets.base import Document

CRASHED: Final = "rule-crashed"


@cache
def families() -> Mapping[str, str]:
    """Every rule's name -> its family, in alphabetical order of names."""
    out: dict[str, str] = {}
    for folder in os.scandir(Path(__file__).parent / "rules"):
        for name in os.listdir(folder) if folder.is_dir() else ():  # noqa: PTH208 - at every start
            if "a" <= name[0] <= "z" and ".py" in name:
                out[name.partition(".")[0].replace("_", "-")] = folder.name
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

    @property
    def everything(self) -> bool:
        """Whether every rule runs."""
        return self.select is None and not self.ignore


@cache
def rule(name: str) -> Rule:
    """The rule called `name`. Raises KeyError for an unknown one."""
    module = _module(name)
    causes, follows = tuple(getattr(module, "YIELDS_TO", ())), tuple(getattr(module, "FOLLOWS", ()))
    return Rule(
        name,
        families()[name],
        module.SEVERITY,
        _doc(module),
        module.check,
        causes,
        follows,
        getattr(module, "SCOPE", "set"),
    )


def _module(name: str) -> ModuleType:
    return import_module(f"policyc.lint.rules.{families()[name]}.{name.replace('-', '_')}")


def _doc(module: ModuleType) -> str:
    """The module's docstring; `python -OO` drops it from what was compiled and leaves it in the file."""
    if module.__doc__ is None and module.__file__ is not None:
        import ast

        return (ast.get_docstring(ast.parse(Path(module.__file__).read_bytes()), clean=False) or "").strip()
    return (module.__doc__ or "").strip()


def all_rules() -> tuple[Rule, ...]:
    """Every rule, by name."""
    return tuple(rule(name) for name in RULES)


def needs_file() -> Mapping[str, str]:
    """What every rule needs and how far it looks, as the file of that has it: path -> text."""
    needs = {name: written(_module(name).NEEDS) for name in RULES if hasattr(_module(name), "NEEDS")}
    rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(needs[name])}" for name in needs)
    document, tied = (
        json.dumps([name for name in RULES if rule(name).scope == scope]) for scope in ("document", "tied")
    )
    return {FILE: f'{{\n"document": {document},\n"tied": {tied},\n"needs": {{\n{rows}\n}}\n}}\n'}


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
    found = findings_of(speaking(program), program, documents, settings)
    diagnostics.extend(told(found, program, settings, causes))


def speaking(program: Program) -> tuple[str, ...]:
    """The rules that may have something to say of a program."""
    return rules_for(*facts_of(program))


def facts_of(program: Program) -> tuple[frozenset[str], frozenset[str]]:
    """What `rules_for` asks of a program: families and traits. Those of several programs together are those of the program of all that they hold."""
    kinds = {kind_of(policy) for policy in program.policies}
    return _families_of(program, kinds), frozenset(traits_of(program, kinds))


def findings_of(
    names: Iterable[str], program: Program, documents: Sequence[Document], settings: Settings
) -> list[Diagnostic]:
    """Everything that rules find, by rule."""
    shared: dict[str, object] = {}
    return [item for name in names if settings.runs(name) for item in _run(name, program, documents, settings, shared)]


def told(
    found: Sequence[Diagnostic], program: Program, settings: Settings, causes: Sequence[Diagnostic] = ()
) -> list[Diagnostic]:
    """What rules found without what comments say is meant, and without what follows from other findings, those of readers (`causes`) as well."""
    if program.modules:
        from policyc.lint.constructs import commented_files
        from policyc.lint.suppress import apply_suppressions

        ran = RULES if settings.everything else [name for name in RULES if settings.runs(name)]
        found = apply_suppressions(commented_files(program, RULES), found, ran, RULES)
    kept = list(_without_effects(found))
    return list(_without_consequences(kept, causes, program)) if causes else kept


@lru_cache(maxsize=1024)  # many documents are alike
def rules_for(present: frozenset[str], traits: frozenset[str]) -> tuple[str, ...]:
    """The rules of the families that may have something to say of a program with these traits."""
    return tuple(name for name, family in families().items() if family in present and may_speak(name, traits))


def _by_rule(found: Iterable[Diagnostic]) -> dict[str, Nested[Diagnostic]]:
    places: dict[str, list[tuple[Span, Diagnostic]]] = {}
    for item in found:
        if item.span is not None:
            places.setdefault(item.rule, []).append((item.span, item))
    return {name: Nested(items) for name, items in places.items()}


def _without_effects(found: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """The findings without those whose cause another one names: a rule yields to the rules of its `YIELDS_TO` where these speak of a part of
    the same text. What is ignored or suppressed takes nothing with it."""
    places = _by_rule(found)
    for item in found:
        causes = rule(item.rule).yields_to if item.span is not None and item.rule in families() else ()
        if item.span is None or not any(
            True for name in causes if name in places for _ in places[name].inside(item.span)
        ):
            yield item


def _without_consequences(
    found: Iterable[Diagnostic], causes: Sequence[Diagnostic], program: Program
) -> Iterator[Diagnostic]:
    """The findings without those that follow from what a reader found, or say the same of a place."""
    places = _by_rule(causes)

    @cache  # finding the places of documents that were read fast takes a second reading
    def statements() -> Nested[tuple[int, Span]]:
        spans = [item.span for policy in program.policies for item in policy.statements if item.span is not None]
        return Nested((span, (at, span)) for at, span in enumerate(spans))

    for item in found:
        loaded = rule(item.rule) if item.rule in families() else None
        if loaded is not None and item.span is not None:
            follows = [places[name] for name in loaded.follows if name in places]
            whole = min(statements().around(item.span), default=(0, item.span))[1] if follows else item.span
            near = [cause.inside(whole) for cause in follows]
            for cause in (places[name] for name in (item.rule, *loaded.yields_to) if name in places):
                near += [cause.inside(item.span), cause.around(item.span)]
            if any(True for found_there in near for _ in found_there):
                continue
        yield item


def run_family(name: str, program: Program, settings: Settings, shared: dict[str, object]) -> list[Diagnostic]:
    """The findings of the rules of one family; `shared` holds what they work on where the program does not (see `Lint.once`)."""
    rules = [rule_name for rule_name, family in families().items() if family == name and settings.runs(rule_name)]
    return [item for rule_name in rules for item in _run(rule_name, program, (), settings, shared)]


def _families_of(program: Program, kinds: Collection[str]) -> frozenset[str]:
    targets = {policy.target for policy in program.policies} | {net.node.target.text for net in program.networks}
    targets |= {resource.type.partition(".")[0] for resource in program.resources.values()}
    targets |= {KINDS[kind].target for kind in kinds if kind in KINDS}
    found = (
        targets
        | ({"policy"} if program.policies else set())
        | ({"project"} if program.modules or not program.policies else set())
    )
    return frozenset(found | ({"iam"} if any(kind in KINDS for kind in kinds) else set()))


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
