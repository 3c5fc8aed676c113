"""`check` of a project with parameters that nobody has given a value: it says what holds whatever they are.

The project is compiled with samples in their places, once for each world that `samples.worlds` knows, and a finding counts that comes every time and speaks of
no sample.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.record import record, replace
from policyc.text import Source
from policyc.workspace.claims.blocks import block_mistakes
from policyc.workspace.compile import CONFIGURATION, MAY_BE_MEANT, Compiled, lint
from policyc.workspace.project import Project

MISSING: Final = "missing-parameter"


@record
class Checked:
    """What one compilation tells: `mistakes` are those of the configuration, and then nothing else was asked. `linted` tells whether the rules were asked, of values that
    the project has."""

    compiled: Compiled
    found: Diagnostics
    mistakes: tuple[Diagnostic, ...] = ()
    linted: bool = False


@record
class Policies:
    """What is found in the policies of a project: `modules` are its files, `documents` how many they compile to. `loaded` as in `Compiled`; where it `failed`, nothing else could be
    said than `found`."""

    found: Diagnostics
    modules: Sequence[str]
    sources: Mapping[str, Source]
    documents: int
    loaded: bool
    failed: bool
    mistakes: tuple[Diagnostic, ...] = ()


def policies_of(checked: Checked) -> Policies:
    compiled = checked.compiled
    return Policies(
        checked.found,
        tuple(compiled.program.modules),
        compiled.program.sources,
        len(compiled.all_documents),
        compiled.loaded,
        compiled.diagnostics.has_errors,
        checked.mistakes,
    )


def check_policies(project: Project, compile: Callable[[Project], Compiled]) -> Checked:
    """The findings of a project's policies; those with open parameters hold for every value."""
    first = _checked(project, compile)
    errors = [item for item in first.found if item.severity is Severity.ERROR]
    missing = [item for item in errors if item.rule == MISSING]
    if not missing:
        return first
    from policyc.workspace.beside.samples import worlds

    tried = worlds(first.compiled.program.modules, project.params)
    found = [_checked(replace(project, params={**project.params, **world}), compile) for world in tried.values]
    if any(item.rule == MISSING for one in found for item in one.found):
        return first
    if found[0].mistakes:
        return found[0]
    kept = _in_all(_possible(found), tried.texts)
    return Checked(found[0].compiled, Diagnostics([*kept, *_told(missing)]))


def _checked(project: Project, compile: Callable[[Project], Compiled]) -> Checked:
    compiled = compile(project)
    found = Diagnostics(compiled.diagnostics)
    linted = False
    if found.has_errors:
        from policyc.workspace.beside.policies import beside

        found.extend(beside(compiled, project.config))
    else:
        lint(compiled, project.config, found)
        blocks = list(block_mistakes(compiled.program, compiled.all_documents))
        linted = not any(item.severity is Severity.ERROR for item in blocks)
        if not linted:
            found = Diagnostics(item for item in found if item.rule not in MAY_BE_MEANT)
        found.extend(blocks)
    mistakes = tuple(item for item in found if item.rule in CONFIGURATION)
    return Checked(compiled, found, mistakes, linted and not mistakes)


def _possible(found: Sequence[Checked]) -> list[Checked]:
    """The first compilation, and those others that nobody has to refuse because values coincide that cannot."""
    known = {(item.rule, item.span) for item in found[0].found}
    return [
        found[0],
        *(
            one
            for one in found[1:]
            if all((item.rule, item.span) in known for item in one.found if item.severity is Severity.ERROR)
        ),
    ]


def _in_all(found: Sequence[Checked], samples: Collection[str]) -> Iterator[Diagnostic]:
    """The findings of every compilation, without those that speak of a sample."""
    others = [{(item.rule, item.span) for item in one.found} for one in found[1:]]
    for item in found[0].found:
        said = f"{item.message} {item.help}"
        if all((item.rule, item.span) in one for one in others) and not any(text in said for text in samples):
            yield item


def _told(missing: Sequence[Diagnostic]) -> Iterator[Diagnostic]:
    """One note for each file on its parameters without a value, in place of the errors."""
    by_file: dict[str, list[Diagnostic]] = {}
    for item in missing:
        by_file.setdefault(item.span.file if item.span is not None else "", []).append(item)
    for held in by_file.values():
        count = len(held)
        message = held[0].message if count == 1 else f"{count:,} parameters here have no value"
        yield replace(
            held[0],
            message=f"{message}: what is found holds whatever {'it is' if count == 1 else 'they are'}",
            help="give `--param NAME=VALUE`, or set them under `[params]` in policyc.toml, before `policyc build`",
            severity=Severity.INFO,
        )
