"""What proofs came to, as every format tells it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.record import record, replace
from policyc.report.data import finding_data, span_data
from policyc.report.frame import located
from policyc.report.human import finding_lines
from policyc.report.options import Options
from policyc.report.screen import clean, paint, plural
from policyc.text import Source, Span


@record
class ClaimAnswer:
    """One claim on one resource, network or document, called `on`. `holds` None: not settled, for the reasons in `open`. `test` is a `test` block
    that shows what breaks the claim, empty where there is none; `request` the same on one line, `answer` what the engine says to it. `given` is
    what the answer takes as given."""

    text: str
    on: str
    span: Span
    holds: bool | None
    request: str = ""
    answer: str = ""
    test: str = ""
    open: tuple[str, ...] = ()
    given: tuple[str, ...] = ()


@record
class Proof:
    """A `prove` block: whether every claim holds (`passed`), and why not."""

    label: str
    span: Span
    claims: tuple[ClaimAnswer, ...]
    findings: tuple[Diagnostic, ...]
    kind: str = "proof"

    @property
    def passed(self) -> bool:
        return not self.findings

    @property
    def state(self) -> str:
        """`holds`, `broken` or `not settled`; a proof that cannot be read is broken."""
        if self.passed:
            return "holds"
        known = {claim.holds for claim in self.claims}
        return "not settled" if None in known and False not in known and self._is_settled_only() else "broken"

    def _is_settled_only(self) -> bool:
        return all(item.rule == "proof-not-settled" for item in self.findings)

    @property
    def blocks(self) -> tuple[str, ...]:
        """The `test` blocks of what breaks it."""
        return tuple(claim.test for claim in self.claims if claim.test)


def proof_of(label: str, span: Span, answers: Sequence[ClaimAnswer], diagnostics: Diagnostics) -> Proof:
    """A block with the answers to its claims; what does not hold is added to what was found wrong with it. A block without claims fails: it
    could not tell a wrong policy from a right one."""
    answers = _numbered(answers)
    for item in answers:
        if item.holds is None:
            message = f"not settled for `{item.on}`: {'; '.join(item.open)}"
            diagnostics.error(
                "proof-not-settled", message, item.span, "narrow the claim, or give what the answer hangs on"
            )
        elif not item.holds and item.request:
            diagnostics.error(
                "proof-failed", f"not so for `{item.on}`: {item.answer}", item.span, f"look at `{item.request}`"
            )
        elif not item.holds:
            diagnostics.error("vacuous-proof", item.answer, item.span, "name requests, or places, that there are")
    if not answers and not diagnostics.has_errors:
        help = "add `every request to … is deny`, `no path from … to …` or the like"
        diagnostics.error("test-without-expectation", "the proof claims nothing", span, help)
    return Proof(label, span, tuple(answers), tuple(diagnostics.sorted()))


def _numbered(answers: Sequence[ClaimAnswer]) -> list[ClaimAnswer]:
    """The answers with tests of different labels, so that all of them can be pasted."""
    out: list[ClaimAnswer] = []
    count = 0
    for item in answers:
        count += bool(item.test)
        if item.test and count > 1:
            item = replace(item, test=item.test.replace(': counterexample"', f': counterexample {count}"', 1))
        out.append(item)
    return out


STYLES = {"holds": "good", "broken": "error", "not settled": "warning"}


def counted(proofs: Sequence[Proof]) -> str:
    """`3 proofs: 2 hold, 1 broken`."""
    return f"{plural(len(proofs), 'proof')}: {', '.join(state_counts([item.state for item in proofs]).values())}"


def state_counts(states: Sequence[str]) -> dict[str, str]:
    """`2 hold`, `1 broken`, by the state; those without a proof are left out."""
    counts = {state: states.count(state) for state in STYLES}
    words = {"holds": "holds" if counts["holds"] == 1 else "hold"}
    return {state: f"{count} {words.get(state, state)}" for state, count in counts.items() if count}


def render_proofs(proofs: Sequence[Proof], sources: Mapping[str, Source], options: Options) -> str:
    """A line per proof, what breaks it with a test to paste, and the totals."""
    lines: list[str] = []
    for proof in proofs:
        if proof.passed and options.quiet:
            continue
        where = located(proof.span, sources, options)
        lines.append(paint(f"{proof.state}: ", STYLES[proof.state], options.color) + f"{clean(proof.label)} ({where})")
        lines += broken_lines(proof, sources, options)
        if proof.passed:
            lines += given_lines(proof)
    if not options.quiet:
        lines.append(counted(proofs))
    return "".join(line + "\n" for line in lines)


def broken_lines(proof: Proof, sources: Mapping[str, Source], options: Options) -> list[str]:
    """The findings of a proof, and a test to paste for each claim that is broken."""
    lines: list[str] = []
    for finding in proof.findings:
        lines += finding_lines(finding, sources, options)
    for block in proof.blocks:
        lines += ["", *(f"  {line}".rstrip() for line in clean_block(block)), ""]
    return lines


def given_lines(proof: Proof) -> list[str]:
    given = dict.fromkeys(text for claim in proof.claims for text in claim.given)
    return [f"  taken as given: {clean(text)}" for text in given]


def clean_block(block: str) -> list[str]:
    return [clean(line) for line in block.rstrip("\n").split("\n")]


def proof_counts(proofs: Sequence[Proof]) -> dict[str, int]:
    return {state.replace(" ", "_"): sum(item.state == state for item in proofs) for state in STYLES}


def proofs_data(proofs: Sequence[Proof], sources: Mapping[str, Source]) -> list[dict[str, Any]]:
    """Plain data; the shape is in `schemas/proofs.schema.json`."""
    return [
        {
            "label": proof.label,
            "state": proof.state,
            "location": span_data(proof.span, sources),
            "claims": [
                {
                    "text": claim.text,
                    "on": claim.on,
                    "holds": claim.holds,
                    "request": claim.request or None,
                    "answer": claim.answer or None,
                    "test": claim.test or None,
                    "open": list(claim.open),
                    "given": list(claim.given),
                    "location": span_data(claim.span, sources),
                }
                for claim in proof.claims
            ],
            "findings": [finding_data(finding, sources) for finding in proof.findings],
        }
        for proof in proofs
    ]
