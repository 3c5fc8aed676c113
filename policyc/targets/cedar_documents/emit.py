"""Policy documents in Cedar, one file for each policy, with comments that name the source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import wrap
from typing import Literal

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Always, Policy, Statement
from policyc.model.values import Resource
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_nodes import NOWHERE, OPEN_SCOPE, And, Clause, Expr, Or
from policyc.syntax.cedar_printer import WIDTH, Part, laid_out, print_statement, statement_text
from policyc.targets.base import Addition, Document, MapEntry
from policyc.targets.cedar_documents.additions import additions, moved_because
from policyc.targets.cedar_documents.condition import lower_alternatives, lower_condition
from policyc.targets.cedar_documents.facts import Fact
from policyc.targets.cedar_documents.fold import Unless, exceptions, moved_denies, shared_permits
from policyc.targets.cedar_documents.validate import checked_text, context_schema, faults, missing
from policyc.text import Span

#: what stands above the next statement for a deny that is written into the permits
MOVED = "written into each permit as a condition, because a value of an unexpected kind would make Cedar skip a forbid"


def emit_policy(policy: Policy, known: Mapping[str, Fact], role: str, *, trusted: bool = False) -> Document:
    """The document of one policy that has passed `limits`, a gate of kind `role`; `trusted` as for `fold.moved_denies`.

    Cedar has parsed and validated it. Raises RuntimeError when Cedar refuses it: that is a fault of the compiler, not of its user.
    """
    if not isinstance(policy.on, Resource):
        raise ValueError(f"`{policy.name}` is not on a resource")
    writer = _write(policy, known, trusted)
    text = writer.text
    checked = checked_text(writer.checked, policy, known)
    found = [] if missing() else list(faults(text, checked, context_schema(policy, known)))
    if found:
        raise RuntimeError(f"Cedar refuses the document of `{policy.name}`: {found[0]}")
    return Document(
        path=f"{policy.target}/{policy.name}.cedar",
        kind="",
        text=text,
        owner=policy.name,
        attached_to=policy.on.id,
        role=role,
        span=policy.span,
        map=tuple(writer.map),
        added=tuple(writer.added),
    )


def tell_unchecked(target: str, documents: Sequence[Document], diagnostics: Diagnostics) -> None:
    """Warn where the Cedar package is missing, so that nobody held the documents against Cedar."""
    if documents and (lacking := missing()) is not None:
        message = f"nobody held the documents of `{target}` against Cedar: {lacking}"
        diagnostics.warning("missing-package", message, documents[0].span, lacking.help)


def written_size(policy: Policy, known: Mapping[str, Fact]) -> int:
    """How many bytes the document of a policy has."""
    return len(_write(policy, known, trusted=False).text.encode())


def _write(policy: Policy, known: Mapping[str, Fact], trusted: bool) -> _Writer:
    moved = moved_denies(policy, known, trusted=trusted)
    writer = _Writer(known, moved, shared_permits(policy, moved, known) if moved else ())
    writer.head(policy)
    for statement in policy.statements:
        writer.statement(statement)
    writer.finish()
    return writer


def write_apart(policy: Policy, known: Mapping[str, Fact]) -> str:
    """Every statement of a policy on its own, the denies as `forbid`: what each of them says of a request, never what is deployed."""
    return "\n".join(statement_text(lowered(statement, (), known)) for statement in policy.statements)


class _Writer:
    """Collects statements in the layout of `policyc fmt`, and remembers where each begins, and each condition that stands for one."""

    def __init__(
        self, known: Mapping[str, Fact], moved: tuple[Statement, ...], permits: Sequence[Sequence[Statement]]
    ) -> None:
        self.known = known
        self.moved = moved
        self.permits = {item.index: permit for permit in permits for item in permit}
        self.text = ""
        self.checked: list[cedar.Statement] = []
        self.map: list[MapEntry] = []
        self.added: list[Addition] = []
        #: comment blocks that wait for the statement below them, each with the deny that it is about
        self._waiting: list[tuple[list[str], Statement | None]] = []

    def head(self, policy: Policy) -> None:
        self._note(_comment(policy.doc), None)

    def statement(self, statement: Statement) -> None:
        if (
            statement.effect == "allow"
            and (permit := self.permits.get(statement.index)) is not None
            and len(permit) > 1
        ):
            if statement is permit[0]:
                self._shared(permit)
            return
        if statement in self.moved:
            words = f"{_plain(statement.label)}: {MOVED}"
            wrapped = wrap(words, WIDTH - len("// "), break_long_words=False, break_on_hyphens=False)
            self._note([*wrapped, *_comment(statement.doc)], statement)
            return
        self._note([*_comment(statement.label), *_comment(statement.doc)], None)
        unless = exceptions([statement], self.moved, self.known) if statement.effect == "allow" else ()
        made = lowered(statement, unless, self.known)
        parts = _parts(made, unless)
        blocks = [lines for lines, _ in self._waiting]
        comments = [line for place, lines in enumerate(blocks) for line in ([""] if place else []) + lines]
        printed, lines = laid_out(print_statement(made, comments, parts, statement.index))
        first = self._begin()
        self._place_waiting(first)
        self.text += printed
        pointer = self._place(statement, first + lines[statement.index] - 1)
        self.added += [Addition(pointer, message, statement.span) for message in additions(statement, self.known)]
        for item in unless:
            self._place(item.deny, first + lines[_UNLESS, item.deny.index] - 1)
        self.checked.append(made)

    def _shared(self, allows: Sequence[Statement]) -> None:
        """One permit for several allows, each under a comment with its name."""
        unless = exceptions(allows, self.moved, self.known)
        guards, branches, _ = lower_alternatives([item.when for item in allows], self.known)
        span = allows[0].span or NOWHERE
        items = tuple(part for branch in branches for part in (branch.items if isinstance(branch, Or) else (branch,)))
        made = _permit((*guards, Or(items, span), *(item.condition for item in unless)), span)
        noted: list[Part] = []
        for allow, branch in zip(allows, branches, strict=True):
            first, *rest = branch.items if isinstance(branch, Or) else (branch,)
            comment = "\n".join([f"{_ALLOW}: {_plain(allow.label)}", *_comment(allow.doc)])
            noted += [Part(first, comment, (_ALLOW, allow.index)), *(Part(item) for item in rest)]
        denies = [
            Part(item.condition, f"unless: {_plain(item.deny.label)}", (_UNLESS, item.deny.index)) for item in unless
        ]
        either = Part(Or(items, span), noted[0].comment, None, tuple(noted))
        self._note([f"{len(allows)} allows, each unless one of {len(unless)} denies applies"], None)
        blocks = [lines for lines, _ in self._waiting]
        comments = [line for place, lines in enumerate(blocks) for line in ([""] if place else []) + lines]
        parts = [*(Part(item) for item in guards), either, *denies]
        printed, lines = laid_out(print_statement(made, comments, parts, allows[0].index))
        first_line = self._begin()
        self._place_waiting(first_line)
        self.text += printed
        for allow in allows:
            pointer = self._place(allow, first_line + lines[_ALLOW, allow.index] - 1)
            self.added += [Addition(pointer, message, allow.span) for message in additions(allow, self.known)]
        for item in unless:
            self._place(item.deny, first_line + lines[_UNLESS, item.deny.index] - 1)
        self.checked.append(made)

    def finish(self) -> None:
        """Comments without a statement below them stand at the end."""
        at = self.text.count("\n") + 1
        self.text += "".join(f"// {line}".rstrip() + "\n" for lines, _ in self._waiting for line in lines)
        self._place_waiting(at, separated=False)

    def _note(self, lines: list[str], deny: Statement | None) -> None:
        if lines:
            self._waiting.append((lines, deny))

    def _begin(self) -> int:
        """The number of the next statement's first line, below an empty one."""
        if self.text:
            self.text += "\n"
        return self.text.count("\n") + 1

    def _place_waiting(self, line: int, *, separated: bool = True) -> None:
        for lines, deny in self._waiting:
            if deny is not None:
                pointer = self._place(deny, line)
                messages = [*additions(deny, self.known), moved_because(deny, self.known)]
                self.added += [Addition(pointer, message, deny.span) for message in messages]
            line += len(lines) + separated
        self._waiting.clear()

    def _place(self, statement: Statement, line: int) -> str:
        """The part that begins on a line comes from a statement; its pointer."""
        pointer = f"line {line}"
        if statement.span is not None:
            self.map.append(MapEntry(pointer, statement.label, statement.span))
        return pointer


