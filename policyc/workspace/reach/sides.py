"""Who may do what by each of the documents of one side: IAM documents, Cedar texts, core networks."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Final

from policyc.analysis.compare import Version
from policyc.diagnostics import Diagnostics
from policyc.model.values import Principal
from policyc.record import replace
from policyc.report.who import Reach
from policyc.workspace.reach.texts import who_at_endpoint, who_in_text
from policyc.workspace.reach.whole import who_in_document, who_may
from policyc.workspace.sides.each_version import told_with_others, with_values
from policyc.workspace.sides.pieces import CONTROLS, ENDPOINT, Piece, Way, unread
from policyc.workspace.sides.side import Side
from policyc.workspace.sides.versions import left_over

_NO_GRANT: Final = "a control policy grants nothing by itself: this is what it leaves for other policies to allow"
_WRITE_ACTIONS: Final = "write it with its service, such as `s3:GetObject` or `vpc-lattice-svcs:Invoke`; the classes say for which methods and paths"


def who_in_side(
    side: Side,
    documents: Sequence[tuple[str, Version, tuple[str, ...]]],
    names: Container[str],
    can: Sequence[str],
    caller: Principal | None,
    diagnostics: Diagnostics,
) -> tuple[list[Reach], list[str]]:
    """The covers of the IAM `documents` of a side (`policyc.workspace.sides.versions.versions`), of its chains, its other texts and its endpoints, those with `names`;
    and the names of those that were passed over, since their requests have no principal and no action, where that is the question. What cannot be read or asked is
    reported. Raises `policyc.analysis.compare.Disagreement`."""
    found: list[Reach] = []
    word = next((verb for verb in can if ":" not in verb and "*" not in verb), None)
    for name, version, doubts in documents:
        if name in names:
            if word is not None:
                message = f"`{word}` is no action, by which `{name}` is asked"
                diagnostics.error("unknown-verb", message, None, _WRITE_ACTIONS)
                return [], []
            filled = None if doubts else with_values(side, name)
            if version.policy.kind in CONTROLS and name in side.pieces and not doubts:
                version = left_over(version, side.pieces[name], side)
                filled = None if filled is None else (left_over(filled[0], side.pieces[name], side), filled[1])
            by = who_in_document(name, version, doubts, can, caller, filled)
            found.append(replace(by, given=(_NO_GRANT,)) if version.policy.kind in CONTROLS else by)
    for name, chain in side.chains.items():
        if name in names and chain.was_found:
            told_by = who_may(chain.program, chain.documents, chain.resource, can, (), caller, diagnostics)
            found += [] if told_by is None else [replace(told_by, on=name, given=(*told_by.given, *chain.given))]
    told = {name for name, _, _ in documents} | told_with_others(side)
    others: list[tuple[str, Piece | Way]] = [*side.ways.items(), *side.pieces.items()]
    asked = [
        (name, held)
        for name, held in others
        if name not in told
        and name in names
        and not (isinstance(held, Way) and not (held.is_found and held.type == ENDPOINT))
    ]
    if can or caller is not None:
        if asked and not found:
            message = f"requests to `{asked[0][0]}` have no principal and no action"
            diagnostics.error("clause-not-allowed", message, None, "leave `--can` and `--principal` out")
        return found, [name for name, _ in asked]
    for name, held in asked:
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
            return [], []
        found.append(reach)
    return found, []
