"""Policy variables: `${key}`, `${key, 'default'}` and the plain characters `${*}`, `${?}`, `${$}`; and holes, which no request fills.

Source: IAM evaluation reference, section 7.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from policyc.engines.iam.globs import Tokens, Wild, fold, wildcard_tokens
from policyc.engines.iam.values import Unknown, Values
from policyc.holes import MARK, has_hole, mark, widened
from policyc.record import record
from policyc.regex import regex

MULTIVALUED = frozenset(
    [
        "aws:calledvia",
        "aws:principalorgpaths",
        "aws:principalservicenameslist",
        "aws:resourceorgpaths",
        "aws:tagkeys",
        "aws:sourceorgpaths",
        "aws:vpceorgpaths",
    ]
)
"""Global keys that hold a set (8.3), in folded spelling: a variable cannot use them."""


@record
class Variable:
    """A place to fill from the request: `key` folded, `spelled` as written, `default` None when there is none. A hole (its mark) is a key
    that no request fills, by itself or as a part of one."""

    key: str
    spelled: str
    default: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether the request cannot tell the value."""
        return has_hole(self.key)


Template = tuple["str | Wild | Variable", ...]


class VariableError(Exception):
    """A malformed variable at `start`..`end` of the pattern; `rule` and `help` as in a diagnostic; `right` is the whole text as it is certainly meant, if it is."""

    def __init__(self, rule: str, message: str, help: str, start: int, end: int, right: str = "") -> None:
        super().__init__(message)
        self.right = right
        self.rule, self.message, self.help, self.start, self.end = rule, message, help, start, end


_KEY = regex(r"[A-Za-z][\w-]*:[\w/-]*\w")
_DEFAULT = regex(r"([^\s,']+), '([^']*)'")
#: a default with too few or too many blanks, one whose quote is not closed before the brace, and blanks around the signs of a key
_LOOSE = regex(r"([^\s,']+)\s*,\s*'([^']*)'\s*")
_OPEN = regex(r"\$\{[^\s,'{}]+, '[^'{}$]*\}(?=[^'}]*\Z)")
_GAPS = regex(r"\s*([:/])\s*")
_SPECIAL = regex(r"\$\{|[*?]|" + MARK.pattern)


def read_template(text: str, *, wildcards: bool, variables: bool) -> Template:
    """The tokens of a pattern; without `wildcards` or `variables` those characters are plain text.

    Raises VariableError for a variable that is not well formed.
    """
    if (variables and "${" in text) or has_hole(text):
        return tuple(_merge(_pieces(text, wildcards, variables)))
    if wildcards:
        return wildcard_tokens(text)
    return (text,) if text else ()


def _pieces(text: str, wildcards: bool, variables: bool) -> Iterator[str | Wild | Variable]:
    at = 0
    for found in _SPECIAL.finditer(text):
        if found.start() < at:
            continue
        if found[1] is not None:
            yield text[at : found.start()]
            yield Variable(mark(found[1]), found[0])
            at = found.end()
        elif found.group() != "${":
            if wildcards:
                yield text[at : found.start()]
                yield Wild(found.group())
                at = found.end()
        elif variables:
            yield text[at : found.start()]
            piece, at = _variable(text, found.start())
            yield piece
    yield text[at:]


def _merge(pieces: Iterator[str | Wild | Variable]) -> Iterator[str | Wild | Variable]:
    held = ""
    for piece in pieces:
        if isinstance(piece, str):
            held += piece
            continue
        if held:
            yield held
            held = ""
        yield piece
    if held:
        yield held


