"""Condition keys that no request carries, and spellings that the service may not take.

Source: IAM evaluation reference, sections 8.2 and 9, and 15 #13; Lattice reference, section 3; Object Lambda reference, section 8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from policyc.diagnostics import Applicability, Diagnostics, did_you_mean, meant, respelled, write_instead
from policyc.engines.iam.operators import Family, Qualifier, read_operator
from policyc.engines.iam.variables import MULTIVALUED
from policyc.holes import has_hole
from policyc.lint.raw.nearest import near_prefixes, nearest_name
from policyc.lint.raw.statements import ConditionKey, RawStatement, strings
from policyc.model.vocabulary import Attribute
from policyc.regex import regex
from policyc.syntax.json_text import JsonString
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
#: what stands before the name in a key of a family, and what people write there
_SEPARATORS: Final = (":", "/", ".", "-", "=")
_FIRST_HOP: Final = "object-lambda"
#: how many claims of a provider are listed where none is near to the one that is written
_MOST_CLAIMS: Final = 16


def check_keys(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report unknown keys with the closest known one, and keys that cannot be there."""
    for entry in statement.condition_keys:
        service = entry.key.partition(":")[0].lower()
        known = known_keys().find(entry.key)
        if known is None:
            if has_hole(entry.key):
                continue  # which key it is says the host, later
            if service in KEY_SERVICES:
                _unknown(entry, service, statement, diagnostics)
            elif unlisted(entry.key) is None:
                _several(entry, diagnostics)
        elif known.keyed and not known.key:
            _nameless(entry, known, statement, diagnostics)
        else:
            _spelling(entry, known, diagnostics)
            _quantified(entry, known, statement, diagnostics)
        _absent_here(entry, service, statement, diagnostics)


