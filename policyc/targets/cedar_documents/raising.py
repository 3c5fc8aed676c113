"""From a Cedar text to a policy of the language that is built as the same text again; what it is on is its target's to say."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, AnyOf, Atom, Cond, Op, Origin, Policy, RawExpression
from policyc.ir.conditions import conjunction, disjunction
from policyc.model.types import INT
from policyc.model.values import Resource
from policyc.model.vocabulary import Attribute
from policyc.record import record, replace
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.emit import MOVED, emit_policy, write_apart
from policyc.targets.cedar_documents.facts import Fact, cedar_path
from policyc.targets.cedar_documents.fold import moved_denies
from policyc.targets.cedar_documents.read import read_document
from policyc.text import Source, Span

#: behind the last step of a path whose value is tested as a number and as text at once
_BOTH: Final = "\0both"


@record
class Carried:
    """What a text may count on: the word of its target, the gate that it forms (`group`), and the data that it has, by name."""

    target: str
    role: str
    known: Mapping[str, Fact]


def tested(document: cedar.Document) -> Iterator[tuple[tuple[str, ...], str]]:
    """The paths that the tests of a text read, each with the type of claim that the test takes it for."""
    for statement in document.statements:
        for clause in statement.clauses:
            for node in (clause.body, *cedar.walk(clause.body)):
                yield from compared(node)


def compared(node: cedar.Expr) -> Iterator[tuple[tuple[str, ...], str]]:
    """The paths that a test reads, with the type of claim that it takes them for."""
    match node:
        case cedar.Compare(_, left, right):
            for one, other in ((left, right), (right, left)):
                kind = _kind(other)
                if kind and (path := cedar.path_of(one)):
                    yield path, kind
        case cedar.Like(of, _) if path := cedar.path_of(of):
            yield path, "string"
        case cedar.Method(cedar.SetOf(items), "contains", _, (arg,)) if items and (path := cedar.path_of(arg)):
            yield path, _kind(items[0]) or "string"
        case cedar.Method(of, "contains" | "containsAny" | "containsAll" | "isEmpty") if path := cedar.path_of(of):
            yield path, "string_set"
        case _:
            return


def _kind(node: cedar.Expr) -> str:
    match node:
        case cedar.Lit(bool()):
            return "bool"
        case cedar.Lit(int()):
            return "int"
        case cedar.Lit(str()):
            return "string"
        case _:
            return ""


# --- statements -------------------------------------------------------------------------------------------------


def read(document: cedar.Document, on: Resource, carried: Carried) -> Policy:
    """The policy that a text states about the data that its carrier has, with tests that `build` writes in two parts as one."""
    known = carried.known
    doubled = {
        f"{name}{_BOTH}": replace(
            fact,
            attribute=replace(fact.attribute, type=INT),
            path=(*fact.path[:-1], fact.path[-1] + _BOTH),
            text_too=False,
        )
        for name, fact in known.items()
        if fact.text_too
    }
    paths = frozenset(fact.path for fact in known.values() if fact.text_too)
    statements = tuple(
        replace(
            statement,
            clauses=tuple(
                replace(clause, body=cedar.rewritten(clause.body, lambda node: _one_of_two(node, paths)))
                for clause in statement.clauses
            ),
        )
        for statement in document.statements
    )
    policy = read_document(replace(document, statements=statements), dict(known) | doubled, on, carried.target, on.file)
    own = {fact.attribute: known[name.removesuffix(_BOTH)].attribute for name, fact in doubled.items()}
    joined = tuple(replace(item, when=_joined(item.when, own)) for item in policy.statements)
    return replace(policy, statements=joined)


def _one_of_two(node: cedar.Expr, paths: frozenset[tuple[str, ...]]) -> cedar.Expr | None:
    """A test of a number or of the same number as text, as one test under a name of its own."""
    match node:
        case cedar.Or(
            (
                cedar.Method(cedar.SetOf(numbers), "contains", _, (one,), _) as first,
                cedar.Method(cedar.SetOf(texts), "contains", _, (two,), _),
            )
        ):
            pairs = zip(numbers, texts, strict=False) if len(numbers) == len(texts) else ()
            same = cedar.path_of(one) == cedar.path_of(two) and len(numbers) == len(texts)
            if same and cedar.path_of(one) in paths and all(_is_text_of(left, right) for left, right in pairs):
                return replace(first, args=(_both(one),))
        case cedar.Method(cedar.SetOf(items), "contains", _, (one,)) if cedar.path_of(one) in paths:
            numbers = tuple(item for item in items if any(_is_text_of(item, other) for other in items))
            if numbers and len(items) == 2 * len(numbers):
                return replace(node, of=cedar.SetOf(numbers, node.of.span), args=(_both(one),))
        case cedar.Or((cedar.Compare("==", one, number) as equal, cedar.Compare("==", two, text))):
            if cedar.path_of(one) == cedar.path_of(two) and cedar.path_of(one) in paths and _is_text_of(number, text):
                return replace(equal, left=_both(one))
    return None


def _is_text_of(number: cedar.Expr, text: cedar.Expr) -> bool:
    pair = isinstance(number, cedar.Lit) and isinstance(text, cedar.Lit)
    return pair and isinstance(number.value, int) and str(number.value) == text.value  # type: ignore[union-attr]


def _both(node: cedar.Expr) -> cedar.Expr:
    assert isinstance(node, cedar.Get)
    return replace(node, name=node.name + _BOTH)


def _joined(cond: Cond, own: Mapping[Attribute, Attribute]) -> Cond:
    """The condition with `any` of a set beside "the set holds nothing else" as `all`, and without a question for presence that a test
    beside it answers; `own` has the attributes of tests that were read under other names."""
    match cond:
        case Atom() if cond.attribute in own:
            return replace(cond, attribute=own[cond.attribute])
        case All(items):
            parts = [_joined(item, own) for item in items]
            for raw in [item for item in parts if isinstance(item, RawExpression) and not item.negated]:
                at = next((at for at, item in enumerate(parts) if _is_within(raw.expression, item)), None)
                if at is not None:
                    found = parts[at]
                    assert isinstance(found, Atom)
                    parts[at] = replace(found, quantifier="all")
                    parts.remove(raw)
            tested = {
                item.attribute
                for item in parts
                if isinstance(item, Atom) and not item.negated and item.op is not Op.EXISTS
            }
            return conjunction([item for item in parts if not (_asks(item) and item.attribute in tested)])  # type: ignore[union-attr]
        case AnyOf(items):
            return disjunction([_joined(item, own) for item in items])
        case _:
            return cond


def _asks(cond: Cond) -> bool:
    return isinstance(cond, Atom) and cond.op is Op.EXISTS and not cond.negated


def _is_within(node: cedar.Expr, cond: Cond) -> bool:
    """Whether an expression says of the set that a test asks for some of the same values that it holds no others."""
    match node:
        case cedar.Method(cedar.SetOf(items), "containsAll", _, (arg,)) if isinstance(cond, Atom) and (
            path := cedar.path_of(arg)
        ):
            values = [item.value for item in items if isinstance(item, cedar.Lit)]
            same = [item.value for item in cond.values] == values and len(values) == len(items)
            return same and cond.quantifier == "any" and not cond.negated and cond.attribute.native == cedar_path(path)
        case _:
            return False


def raw_parts(cond: Cond) -> Iterator[RawExpression]:
    """The parts of a condition that no typed test says."""
    match cond:
        case RawExpression():
            yield cond
        case All(items) | AnyOf(items):
            for item in items:
                yield from raw_parts(item)
        case _:
            return


def statement_that_differs(original: Policy, again: Policy, carried: Carried) -> tuple[bool, Span | None]:
    """Whether the language's policy says something else than the text, each statement on its own, and which statement does."""
    assert isinstance(again.on, Resource)
    text = write_apart(again, carried.known)
    document = parse_cedar(Source("again.cedar", text), Diagnostics())
    if document is None or len(document.statements) != len(original.statements):
        return True, None
    read_again = read(document, again.on, carried)
    for one, other in zip(original.statements, read_again.statements, strict=True):
        if (one.effect, _meaning(one.when)) != (other.effect, _meaning(other.when)):
            return True, one.span
    return False, None


