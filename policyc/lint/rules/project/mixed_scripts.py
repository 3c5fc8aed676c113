"""A word holds letters of several scripts.

## What it does
Finds words, in strings and comments too, with letters of two scripts that no language writes together, such as a Cyrillic `а` in a Latin
word. Words in one script are fine, whichever it is.

## Why is this bad
Two texts look the same and are not: a tag `аdmin` with a foreign first letter never equals `admin`, and a reviewer cannot tell.

## Example
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn when aws.PrincipalTag["team"] == "аdmin" }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn when aws.PrincipalTag["team"] == "admin" }
}
```

## Source
https://www.unicode.org/reports/tr39/
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.rule import Lint
from policyc.syntax.hidden import mixed_message, mixed_words

SEVERITY = Severity.INFO
SCOPE = "tied"
NEEDS = ("foreign",)


def check(lint: Lint) -> None:
    for file in lint.program.modules:
        source = lint.program.sources[file]
        for start, end, scripts in mixed_words(source.text):
            lint.report(source.span(start, end), *mixed_message(source.text[start:end], scripts))
