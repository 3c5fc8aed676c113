"""Policy documents in Cedar, one file for each policy, with comments that name the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from policyc.ir.authz import Always, Atom, Op, Policy, Statement
from policyc.ir.program import Program
from policyc.model.types import Named
from policyc.model.values import Resource
from policyc.targets.base import Addition, Document, MapEntry
from policyc.targets.verified_access.condition import lower_condition
from policyc.targets.verified_access.expression import (
    And,
    Expression,
    Has,
    Not,
    Or,
    Path,
    write_condition,
    write_flat,
)
from policyc.targets.verified_access.limits import atoms
from policyc.targets.verified_access.scope import GROUP, REQUEST_ROOTS, Fact, fact_of, facts
from policyc.targets.verified_access.validate import context_schema, faults

TARGET = "verified_access"


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
    writer = _Writer(known)
    writer.head(policy)
    for place, statement in enumerate(policy.statements):
        writer.statement(statement, first=place == 0)
    text = writer.text()
    found = list(faults(text, _checked_text(policy, known), context_schema(policy, known)))
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


class _Writer:
    """Collects lines and remembers where each statement begins."""

    def __init__(self, known: Mapping[str, Fact]) -> None:
        self.known = known
        self.lines: list[str] = []
        self.map: list[MapEntry] = []
        self.added: list[Addition] = []

    def head(self, policy: Policy) -> None:
        self.lines += _comment(policy.doc)
        if policy.doc:
            self.lines.append("")

    def statement(self, statement: Statement, *, first: bool) -> None:
        if not first:
            self.lines.append("")
        self.lines += _comment(statement.label)
        self.lines += _comment(statement.doc)
        pointer = f"line {len(self.lines) + 1}"
        if statement.span is not None:
            self.map.append(MapEntry(pointer, statement.label, statement.span))
        for message in _additions(statement, self.known):
            self.added.append(Addition(pointer, message, statement.span))
        self.lines += _body(statement, self.known)

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def _comment(text: str) -> list[str]:
    """Comment lines; control characters become blanks, so that nothing of the text can leave its comment."""
    lines = [
        " ".join("".join(char if char.isprintable() else " " for char in line).split()) for line in text.split("\n")
    ]
    return [f"// {line}".rstrip() for line in lines] if text.strip() else []


def _body(statement: Statement, known: Mapping[str, Fact], *, checked: bool = False) -> list[str]:
    effect = "permit" if statement.effect == "allow" else "forbid"
    if isinstance(statement.when, Always):
        return [f"{effect} (principal, action, resource);"]
    condition = write_condition(lower_condition(statement.when, known), checked=checked)
    return [f"{effect} (principal, action, resource)", "when {", *condition, "};"]


def _checked_text(policy: Policy, known: Mapping[str, Fact]) -> str:
    return "\n".join("\n".join(_body(statement, known, checked=True)) for statement in policy.statements) + "\n"


def _additions(statement: Statement, known: Mapping[str, Fact]) -> Iterator[str]:
    """What lowering put in: guards, a second form of a port, and what an unreadable address would do."""
    if isinstance(statement.when, Always):
        return
    expression = lower_condition(statement.when, known)
    wanted = {asked for atom in atoms(statement.when) for asked in _asked(atom, fact_of(known, atom.attribute))}
    guards = dict.fromkeys(
        write_flat(guard) for guard in _guards(expression) if (guard.parent, guard.name) not in wanted
    )
    if guards:
        yield "guards, because an absent attribute makes a test false: " + ", ".join(f"`{guard}`" for guard in guards)
    for name in dict.fromkeys(
        atom.attribute.name for atom in atoms(statement.when) if fact_of(known, atom.attribute).text_too
    ):
        yield f"`{name}` as a number and as text, because AWS's pages disagree"
    if statement.effect == "deny":
        for name, kind in dict.fromkeys(pair for atom in atoms(statement.when) for pair in failing_kinds(atom, known)):
            # request data other than addresses is text that the service itself makes
            if kind == "address" or name.split(".", 1)[0] not in REQUEST_ROOTS:
                yield f"a `{name}` that is no {kind} would make Cedar skip this deny; AWS documents {_DOCUMENTED[kind]}"


_DOCUMENTED = {
    "address": "a bare address", "text": "text", "number": "a number", "list": "a list", "record": "a record",
}  # fmt: skip


def failing_kinds(atom: Atom, known: Mapping[str, Fact]) -> Iterator[tuple[str, str]]:
    """What has to be of which kind lest Cedar's operators fail: the attribute itself, and the record that its key looks into.

    No portable guard asks for a value's type, so `build --explain` names these, and `simulate` leaves such an answer open.
    """
    fact = fact_of(known, atom.attribute)
    for record in known.values():
        if record.form == "record" and fact.attribute.key is not None and fact.path[: len(record.path)] == record.path:
            yield record.attribute.name, "record"
    if kind := _failing_kind(atom, fact):
        yield atom.attribute.name, kind


def _failing_kind(atom: Atom, fact: Fact) -> str:
    if atom.op is Op.EXISTS:
        return ""
    if fact.form != "scalar":
        return "list" if fact.form == "set" else "record"
    if _reads_address(atom):
        return "address"
    if atom.op is Op.LIKE:
        return "text"
    return "number" if atom.op in (Op.LT, Op.LE, Op.GT, Op.GE) else ""


def _reads_address(atom: Atom) -> bool:
    return atom.attribute.type == Named("ip") and (
        atom.op is Op.IN_CIDR or (atom.op is Op.EQ and any(":" in str(value.value) for value in atom.values))
    )


def _asked(atom: Atom, fact: Fact) -> Iterator[tuple[Path, str]]:
    """What a test asks for with `has` itself: the attribute, or a group in the record of groups."""
    if atom.op is Op.EXISTS:
        yield fact.path[:-1], fact.path[-1]
    elif fact.form == "record":
        yield from ((fact.path, str(value.value)) for value in atom.values)


def _guards(expression: Expression) -> Iterator[Has]:
    work: list[Expression] = [expression]
    while work:
        match work.pop():
            case Has() as guard:
                yield guard
            case Not(item):
                work.append(item)
            case And(items) | Or(items):
                work.extend(reversed(items))
            case _:
                pass
