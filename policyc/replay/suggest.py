"""From traffic to policy: the statements that let in what a log of VPC Lattice saw let in, with the evidence for each, and tests.

Paths become patterns where a segment looks like an identifier; what a pattern covers besides is said. Records that policies refused are no
evidence, and nor is what nobody could be told of.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.globs import compile_glob, wildcard_tokens
from policyc.replay.columns.likeness import METHODS
from policyc.replay.recorded import NOBODY, Recorded, is_time, path_form
from policyc.replay.values import Met
from policyc.report.screen import plural
from policyc.simulation.request_text import parse_caller
from policyc.syntax.format import format_module
from policyc.syntax.parser import parse
from policyc.text import Source

_SERVICE: Final = re.compile(
    r"arn:aws[a-z-]*:vpc-lattice:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):service/(?P<id>svc-[0-9a-z]+)"
)
#: a segment that a path of the language says plainly
_PLAIN: Final = re.compile(r"[A-Za-z0-9._~-]*\Z")
_NAME: Final = re.compile(r"[A-Za-z0-9+=,.@_/-]+\Z")
#: roles that AWS makes below a path, when the path is not told
_ELSEWHERE: Final = re.compile(r'"AWS(?:ReservedSSO_|ServiceRoleFor)[^/]*"')
#: forms of paths of one caller and method that are kept
_MOST_FORMS: Final = 1_000
#: paths, methods and callers of a statement whose records are told
_MOST_TOLD: Final = 20


@dataclass(slots=True)
class Seen:
    """The records of one caller, method and service: how many, when, and how often each form of path."""

    count: int = 0
    first: str = ""
    last: str = ""
    forms: Counter[str] = field(default_factory=Counter)

    def add(self, item: Recorded) -> None:
        self.count += 1
        if is_time(item.time):
            self.first = min(self.first or item.time, item.time)
            self.last = max(self.last, item.time)
        form = plain_form(item.path)
        if form in self.forms or len(self.forms) < _MOST_FORMS:
            self.forms[form] += 1
        else:
            self.forms["/*"] += 1


@dataclass(slots=True)
class Evidence:
    """What a log saw let in, by service, caller and method; `left_out` counts what no statement can be made of, by reason. `decided` counts
    the records that each statement in force decided, with the last time."""

    seen: dict[tuple[str, str, str], Seen] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    decided: dict[str, tuple[int, str]] = field(default_factory=dict)
    first: str = ""
    last: str = ""
    met: Met | None = None

    def add(self, item: Recorded) -> None:
        """A record that was asked about, or could be."""
        if self.met is not None:
            self.met.see(item)
        if is_time(item.time):
            self.first = min(self.first or item.time, item.time)
            self.last = max(self.last, item.time)
        if item.verdict != "allow":
            return
        # whoever connects through TLS passthrough is not known by a name
        caller = "anonymous" if item.can == "connect" else _caller(item.who)
        service = _SERVICE.fullmatch(item.where)
        if service is None:
            self.left_out["its service has no ARN of one"] += 1
        elif item.who == NOBODY and item.can != "connect":
            self.left_out["the log does not name its caller (auth type NONE)"] += 1
        elif caller is None:
            self.left_out["its caller has no name that a policy can use"] += 1
        elif _ELSEWHERE.search(caller) is not None:
            self.left_out["its role has a path that no session tells (`--known` may tell it)"] += 1
        elif item.can != "connect" and item.can not in METHODS:
            self.left_out["its method is none that a policy can name"] += 1
        elif item.can != "connect" and not item.path.startswith("/"):
            self.left_out["its path is none that a policy can name"] += 1
        else:
            self.seen.setdefault((item.where, caller, item.can), Seen()).add(item)

    def decide(self, by: str, time: str) -> None:
        """A statement in force decided a record."""
        count, last = self.decided.get(by, (0, ""))
        self.decided[by] = count + 1, max(last, time if is_time(time) else "")


def plain_form(path: str) -> str:
    """A path with `*` for each segment that looks like an identifier, or that the language could not say plainly."""
    return "/".join(part if _PLAIN.match(part) else "*" for part in path_form(path).split("/"))


def _caller(who: str) -> str | None:
    """The caller in the words of the language; None for one that has none."""
    if who == "anonymous":
        return "anonymous"
    found = parse_caller(who)
    if (
        found is None
        or len(found.args) < 2
        or found.kind not in ("role", "session", "user")
        or not _NAME.match(found.args[1])
    ):
        return None
    kind = "user" if found.kind == "user" else "role"
    return f'{kind}(account_{found.args[0]}, "{found.args[1]}")'


def patterns_of(forms: Iterable[str]) -> tuple[str, ...]:
    """The forms without those that others cover, as `/a/*` covers all below: only a star can match a star."""
    kept = sorted(set(forms))
    wide = {form: compile_glob(wildcard_tokens(form)) for form in kept if "*" in form}
    for form in sorted(kept, key=lambda text: (-len(text), text)):
        if any(other != form and glob.matches(form) for other, glob in wide.items()):
            kept.remove(form)
            wide.pop(form, None)
    return tuple(kept)


@dataclass(slots=True)
class _Statement:
    """What was seen of some callers, methods and paths, and of each of them."""

    callers: list[str]
    methods: list[str]
    paths: tuple[str, ...]
    count: int = 0
    first: str = ""
    last: str = ""
    by: dict[str, Counter[str]] = field(
        default_factory=lambda: {"path": Counter(), "method": Counter(), "caller": Counter()}
    )

    def add(self, caller: str, method: str, item: Seen) -> None:
        self.count += item.count
        self.first = min(filter(None, (self.first, item.first)), default="")
        self.last = max(self.last, item.last)
        self.by["caller"][caller] += item.count
        self.by["method"][method] += item.count
        for form, count in item.forms.items():
            covers = (path for path in self.paths if path == form or compile_glob(wildcard_tokens(path)).matches(form))
            self.by["path"][next(covers)] += count


def suggestion(evidence: Evidence, labels: Sequence[str] | None = None) -> str:
    """A file of policies with tests. `labels` are the statements in force, None where nobody gave any."""
    lines = list(_head(evidence, labels))
    services = sorted({service for service, _, _ in evidence.seen})
    accounts = sorted({account for key in evidence.seen for account in re.findall(r"account_([0-9]{12})", key[1])})
    places = {service: found for service in services if (found := _SERVICE.fullmatch(service)) is not None}
    accounts = sorted({*accounts, *(found["account"] for found in places.values())})
    lines += ["module suggested", ""]
    lines += [f'let account_{account}: account = "{account}"' for account in accounts]
    for service, found in places.items():
        name = found["id"].replace("-", "_")
        lines += ["", f"resource {name}: lattice.service {{", f'  id: "{found["id"]}",']
        lines += [f"  at: account_{found['account']}/{found['region']},", "  auth: aws_iam,"]
        methods = {method for place, _, method in evidence.seen if place == service}
        if "connect" in methods:
            lines.append(f"  protocol: {'tls_passthrough' if len(methods) == 1 else 'mixed'},")
        lines.append("}")
        statements = _statements({key: seen for key, seen in evidence.seen.items() if key[0] == service})
        lines += ["", f"policy {name}_auth for lattice on {name} {{"]
        for number, item in enumerate(statements, 1):
            lines += _statement(number, item, any(_lacks_root(path, item, statements) for path in item.paths))
            lines += [""] if number < len(statements) else []
        lines += ["}", "", *_tests(name, statements)]
    source = Source("suggested.policy", "\n".join(lines) + "\n")
    module = parse(source, Diagnostics())
    if module is None:
        raise ValueError("a suggestion that is no file of policies")
    return format_module(module, source)


def _head(evidence: Evidence, labels: Sequence[str] | None) -> Iterator[str]:
    yield f"// What was let in from {evidence.first or 'an unknown time'} to {evidence.last or 'an unknown time'}, and nothing else. Read it before it is used:"
    yield "// a log knows no yearly job, and what was let in may not be wanted. Roles are taken to have no path, which a session does not tell."
    for reason, count in sorted(evidence.left_out.items()):
        yield f"// {plural(count, 'record')} left out: {reason}."
    if labels is not None:
        used = {found for by in evidence.decided for found in re.findall("^`([^`]*)`", by)}
        unused = [label for label in dict.fromkeys(labels) if label not in used]
        if unused:
            yield "// In force, and deciding no record of this log: " + ", ".join(unused)
        for by, (count, last) in sorted(evidence.decided.items(), key=lambda entry: (entry[1][1], entry[0])):
            yield f"// In force: {by} decided {count:,}, the last one at {_since(last, evidence.last)}"
    if evidence.met is not None:
        for label, part, value in dict.fromkeys(evidence.met.listed()):
            seen = evidence.met.last.get((label, part, value))
            if seen is None:
                yield f"// In force, and met by no record of this log: {part} `{value}` of {label}"
            elif _days(seen, evidence.last) >= 1:
                yield f"// In force: {part} `{value}` of {label} was last met at {_since(seen, evidence.last)}"
    yield ""


def _since(time: str, end: str) -> str:
    """A time, and how long before the end of the log it was where that is days."""
    days = _days(time, end)
    ago = f", {plural(days, 'day')} before the end of the log" if days else ""
    return (time or "an unknown time") + ago


def _days(time: str, end: str) -> int:
    """Whole days from one time to another, 0 where one is not known."""
    if not time or not end:
        return 0
    return (datetime.fromisoformat(end) - datetime.fromisoformat(time)).days


def _statements(seen: dict[tuple[str, str, str], Seen]) -> list[_Statement]:
    """The fewest statements: methods with the same paths together, then callers with the same methods and paths."""
    by_caller: dict[tuple[str, tuple[str, ...]], list[tuple[str, Seen]]] = {}
    for (_, caller, method), item in sorted(seen.items()):
        by_caller.setdefault((caller, patterns_of(item.forms)), []).append((method, item))
    held: dict[tuple[tuple[str, ...], tuple[str, ...]], _Statement] = {}
    for (caller, paths), some in by_caller.items():
        methods = tuple(method for method, _ in some)
        made = held.setdefault((methods, paths), _Statement([], list(methods), paths))
        made.callers.append(caller)
        for method, item in some:
            made.add(caller, method, item)
    return list(held.values())


def _lacks_root(path: str, item: _Statement, statements: Sequence[_Statement]) -> bool:
    """Whether a path is that of all below a place which no statement lets the same callers ask for; whoever signed may do what everybody may."""
    root = path.removesuffix("/*")
    return (
        root not in (path, "")
        and "*" not in root
        and not any(
            ("anonymous" in other.callers or set(item.callers) <= set(other.callers))
            and set(item.methods) <= set(other.methods)
            and any(compile_glob(wildcard_tokens(known)).matches(root) for known in other.paths)
            for other in statements
        )
    )


def _statement(number: int, item: _Statement, lacks_root: bool) -> list[str]:
    when = f", from {item.first} to {item.last}" if item.first else ""
    lines = [f"  /// {plural(item.count, 'record')}{when}."]
    for name, counts in item.by.items():
        if len(counts) > 1:
            most = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:_MOST_TOLD]
            more = [f"and {len(counts) - len(most):,} more"] if len(counts) > len(most) else []
            lines.append(
                f"  /// By {name}: " + ", ".join([*(f"{text} {count:,}" for text, count in most), *more]) + "."
            )
    wide = [path for path in item.paths if "*" in path]
    if wide:
        lines.append(f"  /// {', '.join(wide)}: more than was seen, every other text in place of `*` too.")
    lines.append(f'  allow "seen-{number}" {{')
    lines.append(f"    who {', '.join(item.callers)}")
    lines.append(f"    can {', '.join(item.methods)}")
    if item.methods != ["connect"]:
        if lacks_root:
            lines.append("    // policyc: ignore[path-without-its-root] only paths below it were seen")
        lines.append("    path " + ", ".join(f'"{path}"' for path in item.paths))
    return [*lines, "  }"]


def _tests(name: str, statements: Sequence[_Statement]) -> Iterator[str]:
    for number, item in enumerate(statements, 1):
        who = f"who: {item.callers[0]}"
        path = "" if item.methods == ["connect"] else f', path: "{item.paths[0].replace("*", "1")}"'
        yield f'test "{name} seen-{number}" {{'
        yield f"  request {name} {{ {who}, can: {item.methods[0]}{path} }}"
        yield f'  expect allow by "seen-{number}" at {name}_auth'
        yield "}"
        yield ""
