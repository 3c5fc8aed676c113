"""Frozen slotted records that cost nothing until they are used.

`dataclasses.dataclass` compiles six functions per class when the class is made; the tree has more than seventy classes,
and that was most of the program's start-up time. A `record` behaves as `@dataclass(frozen=True, slots=True)` does
(`field(compare=False)`, defaults, equality, hash, repr, `match`, `dataclasses.fields` and `replace`), shares all
functions but `__init__`, and compiles that one when the first object of its class is made.
"""

from __future__ import annotations

import dataclasses
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def record(cls: type[T]) -> type[T]:
    """Make the class a frozen slotted record of its annotated fields; it may not inherit fields. It may say itself when two are equal."""
    space = dict(cls.__dict__)
    if "__post_init__" in space:
        raise TypeError("a record only holds its fields: use a dataclass for one that computes")
    names = tuple(space.get("__annotations__", {}))
    given = {name: space.pop(name) for name in names if name in space}
    compared = tuple(name for name in names if _is_compared(given.get(name)))
    for name in ("__dict__", "__weakref__"):
        space.pop(name, None)
    own = {name: space[name] for name in ("__eq__", "__hash__") if space.get(name) is not None}
    space |= _SHARED | own
    space["__slots__"] = names
    space["__match_args__"] = names
    space["__record__"] = (names, compared, given)
    metaclass: Any = type(cls)
    made: type[T] = metaclass(cls.__name__, cls.__bases__, space)
    return made


def _is_compared(given: object) -> bool:
    return not isinstance(given, dataclasses.Field) or given.compare is not False


def _default(given: object) -> tuple[bool, object]:
    """Whether a field has a default, and which."""
    if isinstance(given, dataclasses.Field):
        if given.default_factory is not dataclasses.MISSING:
            raise TypeError("a record takes no default_factory: its fields are immutable")
        return given.default is not dataclasses.MISSING, given.default
    return True, given


def _first_init(self: Any, /, *args: Any, **kwargs: Any) -> None:
    """Stands in for `__init__` until the first object is made."""
    cls = type(self)
    cls.__init__ = _make_init(cls)
    cls.__init__(self, *args, **kwargs)


def _make_init(cls: Any) -> Any:
    """`__init__` as one compiled function that sets the slots directly."""
    names, _, given = cls.__record__
    space: dict[str, Any] = {}
    parameters = []
    for name in names:
        space[f"_set_{name}"] = getattr(cls, name).__set__
        has_default, default = _default(given[name]) if name in given else (False, None)
        if has_default:
            space[f"_default_{name}"] = default
        parameters.append(f"{name}=_default_{name}" if has_default else name)
    body = "".join(f"\n _set_{name}(self, {name})" for name in names) or " pass"
    exec(f"def __init__(self, {', '.join(parameters)}):{body}", space)
    init = space["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _values(self: Any) -> Any:
    """What equality and hash look at."""
    cls = type(self)
    getter = cls.__dict__.get("__getter__")
    if getter is None:
        _, compared, _ = cls.__record__
        getter = staticmethod(attrgetter(*compared) if compared else lambda _self: ())
        cls.__getter__ = getter
    return getter(self)


def _eq(self: Any, other: object) -> Any:
    if self is other:
        return True
    if type(self) is not type(other):
        return NotImplemented
    return _values(self) == _values(other)


def _hash(self: Any) -> int:
    return hash((type(self), _values(self)))


def _repr(self: Any) -> str:
    cls = type(self)
    return f"{cls.__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in cls.__record__[0])})"


def _set(self: Any, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    """For `copy` and `pickle`."""
    cls = type(self)
    return cls, tuple(getattr(self, name) for name in cls.__record__[0])


def _hashable(default: object) -> object:
    """dataclasses takes an unhashable default for a mutable one; an immutable mapping is handed over by a factory."""
    if isinstance(default, dataclasses.Field) or type(default).__hash__ is not None:
        return default
    return dataclasses.field(default_factory=lambda: default)


class _Fields:
    """`__dataclass_fields__`, made by dataclasses itself when somebody asks for it."""

    def __get__(self, _object: object, cls: Any) -> Any:
        names, _, given = cls.__record__
        defaults = {name: _hashable(default) for name, default in given.items()}
        annotations = {name: cls.__annotations__[name] for name in names}
        twin = type(cls.__name__, (), {"__annotations__": annotations, **defaults})
        made: Any = dataclasses.dataclass(frozen=True)(twin)
        cls.__dataclass_fields__ = made.__dataclass_fields__
        return cls.__dataclass_fields__


_SHARED: dict[str, Any] = {
    "__init__": _first_init,
    "__eq__": _eq,
    "__hash__": _hash,
    "__repr__": _repr,
    "__setattr__": _set,
    "__delattr__": _delete,
    "__reduce__": _reduce,
    "__dataclass_fields__": _Fields(),
}