def _unknown(entry: ConditionKey, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    names = [_spelled(name) for name in known_keys().names(service)]
    family = next((name for name in names if name.lower().startswith(f"{entry.key.lower()}/")), "")
    if family:
        statement.mistake(
            diagnostics,
            "key-without-name",
            f"`{entry.key}` lacks the name behind its `/`",
            entry.span,
            f"write `{family}`",
        )
    elif service == "aws":
        diagnostics.warning("invalid-global-condition-key", _no_global(entry.key), entry.span, _global_help(entry.key))
    else:
        statement.mistake(
            diagnostics,
            "invalid-service-condition-key",
            f"`{service}` has no condition key `{entry.key}`",
            entry.span,
            _of_family(entry.key, names)
            or did_you_mean(entry.key, names, "its keys are " + ", ".join(f"`{name}`" for name in names)),
        )


def _no_global(key: str) -> str:
    return f"no global condition key is called `{key}`"


def _global_help(key: str) -> str:
    names = [_spelled(name) for name in known_keys().names("aws")]
    return (
        _of_family(key, names)
        or nearest_name(key, names)
        or "`policyc explain list` names the known keys; a newer key may be missing there"
    )


def _of_family(key: str, names: Iterable[str]) -> str:
    """What to write for a key of a family that lacks its name, or has another sign before it; empty for other keys."""
    for family in (name.removesuffix("name") for name in names if name.endswith(("/name", ":name"))):
        end = len(family) - 1
        if key[:end].lower() == family[:end].lower() and key[end : end + 1] in ("", *_SEPARATORS):
            return meant(key, family + (key[end + 1 :] or "name"))
    return ""


def _spelled(name: str) -> str:
    """A documented key as an author can write it: a family with a name behind its slash."""
    return f"{name}name" if name.endswith("/") else name


def _nameless(entry: ConditionKey, known: Attribute, statement: RawStatement, diagnostics: Diagnostics) -> None:
    statement.mistake(
        diagnostics,
        "key-without-name",
        f"`{entry.key}` lacks the name behind its `/`, so no request carries it",
        entry.span,
        f"write `{_spelled(known.native)}` with the name that is meant",
    )


def unlisted(key: str) -> tuple[str, str] | None:
    """What is wrong with a key that our vocabularies do not know, and what to do; None when its service lists it, or STS as a claim of an
    identity provider."""
    prefix = key.partition(":")[0].lower()
    if not services.is_there() or not prefix:
        return None
    if prefix == "aws":
        return _no_global(key), _global_help(key)
    claims = services.claims(prefix)
    if claims is not None:
        return None if key[len(prefix) + 1 :].lower() in map(str.lower, claims) else _unlisted_claim(key, claims)
    if "/" in prefix:
        return None
    found = services.service(prefix)
    if found is None:
        tail = key[len(prefix) :]
        help = nearest_name(prefix, near_prefixes(prefix, lambda one: one.key(one.prefix + tail) is not None), tail)
        message = f"no service has the prefix `{prefix}` (as of {services.updated()})"
    elif found.key(key) is None and not key.lower().endswith("tag/"):  # whose name is missed where it is read
        names = [_spelled(services.HOLE.sub("name", name)) for name in found.keys.values()]
        own = [name for name in names if name.lower().startswith(f"{prefix}:")]
        help = _of_family(key, own) or nearest_name(key, own)
        message = f"`{prefix}` has no condition key `{key}` (as of {services.updated()})"
    else:
        return None
    return message, help or "write a key that the service's page in the service authorization reference gives"


def _unlisted_claim(key: str, claims: tuple[str, ...]) -> tuple[str, str]:
    provider, _, claim = key.partition(":")
    near = nearest_name(claim, claims, head=f"{provider}:")
    more = f" and {len(claims) - _MOST_CLAIMS} more" if len(claims) > _MOST_CLAIMS else ""
    known = "its keys end in " + ", ".join(f"`:{name}`" for name in claims[:_MOST_CLAIMS]) + more
    return f"no request carries a claim `{claim}` of `{provider}` (as of {services.updated()})", near or known


def check_variables(statement: RawStatement, diagnostics: Diagnostics) -> None:
    """Report policy variables that name no key, with the closest known one."""
    values = [text for entry in statement.condition_keys for text in strings(entry.value)]
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
            if known_keys().find(key) is not None or any(char in prefix for char in "./"):
                continue
            if prefix not in KEY_SERVICES:
                listed = services.service(prefix) if services.is_there() else None
                if listed is None or listed.key(key) is not None:
                    continue
            names = [_spelled(name) for name in known_keys().names(prefix)]
            name = key.rpartition("/")[2] if "/" in key else ""
            spelled = [item.replace("/name", f"/{name}") if name else item for item in names]
            help = nearest_name(key, spelled, item.value[found.end(1) :], item.value[: found.start(1)])
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
    if known.many:
        diagnostics.warning(
            "forallvalues-without-the-key",
            f"`ForAllValues` lets requests without `{entry.key}` through, which say nothing of where they come from",
            entry.span,
            f"write `ForAnyValue:{entry.operator.rpartition(':')[2]}`",
        )
        return
    diagnostics.warning(
        "forallvalues-with-single-valued-key",
        f"`ForAllValues` lets requests without `{entry.key}` through, and the key has one value at most",
        entry.span,
        f"write `{entry.operator.rpartition(':')[2]}`",
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


def _absent_here(entry: ConditionKey, service: str, statement: RawStatement, diagnostics: Diagnostics) -> None:
    folded = entry.key.lower()
    if statement.kind.name != _FIRST_HOP:
        return
    if folded.startswith("aws:calledvia"):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is absent when a client calls the Object Lambda access point",
            entry.span,
            "test it at the function, the supporting access point and the bucket",
        )
    elif folded.startswith(_BEHIND_OLAP):
        diagnostics.warning(
            "key-absent-at-first-hop",
            f"`{entry.key}` is not evaluated at the Object Lambda access point",
            entry.span,
            "test it in the policy of the supporting access point",
        )
