"""Values that a host file leaves open, as parameters of the language.

A document with holes is imported with samples in their places: values of the right form that nobody writes. Wherever one stands in what comes out, the parameter
stands instead. A sample that is left as a part of a text says that the language has no word for that text.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from policyc.holes import MARK, WHOLE_MARK, name_of, names_in
from policyc.importing.names import Names, used_by
from policyc.importing.tree import NOWHERE, call, ident, text, word
from policyc.model.literals import misfit
from policyc.model.scope import CONCAT
from policyc.model.types import Named, shapes
from policyc.record import record
from policyc.syntax import nodes
from policyc.syntax.spelled import snake
from policyc.targets.registry import TARGETS, back_end
from policyc.text import Span

ACCOUNT: Final = "AWS::AccountId"
REGION: Final = "AWS::Region"
PARTITION: Final = "partition"
#: how a value is called that is the same in the whole partition, what it is in that of most, and in another
_PARTITIONS: Final = (
    (PARTITION, "aws", "aws-cn"),
    ("urlsuffix", "amazonaws.com", "amazonaws.com.cn"),
    ("dns_suffix", "amazonaws.com", "amazonaws.com.cn"),
)
_CALLED: Final = {ACCOUNT: "account", REGION: "region"}
#: how the last part of an ARN is made, by how its pattern begins
_TAILS: Final = {"service/": "svc-", "servicenetwork/": "sn-"}
#: a pattern with one run that is not known
_RUN: Final = re.compile(r"([^*?]*)[*?]+([^*?]*)")
#: elements of which every value is `*` or begins as an ARN does
_RESOURCES: Final = frozenset({"Resource", "NotResource"})
#: kind of principal -> what one is of which nothing is known; an id has no account that would be a name of its own
_PRINCIPALS: Final = {
    "AWS": "principal_id",
    "CanonicalUser": "canonical_user",
    "Federated": "federation",
    "Service": "service_principal",
}
#: keys of core networks whose values have one type, also one by one in lists
_NETWORK: Final = dict.fromkeys(
    ("location", "edge-locations", "edge-sets", "use-edge-location", "region"), "region"
) | {"account-id": "account", "destination-cidr-blocks": "cidr"}
#: what conditions of core networks compare, by their type
_ASKED: Final = {
    "account-id": "account-id",
    "account": "account-id",
    "region": "region",
    **dict.fromkeys(("prefix-equals", "prefix-in-cidr"), "destination-cidr-blocks"),
}
#: types that a place takes beside others: an account is a principal too
_LOOSE: Final = ("resource", "principal_id")
#: a text of a JSON document that is open as a whole
_WHOLE: Final = re.compile(f'"{MARK.pattern}"')
#: a group that a Cedar text asks for
_GROUP: Final = re.compile(rf'\bcontext\.(\w+)\.groups\s+has\s+"({WHOLE_MARK})"')
_DIRECTORY: Final = "iam_identity_center"
_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@record
class Open:
    """A value that a host leaves open: its own expression for it, what kind the host says that it is, and what it is when nobody says otherwise: None for
    an empty default, by which templates mean that none was given."""

    name: str
    kind: str
    default: str | None = None


@record
class Parameter:
    """A parameter to be: the name that it should have, the sentence above it, its default, and the type that its values have wherever it stands.
    `pieces` are the samples of its values where it is a list."""

    name: str
    doc: str
    default: str | None
    pieces: tuple[str, ...] = ()
    kind: str = "string"


class Unclear(Exception):
    """What a hole stands for cannot be said in the language; the text says why."""


@dataclass(slots=True)
class Opening:
    """The samples of one import, and the parameters that they stand for, by sample. `taken` has what was taken for granted."""

    parameters: dict[str, Parameter] = field(default_factory=dict)
    taken: list[str] = field(default_factory=list)
    _known: dict[tuple[str, ...], str] = field(default_factory=dict)
    #: expressions for the samples, and of how many parameters they know
    _made: tuple[int, re.Pattern[str], re.Pattern[str]] | None = None

    def filled(self, file: str, value: str, holes: Mapping[str, Open], places: Mapping[str, str]) -> str:
        """A text of a document with samples in the places of its holes; `places` has the type of each hole, where what stands around it tells one. Raises Unclear."""

        def one(found: re.Match[str]) -> str:
            name = name_of(found)
            return self.sample(file, holes[name], found[2] or "", places.get(name, ""))

        return MARK.sub(one, _WHOLE.sub(lambda found: self._list(file, found, holes, places), value))

    def _list(self, file: str, found: re.Match[str], holes: Mapping[str, Open], places: Mapping[str, str]) -> str:
        """A whole text of a JSON document; where a list is open there, the list of its samples."""
        hole = holes[name_of(found)]
        if hole.kind == "number":
            raise Unclear(f"`{hole.name}` is no text")
        if hole.kind != "list":
            return found[0]
        key = (home(file), hole.name, "list")
        if key not in self._known:
            kind = places.get(hole.name, "string")
            pieces = tuple(_sample(kind, 10_000 + 2 * len(self._known) + at) for at in (0, 1))
            made = Parameter(_base(hole.name), f"`{hole.name}` of {file}.", hole.default, pieces)
            self.parameters |= dict.fromkeys(pieces, made)
            self._known[key] = json.dumps(pieces)
        return self._known[key]

    def sample(self, file: str, hole: Open, like: str, kind: str) -> str:
        """The sample of a hole. Raises Unclear."""
        if hole.kind in ("list", "document", "bool"):
            raise Unclear(f"`{hole.name}` is no text")
        for sign, here, elsewhere in _PARTITIONS:
            if hole.name.lower().endswith(sign) or kind == sign:
                said = f"`{hole.name}` is taken for `{here}`: `--bind {hole.name}={elsewhere}` says otherwise"
                if said not in self.taken:
                    self.taken.append(said)
                return here
        if like.startswith("arn:"):
            return self._arn(file, hole, like, kind)
        if hole.kind in ("account", "region"):
            kind = hole.kind
        wanted = _CALLED.get(hole.name) or _base(hole.name)
        return self._of(file, (hole.name,), kind or "string", wanted, f"`{hole.name}` of {file}.", hole.default)

    def _arn(self, file: str, hole: Open, like: str, kind: str) -> str:
        """An ARN in its parts: the language declares things by account, Region and name."""
        parts = like.split(":", 5)
        found = _RUN.fullmatch(parts[5]) if len(parts) == 6 else None
        whole = len(parts) == 6 and parts[5] and "*" not in parts[5] and "?" not in parts[5]
        if (found is None and not whole) or "*" in parts[2]:
            # it is known only that it is an ARN
            known = kind if kind == "principal_id" else "arn"
            return self._of(file, (hole.name,), known, _base(hole.name), f"`{hole.name}` of {file}.", hole.default)
        base = re.sub(r"_arn$", "", _base(hole.name)) or "it"
        stack = "." in hole.name and "_" not in hole.name.partition(".")[0] and not hole.name.startswith("var.")
        made = ["arn", "aws", parts[2]]
        for at, kind, pseudo in ((3, "region", REGION), (4, "account", ACCOUNT)):
            if "*" not in parts[at] and "?" not in parts[at]:
                made.append(parts[at])
            elif stack:  # what a stack makes is in the stack's own place
                made.append(self.sample(file, Open(pseudo, kind), "", kind))
            else:
                doc = f"The {'Region' if kind == 'region' else kind} of `{hole.name}` in {file}."
                made.append(self._of(file, (hole.name, kind), kind, f"{base}_{kind}", doc, None))
        if found is None:  # the name is known, and only the place is not
            return ":".join([*made, parts[5]])
        for begin, known in _TAILS.items():
            if found[1] in (begin, f"{begin}{known}"):
                doc = f"The id in `{hole.name}` of {file}."
                made.append(f"{begin}{self._of(file, (hole.name, 'id'), known, f'{base}_id', doc, None)}")
                return ":".join(made)
        if parts[2] == "s3" and parts[3:5] == ["", ""] and not found[1] + found[2]:  # a bucket is known by its name
            bucket = re.sub(r"\.Arn$", "", re.sub(r"\.arn$", ".id", hole.name))
            made.append(self.sample(file, Open(bucket, "name"), "", ""))
            return ":".join(made)
        doc = f"The name in `{hole.name}` of {file}."
        made.append(found[1] + self._of(file, (hole.name, "name"), "string", f"{base}_name", doc, None) + found[2])
        return ":".join(made)

    def _of(self, file: str, key: tuple[str, ...], kind: str, name: str, doc: str, default: str | None) -> str:
        known = (home(file), *key)
        if known not in self._known:
            made = _sample(kind, len(self._known))
            self._known[known] = made
            fits = kind in shapes() and (default is None or misfit(shapes()[kind], default) is None)
            self.parameters[made] = Parameter(name, doc, default, kind=kind if fits else "string")
        return self._known[known]

    def said(self, message: str) -> str:
        """A message with the host's own expressions where it has samples."""
        names = {sample: key[1] for key, sample in self._known.items()}
        for sample, parameter in self.parameters.items():
            message = message.replace(sample, f"‹{names.get(sample, parameter.name)}›")
        return message

    # --- in what comes out ------------------------------------------------------------------------------------------

    def known_to(self, names: Names) -> None:
        """Have the names of an import know the samples."""
        names.open = {sample: parameter.name for sample, parameter in self.parameters.items()}
        names.parameter = lambda sample, kind: self.declared(names, sample, kind)

    def declared(self, names: Names, sample: str, kind: str) -> nodes.Ref:
        """The parameter of a sample, declared with a type; one that is wanted as another type too gets the narrower one."""
        parameter = self.parameters[sample]
        kind = parameter.kind if kind == "string" else kind
        head = parameter.pieces[0] if parameter.pieces else sample
        name = names.known.get(("param", head)) or names.free(parameter.name)
        names.known[("param", head)] = name
        before = names.declared.get(name)
        held = before.type if isinstance(before, nodes.Param) else None
        held = held.item if isinstance(held, nodes.SetType) else held
        if isinstance(held, nodes.NamedType) and kind == "string":
            kind = held.name
        if parameter.pieces:
            listed = [one.strip() for one in (parameter.default or "").split(",")]
            known = kind in shapes() and all(misfit(shapes()[kind], one) is None for one in listed)
            items = nodes.ListOf(tuple(map(text, listed)), NOWHERE) if known and parameter.default else None
            type_ = nodes.SetType(nodes.NamedType(kind, NOWHERE), NOWHERE)
            names.declared[name] = nodes.Param(ident(name), type_, items, NOWHERE, parameter.doc)
            return word(name)
        fits = parameter.default is not None and kind in shapes() and misfit(shapes()[kind], parameter.default) is None
        default = (
            (nodes.Region(parameter.default, NOWHERE) if kind == "region" else text(parameter.default))
            if fits and parameter.default is not None
            else None
        )
        names.declared[name] = nodes.Param(ident(name), nodes.NamedType(kind, NOWHERE), default, NOWHERE, parameter.doc)
        return word(name)

    def values(self, names: Names, files: Mapping[str, str]) -> dict[str, str]:
        """What the parameters that some files declare stand for while their documents are compared."""
        return {
            name: ",".join(self.parameters[key[1]].pieces or (key[1],))
            for key, name in names.known.items()
            if key[0] == "param" and any(f"param {name}:" in written for written in files.values())
        }

    def pieces(self, value: str) -> list[tuple[str, bool]]:
        """A text cut at the samples in it, each piece with whether it is one; those of lists stand for no text."""
        found = self._samples()[0].split(value) if self.parameters else [value]
        return [(one, at % 2 == 1) for at, one in enumerate(found) if one]

    def _samples(self) -> tuple[re.Pattern[str], re.Pattern[str]]:
        """Expressions for the samples that are texts, and for all of them."""
        if self._made is None or self._made[0] != len(self.parameters):
            every = sorted(self.parameters, key=len, reverse=True)
            singles = [one for one in every if not self.parameters[one].pieces]
            found = [f"({'|'.join(map(re.escape, some))})" if some else r"(?!)()" for some in (singles, every)]
            self._made = len(self.parameters), re.compile(found[0]), re.compile(found[1])
        return self._made[1:]

    def left_in(self, node: nodes.Declaration, names: Names) -> Parameter | None:
        """A parameter whose sample is a part of a text in a declaration, or in one that it uses."""
        if not self.parameters:
            return None
        used = [names.declared[name] for name in used_by([node], names.declared)]
        every = self._samples()[1]
        found = (every.search(text_) for text_ in _texts([with_parameters(node, self, names), *used]))
        return next((self.parameters[one[0]] for one in found if one is not None), None)