def _meaning(cond: Cond) -> object:
    match cond:
        case All(items) | AnyOf(items):
            return type(cond).__name__, frozenset(map(_meaning, items))
        case Atom():
            values = frozenset((str(item.value), item.group and item.group.id) for item in cond.values)
            return cond.attribute.name, cond.op, values, cond.quantifier, cond.negated
        case _:
            return cond


# --- what build wrote -------------------------------------------------------------------------------------------


def policies(source: Source, document: cedar.Document, on: Resource, carried: Carried) -> tuple[Policy, bool]:
    """The policy of the language that the text comes from, and whether `build` makes the very text of it: then the conditions that are denies
    written into the permits are denies again, and the comments are labels and doc comments as they were."""
    undone = _unfolded(document)
    if undone is not None:
        policy = _documented(read(undone[0], on, carried), undone[1])
        if _is_built(policy, source.text, carried):
            return policy, True
    return _documented_once(read(document, on, carried), document), False


def _is_built(policy: Policy, text: str, carried: Carried) -> bool:
    """Whether `build` writes this text for the policy; what it has no form for it has not written."""
    if any(list(raw_parts(item.when)) for item in policy.statements):
        return False
    try:
        return emit_policy(policy, carried.known, carried.role).text == text
    except (ValueError, RuntimeError):
        return False


def stricter(policy: Policy, carried: Carried) -> Iterator[str]:
    """The labels of denies that hold without an answer too, where Cedar would skip a `forbid`; none where nothing is permitted."""
    return (item.label for item in moved_denies(policy, carried.known))


def _blocks(comment: str) -> list[list[str]]:
    """The lines of a comment, cut where an empty line stands."""
    out: list[list[str]] = [[]]
    for line in comment.split("\n"):
        if line.strip():
            out[-1].append(line.strip())
        elif out[-1]:
            out.append([])
    return [block for block in out if block]


