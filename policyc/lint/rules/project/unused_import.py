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


def check(lint: Lint) -> None:
    for file, module in lint.program.modules.items():
        used = names_used(lint, file)
        for use in module.uses:
            for at, name in enumerate(use.names):
                if name.text not in used:
                    lint.report(name.span, f"`{name.text}` is imported and not used", "drop it", (), _fix(use, at))


def _fix(use: nodes.Use, at: int) -> Fix | None:
    """Cut the name and one comma out of the list; None when it is the only name."""
    if len(use.names) == 1:
        return None
    here = use.names[at].span
    if at > 0:
        span = Span(here.file, use.names[at - 1].span.end, here.end)
    else:
        span = Span(here.file, here.start, use.names[1].span.start)
    return Fix("drop the import", (Edit(span, ""),), Applicability.SAFE)
