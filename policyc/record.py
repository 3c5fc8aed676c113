"""Slotted records that cost nothing until they are used.

`dataclasses.dataclass` compiles six functions per class when the class is made, and the module itself takes as long to import as a small
program does to start. A `record` behaves as `@dataclass(frozen=True, slots=True)` does, `record(frozen=False)` as `@dataclass(slots=True)`
(`field`, defaults, `__post_init__`, equality, hash, repr, `match`, `replace`, and all of `dataclasses` when somebody asks for
that). Its `__init__` is compiled when so many objects are made that it is worth it.
"""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeVar, dataclass_transform, overload

if TYPE_CHECKING:
    from collections.abc import Callable
    from dataclasses import field as field
    from dataclasses import replace as replace

    T = TypeVar("T")

#: How many objects of a class are made the plain way before a function is compiled for it.
_WORTH_IT = 12
_MISSING: Any = object()


class _Field:
    """What `field` says of one field."""

    __slots__ = ("compare", "default", "default_factory", "init", "repr")

    def __init__(self, default: Any, default_factory: Any, init: bool, repr: bool, compare: bool) -> None:
        self.default = default
        self.default_factory = default_factory
        self.init = init
        self.repr = repr
        self.compare = compare

    @property
    def optional(self) -> bool:
        return self.default is not _MISSING or self.default_factory is not _MISSING

    def value(self) -> Any:
        return self.default if self.default_factory is _MISSING else self.default_factory()


if not TYPE_CHECKING:

    def field(*, default=_MISSING, default_factory=_MISSING, init=True, repr=True, compare=True) -> Any:
        """What `dataclasses.field` says."""
        return _Field(default, default_factory, init, repr, compare)

    def replace(obj: T, /, **changes: Any) -> T:
        """`obj` with some fields changed; of a dataclass as well."""
        cls: Any = type(obj)
        if (plan := getattr(cls, "__record__", None)) is None:
            import dataclasses

            return dataclasses.replace(obj, **changes)
        args = [changes.pop(name) if name in changes else getattr(obj, name) for name in plan.given]
        for name in changes:
            if name in plan.fields:
                raise ValueError(f"field {name} is declared with init=False, it cannot be specified with replace()")
        return cls(*args, **changes)


def names(made: Any) -> tuple[str, ...]:
    """The fields that a record's `__init__` takes."""
    given: tuple[str, ...] = type(made).__record__.given
    return given


class _Plan:
    """What a class declares: `fields` of it and its base in order, of them `given` to `__init__`; how many objects there are yet."""

    __slots__ = ("annotations", "compared", "fields", "frozen", "given", "made", "order", "post", "setters")

    def __init__(self, annotations: dict[str, Any], fields: dict[str, _Field], frozen: bool, order: bool) -> None:
        self.annotations, self.fields, self.frozen, self.order = annotations, fields, frozen, order
        self.given = tuple(name for name, one in fields.items() if one.init)
        self.compared = tuple(name for name, one in fields.items() if one.compare)
        self.setters: list[tuple[str, Any, _Field]] = []
        self.post: bool = False
        self.made = 0


@overload
def record(cls: type[T], /) -> type[T]: ...


