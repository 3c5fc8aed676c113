"""`policyc doctor`: what policyc runs with, and what is off; nothing of the policies themselves."""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import sys
from collections.abc import Iterator
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from policyc.cli import exits
from policyc.cli.cache import FOLDER
from policyc.cli.console import Console
from policyc.cli.project import open_projects
from policyc.diagnostics import Diagnostics
from policyc.packages import USES
from policyc.record import record
from policyc.report.screen import clean, paint, wrap
from policyc.version import VERSION

SHARED = ("root", "config", "format", "output", "color")
REPORT = ""
FORMATS = ("human", "json")

DESCRIPTION = """Show versions, the packages that are there, the configuration that is found, the project and the memory of
`check`: what somebody who helps you asks first. Paths are shortened, and nothing of the policies is shown."""

EPILOG = """examples:
  policyc doctor
  policyc doctor --format json

exit status: 0 all is well, 1 something is off, each with what to do."""

#: variables that change what policyc does; their values are shown
_VARIABLES = (
    "NO_COLOR",
    "FORCE_COLOR",
    "CI",
    "GITHUB_ACTIONS",
    "GITHUB_WORKSPACE",
    "CI_PROJECT_DIR",
    "POLICYC_DEBUG",
    "LANG",
)


@record
class Fact:
    """One line: `help` says what to do where something is off, and is empty where all is well."""

    group: str
    name: str
    value: str
    help: str = ""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG


def run(args: argparse.Namespace, console: Console) -> int:
    facts = [*_versions(), *_packages(), *_project(args), *_environment()]
    if args.format == "json":
        data = {"format_version": 1, "facts": [asdict(fact) for fact in facts]}
        console.write(json.dumps(data, indent=2) + "\n")
    else:
        console.write(_human(facts, console))
    return exits.FINDINGS if any(fact.help for fact in facts) else exits.CLEAN


def _human(facts: list[Fact], console: Console) -> str:
    options = console.options()
    lines: list[str] = []
    widest = max(len(fact.name) for fact in facts)
    for group in dict.fromkeys(fact.group for fact in facts):
        lines.append(paint(group, "strong", options.color))
        for fact in facts:
            if fact.group != group:
                continue
            lines += wrap(f"  {fact.name:<{widest}}  {clean(fact.value)}", options.width, " " * (widest + 4))
            if fact.help:
                text = wrap(f"{' ' * (widest + 4)}= help: {fact.help}", options.width, " " * (widest + 12))
                lines += [paint(line, "warning", options.color) for line in text]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _short(path: str) -> str:
    """A path without the name of whoever sits there."""
    home = str(Path.home())
    return "~" + path.removeprefix(home) if path == home or path.startswith(home.rstrip("/") + "/") else path


def _versions() -> Iterator[Fact]:
    yield Fact("policyc", "version", VERSION)
    yield Fact("policyc", "installed in", _short(str(Path(__file__).parents[2])))
    yield Fact("policyc", "python", f"{platform.python_implementation()} {platform.python_version()}")
    yield Fact("policyc", "platform", f"{platform.system()} {platform.machine()}")
    yield Fact("policyc", "encoding", getattr(sys.stdout, "encoding", None) or "unknown")


def _packages() -> Iterator[Fact]:
    for name, use in sorted(USES.items()):
        try:
            yield Fact("packages", name, version(name))
        except PackageNotFoundError:
            help = f"without it {use} cannot be judged: `pip install {name}`" if name in _required() else ""
            yield Fact("packages", name, f"not installed; for {use}", help)


def _required() -> frozenset[str]:
    """The packages that no extra has to bring."""
    try:
        lines = requires("policyc") or []
    except PackageNotFoundError:
        lines = []
    names = (re.match(r"[A-Za-z0-9._-]+", line) for line in lines if "extra ==" not in line)
    return frozenset(name[0].lower() for name in names if name is not None)


def _project(args: argparse.Namespace) -> Iterator[Fact]:
    mistakes = Diagnostics()
    projects = open_projects(args, [], mistakes)
    for item in mistakes:
        yield Fact("project", "mistake", item.message, item.help)
    for project in projects:
        found = Diagnostics()
        files = project.policy_files(found) if not mistakes.has_errors else []
        config = project.config.source
        yield Fact("project", "root", _short(str(project.root)))
        yield Fact("project", "configuration", "none" if config is None else _short(str(project.root / config.file)))
        yield Fact("project", "policy files", f"{len(files):,}")
        for item in found:
            yield Fact("project", "files", item.message, item.help)
        yield from _memory(project.root)


def _memory(root: Path) -> Iterator[Fact]:
    folder = root / FOLDER
    if not folder.is_dir():
        yield Fact("project", "memory of check", "empty")
        return
    try:
        sizes = [entry.stat().st_size for entry in folder.iterdir() if entry.is_file()]
    except OSError as error:
        yield Fact("project", "memory of check", (error.strerror or str(error)).lower(), f"delete `{FOLDER}`")
        return
    help = "" if os.access(folder, os.W_OK) else f"make `{FOLDER}` writable, or delete it"
    yield Fact("project", "memory of check", f"{len(sizes)} results, {sum(sizes):,} bytes", help)


def _environment() -> Iterator[Fact]:
    for name in _VARIABLES:
        value = os.environ.get(name)
        if value is not None:
            yield Fact("environment", name, _short(value) if value else "set")