def _texts(node: object) -> Iterator[str]:
    """Every text and name below some nodes."""
    work: list[object] = [node]
    while work:
        item = work.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, tuple | list):
            work.extend(item)
        elif not isinstance(item, Span | int | None):
            work.extend(getattr(item, name) for name in type(item).__match_args__)  # type: ignore[attr-defined]


@cache
def _texts_alone(kind: Any) -> frozenset[str]:
    """The fields of a node that take a text and no name for one: a sample stays there, and `left_in` finds it."""
    words = {name: set(re.findall(r"\w+", str(wanted))) for name, wanted in kind.__annotations__.items()}
    return frozenset(name for name, found in words.items() if "Str" in found and not found & {"Ref", "Expr"})


def with_parameters(node: Any, opening: Opening, names: Names) -> Any:
    """A declaration with parameters in place of the samples that stand in it as values."""
    match node:
        case nodes.Str(value) if value in opening.parameters:
            return opening.declared(names, value, "string")
        case nodes.Str(value) if len(pieces := opening.pieces(value)) > 1:
            parts = (opening.declared(names, one, "string") if is_open else text(one) for one, is_open in pieces)
            return call(CONCAT, *parts)
        case nodes.Region(value) if value in opening.parameters:
            return opening.declared(names, value, "region")
        case nodes.ListOf(items) if len(items) > 1:
            made = tuple(with_parameters(item, opening, names) for item in items)
            lists = {names.known.get(("param", one.pieces[0])) for one in opening.parameters.values() if one.pieces}
            one = made[0].simple if isinstance(made[0], nodes.Ref) else None
            if (
                one is not None
                and one in lists
                and all(isinstance(item, nodes.Ref) and item.simple == one for item in made)
            ):
                return made[0]
            return nodes.ListOf(made, NOWHERE) if made != items else node
        case tuple():
            return tuple(with_parameters(item, opening, names) for item in node)
        case _ if hasattr(type(node), "__record__"):
            texts, changed = _texts_alone(node.__class__), {}
            for name in type(node).__match_args__:
                if name == "span" or name in texts:
                    continue
                before = getattr(node, name)
                after = with_parameters(before, opening, names)
                if after is not before and after != before:
                    changed[name] = after
            if not changed:
                return node
            return type(node)(**{name: changed.get(name, getattr(node, name)) for name in type(node).__match_args__})
    return node


