"""From an auth policy to the resource that carries it and to statements in the words of the language.

A document does not say what it is attached to; the ARNs in it may. Where they do not, the carrier is declared with ids of nothing but zeros,
which stand in no document.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.ir.authz import Cond, Glob, Policy, Resources, Statement, Who
from policyc.model.types import PLACE, RESOURCE, Named
from policyc.model.values import NOBODYS_ACCOUNT, Place, Principal, Resource, ResourceLink, Value
from policyc.record import replace
from policyc.regex import regex
from policyc.targets.iam_documents.clauses import Clauses, Declared, actions_of, clauses, spoken
from policyc.targets.iam_documents.kinds import KINDS
from policyc.targets.iam_documents.raising import (
    as_it_stands,
    callers,
    conditions,
    entries,
    language_statement,
    verified,
)
from policyc.targets.lattice.lowering import lower_statement
from policyc.targets.lattice.words import CONNECT, NETWORK, SERVICE, arn_of, verbs_of, vocabulary
from policyc.text import Span

_KIND: Final = KINDS["auth-policy"]
_ARN: Final = regex(
    r"arn:([a-z0-9-]+):vpc-lattice:([a-z0-9-]+):([0-9]{12}):(service/(svc-[0-9a-z]{17})|servicenetwork/(sn-[0-9a-z]{17}))"
)
_ANY_ID: Final = regex(r"arn:[a-z0-9-]+:vpc-lattice:[a-z0-9-]+:[0-9]{12}:(?:service/svc|servicenetwork/sn)-[^/]+")
EXAMPLE: Final = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0"
_PARTITION: Final = regex(r"arn:(aws-cn|aws-us-gov):")
_SOMEWHERE: Final = {"aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
_ZEROS: Final = "0" * 17

_ANONYMOUS: Final = {"StringNotEqualsIgnoreCase": "authenticated", "StringEqualsIgnoreCase": "anonymous"}


def is_carrier(arn: str) -> bool:
    """Whether an ARN is that of a service or a service network."""
    return _ARN.fullmatch(arn) is not None


def has_odd_id(arn: str) -> bool:
    """Whether an ARN is that of a service or a service network but for its id, which is not of the form that AWS gives: emulators give others."""
    return not is_carrier(arn) and _ANY_ID.fullmatch(arn) is not None


def is_placeholder(resource: Resource) -> bool:
    """Whether a carrier is declared with ids of zeros because nothing says what it is."""
    return resource.text("id").endswith(_ZEROS)


def read_carrier(arn: str, name: str, file: str) -> Resource | None:
    """The service or service network of an ARN; None for an ARN of something else."""
    found = _ARN.fullmatch(arn)
    if found is None:
        return None
    place = Place(found[3], found[2])
    return _resource(name, SERVICE if found[5] else NETWORK, found[5] or found[6], place, file)


def carriers(
    policies: Sequence[Policy],
    names: Mapping[str, str],
    given: Mapping[str, str],
    open_to_all: Container[str] = (),
    behind: Mapping[str, str] = MappingProxyType({}),
) -> dict[str, Resource]:
    """What each document is attached to, by its file: `names` are names for them, `given` the ARNs that somebody stated, `open_to_all` those on
    what asks no policy (`auth: none`), `behind` the ARNs of the networks that services are known to stand behind."""
    found = {policy.file: _carrier(policy, names[policy.file], given.get(policy.file)) for policy in policies}
    for file, item in found.items():
        if file in open_to_all:
            fields = tuple(
                (name, _word("none", value.span) if name == "auth" else value) for name, value in item.fields
            )
            found[file] = replace(item, fields=fields)
    networks = {item.text("id"): item for item in found.values() if item.type == NETWORK}
    linked = {policy.file for policy in policies if isinstance(policy.on, Resource) and policy.on.link("network")}
    only = next(iter(networks.values())) if len(networks) == 1 else None

    def placed(file: str, item: Resource) -> Resource:
        told = behind.get(file, "")
        network = networks.get(told.rpartition("/")[2]) if told else only if file in linked else None
        if network is None or item.type != SERVICE:
            return item
        link = ("network", Value(RESOURCE, ResourceLink(network.id, network.name), network.span))
        return replace(item, fields=(*item.fields[:2], link, *item.fields[2:]))

    return {file: placed(file, item) for file, item in found.items()}


def _carrier(policy: Policy, name: str, given: str | None) -> Resource:
    assert isinstance(policy.on, Resource)
    stated = read_carrier(given, name, policy.file) if given else None
    if stated is None:
        stated = _told(policy, name) if policy.on.type == SERVICE else None
    if stated is None:
        ident = ("svc-" if policy.on.type == SERVICE else "sn-") + _ZEROS
        stated = _resource(
            name,
            policy.on.type,
            ident,
            Place(NOBODYS_ACCOUNT, _SOMEWHERE.get(_partition(policy), "us-east-1")),
            policy.file,
        )
    protocol = _protocol(policy)
    if stated.type == SERVICE:
        stated = replace(stated, fields=(*stated.fields, ("protocol", _word(protocol, stated.span))))
    return stated


def _resource(name: str, kind: str, ident: str, place: Place, file: str) -> Resource:
    span = Span(file, 0, 0)
    fields = (("id", _word(ident, span)), ("at", Value(PLACE, place, span)), ("auth", _word("aws_iam", span)))
    return Resource(name, kind, fields, file, span)


def _word(text: str, span: Span) -> Value:
    return Value(Named("string"), text, span)


def _told(policy: Policy, name: str) -> Resource | None:
    """The one service whose ARN the document's resources name; a network's ARN is no resource of requests."""
    texts = [glob.text for statement in policy.statements for glob in _patterns(statement.resources)]
    arns = {found[0] for text in texts if (found := _ARN.match(text)) is not None and found[5]}
    return read_carrier(arns.pop(), name, policy.file) if len(arns) == 1 else None


def _partition(policy: Policy) -> str:
    """The partition that the document's ARNs name, empty for that of the open internet."""
    texts = [glob.text for statement in policy.statements for glob in _patterns(statement.resources)]
    texts += [item.name for statement in policy.statements if statement.who for item in statement.who.principals]
    return next((found[1] for text in texts if (found := _PARTITION.match(text)) is not None), "")