_UNLESS = "unless"
_ALLOW = "allow"


def _parts(made: cedar.Statement, unless: Sequence[Unless]) -> list[Part] | None:
    """The operands of a permit's condition with the names of the denies that are written into it."""
    if not unless:
        return None
    body = made.clauses[0].body
    items = body.items if isinstance(body, And) else (body,)
    own, denies = items[: len(items) - len(unless)], items[len(items) - len(unless) :]
    noted = [
        Part(item, f"unless: {_plain(one.deny.label)}", (_UNLESS, one.deny.index))
        for item, one in zip(denies, unless, strict=True)
    ]
    return [*(Part(item) for item in own), *noted]


def _comment(text: str) -> list[str]:
    """Comment lines; control characters become blanks, so that nothing of the text can leave its comment."""
    return [plain for line in text.split("\n") if (plain := _plain(line))]


def _plain(line: str) -> str:
    return " ".join("".join(char if char.isprintable() else " " for char in line).split())


def lowered(statement: Statement, unless: Sequence[Unless], known: Mapping[str, Fact]) -> cedar.Statement:
    """A statement in Cedar, with the denies that are written into it as the last operands of its condition."""
    span = statement.span or NOWHERE
    effect: Literal["permit", "forbid"] = "permit" if statement.effect == "allow" else "forbid"
    parts: list[Expr] = []
    if not isinstance(statement.when, Always):
        own = lower_condition(statement.when, known)
        parts += own.items if isinstance(own, And) else (own,)
    parts += [item.condition for item in unless]
    if effect == "permit" and unless:
        return _permit(parts, span)
    body = parts[0] if len(parts) == 1 else And(tuple(parts), span)
    clauses = (Clause("when", body, span),) if parts else ()
    return cedar.Statement(effect, span, (), OPEN_SCOPE, clauses, "", span)


def _permit(parts: Sequence[Expr], span: Span) -> cedar.Statement:
    body = parts[0] if len(parts) == 1 else And(tuple(parts), span)
    return cedar.Statement("permit", span, (), OPEN_SCOPE, (Clause("when", body, span),), "", span)