def _variable(text: str, start: int) -> tuple[str | Variable, int]:
    """The variable that opens at `start`, and the offset after it."""
    end = _closing(text, start)
    inner = text[start + 2 : end]
    after = end + 1
    if inner in ("*", "?", "$"):
        return inner, after
    if not inner.strip():
        raise VariableError(
            "empty-variable",
            "a variable without a key",
            "name a condition key, such as `${aws:username}`",
            start,
            after,
        )
    if "${" in inner:
        raise VariableError(
            "missing-brace-in-variable", "a variable inside a variable", "close it with `}`", start, after
        )
    if has_hole(inner):
        return Variable(inner, inner), after
    with_default = _DEFAULT.fullmatch(inner)
    if with_default is not None:
        return Variable(fold(with_default[1]), with_default[1], with_default[2]), after
    if "'" in inner:
        help = "write `${key, 'text'}`: a comma, one space and the text in single quotes"
        loose = _LOOSE.fullmatch(inner)
        right = f"{text[:start]}${{{loose[1]}, '{loose[2]}'}}{text[after:]}" if loose is not None else ""
        message = f"a malformed default in `${{{inner}}}`"
        raise VariableError("missing-quote-in-variable", message, help, start, after, right)
    if "," in inner or any(char.isspace() for char in inner):
        help = "write the key without spaces; a default is `${key, 'text'}`"
        key = _GAPS.sub(r"\1", inner.strip())
        right = "" if "," in key or any(map(str.isspace, key)) else f"{text[:start]}${{{key}}}{text[after:]}"
        message = f"`${{{inner}}}` is not one key"
        raise VariableError("unsupported-space-in-variable", message, help, start, after, right)
    return Variable(fold(inner), inner), after


def _closing(text: str, start: int) -> int:
    """The offset of the brace that closes the variable; braces inside its quoted default do not count."""
    quoted = False
    for at in range(start + 2, len(text)):
        if text[at] == "'":
            quoted = not quoted
        elif text[at] == "}" and not quoted:
            return at
    if quoted:
        help = "close the default with `'` and the variable with `}`"
        open_ = _OPEN.match(text, start)
        right = f"{text[: open_.end() - 1]}'{text[open_.end() - 1 :]}" if open_ is not None else ""
        raise VariableError(
            "missing-quote-in-variable", "the default of a variable is not closed", help, start, len(text), right
        )
    right = f"{text}}}" if _KEY.fullmatch(text, start + 2) else ""
    message = "a variable is not closed"
    raise VariableError("missing-brace-in-variable", message, "add the `}`", start, len(text), right)


def variables_of(template: Template) -> Iterator[Variable]:
    return (token for token in template if isinstance(token, Variable))


def expand(template: Template, get: Callable[[str], Values], wildcards: bool = False) -> Tokens | Unknown | None:
    """The template with its variables filled: None when one has no value, `Unknown` when that cannot be known.

    With `wildcards`, `*` and `?` in a filled value are wildcards; else they are plain characters.
    """
    tokens: list[str | Wild] = []
    unknown = False
    for token in template:
        if not isinstance(token, Variable):
            tokens.append(token)
            continue
        value = _value(token, get)
        if value is None:
            return None
        if isinstance(value, Unknown):
            unknown = True
        elif wildcards:
            tokens.extend(_merge_wild(value))
        else:
            tokens.append(value)
    return Unknown.ANY if unknown else tuple(tokens)


def widest(template: Template, get: Callable[[str], Values]) -> Tokens:
    """The pattern that takes in whatever the template may become: what is not known as any text, a hole as what its values look like."""
    tokens: list[str | Wild] = []
    for token in template:
        if not isinstance(token, Variable):
            tokens.append(token)
        elif token.is_open:
            tokens.extend(_merge_wild(widened(token.spelled) if MARK.fullmatch(token.spelled) else Wild.STAR.value))
        else:
            value = _value(token, get)
            tokens.append(value if isinstance(value, str) else Wild.STAR)
    return tuple(tokens)


def _value(variable: Variable, get: Callable[[str], Values]) -> str | Unknown | None:
    if variable.is_open:
        return Unknown.PRESENT
    values = None if variable.key in MULTIVALUED else get(variable.key)
    if isinstance(values, Unknown):
        return values
    if values is None or len(values) != 1:
        return variable.default
    return values[0]


def _merge_wild(text: str) -> Tokens:
    return tuple(
        token for token in read_template(text, wildcards=True, variables=False) if not isinstance(token, Variable)
    )
