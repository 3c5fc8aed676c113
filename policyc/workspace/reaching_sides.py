"""Who may do what by each of the documents of one side: IAM documents, Cedar texts, core networks."""

from __future__ import annotations

from collections.abc import Container, Sequence

from policyc.analysis.compare import Version
from policyc.diagnostics import Diagnostics
from policyc.model.values import Principal
from policyc.report.who import Reach
from policyc.workspace.pieces import ENDPOINT, Piece, Way, unread
from policyc.workspace.reaching import who_in_document
from policyc.workspace.reaching_texts import who_at_endpoint, who_in_text
from policyc.workspace.sides import Side
from policyc.workspace.versions import told_with_others, with_values


def who_in_side(
    side: Side,
    documents: Sequence[tuple[str, Version, tuple[str, ...]]],
    names: Container[str],
    can: str,
    caller: Principal | None,
    diagnostics: Diagnostics,
) -> list[Reach]:
    """The covers of the IAM `documents` of a side (`policyc.workspace.versions.versions`), of its other texts and of its endpoints, those with `names`; what
    cannot be read or asked is reported. Raises `policyc.analysis.compare.Disagreement`."""
    found = [
        who_in_document(name, version, doubts, can, caller, None if doubts else with_values(side, name))
        for name, version, doubts in documents
        if name in names
    ]
    told = {name for name, _, _ in documents} | told_with_others(side)
    others: list[tuple[str, Piece | Way]] = [*side.ways.items(), *side.pieces.items()]
    for name, held in others:
        if (
            name in told
            or name not in names
            or (isinstance(held, Way) and not (held.is_found and held.type == ENDPOINT))
        ):
            continue
        if can or caller is not None:
            message = f"requests to `{name}` have no principal and no action"
            diagnostics.error("clause-not-allowed", message, None, "leave `--can` and `--principal` out")
            return []
        faults = Diagnostics()
        if isinstance(held, Way):
            reach = who_at_endpoint(name, held, side, faults)
        else:
            reach = who_in_text(name, held, side, faults)
        if faults.has_errors and len(side.pieces) > 1:
            kind = held.type if isinstance(held, Way) else held.kind or "document"
            reach = Reach(name, kind, (), False, (unread(faults),))
        else:
            diagnostics.extend(faults)
        if reach is None or diagnostics.has_errors:
            return []
        found.append(reach)
    return found
