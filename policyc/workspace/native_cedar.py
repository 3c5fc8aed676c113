"""Cedar text of Verified Access, named on a command line: checked against what its trust providers send, and laid out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from policyc.data import read_text
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.authz import Policy
from policyc.targets.base import Rooted
from policyc.text import Source
from policyc.workspace.natives import NativeSettings, rule_settings

_UNDECLARED: Final = "cedar-trust-not-declared"
#: comments to policyc that say something else than what is meant
_DECLARATIONS: Final = frozenset({"trust", "claims"})


def check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
    """What a reader sees that is wrong or doubtful in one text, and the policy that it states."""
    from policyc.targets.verified_access.read.check import check_text

    found = Diagnostics()
    policy = check_text(source, found, settings.trust, settings.samples, settings.open_file)
    diagnostics.extend(_of_a_service(source, found))
    return policy


def _of_a_service(source: Source, found: Diagnostics) -> Iterable[Diagnostic]:
    """The findings, with one note in place of those on undeclared providers where the text seems to be another service's than Verified
    Access: data stands in it under names that only that service has."""
    from policyc.targets.registry import policy_targets

    undeclared = {
        source.text[item.span.start : item.span.end].strip('"'): item.span
        for item in found
        if item.rule == _UNDECLARED and item.span is not None
    }
    target = next((one for one in policy_targets() if isinstance(one, Rooted) and one.roots & set(undeclared)), None)
    if target is None:
        return found
    place = min((undeclared[name] for name in target.roots & set(undeclared)), key=lambda span: span.start)
    note = Diagnostic(
        "kind-guessed",
        f"taken for a policy of {target.called}: only there stands `{source.text[place.start : place.end]}` below `context`",
        place,
        f"its data is checked in policies of the language, `policy … for {target.name}`; for Verified Access declare the provider: "
        "`// policyc: trust NAME=TYPE`",
        Severity.INFO,
    )
    return [note, *(item for item in found if item.rule != _UNDECLARED)]


def settle(source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
    """The findings without what a text repeats word for word, and without what its comments say is meant."""
    from policyc.lint.registry import RULES
    from policyc.lint.suppress import Commented, apply_suppressions, speaks
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.cedar_documents.text.repeats import first_of_each

    document = parse_cedar(source, Diagnostics()) if len(found) or speaks(source) else None
    if document is None:
        return found
    own = frozenset(json.loads(read_text("schemas/errors/cedar.json")))
    runs = rule_settings(settings).runs
    statements = tuple(item.span for item in document.statements)
    text = Commented(
        source,
        tuple(comment.span for comment in document.comments),
        statements,
        statements[0].start if statements else None,
        (*RULES, *own),
        _DECLARATIONS,
    )
    asked = (item for item in found if item.severity is Severity.ERROR or item.rule not in own or runs(item.rule))
    ran = [*filter(runs, RULES), *filter(runs, own)]
    return apply_suppressions([text], first_of_each(document, asked), ran, RULES)


def format(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text in Cedar's own layout, comments kept; None after reporting a syntax error."""
    from policyc.targets.cedar_documents.text.layout import lay_out

    return lay_out(source, diagnostics)
