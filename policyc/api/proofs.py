"""`policyc.prove` and `policyc.who`: what holds for all requests, and who may do what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import TYPE_CHECKING, Any

from policyc.api.changes import side_of
from policyc.api.documents import Document
from policyc.api.results import Findings, PolicyError
from policyc.diagnostics import Diagnostics

if TYPE_CHECKING:
    from policyc.analysis.compare import Version
    from policyc.model.values import Principal
    from policyc.report.proofs import Proof
    from policyc.report.who import Reach
    from policyc.text import Source
    from policyc.workspace.sides.side import Side


@dataclass(frozen=True, slots=True)
class Proofs:
    """What proofs came to. Truthy when all hold."""

    proofs: tuple[Proof, ...]
    sources: Mapping[str, Source]

    @property
    def hold(self) -> bool:
        """There are some, and all of them hold."""
        return bool(self.proofs) and all(proof.passed for proof in self.proofs)

    @property
    def broken(self) -> tuple[str, ...]:
        """The labels of those that something breaks."""
        return tuple(proof.label for proof in self.proofs if proof.state == "broken")

    @property
    def open(self) -> tuple[str, ...]:
        """The labels of those that are not settled."""
        return tuple(proof.label for proof in self.proofs if proof.state == "not settled")

    @property
    def tests(self) -> tuple[str, ...]:
        """`test` blocks that show what breaks a proof."""
        return tuple(block for proof in self.proofs for block in proof.blocks)

    @property
    def data(self) -> list[dict[str, Any]]:
        """Plain data: `proofs` of `schemas/proofs.schema.json`."""
        from policyc.report.proofs import proofs_data

        return proofs_data(self.proofs, self.sources)

    def text(self, width: int = 80) -> str:
        """The report for people."""
        from policyc.report.options import Options
        from policyc.report.proofs import render_proofs

        return render_proofs(self.proofs, self.sources, Options(width=width))

    def __repr__(self) -> str:
        told = [f"{len(self.broken)} broken"] if self.broken else []
        told += [f"{len(self.open)} not settled"] if self.open else []
        return f"<Proofs: {', '.join((f'{len(self.proofs)} in all', *told))}>"

    def __bool__(self) -> bool:
        return self.hold

    def __str__(self) -> str:
        return self.text()


@dataclass(frozen=True, slots=True)
class Who:
    """Who may do what. Truthy when anybody may do anything, or when that is not settled."""

    found: tuple[Reach, ...]

    @property
    def complete(self) -> bool:
        """Nobody else may do anything else, which is proven."""
        return all(item.complete for item in self.found)

    @property
    def classes(self) -> list[dict[str, Any]]:
        """The classes of allowed requests of all resources, as plain data."""
        return [entry for item in self.data["resources"] for entry in item["classes"]]

    @property
    def data(self) -> dict[str, Any]:
        """Plain data: the part of `schemas/who.schema.json` without its head."""
        from policyc.report.who import reach_data

        return reach_data(self.found)

    def text(self, width: int = 80) -> str:
        """The report for people."""
        from policyc.report.options import Options
        from policyc.report.who import render_reach

        return render_reach(self.found, Options(width=width))

    def __repr__(self) -> str:
        named = ", ".join(item.on for item in self.found[:3]) + (", …" if len(self.found) > 3 else "")
        number = sum(len(item.classes) for item in self.found)
        return f"<Who {named}: {number} classes, {'nobody else' if self.complete else 'not complete'}>"

    def __bool__(self) -> bool:
        return any(item.classes or not item.complete for item in self.found)

    def __str__(self) -> str:
        return self.text()


def prove(
    document: Document,
    guarantees: str | PathLike[str] | None = None,
    *,
    that: str | Sequence[str] = (),
    account: str = "",
    organization: str = "",
    kind: str = "",
) -> Proofs:
    """The proofs of a guarantees file about a document, or about those of a folder or project; or those of guarantees by name (`that="organization_only"`, as
    `policyc prove --that` lists them) with the `account` and `organization` that they are about. `kind` is one of those that `check --as` takes.

    Raises `PolicyError`, and ValueError for a guarantee that there is not or that needs an account or organization which nobody named.
    """
    names = (that,) if isinstance(that, str) else tuple(that)
    if (guarantees is None) is not bool(names):
        raise ValueError("give a guarantees file, or guarantees by name in `that`")
    return (
        _by_name(document, names, account, organization, kind)
        if guarantees is None
        else _by_file(document, guarantees, kind)
    )


def _by_name(document: Document, names: Sequence[str], account: str, organization: str, kind: str) -> Proofs:
    from policyc.analysis.guarantees import GUARANTEES
    from policyc.workspace.guarantees.documents import given_in
    from policyc.workspace.guarantees.names import Unnamed, as_proofs, prove_by_name
    from policyc.workspace.guarantees.texts import GivenText

    for name in names:
        if name not in GUARANTEES:
            raise ValueError(f"there is no guarantee `{name}`; write one of {', '.join(GUARANTEES)}")
    side, found = _versions(document, kind)
    texts = [item for item in given_in(side, found, declared=True) if isinstance(item, GivenText)]
    try:
        kept = prove_by_name(found, names, account, organization, texts)
    except Unnamed as error:
        raise ValueError(f"{error}: give `{error.need}=`") from error
    return Proofs(tuple(as_proofs(kept)), side.sources)


def _by_file(document: Document, guarantees: str | PathLike[str], kind: str) -> Proofs:
    from pathlib import Path

    from policyc.record import replace
    from policyc.targets.program import load_program
    from policyc.workspace.guarantees.documents import given_in, named, prove_documents

    side, found = _versions(document, kind)
    file = Path(fspath(guarantees)).resolve()
    diagnostics = Diagnostics()
    program = load_program(file.parent, [file], {}, diagnostics)
    if diagnostics.has_errors:
        raise PolicyError(Findings(diagnostics, program.sources))
    own = replace(program, proofs=tuple(item for item in program.proofs if item.file == file.name))
    return Proofs(tuple(prove_documents(own, named(given_in(side, found)))), {**side.sources, **program.sources})


def several(texts: str | Sequence[str]) -> Sequence[str]:
    """What may be one text, or none, as several."""
    return [text for text in ((texts,) if isinstance(texts, str) else texts) if text]


def who(document: Document, *, can: str | Sequence[str] = (), principal: str = "", kind: str = "") -> Who:
    """Who may do what by a document, or by those of a folder: `can` an action (`s3:Get*`) or several, `principal` one caller (an ARN, a service name
    or `anonymous`). Raises `PolicyError`."""
    from policyc.workspace.reach.sides import who_in_side

    side, found = _versions(document, kind)
    diagnostics = Diagnostics()
    names = {*side.pieces, *side.ways, *side.chains}
    reached, _ = who_in_side(side, found, names, several(can), caller_of(principal), diagnostics)
    if diagnostics.has_errors:
        raise PolicyError(Findings(diagnostics, side.sources))
    return Who(tuple(reached))


def caller_of(text: str) -> Principal | None:
    """The caller that a text names; None for an empty one. Raises `PolicyError`."""
    from policyc.simulation.request_text import parse_caller

    found = parse_caller(text) if text else None
    if text and found is None:
        diagnostics = Diagnostics()
        help = "give an ARN, a service name or `anonymous`"
        diagnostics.error("unknown-name", f"`{text}` names no caller", None, help)
        raise PolicyError(Findings(diagnostics, {}))
    return found


def _versions(document: Document, kind: str) -> tuple[Side, list[tuple[str, Version, tuple[str, ...]]]]:
    from policyc.workspace.sides.each_version import versions

    diagnostics = Diagnostics()
    side = side_of(document, "document", kind, diagnostics)
    found = None if diagnostics.has_errors else versions(side, diagnostics)
    if found is None:
        raise PolicyError(Findings(diagnostics, side.sources))
    return side, found
