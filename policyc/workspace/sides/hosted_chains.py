"""Chains of S3 Object Lambda that a template or a module describes. What it leaves open of its own parts (account, Region, the names that AWS makes up) is taken to be
something, which is told: policies tell their own parts from others by those alone. What else is open stays so."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from policyc.carriers.embedded import Wiring
from policyc.diagnostics import Diagnostics
from policyc.engines.iam.document import compile_document
from policyc.holes import MARK, filled, has_hole, mark, name_of
from policyc.model.values import Resource
from policyc.record import replace
from policyc.simulation.documents.resources import Drafts
from policyc.simulation.references import PlainText
from policyc.targets.base import Document, MapEntry
from policyc.targets.iam_documents.gates import keep_compiled
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.switches import iam_switches
from policyc.text import Span
from policyc.workspace.documents.bounds import control_in_words
from policyc.workspace.documents.completions import filled_by_name
from policyc.workspace.documents.home import DIGITS, REGION, Home
from policyc.workspace.documents.hosts import Host
from policyc.workspace.documents.placed import obstacle
from policyc.workspace.sides.chains import OF_ROLE, POLICIES, Chain, assembled, named, nothing
from policyc.workspace.sides.pieces import BOUNDARY, CONTROLS, IDENTITY, Piece

_PLACE: Final = re.compile(
    r"arn:[^:]*:(?:s3|lambda|s3-object-lambda):([a-z0-9-]+|" + MARK.pattern + r"):([0-9]{12}|" + MARK.pattern + r"):"
)
#: part -> what its ARN looks like
_ARNS: Final[Mapping[str, str]] = {
    "object-lambda": "arn:aws:s3-object-lambda:{region}:{account}:accesspoint/{name}",
    "function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "access-point": "arn:aws:s3:{region}:{account}:accesspoint/{name}",
    "bucket": "arn:aws:s3:::{name}",
}


def hosted_chains(
    module: Sequence[Host],
    files: Sequence[str],
    pieces: Mapping[str, Piece],
    called: Callable[[str, str], str],
    values: Mapping[str, str],
    switches: Mapping[str, str],
) -> dict[str, Chain]:
    """The chains in some files of one module of which every part and policy is known. `called` says what is called how in a file, `values` are what holes are bound to."""
    if any(host.carried.unreadable for host in module):
        return {}
    own = {id(document) for host in module for document in host.carried.documents}
    held = {name: piece for name, piece in pieces.items() if piece.item is not None and id(piece.item.document) in own}
    callers = {name: end for host in module for name, end in host.carried.callers.items()}
    found: dict[str, Chain] = {}
    for host in (one for one in module if one.source.file in files):
        for wiring in host.carried.chains:
            chain = _Hosted(wiring, callers, held, values, switches).chain()
            if chain is not None:
                found[called(host.source.file, wiring.name)] = chain
    return found


class _Hosted:
    def __init__(
        self,
        wiring: Wiring,
        callers: Mapping[str, str],
        pieces: Mapping[str, Piece],
        bound: Mapping[str, str],
        switches: Mapping[str, str],
    ) -> None:
        self.wiring, self.pieces, self.bound, self.switches = wiring, pieces, bound, switches
        texts = [piece.source.text for piece in pieces.values()]
        known = [*wiring.arns.values(), *(end for end in callers.values() if end.startswith("arn:"))]
        places = [found.groups() for one in (known or texts) for found in _PLACE.finditer(one)]
        accounts = {place[-3] for place in places if DIGITS.fullmatch(place[-3])}
        regions = {place[0] for place in places if not has_hole(place[0])}
        account, region = (held.pop() if len(held) == 1 else "" for held in (accounts, regions))
        self.home = Home((*texts, *wiring.called.values()), account, region or REGION)
        self.values = self.home.values
        self.arns = dict(self._arns())
        self.callers = {host: self.home.caller(host, end) for host, end in callers.items()}

    def chain(self) -> Chain | None:
        """The chain; None where a part of it or a policy on the way is not known."""
        resources = self._resources()
        documents = None if resources is None else self._documents(resources)
        if resources is None or documents is None:
            return None
        made = assembled(resources, documents, self.switches)
        return replace(made, given=tuple(self._given()), callers=self.callers)

    def _given(self) -> Iterator[str]:
        yield from self.home.given()
        for name, piece in self.pieces.items():
            if piece.kind in CONTROLS:
                yield f"{control_in_words(piece.kind, name, piece.hangs)} refuses nothing"

    # --- what the host leaves open --------------------------------------------------------------------------------

    def _arns(self) -> Iterator[tuple[str, str]]:
        for host, (part, called) in self.wiring.others.items():
            self._arn(part, host, called)
        for part in _ARNS:
            if part not in self.wiring.parts:
                continue
            host = self.wiring.parts[part]
            arn = self._arn(part, host, self.wiring.called.get(part, ""))
            if part == "function" and (qualifier := filled(self.wiring.settings.get("qualifier", ""), self.values)):
                arn = f"{arn}:{qualifier}"
                runs = MARK.fullmatch(self.wiring.settings.get("runs", ""))
                version = "" if runs is None else name_of(runs)
                self.values[f"{host}.qualified_arn"] = arn
                if version and version != host:
                    self.values |= dict.fromkeys((version, f"{version}.Arn", f"{version}.arn"), arn)
            yield part, arn

    def _arn(self, part: str, host: str, called: str) -> str:
        """The ARN of a resource of the host, which is what its attributes say from then on."""
        if arn := self.wiring.arns.get(host, ""):
            return self.home.part(host, arn, called or arn.rpartition(":")[2].rpartition("/")[2])
        name = self.home.named(host, called)
        arn = _ARNS[part].format(region=self.home.region, account=self.home.account, name=name)
        return self.home.part(host, arn, name)

    # --- parts and documents ---------------------------------------------------------------------------------------

    def _resources(self) -> dict[str, Resource] | None:
        drafts, diagnostics = Drafts(Span("", 0, 0)), Diagnostics()
        settings = {name: filled(text, self.values) for name, text in self.wiring.settings.items()}
        if self.arns.keys() != _ARNS.keys():
            return None
        for part in _ARNS:
            drafts.read(part, PlainText(self.arns[part], drafts.span), diagnostics)
        if diagnostics.has_errors:
            return None
        if owner := settings.get("bucket-account", ""):
            if has_hole(owner):
                return None
            drafts.owner("bucket", owner)
        drafts.link("access-point", "bucket", "bucket")
        drafts.link("object-lambda", "supporting", "access-point")
        drafts.link("object-lambda", "function", "function")
        drafts.words("object-lambda", "actions", self.wiring.actions)
        for part, key in (("access-point", "vpc"), ("bucket", "key")):
            if settings.get(key):
                drafts.text(part, "kms_key" if key == "key" else key, settings[key])
        for part in ("access-point", "bucket"):
            drafts.text(part, "block_public_access", settings.get(f"{part}-block", "on"))
        return named(drafts.finish(), dict(self.wiring.parts))

    def _documents(self, resources: Mapping[str, Resource]) -> list[Document] | None:
        """Every document on the way; None where one cannot be read, is not always the same, or may be on a part of the chain."""
        out: list[Document] = []
        parts = {part: mark(host) for part, host in self.wiring.parts.items()}
        kinds = {"object-lambda", "function", "access-point", "bucket"}
        for piece in self.pieces.values():
            document = piece.item.document if piece.item is not None else None
            if document is None or document.kind not in kinds:
                continue
            on = piece.hangs or mark(document.facts.get("resource", ""))
            part = document.kind
            if on != parts.get(part) and document.facts.get("resource", "") != self.wiring.parts.get(part):
                if has_hole(on) and MARK.fullmatch(on) is None:
                    return None
                continue
            kind = POLICIES[part][1]
            made = self._document(piece, f"object_lambda/{kind.schema}", resources[part].id, kind.role)
            if made is None or document.world:
                return None
            out.append(made)
        return self._of_callers(out, resources["function"].id)

    def _of_callers(self, out: list[Document], function: str) -> list[Document]:
        """Those of the callers of whom all is known, and of the role that the function has."""
        role = self.wiring.parts.get("role", "")
        schema = f"object_lambda/{OF_ROLE.schema}"
        for host, arn in self.callers.items():
            held = [piece for piece in self.pieces.values() if mark(host) in piece.hangs.split(", ")]
            held = [piece for piece in held if piece.kind == IDENTITY]
            bounds = {piece.bounds.name: piece.bounds for piece in held if piece.bounds}
            made = [self._document(piece, "identity/policy", arn, IDENTITY) for piece in held]
            made += [self._document(piece, "raw", f"{arn} {BOUNDARY}", BOUNDARY) for piece in bounds.values()]
            if host == role:
                made += [self._document(piece, schema, function, OF_ROLE.role) for piece in held]
            known = [item for item in made if item is not None]
            if len(known) < len(made) or any(
                piece.limit or (piece.item and piece.item.document.world) for piece in held
            ):
                continue  # nothing certain is known of the caller
            out += known
            out += [] if held else [nothing("identity/policy", arn, IDENTITY)]
            out += [nothing(schema, function, OF_ROLE.role)] if host == role and not held else []
        return out

    def _document(self, piece: Piece, kind: str, carrier: str, role: str) -> Document | None:
        """A document with what is known of its open places, its statements at their places in the host; None for one that cannot be read."""
        found = piece.tree(Diagnostics())
        if found is None or obstacle(found) is not None:
            return None
        tree = filled_by_name(found, {**self.values, **self.bound})
        engine, switches = KINDS[BOUNDARY if role == BOUNDARY else piece.kind].engine, iam_switches(self.switches)
        compiled = compile_document(tree, engine, Diagnostics(), name=piece.name, switches=switches, stored=True)
        if compiled is None:
            return None
        text = json.dumps(tree.plain(), ensure_ascii=False, default=str)
        entries = tuple(MapEntry(f"/Statement/{one.index}", one.label, one.span) for one in compiled.statements)
        document = Document(piece.name, kind, text, piece.name, carrier, role, compiled.span, entries)
        keep_compiled(document, compiled)
        return document
