"""A name for a finding that survives lines moving above it, for services that follow findings from run to run."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from policyc.diagnostics import Diagnostic
from policyc.text import Source


def identity(finding: Diagnostic, file: str, sources: Mapping[str, Source]) -> str:
    """Rule, file (as the service calls it), message and the line's own text as 32 hex digits; equal findings have the same."""
    parts = [finding.rule, finding.message]
    if finding.span is not None:
        parts.append(file)
        source = sources.get(finding.span.file)
        if source is not None:
            parts.append(source.line(source.position(finding.span.start).line).strip())
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def fingerprint(finding: Diagnostic, file: str, sources: Mapping[str, Source], seen: dict[str, int]) -> str:
    """The identity with `:N` behind it, which tells equal findings apart. `seen` counts them and belongs to one report."""
    key = identity(finding, file, sources)
    seen[key] = seen.get(key, 0) + 1
    return f"{key}:{seen[key]}"
