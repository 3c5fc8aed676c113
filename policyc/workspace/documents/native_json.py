"""JSON documents as AWS takes them, named on a command line: IAM documents of every kind, and Cloud WAN core network policies."""

from __future__ import annotations

import json
from collections.abc import Iterable

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.ir.authz import Policy
from policyc.syntax.json_text import JsonArray, JsonNumber, JsonObject, JsonValue, parse_as_meant, parse_json
from policyc.targets.iam_documents.kinds import KINDS, is_policy
from policyc.targets.registry import network_like
from policyc.text import Source
from policyc.workspace.documents.native_settings import NativeSettings, rule_settings

CORE_NETWORK = "core-network"


def check(source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> Policy | None:
    """Everything that is wrong or doubtful in one document but for the rules on the policy that it states; what it is tells
    `settings.kind`, else its shape."""
    wrong = Diagnostics()
    meant = parse_as_meant(source, wrong)
    diagnostics.extend(wrong)
    if meant is None:
        return None
    tree, text = meant
    kind = settings.kind or shape_of(tree)
    if kind == CORE_NETWORK:
        _check_network(tree, text, diagnostics, settings)
    elif kind in KINDS or (settings.kind == "" and is_policy(tree)):
        from policyc.lint.raw.check import check_tree
        from policyc.targets.switches import iam_switches

        switches = iam_switches(settings.switches)
        found = Diagnostics()
        policy = check_tree(text, tree, settings.kind, found, switches, settings.switches)
        if policy is None or text is not source:
            from policyc.workspace.documents.refused import rest_of

            twice = [item for item in wrong if item.rule == "json-duplicate-key"]  # either may be meant
            found.extend(list(rest_of(text, tree, settings.kind, settings, [*found, *twice])))
        told = {(item.rule, item.span) for item in wrong}
        diagnostics.extend(item for item in found if (item.rule, item.span) not in told)
        return policy if text is source else None
    else:
        diagnostics.error(
            "unknown-document",
            f"`{source.file}` is no document that policyc knows",
            tree.span.at_start(),
            'an IAM document has a "Statement", a Cloud WAN policy a "core-network-configuration"; `--as KIND` says what it is',
        )
    return None


def stated(source: Source, settings: NativeSettings) -> Policy | None:
    """The policy of a document that `check` has made one of before."""
    from policyc.targets.iam_documents.kinds import guess_kind
    from policyc.targets.iam_documents.read import read_policy
    from policyc.targets.switches import iam_switches

    tree = parse_json(source, Diagnostics())
    if tree is None:
        return None
    kind = KINDS[settings.kind] if settings.kind else guess_kind(tree)
    return read_policy(tree, kind, source.file, iam_switches(settings.switches))


def settle(source: Source, found: Diagnostics, settings: NativeSettings) -> Iterable[Diagnostic]:
    """All of the findings: JSON holds no comments."""
    return found


def format(source: Source, diagnostics: Diagnostics) -> str | None:
    """The document with an indent of two blanks, keys in their order; None after reporting a syntax error."""
    tree = parse_json(source, diagnostics)
    return None if tree is None else _laid_out(tree, "\n") + "\n"


def _laid_out(value: JsonValue, line: str) -> str:
    """The text of a value whose lines begin with `line`. Numbers stay as written: a float would change some of them.

    As deep as the reader goes (`MAX_DEPTH`).
    """
    inner = line + "  "
    match value:
        case JsonObject(members) if members:
            parts = [f"{_quoted(item.key)}: {_laid_out(item.value, inner)}" for item in members]
            return "{" + ",".join(inner + part for part in parts) + line + "}"
        case JsonArray(items) if items:
            return "[" + ",".join(inner + _laid_out(item, inner) for item in items) + line + "]"
        case JsonNumber(text):
            return text
        case _:
            return json.dumps(value.plain(), ensure_ascii=False)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def shape_of(tree: JsonValue) -> str:
    """`core-network` for what looks like one, else nothing."""
    found = network_like(tree)
    return "" if found is None else found.document


def _check_network(tree: JsonValue, source: Source, diagnostics: Diagnostics, settings: NativeSettings) -> None:
    from policyc.lint.raw.network import check_network

    check_network(source, diagnostics, tree, rule_settings(settings))
