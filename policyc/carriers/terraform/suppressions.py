"""Comments by which an author says that a finding is meant: `# policyc: ignore[rule, rule] reason`, above a block."""

from __future__ import annotations

import re
from typing import Final

_COMMENT: Final = re.compile(r"[ \t]*(?:#|//|/\*)(.*)")
_FORM: Final = re.compile(r"\s*policyc\s*:\s*ignore\s*\[([^\]]*)\]\s*(\S.*?)(?:\*/)?\s*")


def meant_by(text: str, start: int) -> tuple[str, ...]:
    """The rules that the comments directly above offset `start` name, each with a reason."""
    names: list[str] = []
    end = text.rfind("\n", 0, start)
    while end > 0:
        begin = text.rfind("\n", 0, end) + 1
        line = _COMMENT.fullmatch(text[begin:end].rstrip("\r"))
        if line is None:
            break
        found = _FORM.fullmatch(line[1])
        if found is not None:
            names.extend(name.strip() for name in found[1].split(",") if name.strip())
        end = begin - 1
    return tuple(dict.fromkeys(names))
