"""Ctrl-C ends a command with status 130 and one word, also while the solver runs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(os.name == "nt", reason="needs signals")
ROOT = Path(__file__).parents[2]

#: asks the solver what is hard (nine pigeons, eight holes) while an interrupt comes each millisecond, and tells whether Python heard of them
SOLVING = """
import os, signal, time
from itertools import combinations
from policyc.analysis.formula import Formula
from policyc.analysis.solver import Opaque, Solver
from policyc.engines.proofs.budget import TooLarge
formula = Formula()
sits = {(bird, hole): formula.atom(Opaque(f"{bird} {hole}")) for bird in range(9) for hole in range(8)}
wanted = [formula.some(sits[bird, hole] for hole in range(8)) for bird in range(9)]
wanted += [-formula.every((sits[one, hole], sits[two, hole])) for one, two in combinations(range(9), 2) for hole in range(8)]
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
parent, child = os.getpid(), os.fork()
while not child:
    time.sleep(0.001)
    os.kill(parent, signal.SIGINT)
try:
    Solver(formula, lambda name: None).solve(wanted)
except TooLarge:
    pass
finally:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
print("heard" if heard else "never heard")
"""

#: a command that interrupts itself where it opens its first file: one from outside might come before Python is up
INTERRUPTED = """
import os, signal, sys
import policyc.bounded
import policyc.__main__
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what runs in the background
opened = policyc.bounded.read_regular
def read(*given):
    os.kill(os.getpid(), signal.SIGINT)
    return opened(*given)
policyc.bounded.read_regular = read
sys.exit(policyc.__main__.main(sys.argv[1:]))
"""


def run(text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, "-c", text, *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)


def test_the_solver_leaves_an_interrupt_to_python() -> None:
    """A handler of its own would end the process, or come back as an error of its own, which reads as a bug."""
    pytest.importorskip("pysat")
    done = run(SOLVING)
    assert (done.returncode, done.stdout) == (0, "heard\n"), done.stderr


@pytest.mark.parametrize(
    "command",
    [
        "test",
        "prove",
        "who inventory",
        "build --check",
        "graph",
        "list policies",
        "check policies --no-cache",
        "diff examples/before.json examples/after.json",
        "simulate --identity examples/after.json --who arn:aws:iam::111122223333:role/a --can s3:GetObject",
    ],
)
def test_an_interrupt_is_status_130_and_one_word(command: str) -> None:
    done = run(INTERRUPTED, *command.split())
    assert (done.returncode, done.stdout, done.stderr) == (128 + signal.SIGINT, "", "\ninterrupted\n")