def _protocol(policy: Policy) -> str:
    """What the listeners have to speak so that every action of the document can come; `https` where nothing asks for more."""
    actions = {
        action
        for statement in policy.statements
        for action in actions_of(statement, tuple(vocabulary().resource_types[SERVICE].verbs.values()))
    }
    if CONNECT not in actions:
        return "https"
    return "tls_passthrough" if actions == {CONNECT} else "mixed"


def _patterns(resources: Resources | None) -> tuple[Glob, ...]:
    return () if resources is None or resources.negated else resources.patterns


# --- statements -------------------------------------------------------------------------------------------------


def raised(original: Statement, on: Resource, services: Sequence[Resource]) -> Iterator[Statement]:
    """Statements of a policy on `on` that are emitted as the original again, the most readable one first; `services` are those that the
    statement may name when `on` is their network."""
    candidates = _candidates(original, on, services)
    yield from verified(candidates, lambda one: lower_statement(one, on, Diagnostics()), original, _KIND)


def _candidates(original: Statement, on: Resource, services: Sequence[Resource]) -> Iterator[Statement]:
    for who, said in _callers(original):
        for item in _clauses(original, on, services):
            for when in conditions(original, (*said, *item.said), _KIND, "lattice"):
                yield language_statement(original, who=who, can=item.can, path=item.path, on=item.on, when=when)
        can, resources = as_it_stands(original)
        for when in conditions(original, said, _KIND, "lattice"):
            yield language_statement(original, who=who, can=can, resources=resources, when=when)


def _callers(original: Statement) -> Iterator[tuple[Who | None, tuple[Cond, ...]]]:
    """The callers, with the tests of the condition that they say: anyone who signed, or nobody who did."""
    who = original.who
    if who is not None and not who.negated and [item.kind for item in who.principals] == ["anyone"]:
        for entry in entries(original.when):
            word = _signed(entry)
            if word:
                yield replace(who, principals=(Principal(word, ()),)), (entry,)
    for callers_ in callers(original):
        yield callers_, ()


def _signed(entry: Cond) -> str:
    spelling = getattr(entry, "spelling", None)
    if spelling is None or spelling.key.lower() != "aws:principaltype":
        return ""
    is_anonymous = [value.text.lower() for value in spelling.values] == ["anonymous"]
    return _ANONYMOUS.get(spelling.operator, "") if is_anonymous else ""


def _clauses(original: Statement, on: Resource, services: Sequence[Resource]) -> Iterator[Clauses]:
    """`can`, `path` and `on` in words."""
    everywhere = original.resources is not None and [glob.text for glob in original.resources.patterns] == ["*"]
    if on.type == NETWORK and everywhere and not original.resources.negated:  # type: ignore[union-attr]
        verbs = verbs_of(on)
        actions = actions_of(original, verbs)
        found = [Clauses(can, None, (), said) for can, said in spoken(original, actions, verbs)]
    else:
        carried = (on,) if on.type == SERVICE else services
        found = list(clauses(original, [Declared(item, arn_of(item), verbs_of(item)) for item in carried]))
        if on.type == SERVICE:
            found = [replace(item, on=()) for item in found]
    yield from (item for item in found if item.said)
    for item in found:
        if not item.said:
            # Where more comes than HTTP, or in one place only one of two, the verb says which it is.
            bare, plain = replace(item, can=None), on.type == SERVICE and on.text("protocol") == "https"
            every = on.type == NETWORK and item.can is not None and len(item.can.verbs) == 2
            yield from (bare, item) if plain or every else (item, bare)