@overload
def record(*, frozen: bool = True, order: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def record(cls: Any = None, /, *, frozen: bool = True, order: bool = False) -> Any:
    """Make the class a slotted record of its annotated fields. It may say itself when two are equal."""
    if cls is None:
        return lambda one: _made(one, frozen, order)
    return _made(cls, frozen, order)


@overload
def light(cls: type[T], /) -> type[T]: ...


@overload
def light(*, order: bool = False) -> Callable[[type[T]], type[T]]: ...


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def light(cls: Any = None, /, *, order: bool = False) -> Any:
    """As `record`, for values that are made by the thousand, which take half as long to make: that nothing is set later is for the type
    checker alone to see."""
    if cls is None:
        return lambda one: _made(one, True, order, sealed=False)
    return _made(cls, True, order, sealed=False)


def _made(cls: Any, frozen: bool, order: bool, sealed: bool = True) -> Any:
    space = dict(cls.__dict__)
    annotations: dict[str, Any] = {}
    fields: dict[str, _Field] = {}
    for base in cls.__bases__:
        if plan := getattr(base, "__record__", None):
            annotations |= plan.annotations
            fields |= plan.fields
    own = []
    for name, annotation in space.get("__annotations__", {}).items():
        if annotation.startswith("ClassVar"):
            continue
        given = space.pop(name, _MISSING)
        annotations[name] = annotation
        fields[name] = given if type(given) is _Field else _Field(given, _MISSING, True, True, True)
        own.append(name)
    for name in ("__dict__", "__weakref__"):
        space.pop(name, None)
    said = {name: space[name] for name in ("__init__", "__eq__", "__hash__", "__repr__") if space.get(name) is not None}
    plan = _Plan(annotations, fields, frozen, order)
    space |= (_MUTABLE if not frozen else _FROZEN if sealed else _LIGHT) | said
    if order:
        space |= _ORDER
    space["__slots__"] = tuple(own)
    space["__match_args__"] = plan.given
    space["__record__"] = plan
    made = type(cls)(cls.__name__, cls.__bases__, space)
    plan.setters = [(name, getattr(made, name).__set__, one) for name, one in fields.items()]
    plan.post = hasattr(made, "__post_init__")
    return made


def _first_init(self: Any, /, *args: Any, **kwargs: Any) -> None:
    """`__init__` until so many objects are made that one of its own is worth compiling; what is out of the ordinary is its own's to tell."""
    cls = type(self)
    plan = cls.__record__
    plan.made += 1
    if plan.made > _WORTH_IT or len(args) > len(plan.given):
        cls.__init__ = _make_init(cls)
        cls.__init__(self, *args, **kwargs)
        return
    at, used = 0, 0
    for name, set_field, one in plan.setters:
        if one.init:
            if at < len(args):
                value = args[at]
                at += 1
            elif name in kwargs:
                value = kwargs[name]
                used += 1
            elif one.optional:
                value = one.value()
            else:
                _make_init(cls)(self, *args, **kwargs)  # refuses
                return
        elif one.optional:
            value = one.value()
        else:
            continue
        set_field(self, value)
    if used != len(kwargs):
        _make_init(cls)(self, *args, **kwargs)  # refuses
    elif plan.post:
        self.__post_init__()


def _make_init(cls: Any) -> Any:
    """`__init__` as one compiled function that sets the slots directly."""
    plan = cls.__record__
    space: dict[str, Any] = {"_missing": _MISSING}
    parameters, body = [], ""
    sealed = cls.__setattr__ is not object.__setattr__
    for name, set_field, one in plan.setters:
        space[f"_set_{name}"] = set_field
        value = name
        if one.default_factory is not _MISSING:
            space[f"_make_{name}"] = one.default_factory
            value = f"_make_{name}()" + (f" if {name} is _missing else {name}" if one.init else "")
            parameters += [f"{name}=_missing"] if one.init else []
        elif one.default is not _MISSING:
            space[f"_default_{name}"] = one.default
            value = name if one.init else f"_default_{name}"
            parameters += [f"{name}=_default_{name}"] if one.init else []
        elif one.init:
            parameters.append(name)
        else:
            continue
        body += f"\n _set_{name}(self, {value})" if sealed else f"\n self.{name} = {value}"
    if plan.post:
        body += "\n self.__post_init__()"
    exec(f"def __init__(self, {', '.join(parameters)}):{body or ' pass'}", space)
    init = space["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _values(cls: Any) -> Any:
    """What gets from an object the values that equality and hash look at."""
    compared = cls.__record__.compared
    return attrgetter(*compared) if compared else lambda _self: ()


def _first_eq(self: Any, other: object) -> Any:
    cls: Any = type(self)
    values = _values(cls)

    def equal(self: Any, other: object) -> Any:
        if self is other:
            return True
        return values(self) == values(other) if type(self) is type(other) else NotImplemented

    cls.__eq__ = equal
    return equal(self, other)


def _first_hash(self: Any) -> int:
    cls: Any = type(self)
    values = _values(cls)
    cls.__hash__ = lambda self: hash((cls, values(self)))
    return hash(self)


def _repr(self: Any) -> str:
    cls = type(self)
    shown = ", ".join(f"{name}={getattr(self, name)!r}" for name, one in cls.__record__.fields.items() if one.repr)
    return f"{cls.__qualname__}({shown})"


def _ordered(operator: str) -> Any:
    def compare(self: Any, other: object) -> Any:
        if type(self) is not type(other):
            return NotImplemented
        values = _values(type(self))
        return getattr(values(self), operator)(values(other))

    return compare


def _set(self: Any, name: str, _value: object) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _delete(self: Any, name: str) -> None:
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _reduce(self: Any) -> tuple[Any, ...]:
    """For `copy` and `pickle`."""
    cls = type(self)
    return cls, tuple(getattr(self, name) for name in cls.__record__.given)


class _Fields:
    """`__dataclass_fields__`, made by dataclasses itself when somebody asks for it."""

    def __get__(self, _object: object, cls: Any) -> Any:
        import dataclasses

        plan = cls.__record__
        space: dict[str, Any] = {"__annotations__": dict(plan.annotations)}
        for name, one in plan.fields.items():
            settings: dict[str, Any] = {"init": one.init, "repr": one.repr, "compare": one.compare}
            if one.default_factory is not _MISSING:
                settings["default_factory"] = one.default_factory
            elif one.default is not _MISSING and type(one.default).__hash__ is not None:
                settings["default"] = one.default
            elif one.default is not _MISSING:  # dataclasses takes an unhashable default for one that may change
                settings["default_factory"] = lambda default=one.default: default
            space[name] = dataclasses.field(**settings)
        made: Any = dataclasses.dataclass(frozen=plan.frozen)(type(cls.__name__, (), space))
        cls.__dataclass_fields__ = made.__dataclass_fields__
        return cls.__dataclass_fields__


_MUTABLE: dict[str, Any] = {
    "__init__": _first_init,
    "__eq__": _first_eq,
    "__hash__": None,
    "__repr__": _repr,
    "__dataclass_fields__": _Fields(),
}
_LIGHT: dict[str, Any] = _MUTABLE | {"__hash__": _first_hash, "__reduce__": _reduce}
_FROZEN: dict[str, Any] = _LIGHT | {"__setattr__": _set, "__delattr__": _delete}
_ORDER: dict[str, Any] = {f"__{name}__": _ordered(f"__{name}__") for name in ("lt", "le", "gt", "ge")}
