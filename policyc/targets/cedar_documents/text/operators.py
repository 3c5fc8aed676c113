"""Operators and methods of Cedar on kinds of values: which fail, which can never hold."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.diagnostics import Diagnostic, Edit, Fix, Severity, did_you_mean, rewritten, write_instead
from policyc.model.literals import host_bits, without_host_bits
from policyc.syntax.cedar_nodes import (
    Arith,
    Call,
    Compare,
    Expr,
    Is,
    Like,
    Lit,
    Method,
    Neg,
    RecordOf,
    SetOf,
    Var,
    path_of,
)
from policyc.syntax.cedar_printer import written
from policyc.targets.cedar_documents.methods import method_help
from policyc.targets.cedar_documents.text.constants import network_of, readable
from policyc.targets.cedar_documents.text.info import Checks, Hazard, Info, Known, risks_of
from policyc.targets.cedar_documents.text.kinds import BOOL, IP, LONG, UNKNOWN, Kind, Member, is_group_id
from policyc.targets.cedar_documents.text.literals import different, impossible, literal_of
from policyc.targets.cedar_documents.text.numbers import check_order, check_sum

Operator = SetOf | RecordOf | Like | Is | Compare | Arith | Neg | Call | Method
_EXTENSIONS = {"ip": IP, "decimal": Kind("decimal"), "datetime": Kind("datetime"), "duration": Kind("duration")}
_OF_SETS = ("contains", "containsAll", "containsAny", "isEmpty")
_OF_ADDRESSES = ("isInRange", "isIpv4", "isIpv6", "isLoopback", "isMulticast")
_RESULTS = {
    "toDate": Kind("datetime"),
    "offset": Kind("datetime"),
    "toTime": Kind("duration"),
    "durationSince": Kind("duration"),
}
_NUMBERS = ("toMilliseconds", "toSeconds", "toMinutes", "toHours", "toDays")


def check_operator(checker: Checks, node: Operator, known: Known) -> Info:
    """Kind and truth of an operator's result."""
    match node:
        case SetOf(items):
            return _set(checker, items, known)
        case RecordOf(pairs):
            infos = [checker.check(item, known) for _, item in pairs]
            return Info(Kind("record", open=True), risks=risks_of(infos))
        case Compare("in", left, right):
            return _in(checker, node, left, right, known)
        case Compare(operator) if operator in ("==", "!="):
            return _equal(checker, node, known)
        case Compare():
            return check_order(checker, node, known)
        case Like():
            return _like(checker, node, known)
        case Is(of):
            return Info(BOOL, risks=checker.check(of, known).risks)
        case Arith(operator, left, right):
            return check_sum(checker, node, (left, right), operator, known)
        case Neg(of):
            return check_sum(checker, node, (of,), "-", known)
        case Call():
            return _call(checker, node, known)
        case Method():
            return _method(checker, node, known)


def _set(checker: Checks, items: Sequence[Expr], known: Known) -> Info:
    infos = [checker.check(item, known) for item in items]
    names = {info.kind.name for info in infos}
    item = infos[0].kind if len(names) == 1 else UNKNOWN
    return Info(Kind("set", item), risks=risks_of(infos), broken=any(info.broken for info in infos))


# --- comparisons ------------------------------------------------------------------------------------------------


def _equal(checker: Checks, node: Compare, known: Known) -> Info:
    left, right = checker.check(node.left, known), checker.check(node.right, known)
    risks = risks_of((left, right))
    if left.broken or right.broken:
        return Info(BOOL, risks=risks, broken=True)
    equal: bool | None = None
    if literal_of(node.left) is not None and literal_of(node.right) is not None:
        pass  # Cedar is asked what constants come to
    elif isinstance(node.left, Var) and node.left == Var(getattr(node.right, "name", ""), node.left.span):
        equal = True
    elif different(left.kind, right.kind):
        equal = None if _two_formed(left, right) else False
        if equal is False:
            _unlike(checker, node, left, right)
        else:
            equal = _other_than_ever(checker, node, left, right)
    else:
        _check_whole_set(checker, node)
        equal = _check_whole_record(checker, node, left, right)
        equal = _other_than_ever(checker, node, left, right) if equal is None else equal
    return Info(BOOL, None if equal is None else equal is (node.operator == "=="), risks=risks)


