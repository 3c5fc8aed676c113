"""`check --base REF` and `check --baseline FILE`: only what is new, by comparing findings and not lines.

A change in a shared file shows in files that nobody touched, so both states are checked whole, and findings are matched by what they
say, each as often as it was there before.
"""

from __future__ import annotations

import argparse
import json
import os
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policyc.bounded import read_regular
from policyc.cli.console import reason
from policyc.cli.output_file import write_file
from policyc.cli.parser import WrongUse
from policyc.cli.project import here, keep_inside
from policyc.diagnostics import Diagnostic, Severity
from policyc.record import record, replace
from policyc.workspace.found import Found

FORMAT_VERSION: Final = 1
_LARGEST: Final = 16 * 1024 * 1024


@record
class Earlier:
    """The findings of an earlier state: `against` says which for people, `entries` has rule, file and message by identity, with
    how often each was found."""

    against: str
    entries: Mapping[str, tuple[str, str, str]]
    counts: Mapping[str, int]


@record
class Compared:
    """What became of findings: `gone` are not found now (rule, file, message, how often), `kept` counts those that were there before.
    `fixed` says that what is gone is mended: it is not where an error keeps other checks from running."""

    against: str
    new: int
    gone: tuple[tuple[str, str, str, int], ...]
    kept: int
    fixed: bool

    def told(self) -> Iterator[str]:
        """The comparison in lines for people."""
        count = sum(times for *_, times in self.gone)
        what = f"{count} fixed" if self.fixed else f"{count} not seen (an error keeps some checks from running)"
        yield f"against {self.against}: {self.new} new, {what}, {self.kept} kept"
        if self.fixed:
            for rule, file, message, _ in self.gone:
                yield f"  fixed {rule} in {file or 'the project'}: {message}"

    def data(self) -> dict[str, Any]:
        """The comparison for programs."""
        gone = [
            {"rule": rule, "file": file, "message": message, "count": count} for rule, file, message, count in self.gone
        ]
        return {"against": self.against, "new": self.new, "kept": self.kept, "gone": gone, "fixed": self.fixed}


