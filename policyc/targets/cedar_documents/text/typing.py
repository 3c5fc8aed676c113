"""Kinds of values through a condition: what may be absent where it is read, what fails, which operators do not go with a value.

Presence flows as Cedar evaluates: from left to right, `&&` and `||` cut short. Known after a test is what it makes sure of when
it is true (`yes`) and when it is false (`no`); either way what it has read was there, or it would have failed.
"""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostics, Fix, did_you_mean, rewritten
from policyc.model.placeholders import is_template
from policyc.record import field, record, replace
from policyc.syntax import cedar_nodes as cedar
from policyc.syntax.cedar_literals import quoted
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.text.info import NOTHING, Hazard, Info, Known, Risk, risks_of
from policyc.targets.cedar_documents.text.kinds import BOOL, ENTITY, UNKNOWN, Kind, Member, is_group_id
from policyc.targets.cedar_documents.text.literals import literal_kind
from policyc.targets.cedar_documents.text.numbers import bounds
from policyc.targets.cedar_documents.text.operators import check_operator
from policyc.text import Span

#: What says by itself what it makes sure of; everything else reads all that is in it.
_LOGIC = (cedar.And, cedar.Or, cedar.Not, cedar.If)


@record(frozen=False)
class Checker:
    """Checks conditions against the record `context`; `effect` words the consequences. `killers` collects risks with what they take
    down: the sides of an `||` from a place on, or a negation, `hazards` what fails for some values, and `settled` the tests whose value the kinds
    alone tell, by node: None where the evaluation always fails, `bounded` those that are one end of a range."""

    context: Kind
    effect: str
    diagnostics: Diagnostics
    killers: list[tuple[Risk, Sequence[cedar.Expr], int]] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    settled: dict[cedar.Expr, bool | None] = field(default_factory=dict)
    bounded: set[cedar.Expr] = field(default_factory=set)

    def check(self, node: cedar.Expr, known: Known = NOTHING) -> Info:
        """The expression's kind and what it reads, its mistakes reported."""
        info = self._info(node, known)
        if info.broken:
            self.settled[node] = None
        elif info.constant is not None:
            self.settled[node] = info.constant
        return info

    def _info(self, node: cedar.Expr, known: Known) -> Info:
        match node:
            case cedar.Lit(value):
                whole = isinstance(value, int) and not isinstance(value, bool)
                return Info(Kind(literal_kind(value)), reach=(int(value), int(value)) if whole else None)
            case cedar.Var(name):
                return Info(self.context if name == "context" else ENTITY)
            case cedar.Entity() | cedar.Slot():
                return Info(ENTITY)
            case cedar.Get():
                return self._get(node, known)
            case cedar.Has():
                return self._has(node, known)
            case cedar.And(items):
                return self._all(items, known)
            case cedar.Or(items):
                return self._any(items, known)
            case cedar.Not(of):
                inner = self.truth(of, known)
                self.killers += [(risk, (node,), 0) for risk in inner.risks]
                return Info(BOOL, None, inner.no, inner.yes, inner.risks)
            case cedar.If(test, then, otherwise):
                return self._if(test, then, otherwise, known)
            case _:
                return self._operator(node, known)

    def truth(self, node: cedar.Expr, known: Known) -> Info:
        """An operand that has to be true or false."""
        info = self.check(node, known)
        if info.kind.name in ("bool", "unknown") or info.broken:
            if (
                info.risks
                and not isinstance(node, _LOGIC)
                and not any(isinstance(part, _LOGIC) for part in cedar.walk(node))
            ):
                read = frozenset(risk.path for risk in info.risks)
                info = replace(info, yes=info.yes | read, no=info.no | read)
            return info
        self.error(
            "cedar-type-mismatch",
            f"`{written(node)}` is {info.kind.words}, no condition",
            node.span,
            "compare it with something",
        )
        self.settled[node] = None
        return Info(BOOL, risks=info.risks, broken=True)

    def error(self, rule: str, message: str, span: Span, help: str, fix: Fix | None = None) -> None:
        self.diagnostics.error(rule, message, span, help, fix=fix)

    def fails(self, message: str, span: Span, help: str) -> None:
        """A test whose evaluation always fails, with what Cedar makes of that."""
        then = "so Cedar skips this forbid" if self.effect == "forbid" else "so this permit never applies"
        self.error("cedar-type-mismatch", f"{message}; that fails, {then}", span, help)

    # --- logic ------------------------------------------------------------------------------------------------

    def _all(self, items: Sequence[cedar.Expr], known: Known) -> Info:
        infos: list[Info] = []
        before, no = NOTHING, None
        self.bounded |= bounds(items)
        for item in items:
            info = self.truth(item, known | before)
            infos.append(info)
            stopped = before | info.no
            no = stopped if no is None else no & stopped
            before |= info.yes
        return Info(BOOL, None, before, no or NOTHING, risks_of(infos))

    def _any(self, items: Sequence[cedar.Expr], known: Known) -> Info:
        infos: list[Info] = []
        before, yes = NOTHING, None
        for place, item in enumerate(items):
            info = self.truth(item, known | before)
            infos.append(info)
            self.killers += [(risk, items, place + 1) for risk in info.risks]
            stopped = before | info.yes
            yes = stopped if yes is None else yes & stopped
            before |= info.no
        return Info(BOOL, None, yes or NOTHING, before, risks_of(infos))

    def _if(self, test: cedar.Expr, then: cedar.Expr, otherwise: cedar.Expr, known: Known) -> Info:
        first = self.truth(test, known)
        second = self.check(then, known | first.yes)
        third = self.check(otherwise, known | first.no)
        kind = second.kind if second.kind.name == third.kind.name else UNKNOWN
        yes, no = (
            (first.yes | then) & (first.no | els) for then, els in ((second.yes, third.yes), (second.no, third.no))
        )
        return Info(kind, None, yes, no, risks_of((first, second, third)))

    # --- attributes -------------------------------------------------------------------------------------------

    def _get(self, node: cedar.Get, known: Known) -> Info:
        of = self.check(node.of, known)
        if of.broken or of.record.name == "unknown":
            return self._reached(node, Info(UNKNOWN, risks=of.risks, broken=of.broken), None, known)
        if of.record.name != "record":
            if of.kind.name == "unknown":
                return self._reached(node, Info(UNKNOWN, risks=of.risks), None, known)
            return self._no_attributes(node, of)
        if isinstance(node.of, cedar.RecordOf):
            return Info(UNKNOWN, risks=of.risks)
        self._check_wrapped_claims(node)
        member = self._member(of.record, node.name, node.name_span, node.of)
        if member is None:
            return Info(UNKNOWN, risks=of.risks, broken=True)
        return self._reached(node, Info(member.told, None, risks=of.risks, member=member), member, known)

    def _reached(self, node: cedar.Get, info: Info, member: Member | None, known: Known) -> Info:
        """The attribute, with the risk that it is not there."""
        path = cedar.path_of(node)
        if info.broken or path is None:
            return info
        reach = None if member is None else member.range or member.usual
        if path in known or (member is not None and member.required):
            return Info(info.kind, None, risks=info.risks, member=info.member, reach=reach)
        root = self.context.members.get(path[0])
        risk = Risk(path, node.span, len(path) > 1 and path[:1] in known and root is not None and root.device)
        return Info(info.kind, None, risks=(*info.risks, risk), member=info.member, reach=reach)

    def _check_wrapped_claims(self, node: cedar.Get) -> None:
        """`okta.claims.x`: an OIDC provider's claims stand right below its name."""
        path = cedar.path_of(node)
        member = self.context.members.get(path[0]) if path else None
        if path and path[1:] == ("claims",) and member is not None and member.kind.open:
            self.diagnostics.warning(
                "cedar-wrapped-claims",
                f"the claims of an OIDC provider stand right below `{written(node.of)}`, not below `claims`",
                node.name_span,
                "leave out `claims`, unless the provider sends one of that name",
                fix=rewritten(node.span, written(node.of)),
            )

    def _no_attributes(self, node: cedar.Get, of: Info) -> Info:
        if of.kind.name == "entity":
            help = "everything that a policy can test stands below `context`"
            self.error(
                "cedar-no-entities", f"the service gives `{written(node.of)}` no attributes", node.name_span, help
            )
        else:
            help = "test its elements with `.contains(…)`" if of.kind.name == "set" else "compare it as a whole"
            self.fails(f"`{written(node.of)}` is {of.kind.words} and has no attributes", node.name_span, help)
        return Info(UNKNOWN, risks=of.risks, broken=True)

    def _member(self, record: Kind, name: str, span: Span, of: cedar.Expr) -> Member | None:
        """The attribute of a record; one that cannot be there is reported."""
        if is_template(name):
            return Member(UNKNOWN)  # what it stands for may be there
        if record.keyed and record.item is not None:
            if is_group_id(name):
                return Member(record.item)
            self._no_group_id(name, span)
            return None
        member = record.members.get(name)
        if member is None and record.open:
            return Member(UNKNOWN)
        if member is None:
            inner = [f"{one}.{deeper}" for one, item in record.members.items() for deeper in item.kind.members]
            tails = {path.rpartition(".")[2]: path for path in inner}
            close = f"did you mean `{tails[name]}`?" if name in tails else ""
            listed = ", ".join(f"`{one}`" for one in list(record.members)[:8])
            self.error(
                "cedar-unknown-attribute",
                f"`{written(of)}` has no attribute `{name}`",
                span,
                close or did_you_mean(name, record.members, f"its attributes are {listed}"),
            )
        return member

    def _no_group_id(self, name: str, span: Span) -> None:
        self.error(
            "cedar-group-name",
            f"Identity Center groups go by id, and `{name}` is none, so this is never true",
            span,
            'write the group\'s id, such as `"c242c5b0-6081-1845-6fa8-6e0d9513c107"`; names cannot be searched',
        )

    def _has(self, node: cedar.Has, known: Known) -> Info:
        of = self.check(node.of, known)
        path = cedar.path_of(node.of)
        steps = [(*path, *node.names[: count + 1]) for count in range(len(node.names))] if path is not None else []
        yes = frozenset(steps)
        if of.broken or of.kind.name == "unknown":
            return Info(BOOL, None, yes, risks=of.risks, broken=of.broken)
        if of.kind.name == "entity":
            return Info(BOOL, False, risks=of.risks)
        if of.kind.name != "record":
            help = f"write `.contains({attribute_text(node)})`" if of.kind.name == "set" else "compare it with a text"
            self.fails(f"`{written(node.of)}` is {of.kind.words}, and `has` asks records", node.span, help)
            return Info(BOOL, risks=of.risks, broken=True)
        kind, constant = of.kind, None
        for name in node.names:
            if kind.name != "record" or isinstance(node.of, cedar.RecordOf):
                break
            member = self._member(kind, name, node.name_span, node.of)
            if member is None:
                constant = False
                break
            kind = member.kind
        return Info(BOOL, constant, yes, risks=of.risks)

    # --- the rest ---------------------------------------------------------------------------------------------

    def _operator(self, node: cedar.Expr, known: Known) -> Info:
        assert isinstance(
            node,
            cedar.SetOf
            | cedar.RecordOf
            | cedar.Like
            | cedar.Is
            | cedar.Compare
            | cedar.Arith
            | cedar.Neg
            | cedar.Call
            | cedar.Method,
        )
        return check_operator(self, node, known)


def attribute_text(node: cedar.Has) -> str:
    """The name that `has` asks for, as a string literal."""
    return quoted(".".join(node.names))
