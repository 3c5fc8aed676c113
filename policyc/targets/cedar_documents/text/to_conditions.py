"""A Cedar condition as three conditions of the language's normal form: when it is true, when it is false, when it fails.

Each of the three takes in at least the requests that it is about, so what is proven never to happen never happens. What has no
counterpart in the normal form stands for itself: the same text is the same unknown truth, and it may fail.
Evaluation runs from left to right and stops once the result is sure (https://docs.cedarpolicy.com/policies/syntax-operators.html).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from policyc.ir.authz import Always, Atom, Cond, Constant, Never, Op
from policyc.ir.pattern import escape_pattern
from policyc.model.placeholders import is_template
from policyc.model.types import BOOL, INT, STRING, Named, Type
from policyc.model.values import Scalar
from policyc.model.vocabulary import Attribute
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.explain import MIRRORED
from policyc.targets.cedar_documents.text.constants import constant_truth, is_constant, network_of
from policyc.targets.cedar_documents.text.kinds import Kind, Member
from policyc.targets.cedar_documents.text.literals import literal_of
from policyc.targets.cedar_documents.text.outcome import (
    BROKEN,
    Outcome,
    both,
    chain,
    choice,
    either,
    negated,
    sure,
    turned,
)

_ORDERS = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}
_TYPES: Mapping[str, Type] = {"string": STRING, "long": INT, "bool": BOOL, "ip": Named("ip")}
_BLOCKS = {
    "isIpv4": ("0.0.0.0/0",),
    "isIpv6": ("::/0",),
    "isLoopback": ("127.0.0.0/8", "::1/128"),
    "isMulticast": ("224.0.0.0/4", "ff00::/8"),
}
#: Longer patterns are not looked into.
_LONGEST_PATTERN = 300
#: A way to say that an operand may be of a kind on which the operator fails.
_PERHAPS = Always()


class Meaning:
    """Reads conditions over the record `context`. `settled` holds what the check of kinds found out by node: that a test has one
    value, or (None) that it always fails. Of the names right below `context` in `one_of`, a request has one and
    never two."""

    def __init__(self, context: Kind, settled: Mapping[cedar.Expr, bool | None], *, one_of: tuple[str, ...]) -> None:
        self.context = context
        self.settled = settled
        self.one_of = one_of
        self._known: dict[cedar.Expr, Outcome] = {}

    def of(self, node: cedar.Expr) -> Outcome:
        """The three conditions of an expression; of equal ones always the same objects."""
        found = self._known.get(node)
        if found is None:
            found = self._known[node] = self._outcome(node)
        return found

    def _outcome(self, node: cedar.Expr) -> Outcome:
        if node in self.settled:
            return self._settled(node, self.settled[node])
        match node:
            case cedar.Lit(bool(value)):
                return sure(value)
            case cedar.And(items):
                return chain([self.of(item) for item in items])
            case cedar.Or(items):
                return turned(chain([turned(self.of(item)) for item in items]))
            case cedar.Not(of):
                return turned(self.of(of))
            case cedar.If(test, then, otherwise):
                return choice(self.of(test), self.of(then), self.of(otherwise))
            case cedar.Has(of, names) if (path := cedar.path_of(of)) is not None:
                return self._has(path, names)
            case _ if is_constant(node):
                truth = constant_truth(node)
                return self._opaque(node) if truth == "unknown" else BROKEN if truth is None else sure(truth)
            case _:
                return self._test(node) or self._opaque(node)

    def _settled(self, node: cedar.Expr, value: bool | None) -> Outcome:
        if value is None:
            return BROKEN
        there, missing = self._reads(node)
        return Outcome(there if value else Never(), Never() if value else there, missing)

    # --- presence ---------------------------------------------------------------------------------------------

    def _has(self, path: tuple[str, ...], names: Sequence[str]) -> Outcome:
        there, missing, loose = self._way(path)
        holder = self.member(path) if path else None
        loose = loose or (holder is not None and holder.told.name == "unknown")
        found: list[Cond] = [there]
        lacking: list[Cond] = []
        at = path
        for name in names:
            at = (*at, name)
            step, _, deeper = self._step(at)
            lacking.append(both((*found, negated(step))))
            found.append(step)
            loose = loose or (deeper and at != (*path, *names))
        return Outcome(both(found), either(lacking), _PERHAPS if loose else missing)

    def _way(self, path: tuple[str, ...]) -> tuple[Cond, Cond, bool]:
        """That everything on the way to an attribute and itself is there, that something is not, and whether a value on the way
        may be no record."""
        there: list[Cond] = []
        loose = False
        for count in range(1, len(path) + 1):
            step, _, unknown = self._step(path[:count])
            there.append(step)
            loose = loose or (unknown and count < len(path))
        return both(there), _PERHAPS if loose else either(negated(step) for step in there), loose

    def _step(self, path: tuple[str, ...]) -> tuple[Cond, Member | None, bool]:
        """That the last step of a path is there, given the ones before it; what is known of it; whether that is nothing."""
        member = self.member(path)
        if len(path) == 1 and path[0] in self.one_of:
            first = Atom(attribute_of((self.one_of[0],), "there"), Op.EXISTS, ())
            return (first if path[0] == self.one_of[0] else negated(first)), member, False
        if member is None:
            return Never(), None, False
        if member.required:
            return Always(), member, False
        return Atom(attribute_of(path, "there"), Op.EXISTS, ()), member, member.told.name == "unknown"

    def member(self, path: tuple[str, ...]) -> Member | None:
        """What is known of an attribute; None for one that cannot be there."""
        kind, member = self.context, None
        for name in path:
            if kind.name == "unknown" or is_template(name):
                return Member(Kind("unknown"))
            if kind.keyed and kind.item is not None:
                member = Member(kind.item)
            else:
                member = kind.members.get(name) or (Member(Kind("unknown")) if kind.open else None)
            if member is None:
                return None
            kind = member.kind
        return member

    def _reads(self, node: cedar.Expr) -> tuple[Cond, Cond]:
        """That everything that an expression reads is there, and that something is not (or may be no record).

        What stands behind a short cut inside it may not be read at all, so then nothing is said.
        """
        if any(isinstance(part, cedar.And | cedar.Or | cedar.If) for part in cedar.walk(node)):
            return Always(), _PERHAPS
        there: list[Cond] = []
        missing: list[Cond] = []
        work: list[cedar.Expr] = [node]
        while work:
            current = work.pop()
            path = cedar.path_of(current) if isinstance(current, cedar.Get) else None
            if path is not None:
                found, lacking, _ = self._way(path)
                there.append(found)
                missing.append(lacking)
            else:
                work.extend(cedar.children(current))
        return both(there), either(missing)

    def missing(self, path: tuple[str, ...]) -> Cond:
        """That an attribute, or something on the way to it, is not there."""
        return self._way(path)[1]

    # --- tests ------------------------------------------------------------------------------------------------

    def _test(self, node: cedar.Expr) -> Outcome | None:
        """A test of one attribute against literals; None for any other expression."""
        match node:
            case cedar.Get() if (path := cedar.path_of(node)) is not None:
                return self._typed(path, "bool", Op.EQ, (True,))
            case cedar.Compare(operator, left, right) if operator in ("==", "!="):
                outcome = self._equal(left, right)
                return outcome if outcome is None or operator == "==" else turned(outcome)
            case cedar.Compare(operator, left, right) if operator in _ORDERS:
                return self._order(operator, left, right)
            case cedar.Like(of, pattern) if (path := cedar.path_of(of)) is not None:
                text = "".join("*" if part is None else escape_pattern(part) for part in pattern)
                return self._typed(path, "string", Op.LIKE, (text,)) if len(text) <= _LONGEST_PATTERN else None
            case cedar.Method(cedar.SetOf(items), "contains", _, (arg,)) if (path := cedar.path_of(arg)) is not None:
                values = [literal_of(item) for item in items]
                return self._one_of(path, [v for v in values if v is not None]) if None not in values else None
            case cedar.Method(of, "contains" | "containsAll" | "containsAny") if (
                path := cedar.path_of(of)
            ) is not None:
                return self._holds(path, node)
            case cedar.Method(cedar.Call("ip", (of,)), name, _, args) if (path := cedar.path_of(of)) is not None:
                blocks = _BLOCKS.get(name) if not args else (network_of(args[0]),) if name == "isInRange" else None
                if blocks is None or None in blocks or len(args) > 1:
                    return None
                return self._in_blocks(path, Op.IN_CIDR, tuple(str(block) for block in blocks))
            case _:
                return None

    def _equal(self, left: cedar.Expr, right: cedar.Expr) -> Outcome | None:
        for one, other in ((left, right), (right, left)):
            path, value = cedar.path_of(one), literal_of(other)
            if path and value is not None:
                return self._one_of(path, [value])
            if (
                isinstance(one, cedar.Call)
                and one.function == "ip"
                and (path := cedar.path_of(one.args[0]))
                and (block := network_of(other))
            ):
                address, _, size = block.partition("/")
                whole = size == ("128" if ":" in address else "32")
                if whole:
                    return self._in_blocks(path, Op.EQ, (address,))
                tested = self._in_blocks(path, Op.EQ, (address,))
                return Outcome(Never(), either((tested.true, tested.false)), tested.fails)
        if cedar.path_of(left) and cedar.path_of(left) == cedar.path_of(right):
            there, missing = self._reads(left)
            return Outcome(there, Never(), missing)
        return None

    def _one_of(self, path: tuple[str, ...], values: Sequence[str | int | bool]) -> Outcome:
        """Whether an attribute equals one of some literals, of any kind; a value of another kind is unequal."""
        there, missing, _ = self._way(path)
        member = self.member(path)
        hits: list[Cond] = []
        misses: list[Cond] = [there]
        for view in ("string", "long", "bool"):
            wanted = tuple(value for value in values if _view_of(value) == view)
            if not wanted:
                continue
            atom = self._atom(path, view, Op.EQ, wanted)
            hits.append(self._as_address(path, atom) if view == "string" else atom)
            misses.append(negated(atom))
            if _exactly(member, view):
                misses.append(Atom(atom.attribute, Op.EXISTS, ()))
        return Outcome(both((there, either(hits))), both(misses), missing)

    def _as_address(self, path: tuple[str, ...], atom: Atom) -> Cond:
        """A text that is an address also has that address."""
        member = self.member(path)
        blocks = (
            [network_of(constant.value) for constant in atom.values] if member is not None and member.address else []
        )
        if not blocks or None in blocks:
            return atom
        return both((atom, self._atom(path, "ip", Op.IN_CIDR, tuple(str(block) for block in blocks))))

    def _order(self, operator: str, left: cedar.Expr, right: cedar.Expr) -> Outcome | None:
        path, value = cedar.path_of(left), literal_of(right)
        if path is None:
            path, value, operator = cedar.path_of(right), literal_of(left), MIRRORED[operator]
        if not path or isinstance(value, bool) or not isinstance(value, int):
            return None
        return self._typed(path, "long", _ORDERS[operator], (value,))

    def _holds(self, path: tuple[str, ...], node: cedar.Method) -> Outcome | None:
        """Whether a set attribute holds a literal, all of some, or any of them."""
        (arg,) = node.args
        items = arg.items if isinstance(arg, cedar.SetOf) and node.name != "contains" else (arg,)
        values = [literal_of(item) for item in items]
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) != len(values) or (node.name != "contains" and not isinstance(arg, cedar.SetOf)):
            return None
        if not texts:
            there, missing = self._reads(node)
            true = node.name == "containsAll"
            return Outcome(there if true else Never(), Never() if true else there, self._unless_set(path, missing))
        wanted = [texts] if node.name == "containsAny" else [(text,) for text in texts]
        tests = [self._typed(path, "set", Op.EQ, part) for part in wanted]
        return Outcome(both(test.true for test in tests), either(test.false for test in tests), tests[0].fails)

    def _unless_set(self, path: tuple[str, ...], missing: Cond) -> Cond:
        return missing if _exactly(self.member(path), "set") else _PERHAPS

    def _in_blocks(self, path: tuple[str, ...], op: Op, blocks: tuple[str, ...]) -> Outcome:
        """A test of a text as an address; one that is documented to be an address can be read as one."""
        there, missing, _ = self._way(path)
        member = self.member(path)
        atom = self._atom(path, "ip", op, blocks)
        fails = missing if member is not None and member.address else _PERHAPS
        false = both((there, Atom(atom.attribute, Op.EXISTS, ()), negated(atom)))
        return Outcome(both((there, atom)), false, fails)

    def _typed(self, path: tuple[str, ...], view: str, op: Op, values: Sequence[Scalar]) -> Outcome:
        """A test that fails on a value of another kind than `view`."""
        there, missing, _ = self._way(path)
        atom = self._atom(path, view, op, tuple(values))
        fails = missing if _exactly(self.member(path), view) else _PERHAPS
        # a set may be there and hold nothing, and the normal form calls that absent
        typed = () if view == "set" else (Atom(atom.attribute, Op.EXISTS, ()),)
        return Outcome(both((there, atom)), both((there, *typed, negated(atom))), fails)

    def _atom(self, path: tuple[str, ...], view: str, op: Op, values: tuple[Scalar, ...]) -> Atom:
        attribute = attribute_of(path, view, self.member(path))
        kind = Named("cidr") if op is Op.IN_CIDR else attribute.type
        return Atom(attribute, op, tuple(Constant(kind, value) for value in values), "any" if view == "set" else "")

    def _opaque(self, node: cedar.Expr) -> Outcome:
        """Some truth that hangs on the whole text of the expression alone."""
        there, missing = self._reads(node)
        attribute = Attribute(f"?{written(node)}", f"?{written(node)}", BOOL, presence="always")
        atom = Atom(attribute, Op.EQ, (Constant(BOOL, True),))
        return Outcome(both((there, atom)), both((there, negated(atom))), missing if _never_fails(node) else _PERHAPS)


def attribute_of(path: tuple[str, ...], view: str, member: Member | None = None) -> Attribute:
    """An attribute as values of one kind; as such it is absent where the value is of another kind."""
    name = ".".join(key_step for key_step in map(repr, path)) + f"#{view}"
    if view == "there":
        return Attribute(name, name, STRING)
    kind = _TYPES.get(view, STRING)
    if member is None or not _exactly(member, view):
        return Attribute(name, name, kind, many=view == "set")
    low, high = member.range or (None, None)
    return Attribute(name, name, kind, many=view == "set", values=member.values, minimum=low, maximum=high)


def _exactly(member: Member | None, view: str) -> bool:
    """Whether an attribute is documented to be of this kind and no other."""
    return member is not None and member.told.name == view and not member.text_too


def _view_of(value: object) -> str:
    return "bool" if isinstance(value, bool) else "long" if isinstance(value, int) else "string"


def _never_fails(node: cedar.Expr) -> bool:
    """Whether an expression fails at most where an attribute is absent: equality, and questions about the request's entities."""
    parts = cedar.walk(node)[1:]
    match node:
        case cedar.Compare("==" | "!="):
            plain = all(
                isinstance(part, cedar.Lit | cedar.Var | cedar.Entity | cedar.SetOf | cedar.Get) for part in parts
            )
            return plain and all(cedar.path_of(part) is not None for part in parts if isinstance(part, cedar.Get))
        case cedar.Compare("in") | cedar.Is():
            return all(
                isinstance(part, cedar.Entity | cedar.SetOf) or (isinstance(part, cedar.Var) and part.name != "context")
                for part in parts
            )
        case _:
            return False
