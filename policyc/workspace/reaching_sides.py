"""Who may do what by each of the documents of one side: IAM documents, Cedar texts, core networks."""

from __future__ import annotations

from collections.abc import Sequence

from policyc.analysis.compare import Version
from policyc.diagnostics import Diagnostics
from policyc.model.values import Principal
from policyc.report.who import Reach
from policyc.workspace.reaching import who_in_document
from policyc.workspace.reaching_texts import who_in_text
from policyc.workspace.sides import Side
from policyc.workspace.versions import with_values


def who_in_side(
    side: Side,
    documents: Sequence[tuple[str, Version, tuple[str, ...]]],
    can: str,
    caller: Principal | None,
    diagnostics: Diagnostics,
) -> list[Reach]:
    """The covers of the IAM `documents` of a side (`policyc.workspace.comparing.versions`) and of its other texts; what cannot be read or asked is
    reported. Raises `policyc.analysis.compare.Disagreement`."""
    found = [
        who_in_document(name, version, doubts, can, caller, None if doubts else with_values(side, name))
        for name, version, doubts in documents
    ]
    told = {name for name, _, _ in documents}
    for name, piece in side.pieces.items():
        if name in told:
            continue
        if can or caller is not None:
            message = f"requests to `{name}` have no principal and no action"
            diagnostics.error("clause-not-allowed", message, None, "leave `--can` and `--principal` out")
            return []
        reach = who_in_text(name, piece, side, diagnostics)
        if reach is None or diagnostics.has_errors:
            return []
        found.append(reach)
    return found
