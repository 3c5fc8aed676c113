"""From a Cedar text of Verified Access to the group that it is on and to statements in the words of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import All, AnyOf, Atom, Cond, Op, Origin, Policy, RawExpression
from policyc.ir.conditions import conjunction, disjunction
from policyc.model.types import INT, RECORD, STRING, Named
from policyc.model.values import Resource, Value
from policyc.model.vocabulary import Attribute
from policyc.syntax.cedar_nodes import (
    And,
    Clause,
    Compare,
    Document,
    Expr,
    Get,
    Like,
    Lit,
    Method,
    Not,
    Or,
    SetOf,
    Statement,
    path_of,
    rewritten,
    walk,
)
from policyc.syntax.cedar_text import parse_cedar
from policyc.targets.cedar_documents.emit import MOVED, emit_policy, write_apart
from policyc.targets.cedar_documents.facts import cedar_path, language_name
from policyc.targets.cedar_documents.fold import moved_denies
from policyc.targets.cedar_documents.read import read_document
from policyc.targets.verified_access.read.trust import declared_trust, reads, undeclared_roots
from policyc.targets.verified_access.scope import GROUP, facts, guess_type, trust_types
from policyc.text import Source, Span

_WORD: Final = Named("word")
_ARN: Final = re.compile(r"arn:aws[a-z-]*:ec2:[a-z0-9-]+:[0-9]{12}:verified-access-group/vagr-[0-9a-f]{17}")
EXAMPLE: Final = "arn:aws:ec2:us-east-1:111122223333:verified-access-group/vagr-0123456789abcdef0"
_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PARTS: Final = re.compile(r"[A-Za-z0-9]+")
#: behind the last step of a path whose value is tested as a number and as text at once
_BOTH: Final = "\0both"


def is_carrier(arn: str) -> bool:
    """Whether an ARN is that of a group."""
    return _ARN.fullmatch(arn) is not None


def group_of(
    source: Source, document: Document, name: str, trust: Mapping[str, str], diagnostics: Diagnostics
) -> Resource | None:
    """The group that a text is on, with the trust providers and the claims that it reads; None after reporting a provider whose type
    nothing tells. `trust` are those that somebody stated."""
    known = {**declared_trust(document, diagnostics), **trust}
    paths = [path for path, _ in reads(document)]
    for root, span in undeclared_roots(document, known).items():
        kind = guess_type(root, [path[1:] for path in paths if path[0] == root])
        if kind:
            known[root] = kind
        else:
            help = f"state it with `--trust {root}=oidc`, or in the comment `// policyc: trust {root}=oidc`"
            diagnostics.error("not-importable", f"nothing tells what trust provider `{root}` is", span, help)
    if diagnostics.has_errors:
        return None
    span = Span(source.file, 0, 0)
    used = {root: kind for root, kind in known.items() if any(path and path[0] == root for path in paths)}
    called = _called(used)
    fields: dict[str, dict[str, str]] = {
        "trust": {called[root]: kind for root, kind in used.items()},
        "claims": _claims(document, used, called),
    }
    texts = {called[root]: root for root in used if called[root] != root}
    made = tuple((key, _record(entries, span)) for key, entries in fields.items() if entries)
    if texts:
        named = tuple((key, Value(STRING, text, span)) for key, text in texts.items())
        made = (*made, ("references", Value(RECORD, named, span)))
    return Resource(name, GROUP, made, source.file, span)


def _called(trust: Mapping[str, str]) -> dict[str, str]:
    """What the language calls each provider: its policy reference name, or a word made from it."""
    out: dict[str, str] = {}
    for root in trust:
        name = root if _NAME.fullmatch(root) else "_".join(_PARTS.findall(root)) or "provider"
        name = f"provider_{name}" if name[0].isdigit() else name
        while name in out.values():
            name += "_"
        out[root] = name
    return out


def _record(entries: Mapping[str, str], span: Span) -> Value:
    return Value(RECORD, tuple((key, Value(_WORD, text, span)) for key, text in entries.items()), span)


def _claims(document: Document, trust: Mapping[str, str], called: Mapping[str, str]) -> dict[str, str]:
    """The claims of providers that may send more than is documented, each with the type that its tests compare it with."""
    found: dict[str, str] = {}
    for statement in document.statements:
        for clause in statement.clauses:
            for node in walk(clause.body):
                for path, kind in _compared(node):
                    open_ = path and path[0] in trust and trust_types()[trust[path[0]]].open
                    if open_ and not _is_documented(path, trust_types()[trust[path[0]]].attributes):
                        found.setdefault(language_name((called[path[0]], *path[1:])), kind)
    return found


def _is_documented(path: tuple[str, ...], attributes: Mapping[str, object]) -> bool:
    return language_name(path).partition(".")[2] in attributes


def _compared(node: Expr) -> Iterator[tuple[tuple[str, ...], str]]:
    """The paths that a test reads, with the type of claim that it takes them for."""
    match node:
        case Compare(_, left, right):
            for one, other in ((left, right), (right, left)):
                kind = _kind(other)
                if kind and (path := path_of(one)):
                    yield path, kind
        case Like(of, _) if path := path_of(of):
            yield path, "string"
        case Method(SetOf(items), "contains", _, (arg,)) if items and (path := path_of(arg)):
            yield path, _kind(items[0]) or "string"
        case Method(of, "contains" | "containsAny" | "containsAll" | "isEmpty") if path := path_of(of):
            yield path, "string_set"
        case _:
            return


def _kind(node: Expr) -> str:
    match node:
        case Lit(bool()):
            return "bool"
        case Lit(int()):
            return "int"
        case Lit(str()):
            return "string"
        case _:
            return ""


# --- statements -------------------------------------------------------------------------------------------------


def read(source: Source, document: Document, on: Resource) -> Policy:
    """The policy that a text states about the data of a group, with tests that `build` writes in two parts as one."""
    known = facts(on, {})
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
                replace(clause, body=rewritten(clause.body, lambda node: _one_of_two(node, paths)))
                for clause in statement.clauses
            ),
        )
        for statement in document.statements
    )
    policy = read_document(
        replace(document, statements=statements), dict(known) | doubled, on, "verified_access", source.file
    )
    own = {fact.attribute: known[name.removesuffix(_BOTH)].attribute for name, fact in doubled.items()}
    joined = tuple(replace(item, when=_joined(item.when, own)) for item in policy.statements)
    return replace(policy, statements=joined)


def _one_of_two(node: Expr, paths: frozenset[tuple[str, ...]]) -> Expr | None:
    """A test of a number or of the same number as text, as one test under a name of its own."""
    match node:
        case Or(
            (Method(SetOf(numbers), "contains", _, (one,), _) as first, Method(SetOf(texts), "contains", _, (two,), _))
        ):
            pairs = zip(numbers, texts, strict=False) if len(numbers) == len(texts) else ()
            same = path_of(one) == path_of(two) and len(numbers) == len(texts)
            if same and path_of(one) in paths and all(_is_text_of(left, right) for left, right in pairs):
                return replace(first, args=(_both(one),))
        case Or((Compare("==", one, number) as equal, Compare("==", two, text))):
            if path_of(one) == path_of(two) and path_of(one) in paths and _is_text_of(number, text):
                return replace(equal, left=_both(one))
    return None


def _is_text_of(number: Expr, text: Expr) -> bool:
    pair = isinstance(number, Lit) and isinstance(text, Lit)
    return pair and isinstance(number.value, int) and str(number.value) == text.value  # type: ignore[union-attr]


def _both(node: Expr) -> Expr:
    assert isinstance(node, Get)
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


def _is_within(node: Expr, cond: Cond) -> bool:
    """Whether an expression says of the set that a test asks for some of the same values that it holds no others."""
    match node:
        case Method(SetOf(items), "containsAll", _, (arg,)) if isinstance(cond, Atom) and (path := path_of(arg)):
            values = [item.value for item in items if isinstance(item, Lit)]
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


def statement_that_differs(original: Policy, again: Policy) -> tuple[bool, Span | None]:
    """Whether the language's policy says something else than the text, each statement on its own, and which statement does."""
    assert isinstance(again.on, Resource)
    text = write_apart(again, facts(again.on, {}))
    document = parse_cedar(Source("again.cedar", text), Diagnostics())
    if document is None or len(document.statements) != len(original.statements):
        return True, None
    read_again = read(Source("again.cedar", text), document, again.on)
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


