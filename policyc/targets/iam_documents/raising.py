"""From a statement of a document to statements of the language that are emitted as the same again.

What the language says in its own words is tried first, `raw(…)` last. Nothing is taken on trust: a candidate counts only when the document
that it is emitted as reads back as the statement that it was made from.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.engines.iam.globs import fold
from policyc.engines.iam.operators import read_operator
from policyc.engines.iam.switches import DEFAULT
from policyc.ir import authz as ir
from policyc.ir.conditions import conjunction, tests
from policyc.ir.pattern import Wild
from policyc.model.types import STRING
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute, Vocabulary, load_vocabulary
from policyc.record import replace
from policyc.syntax.json_text import parse_json
from policyc.targets.iam_documents.conditions import condition_block, lower_condition, place
from policyc.targets.iam_documents.escape import literal_glob, literal_text
from policyc.targets.iam_documents.kinds import DocumentKind
from policyc.targets.iam_documents.raw_keys import KEY
from policyc.targets.iam_documents.read import read_condition, read_policy
from policyc.targets.iam_documents.statements import Part, assemble
from policyc.targets.iam_documents.texts import Reading
from policyc.text import Source

#: kinds of caller that a document and the language name alike
_WORDS: Final = frozenset(
    {"anyone", "account", "role", "user", "session", "federated_user", "service", "canonical_user"}
)
_TYPES: Final = {"service": "Service", "canonical_user": "CanonicalUser"}
_TEXT_TESTS: Final = {"StringEquals": (ir.Op.EQ, False), "StringNotEquals": (ir.Op.EQ, True)} | {
    "StringLike": (ir.Op.LIKE, False),
    "StringNotLike": (ir.Op.LIKE, True),
}
_BOTH: Final = ("ForAllValues:", "ForAnyValue:")


# --- the same statement -----------------------------------------------------------------------------------------


def reads_back(parts: Sequence[Part], original: ir.Statement, kind: DocumentKind) -> bool:
    """Whether the parts are one statement of a document that AWS takes and that says what the original does."""
    if len(parts) != 1:
        return False
    found = Diagnostics()
    tree = parse_json(Source("", assemble(parts).text), found)
    assert tree is not None
    if compile_document(tree, kind.engine, found) is None or found.has_errors:
        return False
    (again,) = read_policy(tree, kind, "").statements
    return meaning(again) == meaning(original)


def meaning(statement: ir.Statement) -> object:
    """What a statement of a document says, apart from its label and the order in which it says it."""
    who, can, on = statement.who, statement.can, statement.resources
    return (
        statement.effect,
        who and (who.negated, who.by_level, frozenset(map(_caller, who.principals))),
        can and (can.negated, frozenset(verb.action.lower() for verb in can.verbs)),
        on and (on.negated, frozenset(map(_pattern, on.patterns))),
        _condition(statement.when),
    )


def _caller(item: Principal) -> object:
    """A caller with the partition of its ARN, which the kinds of the language leave out."""
    partition = item.name.split(":")[1] if item.name.startswith("arn:") and item.name.count(":") else "aws"
    return item.kind, item.args, partition


def _pattern(glob: ir.Glob) -> tuple[object, ...]:
    out: list[object] = []
    for token in glob.tokens:
        if isinstance(token, str) and out and isinstance(out[-1], str):
            out[-1] += token
        else:
            out.append(token)
    return tuple(out)


def _patterns(test: ir.RawTest) -> object:
    """The values of a raw test; an operator that ignores letter case has none."""
    found = frozenset(map(_pattern, test.values))
    if "IgnoreCase" not in test.operator:
        return found
    return frozenset(tuple(fold(token) if isinstance(token, str) else token for token in pattern) for pattern in found)


def _condition(cond: ir.Cond) -> object:
    match cond:
        case ir.All(items) | ir.AnyOf(items):
            return type(cond).__name__, frozenset(map(_condition, items))
        case ir.Atom():
            values = frozenset((str(item.value), item.group) for item in cond.values)
            return "test", fold(cond.attribute.native), cond.op, values, cond.quantifier, cond.negated
        case ir.RawTest():
            return "raw", cond.operator, fold(cond.attribute.native), _patterns(cond), cond.negated
        case _:
            return type(cond).__name__


# --- who --------------------------------------------------------------------------------------------------------


def callers(statement: ir.Statement) -> Iterator[ir.Who | None]:
    """The callers in the language's words, and as they stand in the document."""
    who = statement.who
    if who is None:
        yield None
        return
    if not who.negated:
        yield replace(who, principals=tuple(item if item.kind in _WORDS else _native(item) for item in who.principals))
    yield replace(who, principals=tuple(map(_native, who.principals)))


