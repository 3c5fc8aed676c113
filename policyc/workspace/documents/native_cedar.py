"""Cedar text that is named on a command line: checked by the target whose text it is, and laid out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Final

from policyc.data import read_json
from policyc.diagnostics import Diagnostic, Diagnostics, Severity
from policyc.ir.authz import Policy
from policyc.lint.nested import Places
from policyc.targets.cedar_documents.protocol import CedarTexts
from policyc.text import Source, Span
from policyc.workspace.documents.native_settings import NativeSettings, rule_settings

#: comments to policyc that say something else than what is meant
_DECLARATIONS: Final = frozenset({"trust", "claims"})


def check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
    """What a reader sees that is wrong or doubtful in one text, and the policy that it states. A statement that cannot be read hides nothing of the others."""
    from policyc.syntax.cedar_text import beside_mistakes

    rest = beside_mistakes(source)
    if rest is None:
        return _check(source, diagnostics, settings)
    _check(source, diagnostics, settings)
    text, places = rest
    diagnostics.extend(_beside(text, places, settings))
    return None


def _beside(source: Source, places: Sequence[Span], settings: NativeSettings) -> Iterator[Diagnostic]:
    """What is wrong or doubtful in the statements that could be read."""
    from policyc.syntax.cedar_text import parse_cedar

    if parse_cedar(source, Diagnostics()) is None:  # too many mistakes to see them all
        return iter(())
    found = Diagnostics()
    policy = _check(source, found, settings)
    if policy is not None:
        from policyc.lint.raw.rules import lint_documents

        by_rules = Diagnostics()
        lint_documents([policy], [source], by_rules, rule_settings(settings), causes=tuple(found))
        found.extend(by_rules)
    broken = Places(places)
    return (item for item in found if item.span is not None and not broken.around(item.span))


def _check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
    from policyc.syntax.cedar_text import parse_cedar
    from policyc.targets.cedar_documents.protocol import Providers
    from policyc.targets.cedar_documents.text.paths import declared_names
    from policyc.targets.cedar_texts import claimed, text_targets

    given = Providers(settings.trust, settings.samples, settings.open_file, settings.protocol)
    default = text_targets()[0]
    document = parse_cedar(source, Diagnostics())
    declared = set() if document is None else {*declared_names(document), *settings.trust, *settings.samples}
    found = None if document is None else claimed([document], declared)
    if found is None:
        return default.check_text(source, given, diagnostics)
    target, name, span = found
    diagnostics.add(
        Diagnostic(
            "kind-guessed",
            f"taken for a policy of {target.called}: only there stands `{name}` below `context`",
            span,
            f"if `{name}` is a trust provider, declare it: `// policyc: trust {name}=TYPE`",
            Severity.INFO,
        )
    )
    return target.check_text(source, given, diagnostics) if isinstance(target, CedarTexts) else None


def stated(source: Source, settings: NativeSettings) -> Policy | None:
    """The policy of a text: it is made while looking at what is wrong."""
    return check(source, Diagnostics(), settings)


def settle(source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
    """The findings without what a text repeats word for word, and without what its comments say is meant."""
    from policyc.lint.registry import RULES
    from policyc.lint.suppress import Commented, apply_suppressions, speaks
    from policyc.syntax.cedar_text import beside_mistakes, parse_cedar
    from policyc.targets.cedar_documents.text.repeats import first_of_each

    document = parse_cedar(source, Diagnostics()) if len(found) or speaks(source) else None
    if document is None and (rest := beside_mistakes(source)) is not None:
        document = parse_cedar(rest[0], Diagnostics())
    if document is None:
        return found
    own = _own()
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
    asked = (
        item for item in found if item.severity is Severity.ERROR or item.rule not in text.known or runs(item.rule)
    )
    ran = [*filter(runs, RULES), *filter(runs, own)]
    return apply_suppressions([text], first_of_each(document, asked), ran, RULES)


@cache
def _own() -> frozenset[str]:
    """The findings of the reader."""
    return frozenset(read_json("schemas/errors/cedar.json"))


def format(source: Source, diagnostics: Diagnostics) -> str | None:
    """The text in Cedar's own layout, comments kept; None after reporting a syntax error."""
    from policyc.targets.cedar_documents.text.layout import lay_out

    return lay_out(source, diagnostics)
