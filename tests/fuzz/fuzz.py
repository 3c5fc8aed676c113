"""Mutate what policyc reads until something breaks: `make fuzz MINUTES=10`.

Breaking is a crash (exit status 3), an answer that takes longer than `SLOW` seconds, and for the texts that somebody else reads too,
another verdict than theirs: JSON against the standard library, Cedar against the Cedar engine. What is found is made as small
as it goes and written to `tests/fuzz/corpus/`, where `make test` asks it again for ever. Exit status 1 when something was found.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.fuzz.readers import Reader, crash, readers

CORPUS = Path(__file__).parent / "corpus"
SLOW = 10.0
#: what other texts have taught: unclosed, doubled, deep, enormous, invisible, foreign
SPICE = [
    '"',
    "'",
    "\\",
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    ",",
    ":",
    ";",
    "*",
    "?",
    "${",
    "${aws:username}",
    "\x00",
    "\n",
    "\r",
    "\t",
    "\u202e",
    "\ufeff",
    "\ud800",
    "\U0001f600",
    "//",
    "/*",
    "#",
    "-",
    "--",
    "=",
    "==",
    "&&",
    "||",
    "!",
    ".",
    "..",
    "@",
    "`",
    "null",
    "true",
    "false",
    "0",
    "-1",
    "1e999",
    "9" * 30,
    "0.1",
    "1" * 5000,
    "a" * 5000,
    "[" * 200,
    "(" * 200,
    '{"a":' * 200,
    "arn:aws:iam::111122223333:root",
    "*:*",
    "::",
    "10.0.0.0/33",
    "::/0",
    "2026-13-45",
    "not",
    "and",
    "in",
    "like",
    "allow",
]


def mutate(text: str, others: tuple[str, ...], draw: random.Random) -> str:
    """One to four small changes: cut, double, move, replace, spice, splice."""
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(len(text) + 1)
        end = min(len(text), at + draw.choice((1, 1, 2, 5, 20, 80)))
        match draw.randrange(6):
            case 0:
                text = text[:at] + text[end:]
            case 1:
                text = text[:end] + text[at:end] * draw.choice((1, 1, 3)) + text[end:]
            case 2:
                to = draw.randrange(len(text) + 1)
                text = text[:to] + text[at:end] + text[to:]
            case 3:
                text = text[:at] + draw.choice(SPICE) + text[end:]
            case 4:
                text = text[:at] + draw.choice(SPICE) + text[at:]
            case _:
                other = draw.choice(others)
                begin = draw.randrange(len(other) + 1)
                text = text[:at] + other[begin : begin + draw.choice((5, 40, 200))] + text[end:]
    return text[:200_000]


def fault(name: str, reader: Reader, text: str) -> str:
    """What is wrong with how a text is read, empty when nothing is."""
    with tempfile.TemporaryDirectory() as folder:
        begin = time.monotonic()
        status, printed = reader.ask(text, Path(folder))
        if status == 3:
            return crash(printed)
        if time.monotonic() - begin > SLOW:
            return "slow"
    return disagreement(name, text, printed)


def disagreement(name: str, text: str, printed: str) -> str:
    """Where another reader of the same format says something else about its grammar."""
    if name == "iam" and "not-utf-8" not in printed and "file-too-large" not in printed:
        try:
            json.loads(text.encode("utf-8").decode("utf-8-sig"))
        except UnicodeEncodeError:
            return ""
        except (ValueError, RecursionError):
            return "" if "error[json-" in printed else "json: accepted what the standard library refuses"
    if name == "cedar" and text.isprintable():
        import cedarpy

        known = "error[cedar-" in printed
        try:
            cedarpy.format_policies(text)
        except Exception:
            return "" if known else "cedar: accepted what the Cedar engine refuses"
    return ""


def minimise(text: str, still: Callable[[str], bool]) -> str:
    """A smaller text with the same fault: halves, quarters, … down to single characters are left out while it lasts."""
    size = max(1, len(text) // 2)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        at, shorter = 0, False
        while at < len(text) and time.monotonic() < deadline:
            tried = text[:at] + text[at + size :]
            if still(tried):
                text, shorter = tried, True
            else:
                at += size
        if size == 1 and not shorter:
            break
        size = max(1, size // 2)
    return text


def keep(name: str, text: str) -> Path:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    data = text.encode("utf-8", "surrogatepass")
    path = folder / f"{blake2b(data, digest_size=6).hexdigest()}.txt"
    path.write_bytes(data)
    return path


def main() -> int:
    parser = argparse.ArgumentParser(description="mutate what policyc reads until something breaks")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=None, help="draw the same texts again")
    parser.add_argument("--reader", action="append", choices=list(readers()), help="only this one (repeatable)")
    args = parser.parse_args()
    seed = args.seed if args.seed is not None else time.time_ns() % 1_000_000
    draw = random.Random(seed)
    chosen = {name: make() for name, make in readers().items() if not args.reader or name in args.reader}
    print(f"seed {seed}; {len(chosen)} readers for {args.minutes:g} minutes")
    until = time.monotonic() + 60 * args.minutes
    asked = dict.fromkeys(chosen, 0)
    known: set[str] = set()
    while time.monotonic() < until:
        for name, reader in chosen.items():
            text = mutate(draw.choice(reader.seeds), reader.seeds, draw)
            asked[name] += 1
            what = fault(name, reader, text)
            if what and what not in known:
                known.add(what)
                small = minimise(
                    text, lambda tried, name=name, reader=reader, what=what: fault(name, reader, tried) == what
                )
                print(f"{name}: {what}\n  {keep(name, small)}")
    print(", ".join(f"{name} {count}" for name, count in asked.items()))
    print(f"{sum(asked.values())} texts, {len(known)} faults")
    return 1 if known else 0


if __name__ == "__main__":
    sys.exit(main())
