"""A slow, obvious IAM evaluator over plain Python data: the oracle for the engine. Default switches only.

Written from the evaluation reference (sections 3 to 8 and 10), sharing no code with the engine. A request is a dict:
`action`, `resource`, `caller` (`kind` and its fields), `context` (key -> list of text) and `unknown` (list of keys).
Answers are True, False, or None for "not known".
"""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from datetime import datetime, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

UNKNOWN = "not known"
PRESENT = "present, not known"
NO_VALUE = "no value"
ALWAYS = ("aws:currenttime", "aws:epochtime", "aws:requestedregion", "aws:securetransport", "aws:useragent")
SETS = (
    "aws:calledvia",
    "aws:principalorgpaths",
    "aws:principalservicenameslist",
    "aws:resourceorgpaths",
    "aws:tagkeys",
    "aws:sourceorgpaths",
    "aws:vpceorgpaths",
)


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def both(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def either(answers: list[bool | None]) -> bool | None:
    if True in answers:
        return True
    return None if None in answers else False


# The caller


def account_arn(caller: dict[str, Any]) -> str:
    return f"arn:aws:iam::{caller['account']}:root"


def own_arn(caller: dict[str, Any]) -> str:
    account, name = caller.get("account"), caller.get("name")
    return {
        "root": f"arn:aws:iam::{account}:root",
        "user": f"arn:aws:iam::{account}:user/{name}",
        "role": f"arn:aws:sts::{account}:assumed-role/{name}/{caller.get('session')}",
        "federated": f"arn:aws:sts::{account}:federated-user/{name}",
    }[caller["kind"]]


def role_arn(caller: dict[str, Any]) -> str:
    return f"arn:aws:iam::{caller['account']}:role/{caller['name']}"


def candidates(caller: dict[str, Any]) -> dict[tuple[str, str], str]:
    """Principal entries that name the caller, with the grant each gives."""
    found = {("AWS", "*"): "star"}
    if caller["kind"] == "anonymous":
        return found
    if caller["kind"] == "service":
        return found | {("Service", caller["name"]): "direct"}
    if caller["kind"] == "provider":
        return found | {("Federated", caller["name"]): "direct"}
    found |= {("AWS", caller["account"]): "delegation", ("AWS", account_arn(caller)): "delegation"}
    if caller["kind"] == "role":
        found[("AWS", role_arn(caller))] = "limited"
    if caller.get("creator"):
        found.setdefault(("AWS", caller["creator"]), "limited")
    if caller["kind"] != "root":
        found[("AWS", own_arn(caller))] = "direct"
    return found


def context_of(request: dict[str, Any]) -> dict[str, Any]:
    """Every key in lower case with its list of values, UNKNOWN or PRESENT; absent keys are left out."""
    caller, kind = request["caller"], request["caller"]["kind"]
    found: dict[str, Any] = dict.fromkeys(ALWAYS, PRESENT)
    found["aws:viaawsservice"] = ["false"]
    if kind == "anonymous":
        found |= {
            "aws:principaltype": ["Anonymous"],
            "aws:principalaccount": ["anonymous"],
            "aws:userid": ["anonymous"],
        }
    elif kind == "provider":
        hidden = ("aws:principalarn", "aws:principaltype", "aws:principalaccount", "aws:userid")
        found |= dict.fromkeys(hidden, UNKNOWN) | {"aws:federatedprovider": [caller["name"]]}
    elif kind == "service":
        found |= {
            "aws:principalisawsservice": ["true"],
            "aws:principalservicename": [caller["name"]],
            "aws:principalservicenameslist": [caller["name"]],
            "aws:principalarn": UNKNOWN,
            "aws:principaltype": PRESENT,
            "aws:principalaccount": PRESENT,
            "aws:userid": PRESENT,
        }
    else:
        types = {"root": "Account", "user": "User", "role": "AssumedRole", "federated": "FederatedUser"}
        found["aws:principaltype"] = [types[kind]]
        found["aws:principalaccount"] = [caller["account"]]
        found["aws:principalarn"] = [role_arn(caller) if kind == "role" else own_arn(caller)]
        found["aws:principalisawsservice"] = ["false"]
        ids = {"root": [caller["account"]], "federated": [f"{caller['account']}:{caller.get('name')}"]}
        found["aws:userid"] = ids.get(kind, PRESENT)
        if kind == "user":
            found["aws:username"] = [caller["name"]]
        if kind in ("role", "federated"):
            found |= {"aws:multifactorauthpresent": PRESENT, "aws:tokenissuetime": PRESENT}
        for tag, value in caller.get("tags", {}).items():
            found[f"aws:principaltag/{tag.lower()}"] = [value]
    for key, values in request["context"].items():
        found[key.lower()] = list(values)
        if not values:
            del found[key.lower()]
    for key in request["unknown"]:
        found[key.lower()] = UNKNOWN
    return found


# Patterns and variables


def tokens_of(text: str, context: dict[str, Any], expands: bool) -> Any:
    """The text as a list of single characters, `("wild", char)` pairs for wildcards; NO_VALUE, or UNKNOWN."""
    tokens: list[Any] = []
    at, unknown = 0, False
    while at < len(text):
        found = re.compile(r"\$\{([^}']*)(?:, '([^']*)')?\}").match(text, at) if expands else None
        if found is None:
            tokens.append(("wild", text[at]) if text[at] in "*?" else text[at])
            at += 1
            continue
        at = found.end()
        if found[1] in ("*", "?", "$"):
            tokens.append(found[1])
            continue
        key = found[1].lower()
        values = None if key in SETS else context.get(key)
        if values in (UNKNOWN, PRESENT):
            unknown = True
        elif values is not None and len(values) == 1:
            tokens.extend(values[0])
        elif found[2] is not None:
            tokens.extend(found[2])
        else:
            return NO_VALUE
    return UNKNOWN if unknown else tokens


def glob(tokens: list[Any], text: str, ignore_case: bool = False) -> bool:
    kinds = {("wild", "*"): ".*", ("wild", "?"): "."}
    expression = "".join(kinds[token] if isinstance(token, tuple) else re.escape(token) for token in tokens)
    return re.fullmatch(expression, text, re.DOTALL | (re.IGNORECASE if ignore_case else 0)) is not None


def plain(tokens: list[Any]) -> str:
    return "".join(token[1] if isinstance(token, tuple) else token for token in tokens)


def fields_of(tokens: list[Any]) -> list[list[Any]]:
    fields: list[list[Any]] = [[]]
    for token in tokens:
        if token == ":" and len(fields) < 6:
            fields.append([])
        else:
            fields[-1].append(token)
    return fields


def arn_match(tokens: list[Any], text: str) -> bool:
    fields, values = fields_of(tokens), text.split(":", 5)
    return len(fields) == len(values) == 6 and all(glob(f, v) for f, v in zip(fields, values, strict=True))


# Statement parts


def principal_matches(statement: dict[str, Any], caller: dict[str, Any], bounded: bool) -> bool | None:
    """Whether the statement is for the caller; None where that hangs on who made a federated session."""
    if caller["kind"] != "federated" or caller.get("creator"):
        return principal_holds(statement, caller, bounded)
    account, listing = account_arn(caller), json.dumps(statement)
    makers = [
        account,
        *re.findall(r'"(' + re.escape(account.removesuffix("root")) + r'user/[^"]*)"', listing),
        "nobody",
    ]
    answers = {principal_holds(statement, caller | {"creator": maker}, bounded) for maker in makers}
    return answers.pop() if len(answers) == 1 else None


def principal_holds(statement: dict[str, Any], caller: dict[str, Any], bounded: bool) -> bool:
    element = statement.get("Principal", statement.get("NotPrincipal"))
    if element is None:
        return True
    entries = [("AWS", "*")] if element == "*" else [(k, v) for k, vs in element.items() for v in listed(vs)]
    if not entries:
        return False
    named = [entry for entry in entries if entry in candidates(caller)]
    if "Principal" in statement:
        return bool(named)
    if statement["Effect"] == "Allow":
        return not named
    if bounded:
        return True
    if ("AWS", "*") in entries:
        return False
    if caller["kind"] == "anonymous":
        return True
    if caller["kind"] in ("service", "provider"):
        return not named
    levels = [{caller["account"], account_arn(caller)}]
    if caller["kind"] == "role":
        levels.append({role_arn(caller)})
    if caller["kind"] != "root":
        levels.append({own_arn(caller)})
    if caller.get("creator", account_arn(caller)) != account_arn(caller):
        levels.append({caller["creator"]})
    texts = {value for kind, value in entries if kind == "AWS"}
    return not all(level & texts for level in levels)


def action_matches(statement: dict[str, Any], action: str) -> bool:
    patterns = listed(statement.get("Action", statement.get("NotAction")))
    if not patterns:
        return False
    hit = any(glob(tokens_of(pattern.lower(), {}, False), action.lower()) for pattern in patterns)
    return hit if "Action" in statement else not hit


def resource_matches(statement: dict[str, Any], resource: str, context: dict[str, Any], expands: bool) -> bool | None:
    patterns = listed(statement.get("Resource", statement.get("NotResource")))
    if not patterns:
        return False
    generous = (statement["Effect"] == "Deny") is ("Resource" in statement)
    hit = either([resource_hit(pattern, resource, context, expands, generous) for pattern in patterns])
    return hit if "Resource" in statement or hit is None else not hit


def beginning_of(pattern: str) -> str:
    """The text before the first wildcard or variable; `${*}`, `${?}` and `${$}` are plain characters."""
    plain = re.match(r"(?:\$\{[*?$]\}|\$(?!\{)|[^*?$])*", pattern)
    assert plain is not None
    return re.sub(r"\$\{([*?$])\}", r"\1", plain[0])


def resource_hit(pattern: str, resource: str, context: dict[str, Any], expands: bool, generous: bool) -> bool | None:
    tokens = tokens_of(pattern, context, expands)
    if tokens in (UNKNOWN, NO_VALUE):
        # whatever the variable holds, the plain text before it has to stand there
        return None if tokens == UNKNOWN and resource.startswith(beginning_of(pattern)) else False
    if resource == "*":
        return all(token == ("wild", "*") for token in tokens)
    whole = glob(tokens, resource)
    if len(fields_of(tokens)) < 6:
        return whole
    apart = arn_match(tokens, resource)
    return whole if whole == apart else generous


# Conditions

BASES = {
    "String": "StringEquals StringNotEquals StringEqualsIgnoreCase StringNotEqualsIgnoreCase StringLike StringNotLike",
    "Numeric": "NumericEquals NumericNotEquals NumericLessThan NumericLessThanEquals NumericGreaterThan"
    " NumericGreaterThanEquals",
    "Date": "DateEquals DateNotEquals DateLessThan DateLessThanEquals DateGreaterThan DateGreaterThanEquals",
    "Bool": "Bool",
    "Binary": "BinaryEquals",
    "Ip": "IpAddress NotIpAddress",
    "Arn": "ArnEquals ArnLike ArnNotEquals ArnNotLike",
    "Null": "Null",
}
FAMILY = {base: family for family, bases in BASES.items() for base in bases.split()}


def entry_matches(operator: str, key: str, wanted: list[Any], context: dict[str, Any], expands: bool) -> bool | None:
    prefix, _, rest = operator.rpartition(":")
    if_exists = rest.endswith("IfExists")
    base = rest.removesuffix("IfExists")
    negated = "Not" in base
    values = context.get(key.lower())
    texts = [str(value).lower() if isinstance(value, bool) else str(value) for value in wanted]
    if base == "Null":
        return null_matches(prefix, texts, values)
    if not texts:
        return empty_matches(prefix, if_exists, negated, values)
    if values in (UNKNOWN, PRESENT):
        return None
    if values is None or (prefix == "ForAllValues" and not any(values)):
        return if_exists or prefix == "ForAllValues" or (negated and prefix != "ForAnyValue")
    if not prefix and len(values) > 1:
        return False
    answers = [one_value(base, value, texts, context, expands) for value in values]
    return both(answers) if prefix == "ForAllValues" else either(answers)


def null_matches(prefix: str, texts: list[str], values: Any) -> bool | None:
    if prefix:
        return prefix == "ForAllValues"
    asked = {text.lower() for text in texts} & {"true", "false"}
    if len(asked) != 1:
        return len(asked) == 2
    return None if values == UNKNOWN else asked == {str(values is None).lower()}


def empty_matches(prefix: str, if_exists: bool, negated: bool, values: Any) -> bool | None:
    if prefix == "ForAnyValue" and not if_exists:
        return False
    if prefix or if_exists:
        return None if values == UNKNOWN else values is None
    return negated


def one_value(base: str, value: str, texts: list[str], context: dict[str, Any], expands: bool) -> bool | None:
    answers: list[bool | None] = []
    broken = False
    for text in texts:
        answer = compare(base, value, text, context, expands)
        if answer == NO_VALUE:
            continue
        broken = broken or answer == "not of the type"
        answers.append(None if answer == UNKNOWN else answer is True)
    if broken and "Not" in base:
        return False
    hit = either(answers)
    if "Not" not in base or hit is None:
        # a value that is not of the type cannot pass, whatever the unknown variables hold
        return False if hit is None and unreadable(base, value) else hit
    return not hit if not unreadable(base, value) else False


def unreadable(base: str, value: str) -> bool:
    return read(FAMILY[base], value, False) is None


def compare(base: str, value: str, text: str, context: dict[str, Any], expands: bool) -> Any:
    family = FAMILY[base]
    if family in ("String", "Arn"):
        tokens = tokens_of(text, context, expands)
        if tokens in (UNKNOWN, NO_VALUE):
            return tokens
        if family == "String":
            if base.endswith("Like"):
                return glob(tokens, value)
            literal = [token[1] if isinstance(token, tuple) else token for token in tokens]
            return glob(literal, value, base.endswith("IgnoreCase"))
        if tokens == [("wild", "*")] * len(tokens) and tokens:
            return True if len(value.split(":", 5)) == 6 else "not of the type"
        if len(fields_of(tokens)) < 6 or unreadable(base, value):
            return "not of the type"
        return arn_match(tokens, value)
    left, right = read(family, value, False), read(family, text, True)
    if left is None or right is None:
        return "not of the type"
    if family == "Ip":
        return left.version == right.version and left.subnet_of(right)
    if base.endswith("LessThan"):
        return left < right
    if base.endswith("LessThanEquals"):
        return left <= right
    if base.endswith("GreaterThan"):
        return left > right
    if base.endswith("GreaterThanEquals"):
        return left >= right
    return left == right


def read(family: str, text: str, policy: bool) -> Any:
    try:
        match family:
            case "Numeric":
                return Decimal(text) if re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?", text, re.I | re.A) else None
            case "Date":
                return read_date(text)
            case "Bool":
                return {"true": True, "false": False}.get(text.lower())
            case "Binary":
                return base64.b64decode(text, validate=True)
            case "Ip":
                if not policy and "/" in text:
                    return None
                return ipaddress.ip_network(text, strict=False)
            case "Arn":
                return text if text.count(":") >= 5 else None
    except ValueError:
        return None
    return text


def read_date(text: str) -> Any:
    if re.fullmatch(r"-?\d+(\.\d+)?", text, re.A):
        return Fraction(text)
    whole = re.fullmatch(r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d)(:\d\d)?(\.\d+)?(Z|[+-]\d\d:\d\d)?)?", text, re.A)
    if whole is None:
        return None
    day, clock, seconds, fraction, zone = whole.groups()
    zone = "+00:00" if zone in (None, "Z") else zone
    moment = datetime.fromisoformat(f"{day}T{clock or '00:00'}{seconds or ':00'}{zone}")
    start = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017
    return Fraction(int((moment - start).total_seconds())) + Fraction(f"0{fraction}" if fraction else 0)