def _documented_once(policy: Policy, document: cedar.Document) -> Policy:
    """The policy with the comments of the text: of those above a statement and in it the one that is its label is left out, those
    behind the last statement are the policy's."""
    statements = []
    for statement, written in zip(policy.statements, document.statements, strict=True):
        lines = [line for block in _blocks(written.comment) for line in block]
        lines += [item.text for item in document.comments if written.span.start < item.span.start < written.span.end]
        kept = [line for line in lines if line != statement.label and not line.startswith("policyc:")]
        statements.append(replace(statement, doc="\n".join(dict.fromkeys(kept))))
    end = document.statements[-1].span.end if document.statements else 0
    behind = [item.text for item in document.comments if item.span.start > end and not item.text.startswith("policyc:")]
    return replace(policy, statements=tuple(statements), doc="\n".join(behind), origin=Origin.LANGUAGE)


def _unfolded(document: cedar.Document) -> tuple[cedar.Document, list[tuple[str, str]]] | None:
    """The text with the denies that `build` wrote into its permits as statements of their own, and the label and the doc comment of each
    statement, that of the policy first; None when it is not of `build`."""
    notes: list[tuple[str, str]] = [("", "")]
    statements: list[cedar.Statement] = []
    for index, statement in enumerate(document.statements):
        blocks = _blocks(statement.comment)
        if not blocks:
            return None
        for place, block in enumerate(blocks):
            denied = _moved(block)
            if denied is not None:
                statements.append(_deny(denied[0], document, statement))
                notes.append(denied)
            elif place == len(blocks) - 1:
                statements.append(_without_denies(statement, document))
                notes.append((block[0], "\n".join(block[1:])))
            elif index == 0 and place == 0:
                notes[0] = ("", "\n".join(block))
            else:
                return None
    last = document.statements[-1] if document.statements else None
    for block in _trailing(document):
        denied = _moved(block)
        if denied is None or last is None:
            return None
        statements.append(_deny(denied[0], document, last))
        notes.append(denied)
    return replace(document, statements=tuple(statements)), notes


def _trailing(document: cedar.Document) -> Iterator[list[str]]:
    """The comments behind the last statement, one block for each deny that they speak of."""
    end = document.statements[-1].span.end if document.statements else 0
    labels = {item.text.removeprefix("unless: ") for item in document.comments if item.text.startswith("unless: ")}
    block: list[str] = []
    for item in document.comments:
        if item.span.start < end:
            continue
        if block and any(item.text.startswith(f"{label}: written") for label in labels):
            yield block
            block = []
        block.append(item.text)
    if block:
        yield block


def _moved(block: list[str]) -> tuple[str, str] | None:
    """The label and the doc comment of a deny that a comment says is written into the permits."""
    for count in range(1, min(len(block), 6) + 1):
        label, found, rest = " ".join(block[:count]).partition(f": {MOVED}")
        if found and not rest:
            return label, "\n".join(block[count:])
    return None


def _operands(statement: cedar.Statement) -> tuple[cedar.Expr, ...]:
    body = statement.clauses[0].body if statement.clauses else None
    return () if body is None else body.items if isinstance(body, cedar.And) else (body,)


def _said_of(statement: cedar.Statement, document: cedar.Document) -> dict[int, str]:
    """The operands of a permit that are denies, by their place, with the label of each."""
    out: dict[int, str] = {}
    operands = _operands(statement)
    for comment in document.comments:
        inside = statement.span.start < comment.span.start < statement.span.end
        if inside and comment.text.startswith("unless: "):
            at = next((at for at, item in enumerate(operands) if item.span.start > comment.span.start), None)
            if at is not None:
                out[at] = comment.text.removeprefix("unless: ")
    return out


def _without_denies(statement: cedar.Statement, document: cedar.Document) -> cedar.Statement:
    denies = _said_of(statement, document)
    kept = tuple(item for at, item in enumerate(_operands(statement)) if at not in denies)
    if not denies:
        return statement
    body = kept[0] if len(kept) == 1 else cedar.And(kept, statement.span)
    return replace(statement, clauses=(replace(statement.clauses[0], body=body),) if kept else ())


def _deny(label: str, document: cedar.Document, near: cedar.Statement) -> cedar.Statement:
    """The deny that the permits hold as a condition under its label, in the longest form that one of them has."""
    found = [
        _operands(statement)[at]
        for statement in document.statements
        for at, name in _said_of(statement, document).items()
        if name == label
    ]
    if not found:
        return replace(near, effect="forbid", clauses=())
    operand = max(found, key=lambda item: item.span.end - item.span.start)
    body = operand.of if isinstance(operand, cedar.Not) else cedar.Not(operand, operand.span)
    return replace(near, effect="forbid", clauses=(cedar.Clause("when", body, operand.span),))


def _documented(policy: Policy, notes: list[tuple[str, str]]) -> Policy:
    pairs = zip(policy.statements, notes[1:], strict=True)
    statements = tuple(
        replace(statement, label=label, doc=doc, index=at) for at, (statement, (label, doc)) in enumerate(pairs)
    )
    return replace(policy, statements=statements, doc=notes[0][1], origin=Origin.LANGUAGE)
