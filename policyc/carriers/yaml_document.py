"""A file of YAML that is a policy itself: an IAM document or a core network in words of YAML, or JSON in a file whose name ends so."""

from __future__ import annotations

from typing import Final

from policyc.carriers.embedded import Carried, Embedded, Options
from policyc.carriers.yaml_tree import Unreadable as Fault
from policyc.carriers.yaml_tree import documents
from policyc.diagnostics import Diagnostics
from policyc.regex import regex
from policyc.syntax.json_tree import JsonArray, JsonObject, JsonValue
from policyc.text import Source

_TOP: Final = regex(rb"""(?m)^(?:\{?\s*)["']?(?:Statement|core-network-configuration)["']?\s*:""")
#: what a template has that takes such a file in, and what programs put into a text
_OF_A_TEMPLATE: Final = regex(rb"""[:,\[-]\s+!\w|\bFn::|\bRef["']?\s*:|\{\{|<%|\$\{""")
_STATED: Final = ("Effect", "Action", "NotAction")
_NETWORK: Final = "core-network-configuration"


def recognize(name: str, raw: bytes) -> bool:
    """Documents of YAML of which each is a policy, and nothing that is put in later."""
    if _TOP.search(raw) is None or _OF_A_TEMPLATE.search(raw) is not None:
        return False
    try:
        return bool(_read(Source(name, raw.decode("utf-8-sig")), Diagnostics()))
    except UnicodeDecodeError:
        return False


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The policies of the file."""
    name = source.file.rpartition("/")[2].partition(".")[0]
    found = _read(source, diagnostics)
    return Carried(
        tuple(
            Embedded(
                "core-network" if tree.get(_NETWORK) is not None else "",
                f"{name}.{number}" if len(found) > 1 else name,
                "",
                tree.span,
                tree,
            )
            for number, tree in enumerate(found, 1)
        )
    )


def _read(source: Source, diagnostics: Diagnostics) -> list[JsonObject]:
    """The documents of the file; none where one of them is no policy."""
    try:
        found = [item.value() for item in documents(source, diagnostics)]
    except Fault as fault:
        fault.report(diagnostics)
        return []
    policies = [item for item in found if isinstance(item, JsonObject) and _is_policy(item)]
    return policies if len(policies) == len(found) and not diagnostics.has_errors else []


def _is_policy(tree: JsonObject) -> bool:
    held: JsonValue | None = tree.get("Statement")
    statements = held.items if isinstance(held, JsonArray) else (held,)
    return tree.get(_NETWORK) is not None or any(
        isinstance(item, JsonObject) and any(item.get(key) is not None for key in _STATED) for item in statements
    )
