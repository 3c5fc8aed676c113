"""Condition keys that cannot be there, spellings that the service may not take, and variables that name no key.

Source: IAM evaluation reference, sections 8.2 and 9, and 15 #13; Lattice reference, section 3; Object Lambda reference, section 8.
"""

from __future__ import annotations

from typing import Final

from policyc.diagnostics import Applicability, Diagnostics, respelled, write_instead
from policyc.engines.iam.operators import Family, Qualifier, read_operator
from policyc.engines.iam.variables import MULTIVALUED
from policyc.holes import has_hole
from policyc.lint.doors import OF_CALLERS
from policyc.lint.raw.nearest import nearest_name
from policyc.lint.raw.statements import ConditionKey, RawStatement
from policyc.lint.unknown_keys import spelled, unknown_key
from policyc.model.vocabulary import Attribute
from policyc.regex import regex
from policyc.syntax.json_text import JsonString
from policyc.syntax.json_tree import strings_in
from policyc.targets.iam_documents import services
from policyc.targets.iam_documents.known_keys import KEY_SERVICES, known_keys

_LATTICE: Final = "vpc-lattice-svcs"
_HEADERS: Final = "vpc-lattice-svcs:requestheader/"
#: keys that only S3 evaluates, behind the Object Lambda access point
_BEHIND_OLAP: Final = ("s3:prefix", "s3:delimiter", "s3:max-keys", "s3:existingobjecttag/", "s3:versionid")
#: a policy variable; `${*}` and the like name no key
_VARIABLE: Final = regex(r"\$\{([^}',*?$]+:[^}',]*)(?:[',][^}]*)?\}")
#: `$(aws:username)`, `{aws:username}` and `$aws:username`
_NEARLY: Final = regex(
    r"\$\(([A-Za-z0-9-]+:[A-Za-z0-9/_.-]+)\)|(?<!\$)\{([A-Za-z0-9-]+:[A-Za-z0-9/_.-]+)\}|\$([a-z0-9-]+:[A-Za-z]+)"
)
#: keys of several values whose absence is what most requests have
_WHENCE: Final = (
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:sourceorgpaths",
    "aws:vpceorgpaths",
)
#: lists by their page, which the guide of the service tests with operators for one value
_ONE_BY_ONE: Final = ("events:",)
_FIRST_HOP: Final = "object-lambda"
_OBJECT_LAMBDA: Final = "s3-object-lambda:"


