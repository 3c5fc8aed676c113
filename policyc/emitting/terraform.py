"""A module of Terraform: a file for each document, and one for the variables.

Source: https://registry.terraform.io/providers/hashicorp/aws/latest/docs
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from policyc.diagnostics import Diagnostics
from policyc.emitting.hcl_writer import Encoded, Expression, Texts, heredoc
from policyc.emitting.pieces import Piece, pieces, placements
from policyc.emitting.registry import Written
from policyc.emitting.shared import asked_of, by_document, described, header, named, properties, used
from policyc.emitting.templates import Opened
from policyc.record import record
from policyc.workspace.beside.parameters import Parameter

HOST = "terraform"
VARIABLES = "variables"


@record
class Module:
    """What a module holds: the pieces of each document, the variables, and how both kinds of syntax call these."""

    documents: Mapping[str, list[Piece]]
    variables: Mapping[str, Parameter]
    names: Mapping[str, str]

    @property
    def texts(self) -> Texts:
        values = {name: f"var.{made}" for name, made in self.names.items()}
        plain = {
            name: f"tostring({values[name]})" if item.is_number or item.kind == "bool" else values[name]
            for name, item in self.variables.items()
        }
        return Texts(plain, values)

    def properties(self, piece: Piece, document: Any) -> dict[str, Any]:
        """The arguments of one resource."""
        values = {at: Expression(f"var.{self.names[one.name]}") for at, one in asked_of(piece, HOST).items()}
        return properties(piece, HOST, values, document)


def module(opened: Opened, diagnostics: Diagnostics) -> Module:
    """The module for every document; what it cannot hold is reported."""
    held = pieces(opened, HOST, "Terraform", diagnostics)
    variables = {name: opened.parameters[name] for name in used(held)}
    variables |= {one.name: one for piece in held for one in asked_of(piece, HOST).values()}
    return Module(by_document(held), variables, named(variables, str.lower))


def file_of(path: str) -> str:
    """The file of a document, without its ending: a module is one folder."""
    return path.rpartition(".")[0].replace("/", "_").replace(".", "_")


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    made = module(opened, diagnostics)
    files: dict[str, Written] = {}
    for path, held in made.documents.items():
        texts = made.texts
        blocks = []
        for piece in held:
            content = piece.content
            document = Expression(heredoc(content, texts)) if isinstance(content, str) else Encoded(content)
            head = f'resource "{placements(HOST)[piece.carrier].type}" "{piece.name}"'
            blocks.append(f"{head} {{\n{texts.body(made.properties(piece, document), '  ')}}}\n")
        text = "".join(f"# {line}\n" for line in header(held)) + "\n" + "\n".join(blocks)
        files[f"{file_of(path)}.tf"] = Written(text, path.partition("/")[0], held[0].template.document.span.file)
    if made.variables:
        blocks = [_variable(made.names[name], item) for name, item in made.variables.items()]
        files[f"{VARIABLES}.tf"] = Written("\n".join(blocks))
    return files


def _variable(name: str, item: Parameter) -> str:
    texts = Texts({}, {})
    body = texts.body({"type": Expression(type_of(item)), "description": described(item)} | default_of(item), "  ")
    checks = "".join(
        "\n  validation {\n"
        + texts.body({"condition": Expression(condition), "error_message": message}, "    ")
        + "  }\n"
        for condition, message in validations(name, item)
    )
    return f'variable "{name}" {{\n{body}{checks}}}\n'


def type_of(item: Parameter) -> str:
    inner = "number" if item.is_number else "bool" if item.kind == "bool" else "string"
    return f"list({inner})" if item.many else inner


def default_of(item: Parameter) -> dict[str, Any]:
    if item.default is None:
        return {}
    if isinstance(item.default, tuple):
        return {"default": list(item.default)}
    if item.is_number:
        return {"default": int(item.default)}
    return {"default": item.default == "true" if item.kind == "bool" else item.default}


def validations(name: str, item: Parameter) -> Iterable[tuple[str, str]]:
    """Conditions on a variable, each with what is said of a value that breaks it."""
    texts = Texts({}, {})
    value = "value" if item.many else f"var.{name}"

    def every(condition: str) -> str:
        if not item.many:
            return condition
        return f"length(var.{name}) > 0 && alltrue([for value in var.{name} : {condition}])"

    if item.kind == "bool":
        return
    if item.allowed:
        listed = ", ".join(map(texts.text, item.allowed))
        yield every(f"contains([{listed}], {value})"), f"It has to be one of {', '.join(item.allowed)}."
    elif item.pattern:
        pattern = texts.text(f"^({item.pattern})$")
        yield every(f"can(regex({pattern}, {value}))"), f"It has to be written as a value of the type {item.kind}."
    if item.never:
        never = texts.text(f"^{item.never}")
        yield every(f"!can(regex({never}, {value}))"), "The documents are for the partition aws."
    if item.low is not None and item.high is not None:
        yield every(f"{value} >= {item.low} && {value} <= {item.high}"), f"It has to be {item.low} to {item.high}."
