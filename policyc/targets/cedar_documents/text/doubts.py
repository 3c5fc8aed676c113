"""What would be wrong if an OIDC provider sent its claims as AWS's samples show them: doubts, because it may send other kinds.

AWS calls its samples illustrative, and providers differ: `email_verified` comes as the text "true", `updated_at` as a date, a single
group as text. A condition that tests a claim in both kinds has taken that into account.
Source: https://docs.aws.amazon.com/verified-access/latest/ug/trust-data.html
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from policyc.diagnostics import Diagnostics, Severity
from policyc.syntax.cedar_nodes import Compare, Expr, Method, SetOf, path_of, walk
from policyc.targets.cedar_documents.text.info import Path
from policyc.targets.cedar_documents.text.kinds import Kind, as_sampled
from policyc.targets.cedar_documents.text.literals import literal_kind, literal_of
from policyc.targets.cedar_documents.text.typing import Checker
from policyc.text import Span


def check_doubts(condition: Expr, effect: str, context: Kind, diagnostics: Diagnostics) -> None:
    """Add a warning for each mistake that the condition makes over the kinds of the samples and not over those that are certain."""
    shown = as_sampled(context)
    claims = dict(_claims(condition, context))
    if shown is context or not claims:
        return
    found = Diagnostics()
    Checker(shown, effect, found).truth(condition, frozenset())
    certain = {(item.rule, item.span) for item in diagnostics}
    both = {path for path in claims.values() if len(_forms(path, condition)) > 1}
    for item in found:
        if item.severity is not Severity.ERROR or item.span is None or (item.rule, item.span) in certain:
            continue
        path = _nearest(item.span, condition, claims)
        if path is not None and path not in both:
            diagnostics.warning(
                item.rule,
                f"{item.message}, if the provider sends what AWS's samples show",
                item.span,
                f"{item.help}; or say what it sends: `// policyc: claims {_name(path[0])}=FILE`",
            )


def _name(reference: str) -> str:
    return reference if reference.isidentifier() else f'"{reference}"'


def _claims(condition: Expr, context: Kind) -> Iterator[tuple[Span, Path]]:
    """The places where the condition reads a claim that only samples show."""
    for node in walk(condition):
        path = path_of(node)
        if path is not None and _sampled(path, context):
            yield node.span, path


def _sampled(path: Path, kind: Kind) -> bool:
    for step in path:
        member = kind.members.get(step)
        if member is None:
            return False
        if member.sampled:
            return True
        kind = member.kind
    return False


def _nearest(place: Span, condition: Expr, claims: dict[Span, Path]) -> Path | None:
    """The claim that a finding is about: in the smallest part of the condition that is around the finding and reads one."""
    around = sorted(
        (node.span for node in walk(condition) if _within(place, node.span)), key=lambda span: span.end - span.start
    )
    return next((path for outer in around for span, path in claims.items() if _within(span, outer)), None)


def _within(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end


def _forms(path: Path, condition: Expr) -> set[str]:
    """The kinds of the literals that a claim is compared with."""
    return {
        literal_kind(value)
        for node in walk(condition)
        for literals in _compared(path, node)
        for part in literals
        if (value := literal_of(part)) is not None
    }


def _compared(path: Path, node: Expr) -> Iterator[Sequence[Expr]]:
    match node:
        case Compare("==" | "!=", left, right):
            yield from ([other] for one, other in ((left, right), (right, left)) if path_of(one) == path)
        case Method(SetOf(items), "contains", _, (arg,)) if path_of(arg) == path:
            yield items
        case _:
            pass