def _other_than_ever(checker: Checks, node: Compare, left: Info, right: Info) -> bool | None:
    """False where an attribute is compared with a value that it never has, which is reported."""
    equal = None
    for info, other in ((left, node.right), (right, node.left)):
        value = literal_of(other)
        if value is not None and impossible(info.member, value):
            equal = False
            _never(checker, info.member, other, value, node)
    return equal


def _check_whole_set(checker: Checks, node: Compare) -> None:
    """A list that is compared as a whole with one that is written out."""
    for part, other in ((node.left, node.right), (node.right, node.left)):
        if path_of(part) and isinstance(other, SetOf) and not other.items:
            if node.operator == "==":
                continue  # there is no other way to ask for an empty list
            message = f"`{written(node)}` holds for every user with any value at all"
            help = f'name the values that are meant, such as `{written(part)}.contains("…")`'
            checker.diagnostics.warning("cedar-set-equality", message, node.span, help)
        elif path_of(part) and isinstance(other, SetOf):
            negation = "!" if node.operator == "!=" else ""
            listed = written(other.items[0]) if len(other.items) == 1 else written(other)
            method = "contains" if len(other.items) == 1 else "containsAll"
            better = f"{negation}{written(part)}.{method}({listed})"
            checker.diagnostics.warning(
                "cedar-set-equality",
                f"`{written(node)}` compares the whole list: it {'fails only' if negation else 'holds only'} for users with "
                "exactly these values and no other",
                node.span,
                f"write `{better}`",
                fix=rewritten(node.span, better),
            )


def _check_whole_record(checker: Checks, node: Compare, left: Info, right: Info) -> bool | None:
    """A record that is compared as a whole with one that is written out; False where the two never have the same attributes."""
    for part, info, other in ((node.left, left, node.right), (node.right, right, node.left)):
        if not path_of(part) or not isinstance(other, RecordOf):
            continue
        members = info.kind.members
        written_out = {name for name, _ in other.pairs}
        needed = {name for name, member in members.items() if member.required}
        keyed = "groups of exactly these ids and names" if other.pairs else "no group at all"
        help = "test one of its attributes: " + ", ".join(f"`{name}`" for name in list(members)[:6])
        help = help if members else f'write `{written(part)} has "…"`'
        if members and not info.kind.open and not needed <= written_out <= set(members):
            word = "always" if node.operator == "!=" else "never"
            listed = ", ".join(f"`{name}`" for name in members)
            message = f"`{written(part)}` is a record of {listed}, so this is {word} true"
            checker.error("cedar-unlike-kinds", message, node.span, help)
            return False
        what = f"users with {keyed}" if info.kind.keyed else "records with exactly these attributes"
        holds = "fails only" if node.operator == "!=" else "holds only"
        message = f"`{written(node)}` compares the whole record: it {holds} for {what}"
        checker.diagnostics.warning("cedar-set-equality", message, node.span, help)
    return None


def _two_formed(left: Info, right: Info) -> bool:
    """A port, which is a number in one source and text in another."""
    return any(info.member is not None and info.member.text_too for info in (left, right)) and {
        left.kind.name,
        right.kind.name,
    } <= {"string", "long"}


def _unlike(checker: Checks, node: Compare, left: Info, right: Info) -> None:
    always = "always" if node.operator == "!=" else "never"
    subject = node.left if path_of(node.left) else node.right
    info = left if subject is node.left else right
    help, fix = "compare values of one kind", None
    if info.kind.name == "set":
        other = node.right if subject is node.left else node.left
        better = f"{'!' if node.operator == '!=' else ''}{written(subject)}.contains({written(other)})"
        help, fix = f"write `{better}`", rewritten(node.span, better)
    elif info.kind.name == "record" and info.kind.members:
        help = "test one of its attributes: " + ", ".join(f"`{name}`" for name in list(info.kind.members)[:6])
    elif info.kind.keyed:
        other = node.right if subject is node.left else node.left
        help = f"write `{_holding(subject, other, ' || ')}`"
    elif info.member is not None and info.member.range is not None:
        help = f"it is a number from {info.member.range[0]} to {info.member.range[1]}; compare it with `>=`"
    elif info.kind.name == "bool":
        help = "write `true` or `false` without quotes"
    checker.error(
        "cedar-unlike-kinds",
        f"`{written(node.left)}` is {left.kind.words} and `{written(node.right)}` is {right.kind.words}, "
        f"so this is {always} true",
        node.span,
        help,
        fix=fix,
    )


