"""`policyc diff`: what a change grants and takes, over all requests."""

from __future__ import annotations

import argparse
import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.document_kinds import KIND_NAMES
from policyc.cli.holes import add_bindings, bindings_of
from policyc.cli.parser import WrongUse, one_of
from policyc.cli.project import here, keep_inside
from policyc.cli.refuse import refuse_request
from policyc.cli.trust import add_trust, samples_of, trust_of
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.report.registry import renderer
from policyc.workspace.places import file_and_part

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from policyc.report.changes import Changes
    from policyc.workspace.sides.side import Side

SHARED = ("root", "config", "param", "format", "output", "color", "quiet")
REPORT = "changes"
FORMATS = ()
#: between two revisions: what the second changed since it left the first
_BASE = "..."

DESCRIPTION = """Say what changes between two versions of policies, over all requests: which classes of requests
are newly allowed or newly denied, by which statement, with one request of each that the deciding
engine confirms. `the same for all requests` is said only where it is proven."""

EPILOG = """examples:
  policyc diff old.json new.json          two documents
  policyc diff --as bucket old.json new.json
  policyc diff policies.old policies      two folders or projects
  policyc diff plan.json                  what a Terraform plan changes (terraform show -json)
  policyc diff out policies               what was built against its source
  policyc diff main..HEAD                 two Git revisions of the project
  policyc diff main...HEAD                what this branch changed since it left main
  policyc diff main:policies policies     a revision against the files that are here
  policyc diff main:stack.yaml#Stock stack.yaml#Stock    one document of a file that holds several
  policyc diff main..HEAD --format markdown --output comment.md
  policyc diff main..HEAD --fail-on allow    for gates that only mind new access

exit status: 0 the same (with --fail-on allow: nothing newly allowed), 1 something differs, 2 wrong use,
3 internal error, 11 not settled within the budget, or something is not understood."""


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="OLD NEW",
        help="files, FILE#NAME for one of the documents of a file, folders, REVISION:PATH, OLD..NEW for two revisions, or OLD...NEW for what NEW changed since it left OLD",
    )
    parser.add_argument(
        "--as",
        dest="kind",
        metavar="KIND",
        type=one_of("kind", KIND_NAMES),
        help="what both documents are, as in `check`",
    )
    parser.add_argument(
        "--document",
        action="store_true",
        help="compare each document by itself, not those together that a request meets on its way to a declared service",
    )
    parser.add_argument(
        "--tests",
        action="store_true",
        help="show each request to a declared service or endpoint as a `test` block too, to paste beside the new policies",
    )
    add_trust(parser)
    add_bindings(parser)
    parser.add_argument(
        "--fail-on",
        dest="fail_on",
        default="change",
        type=one_of("condition", ("change", "allow")),
        metavar="WHAT",
        help="`change` (default) or `allow`: with it only requests that are newly allowed fail",
    )


def run(args: argparse.Namespace, console: Console) -> int:
    from policyc.workspace.revisions import NoRevision

    with ExitStack() as held:
        try:
            found = _compare(args, console, held)
        except NoRevision as error:
            raise WrongUse(str(error), error.help) from error
    if isinstance(found, int):
        return found
    console.write(renderer("changes", args.format)(found, console.options()))
    return _status(found, args.fail_on)


def _status(found: Changes, fail_on: str) -> int:
    if found.widens or (found.differs and fail_on == "change"):
        return exits.FINDINGS
    return exits.CLEAN if found.settled else exits.UNDECIDED


def _compare(args: argparse.Namespace, console: Console, held: ExitStack) -> Changes | int:
    from policyc.workspace.compare.whole import compare_sides
    from policyc.workspace.sides.side import read_side

    root = here(args)
    words = _two(args.paths)
    diagnostics = Diagnostics()
    sides: list[Side] = []
    parts: list[str] = []
    files = 0
    for word in words:
        path, top, part = placed(word, root, held)
        files += path.is_file()
        side = read_side(
            word or "the files here",
            path,
            top,
            diagnostics,
            args.kind or "",
            dict(args.param),
            args.config,
            trust_of(args),
            samples_of(args),
            bindings_of(args),
            before=words[0] == words[1] and len(args.paths) == 1 and not sides,
        )
        if diagnostics.has_errors:
            return refuse_request(diagnostics, side.sources, args.format, console)
        sides.append(side)
        parts.append(part)
    old, new = _named_parts(sides, parts, words)
    if all(side.is_empty and not side.elsewhere for side in (old, new)):
        console.error("nothing to compare: no policy and no document was found\n")
        return exits.NOTHING
    found = compare_sides(old, new, files == 2, diagnostics, args.document, args.tests)
    if found is None:
        return refuse_request(diagnostics, {**old.sources, **new.sources}, args.format, console)
    return found


