"""Cedar text to a tree, with a place for every part and a message that says what to write.

Accepts what Cedar 4.12 accepts (https://docs.cedarpolicy.com/policies/syntax-grammar.html) within a bound on nesting. After
a mistake reading goes on behind the next `;`, so several statements can be wrong at once. Conditions are read in
`cedar_conditions`; here are documents, statements and scopes.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from policyc.diagnostics import Diagnostic, Diagnostics, Edit, Fix, Severity, did_you_mean, rewritten, write_instead
from policyc.per_object import PerObject
from policyc.regex import regex
from policyc.syntax.cedar_conditions import ConditionReader, expected
from policyc.syntax.cedar_lexer import CedarMistake, Token, tokens
from policyc.syntax.cedar_nodes import (
    Annotation,
    Clause,
    Comment,
    Compare,
    Document,
    Entity,
    Expr,
    Is,
    ScopePart,
    SetOf,
    Slot,
    Statement,
    Var,
    walk,
)
from policyc.text import Source, Span

_EFFECTS: dict[str, Literal["permit", "forbid"]] = {"permit": "permit", "forbid": "forbid"}
_SCOPE = ("principal", "action", "resource")
#: a scope with nothing but these words, each or none of them, up to its end
_BARE_SCOPE = regex(r"(?:(?:principal|action|resource)\b\s*,?\s*)*(?=\))")
_WORD = regex(r"\w+")
_MOST_MISTAKES = 20
#: what begins a statement, or is meant to
_MEANT = {"permit": "permit", "forbid": "forbid", "allow": "permit", "deny": "forbid"}
#: a condition of which nothing is known
_OPAQUE = "context.q"


def parse_cedar(source: Source, diagnostics: Diagnostics) -> Document | None:
    """The tree of a Cedar text, or None after its mistakes were reported. Several look at one text, and it is read once."""
    document, mistakes, _ = _read(source)
    diagnostics.extend(mistakes)
    return document


def beside_mistakes(source: Source) -> tuple[Source, tuple[Span, ...]] | None:
    """A text of the same length in which every statement with a mistake is one of which nothing is known but its effect, and the places of these; None
    where there is no telling what they are."""
    _, _, mended = _read(source)
    text, places = source.text, []
    for span, statement in mended or ():
        room = span.end - span.start
        if not statement or (room < len(statement) and text[span.start : span.end].strip()):
            return None
        text = text[: span.start] + statement.ljust(room) + text[span.end :]
        places.append(span)
    return (Source(source.file, text), tuple(places)) if places else None


#: what was read of a text, its mistakes, and for each statement that has one what may stand at its place (empty: nothing)
_Read: TypeAlias = tuple[Document | None, Diagnostics, tuple[tuple[Span, str], ...]]


def _parsed(source: Source) -> _Read:
    mistakes = Diagnostics()
    foreign = _foreign(source)
    if foreign is not None:
        _report(foreign, mistakes)
        return None, mistakes, ()
    found, comments = tokens(source)
    reader = _Reader(source, found, comments)
    return reader.document(mistakes), mistakes, tuple(reader.mended)


_read: PerObject[Source, _Read] = PerObject(_parsed, 4)


def _foreign(source: Source) -> CedarMistake | None:
    """Text that is no Cedar at all: JSON, or Cedar inside JSON or quotes."""
    text = source.text.lstrip()
    at = len(source.text) - len(text)
    if text[:1] in ("{", "[") or (text[:1] == '"' and ("permit" in text or "forbid" in text)):
        iam = '"Statement"' in text or '"Effect"' in text
        what = "an IAM policy in JSON" if iam else "JSON" if text[:1] != '"' else "Cedar inside a quoted string"
        return CedarMistake(
            "cedar-not-cedar",
            f"this is {what}, and Verified Access takes plain Cedar text",
            source.span(at, at + 1),
            "write `permit (principal, action, resource) when { … };`",
        )
    return None


def _report(mistake: CedarMistake, diagnostics: Diagnostics) -> None:
    diagnostics.add(
        Diagnostic(mistake.rule, mistake.message, mistake.span, mistake.help, Severity.ERROR, fix=mistake.fix)
    )


class _Reader(ConditionReader):
    """Documents, statements and scopes."""

    def __init__(self, source: Source, found: list[Token], comments: list[Comment]) -> None:
        super().__init__(source, found)
        self.comments = comments
        self.mistakes: list[CedarMistake] = []
        self.mended: list[tuple[Span, str]] = []

    def document(self, diagnostics: Diagnostics) -> Document | None:
        statements: list[Statement] = []
        while self.peek.kind != "end" and len(self.mistakes) < _MOST_MISTAKES:
            begin = self.peek
            try:
                statements.append(self.statement())
            except CedarMistake as mistake:
                self.mistakes.append(mistake)
                self._skip(begin)
                effect = _MEANT.get(begin.text.lower())
                opaque = f"{effect}(principal,action,resource)when{{{_OPAQUE}}};" if effect else ""
                self.mended.append((self.source.span(begin.start, self.last.end), opaque))
        for found in self.mistakes:
            _report(found, diagnostics)
        if self.mistakes:
            return None
        return Document(tuple(statements), tuple(self.comments), tuple(self.trailing_commas))

    def _skip(self, begin: Token) -> None:
        """Go on behind the next `;` and brackets that it stands before by mistake, at the next statement, or at the end."""
        while self.peek.kind != "end" and self.peek.text != ";":
            if self.peek is not begin and self.peek.text in _EFFECTS and self.ahead(1).text == "(":
                return
            self.advance()
        while self.peek.kind != "end" and self.peek.text in (";", "}", ")", "]"):
            self.advance()

    def statement(self) -> Statement:
        begin = self.peek
        annotations = self._annotations()
        effect = self._effect()
        self.need("(")
        scope = self._scope()
        clauses: list[Clause] = []
        while self.peek.text in ("when", "unless"):
            clauses.append(self._clause())
        self._end_of_statement(bool(clauses))
        span = self.source.span(begin.start, self.last.end)
        effect_span = self.span(effect)
        return Statement(
            _EFFECTS[effect.text], effect_span, annotations, scope, tuple(clauses), self._comment(begin), span
        )

    def _annotations(self) -> tuple[Annotation, ...]:
        out: dict[str, Annotation] = {}
        while self.peek.text == "@":
            start = self.advance()
            key = self.any_name("the name of an annotation")
            value = ""
            if self.take("("):
                value = self.string("the annotation's text")
                self.need(")")
            span = self.source.span(start.start, self.last.end)
            if key.text in out:
                raise CedarMistake(
                    "cedar-duplicate-key", f"the annotation `@{key.text}` stands twice", span, "remove one of them"
                )
            out[key.text] = Annotation(key.text, value, span)
        return tuple(out.values())

    def _effect(self) -> Token:
        token = self.peek
        if token.kind != "name":
            raise expected("`permit` or `forbid`", token, self.source)
        if token.text not in _EFFECTS:
            meant = _MEANT.get(token.text.lower())
            help = (
                write_instead(token.text, meant)
                if meant
                else did_you_mean(token.text, _EFFECTS, "begin with `permit` or `forbid`")
            )
            raise CedarMistake("cedar-syntax", f"a statement cannot begin with `{token.text}`", self.span(token), help)
        return self.advance()

    # --- scope ------------------------------------------------------------------------------------------------

    def _scope(self) -> tuple[ScopePart, ...]:
        parts: list[ScopePart] = []
        bare = _BARE_SCOPE.match(self.source.text, self.peek.start)
        if bare is not None and tuple(_WORD.findall(bare[0])) != _SCOPE:
            right = ", ".join(_SCOPE)
            raise CedarMistake(
                "cedar-scope",
                "the scope wants `principal`, `action` and `resource`, in this order",
                self.source.span(bare.start(), bare.end()),
                f"write `({right})`",
                rewritten(self.source.span(bare.start(), bare.end()), right),
            )
        for name in _SCOPE:
            token = self.peek
            if token.kind != "name" or token.text != name:
                raise CedarMistake(
                    "cedar-scope",
                    f"the scope wants `{name}` here",
                    self.span(token),
                    "write `(principal, action, resource)`",
                )
            self.advance()
            parts.append(self._scope_part(name, token))
            if name != "resource":
                self.need(",")
        if self.take(","):
            self.note_comma(")")
        self.need(")")
        return tuple(parts)

    def _scope_part(self, name: str, start: Token) -> ScopePart:
        operator = self.peek
        variable = Var(name, self.span(start))
        constraint: Compare | Is | None = None
        if operator.text == "is" and operator.kind == "name":
            if name == "action":
                raise self._bad_scope(operator, "`is` cannot stand behind `action`")
            self.advance()
            kind = self.type_name()
            inside = self._target(name, many=False) if self.take("in") else None
            constraint = Is(variable, kind, inside, self.source.span(start.start, self.last.end))
        elif operator.text in ("==", "in"):
            self.advance()
            target = self._target(name, many=operator.text == "in")
            constraint = Compare(operator.text, variable, target, self.source.span(start.start, self.last.end))
            if self.peek.text == "is":
                raise self._bad_scope(self.peek, "`is` stands before `in`")
        elif operator.text not in (",", ")"):
            raise self._bad_scope(operator, f"`{operator.text or 'the end'}` cannot stand behind `{name}`")
        return ScopePart(name, constraint, self.source.span(start.start, self.last.end))

    def _target(self, name: str, *, many: bool) -> Expr:
        """What a scope compares with: an entity, of an action also a list; a template's slot."""
        at = self.peek
        target: Expr = self.sum()
        listed = target.items if isinstance(target, SetOf) and name == "action" and many else (target,)
        for item in listed:
            if isinstance(item, Slot) and name != "action" and item.name == name:
                continue
            if not isinstance(item, Entity):
                raise self._bad_scope(at, f"`{name}` can only be compared with an entity here")
            if name == "action" and item.type.rpartition("::")[2] != "Action":
                raise self._bad_scope(at, "the type of an action is `Action`")
        return target

    def _bad_scope(self, token: Token, message: str) -> CedarMistake:
        return CedarMistake(
            "cedar-scope",
            message,
            self.span(token),
            "leave the scope open, `(principal, action, resource)`, and put tests after `when`",
        )

    # --- conditions -------------------------------------------------------------------------------------------

    def _clause(self) -> Clause:
        word = self.advance()
        self.need("{")
        if self.peek.text == "}":
            raise CedarMistake(
                "cedar-empty-condition",
                f"the `{word.text}` clause is empty",
                self.source.span(word.start, self.peek.end),
                "write a condition, or remove the clause",
            )
        body = self.expression()
        _refuse_slots(body)
        self.need("}")
        span = self.source.span(word.start, self.last.end)
        return Clause("when" if word.text == "when" else "unless", body, span)

    def _end_of_statement(self, conditions: bool) -> None:
        token = self.peek
        if token.text == ";" and token.kind == "sign":
            self.advance()
            return
        after = self.source.span(self.last.end, self.last.end)
        if token.kind == "end" or token.text in ("permit", "forbid", "@"):
            fix = Fix("add the semicolon", (Edit(after, ";"),))
            mistake = CedarMistake(
                "cedar-missing-semicolon", "the statement does not end with `;`", after, "write `;` here", fix
            )
            self.mistakes.append(mistake)
            blank = self.source.text[after.end : after.end + 1]
            if not blank or blank.isspace():
                self.mended.append((self.source.span(after.start, after.end + len(blank)), ";"))
            else:
                self.mended.append((after, ""))
            return
        wanted = "`;`" if conditions else "`when`, `unless` or `;`"
        raise expected(wanted, token, self.source)

    def _comment(self, begin: Token) -> str:
        """The `//` lines that stand right above a statement."""
        lines: list[str] = []
        line = self.source.position(begin.start).line
        for comment in reversed(self.comments):
            if comment.span.start > begin.start:
                continue
            place = self.source.position(comment.span.start)
            if place.line != line - 1 or self.source.line(place.line)[: place.column - 1].strip():
                break
            lines.append(comment.text)
            line = place.line
        return "\n".join(reversed(lines))


def _refuse_slots(body: Expr) -> None:
    for node in walk(body):
        if isinstance(node, Slot):
            raise CedarMistake(
                "cedar-scope", "a template's slot cannot stand in a condition", node.span, "write the entity itself"
            )