# Documents and the flow


def statement_matches(statement: dict[str, Any], request: dict[str, Any], version: str, bounded: bool) -> bool | None:
    expands, context = version == "2012-10-17", context_of(request)
    answers: list[bool | None] = [
        principal_matches(statement, request["caller"], bounded),
        action_matches(statement, request["action"]),
        resource_matches(statement, request["resource"], context, expands),
    ]
    for operator, block in statement.get("Condition", {}).items():
        for key, wanted in block.items():
            answers.append(entry_matches(operator, key, listed(wanted), context, expands))
    return both(answers)


def document_effects(
    document: dict[str, Any], request: dict[str, Any], bounded: bool = False
) -> tuple[bool | None, bool | None]:
    """Whether a deny matches and whether an allow does."""
    answers: dict[str, list[bool | None]] = {"Deny": [], "Allow": []}
    for statement in listed(document["Statement"]):
        matched = statement_matches(statement, request, document.get("Version", ""), bounded)
        answers[statement["Effect"]].append(matched)
    return either(answers["Deny"]), either(answers["Allow"])


def verdict(document: dict[str, Any], request: dict[str, Any], bounded: bool = False) -> str:
    deny, allow = document_effects(document, request, bounded)
    if deny:
        return "explicit deny"
    if allow is False:
        return "implicit deny"
    return "allow" if allow and deny is False else "undecided"