def _native(item: Principal) -> Principal:
    return item if item.kind == "native" else Principal("native", (_TYPES.get(item.kind, "AWS"), item.name))


# --- conditions -------------------------------------------------------------------------------------------------


def entries(when: ir.Cond) -> list[ir.Cond]:
    """The condition by the entries of the `Condition` block that it was read from."""
    items = when.items if isinstance(when, ir.All) else (when,)
    found: dict[object, list[ir.Cond]] = {}
    for index, item in enumerate(items):
        test = next(tests(item), None)
        spelling = test.spelling if test is not None else None
        key: object = index if spelling is None else (spelling.operator, spelling.key_span)
        found.setdefault(key, []).append(item)
    return [conjunction(items) for items in found.values()]


@lru_cache(maxsize=1024)
def in_words(entry: ir.Cond, kind: DocumentKind, folder: str) -> ir.Cond | None:
    """An entry as tests that the vocabulary in a folder has words for, when they come back as the entry; None when it has none."""
    vocabulary = load_vocabulary(folder)
    return next((item for item in _worded(entry, vocabulary) if _comes_back(item, entry, kind)), None)


def _worded(entry: ir.Cond, vocabulary: Vocabulary) -> Iterator[ir.Cond]:
    if isinstance(entry, ir.RawTest):
        attribute, form = entry.attribute, _TEXT_TESTS.get(entry.operator)
        if form is None or KEY.fullmatch(attribute.native) is None or is_known(attribute, vocabulary):
            return
        op, negated = form
        texts = [glob.pattern if op is ir.Op.LIKE else _plain(glob) for glob in entry.values]
        if all(text is not None for text in texts):
            values = tuple(ir.Constant(STRING, text) for text in texts if text is not None)
            yield ir.Atom(ir.raw_attribute(attribute.native), op, values, "", negated)
    elif all(isinstance(test, ir.Atom) and is_known(test.attribute, vocabulary) for test in tests(entry)):
        yield unspelled(entry)


def unspelled(cond: ir.Cond) -> ir.Cond:
    """A condition without the way in which a document writes its tests."""
    match cond:
        case ir.All(items) | ir.AnyOf(items):
            return replace(cond, items=tuple(map(unspelled, items)))
        case ir.Atom():
            return replace(cond, spelling=None)
        case _:
            return cond


def is_known(attribute: Attribute, vocabulary: Vocabulary) -> bool:
    """Whether a vocabulary has a word for an attribute."""
    if not attribute.keyed:
        return attribute.name in vocabulary.attributes
    head = attribute.name.replace(f'["{attribute.key}"]', "[]", 1)
    return head in vocabulary.attributes and attribute.native != attribute.key


def _plain(glob: ir.Glob) -> str | None:
    return "".join(map(str, glob.tokens)) if all(isinstance(token, str) for token in glob.tokens) else None


def _comes_back(cond: ir.Cond, entry: ir.Cond, kind: DocumentKind) -> bool:
    found = Diagnostics()
    alternatives = lower_condition(cond, None, found)
    if alternatives is None or len(alternatives) != 1:
        return False
    placed = place(alternatives[0], None, found)
    if placed is None:
        return False
    text = json.dumps(condition_block(placed), ensure_ascii=False)
    tree = parse_json(Source("", text), Diagnostics())
    return _condition(read_condition(tree, Reading(kind, True, DEFAULT))) == _condition(entry)


