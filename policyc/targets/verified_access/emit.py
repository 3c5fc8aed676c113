"""Policy documents in Cedar, one file for each policy, with comments that name the source."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from textwrap import wrap

from policyc.ir.authz import Always, Policy, Statement
from policyc.ir.program import Program
from policyc.model.values import Resource
from policyc.targets.base import Addition, Document, MapEntry
from policyc.targets.verified_access.additions import additions, moved_because
from policyc.targets.verified_access.condition import lower_condition
from policyc.targets.verified_access.expression import WIDTH, And, write_condition, write_conjuncts
from policyc.targets.verified_access.fold import Unless, exceptions, moved_denies
from policyc.targets.verified_access.scope import GROUP, Fact, facts
from policyc.targets.verified_access.validate import context_schema, faults, missing

TARGET = "verified_access"
_MOVED = "written into each permit as a condition, because a value of an unexpected kind would make Cedar skip a forbid"


def emit_documents(program: Program) -> Sequence[Document]:
    """The documents of all Verified Access policies, in order of declaration. Cedar has parsed and validated each.

    Raises RuntimeError when Cedar refuses one: that is a fault of the compiler, not of its user.
    """
    return [
        emit_policy(policy, facts(policy.on, program.resources))
        for policy in program.policies
        if policy.target == TARGET
    ]


def emit_policy(policy: Policy, known: Mapping[str, Fact]) -> Document:
    """The document of one policy that has passed `limits`."""
    if not isinstance(policy.on, Resource):
        raise ValueError(f"`{policy.name}` is not on a resource")
    writer = _Writer(known, moved_denies(policy, known))
    writer.head(policy)
    for place, statement in enumerate(policy.statements):
        writer.statement(statement, first=place == 0)
    text = writer.text()
    found = [] if missing() else list(faults(text, writer.checked_text(), context_schema(policy, known)))
    if found:
        raise RuntimeError(f"Cedar refuses the document of `{policy.name}`: {found[0]}")
    return Document(
        path=f"verified_access/{policy.name}.cedar",
        kind="",
        text=text,
        owner=policy.name,
        attached_to=policy.on.id,
        role="group" if policy.on.type == GROUP else "endpoint",
        span=policy.span,
        map=tuple(writer.map),
        added=tuple(writer.added),
    )


def write_apart(policy: Policy, known: Mapping[str, Fact]) -> str:
    """Every statement of a policy on its own, the denies as `forbid`: what each of them says of a request, never what is deployed."""
    return _joined(line for statement in policy.statements for line in _body(statement, (), known)[0])


class _Writer:
    """Collects lines and remembers where each statement begins, and each condition that stands for one."""

    def __init__(self, known: Mapping[str, Fact], moved: tuple[Statement, ...]) -> None:
        self.known = known
        self.moved = moved
        self.lines: list[str] = []
        self.checked: list[str] = []
        self.map: list[MapEntry] = []
        self.added: list[Addition] = []

    def head(self, policy: Policy) -> None:
        self.lines += _comment(policy.doc)
        if policy.doc:
            self.lines.append("")

    def statement(self, statement: Statement, *, first: bool) -> None:
        if not first:
            self.lines.append("")
        if statement in self.moved:
            self._moved(statement)
            return
        self.lines += _comment(statement.label)
        self.lines += _comment(statement.doc)
        pointer = self._place(statement, 0)
        self.added += [Addition(pointer, message, statement.span) for message in additions(statement, self.known)]
        unless = exceptions(statement, self.moved, self.known) if statement.effect == "allow" else ()
        body, starts = _body(statement, unless, self.known)
        for item, start in zip(unless, starts, strict=True):
            self._place(item.deny, start)
        self.lines += body
        self.checked += _body(statement, unless, self.known, checked=True)[0]

    def _moved(self, deny: Statement) -> None:
        """Where a deny stands in the source, words on where it went."""
        pointer = self._place(deny, 0)
        words = wrap(
            f"{_plain(deny.label)}: {_MOVED}", WIDTH - len("// "), break_long_words=False, break_on_hyphens=False
        )
        self.lines += _comment("\n".join(words))
        self.lines += _comment(deny.doc)
        messages = [*additions(deny, self.known), moved_because(deny, self.known)]
        self.added += [Addition(pointer, message, deny.span) for message in messages]

    def _place(self, statement: Statement, ahead: int) -> str:
        """The part that begins `ahead` lines on comes from a statement; its pointer."""
        pointer = f"line {len(self.lines) + ahead + 1}"
        if statement.span is not None:
            self.map.append(MapEntry(pointer, statement.label, statement.span))
        return pointer

    def text(self) -> str:
        return _joined(self.lines)

    def checked_text(self) -> str:
        """The same statements in the spelling for the validator."""
        return _joined(self.checked)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


def _comment(text: str) -> list[str]:
    """Comment lines; control characters become blanks, so that nothing of the text can leave its comment."""
    return [f"// {_plain(line)}".rstrip() for line in text.split("\n")] if text.strip() else []


def _plain(line: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def _body(
    statement: Statement, unless: Sequence[Unless], known: Mapping[str, Fact], *, checked: bool = False
) -> tuple[list[str], list[int]]:
    """The lines of a statement, and the number (from 0) of the first line of each deny that is written into it."""
    effect = "permit" if statement.effect == "allow" else "forbid"
    if isinstance(statement.when, Always) and not unless:
        return [f"{effect} (principal, action, resource);"], []
    head = [f"{effect} (principal, action, resource)", "when {"]
    own = lower_condition(statement.when, known)
    if not unless:
        return [*head, *write_condition(own, checked=checked), "};"], []
    parts = () if isinstance(statement.when, Always) else own.items if isinstance(own, And) else (own,)
    noted = [(f"// unless: {_plain(item.deny.label)}", item.condition) for item in unless]
    lines, starts = write_conjuncts([*(("", part) for part in parts), *noted], checked=checked)
    return [*head, *lines, "};"], [len(head) + start for start in starts[len(parts) :]]
