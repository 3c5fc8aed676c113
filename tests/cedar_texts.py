"""Cedar texts checked as `policyc check` checks them: by their reader, and by the lint rules on what it read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.text import Source, Span
from policyc.workspace.documents.native_settings import NativeSettings
from policyc.workspace.documents.native_texts import check_texts

OpenFile = Callable[[str, Span, Diagnostics], "Source | None"]


def findings(
    text: str,
    trust: Mapping[str, str] | None = None,
    samples: Mapping[str, Source] | None = None,
    open_file: OpenFile | None = None,
    settings: NativeSettings | None = None,
) -> list[Diagnostic]:
    """Everything that is found in a text called `p.cedar`, in its order."""
    if settings is None:
        settings = NativeSettings(trust=trust or {}, samples=samples or {})
        if open_file is not None:
            settings = NativeSettings(trust=trust or {}, samples=samples or {}, open_file=open_file)
    diagnostics = Diagnostics()
    check_texts([(Source("p.cedar", text), ".cedar")], diagnostics, settings)
    return diagnostics.sorted()