def places_in(*trees: Any) -> dict[str, str]:
    """The types of holes by what stands around them, in documents that name them alike: the place in an ARN, the key that is tested."""
    found: dict[str, str] = {}
    for tree in trees:
        for name, kind in _places(tree, ""):
            if found.get(name, "") in ("", *_LOOSE):
                found[name] = kind
    return found


def groups_in(cedar: str, trust: Mapping[str, str]) -> dict[str, str]:
    """The holes of a Cedar text that are ids of groups of IAM Identity Center, with their type."""
    asked = [one[2] for one in _GROUP.finditer(cedar) if trust.get(one[1]) == _DIRECTORY]
    return dict.fromkeys(names_in("".join(asked)), "idc_group_id")


def home(file: str) -> str:
    """Where a name means one thing: the folder of a file of Terraform, which is a module, else the file."""
    return posixpath.dirname(file) if file.endswith((".tf", ".tofu", ".tf.json", ".tofu.json")) else file


def _places(tree: Any, key: str) -> Iterator[tuple[str, str]]:
    match tree:
        case dict():
            asked = _ASKED.get(str(tree.get("type")), "")
            for name, value in tree.items():
                yield from _places(value, asked if name == "value" and asked else name)
        case list():
            for value in tree:
                yield from _places(value, key)
        case str():
            whole = MARK.fullmatch(tree)
            kind = _PRINCIPALS.get(key) or _NETWORK.get(key) or _key_types().get(key.lower(), "") if whole else ""
            if whole is not None and kind:
                yield name_of(whole), kind
            for found in MARK.finditer(tree):
                if found.start() == 0 and key in _RESOURCES:
                    yield name_of(found), "resource"
                before = MARK.sub("-", tree[: found.start()]).split(":")  # the name of a hole may have colons
                after = tree[found.end() : found.end() + 1]
                if before[0] == "arn" and before[-1] == "" and after == ":" and len(before) in (2, 4, 5):
                    yield name_of(found), {2: PARTITION, 4: "region", 5: "account"}[len(before)]