GRANTS = ("none", "delegation", "limited", "star", "direct")


def grant(documents: list[dict[str, Any]], request: dict[str, Any], bounded: bool) -> str:
    """The strongest naming of the caller by a matching allow; for requests without unknown keys."""
    found = ["none"]
    for document in documents:
        for statement in listed(document["Statement"]):
            matched = statement_matches(statement, request, document.get("Version", ""), bounded)
            if statement["Effect"] == "Allow" and matched:
                if "NotPrincipal" in statement:
                    found.append("star")
                    continue
                element = statement["Principal"]
                element = {"AWS": "*"} if element == "*" else element
                named = candidates(request["caller"])
                found += [named[(k, v)] for k, vs in element.items() for v in listed(vs) if (k, v) in named]
    return max(found, key=GRANTS.index)


def padded(document: dict[str, Any]) -> dict[str, Any]:
    """Section 1: short ARNs in what is attached to identities are filled up with `*`."""

    def fill(text: str) -> str:
        return text + ":*" * (5 - text.count(":")) if text.startswith("arn:") else text

    statements = []
    for statement in listed(document["Statement"]):
        changed = dict(statement)
        for name in {"Resource", "NotResource"} & set(statement):
            changed[name] = [fill(text) for text in listed(statement[name])]
        statements.append(changed)
    return document | {"Statement": statements}