def raw_tests(entry: ir.Cond, vocabulary: Vocabulary) -> list[ir.Cond]:
    """An entry as it stands in the document; nothing for one that stands nowhere."""
    out: dict[str, ir.Cond] = {}
    for test in tests(entry):
        spelling = test.spelling
        if spelling is None:
            continue
        operators = [spelling.operator]
        if (
            isinstance(test, ir.Atom)
            and test.quantifier == "all"
            and not test.negated
            and spelling.operator.startswith(_BOTH[0])
        ):
            operators.append(spelling.operator.replace(*_BOTH, 1))  # the two were read as one
        of_key = test.attribute if is_known(test.attribute, vocabulary) else ir.raw_attribute(spelling.key)
        for operator in operators:
            out[operator] = ir.RawTest(operator, of_key, _texts(operator, spelling), span=test.span)
    return list(out.values())


def _texts(operator: str, spelling: ir.Spelling) -> tuple[ir.Glob, ...]:
    known = read_operator(operator)
    if known is None or not known.takes_variables:
        return spelling.values
    return tuple(rewritten(glob, known.glob) for glob in spelling.values)


def rewritten(glob: ir.Glob, wildcards: bool = True) -> ir.Glob:
    """A text as a document of version 2012-10-17 writes it."""
    plain = literal_glob if wildcards else literal_text
    out = ""
    for token in glob.tokens:
        match token:
            case str():
                out += plain(token)
            case Wild():
                out += token.value
            case ir.Variable(key, None):
                out += f"${{{key}}}"
            case ir.Variable(key, default):
                out += f"${{{key}, '{default}'}}"
    return ir.Glob(out, glob.tokens, glob.span)


# --- statements -------------------------------------------------------------------------------------------------


def conditions(
    statement: ir.Statement, left_out: Iterable[ir.Cond], kind: DocumentKind, folder: str
) -> Iterator[ir.Cond]:
    """The condition with the entries that have words in words, and all as they stand; entries that a clause says are left out."""
    vocabulary = load_vocabulary(folder)
    spare = list(left_out)
    kept = [entry for entry in entries(statement.when) if entry not in spare]
    raw = [conjunction(raw_tests(entry, vocabulary) or [entry]) for entry in kept]
    worded = [in_words(entry, kind, folder) for entry in kept]
    yield conjunction([word if word is not None else other for word, other in zip(worded, raw, strict=True)])
    yield conjunction(raw)


def as_it_stands(statement: ir.Statement) -> tuple[ir.Can | None, ir.Resources | None]:
    """The actions and resources of a statement as raw ones."""
    on = statement.resources
    return statement.can, None if on is None else replace(on, patterns=tuple(rewritten(glob) for glob in on.patterns))


def verified(
    candidates: Iterable[ir.Statement],
    lower: Callable[[ir.Statement], Sequence[Part] | None],
    original: ir.Statement,
    kind: DocumentKind,
) -> Iterator[ir.Statement]:
    """Of the candidates that are emitted as the original again the first one of each degree of rawness."""
    found: set[object] = set()
    for candidate in candidates:
        degree = _degree(candidate)
        parts = None if degree in found else lower(candidate)
        if parts is not None and reads_back(parts, original, kind):
            found.add(degree)
            yield candidate


def _degree(way: ir.Statement) -> object:
    """How raw a statement is: by who, where and under which condition it applies, and whether verbs say a test."""
    who = way.who is not None and any(item.kind == "native" for item in way.who.principals)
    raw = sum(isinstance(test, ir.RawTest) for test in tests(way.when))
    verbs = len(way.can.verbs) if way.can is not None and any(verb.requires for verb in way.can.verbs) else 0
    return who, way.resources is not None, raw, verbs


def language_statement(original: ir.Statement, **changes: Any) -> ir.Statement:
    """The statement without what only a document has; `changes` are the clauses that say it instead."""
    bare = replace(original, who=None, can=None, on=(), path=None, resources=None)
    return replace(bare, **changes)
