"""What earlier runs found in policy files: only parts of a project are checked again that have something to do with what has changed.

Files that are tied (`policyc.lint.ties`) make a part; what is found in it hangs on their texts, on those of the files that they import, and on what kinds of policies the project has at
all. Parts that nobody has looked at are checked as a project of their own, with what they import. Wherever that leads to an error the whole project is checked as ever: what errors
keep from being said hangs on everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.program import Program
from policyc.lint.ties import Ties, parts, ties, ties_of
from policyc.model.files import POLICY_ENDING, insider, is_inner_path, read_source
from policyc.record import record, replace
from policyc.syntax import nodes
from policyc.syntax.parser import parse
from policyc.text import Source, Span
from policyc.workspace.beside.open_params import Checked, Policies, policies_of
from policyc.workspace.project import Project
from policyc.workspace.remembered import Remembered, digest, findings, lasts, plain

#: declarations whose names tie nobody
_VALUES: Final = (nodes.Let, nodes.Param, nodes.PrincipalDecl, nodes.GroupDecl, nodes.Predicate)
#: where no more than one file in so many is known, all are looked at
_FEW: Final = 2


def check_parts(project: Project, memory: Remembered, check: Callable[[Project], Checked]) -> Policies:
    """What `check` finds, with its help for those parts alone that `memory` does not know."""
    files = None if memory.is_empty else _read(project, memory)
    found = None if files is None else _Run(project, memory, files).found(check)
    if found is not None:
        return found
    checked = check(project)
    if _lasts(checked):
        program = checked.compiled.program
        heads = {file: _head_of(module) for file, module in program.modules.items()}
        for file, head in heads.items():
            memory.keep(_head_key(memory, program.sources[file]), [list(head.uses), list(head.params)])
        _Run(project, memory, _Files(program.sources, heads)).keep(checked, ties_of(program))
    return policies_of(checked)


def _lasts(checked: Checked) -> bool:
    """Whether what a run found hangs on the texts of the policy files alone, and rules were asked."""
    program = checked.compiled.program
    return (
        checked.linted
        and program.sources.keys() == program.modules.keys()
        and lasts(checked.found)
        and all(item.span is not None and item.span.file in program.modules for item in checked.found)
        and not _lent(program, checked.found)
        and all(document.span.file in program.modules for document in checked.compiled.all_documents)
    )


def _lent(program: Program, found: Iterable[Diagnostic]) -> bool:
    """Whether something is found in what a file lends to others: it may be there because of what one of them does with it."""
    names = {
        (use.path.value, name.text) for module in program.modules.values() for use in module.uses for name in use.names
    }
    spans: dict[str, list[Span]] = {}
    for file, module in program.modules.items():
        for node in module.declarations:
            if isinstance(node, _VALUES) and (file, node.name.text) in names:
                spans.setdefault(file, []).append(node.span)
    places = [item.span for item in found if item.span is not None]
    return any(span.start <= place.start < span.end for place in places for span in spans.get(place.file, ()))


# --- the files ---------------------------------------------------------------------------------------------------


@record
class _Head:
    """What a file imports, by path, and the parameters that it declares."""

    uses: tuple[str, ...]
    params: tuple[str, ...]


def _head_of(module: nodes.Module) -> _Head:
    params = (node.name.text for node in module.declarations if isinstance(node, nodes.Param))
    return _Head(tuple(use.path.value for use in module.uses), tuple(params))


def _head(kept: Any) -> _Head:
    uses, params = kept
    if not (
        isinstance(uses, list) and isinstance(params, list) and all(isinstance(text, str) for text in uses + params)
    ):
        raise TypeError
    return _Head(tuple(uses), tuple(params))


def _head_key(memory: Remembered, source: Source) -> str:
    return memory.key("policy head", source.file, source.text)


@record
class _Files:
    """The policy files of a project."""

    sources: Mapping[str, Source]
    heads: Mapping[str, _Head]


def _read(project: Project, memory: Remembered) -> _Files | None:
    """All files, parsed only where nobody knows how they begin; None where anything is out of the ordinary."""
    mistakes = Diagnostics()
    is_inside = insider(project.root)
    work = [path.relative_to(project.root).as_posix() for path in reversed(project.policy_files(mistakes))]
    sources: dict[str, Source] = {}
    heads: dict[str, _Head] = {}
    while work:
        name = work.pop()
        if name in sources:
            continue
        source = read_source(project.root, name, None, mistakes)
        if source is None:
            return None
        sources[name] = source
        key = _head_key(memory, source)
        head = memory.known(key, _head)
        if head is None:
            head = _head_of(parse(source, mistakes))
            if mistakes.has_errors:
                return None
            memory.keep(key, [list(head.uses), list(head.params)])
        for text in head.uses:
            plainly = is_inner_path(text) and text.endswith(POLICY_ENDING) and PurePosixPath(text).as_posix() == text
            if not plainly or not (text in sources or is_inside(project.root / text)):
                return None
            work.append(text)
        heads[name] = head
    return None if mistakes.has_errors else _Files(sources, heads)


# --- one run -----------------------------------------------------------------------------------------------------


@record
class _Part:
    """What is known of a part: its findings, and how many documents its files compile to."""

    found: tuple[Diagnostic, ...]
    documents: int


def _part(kept: Any) -> _Part:
    found, documents = kept
    if type(documents) is not int:
        raise TypeError
    return _Part(findings(found), documents)


class _Run:
    """One look at a project whose files are known."""

    def __init__(self, project: Project, memory: Remembered, files: _Files) -> None:
        self.project, self.memory, self.files = project, memory, files
        config = project.config.source
        self._settings = str([config and config.text, sorted(project.params.items())])
        self._imported = frozenset(text for head in files.heads.values() for text in head.uses)
        self._digests = {name: digest(source.text) for name, source in files.sources.items()}
        self._below: dict[str, tuple[str, ...]] = {}

    def found(self, check: Callable[[Project], Checked]) -> Policies | None:
        """What is found in all parts; None where the whole has to be looked at."""
        if not self.project.params.keys() <= {name for head in self.files.heads.values() for name in head.params}:
            return None
        held: dict[str, Ties] = {}
        for name in self.files.sources:
            known = self.memory.known(self._ties_key(name), ties)
            if known is not None:
                held[name] = known
        new = [name for name in self.files.sources if name not in held]
        checked = self._checked(new, check) if new else None
        if new:
            if checked is None:
                return None
            fresh = ties_of(checked.compiled.program)
            held |= {name: fresh[name] for name in new}
        made = parts(held)
        keys = self._part_keys(made, held)
        found = {files: self.memory.known(key, _part) for files, key in keys.items()}
        unknown = [files for files, part in found.items() if part is None]
        if unknown:
            wanted = self._with_imports(self._context(unknown, made, held))
            if checked is None or checked.compiled.program.modules.keys() != wanted:
                checked = self._checked(wanted, check)
            if checked is None:
                return None
        told = [part for part in found.values() if part is not None]
        if checked is not None:
            self._keep_ties(new, held)
            told += self._keep_parts({files: keys[files] for files in unknown}, checked)
        return Policies(
            Diagnostics(item for part in told for item in part.found),
            tuple(self.files.sources),
            self.files.sources,
            sum(part.documents for part in told),
            True,
            False,
        )

    def keep(self, checked: Checked, held: Mapping[str, Ties]) -> None:
        """Keep what a look at the whole project found."""
        self._keep_ties(held, held)
        self._keep_parts(self._part_keys(parts(held), held), checked)

    def _checked(self, files: Collection[str], check: Callable[[Project], Checked]) -> Checked | None:
        """What is found in some files and all that they import, as a project of their own; None where that does not last, or where they are most of the project."""
        inside = self._with_imports(files)
        if len(inside) * _FEW > len(self.files.sources):
            return None
        declared = {name for file in inside for name in self.files.heads[file].params}
        params = {name: value for name, value in self.project.params.items() if name in declared}
        paths = tuple(self.project.root / name for name in sorted(inside))
        found = check(replace(self.project, paths=paths, params=params))
        read = found.compiled.program.sources
        is_same = all(self._digests[name] == digest(read[name].text) for name in inside if name in read)
        return found if _lasts(found) and is_same else None  # somebody may have saved a file meanwhile

    def _context(
        self, unknown: Sequence[Sequence[str]], made: Sequence[Sequence[str]], held: Mapping[str, Ties]
    ) -> set[str]:
        """The files of some parts, and others so that all is there that rules ask of a project: that somebody imports a file, and that there are policies of a kind."""
        files = {name for part in unknown for name in part}
        smallest = sorted(made, key=len)
        wanted: set[tuple[str, str]] = {("import", name) for name in files & self._imported}
        wanted |= {("target", target) for one in held.values() for target in one.targets}

        def gives(name: str) -> Iterator[tuple[str, str]]:
            yield from (("import", text) for text in self.files.heads[name].uses)
            yield from (("target", target) for target in held[name].targets)

        wanted -= {one for name in self._with_imports(files) for one in gives(name)}
        for part in smallest:
            there = wanted & {one for name in part for one in gives(name)} if wanted else set()
            if there:
                files.update(part)
                wanted -= there
        return files

    # --- what is kept -----------------------------------------------------------------------------------------

    def _keep_ties(self, names: Iterable[str], held: Mapping[str, Ties]) -> None:
        for name in names:
            self.memory.keep(self._ties_key(name), held[name].plain())

    def _keep_parts(self, keys: Mapping[tuple[str, ...], str], checked: Checked) -> list[_Part]:
        """What a run found in some parts."""
        by_file: dict[str, list[Diagnostic]] = {}
        for item in checked.found:
            if item.span is not None:
                by_file.setdefault(item.span.file, []).append(item)
        documents = Counter(document.span.file for document in checked.compiled.all_documents)
        out = []
        for files, key in keys.items():
            part = _Part(
                tuple(item for name in files for item in by_file.get(name, ())), sum(documents[name] for name in files)
            )
            self.memory.keep(key, [plain(part.found), part.documents])
            out.append(part)
        return out

    def _ties_key(self, name: str) -> str:
        return self.memory.key("policy ties", self._settings, name, *self._texts([name]))

    def _part_keys(self, made: Iterable[tuple[str, ...]], held: Mapping[str, Ties]) -> dict[tuple[str, ...], str]:
        """The keys of what is found in parts: all that their rules ask for."""
        targets = str(sorted({target for one in held.values() for target in one.targets}))

        def key(files: tuple[str, ...]) -> str:
            imported = str([name in self._imported for name in files])
            return self.memory.key("policy part", self._settings, targets, str(files), imported, *self._texts(files))

        return {files: key(files) for files in made}

    def _texts(self, files: Iterable[str]) -> Iterator[str]:
        """Names and texts of files and of all that they import."""
        for name in sorted(self._with_imports(files)):
            yield name
            yield self._digests[name]

    def _with_imports(self, files: Iterable[str]) -> frozenset[str]:
        return frozenset(name for file in files for name in self._closure(file))

    def _closure(self, file: str) -> tuple[str, ...]:
        known = self._below.get(file)
        if known is None:
            seen = {file: None}
            work = [file]
            while work:
                for name in self.files.heads[work.pop()].uses:
                    if name not in seen:
                        seen[name] = None
                        work.append(name)
            known = self._below[file] = tuple(seen)
        return known
