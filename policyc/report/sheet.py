"""Text in the cells of a spreadsheet."""

from __future__ import annotations

from policyc.report.screen import clean


def sheet_text(text: str) -> str:
    """A text on one line that no spreadsheet takes for a formula (https://owasp.org/www-community/attacks/CSV_Injection)."""
    shown = clean(text)
    return f"'{shown}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else shown
