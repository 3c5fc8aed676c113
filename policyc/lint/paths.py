"""The request paths that statements for VPC Lattice name, wherever they stand: `path`, the end of a resource, or a test of the path.

Source: Lattice reference, sections 2 and 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Edit, Fix
from policyc.engines.proofs.conditions import implies
from policyc.holes import MARK, has_hole, sampled
from policyc.ir.authz import All, AnyOf, Atom, Cond, Constant, Glob, Op, Origin, Paths, Policy, RawTest, Statement, Who
from policyc.ir.conditions import conjunction
from policyc.ir.pattern import Wild, escape_pattern
from policyc.lint.covering import reach_covers
from policyc.lint.places import label_of
from policyc.model.values import Principal
from policyc.record import record, replace
from policyc.regex import regex
from policyc.text import Source, Span

_KEY: Final = "vpc-lattice-svcs:requestpath"
_METHOD: Final = "vpc-lattice-svcs:requestmethod"
#: a service with a path behind it, and one without
SERVICE: Final = regex(r"(arn:[^:]*:vpc-lattice:[^:]*:[^:]*:service/[^/]+)(/.*)", re.DOTALL)
#: the operator of a path test for which letter case counts for nothing
ANY_CASE: Final = "StringEqualsIgnoreCase"
BARE_SERVICE: Final = regex(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:service/[^/*?]+")
NETWORK: Final = regex(r"arn:[^:]*:vpc-lattice:[^:]*:[^:]*:servicenetwork/.*", re.DOTALL)


@record
class PathPlace:
    """One path pattern of a statement (`pattern` in the language's form) and where it stands. `before` is what a resource has in
    front of the path; `test` the test of the path that holds it."""

    statement: Statement
    pattern: str
    span: Span | None
    before: str = ""
    test: Atom | RawTest | None = None

    def instead(self, pattern: str) -> Statement:
        """The statement with this path alone, as another pattern."""
        statement = self.statement
        if self.test is not None:
            other: Cond = Atom(self.test.attribute, Op.LIKE, (Constant(self.test.attribute.type, pattern),))
            items = statement.when.items if isinstance(statement.when, All) else (statement.when,)
            kept = [other if _path_test(item) is self.test else item for item in items]
            return replace(statement, when=conjunction(kept))
        if statement.resources is not None:
            glob = Glob(self.before + pattern, _tokens(self.before + pattern))
            return replace(statement, resources=replace(statement.resources, patterns=(glob,)))
        return replace(statement, path=Paths((pattern,)))

    def said(self, policy: Policy, *patterns: str) -> str:
        """The patterns as the author would write them in this place."""
        shown = [f"{self.before}{pattern}" for pattern in patterns]
        listed = ", ".join(f'"{text}"' for text in shown)
        if self.test is not None and policy.origin is Origin.IAM:
            return f'"StringLike": {{"{self.test.attribute.native}": [{listed}]}}'
        if self.test is not None:
            return " or ".join(f"{self.test.attribute.name} like {text}" for text in listed.split(", "))
        return f'"Resource": [{listed}]' if policy.origin is Origin.IAM else f"path {listed}"

    def put(self, sources: Mapping[str, Source], *patterns: str) -> Fix | None:
        """The fix that writes these patterns in place of this one, in a list of the language or of JSON."""
        span, written = self.span, f'"{self.before}{self.pattern}"'
        source = sources.get(span.file) if span is not None and self.test is None else None
        if span is None or source is None or not source.file.endswith((".policy", ".json")):
            return None
        start, end = max(span.start - 1, 0), span.end + 1
        if source.text.count(written, start, end) != 1:
            return None
        at = source.text.index(written, start)
        listed = ", ".join(f'"{self.before}{pattern}"' for pattern in patterns)
        alone = source.text[:at].rstrip().endswith(":")
        edit = Edit(Span(span.file, at, at + len(written)), f"[{listed}]" if alone else listed)
        return Fix(f"write {' and '.join(f'`{pattern}`' for pattern in patterns)}", (edit,))


def _tokens(pattern: str) -> tuple[str | Wild, ...]:
    return tuple(Wild(part) if part in ("*", "?") else part for part in re.split(r"([*?])", pattern) if part)


def path_places(statement: Statement) -> Iterator[PathPlace]:
    """Every path pattern that has to fit for the statement to match; negated ones are left out."""
    if statement.path is not None and not statement.path.negated:
        span = statement.path.span or label_of(statement)
        yield from (PathPlace(statement, pattern, span) for pattern in statement.path.patterns)
    if statement.resources is not None and not statement.resources.negated:
        for glob in statement.resources.patterns:
            found = _service_and_path(glob)
            if found is not None:
                yield PathPlace(statement, found[1], glob.span, found[0])
    for test in _path_tests(statement.when):
        if isinstance(test, RawTest):
            if test.operator == ANY_CASE and not test.negated:
                yield from (
                    PathPlace(statement, glob.pattern, glob.span, "", test) for glob in test.values if glob.pattern
                )
            continue
        for value in test.values if not test.negated else ():
            text = str(value.value)
            pattern = text if test.op is Op.LIKE else escape_pattern(text)
            yield PathPlace(statement, pattern, value.span or test.span, "", test)


def _service_and_path(glob: Glob) -> tuple[str, str] | None:
    """A service's ARN, which may be a hole, and the path behind it."""
    if has_hole(glob.text):
        first = MARK.match(glob.text)
        if first is None or has_hole(rest := glob.text[first.end() :]) or not rest.startswith("/"):
            return None
        return (first[0], rest) if BARE_SERVICE.fullmatch(sampled(first[0])) else None
    found = SERVICE.fullmatch(glob.text)
    return (found[1], found[2]) if found is not None and glob.pattern == glob.text else None


def _path_tests(cond: Cond) -> list[Atom | RawTest]:
    items = cond.items if isinstance(cond, All) else (cond,)
    return [test for item in items if (test := _path_test(item)) is not None]


def _path_test(cond: Cond) -> Atom | RawTest | None:
    """The test of a path that a condition is; of one that lets requests without a path pass as well, the test itself."""
    if isinstance(cond, AnyOf) and len(cond.items) == 2:
        absent, cond = cond.items
        if not isinstance(absent, Atom) or absent.op is not Op.EXISTS or not absent.negated:
            return None
    if isinstance(cond, Atom):
        return cond if cond.attribute.native.lower() == _KEY and cond.op in (Op.EQ, Op.LIKE) else None
    return cond if isinstance(cond, RawTest) and cond.attribute.native.lower() == _KEY else None


def path_covered(wanted: Statement, others: Sequence[Statement]) -> bool:
    """Whether one of the statements takes in the wanted one's callers, verbs, resources and paths; other conditions are not compared,
    and that callers have to sign, and with which method, is a condition in a document."""
    reached = conjunction(_reach_tests(wanted.when))
    return any(
        reach_covers(_whoever_signed(other), wanted) and implies(reached, conjunction(_reach_tests(other.when)))
        for other in others
    )


def _reach_tests(cond: Cond) -> list[Cond]:
    """The tests of paths and methods among what a condition joins."""
    items = cond.items if isinstance(cond, All) else (cond,)
    methods = [item for item in items if isinstance(item, Atom | RawTest) and item.attribute.native.lower() == _METHOD]
    return [*_path_tests(cond), *methods]


def _whoever_signed(statement: Statement) -> Statement:
    who = statement.who
    if who is None or who.negated or not any(item.kind in ("authenticated", "anonymous") for item in who.principals):
        return statement
    return replace(statement, who=Who((Principal("anyone", ()),)))
