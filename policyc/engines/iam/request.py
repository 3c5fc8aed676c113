"""One request: action, resource, caller and context, ready for lookup by folded key.

Source: IAM evaluation reference 8.3 and 9.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from policyc.engines.iam.arns import split_arn
from policyc.engines.iam.caller import Caller
from policyc.engines.iam.dates import parse_instant
from policyc.engines.iam.globs import fold
from policyc.engines.iam.values import Unknown, Values
from policyc.record import field, light

ALWAYS_PRESENT = ("aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport", "aws:useragent")
"""Keys that every request carries (9): when a request does not state them, they hold something not known."""

_AMBIENT: Mapping[str, Values] = {"aws:viaawsservice": ("false",), **dict.fromkeys(ALWAYS_PRESENT, Unknown.PRESENT)}

ContextValue = str | bool | int | Iterable[str] | None


@light
class Request:
    """What is asked of AWS.

    `action` is `prefix:Name`, `resource` an ARN or `*` for an action without resource types, `context` maps keys (any
    letter case) to their values; no values means absent. `unknown` names keys of which nothing is known: a key, all
    keys under a prefix (`aws:PrincipalTag/*`), or `*` for every key that is neither given nor derived, save what requests of that
    caller never have and the keys, or beginnings of keys, of `lacking`, which this request surely has not. Keys derived
    from the caller (4.3, 7, 9) are added unless the context or `unknown` names them. Two spellings of one key are a
    ValueError.
    """

    action: str
    resource: str
    caller: Caller
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    lacking: tuple[str, ...] = ()
    values: Mapping[str, Values] = field(init=False, compare=False, repr=False)
    folded_action: str = field(init=False, compare=False, repr=False)
    get: Callable[[str], Values] = field(init=False, compare=False, repr=False)

    @staticmethod
    def of(
        action: str,
        resource: str,
        caller: Caller,
        context: Mapping[str, ContextValue] | None = None,
        unknown: Iterable[str] = (),
        lacking: Iterable[str] = (),
    ) -> Request:
        """A request from ordinary values: text, truth values and numbers become one value each, None and [] none."""
        held = {key: _texts(value) for key, value in (context or {}).items()}
        return Request(action, resource, caller, held, frozenset(unknown), tuple(map(fold, lacking)))

    def __post_init__(self) -> None:
        values, prefixes = _values(self)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "folded_action", fold(self.action))
        object.__setattr__(self, "get", _lookup(values, prefixes, self) if prefixes else values.get)

    @property
    def resource_account(self) -> str | None:
        """The account that owns the resource: `aws:ResourceAccount`, else the ARN's account field, else None."""
        owner = self.values.get("aws:resourceaccount")
        if isinstance(owner, tuple):
            return owner[0]
        fields = split_arn(self.resource)
        return fields[4] if fields is not None and fields[4].isdigit() else None


def _texts(value: ContextValue) -> tuple[str, ...]:
    if value is None:
        return ()
    if isinstance(value, bool):
        return ("true" if value else "false",)
    if isinstance(value, (str, int)):
        return (str(value),)
    return tuple(value)


#: keys repeat from request to request
_folded = lru_cache(maxsize=4096)(fold)


def _values(asked: Request) -> tuple[dict[str, Values], tuple[str, ...]]:
    """Every value by folded key, and the prefixes under which other keys are not known."""
    stated: dict[str, Values] = {}
    for key, given in asked.context.items():
        folded = _folded(key)
        if folded in stated:
            raise ValueError(f"key `{key}` is given twice")
        stated[folded] = tuple(given) or None
    prefixes = list(asked.caller.open_keys)
    for key in map(_folded, asked.unknown):
        if key == "*" or key.endswith("/*"):
            prefixes.append(key[:-1])
        else:
            stated[key] = Unknown.ANY
    values = {**_AMBIENT, **asked.caller.keys(), **stated}
    if prefixes:
        start = tuple(prefixes)
        for key in [
            key for key in values if key not in stated and values[key] is Unknown.ANY and key.startswith(start)
        ]:
            del values[key]
    now = stated.get("aws:currenttime")
    if isinstance(now, tuple) and "aws:epochtime" not in stated:
        instant = parse_instant(now[0])
        if instant is not None:
            values["aws:epochtime"] = (str(int(instant // 1)),)
    return values, tuple(prefixes)


def _lookup(values: Mapping[str, Values], prefixes: tuple[str, ...], asked: Request) -> Callable[[str], Values]:
    named = tuple(prefix for prefix in prefixes if prefix)
    everything = "" in prefixes

    def get(key: str) -> Values:
        if key in values:
            return values[key]
        if named and key.startswith(named):
            return Unknown.ANY
        absent = not everything or key.startswith(asked.lacking) or asked.caller.lacks(key)
        return None if absent else Unknown.ANY

    return get
