"""What is said to requests that are alike."""

from __future__ import annotations

from policyc.record import record
from policyc.replay.askers.said import Said


@record
class Told:
    """What is said to a combination: an answer of old and new policies with the log's verdict, or the reason why there is none (`early` when
    the record itself is the reason)."""

    kind: str
    said: tuple[Said, Said] | None
    verdict: str
    reason: str
    early: bool
    shows: bool
