"""A declaration is used nowhere.

## What it does
Finds a `let`, `param`, `principal`, `group`, `predicate`, and a resource that no policy can be put on, which nothing
in its file names. Files with a `module` line, and files that others import, are libraries and are left alone.

## Why is this bad
It is dead weight at best. At worst it is the guard that somebody declared and forgot to put to use.

## Example
```policy
use "shop.policy" { inventory, order_fn }

let office: vpc_id = "vpc-0fedcba9876543210"

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn }
}
```

## Use instead
```policy
use "shop.policy" { inventory, order_fn }

let office: vpc_id = "vpc-0fedcba9876543210"

policy inventory_auth for lattice on inventory {
  allow "orders" { who order_fn  when source.vpc == office }
}
```

## Source
The language itself; see docs/language.md.
"""

from __future__ import annotations

from policyc.diagnostics import Severity
from policyc.lint.rule import Lint
from policyc.lint.uses import names_used
from policyc.syntax import nodes
from policyc.targets.registry import resource_types

SEVERITY = Severity.WARNING
SCOPE = "tied"


_VALUES = nodes.Let | nodes.Param | nodes.PrincipalDecl | nodes.GroupDecl | nodes.Predicate | nodes.Resource


def check(lint: Lint) -> None:
    imported = {use.path.value for module in lint.program.modules.values() for use in module.uses}
    for file, module in lint.program.modules.items():
        if module.name is not None or file in imported:
            continue
        used = names_used(lint, file)
        for node in module.declarations:
            if isinstance(node, _VALUES) and node.name.text not in used and not _carries_policies(node):
                lint.report(node.name.span, f"`{node.name.text}` is used nowhere", "use it or drop it")


def _carries_policies(node: nodes.Declaration) -> bool:
    """Resources that stand for themselves: those with policies, and those without an ARN, which hang on another one."""
    if not isinstance(node, nodes.Resource):
        return False
    kind = resource_types()[node.type.text]
    return kind.policies or not kind.arn
