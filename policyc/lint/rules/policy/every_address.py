"""A test of addresses takes in every address of IPv4, or of IPv6.

## What it does
Finds tests whose blocks together are all of `0.0.0.0/0` or all of `::/0`: written so, or in parts such as `0.0.0.0/1` beside `128.0.0.0/1`.

## Why is this bad
The statement reads as if it were for one network. An allow is open to the whole internet, and a deny for everybody outside the
block (`not in`, `NotIpAddress`) denies nobody.

## Example
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance-from-the-office" { when finance in idc.groups and http_request.client_ip in "0.0.0.0/0" }
}
```

## Use instead
```policy
use "shop.policy" { staff, finance }

policy staff_policy for verified_access on staff {
  allow "finance-from-the-office" { when finance in idc.groups and http_request.client_ip in "198.51.100.0/24" }
}
```

## Source
https://docs.aws.amazon.com/verified-access/latest/ug/trust-data-iam-add-pol.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses

from policyc.diagnostics import Severity
from policyc.ir.authz import All, AnyOf, Atom, Cond, Constant, Op
from policyc.ir.conditions import complement, conjunction
from policyc.lint.lists import block
from policyc.lint.rule import Lint
from policyc.text import Span

SEVERITY = Severity.WARNING
SCOPE = "document"
NEEDS = ("test",)
YIELDS_TO = ("condition-always-holds", "condition-never-holds")


def check(lint: Lint) -> None:
    for _, statement in lint.statements():
        for together in _together(statement.when):
            values = [
                value for atom in together for value in atom.values if value.span != atom.span
            ]  # `isIpv4()` has none
            found = {family: _whole(values, family) for family in (4, 6)}
            for family, whole in found.items():
                if not whole or all(found.values()):  # of both families together others speak
                    continue
                shown = ", ".join(f"`{value.value}`" for value in whole)
                verdict = "no such address passes this test" if together[0].negated else "this test keeps none out"
                lint.report(
                    _place(together, whole),
                    f"every IPv{family} address lies in {shown}, so {verdict}",
                    "name the blocks that are meant, or drop the test",
                )


def _together(when: Cond) -> Iterator[Sequence[Atom]]:
    """Tests of blocks that one address has to fit one of, or, negated, none of."""
    work = [when]
    while work:
        node = work.pop()
        items = (
            _alternatives(node.items) if isinstance(node, AnyOf) else node.items if isinstance(node, All) else (node,)
        )
        work.extend(item for item in items if isinstance(item, All | AnyOf))
        found = defaultdict[tuple[str, bool], list[Atom]](list)
        for item in items:
            if isinstance(item, Atom) and item.op is Op.IN_CIDR:
                found[item.attribute.native, item.negated].append(item)
        for (_, negated), atoms in found.items():
            joined = isinstance(node, All) is negated or len(items) == 1
            yield from [atoms] if joined else ([atom] for atom in atoms)


def _alternatives(items: Sequence[Cond]) -> list[Cond]:
    """Each without the tests that the ones before it have failed: Cedar comes to it only then, and its reader says so."""
    out: list[Cond] = []
    for item in items:
        failed = [complement(other) for other in out]
        out.append(conjunction([part for part in item.items if part not in failed]) if isinstance(item, All) else item)
    return out


def _whole(values: Sequence[Constant], family: int) -> list[Constant]:
    """The values whose blocks make up the whole family, one alone where it does; empty when they do not."""
    blocks = ((value, block(str(value.value))) for value in values)
    found = [(value, net) for value, net in blocks if net is not None and net.version == family]
    everything = next((value for value, net in found if not net.prefixlen), None)
    if everything is not None:
        return [everything]
    nets: list[IPv4Network | IPv6Network] = [net for _, net in found]
    joined = list(collapse_addresses(nets)) if len(nets) > 1 else []  # type: ignore[type-var]
    return [value for value, _ in found] if any(not net.prefixlen for net in joined) else []


def _place(together: Sequence[Atom], whole: Sequence[Constant]) -> Span | None:
    if len(whole) == 1 and whole[0].span is not None:
        return whole[0].span
    spans = [atom.span for atom in together if atom.span is not None]
    return spans[0].to(spans[-1]) if spans else None