def policies(source: Source, document: Document, on: Resource) -> tuple[Policy, bool]:
    """The policy of the language that the text comes from, and whether `build` makes the very text of it: then the conditions that are denies
    written into the permits are denies again, and the comments are labels and doc comments as they were."""
    undone = _unfolded(source, document)
    if undone is not None:
        policy = _documented(read(source, undone[0], on), undone[1])
        if emit_policy(policy, facts(on, {}), "group").text == source.text:
            return policy, True
    return _documented_once(read(source, document, on), document), False


def stricter(policy: Policy) -> Iterator[str]:
    """The labels of denies that hold without an answer too, where Cedar would skip a `forbid`; none where nothing is permitted."""
    assert isinstance(policy.on, Resource)
    return (item.label for item in moved_denies(policy, facts(policy.on, {})))


def _blocks(comment: str) -> list[list[str]]:
    """The lines of a comment, cut where an empty line stands."""
    out: list[list[str]] = [[]]
    for line in comment.split("\n"):
        if line.strip():
            out[-1].append(line.strip())
        elif out[-1]:
            out.append([])
    return [block for block in out if block]


def _documented_once(policy: Policy, document: Document) -> Policy:
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


def _unfolded(source: Source, document: Document) -> tuple[Document, list[tuple[str, str]]] | None:
    """The text with the denies that `build` wrote into its permits as statements of their own, and the label and the doc comment of each
    statement, that of the policy first; None when it is not of `build`."""
    notes: list[tuple[str, str]] = [("", "")]
    statements: list[Statement] = []
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


def _trailing(document: Document) -> Iterator[list[str]]:
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


def _operands(statement: Statement) -> tuple[Expr, ...]:
    body = statement.clauses[0].body if statement.clauses else None
    return () if body is None else body.items if isinstance(body, And) else (body,)


def _said_of(statement: Statement, document: Document) -> dict[int, str]:
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


def _without_denies(statement: Statement, document: Document) -> Statement:
    denies = _said_of(statement, document)
    kept = tuple(item for at, item in enumerate(_operands(statement)) if at not in denies)
    if not denies:
        return statement
    body = kept[0] if len(kept) == 1 else And(kept, statement.span)
    return replace(statement, clauses=(replace(statement.clauses[0], body=body),) if kept else ())


def _deny(label: str, document: Document, near: Statement) -> Statement:
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
    body = operand.of if isinstance(operand, Not) else Not(operand, operand.span)
    return replace(near, effect="forbid", clauses=(Clause("when", body, operand.span),))


def _documented(policy: Policy, notes: list[tuple[str, str]]) -> Policy:
    pairs = zip(policy.statements, notes[1:], strict=True)
    statements = tuple(
        replace(statement, label=label, doc=doc, index=at) for at, (statement, (label, doc)) in enumerate(pairs)
    )
    return replace(policy, statements=statements, doc=notes[0][1], origin=Origin.LANGUAGE)
