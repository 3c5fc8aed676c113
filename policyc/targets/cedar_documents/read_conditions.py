"""A Cedar condition in the normal form: where it is true, and where it is false.

An evaluation may also fail, so the two are no complements of each other, unless everything that an expression reads was asked for
before it. A test of an absent attribute fails in Cedar and is false in the IR: both make a statement not apply, so the test alone
says when it is true, while its negation also asks for the attribute.
Kinds are those that are documented: a value of another kind has no answer in the language (docs/language.md), and in Cedar fails.
Source: https://docs.cedarpolicy.com/policies/syntax-operators.html (evaluation from left to right, short circuit).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address, ip_network
from types import MappingProxyType
from typing import Final, TypeAlias

from policyc.ir.authz import All, Always, AnyOf, Atom, Cond, Constant, Never, Op, RawExpression
from policyc.ir.conditions import complement, conjunction, disjunction
from policyc.ir.pattern import escape_pattern
from policyc.model.types import BOOL, GROUP, INT, STRING, Named
from policyc.model.values import Group, Scalar
from policyc.record import record, replace
from policyc.syntax import cedar_nodes as cedar
from policyc.targets.cedar_documents.facts import KEY, Fact
from policyc.text import Span

Path: TypeAlias = tuple[str, ...]
#: Paths that are known to be present at a place.
Known: TypeAlias = frozenset[Path]

#: What a test needs to be present in order to hold.
PathOf: TypeAlias = Callable[[Cond], Path | None]
#: Tests that have one value wherever what they read is there; None for those whose evaluation always fails.
Settled: TypeAlias = Mapping[cedar.Expr, "bool | None"]
#: A literal with its place.
Written: TypeAlias = tuple["Scalar | None", Span]

NOTHING_SETTLED: Final[Settled] = MappingProxyType({})

#: Parts of a condition beyond which it is kept as it stands: the two forms of a part can be longer than the part.
_MOST_PARTS: Final = 2_000
#: Parts of `&&` and `||` that may fail: the form of each nests in that of the one before.
_MOST_UNSURE: Final = 24
#: How deep a condition may nest; everything that looks at one goes down into it.
_DEEPEST: Final = 60
_ORDERS: Final = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_MIRRORED: Final = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_IP: Final = Named("ip")
_BLOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "isIpv4": ("0.0.0.0/0",),
    "isIpv6": ("::/0",),
    "isLoopback": ("127.0.0.0/8", "::1/128"),
    "isMulticast": ("224.0.0.0/4", "ff00::/8"),
}


@record
class _Truth:
    """Where an expression is true and where it is false; `present` are the paths that are there wherever it is true, `read` those that
    are wherever it is false, and `sure` says that it never fails on values of the documented kinds."""

    true: Cond
    false: Cond
    present: Known
    sure: bool
    read: Known = frozenset()


def read_condition(body: cedar.Expr, facts: Mapping[str, Fact], settled: Settled = NOTHING_SETTLED) -> Cond:
    """Where Cedar evaluates the expression to true; `settled` are tests of it whose value is known already."""
    reader = _Reader(facts, settled)
    try:
        return reader.read(body, frozenset()).true
    except _TooLarge:
        return RawExpression(body, span=body.span)


class _TooLarge(Exception):
    """The normal form of an expression is far longer than the expression."""


class _Reader:
    def __init__(self, facts: Mapping[str, Fact], settled: Settled) -> None:
        self._facts = {fact.path: fact for fact in facts.values()}
        self._named = {fact.attribute.name: fact for fact in facts.values()}
        self._families = [fact for fact in facts.values() if KEY in fact.path]
        self._settled = settled

    def read(self, node: cedar.Expr, known: Known) -> _Truth:
        if not isinstance(node, cedar.Lit | cedar.And | cedar.Or | cedar.Not | cedar.If) and node in self._settled:
            return self._of_settled(node, self._settled[node], known)
        match node:
            case cedar.Lit(bool(value)):
                return _Truth(Always() if value else Never(), Never() if value else Always(), known, True)
            case cedar.Not(of):
                inner = self.read(of, known)
                return _Truth(inner.false, inner.true, known | inner.read, inner.sure, inner.present)
            case cedar.And(items):
                return self._all(node, items, known)
            case cedar.Or(items):
                return self._any(node, items, known)
            case cedar.If(test, then, otherwise):
                return self._choice(test, then, otherwise, known)
            case cedar.Has(of, names) if (path := cedar.path_of(of)) is not None:
                return self._has(node, path, names, known)
            case cedar.Method(_, "containsAll" | "containsAny" as name, _, (cedar.SetOf(()),)):
                return self._of_settled(node, name == "containsAll", known)
            case cedar.Method(of, "containsAll", _, (cedar.SetOf(items),)) if cedar.path_of(of):
                each = tuple(replace(node, name="contains", args=(item,)) for item in items)
                return self.read(each[0] if len(each) == 1 else cedar.And(each, node.span), known)
            case _:
                return self._test(node, known) or self._raw(node, known)

    # --- joining ----------------------------------------------------------------------------------------------

    def _all(self, node: cedar.Expr, items: tuple[cedar.Expr, ...], known: Known) -> _Truth:
        parts: list[_Truth] = []
        for item in items:
            part = self.read(item, known)
            known = part.present
            parts.append(part)
        true = self._within(_with_presence([part.true for part in parts], self._path))
        unsure = sum(not part.sure for part in parts)
        if unsure > _MOST_UNSURE:
            false: Cond = RawExpression(cedar.Not(node, node.span), span=node.span)
        else:
            false = _first_false(parts, self._path) if unsure else complement(true)
        return _Truth(true, self._within(false), known, not unsure)

    def _any(self, node: cedar.Expr, items: tuple[cedar.Expr, ...], known: Known) -> _Truth:
        parts: list[_Truth] = []
        reached = known
        for item in items:
            part = self.read(item, reached)
            reached |= part.read  # what stands behind is asked only where this one is false, and so was read
            parts.append(part)
        if sum(not part.sure for part in parts) > _MOST_UNSURE:
            return self._raw(node, known)
        sure = all(part.sure for part in parts[:-1])
        turned = [_Truth(part.false, part.true, known, part.sure) for part in parts]
        true = _merged([part.true for part in parts]) if sure else _first_false(turned, self._path)
        whole = sure and parts[-1].sure
        false = complement(true) if whole else conjunction([part.false for part in parts])
        present = frozenset.intersection(*(part.present for part in parts))
        return _Truth(self._within(true), self._within(false), present, whole, reached)

    def _choice(self, test: cedar.Expr, then: cedar.Expr, otherwise: cedar.Expr, known: Known) -> _Truth:
        asked = self.read(test, known)
        first, second = self.read(then, asked.present), self.read(otherwise, known)
        true = disjunction([conjunction([asked.true, first.true]), conjunction([asked.false, second.true])])
        false = disjunction([conjunction([asked.true, first.false]), conjunction([asked.false, second.false])])
        return _Truth(self._within(true), self._within(false), known, asked.sure and first.sure and second.sure)

    def _within(self, cond: Cond) -> Cond:
        if _size(cond) > _MOST_PARTS or _depth(cond) > _DEEPEST:
            raise _TooLarge
        return cond

    # --- presence ---------------------------------------------------------------------------------------------

    def _of_settled(self, node: cedar.Expr, value: bool | None, known: Known) -> _Truth:
        """A test of one value: it holds, or does not, where everything is there that it reads."""
        if value is None:
            return _Truth(Never(), Never(), known, False)
        there = self._all_there(node)
        if there is None:
            return self._raw(node, known)
        absent = isinstance(there, Always)
        return _Truth(there if value else Never(), Never() if value else there, known, absent)

    def _all_there(self, node: cedar.Expr) -> Cond | None:
        """That everything is there that an expression reads; None where that cannot be said."""
        parts = cedar.walk(node)
        if any(isinstance(part, cedar.And | cedar.Or | cedar.If | cedar.Has) for part in parts):
            return None
        paths = {path for part in parts if isinstance(part, cedar.Get) and (path := cedar.path_of(part))}
        longest = [path for path in paths if not any(path != other and path == other[: len(path)] for other in paths)]
        facts = [(path, self._fact(path)) for path in sorted(longest)]
        if any(fact is None for _, fact in facts):
            return None
        return conjunction(
            [
                Atom(fact.attribute, Op.EXISTS, (), span=node.span)
                for _, fact in facts
                if fact is not None and fact.attribute.presence != "always"
            ]
        )

    def _has(self, node: cedar.Has, path: Path, names: tuple[str, ...], known: Known) -> _Truth:
        if len(names) > 1:
            steps = tuple(
                cedar.Has(_step(node.of, names[:count], node.span), (name,), node.name_span, node.span)
                for count, name in enumerate(names)
            )
            return self._all(node, steps, known)
        whole = (*path, names[0])
        sure = not path or path in known
        leaf = self._presence(node, whole)
        if sure:
            return _Truth(leaf, complement(leaf), known | {whole}, True)
        return _Truth(leaf, self._lacking(node, path, leaf), known | _prefixes(whole), False)

    def _lacking(self, node: cedar.Has, path: Path, leaf: Cond) -> Cond:
        """That a record, which may be absent, is there and lacks what `leaf` asks for."""
        fact = self._fact(path)
        if fact is None or isinstance(leaf, RawExpression):
            return RawExpression(cedar.Not(node, node.span), span=node.span)
        return conjunction([Atom(fact.attribute, Op.EXISTS, (), span=node.span), complement(leaf)])

    def _presence(self, node: cedar.Has, whole: Path) -> Cond:
        if (fact := self._fact(whole)) is not None:
            return Atom(fact.attribute, Op.EXISTS, (), span=node.span)
        holder = self._fact(whole[:-1])
        if holder is not None and holder.form == "record" and holder.group:
            return Atom(holder.attribute, Op.EQ, (_constant(holder, whole[-1], node.name_span),), "any", span=node.span)
        return RawExpression(node, span=node.span)

    def _fact(self, path: Path) -> Fact | None:
        found = self._facts.get(path)
        if found is not None:
            return found
        for family in self._families:
            if len(family.path) == len(path):
                pairs = list(zip(family.path, path, strict=True))
                if all(own in (KEY, step) for own, step in pairs):
                    return family.with_key(next(step for own, step in pairs if own == KEY))
        return None

    def _path(self, cond: Cond) -> Path | None:
        """What a test needs to be present in order to hold."""
        match cond:
            case RawExpression(cedar.Has(of, (name,)), False):
                path = cedar.path_of(of)
                return None if path is None else (*path, name)
            case Atom(negated=False):
                fact = self._named.get(cond.attribute.name) or self._keyed(cond)
                if fact is None:
                    return None
                one = fact.form == "record" and cond.op is Op.EQ and len(cond.values) == 1
                return (*fact.path, str(cond.values[0].value)) if one else fact.path
            case _:
                return None

    def _keyed(self, atom: Atom) -> Fact | None:
        for family in self._families:
            head, _, tail = family.attribute.name.partition(KEY)
            name = atom.attribute.name
            key = name[len(head) + 2 : len(name) - len(tail) - 2]
            if family.with_key(key).attribute == atom.attribute:
                return family.with_key(key)
        return None

    # --- tests ------------------------------------------------------------------------------------------------

    def _raw(self, node: cedar.Expr, known: Known) -> _Truth:
        """What is kept as it stands: true where it evaluates to true, false where its negation does."""
        turned = RawExpression(cedar.Not(node, node.span), span=node.span)
        return _Truth(RawExpression(node, span=node.span), turned, known, False)

    def _test(self, node: cedar.Expr, known: Known) -> _Truth | None:
        """A test of one attribute of a documented kind against literals of that kind; None for any other expression."""
        found = self._atom(node)
        if found is None:
            return None
        atom, path, equal = found
        present = known | _prefixes(path)
        true: Cond = atom
        false = complement(atom)
        if path not in known:
            false = conjunction([Atom(atom.attribute, Op.EXISTS, (), span=node.span), false])
        if not equal:
            true, false = false, true
        return _Truth(true, false, present, path in known, present)

    def _atom(self, node: cedar.Expr) -> tuple[Atom, Path, bool] | None:
        """The test, the path that it reads, and whether it is meant as it stands or (`!=`) turned round."""
        match node:
            case cedar.Get() if (path := cedar.path_of(node)) is not None:
                return self._typed(path, Op.EQ, ((True, node.span),), node.span)
            case cedar.Compare("==" | "!=" as operator, left, right):
                for one, other in ((left, right), (right, left)):
                    found = self._equal(one, other, node.span)
                    if found is not None:
                        return found[0], found[1], operator == "=="
                return None
            case cedar.Compare(operator, left, right) if operator in _ORDERS:
                if (path := cedar.path_of(left)) and _literal(right) is not None:
                    return self._typed(path, _ORDERS[operator], (_written(right),), node.span)
                if (path := cedar.path_of(right)) and _literal(left) is not None:
                    return self._typed(path, _ORDERS[_MIRRORED[operator]], (_written(left),), node.span)
                return None
            case cedar.Like(of, pattern) if path := cedar.path_of(of):
                text = "".join("*" if part is None else escape_pattern(part) for part in pattern)
                return self._typed(path, Op.LIKE, ((text, node.pattern_span),), node.span)
            case cedar.Method(cedar.SetOf(items), "contains", _, (arg,)) if path := cedar.path_of(arg):
                return self._typed(path, Op.EQ, map(_written, items), node.span)
            case cedar.Method(of, "contains" | "containsAny" as name, _, (arg,)) if path := cedar.path_of(of):
                wanted: Sequence[cedar.Expr] = (
                    (arg,) if name == "contains" else arg.items if isinstance(arg, cedar.SetOf) else ()
                )
                return self._typed(path, Op.EQ, map(_written, wanted), node.span, "set")
            case cedar.Method(
                cedar.Call("ip", (of,)), "isInRange", _, (cedar.Call("ip", (cedar.Lit(str(text)),)) as call,)
            ) if path := cedar.path_of(of):
                block = _block(text)
                return None if block is None else self._typed(path, Op.IN_CIDR, ((block, call.span),), node.span)
            case cedar.Method(cedar.Call("ip", (of,)), name, _, ()) if (path := cedar.path_of(of)) and name in _BLOCKS:
                return self._typed(path, Op.IN_CIDR, ((block, node.span) for block in _BLOCKS[name]), node.span)
            case _:
                return None

    def _equal(self, one: cedar.Expr, other: cedar.Expr, span: Span) -> tuple[Atom, Path, bool] | None:
        if (path := cedar.path_of(one)) and _literal(other) is not None:
            return self._typed(path, Op.EQ, (_written(other),), span)
        match one, other:
            case cedar.Call("ip", (of,)), cedar.Call("ip", (cedar.Lit(str(text)),)) if (
                path := cedar.path_of(of)
            ) and ":" in text:
                return self._typed(path, Op.EQ, ((text, other.span),), span, "scalar", read_as_address=True)
        return None

    def _typed(
        self,
        path: Path,
        op: Op,
        values: Iterable[Written],
        span: Span,
        form: str = "scalar",
        *,
        read_as_address: bool = False,
    ) -> tuple[Atom, Path, bool] | None:
        fact = self._fact(path)
        listed = tuple(values)
        if fact is None or fact.form != form or fact.text_too or not listed:
            return None
        if not all(_fits(fact, op, value, read_as_address) for value, _ in listed):
            return None
        constants = tuple(_constant(fact, value, place, op) for value, place in listed if value is not None)
        return Atom(fact.attribute, op, constants, "any" if form == "set" else "", span=span), path, True


# --- conditions -----------------------------------------------------------------------------------------------------


def _first_false(parts: list[_Truth], path: PathOf) -> Cond:
    """Where a chain of `&&` is false: one operand is, and all before it are true."""
    out = parts[-1].false
    for part in reversed(parts[:-1]):
        behind = out if part.sure and _is_complement(part) else _with_presence([part.true, out], path)
        out = disjunction([part.false, behind])
    return out


def _is_complement(part: _Truth) -> bool:
    return part.false == complement(part.true)


def _with_presence(items: list[Cond], path: PathOf) -> Cond:
    """The conjunction without the questions for presence that another of its tests answers. Where one asks for the absence of what
    another one needs, that need is written down, so that it can be seen."""
    whole = conjunction(items)
    flat = whole.items if isinstance(whole, All) else (whole,)
    absent = [(item, lacked) for item in flat if (lacked := _lacked(item, path)) is not None]
    out: list[Cond] = []
    for place, item in enumerate(flat):
        out += [_needed(lacked, item) for lacked, at in absent if isinstance(item, Atom) and _needs(item, at, path)]
        asked = path(item) if _asks_presence(item, path) else None
        if asked is not None:
            before = (other for other in flat[:place] if not _asks_presence(other, path))
            if any(_needs(other, asked, path) for other in (*before, *flat[place + 1 :])):
                continue
        out.append(item)
    return conjunction(out)


def _asks_presence(cond: Cond, path: PathOf) -> bool:
    match cond:
        case RawExpression(cedar.Has(), False) | Atom(op=Op.EXISTS, negated=False):
            return True
        case Atom(op=Op.EQ, quantifier="any", negated=False, values=(_,)):
            # a record of groups is asked whether it has one, which is a path below the record; a set has no paths below it
            return path(cond) != path(replace(cond, op=Op.EXISTS, values=(), quantifier=""))
        case _:
            return False


def _needed(lacked: Cond, by: Atom) -> Cond:
    """The presence of what is lacked, at the place of the test that needs it."""
    return replace(lacked, negated=False, span=by.span) if isinstance(lacked, Atom | RawExpression) else lacked


def _lacked(cond: Cond, path: PathOf) -> Path | None:
    """The path that a condition wants to be absent; None for any other condition."""
    match cond:
        case RawExpression(cedar.Has(), True) | Atom(op=Op.EXISTS, negated=True):
            return path(replace(cond, negated=False))
        case _:
            return None


def _needs(cond: Cond, asked: Path, path: PathOf) -> bool:
    """Whether the condition holds only where the path is present."""
    match cond:
        case All(items):
            return any(_needs(item, asked, path) for item in items)
        case AnyOf(items):
            return all(_needs(item, asked, path) for item in items)
        case _:
            own = path(cond)
            return own is not None and own[: len(asked)] == asked


def _merged(items: list[Cond]) -> Cond:
    """The disjunction, with neighbours that compare one attribute the same way as one test."""
    out: list[Cond] = []
    for item in items:
        last = out[-1] if out else None
        if (
            isinstance(item, Atom)
            and isinstance(last, Atom)
            and not item.negated
            and not last.negated
            and (item.attribute, item.op, item.quantifier) == (last.attribute, last.op, last.quantifier)
            and item.quantifier != "all"
        ):
            values = tuple(dict.fromkeys((*last.values, *item.values)))
            out[-1] = Atom(item.attribute, item.op, values, item.quantifier, span=last.span)
        else:
            out.append(item)
    return disjunction(out)


def _size(cond: Cond) -> int:
    return sum(_size(item) for item in cond.items) if isinstance(cond, All | AnyOf) else 1


def _depth(cond: Cond) -> int:
    return 1 + max(map(_depth, cond.items)) if isinstance(cond, All | AnyOf) else 1


# --- values ---------------------------------------------------------------------------------------------------------


def _prefixes(path: Path) -> Known:
    return frozenset(path[:count] for count in range(1, len(path) + 1))


def _step(of: cedar.Expr, names: tuple[str, ...], span: Span) -> cedar.Expr:
    for name in names:
        of = cedar.Get(of, name, span, span)
    return of


def _literal(node: cedar.Expr) -> Scalar | None:
    match node:
        case cedar.Lit(value):
            return value
        case cedar.Neg(cedar.Lit(value)) if isinstance(value, int) and not isinstance(value, bool):
            return -value
        case _:
            return None


def _written(node: cedar.Expr) -> Written:
    return _literal(node), node.span


def _fits(fact: Fact, op: Op, value: Scalar | None, read_as_address: bool) -> bool:
    """Whether a literal is of the attribute's kind, so that the test means the same in both languages."""
    kind = fact.attribute.type
    if fact.any_kind:
        return op is not Op.IN_CIDR and _is_kind(fact, value) and (op in (Op.EQ, Op.LIKE) or type(value) is int)
    if kind == _IP:
        if op is Op.IN_CIDR:
            return True
        # an IPv4 address has one spelling, so its text says it; IPv6 has many
        return op is Op.EQ and isinstance(value, str) and _is_address(value) and (":" in value) is read_as_address
    if op is Op.IN_CIDR or read_as_address:
        return False
    match str(kind):
        case "bool":
            return op is Op.EQ and isinstance(value, bool)
        case "int":
            return op is not Op.LIKE and isinstance(value, int) and not isinstance(value, bool)
        case "port":
            return False
        case _:
            return op in (Op.EQ, Op.LIKE) and isinstance(value, str)


def _is_kind(fact: Fact, value: Scalar | None) -> bool:
    """Whether a literal can be compared with an attribute of no promised kind: numbers with numbers, all others with texts and truth
    values, which only equality compares with one another."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    return value is not None and whole is (fact.attribute.type == INT)


def _constant(fact: Fact, value: Scalar, span: Span, op: Op = Op.EQ) -> Constant:
    if fact.any_kind and isinstance(value, bool):
        return Constant(BOOL, value, span=span)
    if op is Op.LIKE:
        return Constant(STRING, value, span=span)
    if op is Op.IN_CIDR:
        return Constant(Named("cidr"), value, span=span)
    if fact.group and fact.form == "record":
        return Constant(GROUP, value, Group(fact.group, str(value)), span)
    return Constant(fact.attribute.type, value, span=span)


def _is_address(text: str) -> bool:
    try:
        return str(ip_address(text)) == text and "%" not in text
    except ValueError:
        return False


def _block(text: str) -> str | None:
    """The block of an address or a block, without host bits; None for what Cedar cannot read."""
    if "%" in text or ("." in text and ":" in text):
        return None
    try:
        return str(ip_network(text, strict=False))
    except ValueError:
        return None