def flow(given: dict[str, Any], request: dict[str, Any]) -> bool:
    """The decision flow of section 10.2, for requests without unknown keys; every gate a list of documents."""
    policies = dict(given)
    for name in ("identity", "boundary", "session"):
        if given.get(name) is not None:
            policies[name] = [padded(document) for document in given[name]]
    policies["scps"] = [[padded(document) for document in level] for level in given.get("scps", [])]
    caller, bounded = request["caller"], policies.get("boundary") is not None
    signed = caller["kind"] not in ("service", "anonymous", "provider")

    def says(documents: list[dict[str, Any]], which: int) -> bool:
        return any(document_effects(document, request, bounded)[which] for document in documents)

    gates = [*policies.get("rcps", []), policies["resource"]]
    if signed:
        gates += [*policies.get("scps", []), policies["identity"]]
        gates += [policies[name] for name in ("boundary", "session") if policies.get(name) is not None]
    if any(says(gate, 0) for gate in gates):
        return False
    if not signed:
        return says(policies["resource"], 1)
    if not all(says(level, 1) for level in policies.get("scps", [])):
        return False
    idp = says(policies["identity"], 1) or caller["kind"] == "root"
    bnd = not bounded or says(policies["boundary"], 1)
    session = policies.get("session")
    ses = says(session, 1) if session is not None else caller["kind"] != "federated"
    named = grant(policies["resource"], request, bounded)
    own = idp and bnd and ses
    if policies["owner"] != caller["account"]:
        return named != "none" and own
    if policies.get("must_allow") and named == "none":
        return False
    if named in ("direct", "star"):
        return True
    if named == "limited" and bnd and ses:
        return True
    return own
