"""The principal, action and resource of a statement, each a test of one part of the request.

Source: IAM evaluation reference 4, 5 and 6.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import lru_cache
from typing import Final

from policyc.engines.iam.arns import FieldTests, field_tests, fields_match, split_arn, star_in_early_field
from policyc.engines.iam.caller import Caller, CallerKind, Grant
from policyc.engines.iam.globs import Tokens, Wild, compile_glob, fold_tokens, matcher, tokens_test, wildcard_tokens
from policyc.engines.iam.switches import Switches
from policyc.engines.iam.values import Unknown, Values
from policyc.engines.iam.variables import Template, Variable, expand, read_template, variables_of, widest
from policyc.engines.proofs.globs import may_overlap
from policyc.holes import has_hole, mark, widened, without_holes
from policyc.ir.pattern import escape_pattern
from policyc.record import light
from policyc.regex import regex
from policyc.text import Span

Get = Callable[[str], Values]
_ACTION: Final = regex(r"[A-Za-z0-9*?_.-]+:[A-Za-z0-9*?_.-]+")


@lru_cache(maxsize=4096)
def is_action(text: str) -> bool:
    """Whether a text is an action or a pattern over actions; AWS stores others, and they match nothing."""
    return text == "*" or _ACTION.fullmatch(text) is not None


class Hit(Enum):
    """Whether a resource pattern matches: `SPLIT` when its two readings disagree, `UNKNOWN` for lack of a variable."""

    YES = "yes"
    NO = "no"
    SPLIT = "split"
    UNKNOWN = "unknown"


@light
class PrincipalPart:
    """Principal or NotPrincipal. `names` are spelled `*`, `aws:…` (account or ARN), `service:…`, `canonical:…` or
    `federated:…`; `texts` as written; `open_names` are spelled alike and hold holes."""

    negated: bool
    names: frozenset[str]
    texts: tuple[str, ...]
    span: Span
    open_names: tuple[str, ...] = ()

    def decide(self, caller: Caller, bounded: bool, deny: bool, switches: Switches) -> bool | None:
        """Whether the part covers the caller, None where that hangs on a session that is not known; `bounded` tells that a
        permissions boundary is set for it."""
        if not self.texts:
            return False
        if not self.negated or not deny:  # for an allow, exempting on any name admits the fewest
            can, must = self.grant(caller, switches)
            return None if can and not must else bool(must)
        if bounded:
            return True
        exempt = caller.is_exempt(self.names)
        if not exempt and self.open_names and caller.is_exempt(self.names | self._may_be(caller)) is not False:
            return None
        return None if exempt is None else not exempt

    def grant(self, caller: Caller, switches: Switches) -> tuple[Grant, Grant]:
        """The strongest way in which an allow with this part may, and in which it surely names the caller."""
        names = self.names
        barred = caller.kind is CallerKind.SERVICE and switches.star_matches_services == "no" and not self.negated
        if barred:
            names = names - {"*"}
        can, must = caller.names(names)
        if self.open_names:
            can = max((can, *(caller.grants[name] for name in self._may_be(caller) if name != "*" or not barred)))
            can = Grant.DIRECT if caller.kind is CallerKind.UNSTATED else can
        if not self.negated:
            return can, must
        return Grant.NONE if must or not self.texts else Grant.STAR, Grant.NONE if can or not self.texts else Grant.STAR

    def _may_be(self, caller: Caller) -> frozenset[str]:
        """The caller's names that the open ones may stand for; one of which nothing is known may be everybody's."""
        wide = [widened(name) for name in self.open_names]
        fit = [matcher(compile_glob(wildcard_tokens(name))) for name in wide]
        everybody = "aws:*" in wide
        return frozenset(
            name for name in caller.identity if (everybody and name == "*") or any(test(name) for test in fit)
        )


@light
class ActionPattern:
    text: str
    test: Callable[[str], bool]
    exact: str | None
    span: Span


def no_action(text: str, span: Span) -> ActionPattern:
    """What AWS stores though it is no action: it covers none."""
    return ActionPattern(text, _never, None, span)


def _never(action: str) -> bool:
    return False


def action_pattern(text: str, span: Span) -> ActionPattern:
    """A pattern over folded action names; `exact` is the only action that matches, None with wildcards."""
    return ActionPattern(text, *_action_test(text), span)


@lru_cache(maxsize=4096)
def _action_test(text: str) -> tuple[Callable[[str], bool], str | None]:
    glob = compile_glob(fold_tokens(wildcard_tokens(widened(text))))
    return matcher(glob), glob.exact


@light
class ActionPart:
    """Action or NotAction; without patterns it covers nothing."""

    negated: bool
    patterns: tuple[ActionPattern, ...]
    span: Span

    def decide(self, folded_action: str) -> bool:
        if not self.patterns:
            return False
        return any(pattern.test(folded_action) for pattern in self.patterns) is not self.negated


class _Readings:
    """A resource pattern without variables in both readings, made ready when it is first asked."""

    __slots__ = ("fields", "may_differ", "tokens", "whole")

    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.whole: Callable[[str], bool] | None = None

    def _ready(self) -> Callable[[str], bool]:
        self.may_differ = star_in_early_field(self.tokens)
        self.fields: FieldTests | None = field_tests(self.tokens) if self.may_differ else None
        self.whole = tokens_test(self.tokens)
        return self.whole

    def hit(self, resource: str, switches: Switches) -> Hit:
        if resource == "*":  # an action without resource types
            return Hit.YES if self.tokens and all(token is Wild.STAR for token in self.tokens) else Hit.NO
        whole = (self.whole or self._ready())(resource)
        if not self.differ(switches):
            return Hit.YES if whole else Hit.NO
        fields = split_arn(resource)
        return in_both_readings(whole, fields is not None and fields_match(self.fields or (), fields), switches)

    def differ(self, switches: Switches) -> bool:
        """Whether the pattern has to be read field by field as well."""
        if self.whole is None:
            self._ready()
        return self.may_differ and self.fields is not None and switches.resource_star_colon != "whole"


def in_both_readings(whole: bool, apart: bool, switches: Switches) -> Hit:
    """What a pattern says of a resource that it matches, or not, as a whole and field by field."""
    if whole is apart or switches.resource_star_colon == "segments":
        return Hit.YES if apart else Hit.NO
    return Hit.SPLIT


@light
class ResourcePattern:
    """One resource as written and as tokens; `ready` when no variable has to be filled first."""

    text: str
    template: Template
    ready: _Readings | None
    span: Span

    @property
    def needs(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(variable.key for variable in variables_of(self.template)))

    @property
    def beginning(self) -> str:
        """The plain text before the first wildcard or variable: what does not begin so never matches."""
        return self.template[0] if self.template and isinstance(self.template[0], str) else ""

    def hit(self, resource: str, get: Get, switches: Switches) -> Hit:
        if has_hole(resource):
            return self._open_hit(resource, get)
        if self.ready is not None:
            return self.ready.hit(resource, switches)
        tokens = expand(self.template, get, switches.substituted_wildcards == "wildcards")
        if isinstance(tokens, Unknown):
            return Hit.NO if _Readings(widest(self.template, get)).hit(resource, switches) is Hit.NO else Hit.UNKNOWN
        return Hit.NO if tokens is None else _Readings(tokens).hit(resource, switches)

    def _open_hit(self, resource: str, get: Get) -> Hit:
        """A resource that has a hole itself: one value wherever it stands, so that the same text is matched for certain."""
        same = tuple(
            token.spelled if isinstance(token, Variable) and token.is_open else token for token in self.template
        )
        known = not any(isinstance(token, Variable) or token is Wild.ONE for token in same)
        if known and matcher(compile_glob(_no_variables(same)))(resource):
            return Hit.YES
        begin = _common(_spelled_beginning(same), resource)
        rest = read_template(resource[len(begin) :], wildcards=False, variables=False)
        mine = _without_beginning(self.template, begin)
        may = may_overlap([_pattern(widest(mine, get))], [_pattern(widest(rest, get))])
        return Hit.UNKNOWN if may else Hit.NO


def _no_variables(tokens: Template) -> Tokens:
    return tuple([token for token in tokens if not isinstance(token, Variable)])


def _spelled_beginning(tokens: Template) -> str:
    """The text before the first wildcard or variable, holes as their marks."""
    out = ""
    for token in tokens:
        if not isinstance(token, str):
            break
        out += token
    return out


def _common(first: str, second: str) -> str:
    """What two texts begin with alike, no mark cut in two."""
    at = next((at for at, (a, b) in enumerate(zip(first, second)) if a != b), min(len(first), len(second)))
    held = first[:at]
    return held[: held.rindex(mark("")[0])] if has_hole(without_holes(held)) else held


def _without_beginning(template: Template, beginning: str) -> Template:
    """The tokens of a pattern behind what it begins with, which holds whole ones and perhaps a part of a text."""
    left = beginning
    for at, token in enumerate(template):
        text = token if isinstance(token, str) else token.spelled if isinstance(token, Variable) else None
        if not left or text is None:
            return template[at:]
        if len(text) > len(left):
            return (text[len(left) :], *template[at + 1 :])
        left = left[len(text) :]
    return ()


def _pattern(tokens: Tokens) -> str:
    """The tokens as a pattern of the language."""
    return "".join(token.value if isinstance(token, Wild) else escape_pattern(token) for token in tokens)


def resource_pattern(text: str, template: Template, span: Span) -> ResourcePattern:
    tokens = _no_variables(template)
    return ResourcePattern(text, template, _Readings(tokens) if len(tokens) == len(template) else None, span)


def plain_resource_pattern(text: str, tokens: Tokens, span: Span) -> ResourcePattern:
    """A pattern without variables."""
    return ResourcePattern(text, tokens, _Readings(tokens), span)


@light
class ResourcePart:
    """Resource or NotResource; without patterns it covers nothing."""

    negated: bool
    patterns: tuple[ResourcePattern, ...]
    span: Span

    def decide(self, resource: str, get: Get, deny: bool, switches: Switches) -> bool | None:
        if not self.patterns:
            return False
        generous = deny is not self.negated
        answers = {settle(pattern.hit(resource, get, switches), generous, switches) for pattern in self.patterns}
        if True in answers:
            return not self.negated
        return None if None in answers else self.negated


def settle(hit: Hit, generous: bool, switches: Switches) -> bool | None:
    """A hit as a truth value; readings that disagree fall to the side that allows less (`generous`: as a match)."""
    match hit:
        case Hit.YES | Hit.NO:
            return hit is Hit.YES
        case Hit.UNKNOWN:
            return None
        case Hit.SPLIT:
            return None if switches.resource_star_colon == "undecided" else generous