def _named_parts(sides: Sequence[Side], parts: Sequence[str], words: Sequence[str]) -> list[Side]:
    """Both sides with the documents alone that `FILE#NAME` names; one that is called the same on both may be there on one. Raises WrongUse."""
    same = parts[0] == parts[1]
    out = [side.only(part) if part else side for side, part in zip(sides, parts, strict=True)]
    for side, found, part, word in zip(sides, out, parts, words, strict=True):
        if part and found.is_empty and not (same and not all(item.is_empty for item in out)):
            refuse_part((*side.pieces, *side.ways, *side.chains), part, word)
    return out


def _two(words: list[str]) -> tuple[str, str]:
    """Both sides as they are named; a revision alone ends with `:`, the files that are here are empty."""
    if len(words) in (1, 2) and ".." in words[0] and not os.path.exists(words[0]):  # noqa: PTH110 - a long name is no error
        dots = _BASE if _BASE in words[0] else ".."
        old, _, new = words[0].partition(dots)
        path = words[1] if len(words) == 2 else ""
        if not old or new.startswith((".", "#")):
            raise WrongUse(f"`{words[0]}` names no two revisions", "write `OLD..NEW`, such as `main..HEAD`")
        first = f"{old}{_BASE}{new or 'HEAD'}" if dots == _BASE else old
        return f"{first}:{path}", f"{new}:{path}" if new else path
    from policyc.workspace.sides.side import is_plan

    if len(words) == 1 and is_plan(Path(file_and_part(words[0])[0])):
        return words[0], words[0]
    if len(words) != 2:
        one = words[0] if len(words) == 1 and not Path(words[0]).exists() else "main"
        help = f"write `policyc diff OLD NEW`, `policyc diff {one}..` to compare with the files here, or `policyc diff main..HEAD`"
        raise WrongUse("`diff` compares two sides", help)
    return words[0], words[1]


def placed(word: str, root: Path, held: ExitStack) -> tuple[Path, Path, str]:
    """Where a side lies, the folder that nothing of it leads out of, and which document `FILE#NAME` means there (empty: all); a revision is written
    out, and kept while `held` is."""
    from policyc.workspace.revisions import NoRevision, base_of, revision, written_out

    word, part = file_and_part(word)
    path = Path(os.path.abspath(word or str(root)))  # noqa: PTH100 - links are looked at below
    if not os.path.lexists(path) and ":" in word:
        name, _, inner = word.partition(":")
        left, dots, other = name.partition(_BASE)
        at = base_of(str(root), left, other) if dots else revision(str(root), name)
        if not at.reached:
            raise NoRevision(
                f"the history here is cut short before where `{other}` left `{left}`",
                f"get all of it (`fetch-depth: 0`, `git fetch --unshallow`), or compare with the tip: `{left}..{other}`",
            )
        wanted = os.path.normpath(os.path.join(os.path.relpath(root, at.top), inner))  # noqa: PTH118
        if wanted.startswith(".."):
            raise WrongUse(f"`{word}` lies outside the repository", "check the path after the `:`")
        folder = held.enter_context(written_out(at))
        if not os.path.exists(folder / wanted):  # noqa: PTH110 - a name may be too long to be one
            raise WrongUse(f"`{name}` has no `{inner}`", "check the path after the `:`")
        return folder / wanted, folder, part
    if not os.path.exists(path):  # noqa: PTH110
        raise WrongUse(f"`{word}` does not exist", _revision_meant(word, root))
    real = path.resolve()
    keep_inside(word, real, root)
    return real, root, part


def refuse_part(known: Iterable[str], part: str, word: str) -> NoReturn:
    """That a file has no document which is called so. Raises WrongUse."""
    file, _ = file_and_part(word)
    names = list(dict.fromkeys(name.rpartition("#")[2] for name in known))
    listed = ", ".join(f"`{file}#{name}`" for name in names[:8]) or "a file that holds some"
    raise WrongUse(f"`{file}` has no document `{part}`", did_you_mean(part, names, f"write {listed}"))


def _revision_meant(word: str, root: Path) -> str:
    """Help for a word that is no path: a revision needs its colon."""
    from policyc.workspace.revisions import NoRevision, revision

    try:
        revision(str(root), word)
    except NoRevision:
        return "check the path"
    return f"it is a revision: write `{word}:` for all of it, `{word}:PATH` for a part"