def _never(checker: Checks, member: Member | None, literal: Expr, value: str | int | bool, node: Compare) -> None:
    assert member is not None
    word = "always" if node.operator == "!=" else "never"
    shown = written(node.right if node.left is literal else node.left)
    checker.error(
        "value-never-matches",
        f"`{shown}` never has the value `{value}`, so this is {word} true",
        literal.span,
        _values_help(member, value),
    )


def _values_help(member: Member, value: object) -> str:
    if member.address:
        block = isinstance(value, str) and "/" in value
        return (
            'write `ip(…).isInRange(ip("…"))` for a block' if block else "its values are single IPv4 or IPv6 addresses"
        )
    if member.range is not None:
        return f"its values are {member.range[0]} to {member.range[1]}"
    if member.usual is not None:
        return f"its values are {member.usual[0]} to {member.usual[1]}"
    if member.values:
        return did_you_mean(
            str(value), member.values, "its values are " + ", ".join(f"`{one}`" for one in member.values)
        )
    if member.form:
        return method_help(str(value))
    return "see the documented form of the attribute"


def _in(checker: Checks, node: Compare, left: Expr, right: Expr, known: Known) -> Info:
    first, second = checker.check(left, known), checker.check(right, known)
    risks = risks_of((first, second))
    sent = first.kind.name == "unknown" and path_of(left) is not None  # nothing below `context` is an entity
    if first.broken and not sent:
        return Info(BOOL, risks=risks, broken=True)
    if sent or first.kind.name not in ("entity", "unknown"):
        help = f"write `{written(right)}.contains({written(left)})`" if _lists(second) else "write `==`"
        if _lists(first) and _lists(second):
            help = f"write `{written(left)}.containsAny({written(right)})`"
        what = "data of a request" if sent else first.kind.words
        checker.fails(f"`in` wants an entity on its left, and `{written(left)}` is {what}", node.span, help)
        return Info(BOOL, risks=risks, broken=True)
    listed = right.items if isinstance(right, SetOf) else (right,)
    if isinstance(left, Var) and any(isinstance(item, Var) and item.name == left.name for item in listed):
        checker.diagnostics.warning(
            "cedar-always-true", f"`{written(node)}` always holds", node.span, "test trust data below `context`"
        )
        return Info(BOOL, True)
    return Info(BOOL, risks=risks)


def _lists(info: Info) -> bool:
    """Whether a value is a list, or shown as one by AWS's samples."""
    return info.kind.name == "set" or (info.member is not None and info.member.kind.name == "set")


def _like(checker: Checks, node: Like, known: Known) -> Info:
    of = checker.check(node.of, known)
    if of.broken:
        return Info(BOOL, risks=of.risks, broken=True)
    if of.member is not None and of.member.text_too:
        what = f"`{written(node.of)}` is a number in AWS's documentation, and `like` fails on a number"
        checker.hazards.append(Hazard(what, node.of.span, "list the values"))
        return Info(BOOL, risks=of.risks)
    if of.kind.name not in ("string", "unknown"):
        help = f"write `{written(node.of)}.contains(…)`" if of.kind.name == "set" else "compare it with `==`"
        if of.kind.name == "record" and of.kind.members:
            help = "test one of its attributes: " + ", ".join(f"`{name}`" for name in list(of.kind.members)[:6])
        checker.fails(f"`like` wants text, and `{written(node.of)}` is {of.kind.words}", node.span, help)
        return Info(BOOL, risks=of.risks, broken=True)
    return Info(BOOL, risks=of.risks)


# --- calls ------------------------------------------------------------------------------------------------------


