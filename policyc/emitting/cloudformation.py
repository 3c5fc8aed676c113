"""Templates of CloudFormation: one for each document, since resources of several accounts and Regions are never in one stack.

Sources: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-guide.html and
https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-sub.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from policyc.diagnostics import Diagnostics
from policyc.emitting.pieces import Piece, pieces, placements
from policyc.emitting.registry import NO_PLACE, Written
from policyc.emitting.shared import (
    asked_of,
    by_document,
    described,
    header,
    named,
    pascal,
    properties,
    put,
    refuse,
    used,
)
from policyc.emitting.templates import Hole, Opened, Tree
from policyc.emitting.yaml_writer import Literal, Tagged
from policyc.emitting.yaml_writer import write as write_yaml
from policyc.holes import MARK, has_hole
from policyc.holes import pieces as parts_of
from policyc.record import record
from policyc.workspace.beside.parameters import Parameter

HOST = "cloudformation"
TITLE = "CloudFormation"


@record
class Stack:
    """One template as data; intrinsic functions are `Tagged`."""

    pieces: tuple[Piece, ...]
    tree: dict[str, Any]

    @property
    def path(self) -> str:
        """The file without its ending."""
        return self.pieces[0].template.document.path.rpartition(".")[0]


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    return yaml_files(stacks(opened, TITLE, diagnostics), {})


def yaml_files(found: Sequence[Stack], first: Mapping[str, Any]) -> dict[str, Written]:
    """The templates in YAML; `first` are sections that each begins with."""
    out = {}
    for stack in found:
        document = stack.pieces[0].template.document
        comments = "".join(f"# {line}\n" for line in header(stack.pieces))
        text = comments + write_yaml({"AWSTemplateFormatVersion": "2010-09-09", **first, **stack.tree})
        out[f"{stack.path}.yaml"] = Written(text, document.path.partition("/")[0], document.span.file)
    return out


def stacks(opened: Opened, title: str, diagnostics: Diagnostics) -> list[Stack]:
    """The templates for every document; what none can hold is reported."""
    out = []
    for held in by_document(pieces(opened, HOST, title, diagnostics)).values():
        asked = {piece.name: asked_of(piece, HOST) for piece in held}
        open_ = {name: opened.parameters[name] for name in used(held)}
        open_ |= {one.name: one for found in asked.values() for one in found.values()}
        names = named(open_, pascal)
        ids = named((piece.name for piece in held), pascal)
        tree: dict[str, Any] = {}
        if open_:
            tree["Parameters"] = {names[name]: _parameter(item) for name, item in open_.items()}
        tree["Resources"] = {}
        before = len(diagnostics)
        for piece in held:
            values = {at: _Open(names[one.name]) for at, one in asked[piece.name].items()}
            made = properties(piece, HOST, values, piece.content)
            if piece.facts.get("block_public_access") == "off" and piece.carrier == "access-point":
                for word in ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"):
                    put(made, f"PublicAccessBlockConfiguration.{word}", False)
            _check(piece, opened, diagnostics)
            tree["Resources"][ids[piece.name]] = {
                "Type": placements(HOST)[piece.carrier].type,
                "Properties": _value(made, names),
            }
        if len(diagnostics) == before:
            out.append(Stack(tuple(held), tree))
    return out


@record
class _Open:
    """A property that is a parameter of the template."""

    name: str


def _parameter(item: Parameter) -> dict[str, Any]:
    out: dict[str, Any] = {"Type": "CommaDelimitedList" if item.many else "Number" if item.is_number else "String"}
    out["Description"] = described(item)
    if item.default is not None:
        out["Default"] = item.default if isinstance(item.default, str) else ",".join(item.default)
    if item.allowed:
        out["AllowedValues"] = list(item.allowed)
    elif item.pattern:
        ahead = f"(?!{item.never})" if item.never else ""
        out["AllowedPattern"] = f"^{ahead}({item.pattern})$"
    if item.low is not None and item.high is not None:
        out |= {"MinValue": item.low, "MaxValue": item.high}
    return out


def _check(piece: Piece, opened: Opened, diagnostics: Diagnostics) -> None:
    """What no template can hold: numbers that are open, and texts that CloudFormation takes for its own."""
    for item in _below(piece.content):
        if isinstance(item, Hole) and not opened.parameters[item.name].many:
            message = f"CloudFormation puts parameters into documents as texts, and `{item.name}` is none"
            refuse(piece, item.name, message, diagnostics)
        texts = item if isinstance(item, dict) else [item]
        words = [text for text in texts if isinstance(text, str) and "{{resolve:" in text]
        if isinstance(item, dict) and len(item) == 1:
            words += [key for key in item if key == "Ref" or key.startswith("Fn::")]
        for word in words[:1]:
            diagnostics.error(
                NO_PLACE,
                f"CloudFormation takes `{word}` in `{piece.template.document.path}` for an expression of its own",
                piece.template.document.span,
                "write this document in another form",
            )


def _below(tree: Tree) -> list[Tree]:
    out, work = [], [tree]
    while work:
        item = work.pop()
        out.append(item)
        work.extend(item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
    return out


def _value(tree: Tree, names: Mapping[str, str]) -> Any:
    match tree:
        case dict():
            return {key: _value(value, names) for key, value in tree.items()}
        case list():
            return [_value(value, names) for value in tree]
        case Hole(name):
            return Tagged("!Ref", names[name])
        case _Open(name):
            return Tagged("!Ref", name)
        case str() if (whole := MARK.fullmatch(tree)) is not None:
            return Tagged("!Ref", names[whole[1]])
        case str() if has_hole(tree):
            return Tagged("!Sub", substituted(tree, names))
        case str() if "\n" in tree:
            return Literal(tree)
    return tree


#: what looks like an expression of `Fn::Sub`; the second part when it is one that is closed
_LOOKS: Final = re.compile(r"\$\{([A-Za-z0-9_:./-]+\})?")
_DOLLAR: Final = "Dollar"


def substituted(text: str, names: Mapping[str, str]) -> Any:
    """A text for `Fn::Sub`: `${Name}` for what is open, `${!…}` for a variable of policies; a brace that nothing closes has its sign from a variable."""
    dollar = next(
        name for name in (_DOLLAR, *(f"{_DOLLAR}{at}" for at in range(2, 1000))) if name not in names.values()
    )

    def plain(found: re.Match[str]) -> str:
        return f"${{!{found[1]}" if found[1] else f"${{{dollar}}}{{"

    made = "".join(f"${{{names[part]}}}" if open_ else _LOOKS.sub(plain, part) for part, open_ in parts_of(text))
    held: Any = Literal(made) if "\n" in made else made
    return [held, {dollar: "$"}] if f"${{{dollar}}}{{" in made else held
