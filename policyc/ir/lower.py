"""Conditions: from expressions to typed tests in negation normal form, with predicates put in and constants folded."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from policyc.diagnostics import Diagnostics, Label, did_you_mean, rewritten
from policyc.ir.attributes import key_fits, resolve_attribute
from policyc.ir.authz import Always, Atom, Cond, Constant, Never, Op
from policyc.ir.compare import compares
from policyc.ir.conditions import conjunction, disjunction
from policyc.ir.foreign import no_hint, of_nothing, refuse_call, refuse_null, report_unknown, with_hint
from policyc.ir.raw_forms import RAW, NativeForms, lower_raw_test
from policyc.ir.repeats import report_repeats
from policyc.ir.wording import article, of_many, text_of, turned_pattern, turned_quantifier, without_quantifier
from policyc.model.fit import assignable
from policyc.model.names import known_names
from policyc.model.scope import Scope
from policyc.model.types import BOOL, GROUP, OBJECT_TYPES, STRING, Named, SetOf, Type, shapes
from policyc.model.values import Group, Value, scalar_of
from policyc.model.vocabulary import Attribute
from policyc.record import field, record
from policyc.syntax import nodes
from policyc.text import Span, plural

#: Atoms that one condition may grow to once its predicates are put in.
ATOM_BUDGET = 2_000
#: Predicates that one condition may put in, nested ones included.
EXPANSION_BUDGET = 2_000

#: Types of attributes that a declared group may be compared with: it stands for its id there.
_GROUP_PLACES = (STRING, Named("idc_group_id"), GROUP)

#: What a name inside a predicate stands for: the argument and the place to read it in.
Operand: TypeAlias = Attribute | Value

_ORDERED = ("int", "decimal", "datetime", "asn", "port")
_FLIP: dict[str, nodes.CompareOp] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_ORDER_OPS = {"<": Op.LT, "<=": Op.LE, ">": Op.GT, ">=": Op.GE}


def lower_condition(
    expr: nodes.Expr,
    scope: Scope,
    attributes: Mapping[str, Attribute],
    diagnostics: Diagnostics,
    hint: Callable[[str], str] = no_hint,
    native: NativeForms | None = None,
) -> Cond | None:
    """The normal form of `expr`, or None after reporting what is wrong with it.

    `attributes` are the vocabulary words in reach, by language name (`header[]` for keyed ones); `hint` knows more of names that are
    none of them, `native` reads raw tests, where documents can have them.
    """
    return _Lowering(attributes, diagnostics, hint, native).lower(expr, scope, {}, False)


@record(frozen=False)
class _Lowering:
    attributes: Mapping[str, Attribute]
    diagnostics: Diagnostics
    hint: Callable[[str], str]
    native: NativeForms | None
    atoms: int = 0
    expansions: int = 0
    stopped: bool = False
    calls: list[str] = field(default_factory=list)

    def lower(self, expr: nodes.Expr, scope: Scope, env: Mapping[str, Operand], negate: bool) -> Cond | None:
        if self.stopped:
            return None  # a nest of predicates doubles at each level: stop at the first refusal
        match expr:
            case nodes.And(operands) | nodes.Or(operands):
                report_repeats([(operand, operand.span) for operand in operands], self.diagnostics)
                lowered = [self.lower(operand, scope, env, negate) for operand in operands]
                if any(item is None for item in lowered):
                    return None
                items = [item for item in lowered if item is not None]
                return conjunction(items) if isinstance(expr, nodes.And) is not negate else disjunction(items)
            case nodes.Not(operand):
                return self.lower(operand, scope, env, not negate)
            case nodes.Bool(value):
                return Always() if value is not negate else Never()
            case nodes.Compare():
                return self._compare(expr, scope, env, negate)
            case nodes.Quantified():
                return self._quantified(expr, scope, env, negate)
            case nodes.Exists(subject, span):
                attribute = self._attribute(subject, scope, env)
                if attribute is None:
                    return None
                return self._atom(Atom(attribute, Op.EXISTS, (), "", negate, span))
            case nodes.Call():
                return self._call(expr, scope, env, negate)
            case nodes.Ref():
                return self._flag(expr, scope, env, negate)
            case _:
                self.diagnostics.error(
                    "not-a-condition",
                    "this is a value, not a condition",
                    expr.span,
                    "compare it with an attribute, such as `source.vpc == mesh_vpc`",
                )
                return None

    # --- leaves -----------------------------------------------------------------------------------------------

    def _atom(self, atom: Atom) -> Cond | None:
        self.atoms += 1
        if self.atoms == ATOM_BUDGET + 1:
            self.diagnostics.error(
                "condition-too-large",
                f"the condition grows past {ATOM_BUDGET} comparisons",
                atom.span,
                "split the statement, or shorten the predicates",
            )
            self.stopped = True
        return atom if self.atoms <= ATOM_BUDGET else None

    def _flag(self, ref: nodes.Ref, scope: Scope, env: Mapping[str, Operand], negate: bool) -> Cond | None:
        operand = self._operand(ref, scope, env, BOOL)
        if operand is None:
            return None
        if isinstance(operand, Value):
            return Always() if operand.data is not negate else Never()
        if operand.type != BOOL:
            self.diagnostics.error(
                "not-a-condition",
                f"`{ref.text}` is {operand.type}, not a condition",
                ref.span,
                f"compare it, or write `exists {ref.text}`",
            )
            return None
        return self._atom(Atom(operand, Op.EQ, (Constant(BOOL, True, span=ref.span),), "", negate, ref.span))

    def _compare(self, node: nodes.Compare, scope: Scope, env: Mapping[str, Operand], negate: bool) -> Cond | None:
        op, left, right = node.op, node.left, node.right
        if op in ("not in", "not like"):
            negate, op = not negate, "in" if op == "not in" else "like"
        elif op == "!=":
            negate, op = not negate, "=="
        if op == "==" and refuse_null(node, scope, self.diagnostics):
            return None
        subject = self._find_attribute(left, scope, env)
        if subject is None:
            other = self._find_attribute(right, scope, env)
            if other is None:
                return self._constant_compare(node, op, scope, env, negate)
            if op == "in":
                return self._membership(left, other, node.span, scope, env, negate)
            if op == "like":
                help, fix = turned_pattern(node, negate)
                message = "the pattern of `like` stands on its right"
                self.diagnostics.error("pattern-on-the-left", message, node.span, help, fix=fix)
                return None
            subject, right, op = other, left, _FLIP[op]
        elif self._find_attribute(right, scope, env) is not None:
            self.diagnostics.error(
                "attribute-on-the-right",
                f"`{text_of(right)}` is an attribute too, and two attributes cannot be compared yet",
                right.span,
                "compare with a literal or a `let`",
            )
            return None
        if subject.many and op != "in":
            help, better = of_many(subject.name, op, right, negate)
            self.diagnostics.error(
                "missing-qualifier",
                f"`{subject.name}` has many values, so `{node.op}` is ambiguous",
                left.span,
                help,
                fix=rewritten(node.span, better) if better else None,
            )
            return None
        return self._test(subject, op, right, "any" if subject.many else "", node.span, scope, env, negate)

    def _quantified(
        self, node: nodes.Quantified, scope: Scope, env: Mapping[str, Operand], negate: bool
    ) -> Cond | None:
        attribute = self._attribute(node.subject, scope, env)
        if attribute is None:
            return None
        if not attribute.many:
            self.diagnostics.error(
                "single-valued-attribute",
                f"`{attribute.name}` has one value, so `{node.quantifier}` says nothing",
                node.subject.span,
                f"drop `{node.quantifier}`",
                fix=without_quantifier(node),
            )
            return None
        if node.op in ("!=", "not in", "not like"):
            self.diagnostics.error(
                "negated-quantifier",
                f"`{node.quantifier} … {node.op}` is easy to misread",
                node.span,
                f"write `not ({'all' if node.quantifier == 'any' else 'any'} …)` with the positive operator",
                fix=turned_quantifier(node),
            )
            return None
        return self._test(attribute, node.op, node.right, node.quantifier, node.span, scope, env, negate)

    def _membership(
        self, left: nodes.Expr, attribute: Attribute, span: Span, scope: Scope, env: Mapping[str, Operand], negate: bool
    ) -> Cond | None:
        """`finance in idc.groups`: a value in a multi-valued attribute."""
        if not attribute.many:
            self.diagnostics.error(
                "single-valued-attribute",
                f"`{attribute.name}` has one value, so nothing can be `in` it",
                span,
                f"write `{attribute.name} == …`",
            )
            return None
        if isinstance(left, nodes.ListOf):
            self.diagnostics.error(
                "type-mismatch",
                "a list cannot be `in` an attribute",
                left.span,
                f"write `any {attribute.name} in […]` or `all {attribute.name} in […]`",
            )
            return None
        return self._test(attribute, "==", left, "any", span, scope, env, negate)

    def _test(
        self,
        attribute: Attribute,
        op: nodes.CompareOp,
        right: nodes.Expr,
        quantifier: Literal["", "any", "all"],
        span: Span,
        scope: Scope,
        env: Mapping[str, Operand],
        negate: bool,
    ) -> Cond | None:
        outer, self.diagnostics = self.diagnostics, Diagnostics()
        test_op, values = self._right_side(attribute, op, right, scope, env)
        outer.extend(with_hint(self.diagnostics, attribute, self.hint))
        self.diagnostics = outer
        if values is None:
            return None
        if not values:
            return of_nothing(attribute, right, negate, self.diagnostics)
        return self._atom(Atom(attribute, test_op, tuple(values), quantifier, negate, span))

    def _right_side(
        self, attribute: Attribute, op: nodes.CompareOp, right: nodes.Expr, scope: Scope, env: Mapping[str, Operand]
    ) -> tuple[Op, list[Constant] | None]:
        kind = attribute.type
        if op in _ORDER_OPS:
            if not (isinstance(kind, Named) and kind.name in _ORDERED):
                self._wrong_operator(attribute, op, right.span)
                return Op.LT, None
            return _ORDER_OPS[op], self._constants(right, kind, scope, env, single=True)
        if op == "like":
            if not (
                isinstance(kind, Named) and kind.name in shapes() and shapes()[kind.name].base == "string"
            ) or kind.name in ("ip", "cidr", "datetime", "decimal"):
                self._wrong_operator(attribute, op, right.span)
                return Op.LIKE, None
            return Op.LIKE, self._constants(right, STRING, scope, env, single=False)
        if kind == Named("ip"):
            if op == "in":
                return Op.IN_CIDR, self._constants(right, Named("cidr"), scope, env, single=False)
            return Op.EQ, self._constants(right, kind, scope, env, single=True)
        if kind == Named("cidr") and op == "in":
            return Op.IN_CIDR, self._constants(right, kind, scope, env, single=False)
        if (
            op == "in"
            and not attribute.many
            and not isinstance(right, nodes.ListOf)
            and not self._is_set(right, scope, env)
        ):
            named = isinstance(right, nodes.Ref) and right.simple not in env and scope.lookup(right.simple or "")
            if not named or self._value(right, None, scope, env) is not None:  # what has no value is told as that
                self.diagnostics.error(
                    "type-mismatch",
                    "`in` wants a list on its right",
                    right.span,
                    f"write `{attribute.name} in […]`, or `==` for one value",
                )
            return Op.EQ, None
        return Op.EQ, self._constants(right, kind, scope, env, single=op == "==")

    def _is_set(self, expr: nodes.Expr, scope: Scope, env: Mapping[str, Operand]) -> bool:
        if not isinstance(expr, nodes.Ref) or expr.simple is None:
            return False
        bound = env.get(expr.simple)
        if bound is not None:
            return isinstance(bound, Value) and isinstance(bound.type, SetOf)
        definition = scope.lookup(expr.simple)
        value = scope.definition_value(definition, self.diagnostics) if definition is not None else None
        return value is not None and isinstance(value.type, SetOf)

    def _wrong_operator(self, attribute: Attribute, op: str, span: Span) -> None:
        self.diagnostics.error(
            "wrong-operator",
            f"`{op}` does not work on `{attribute.name}`, {article(attribute.type)}",
            span,
            "use `in` with a block of addresses" if attribute.type == Named("ip") else "use `==` or `in`",
        )

    def _constants(
        self, expr: nodes.Expr, expected: Type, scope: Scope, env: Mapping[str, Operand], *, single: bool
    ) -> list[Constant] | None:
        if isinstance(expr, nodes.ListOf) or self._is_set(expr, scope, env):
            if single:
                self.diagnostics.error(
                    "type-mismatch", "one value is wanted here, not a list", expr.span, "use `in` with a list"
                )
                return None
            if isinstance(expr, nodes.ListOf):
                out: list[Constant] = []
                for item in expr.items:
                    values = self._constants(item, expected, scope, env, single=True)
                    if values is None:
                        return None
                    out.extend(values)
                return out
            value = self._value(expr, None, scope, env)
            if value is None or not isinstance(value.data, tuple):
                return None
            out = []
            for member in value.data:
                if not isinstance(member, Value) or not self._fits(member, expected, expr):
                    return None
                out.append(_constant(member, expr.span))
            return out
        value = self._group_or_value(expr, expected, scope, env)
        return None if value is None else [_constant(value, expr.span)]

    def _fits(self, item: Value, expected: Type, expr: nodes.Expr) -> bool:
        if item.type == GROUP:
            if expected in _GROUP_PLACES:
                return True
        elif expected != GROUP and assignable(item.type, expected):
            return True
        self.diagnostics.error(
            "type-mismatch",
            f"`{text_of(expr)}` holds {item.type} where {expected} is wanted",
            expr.span,
            "types do not convert; use a list of the wanted type",
        )
        return False

    def _group_or_value(
        self, expr: nodes.Expr, expected: Type, scope: Scope, env: Mapping[str, Operand]
    ) -> Value | None:
        """A declared group may stand for its id wherever an attribute of groups is compared."""
        if expected in _GROUP_PLACES and isinstance(expr, nodes.Ref | nodes.Call):
            group = self._as_group(expr, scope, env)
            if group is not None:
                return group
        return self._value(expr, expected, scope, env)

    def _as_group(self, expr: nodes.Ref | nodes.Call, scope: Scope, env: Mapping[str, Operand]) -> Value | None:
        if isinstance(expr, nodes.Call):
            probe = Diagnostics()
            value = scope.value(expr, GROUP, probe)
            return value if value is not None and not probe.has_errors else None
        bound = env.get(expr.simple or "")
        if bound is not None:
            return Value(GROUP, bound.data, expr.span) if isinstance(bound, Value) and bound.type == GROUP else None
        definition = scope.lookup(expr.simple or "")
        if definition is None or not isinstance(definition.node, nodes.GroupDecl):
            return None
        value = scope.definition_value(definition, self.diagnostics)
        return None if value is None else Value(GROUP, value.data, expr.span)

    def _value(self, expr: nodes.Expr, expected: Type | None, scope: Scope, env: Mapping[str, Operand]) -> Value | None:
        if isinstance(expr, nodes.Ref) and expr.simple is not None and expr.simple in env:
            bound = env[expr.simple]
            if isinstance(bound, Attribute):
                self.diagnostics.error(
                    "attribute-on-the-right",
                    f"`{expr.text}` stands for the attribute `{bound.name}` here, and two attributes cannot be compared yet",
                    expr.span,
                    "pass a literal or a `let` for it",
                )
                return None
            if expected is not None and not assignable(bound.type, expected):
                self.diagnostics.error(
                    "type-mismatch",
                    f"`{expr.text}` is {article(bound.type)} where {article(expected)} is wanted",
                    expr.span,
                    "change the type of the parameter",
                )
                return None
            return Value(bound.type, bound.data, expr.span)
        return scope.value(expr, expected, self.diagnostics)

    # --- operands ---------------------------------------------------------------------------------------------

    def _find_attribute(self, expr: nodes.Expr, scope: Scope, env: Mapping[str, Operand]) -> Attribute | None:
        """The attribute behind an operand, if it is one; only a name that could be either is reported here."""
        if not isinstance(expr, nodes.Ref):
            return None
        if expr.simple is not None and expr.simple in env:
            bound = env[expr.simple]
            return bound if isinstance(bound, Attribute) else None
        definition = scope.lookup(expr.simple) if expr.simple is not None else None
        if definition is not None:
            if expr.simple in self.attributes:
                self.diagnostics.error(
                    "shadowed-name",
                    f"`{expr.text}` is both an attribute and a {definition.kind} here",
                    expr.span,
                    f"rename the {definition.kind}",
                    (Label(definition.node.name.span, "declared here"),),
                )
            return None
        found = resolve_attribute(expr, self.attributes)
        if found is not None:
            key_fits(expr, found, self.diagnostics)
        return found

    def _attribute(self, expr: nodes.Expr, scope: Scope, env: Mapping[str, Operand]) -> Attribute | None:
        found = self._find_attribute(expr, scope, env)
        if found is None:
            self._unknown(expr, scope)
        return found

    def _operand(self, ref: nodes.Ref, scope: Scope, env: Mapping[str, Operand], expected: Type) -> Operand | None:
        attribute = self._find_attribute(ref, scope, env)
        if attribute is not None:
            return attribute
        if ref.simple is not None and (ref.simple in env or scope.lookup(ref.simple) is not None):
            return self._value(ref, expected, scope, env)
        self._unknown(ref, scope)
        return None

    def _unknown(self, expr: nodes.Expr, scope: Scope) -> None:
        if not isinstance(expr, nodes.Ref):
            self.diagnostics.error(
                "not-an-attribute", "an attribute is wanted here", expr.span, "name one, such as `source.vpc`"
            )
            return
        definition = scope.lookup(expr.simple or "")
        if definition is not None:
            self.diagnostics.error(
                "not-an-attribute",
                f"`{expr.text}` is a {definition.kind}, not an attribute",
                expr.span,
                "compare it with an attribute",
                (Label(definition.node.name.span, "declared here"),),
            )
            return
        report_unknown(expr, scope, self.attributes, self.hint(expr.text), self.diagnostics)

    def _constant_compare(
        self, node: nodes.Compare, op: nodes.CompareOp, scope: Scope, env: Mapping[str, Operand], negate: bool
    ) -> Cond | None:
        """Both sides are known at compile time, such as `stage == prod`."""
        for side in (node.left, node.right):
            named = isinstance(side, nodes.Ref) and (side is node.left or side.simple is None)
            if isinstance(side, nodes.Ref) and named and not self._is_known_value(side, scope, env):
                self._unknown(side, scope)
                return None
        left = self._value(node.left, None, scope, env)
        if left is None:
            return None
        if isinstance(left.type, SetOf):
            self.diagnostics.error("type-mismatch", "a list cannot be compared", node.left.span, "put it right of `in`")
            return None
        if isinstance(left.type, Named) and left.type.name in OBJECT_TYPES | {"cidr"}:
            self.diagnostics.error(
                "type-mismatch",
                f"{article(left.type)} cannot be compared here",
                node.left.span,
                "compare an attribute with it",
            )
            return None
        if op == "in":
            expected: Type = Named("cidr") if left.type == Named("ip") else left.type
            rights = self._constants(node.right, expected, scope, env, single=False)
        else:
            expected = STRING if op == "like" else left.type
            rights = self._constants(node.right, expected, scope, env, single=op != "like")
        if rights is None:
            return None
        if op in _ORDER_OPS and not (isinstance(left.type, Named) and left.type.name in _ORDERED):
            self.diagnostics.error(
                "wrong-operator", f"`{op}` does not work on {article(left.type)}", node.span, "use `==` or `in`"
            )
            return None
        test = _ORDER_OPS.get(op) or (Op.LIKE if op == "like" else Op.IN_CIDR if expected == Named("cidr") else Op.EQ)
        holds = any(compares(left.type, test, scalar_of(left), right) for right in rights)
        return Always() if holds is not negate else Never()

    def _is_known_value(self, ref: nodes.Ref, scope: Scope, env: Mapping[str, Operand]) -> bool:
        return ref.simple is not None and (ref.simple in env or scope.lookup(ref.simple) is not None)

    # --- predicates -------------------------------------------------------------------------------------------

    def _call(self, call: nodes.Call, scope: Scope, env: Mapping[str, Operand], negate: bool) -> Cond | None:
        name = call.function.text
        definition = scope.lookup(name)
        if definition is None and name == RAW:
            return lower_raw_test(
                call, scope, self.native, lambda ref: self._attribute(ref, scope, env), negate, self.diagnostics
            )
        if definition is None and refuse_call(call, scope, self.attributes, self.diagnostics):
            return None
        if definition is None or not isinstance(definition.node, nodes.Predicate):
            labels = () if definition is None else (Label(definition.node.name.span, "declared here"),)
            self.diagnostics.error(
                "unknown-predicate",
                f"`{name}` is no predicate",
                call.function.span,
                did_you_mean(name, known_names(scope.table, ("predicate",)), "declare it with `predicate`"),
                labels,
            )
            return None
        predicate = definition.node
        key = f"{definition.file}#{name}"
        if key in self.calls:
            chain = [entry.rsplit("#", 1)[1] for entry in [*self.calls[self.calls.index(key) :], key]]
            self.diagnostics.error(
                "cyclic-definition",
                f"predicate `{name}` calls itself: " + " -> ".join(chain),
                predicate.name.span,
                "predicates are put in where they are called, so they cannot recurse",
            )
            return None
        if len(self.calls) >= _DEEPEST_CALL:
            self.diagnostics.error(
                "definition-chain-too-long",
                f"more than {_DEEPEST_CALL} predicates call one another",
                call.span,
                "write the condition out",
            )
            self.stopped = True
            return None
        if len(call.args) != len(predicate.parameters):
            self.diagnostics.error(
                "wrong-arguments",
                f"`{name}` takes {plural(len(predicate.parameters), 'argument')}, not {len(call.args)}",
                call.span,
                f"write `{name}({', '.join(p.name.text for p in predicate.parameters)})`",
                (Label(predicate.name.span, "declared here"),),
            )
            return None
        inner = scope.project.scopes[definition.file]
        bound: dict[str, Operand] = {}
        for parameter, arg in zip(predicate.parameters, call.args, strict=True):
            operand = self._argument(parameter, arg, scope, inner, env)
            if operand is None:
                return None
            bound[parameter.name.text] = operand
        self.expansions += 1
        if self.expansions > EXPANSION_BUDGET:
            self.diagnostics.error(
                "condition-too-large",
                f"the condition puts in more than {EXPANSION_BUDGET} predicates",
                call.span,
                "split the statement, or shorten the predicates",
            )
            self.stopped = True
            return None
        self.calls.append(key)
        try:
            return self.lower(predicate.body, inner, bound, negate)
        finally:
            self.calls.pop()

    def _argument(
        self, parameter: nodes.Parameter, arg: nodes.Expr, scope: Scope, inner: Scope, env: Mapping[str, Operand]
    ) -> Operand | None:
        expected = inner.type_of(parameter.type, self.diagnostics)
        if expected is None:
            return None
        attribute = self._find_attribute(arg, scope, env)
        if attribute is None:
            return self._value(arg, expected, scope, env)
        given: Type = SetOf(attribute.type) if attribute.many else attribute.type
        if assignable(given, expected):
            return attribute
        self.diagnostics.error(
            "type-mismatch",
            f"`{attribute.name}` is {article(given)} where `{parameter.name.text}` wants {article(expected)}",
            arg.span,
            "pass an attribute or a value of that type",
            (Label(parameter.span, "declared here"),),
        )
        return None


_DEEPEST_CALL = 30


def _constant(value: Value, span: Span) -> Constant:
    if isinstance(value.data, Group):
        return Constant(GROUP, value.data.id, value.data, span)
    return Constant(value.type, scalar_of(value), span=span)