def _call(checker: Checks, node: Call, known: Known) -> Info:
    infos = [checker.check(arg, known) for arg in node.args]
    kind = _EXTENSIONS.get(node.function, UNKNOWN)
    risks = risks_of(infos)
    if len(infos) != 1:
        checker.fails(f"`{node.function}` takes one text", node.span, f'write `{node.function}("…")`')
        return Info(kind, risks=risks, broken=True)
    arg, info = node.args[0], infos[0]
    if not info.broken and info.kind.name not in ("string", "unknown"):
        checker.fails(
            f"`{node.function}` reads text, and `{written(arg)}` is {info.kind.words}", arg.span, "give it text"
        )
        return Info(kind, risks=risks, broken=True)
    if isinstance(arg, Lit) and not readable(node):
        checker.fails(
            f"`{arg.value}` cannot be read by `{node.function}`", arg.span, _FORMS.get(node.function, "correct it")
        )
        return Info(kind, risks=risks, broken=True)
    if node.function == "ip" and isinstance(arg, Lit) and (block := without_host_bits(str(arg.value))) is not None:
        help = write_instead(str(arg.value), block)
        checker.diagnostics.warning("host-bits", host_bits(str(arg.value)), arg.span, help)
    if node.function == "ip" and path_of(arg) == ("http_request", "x_forwarded_for"):
        checker.diagnostics.warning(
            "cedar-address-list",
            "`x_forwarded_for` is often a list with commas, over which `ip` fails",
            node.span,
            "test `context.http_request.client_ip`",
            fix=rewritten(arg.span, "context.http_request.client_ip"),
        )
    elif path_of(arg) and not (node.function == "ip" and _may_be_address(checker, info)):
        checker.hazards.append(_reading(node, arg))
    return Info(kind, risks=risks, broken=info.broken)


def _may_be_address(checker: Checks, info: Info) -> bool:
    """Whether nothing speaks against reading a text as an address; a permit fails closed, so there the doubt is enough."""
    documented = info.member is not None and info.member.address
    return documented or (info.kind.name == "unknown" and checker.effect == "permit")


def _reading(node: Call, arg: Expr) -> Hazard:
    """A constructor over text that somebody else writes."""
    path = path_of(arg) or ()
    if node.function == "decimal" and path[-1] == "osv":
        what = f"`decimal` reads `14.5` and fails on `14.5.1`, and `{written(arg)}` may be either"
        return Hazard(what, node.span, 'list versions, or use a pattern such as `like "14.*"`')
    what = f"`{node.function}` fails on text that it cannot read, and nothing says what `{written(arg)}` looks like"
    return Hazard(what, node.span, "compare the text itself")


_FORMS = {
    "ip": "write a plain IPv4 or IPv6 address, or a block such as `10.0.0.0/8`",
    "decimal": "write a number with one to four digits behind the point",
    "datetime": "write `YYYY-MM-DD` or `YYYY-MM-DDThh:mm:ssZ`",
    "duration": "write such as `1d2h30m`",
}


def _method(checker: Checks, node: Method, known: Known) -> Info:
    of = checker.check(node.of, known)
    infos = [checker.check(arg, known) for arg in node.args]
    risks = risks_of((of, *infos))
    if of.broken or any(info.broken for info in infos):
        return Info(BOOL, risks=risks, broken=True)
    wanted = "set" if node.name in _OF_SETS else "ip" if node.name in _OF_ADDRESSES else ""
    if wanted and of.kind.name not in (wanted, "unknown"):
        checker.fails(
            f"`{node.name}` asks {Kind(wanted).words}, and `{written(node.of)}` is {of.kind.words}",
            node.span,
            _instead(node, of, infos[0] if len(infos) == 1 else None),
        )
        return Info(BOOL, risks=risks, broken=True)
    if node.name == "isInRange" and (len(infos) != 1 or infos[0].kind.name not in ("ip", "unknown")):
        checker.fails("`isInRange` takes one address block", node.span, 'write `isInRange(ip("10.0.0.0/8"))`')
        return Info(BOOL, risks=risks, broken=True)
    if node.name == "isInRange" and _is_swapped(checker, node):
        return Info(BOOL, False, risks=risks)
    if node.name in ("containsAll", "containsAny") and infos[0].kind.name not in ("set", "unknown"):
        checker.fails(f"`{node.name}` takes a list", node.args[0].span, f"write `[{written(node.args[0])}]`")
        return Info(BOOL, risks=risks, broken=True)
    if node.name == "contains":
        for item in node.of.items if isinstance(node.of, SetOf) else ():
            _check_whole_set(checker, Compare("==", node.args[0], item, node.span))
        return Info(BOOL, _contains(checker, node, of, infos[0]), risks=risks)
    kind = LONG if node.name in _NUMBERS else _RESULTS.get(node.name, UNKNOWN if node.name == "getTag" else BOOL)
    return Info(kind, risks=risks)


