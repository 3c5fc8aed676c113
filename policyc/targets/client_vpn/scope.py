"""Which attributes an endpoint sees: those of its device trust providers and its logins, and what it declares itself.

The names below `context` are the service's own and fixed; AWS's guide writes two of them with a hyphen, the language with `_`.
Source: https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/device-posture-step2.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Vocabulary, load_vocabulary
from policyc.targets.cedar_documents.claims import declared
from policyc.targets.cedar_documents.facts import Fact, Form, language_name, read_fact

ENDPOINT: Final = "client_vpn.endpoint"
#: What every connection has, whatever the endpoint is set up with.
CONNECTION: Final = "connection"
#: word of the language -> the name below `context`, where they differ
NATIVE: Final = {"active_directory": "active-directory", "mutual_authentication": "mutual-authentication"}
#: names below `context` that are no trust providers of Verified Access as well
OWN: Final = frozenset({"saml", *NATIVE.values(), CONNECTION})
_SOURCE: Final = "https://docs.aws.amazon.com/vpn/latest/clientvpn-admin/device-posture-step2.html"


def vocabulary() -> Vocabulary:
    """The target's own words."""
    return load_vocabulary("client_vpn")


def roots(endpoint: Resource) -> tuple[str, ...]:
    """The first words of what the endpoint sees."""
    return (*_words(endpoint, "trust"), *_words(endpoint, "login"), CONNECTION)


def facts(on: Resource | Principal) -> Mapping[str, Fact]:
    """Every attribute that a policy on an endpoint, or a request to it, may use, by language name.

    A malformed `signals` entry adds nothing here; `resources.check_endpoint` reports it.
    """
    if not isinstance(on, Resource) or on.type != ENDPOINT:
        return {}
    seen = roots(on)
    out: dict[str, Fact] = {}
    for attribute in vocabulary().attributes.values():
        if attribute.name.partition(".")[0] in seen:
            form: Form = "set" if attribute.many else "scalar"
            path = tuple(attribute.native.split("."))
            out[attribute.name] = Fact(attribute, path, form, "", attribute.minimum, attribute.maximum)
    return out | {fact.attribute.name: fact for fact in _signals(on, seen) if fact.attribute.name not in out}


def _signals(endpoint: Resource, seen: tuple[str, ...]) -> Iterator[Fact]:
    for steps, entry in declared(endpoint, "signals", _SOURCE):
        if steps[0] in seen:
            always = {"presence": "always"} if steps[0] == CONNECTION else {}
            path = (NATIVE.get(steps[0], steps[0]), *steps[1:])
            yield read_fact(language_name(steps), path, {**entry, **always})


def _words(endpoint: Resource, field: str) -> tuple[str, ...]:
    """The words of a set field, empty when it is absent."""
    value = endpoint.get(field)
    items = value.data if value is not None and isinstance(value.data, tuple) else ()
    return tuple(str(item.data) for item in items if not isinstance(item, tuple))
