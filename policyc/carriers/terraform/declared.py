"""What the files of one folder declare. A folder is a module: Terraform reads all its files as one."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from typing import Final

from policyc.carriers.embedded import Options
from policyc.carriers.terraform.hcl import Parsed, parse_hcl
from policyc.carriers.terraform.json_syntax import parse_json_form
from policyc.carriers.terraform.nodes import Argument, Block, Body, Run, Template
from policyc.record import field, record, replace
from policyc.text import Source, Span

ENDINGS: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
#: the ones that stand in place of a `.tf` file of the same name
_TOFU: Final = {".tofu": ".tf", ".tofu.json": ".tf.json"}


@record
class Placed:
    """A block and the file that it stands in."""

    block: Block
    file: str


@record(frozen=False)
class Declared:
    """One folder: what it declares by name. `faults` has the syntax faults of each file."""

    folder: str
    variables: dict[str, Placed] = field(default_factory=dict)
    locals: dict[str, Argument] = field(default_factory=dict)
    outputs: dict[str, Placed] = field(default_factory=dict)
    modules: dict[str, Placed] = field(default_factory=dict)
    #: by `TYPE.NAME`, data sources by `data.TYPE.NAME`
    resources: dict[str, Placed] = field(default_factory=dict)
    faults: dict[str, tuple[Span, ...]] = field(default_factory=dict)
    #: what is declared -> the files that do, but for those that override
    holders: dict[str, set[str]] = field(default_factory=dict)
    #: what stands in one file twice: the later ones
    again: list[tuple[str, Placed]] = field(default_factory=list)

    def rivals_of(self, file: str) -> frozenset[str]:
        """The files that declare the same as one of them, which Terraform refuses to take into one module."""
        together = [files for files in self.holders.values() if len(files) > 1 and file in files]
        return frozenset().union(*together) - {file}

    def source_of(self, module: Placed) -> str | None:
        """The source that a module call names, None when it is no plain text."""
        value = module.block.body.expression("source")
        if isinstance(value, Template) and all(isinstance(part, Run) for part in value.parts):
            return "".join(part.value for part in value.parts if isinstance(part, Run))
        return None

    def children(self) -> Iterator[tuple[str, str]]:
        """The names of the module calls that lead to a folder, and the folder."""
        for name, placed in self.modules.items():
            source = self.source_of(placed)
            if source is not None and source.startswith(("./", "../")):
                folder = within(self.folder, source)
                if folder is not None:
                    yield name, folder


def within(folder: str, path: str) -> str | None:
    """The root-relative name of a path that starts from a folder; None when it leads out of the root."""
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".":
        return ""
    return None if joined.startswith(("../", "/")) or joined == ".." else joined


def is_configuration(name: str) -> bool:
    return name.endswith(ENDINGS)


def declared_in(folder: str, options: Options) -> Declared:
    """What the configuration files of a folder declare; files that override come last. Raises MissingPackage."""
    names = [name for name in options.folder(folder) if is_configuration(name)]
    replaced = {name.removesuffix(tofu) + tf for name in names for tofu, tf in _TOFU.items() if name.endswith(tofu)}
    found = Declared(folder)
    kept = sorted((name for name in names if name not in replaced), key=lambda name: (_overrides(name), name))
    for name in kept:
        file = posixpath.join(folder, name)
        text = options.read(file)
        if text is None:
            continue
        parsed = parsed_file(Source(file, text))
        if parsed.faults:
            found.faults[file] = parsed.faults
        _add(found, parsed.body, file, _overrides(name))
    return found


def parsed_file(source: Source) -> Parsed:
    """One file of either form. Raises MissingPackage."""
    return parse_json_form(source) if source.file.endswith(".json") else parse_hcl(source)


def _overrides(name: str) -> bool:
    stem = name.partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _add(found: Declared, body: Body, file: str, overrides: bool) -> None:
    for block in body.blocks:
        match block.type, block.labels:
            case ("locals", ()):
                for name, argument in block.body.arguments.items():
                    _hold(found, f"local.{name}", file, overrides)
                    if overrides or name not in found.locals:
                        found.locals[name] = argument
            case ("variable", (name,)):
                _put(found, found.variables, name, block, file, overrides)
            case ("output", (name,)):
                _put(found, found.outputs, name, block, file, overrides)
            case ("module", (name,)):
                _put(found, found.modules, name, block, file, overrides)
            case ("resource", (type, name)):
                _put(found, found.resources, f"{type}.{name}", block, file, overrides)
            case ("data" | "ephemeral", (type, name)):
                _put(found, found.resources, f"{block.type}.{type}.{name}", block, file, overrides)
            case _:
                continue


def _put(found: Declared, into: dict[str, Placed], name: str, block: Block, file: str, overrides: bool) -> None:
    known = into.get(name)
    _hold(found, " ".join((block.type, *block.labels)), file, overrides)
    if known is None:
        into[name] = Placed(block, file)
    elif overrides:
        into[name] = Placed(_merged(known.block, block), known.file)
    elif known.file == file:
        found.again.append((name, Placed(block, file)))


def _hold(found: Declared, what: str, file: str, overrides: bool) -> None:
    if not overrides:
        found.holders.setdefault(what, set()).add(file)


def _merged(block: Block, over: Block) -> Block:
    """A block with what an override file says in place of its own arguments, and of its blocks of the same type."""
    arguments: Mapping[str, Argument] = {**block.body.arguments, **over.body.arguments}
    types = {inner.type for inner in over.body.blocks}
    blocks = tuple(inner for inner in block.body.blocks if inner.type not in types) + over.body.blocks
    return replace(block, body=Body(arguments, blocks, block.body.damaged or over.body.damaged))
