"""The texts that an editor holds, over the files that are saved, and what policyc says of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from time import monotonic

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.editor.index import Index
from policyc.record import replace
from policyc.text import Source
from policyc.workspace.checking import check_project
from policyc.workspace.compile import Compiled, compile_project
from policyc.workspace.documents.native_settings import settings_of
from policyc.workspace.documents.native_text import Sort, recognize, sort_of
from policyc.workspace.documents.natives import SEARCHED
from policyc.workspace.places import find_config
from policyc.workspace.project import POLICY, Project, is_excluded, open_root

#: seconds that nobody waits for while typing
_AT_ONCE = 0.1
#: what the server looks at; the rest of a folder is nobody's business here
ENDINGS = (POLICY, *SEARCHED)
#: what is a document, or holds some; while somebody types it may not be readable
_HOLDS = (Sort.OURS, Sort.HOST, Sort.INSIDE)


class State:
    """One project as its texts are now, or one file of it with what that imports. Nothing is worked out before it is asked for."""

    def __init__(self, project: Project, mistakes: Diagnostics, holds_nothing: bool = False) -> None:
        self.project, self.mistakes = project, mistakes
        #: a file that is open and has nothing to do with policies: most JSON and YAML
        self.holds_nothing = holds_nothing
        #: seconds that `settle` took, None before
        self.took: float | None = None

    def settle(self) -> None:
        """Work out everything that is known of the texts; may be called beside the editor's other questions."""
        start = monotonic()
        self.findings  # noqa: B018 - kept by the property
        self.took = monotonic() - start

    @cached_property
    def compiled(self) -> Compiled:
        return compile_project(self.project)

    @cached_property
    def index(self) -> Index:
        return Index(self.compiled.program)

    @cached_property
    def findings(self) -> tuple[tuple[Diagnostic, ...], Mapping[str, Source]]:
        """Every finding with the texts that they point into."""
        if self.holds_nothing:
            return (), {}
        if self.mistakes.has_errors:
            return tuple(self.mistakes.sorted()), self.project.sources
        mistakes = Diagnostics()
        settings = settings_of(self.project.config)
        found = check_project(self.project, settings, mistakes, lambda _: self.compiled)
        if found is None:
            return tuple(mistakes.sorted()), self.project.sources
        return found.shown, found.sources

    def source(self, file: str) -> Source | None:
        """The text of a file of the project, by its name from the root."""
        known = self.compiled.program.sources.get(file)
        if known is not None:
            return known
        text = self.project.read(file) if self.project.read is not None else None
        return None if text is None else Source(file, text)


class Session:
    """Open texts by absolute path, and the state of each project that they belong to.

    A large project takes longer than the time between two keystrokes: its files are then looked at one by one (`quick`) until the
    whole is settled.
    """

    def __init__(self) -> None:
        self.open: dict[str, str] = {}
        self._states: dict[tuple[str, str], State] = {}
        #: root -> seconds that its project took last
        self._pace: dict[str, float] = {}

    def put(self, path: str, text: str) -> None:
        """A text as it is in the editor now."""
        self.open[os.path.realpath(path)] = text
        self._states.clear()

    def drop(self, path: str) -> None:
        """The editor has closed a text, or a file has changed on disk."""
        self.open.pop(os.path.realpath(path), None)
        self._states.clear()

    def refresh(self) -> None:
        """Something on disk has changed."""
        self._states.clear()

    def state(self, path: str) -> tuple[State, str]:
        """The whole project of a file, and the file's name from its root. A file without a `policyc.toml` above it stands for itself with what it imports."""
        real, root, config, name = self._placed(path)
        alone = config is None or not real.endswith(POLICY)
        return self._kept(root, config, real, name if alone else ""), name

    def quick(self, path: str) -> tuple[State, str]:
        """The whole project where it is settled or small, else the file alone with what it imports."""
        real, root, config, name = self._placed(path)
        whole, _ = self.state(path)
        if whole.took is not None:
            self._pace[root] = whole.took
        if whole.took is not None or self._pace.get(root, 0.0) <= _AT_ONCE:
            return whole, name
        return self._kept(root, config, real, name), name

    def _placed(self, path: str) -> tuple[str, str, str | None, str]:
        real = os.path.realpath(path)
        config = find_config(os.path.dirname(real))  # noqa: PTH120 - a string goes in and comes out
        root = os.path.dirname(real if config is None else config)  # noqa: PTH120
        return real, root, config, os.path.relpath(real, root).replace(os.sep, "/")

    def _kept(self, root: str, config: str | None, real: str, name: str) -> State:
        if (root, name) not in self._states:
            self._states[root, name] = self._opened(root, config, real, name != "")
        return self._states[root, name]

    def _opened(self, root: str, config: str | None, real: str, alone: bool) -> State:
        mistakes = Diagnostics()
        path = Path(real)
        project = open_root(
            Path(root),
            None if config is None else Path(config),
            mistakes,
            params={},
            named=[path] if alone else [],
            policies=[path] if path.suffix == POLICY else [],
        )
        left = is_excluded(os.path.relpath(real, root).replace(os.sep, "/"), project.exclude)
        if alone and config is not None:
            project = replace(project, paths=(path,) if path.suffix == POLICY else ())
        if left:  # the configuration takes it out of the project, and nothing is said of it
            project = replace(project, paths=tuple(one for one in project.paths if one != path))
        texts = {
            os.path.relpath(name, root).replace(os.sep, "/"): text
            for name, text in self.open.items()
            if name.startswith(root.rstrip(os.sep) + os.sep)
        }
        nothing = alone and (left or (path.suffix != POLICY and not self._holds(path)))
        return State(replace(project, read=texts.get), mistakes, nothing)

    def _holds(self, path: Path) -> bool:
        """Whether a file is a document or holds some, as it is saved or as it is open."""
        if recognize(path) in _HOLDS:
            return True
        text = self.open.get(str(path))
        return text is not None and sort_of(path.name, text.encode("utf-8", "replace")) in _HOLDS
