"""A name is imported and not used.

## What it does
Finds names in a `use` line that nothing in the file names. A file with a `module` line is left alone.

## Why is this bad
Readers look for the use, and the file depends on another one for nothing.

## Example
```policy
use "shop.policy" { inventory, order_fn, batch_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
}
```

## Source
The language itself; see docs/language.md.
"""

from __future__ import annotations

from policyc.diagnostics import Applicability, Edit, Fix, Severity
from policyc.lint.rule import Lint
from policyc.lint.uses import names_used
from policyc.syntax import nodes
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "tied"
NEEDS = ("import",)


def check(lint: Lint) -> None:
    for file, module in lint.program.modules.items():
        if module.line is not None:
            continue
        used = names_used(lint, file)
        for use in module.uses:
            for at, name in enumerate(use.names):
                if name.text not in used:
                    fix = _fix(lint, use, at)
                    lint.report(name.span, f"`{name.text}` is imported and not used", "drop it", (), fix)


def _fix(lint: Lint, use: nodes.Use, at: int) -> Fix:
    """Cut the name and one comma out of the list; the whole line when it is the only name."""
    here = use.names[at].span
    if len(use.names) == 1:
        text = lint.program.sources[here.file].text
        start, end = use.span.start, use.span.end
        whole = (
            text[text.rfind("\n", 0, start) + 1 : start].strip() == "" and text[end:].partition("\n")[0].strip() == ""
        )
        end += len(text[end:].partition("\n")[0]) + (text[end:].find("\n") >= 0) if whole else 0
        return Fix("drop the line", (Edit(Span(here.file, start, end), ""),), Applicability.SAFE)
    if at > 0:
        span = Span(here.file, use.names[at - 1].span.end, here.end)
    else:
        span = Span(here.file, here.start, use.names[1].span.start)
    # A comment that would go as well may be about the other name.
    safe = "//" not in lint.text(span)
    return Fix("drop the import", (Edit(span, ""),), Applicability.SAFE if safe else Applicability.UNSAFE)