def _is_swapped(checker: Checks, node: Method) -> bool:
    """Report a block that is asked whether it lies in an address, the wrong way round; tells whether that never holds."""
    (arg,) = node.args
    block = network_of(node.of)
    path = path_of(arg.args[0]) if isinstance(arg, Call) and arg.function == "ip" and len(arg.args) == 1 else None
    if block is None or not path or block.endswith("/128" if ":" in block else "/32"):
        return False
    member = checker.check(arg.args[0]).member if isinstance(arg, Call) else None
    certain = member is not None and member.address
    better = f"{written(arg)}.isInRange({written(node.of)})"
    checker.diagnostics.add(
        Diagnostic(
            "cedar-swapped-range",
            f"this asks whether the block `{block}` lies inside the address, which no single address holds",
            node.span,
            f"write `{better}`",
            Severity.ERROR if certain else Severity.WARNING,
            fix=Fix("swap the two", (Edit(node.span, better),)),
        )
    )
    return certain


def _holding(groups: Expr, asked: Expr | None, joint: str) -> str:
    """Questions whether a record of groups holds those that are asked for."""
    items = asked.items if isinstance(asked, SetOf) else (asked,)
    ids = [item.value for item in items if isinstance(item, Lit) and is_group_id(str(item.value))]
    names = ids if 0 < len(ids) == len(items) < 4 else ["<group id>"]
    return joint.join(f'{written(groups)} has "{name}"' for name in names)


def _instead(node: Method, of: Info, given: Info | None) -> str:
    arg = node.args[0] if node.args else None
    if arg is not None and given is not None and node.name == "contains" and of.kind.name == "string" and _lists(given):
        return f"write `{written(arg)}.contains({written(node.of)})`"
    if of.kind.name == "record" and of.kind.keyed:
        return f"write `{_holding(node.of, arg, ' && ' if node.name == 'containsAll' else ' || ')}`"
    if of.kind.name == "record" and of.kind.members:
        return "test one of its attributes: " + ", ".join(f"`{name}`" for name in list(of.kind.members)[:6])
    if of.kind.name == "string" and node.name in _OF_ADDRESSES:
        return f"write `ip({written(node.of)}).{node.name}(…)`"
    if of.kind.name == "string" and isinstance(arg, Lit) and isinstance(arg.value, str):
        return f'write `{written(node.of)} like "*{arg.value}*"`, or without the last `*` for an ending'
    return "use an operator for that kind of value"


def _contains(checker: Checks, node: Method, of: Info, arg: Info) -> bool | None:
    """Whether a set of literals can hold the attribute, or a set attribute the literal."""
    if (
        literal_of(node.args[0]) is None
        and isinstance(node.of, SetOf)
        and all(literal_of(item) is not None for item in node.of.items)
    ):
        possible = 0
        for item in node.of.items:
            value = literal_of(item)
            assert value is not None
            kind = checker.check(item).kind
            if different(kind, arg.kind) and not _two_formed(Info(kind), arg):
                checker.error(
                    "cedar-unlike-kinds",
                    f"`{written(node.args[0])}` is {arg.kind.words} and never `{written(item)}`",
                    item.span,
                    "list values of its kind",
                )
            elif impossible(arg.member, value):
                checker.error(
                    "value-never-matches",
                    f"`{written(node.args[0])}` never has the value `{value}`",
                    item.span,
                    _values_help(arg.member, value) if arg.member else "list documented values",
                )
            else:
                possible += 1
        return None if possible else False
    if of.kind.item is not None and different(of.kind.item, arg.kind):
        checker.error(
            "cedar-unlike-kinds",
            f"`{written(node.of)}` never holds {arg.kind.words}",
            node.args[0].span,
            f"write `containsAny({written(node.args[0])})` for one of them, `containsAll` for all of them"
            if arg.kind.name == "set"
            else f"its elements are {of.kind.item.words}",
        )
        return False
    return None
