"""What the type of a variable adds to a value: optional attributes of objects, with their defaults."""

from __future__ import annotations

from policyc.carriers.terraform.expressions import Scope, Work
from policyc.carriers.terraform.nodes import Call, Expression, MapOf, Name, Run, Template
from policyc.carriers.terraform.values import Bool, Entry, Fields, Items, Null, Number, Text, Value, as_text


def conformed(value: Value, type: Expression | None, work: Work, scope: Scope) -> Value:
    """The value with what its type fills in: `optional(type, default)`, and texts for numbers where text is wanted."""
    match type:
        case Name("string") if isinstance(value, Number | Bool):
            return as_text(value)
        case Call("list" | "set" | "map" as name, (inner,)):
            if isinstance(value, Items):
                values = tuple(conformed(item, inner, work, scope) for item in value.values)
                return Items(_ordered(values) if name == "set" else values, value.span, value.open)
            if isinstance(value, Fields):
                entries = (
                    Entry(entry.key, entry.key_span, conformed(entry.value, inner, work, scope))
                    for entry in value.entries
                )
                return Fields(tuple(entries), value.span)
            return value
        case Call("object", (MapOf() as shape,)) if isinstance(value, Fields):
            return _object(value, shape, work, scope)
        case Call("optional", (inner, *_)):
            return conformed(value, inner, work, scope)
        case _:
            return value


def _object(value: Fields, shape: MapOf, work: Work, scope: Scope) -> Fields:
    entries: list[Entry] = []
    for pair in shape.pairs:
        name = _word(pair.key)
        given = value.get(name)
        if (
            (given is None or isinstance(given, Null))
            and isinstance(pair.value, Call)
            and pair.value.name == "optional"
        ):
            default = pair.value.args[1] if len(pair.value.args) > 1 else None
            filled = Null(value.span) if default is None else work.value(default, scope)
            entries.append(Entry(name, value.span, conformed(filled, pair.value, work, scope)))
        elif given is not None:
            place = next(entry.key_span for entry in value.entries if entry.key == name)
            entries.append(Entry(name, place, conformed(given, pair.value, work, scope)))
    return Fields(tuple(entries), value.span)


def _word(key: Expression) -> str:
    if isinstance(key, Template) and all(isinstance(part, Run) for part in key.parts):
        return "".join(part.value for part in key.parts if isinstance(part, Run))
    return ""


def _ordered(values: tuple[Value, ...]) -> tuple[Value, ...]:
    """A set of texts in its order, each once."""
    if not all(isinstance(item, Text) for item in values):
        return values
    each = {item.value: item for item in values if isinstance(item, Text)}
    return tuple(each[text] for text in sorted(each))


def wants_text(type: Expression | None) -> bool:
    return type is None or (isinstance(type, Name) and type.word in ("string", "any"))
