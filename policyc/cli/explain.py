"""`policyc explain`: what a name means, from the same data that the compiler works with."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict

from policyc.cli import exits
from policyc.cli.console import Console
from policyc.cli.parser import WrongUse
from policyc.diagnostics import did_you_mean
from policyc.lint.renamed import name_now
from policyc.regex import regex
from policyc.report.options import Options
from policyc.report.screen import cells, clean, paint, wrap
from policyc.workspace.topics import Topic, native_topics, topics

SHARED = ("format", "output", "color")
REPORT = ""
FORMATS = ("human", "json")

DESCRIPTION = """Say what a rule, a target, an attribute, a resource type, a verb or a switch means."""

EPILOG = """examples:
  policyc explain unknown-name            a rule, as reports name it
  policyc explain who                     a word of the language
  policyc explain lattice                 a target: its attributes and resource types
  policyc explain lattice.source.vpc      an attribute of a target; source.vpc is that of every target
  policyc explain lattice.service         a resource type with its fields and verbs
  policyc explain lattice.service.id      a field; lattice.service.GET is a verb
  policyc explain switches                where AWS leaves a question open, and what policyc assumes
  policyc explain list                    everything there is

exit status: 0 explained, 2 unknown name."""

#: what stands in brackets: `header["x-team"]`
_KEY = regex(r"\[[^\]]*\]")
_TRUST = regex(r"^verified_access\.trust\.[^.]+(?=\.)")
#: words that are no topic themselves and list others
_LISTS = ("list", "rules", "targets", "types", "switches")


def describe(parser: argparse.ArgumentParser) -> None:
    parser.description, parser.epilog = DESCRIPTION, EPILOG
    parser.add_argument("topic", metavar="TOPIC", help="a name, or one of " + ", ".join(_LISTS))


def run(args: argparse.Namespace, console: Console) -> int:
    wanted: str = args.topic
    options = console.options()
    if wanted in _LISTS:
        found = list(_listed(wanted))
        shown = _list_text(found, options)
    else:
        now = name_now(wanted)
        if now != wanted:
            console.remark(f"`{wanted}` is called `{now}` now")
        found = _find(now)
        shown = "\n".join(_topic_text(topic, options) for topic in found)
    if args.format == "json":
        shown = json.dumps({"format_version": 1, "topics": [asdict(topic) for topic in found]}, indent=2) + "\n"
    console.write(shown)
    return exits.CLEAN


def _find(wanted: str) -> list[Topic]:
    found = [topic for topic in topics() if topic.name == wanted]
    if found:
        return found
    names = {topic.name for topic in topics()} | set(_LISTS)
    word = _KEY.sub("[]", wanted)
    inner = [topic for topic in topics() if topic.name.endswith((f".{word}", f".{word}[]"))]
    if inner:  # the same word in several targets, or without its target
        return inner
    claims = [topic for topic in topics() if _TRUST.sub("", topic.name) == f".{word.partition('.')[2]}"]
    if claims:  # what a provider sends, under the name that somebody gave it
        return claims
    native = native_topics(wanted)
    if native:
        return list(native)
    same = [topic for topic in topics() if topic.name.casefold() == wanted.casefold()]
    if same:
        return same
    raise WrongUse(
        f"nothing is called `{wanted}`", did_you_mean(wanted, names, "`policyc explain list` lists the names")
    )


def _listed(word: str) -> Iterator[Topic]:
    kinds = {"rules": "rule", "targets": "target", "types": "type", "switches": "switch"}
    for topic in topics():
        if word == "list" or topic.kind == kinds[word]:
            yield topic


def _topic_text(topic: Topic, options: Options) -> str:
    lines = [paint(clean(topic.name), "strong", options.color) + f" ({topic.kind})"]
    lines += wrap(topic.summary, options.width)
    facts = [(name, value) for name, value in topic.facts if value]
    if facts:
        lines.append("")
    widest = max((cells(name) for name, _ in facts), default=0)
    for name, value in facts:
        head = f"  {name:<{widest}}  "
        # An address stays in one piece, to be clicked or copied.
        lines += wrap(head + value, options.width, " " * len(head)) if " " in value else [head + clean(value)]
    if topic.text:
        lines += ["", *(clean(line) for line in topic.text.split("\n"))]
    return "\n".join(line.rstrip() for line in lines) + "\n"


def _choices(topic: Topic, options: Options) -> list[str]:
    """A switch's choices with its default, and where the question is discussed."""
    facts = dict(topic.facts)
    words = [f"{word} (default)" if word == facts["default"] else word for word in facts["choices"].split(", ")]
    return [
        *wrap(f"      {topic.facts[0][1]}: {', '.join(words)}", options.width, "        "),
        *wrap(f"      source: {facts['source']}", options.width, "        "),
    ]


def _list_text(found: list[Topic], options: Options) -> str:
    groups: dict[str, list[Topic]] = {}
    for topic in found:
        groups.setdefault(topic.kind, []).append(topic)
    lines: list[str] = []
    for kind, members in groups.items():
        plural = "switches" if kind == "switch" else kind + "s"
        lines += ["", paint(plural, "strong", options.color)] if lines else [paint(plural, "strong", options.color)]
        for topic in members:
            lines += wrap(f"  {topic.name}: {topic.summary}", options.width, "      ")
            lines += _choices(topic, options) if topic.kind == "switch" else []
    return "\n".join(lines) + "\n"
