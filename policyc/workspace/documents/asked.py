"""One document of a host file, to ask it: found by its kind, and by its name where there are several."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from policyc.carriers.embedded import Embedded, PlacedText, attribute
from policyc.carriers.registry import carrier, recognized
from policyc.diagnostics import Diagnostics, did_you_mean
from policyc.holes import filled, has_hole, mark, names_in
from policyc.record import record
from policyc.regex import regex
from policyc.syntax.json_tree import JsonString, JsonValue
from policyc.text import Source
from policyc.workspace.documents.hosts import options_of
from policyc.workspace.documents.placed import filled_tree, tree_of

#: kinds that go for one another: what a generic resource policy is called
_RESOURCE: Final = ("resource", "auth-policy", "object-lambda", "access-point", "bucket", "function", "key", "")
#: what a host does not tell from policies that callers carry
_ALSO: Final = {"boundary": ("boundary", "identity"), "session": ("session", "identity")}
_CEDAR: Final = "cedar"
_NETWORK: Final = "core-network"
_ACCOUNT: Final = regex(r"(?<=:)[0-9]{12}(?=:)")
_LATTICE: Final = {"service": "service", "network": "servicenetwork"}


@record
class Inside:
    """A document of a host file as a tree whose places are in the host."""

    document: Embedded
    tree: JsonValue

    def bound(self, values: Mapping[str, str]) -> JsonValue:
        """The tree with the holes filled that are known by name."""
        return bound_tree(self.tree, values)


def bound_tree(tree: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """A tree with the holes filled that are known by name."""

    def fill(text: JsonString) -> JsonValue:
        return JsonString(filled(text.value, values), text.span)

    return filled_tree(tree, fill, lambda key: filled(key, values))


def document_in(
    source: Source, kind: str, name: str, values: Mapping[str, str], root: Path, diagnostics: Diagnostics
) -> Inside | None:
    """The document of a kind in a host file; None for a file that is none, and after reporting why no single one is meant."""
    format = recognized(source.file.rpartition("/")[2], source.text.encode())
    if not format:
        return None
    found = Diagnostics()
    carried = carrier(format).carried(source, options_of(root, values), found)
    kinds = _RESOURCE if kind == "resource" else _ALSO.get(kind, (kind,))
    fitting = [one for one in carried.documents if one.kind in kinds]
    chosen = _called(fitting, name)
    if len(chosen) != 1:
        _not_one(source, kind, name, fitting, chosen, carried.unreadable != (), diagnostics)
        return None
    content = chosen[0].content
    tree = tree_of(content, diagnostics) if isinstance(content, PlacedText) else content
    return None if tree is None else Inside(chosen[0], tree)


def beside_in(source: Source, values: Mapping[str, str], root: Path) -> tuple[list[Inside], dict[str, Source]]:
    """The IAM documents of a host file, and of its whole module, with the texts that they stand in."""
    format = recognized(source.file.rpartition("/")[2], source.text.encode())
    options = options_of(root, values)
    carried = carrier(format).carried(source, options, Diagnostics())
    found = {(one.place, one.name, one.world): one for one in carried.documents}
    sources = {source.file: source}
    for name in options.folder(carried.module.removeprefix(".")) if carried.module else ():
        file = f"{carried.module}/{name}" if carried.module != "." else name
        text = options.read(file) if file != source.file else None
        if text is not None and recognized(name, text.encode()) == format:
            sources[file] = Source(file, text)
            others = carrier(format).carried(sources[file], options, Diagnostics()).documents
            found |= {(one.place, one.name, one.world): one for one in others}
    trees = ((one, _tree(one)) for one in found.values() if one.kind not in (_CEDAR, _NETWORK))
    return [Inside(one, tree) for one, tree in trees if tree is not None], sources


def _tree(document: Embedded) -> JsonValue | None:
    content = document.content
    return tree_of(content, Diagnostics()) if isinstance(content, PlacedText) else content


def text_in(
    source: Source, name: str, values: Mapping[str, str], root: Path, diagnostics: Diagnostics
) -> Source | None:
    """The Cedar text in a host file, under a name that leads to it; None for a file that is none, and after reporting why there is no
    single text that is wholly known."""
    format = recognized(source.file.rpartition("/")[2], source.text.encode())
    if not format:
        return None
    carried = carrier(format).carried(source, options_of(root, values), Diagnostics())
    fitting = [one for one in carried.documents if one.kind == _CEDAR]
    chosen = _called(fitting, name)
    if len(chosen) != 1:
        _not_one(source, _CEDAR, name, fitting, chosen, carried.unreadable != (), diagnostics)
        return None
    content = chosen[0].content
    if not isinstance(content, PlacedText):
        return None
    text = filled(content.value, values)
    if has_hole(text):
        listed = ", ".join(f"`{one}`" for one in names_in(text))
        message = f"{listed} in `{chosen[0].name}` {'is' if listed.count('`') == 2 else 'are'} not known"
        diagnostics.error("no-such-document", message, chosen[0].place, "give `--bind NAME=VALUE`")
        return None
    return Source(f"{source.file}#{chosen[0].name}", text)


def _called(documents: Sequence[Embedded], name: str) -> list[Embedded]:
    """The documents with a name, or with one of which this is the end (`stock_auth` of `aws_vpclattice_auth_policy.stock_auth`)."""
    exactly = [one for one in documents if not name or one.name == name]
    return exactly or [one for one in documents if one.name.endswith((f".{name}", f"/{name}"))]


def _not_one(
    source: Source,
    kind: str,
    name: str,
    fitting: Sequence[Embedded],
    chosen: Sequence[Embedded],
    unreadable: bool,
    diagnostics: Diagnostics,
) -> None:
    names = list(dict.fromkeys(one.name for one in fitting))
    listed = ", ".join(f"`{source.file}#{one}`" for one in names[:8])
    start = source.span(0, 0)
    if not fitting:
        why = "; `policyc list` says what cannot be read" if unreadable else ""
        diagnostics.error(
            "no-such-document",
            f"`{source.file}` holds no document of the kind `{kind}`",
            start,
            f"name another file{why}",
        )
    elif not chosen:
        help = did_you_mean(name, names, f"write {listed}")
        diagnostics.error("no-such-document", f"`{source.file}` has no document `{name}`", start, help)
    elif len({one.name for one in chosen}) > 1:
        diagnostics.error(
            "several-documents", f"`{source.file}` holds several documents of this kind", start, f"write {listed}"
        )
    else:
        worlds = " and ".join(one.world or "always" for one in chosen)
        diagnostics.error(
            "several-documents",
            f"`{chosen[0].name}` is one document {worlds}",
            chosen[0].place,
            "say which with `--bind NAME=VALUE` for the parameters that its conditions rest on",
        )


def values_of(name: str, arn: str) -> dict[str, str]:
    """What the ARN of a resource that a host calls `name` tells of its holes: the resource's own, and the place of the stack that makes it."""
    fields = arn.split(":", 5)
    if not name or len(fields) < 6:
        return {}
    values = {attribute(name, "Arn"): arn, "AWS::Partition": fields[1]}
    values |= {key: text for key, text in (("AWS::Region", fields[3]), ("AWS::AccountId", fields[4])) if text}
    last = fields[5].replace(":", "/").rpartition("/")[2]
    values[attribute(name, "Id")] = values[name] = last
    if fields[2] in ("vpc-lattice",):
        values[name] = arn
    return values


def stated_by(document: Embedded, text: str, kind: str, who: str) -> str:
    """The ARN of a resource that is given by the host's name for it, or the end of that: its id and Region stay unknown, its account is taken to be the caller's.
    Empty for a name that the document is not attached to."""
    resource = document.facts.get("resource", "")
    stated = text.strip("‹›").removesuffix(".Arn").removesuffix(".arn")
    account = _ACCOUNT.search(who)
    if not stated or not f".{resource}".endswith(f".{stated}") or account is None or kind not in _LATTICE:
        return ""
    return open_arn(resource, kind, account[0])


def open_arn(resource: str, kind: str, account: str) -> str:
    """The ARN of a service or network of VPC Lattice that a host describes: its id and Region are not known."""
    return f"arn:aws:vpc-lattice:{mark('region')}:{account}:{_LATTICE[kind]}/{mark(attribute(resource, 'Id'))}"
