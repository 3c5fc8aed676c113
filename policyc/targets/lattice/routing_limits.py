"""What listeners and their rules cannot be, reported at the source.

Source: Lattice reference section 6; https://docs.aws.amazon.com/vpc-lattice/latest/ug/listener-rules.html
"""

from __future__ import annotations

import re
from typing import Final

from policyc.diagnostics import Diagnostics, Label
from policyc.ir.program import Program
from policyc.model.values import Resource, Value
from policyc.regex import regex
from policyc.targets.lattice.routing import LISTENER, RULE, TESTS, listeners_of, rules_of

_TARGET: Final = regex(r"[a-z0-9][a-z0-9-]{0,126}[a-z0-9](=[0-9]{1,3})?")
_HEADER: Final = regex(rf"[A-Za-z0-9!#$%&'*+.^_`|~-]+ ({'|'.join(TESTS)}) .+", re.DOTALL)
_MOST_TARGETS: Final = 10
_MOST_HEADERS: Final = 5
_HIGHEST: Final = 2000
_FIXED: Final = ("404", "500")


def check_routing(program: Program, diagnostics: Diagnostics) -> None:
    """Every limit of every declared listener and rule."""
    for item in program.resources.values():
        if item.type in (LISTENER, RULE):
            _action(item, diagnostics)
        if item.type == RULE:
            _rule(item, program, diagnostics)
        elif item.type == LISTENER:
            _listener(item, program, diagnostics)


def _action(item: Resource, diagnostics: Diagnostics) -> None:
    forward, fixed = item.get("forward"), item.text("fixed_response")
    if (forward is None) is not bool(fixed):
        diagnostics.error(
            "routing-action",
            f"`{item.name}` needs one of `forward` and `fixed_response`",
            item.span,
            'write `forward: ["group"]`, or `fixed_response: 404`',
        )
    if fixed and fixed not in _FIXED:
        diagnostics.error("routing-action", f"a fixed response of {fixed} is not served", item.span, "write 404 or 500")
    groups = _items(forward)
    if forward is not None and not 1 <= len(groups) <= _MOST_TARGETS:
        diagnostics.error(
            "routing-targets",
            f"`{item.name}` forwards to {len(groups)} target groups",
            item.span,
            f"name 1 to {_MOST_TARGETS}",
        )
    for group in groups:
        if _TARGET.fullmatch(str(group.data)) is None:
            diagnostics.error(
                "routing-targets",
                f"`{group.data}` is no target group",
                group.span,
                "write its name, or `name=weight` with a weight from 0 to 999",
            )


def _rule(rule: Resource, program: Program, diagnostics: Diagnostics) -> None:
    if not 1 <= int(rule.text("priority")) <= _HIGHEST:
        diagnostics.error(
            "routing-priority",
            f"the priority {rule.text('priority')} is out of range",
            rule.span,
            f"write 1 to {_HIGHEST}",
        )
    paths = [name for name in ("path", "path_prefix") if rule.text(name)]
    if len(paths) > 1:
        diagnostics.error(
            "routing-path", f"`{rule.name}` has both `path` and `path_prefix`", rule.span, "keep one of the two"
        )
    if paths and rule.get("case_sensitive") is None:
        diagnostics.error(
            "routing-path",
            f"`{rule.name}` does not say whether letter case counts in its path",
            rule.span,
            "add `case_sensitive: true` or `case_sensitive: false`: AWS's sources name different defaults",
        )
    if not paths and not rule.text("method") and rule.get("headers") is None:
        diagnostics.error(
            "routing-match", f"`{rule.name}` takes every request", rule.span, "add a method, a path or headers"
        )
    headers = _items(rule.get("headers"))
    if len(headers) > _MOST_HEADERS:
        diagnostics.error("routing-match", f"`{rule.name}` tests {len(headers)} headers", rule.span, "test at most 5")
    for header in headers:
        if _HEADER.fullmatch(str(header.data)) is None:
            diagnostics.error(
                "routing-match",
                f"`{header.data}` is no test of a header",
                header.span,
                "write `name exact value`, `name prefix value` or `name contains value`",
            )
    listener = program.resource(rule.link("listener"))
    if listener is not None and listener.text("protocol") == "tls_passthrough":
        diagnostics.error(
            "routing-match",
            f"the TLS passthrough listener `{listener.name}` takes no rules",
            rule.span,
            "remove the rule",
        )


def _listener(listener: Resource, program: Program, diagnostics: Diagnostics) -> None:
    seen: dict[str, Resource] = {}
    for rule in rules_of(listener, program):
        first = seen.setdefault(rule.text("priority"), rule)
        if first is not rule:
            diagnostics.error(
                "routing-priority",
                f"`{rule.name}` has the priority {rule.text('priority')} of another rule",
                rule.span,
                "give each rule of a listener its own",
                (Label(first.span, "the other rule"),),
            )
    service = program.resource(listener.link("service"))
    if (
        service is not None
        and len(listeners_of(service, program)) > 2
        and listeners_of(service, program)[-1] is listener
    ):
        diagnostics.warning(
            "routing-listeners",
            f"`{service.name}` has more than 2 listeners, the default quota",
            listener.span,
            "ask for a higher quota, or drop one",
        )


def _items(value: Value | None) -> tuple[Value, ...]:
    if value is None or not isinstance(value.data, tuple):
        return ()
    return tuple(item for item in value.data if isinstance(item, Value))