def check_keys(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report how known keys are spelled and compared, and keys that cannot be there; of unknown ones a rule tells (`unknown-condition-key`)."""
    for entry in statement.condition_keys:
        known = known_keys().find(entry.key)
        if known is None:
            if has_hole(entry.key):
                continue  # which key it is says the host, later
            if unknown_key(entry.key) is None:
                _several(entry, diagnostics)
        elif known.key or not known.keyed:
            _spelling(entry, known, diagnostics)
            _quantified(entry, known, statement, diagnostics)
        _absent_here(entry, statement, diagnostics)


def check_variables(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report policy variables that name no key, with the closest known one."""
    values = [text for entry in statement.condition_keys for text in strings_in(entry.value)]
    for item in (*statement.resources, *values):
        _plain(item, diagnostics)
        if "${" not in item.value:
            continue
        for found in _VARIABLE.finditer(item.value, 0, item.value.rfind("}") + 1):
            key = found[1].strip()
            prefix = key.partition(":")[0].lower()
            if key.lower() in MULTIVALUED:
                diagnostics.warning(
                    "unknown-variable",
                    f"`${{{key}}}` holds several values, so a variable has none",
                    item.span,
                    "test the key itself with `ForAnyValue:` or `ForAllValues:`",
                )
                continue
            if key.endswith("/") and (lacking := unknown_key(key)) is not None:
                diagnostics.warning("unknown-variable", f"in `${{{key}}}` {lacking[0]}", item.span, lacking[1])
                continue
            if known_keys().find(key) is not None or any(char in prefix for char in "./"):
                continue
            if prefix not in KEY_SERVICES:
                listed = services.service(prefix) if services.is_there() else None
                if listed is None or listed.key(key) is not None:
                    continue
            names = [spelled(name) for name in known_keys().names(prefix)]
            name = key.rpartition("/")[2] if "/" in key else ""
            own = [item.replace("/name", f"/{name}") if name else item for item in names]
            help = nearest_name(key, own, item.value[found.end(1) :], item.value[: found.start(1)])
            diagnostics.warning(
                "unknown-variable",
                f"`${{{key}}}` names no condition key, so it has no value",
                item.span,
                help or "write the key as its service documents it",
            )


def _plain(item: JsonString, diagnostics: Diagnostics) -> None:
    """Report what reads like a policy variable and is none."""
    found = _NEARLY.search(item.value) if "{" in item.value or "$" in item.value else None
    if found is None:
        return
    key = found[1] or found[2] or found[3]
    if known_keys().find(key) is not None:
        diagnostics.warning(
            "unknown-variable",
            f"`{found[0]}` is plain text: a policy variable is written `${{{key}}}`",
            item.span,
            write_instead(item.value, f"{item.value[: found.start()]}${{{key}}}{item.value[found.end() :]}"),
        )


def _spelling(entry: ConditionKey, known: Attribute, diagnostics: Diagnostics) -> None:
    """Lattice's guide calls its key names case-sensitive, IAM's pages do not."""
    if not entry.key.lower().startswith(f"{_LATTICE}:"):
        return
    if entry.key.lower().startswith(_HEADERS) and entry.key[len(_HEADERS) :] != entry.key[len(_HEADERS) :].lower():
        diagnostics.warning(
            "header-name-case",
            f"the header name in `{entry.key}` has capital letters, and HTTP/2 sends none",
            entry.span,
            write_instead(entry.key, f"{known.native[: len(_HEADERS)]}{entry.key[len(_HEADERS) :].lower()}"),
        )
    elif not entry.key.startswith(known.native):
        diagnostics.warning(
            "condition-key-case",
            f"`{entry.key}` is not how VPC Lattice spells this key, and its guide heeds letter case",
            entry.span,
            help := write_instead(entry.key, f"{known.native}{entry.key[len(known.native) :]}"),
            fix=respelled(entry.span, help, Applicability.SAFE),
        )


def _quantified(entry: ConditionKey, known: Attribute, statement: RawStatement, diagnostics: Diagnostics) -> None:
    """`ForAllValues` holds where the key is absent: of one value that is hardly meant, least of all in an allow."""
    operator = read_operator(entry.operator)
    if operator is None or operator.qualifier is not Qualifier.ALL or not statement.allows:
        return
    if known.many and (operator.negated or operator.if_exists or not known.native.lower().startswith(_WHENCE)):
        return
    if any(_is_asked_for(other) for other in statement.condition_keys if other.key.lower() == entry.key.lower()):
        return
    better = ("ForAnyValue:" if known.many else "") + entry.operator.rpartition(":")[2]
    help = write_instead(entry.operator, better)
    taken = any(other.operator.lower() == better.lower() for other in statement.condition_keys)
    diagnostics.warning(
        "forallvalues-without-the-key" if known.many else "forallvalues-with-single-valued-key",
        f"`ForAllValues` lets requests without `{entry.key}` through, "
        + ("which say nothing of where they come from" if known.many else "and the key has one value at most"),
        entry.span,
        str(help),
        fix=None if taken or entry.alone is None else respelled(entry.alone, help),
    )


def _several(entry: ConditionKey, diagnostics: Diagnostics) -> None:
    """A key of a service with several values under an operator for one; the engine knows those of the documents that it is about."""
    operator = read_operator(entry.operator)
    if operator is None or operator.qualifier is not Qualifier.ONE or operator.family is Family.NULL:
        return
    if services.is_there() and not entry.key.lower().startswith(_ONE_BY_ONE) and _is_list(entry.key):
        diagnostics.warning(
            "missing-qualifier",
            f"`{entry.key}` holds several values, and `{entry.operator}` does not match several",
            entry.span,
            f"write `ForAnyValue:{entry.operator}` or `ForAllValues:{entry.operator}`",
        )


def _is_list(key: str) -> bool:
    return services.key_type(key).startswith("ArrayOf")


def _is_asked_for(entry: ConditionKey) -> bool:
    """Whether a test fails for requests without its key, or asks for just that."""
    operator = read_operator(entry.operator)
    if operator is None or operator.family is Family.NULL:
        return operator is not None
    return operator.qualifier is not Qualifier.ALL and not operator.negated and not operator.if_exists


def _wants_true(entry: ConditionKey) -> bool:
    operator = read_operator(entry.operator)
    values = {item.value.lower() for item in strings_in(entry.value)}
    return operator is not None and operator.family is Family.BOOL and values == {"true"}


def _asks_first_hop(statement: RawStatement) -> bool:
    """Whether a caller's statement is on calls of Object Lambda access points alone."""
    asked = [item.value.lower() for item in statement.actions] if statement.kind.name in OF_CALLERS else []
    return bool(asked) and all(item.startswith(_OBJECT_LAMBDA) for item in asked)


def _absent_here(entry: ConditionKey, statement: RawStatement, diagnostics: Diagnostics) -> None:
    folded = entry.key.lower()
    if statement.kind.name != _FIRST_HOP and not _asks_first_hop(statement):
        return
    if folded.startswith("aws:calledvia"):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is absent when a client calls the Object Lambda access point",
            entry.span,
            "test it at the function, the supporting access point and the bucket",
        )
    elif folded == "aws:viaawsservice" and _wants_true(entry):
        diagnostics.warning(
            "key-absent-at-first-hop",
            "a client calls the Object Lambda access point itself, so `aws:ViaAWSService` is false here",
            entry.span,
            "test it at the supporting access point, where S3 calls for the client",
        )
    elif folded.startswith(_BEHIND_OLAP):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is not evaluated at the Object Lambda access point",
            entry.span,
            "test it in the policy of the supporting access point",
        )