def describe(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("only what is new")
    group.add_argument(
        "--base", metavar="REF", help="report what was not found yet where this branch left REF (a branch, tag, commit)"
    )
    group.add_argument(
        "--baseline", metavar="FILE", help="report what does not stand in FILE, a list of known findings"
    )
    group.add_argument(
        "--write-baseline", metavar="FILE", help="write the list of what is found; one that exists may only shrink"
    )


def is_asked(args: argparse.Namespace) -> bool:
    return args.base is not None or bool(args.baseline or args.write_baseline)


def earlier(args: argparse.Namespace, top: str, check: Callable[[argparse.Namespace], Found | None]) -> Earlier | None:
    """What was found before, as the command line asks for; None when it does not. `check` does what a command line asks for. Raises WrongUse."""
    if args.base is not None and (args.baseline or args.write_baseline):
        raise WrongUse("`--base` and a baseline are two answers to one question", "leave one of them out")
    if args.base is not None:
        return _at(args, top, check)
    if args.baseline:
        return read_baseline(args.baseline, args)
    return None


def _at(args: argparse.Namespace, top: str, check: Callable[[argparse.Namespace], Found | None]) -> Earlier:
    from policyc.workspace.revisions import NoRevision, base_of, renamed, written_out

    try:
        base = base_of(top, args.base)
        here = os.path.relpath(os.path.realpath(os.getcwd()), base.top)  # noqa: PTH109
        with written_out(base) as folder:
            found: Found | None = None
            stand = folder / here
            if stand.is_dir():
                with chdir(stand):
                    asked = _moved(args, base.top, folder)
                    if asked.paths or not args.paths:
                        found = check(asked)
            counts = Counter[str]()
            entries: dict[str, tuple[str, str, str]] = {}
            if found is not None:
                for key, item, file in _identities(found, str(folder), renamed(base)):
                    counts[key] += 1
                    entries[key] = (item.rule, file, item.message)
    except NoRevision as error:
        raise WrongUse(str(error), error.help) from error
    return Earlier(base.told, entries, counts)


def _moved(args: argparse.Namespace, top: str, folder: Path) -> argparse.Namespace:
    """The command line for another copy of the repository, with the paths that are there."""

    def moved(path: Path) -> Path:
        inside = os.path.relpath(os.path.realpath(path), top) if path.is_absolute() else ".."
        return path if inside.startswith("..") else folder / inside

    paths = [str(path) for path in map(moved, map(Path, args.paths)) if os.path.lexists(path)]
    places = {name: moved(value) for name in ("root", "config") if (value := getattr(args, name)) is not None}
    return argparse.Namespace(**{**vars(args), "paths": paths, **places})


def _identities(
    found: Found, top: str, moved: Mapping[str, str] = MappingProxyType({})
) -> Iterator[tuple[str, Diagnostic, str]]:
    """Each finding with its identity, and its file as the repository's root `top` sees it; `moved` says what files are called since."""
    from policyc.report.fingerprint import identity

    for item in found.shown:
        file = "" if item.span is None else os.path.relpath(os.path.join(found.names.root, item.span.file), top)  # noqa: PTH118
        file = file.replace(os.sep, "/")
        file = moved.get(file, file)
        yield identity(item, file, found.sources), item, file


def compared(found: Found, before: Earlier, top: str) -> tuple[Found, Compared]:
    """What is new, and what became of the rest. `top` is the folder that files are told from."""
    left, unmatched = _matched(found, before, top)
    new = [item for item, _ in unmatched]
    gone = tuple(sorted((*before.entries[key], count) for key, count in left.items() if count > 0))
    whole = not any(item.severity is Severity.ERROR for item in new)
    return replace(found, shown=tuple(new)), Compared(
        before.against, len(new), gone, len(found.shown) - len(new), whole
    )


def _matched(found: Found, before: Earlier, top: str) -> tuple[Counter[str], list[tuple[Diagnostic, str]]]:
    """How often what was found before is not found now, by identity, and what is found now and was not before, with its file."""
    from policyc.lint.renamed import name_now
    from policyc.report.fingerprint import identity

    left = Counter(before.counts)
    #: what entries under an older name say, by the name of today and the file: a finding is known by the words that it had
    old: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
    for rule, file, message in before.entries.values():
        if name_now(rule) != rule:
            old.setdefault((name_now(rule), file), {})[rule, message] = None
    new: list[tuple[Diagnostic, str]] = []
    for key, item, file in _identities(found, top):
        if left[key] <= 0:
            for rule, message in old.get((item.rule, file), ()):
                earlier = identity(replace(item, rule=rule, message=message), file, found.sources)
                if left[earlier] > 0:
                    key = earlier
                    break
        if left[key] > 0:
            left[key] -= 1
        else:
            new.append((item, file))
    return left, new


def read_baseline(name: str, args: argparse.Namespace) -> Earlier:
    """The known findings in a file. Raises WrongUse."""
    keep_inside(name, Path(os.path.realpath(name)), here(args))
    wrong = f"`{name}` is no baseline of policyc"
    help = f"write one with `policyc check --write-baseline {name}`"
    try:
        data: Any = json.loads(read_regular(name, _LARGEST).decode("utf-8"))
        if data["format_version"] != FORMAT_VERSION:
            raise WrongUse(f"`{name}` has format version {data['format_version']}, and this policyc reads 1", help)
        entries, counts = {}, {}
        for item in data["findings"]:
            key, rule, file, message, count = (
                item[part] for part in ("fingerprint", "rule", "file", "message", "count")
            )
            texts = all(isinstance(part, str) for part in (key, rule, file, message))
            if not texts or type(count) is not int or count < 1:
                raise WrongUse(wrong, help)
            entries[key], counts[key] = (rule, file, message), count
    except OSError as error:
        raise WrongUse(f"`{name}` cannot be read: {reason(error)}", help) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise WrongUse(wrong, help) from error
    return Earlier(name, entries, counts)


def write_baseline(name: str, args: argparse.Namespace, found: Found, top: str) -> int:
    """Write the known findings; the number of them comes back. A file that exists never grows. Raises WrongUse."""
    counts = Counter[str]()
    entries: dict[str, tuple[str, str, str]] = {}
    for key, item, file in _identities(found, top):
        counts[key] += 1
        entries[key] = (item.rule, file, item.message)
    if os.path.lexists(name):
        _, grown = _matched(found, read_baseline(name, args), top)
        if grown:
            item, file = grown[0]
            raise WrongUse(
                f"`{name}` would grow: `{item.rule}` in `{file or 'the project'}` is new"
                + (f", and {len(grown) - 1} more" if len(grown) > 1 else ""),
                "mend what is new, or delete the file to start a new list",
            )
    listed = [
        {"rule": rule, "file": file, "message": message, "count": counts[key], "fingerprint": key}
        for key, (rule, file, message) in sorted(entries.items(), key=lambda entry: (entry[1][1], entry[1], entry[0]))
    ]
    text = json.dumps({"format_version": FORMAT_VERSION, "findings": listed}, indent=2, ensure_ascii=False) + "\n"
    write_file(name, text, "--write-baseline")
    return sum(counts.values())
