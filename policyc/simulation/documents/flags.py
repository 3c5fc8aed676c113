"""A question from a command line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.diagnostics import Diagnostics
from policyc.simulation.documents.attached import Attached
from policyc.simulation.documents.question import ARNS, PolicyContext, Question, Who
from policyc.simulation.documents.words import WORDS
from policyc.simulation.references import PlainText
from policyc.text import Source


def read_question(
    texts: Mapping[str, str],
    settings: Sequence[str],
    absent: Sequence[str],
    unknown: Sequence[str],
    given: Sequence[Attached],
    switches: Mapping[str, str],
    diagnostics: Diagnostics,
) -> tuple[Question, PolicyContext, Source]:
    """The question, what stands around it, and the command line as text for frames under messages.

    `texts` are options by name without dashes; `settings` texts `KEY=VALUE`, where a key that stands several times gets several
    values; `absent` are keys that are really not there, `unknown` keys of which nothing is known.
    """
    parts = [(f"--{name} ", text) for name, text in texts.items()]
    parts += [("--set ", text) for text in settings] + [("--absent ", text) for text in absent]
    parts += [("--unknown ", text) for text in unknown]
    source = Source("<arguments>", " ".join(flag + text for flag, text in parts))
    places: list[PlainText] = []
    at = 0
    for flag, text in parts:
        places.append(PlainText(text, source.span(at + len(flag), at + len(flag) + len(text))))
        at += len(flag) + len(text) + 1
    named = dict(zip(texts, places))
    who = named.get("who")
    first, second = len(texts) + len(settings), len(texts) + len(settings) + len(absent)
    stated, gone, open_keys = places[len(texts) : first], places[first:second], places[second:]
    context = (*_context(stated, source, diagnostics), *((place, ()) for place in gone))
    question = Question(
        source.span(0, len(source.text)),
        None if who is None else Who(who),
        named.get("action"),
        named.get("resource-arn"),
        named.get("can"),
        named.get("path"),
        context,
        tuple(open_keys),
    )
    situation = PolicyContext(
        tuple(given),
        {name: named[f"{name}-arn"] for name in ARNS if f"{name}-arn" in named},
        {name: named[name] for name in WORDS if name in named},
        switches,
    )
    return question, situation, source


def _context(
    settings: Sequence[PlainText], source: Source, diagnostics: Diagnostics
) -> tuple[tuple[PlainText, tuple[str, ...]], ...]:
    held: dict[str, tuple[PlainText, list[str]]] = {}
    for setting in settings:
        name, equals, value = setting.text.partition("=")
        if not equals or not name:
            diagnostics.error(
                "malformed-setting",
                f"`{setting.text}` is no condition key with a value",
                setting.span,
                "write `--set KEY=VALUE`, such as `aws:PrincipalOrgID=o-a1b2c3d4e5` or `source.vpc=vpc-0a1b2c3d`",
            )
            continue
        start = setting.span.start
        key = PlainText(name, source.span(start, start + len(name)))
        held.setdefault(name.lower(), (key, []))[1].append(value)
    return tuple((key, tuple(values)) for key, values in held.values())