@cache
def _key_types() -> Mapping[str, str]:
    """The types of condition keys, by the key in lower case."""
    found: dict[str, str] = {}
    for name in TARGETS:
        for attribute in back_end(name).vocabulary().attributes.values():
            if isinstance(attribute.type, Named) and attribute.native and ":" in attribute.native:
                found.setdefault(attribute.native.lower(), attribute.type.name)
    return found


def _base(name: str) -> str:
    """The words of a host's expression that tell it from others: `Stock` of `Stock.Arn`, `stock` of `aws_vpclattice_service.stock.arn`."""
    parts = [part for part in re.split(r"[^A-Za-z0-9_]+", name) if part]
    if (len(parts) > 1 and parts[0] in ("var", "local", "module", "data")) or (
        parts and parts[0].startswith(("aws_", "awscc_"))
    ):
        parts = parts[1:]
    if len(parts) > 1 and parts[-1].lower() in ("arn", "id", "name"):
        parts = parts[:-1]
    return snake(_WORDS.sub("_", "_".join(parts)), "value")


def _sample(kind: str, number: int) -> str:
    """A value of a type that nobody writes."""
    made: dict[str, str] = {
        "arn": f"arn:aws:zssample:::zssample{number}x",
        "resource": f"arn:aws:zssample:::zssample{number}x",
        "principal_id": f"AROAZSSAMPLE{number:09d}",
        "cidr": f"100.{64 + number // 256 % 64}.{number % 256}.16/28",
        "canonical_user": f"{number:064x}",
        "federation": f"zssample{number}x.example.com",
        "account": f"{917_263_000_000 + 10_007 * number:012d}",
        "region": f"me-zq{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}sample-8",
        "org_id": f"o-zs{number:08d}",
        "ou_id": f"ou-zs{number % 100:02d}-zs{number:06d}",
        "org_path": f"o-zt{number:08d}/r-zs{number % 100:02d}/",
        "vpc_id": f"vpc-0fedcba986{number:07x}",
        "vpce_id": f"vpce-0fedcba986{number:07x}",
        "distribution_id": f"EZS{number:010d}",
        "service_principal": f"zssample{number}x.amazonaws.com",
        "idc_group_id": f"9f8e7d6c-5b4a-4d3c-8b2b-{number:012x}",
        "svc-": f"svc-zs{number:015d}",
        "sn-": f"sn-zs{number:015d}",
    }
    return made.get(kind, f"zssample{number}x")
