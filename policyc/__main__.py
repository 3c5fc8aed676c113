"""The `policyc` command. `python -m policyc` is the same.

Start-up time is a feature: what needs no compiler (`--version`, a `check` of files that did not change) is answered
before anything heavy is imported.
"""

from __future__ import annotations

import atexit
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (`sys.argv` when None) and return its exit status."""
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except KeyboardInterrupt:
        if sys.stderr is not None:
            sys.stderr.write("\ninterrupted\n")
        return 130


def _run(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        from policyc.version import VERSION

        try:
            sys.stdout.write(f"policyc {VERSION}\n")
            sys.stdout.flush()
        except (OSError, AttributeError):
            pass  # closed or full: the long way says so
        else:
            return 0
    if arguments[:1] == ["check"]:
        from policyc.cli.cache import recall

        answer = recall(arguments, sys.stdout)
        if answer is not None:
            return answer
    import gc

    # A command makes large trees, drops little before it ends, and has hardly a cycle in them: look for those less often.
    gc.set_threshold(200_000, 20, 100)
    from policyc.cli.app import run

    return run(arguments)


def entry() -> None:
    """The whole process: run its command line and end it."""
    status = main()
    if _nothing_waits():
        try:
            sys.stdout.flush()
            sys.stderr.flush()
        except (OSError, ValueError, AttributeError):
            pass  # closed or full: the interpreter's own end says so
        else:
            os._exit(status)
    sys.exit(status)


def _nothing_waits() -> bool:
    """Whether the process may end without taking its memory apart object by object, which takes a tenth of a small run: nothing
    has asked to be told of the end, no thread runs, and nobody traces or profiles."""
    if sys.gettrace() is not None or sys.getprofile() is not None or "threading" in sys.modules:
        return False
    count = getattr(atexit, "_ncallbacks", None)  # of CPython
    return count is not None and count() == 0


if __name__ == "__main__":
    entry()
