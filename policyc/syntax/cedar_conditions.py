"""Cedar conditions: from tokens to expressions.

Reading descends once per level of parentheses and nesting is bounded, so no text can exhaust the stack; member
accesses and sums, which nest to the left, count too. Functions and methods are those of Cedar 4.12.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from policyc.diagnostics import did_you_mean, write_instead
from policyc.syntax.cedar_hints import (
    FOREIGN_METHODS,
    NOTHING,
    PRESENCE,
    foreign_method,
    long_name,
    nothing,
    odd_name,
    presence,
)
from policyc.syntax.cedar_lexer import CedarMistake, Token
from policyc.syntax.cedar_literals import RESERVED, BadEscape, pattern, unescape
from policyc.syntax.cedar_nodes import (
    And,
    Arith,
    Call,
    Compare,
    Entity,
    Expr,
    Get,
    Has,
    If,
    Is,
    Like,
    Lit,
    Method,
    Neg,
    Not,
    Or,
    RecordOf,
    SetOf,
    Slot,
    Var,
)
from policyc.text import Source, Span, plural

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Parentheses, member accesses and terms of a sum within one another. Cedar's own bound is far higher, nobody's need is.
DEEPEST: Final = 40
#: Operands of one `&&` or `||`.
LONGEST: Final = 25_000
VARIABLES: Final = ("principal", "action", "resource", "context")
FUNCTIONS: Final = ("ip", "decimal", "datetime", "duration", "unknown")
#: methods with a fixed number of arguments, which the parser checks; None: the evaluator checks
METHODS: Final[dict[str, int | None]] = {
    "contains": 1,
    "containsAll": 1,
    "containsAny": 1,
    "isEmpty": 0,
    "getTag": 1,
    "hasTag": 1,
    "isIpv4": None,
    "isIpv6": None,
    "isLoopback": None,
    "isMulticast": None,
    "isInRange": None,
    "lessThan": None,
    "lessThanOrEqual": None,
    "greaterThan": None,
    "greaterThanOrEqual": None,
    "offset": None,
    "durationSince": None,
    "toDate": None,
    "toTime": None,
    "toMilliseconds": None,
    "toSeconds": None,
    "toMinutes": None,
    "toHours": None,
    "toDays": None,
}
_ORDERS: Final = ("==", "!=", "<", "<=", ">", ">=")
_LONG: Final = 2**63
_WORDS: Final = {"and": "&&", "or": "||", "not": "!", "AND": "&&", "OR": "||", "NOT": "!"}


def expected(what: str, token: Token, source: Source) -> CedarMistake:
    """`what` was wanted where `token` stands; a token that is none says itself what is wrong."""
    if token.mistake is not None:
        return token.mistake
    found = "the text ends" if token.kind == "end" else f"`{token.text}` stands here"
    span = source.span(token.start, token.end)
    if token.text in _WORDS:
        return CedarMistake(
            "cedar-syntax",
            f"`{token.text}` is no operator of Cedar",
            span,
            write_instead(token.text, _WORDS[token.text]),
        )
    if token.text == "=":
        return CedarMistake("cedar-syntax", "`=` is no operator of Cedar", span, write_instead("=", "=="))
    return CedarMistake("cedar-syntax", f"{found}, but {what} is expected", span, f"write {what}")


class ConditionReader:
    """A cursor over tokens and the reading of expressions, loosest operator first."""

    def __init__(self, source: Source, found: list[Token]) -> None:
        self.source = source
        self.tokens = found
        self.at = 0
        self.depth = 0
        self.trailing_commas: list[Span] = []

    # --- cursor -----------------------------------------------------------------------------------------------

    @property
    def peek(self) -> Token:
        return self.tokens[self.at]

    @property
    def last(self) -> Token:
        return self.tokens[max(self.at - 1, 0)]

    def ahead(self, count: int) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.tokens[self.at]
        if token.kind != "end":
            self.at += 1
        return token

    def take(self, text: str) -> bool:
        if self.peek.text == text and self.peek.kind in ("sign", "name"):
            self.advance()
            return True
        return False

    def need(self, text: str) -> Token:
        if not (self.peek.text == text and self.peek.kind in ("sign", "name")):
            raise expected(f"`{text}`", self.peek, self.source)
        return self.advance()

    def span(self, token: Token) -> Span:
        return self.source.span(token.start, max(token.end, token.start))

    def any_name(self, what: str) -> Token:
        if self.peek.kind != "name":
            raise expected(what, self.peek, self.source)
        return self.advance()

    def string(self, what: str) -> str:
        if self.peek.kind != "string":
            raise expected(what + " in double quotes", self.peek, self.source)
        return self._text(self.advance())

    @contextmanager
    def _deeper(self, token: Token) -> Iterator[None]:
        self._descend(token)
        try:
            yield
        finally:
            self.depth -= 1

    def _descend(self, token: Token) -> None:
        self.depth += 1
        if self.depth > DEEPEST:
            raise CedarMistake(
                "cedar-too-deep",
                f"the condition nests deeper than {DEEPEST}",
                self.span(token),
                "split it into several statements",
            )

    def _from(self, start: Token) -> Span:
        return self.source.span(start.start, self.last.end)

    # --- operators --------------------------------------------------------------------------------------------

    def expression(self) -> Expr:
        start = self.peek
        with self._deeper(start):
            if start.text == "if" and start.kind == "name":
                self.advance()
                test = self.expression()
                self.need("then")
                then = self.expression()
                self.need("else")
                otherwise = self.expression()
                return If(test, then, otherwise, self._from(start))
            return self._chain("||", lambda: self._chain("&&", self.relation, And), Or)

    def _chain(self, sign: str, part: Callable[[], Expr], node: type[And] | type[Or]) -> Expr:
        start = self.peek
        items = [part()]
        while self.take(sign):
            if len(items) >= LONGEST:
                raise CedarMistake(
                    "cedar-too-long",
                    f"more than {LONGEST:,} operands are joined with `{sign}`",
                    self.span(self.last),
                    "split the condition into several statements",
                )
            items.append(part())
        return items[0] if len(items) == 1 else node(tuple(items), self._from(start))

    def relation(self) -> Expr:
        start = self.peek
        left = self.sum()
        sign = self.peek
        if sign.kind not in ("sign", "name"):
            return left
        if sign.text in _ORDERS or sign.text == "in":
            self.advance()
            right = self.sum()
            if self.peek.text in _ORDERS or self.peek.text == "in":
                raise CedarMistake(
                    "cedar-syntax", "comparisons do not chain", self.span(self.peek), "join two comparisons with `&&`"
                )
            return Compare(sign.text, left, right, self._from(start))
        if sign.text == "has":
            return self._has(left, start)
        if sign.text == "like":
            return self._like(left, start)
        if sign.text == "is":
            self.advance()
            kind = self.type_name()
            inside = self.sum() if self.take("in") else None
            return Is(left, kind, inside, self._from(start))
        return left

    def _has(self, left: Expr, start: Token) -> Expr:
        self.advance()
        first = self.peek
        if first.kind == "string":
            self.advance()
            return Has(left, (self._text(first),), self.span(first), self._from(start))
        names = [self._attribute("`has` wants the name of an attribute").text]
        self._refuse_long_name(left, first, asks=True)
        while self.take("."):
            names.append(self._attribute("an attribute's name follows the dot").text)
        return Has(left, tuple(names), self._from(first), self._from(start))

    def _like(self, left: Expr, start: Token) -> Expr:
        self.advance()
        token = self.peek
        if token.kind != "string":
            if token.mistake is not None:
                raise token.mistake
            raise CedarMistake(
                "cedar-syntax",
                "`like` wants a pattern in double quotes",
                self.span(token),
                'such as `like "*@example.com"`',
            )
        self.advance()
        try:
            parts = pattern(token.text[1:-1])
        except BadEscape as error:
            raise self._bad_escape(token, error) from None
        return Like(left, parts, self.span(token), self._from(start))

    def sum(self) -> Expr:
        return self._arith(("+", "-"), lambda: self._arith(("*",), self._unary))

    def _arith(self, signs: tuple[str, ...], part: Callable[[], Expr]) -> Expr:
        start, depth = self.peek, self.depth
        out = part()
        while self.peek.kind == "sign" and self.peek.text in signs:
            sign = self.advance()
            self._descend(sign)
            out = Arith(sign.text, out, part(), self._from(start))
        if self.peek.kind == "sign" and self.peek.text in ("/", "%") and signs == ("*",):
            raise CedarMistake(
                "cedar-syntax", f"Cedar has no `{self.peek.text}`", self.span(self.peek), "compare with whole numbers"
            )
        self.depth = depth
        return out

    def _unary(self) -> Expr:
        start = self.peek
        if start.kind != "sign" or start.text not in ("!", "-"):
            return self._member()
        count = 0
        while self.take(start.text):
            count += 1
        if count > 4:
            raise CedarMistake(
                "cedar-syntax",
                f"`{start.text}` stands {count} times in a row, Cedar takes four",
                self._from(start),
                f"two `{start.text}` cancel each other out",
            )
        if self.peek.kind == "sign" and self.peek.text in ("!", "-"):
            raise expected("an operand", self.peek, self.source)
        negative = start.text == "-"
        if negative and self.peek.kind == "number" and int(self.peek.text) == _LONG and self.ahead(1).text not in ".[":
            token = self.advance()
            out: Expr = Lit(-_LONG, self.source.span(self.tokens[self.at - 2].start, token.end))
            count -= 1
        else:
            out = self._member()
        for _ in range(count):
            out = Neg(out, self._from(start)) if negative else Not(out, self._from(start))
        return out

    # --- members ----------------------------------------------------------------------------------------------

    def _member(self) -> Expr:
        start, depth = self.peek, self.depth
        out = self._primary()
        while self.peek.kind == "sign" and self.peek.text in (".", "[", "(", ":", "::"):
            sign = self.peek
            if sign.text == "." or sign.text == "[":
                self._descend(sign)
                self.advance()
                out = self._access(out, start) if sign.text == "." else self._index(out, start)
            else:
                break
        self.depth = depth
        return out

    def _access(self, of: Expr, start: Token) -> Expr:
        if self.peek.text in PRESENCE and self.ahead(1).text == "(":
            token = self.advance()
            raise presence(token.text, of, self._arguments(), self.span(token), self._from(start), self.source)
        if (odd := odd_name(self.source, of, self.peek.start)) is not None:
            raise odd
        token = self._attribute("an attribute's name follows the dot")
        if self.peek.text == "(":
            return self._method(of, token, start)
        self._refuse_long_name(of, token)
        return Get(of, token.text, self.span(token), self._from(start))

    def _index(self, of: Expr, start: Token) -> Expr:
        token = self.peek
        name = self.string("an attribute's name")
        self.need("]")
        return Get(of, name, self.span(token), self._from(start))

    def _attribute(self, why: str) -> Token:
        token = self.peek
        if token.kind != "name":
            self._refuse_placeholder()
            mistake = token.mistake
            if mistake is None or mistake.rule == "cedar-syntax":
                mistake = CedarMistake(
                    "cedar-attribute-name",
                    why,
                    self.span(token),
                    'write any other name in brackets and quotes, such as `["my-name"]`',
                )
            raise mistake
        if token.text in RESERVED:
            raise CedarMistake(
                "cedar-attribute-name",
                f"`{token.text}` is a word of Cedar",
                self.span(token),
                f'write `["{token.text}"]`',
            )
        return self.advance()

    def _refuse_long_name(self, of: Expr, token: Token, *, asks: bool = False) -> None:
        """`context.my-idp` reads as a subtraction of a variable that does not exist, `cognito:groups` as nothing."""
        after = self.peek
        if after.kind == "sign" and after.text in ("-", ":", "::") and after.start == token.end:
            mistake = long_name(self.source, of, token.start, asks, (*VARIABLES, *RESERVED, *FUNCTIONS))
            if mistake is not None:
                raise mistake

    def _method(self, of: Expr, token: Token, start: Token) -> Expr:
        name = token.text
        if name not in METHODS:
            if name in FUNCTIONS:
                help = f"write `{name}(…)`"
            elif name in FOREIGN_METHODS:
                raise foreign_method(name, of, self._arguments(), self.span(token), self._from(start), self.source)
            else:
                help = did_you_mean(name, METHODS, "the methods of sets are `contains`, …")
            raise CedarMistake("cedar-unknown-method", f"Cedar has no method `{name}`", self.span(token), help)
        args = self._arguments()
        self._check_count(token, args, METHODS[name])
        return Method(of, name, self.span(token), args, self._from(start))

    def _check_count(self, token: Token, args: tuple[Expr, ...], wanted: int | None) -> None:
        if wanted is not None and len(args) != wanted:
            raise CedarMistake(
                "cedar-wrong-arguments",
                f"`{token.text}` takes {plural(wanted, 'argument')}, not {len(args)}",
                self._from(token),
                "put several values into a set, `[a, b]`" if wanted else "write nothing between `()`",
            )

    def _arguments(self) -> tuple[Expr, ...]:
        self.need("(")
        return tuple(self._listed(")", self.expression))

    def _listed(self, close: str, part: Callable[[], Expr]) -> list[Expr]:
        items: list[Expr] = []
        while self.peek.text != close or self.peek.kind != "sign":
            items.append(part())
            if not self.take(","):
                break
            self.note_comma(close)
        self.need(close)
        return items

    def note_comma(self, close: str) -> None:
        """The comma just read stands behind the last value when the list ends here."""
        if self.peek.kind == "sign" and self.peek.text == close:
            self.trailing_commas.append(self.span(self.last))

    # --- primaries --------------------------------------------------------------------------------------------

    def _primary(self) -> Expr:
        token = self.peek
        if token.kind == "string":
            self.advance()
            return Lit(self._text(token), self.span(token))
        if token.kind == "number":
            return self._number()
        if token.kind == "slot":
            self.advance()
            return Slot(token.text[1:], self.span(token))
        if token.kind == "name":
            return self._named()
        if token.text == "(" and token.kind == "sign":
            self.advance()
            inner = self.expression()
            self.need(")")
            return inner
        if token.text == "[" and token.kind == "sign":
            self.advance()
            items = self._listed("]", self.expression)
            return SetOf(tuple(items), self._from(token))
        if token.text == "{" and token.kind == "sign":
            return self._record()
        self._refuse_placeholder()
        raise expected("a value or an attribute", token, self.source)

    def _refuse_placeholder(self) -> None:
        """`<name>` where a name or a value is wanted was meant to be filled in."""
        start = self.peek
        if start.text != "<":
            return
        count = 1
        while self.ahead(count).kind in ("name", "number") or self.ahead(count).text in ("-", "."):
            count += 1
        end = self.ahead(count)
        if count > 1 and end.text == ">":
            span = self.source.span(start.start, end.end)
            raise CedarMistake(
                "template-in-text",
                f"`{self.source.text[span.start : span.end]}` is a placeholder",
                span,
                "put the real name or value there",
            )

    def _number(self) -> Expr:
        token = self.advance()
        if len(token.text) > 40 or int(token.text) >= _LONG:
            raise CedarMistake(
                "cedar-literal",
                f"`{token.text[:40]}` does not fit in 64 bits",
                self.span(token),
                "use a smaller number",
            )
        return Lit(int(token.text), self.span(token))

    def _record(self) -> Expr:
        start = self.advance()
        pairs: dict[str, Expr] = {}
        while self.peek.text != "}" or self.peek.kind != "sign":
            token = self.peek
            key = self._text(self.advance()) if token.kind == "string" else self._attribute("a record wants names").text
            if key in pairs:
                raise CedarMistake(
                    "cedar-duplicate-key", f"`{key}` stands twice in the record", self.span(token), "remove one of them"
                )
            self.need(":")
            pairs[key] = self.expression()
            if not self.take(","):
                break
            self.note_comma("}")
        self.need("}")
        return RecordOf(tuple(pairs.items()), self._from(start))

    def _named(self) -> Expr:
        token = self.peek
        if token.text in ("true", "false"):
            self.advance()
            return Lit(token.text == "true", self.span(token))
        if token.text in PRESENCE and self.ahead(1).text == "(":
            self.advance()
            raise presence(token.text, None, self._arguments(), self.span(token), self._from(token), self.source)
        if token.text in RESERVED:
            raise expected("a value or an attribute", token, self.source)
        if self.ahead(1).text == "::" or (self.ahead(1).kind == "string" and token.text not in VARIABLES):
            return self._entity()
        self.advance()
        if self.peek.text == "(":
            return self._call(token)
        if token.text in VARIABLES:
            return Var(token.text, self.span(token))
        raise self._unknown_variable(token)

    def _entity(self) -> Expr:
        start = self.peek
        kind = self.type_name(entity=True)
        if self.peek.kind == "string" and self.last.text != "::":
            raise CedarMistake(
                "cedar-syntax",
                "an entity's type and id are joined with `::`",
                self.source.span(start.start, self.peek.end),
                f"write `{kind}::{self.peek.text}`",
            )
        if self.peek.kind != "string":
            if self.peek.text == "(":
                raise CedarMistake(
                    "cedar-unknown-function",
                    f"Cedar has no function `{kind}`",
                    self._from(start),
                    "the functions are " + ", ".join(f"`{name}`" for name in FUNCTIONS[:-1]),
                )
            raise expected("an entity's id in double quotes", self.peek, self.source)
        return Entity(kind, self._text(self.advance()), self._from(start))

    def type_name(self, *, entity: bool = False) -> str:
        """`Name` or `Space::Name`; with `entity` up to the `::` before the id."""
        steps = []
        while True:
            token = self.any_name("the name of a type")
            if token.text in RESERVED:
                raise CedarMistake(
                    "cedar-syntax", f"`{token.text}` is a word of Cedar, no type", self.span(token), "name a type"
                )
            steps.append(token.text)
            if not self.take("::"):
                return "::".join(steps)
            if entity and self.peek.kind != "name":
                return "::".join(steps)

    def _call(self, token: Token) -> Expr:
        name = token.text
        if name not in FUNCTIONS:
            help = (
                f"write `x.{name}(…)`"
                if name in METHODS
                else did_you_mean(name, FUNCTIONS, "use an operator or a method")
            )
            raise CedarMistake("cedar-unknown-function", f"Cedar has no function `{name}`", self.span(token), help)
        args = self._arguments()
        return Call(name, args, self._from(token))

    def _unknown_variable(self, token: Token) -> CedarMistake:
        name = token.text
        if name in _WORDS:
            return expected("a value or an attribute", token, self.source)
        if name in NOTHING:
            return nothing(name, self.span(token), self.source)
        reads = self.peek.text in (".", "[")
        help = "trust data stands below `context`, such as `context.idc.user`"
        if reads or name in ("http_request", "tcp_flow"):
            help = f"write `context.{name}`, if a trust provider of the group has that policy reference name"
        if name in ("actor", "user", "device", "src_endpoint"):
            help = (
                "names of the access log are not those of policies; trust data stands below `context.<reference name>`"
            )
        elif name in ("http_request", "tcp_flow"):
            help = f"write `context.{name}`"
        return CedarMistake("cedar-unknown-variable", f"there is no variable `{name}`", self.span(token), help)

    # --- literals ---------------------------------------------------------------------------------------------

    def _text(self, token: Token) -> str:
        try:
            return unescape(token.text[1:-1])
        except BadEscape as error:
            raise self._bad_escape(token, error) from None

    def _bad_escape(self, token: Token, error: BadEscape) -> CedarMistake:
        at = token.start + 1 + error.at
        return CedarMistake(
            "cedar-literal", f"`{error.text}` is no escape", self.source.span(at, at + len(error.text)), error.help
        )
