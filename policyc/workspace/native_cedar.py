"""Cedar text of Verified Access, named on a command line: checked against what its trust providers send, and laid out."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from policyc.data import read_text
from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Policy
from policyc.text import Source
from policyc.workspace.natives import NativeSettings, rule_settings

#: comments to policyc that say something else than what is meant
_DECLARATIONS: Final = frozenset({"trust", "claims"})


def check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
    """What a reader sees that is wrong or doubtful in one text, and the policy that it states."""
    from policyc.targets.verified_access.read.check import check_text

    return check_text(source, diagnostics, settings.trust, settings.samples, settings.open_file)


def settle(source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
    """The findings without what a text repeats word for word, and without what its comments say is meant."""
    from policyc.lint.registry import RULES
    from policyc.lint.suppress import Commented, apply_suppressions, speaks
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.verified_access.read.repeats import first_of_each

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
    ran = [*filter(runs, RULES), *own]
    return apply_suppressions([text], first_of_each(document, found), ran, RULES)


def format(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text in Cedar's own layout, comments kept; None after reporting a syntax error."""
    from policyc.targets.verified_access.read.layout import lay_out

    return lay_out(source, diagnostics)
