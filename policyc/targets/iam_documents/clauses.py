"""The actions and resources of a statement of a document as `can`, `path` and `on` of the language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from policyc.ir.authz import Atom, Can, Cond, Op, Paths, Resources, Statement
from policyc.ir.pattern import escape_pattern
from policyc.model.types import PLACE, Named
from policyc.model.values import Place, Resource, Value
from policyc.model.vocabulary import ResourceType, Verb
from policyc.record import record
from policyc.targets.iam_documents.raising import entries
from policyc.text import Span


@record
class Declared:
    """A resource that a statement may name, with its ARN and the verbs that requests to it have."""

    resource: Resource
    arn: str
    verbs: tuple[Verb, ...]


@record
class Clauses:
    """`can`, `path` and `on`, and the entries of the condition that they say."""

    can: Can | None
    path: Paths | None
    on: tuple[Resource, ...]
    said: tuple[Cond, ...] = ()


def resource_of(arn: str, name: str, kind: ResourceType, file: str) -> Resource | None:
    """The resource that an ARN names, where the ARN says all that its type has to know; None for one of another type."""
    form = (
        re.escape(kind.arn).replace(r"\{partition\}", r"[a-z0-9-]+").replace(r"\{region\}", r"(?P<region>[a-z0-9-]+)")
    )
    form = form.replace(r"\{account\}", r"(?P<account>[0-9]{12})")
    for field in kind.fields.values():
        form = form.replace(rf"\{{{field.name}\}}", rf"(?P<{field.name}>{field.pattern or '[^/:]+'})")
    found = re.fullmatch(form, arn)
    if found is None or not {field.name for field in kind.fields.values() if field.required} <= {
        *found.groupdict(),
        "at",
    }:
        return None
    parts, span = found.groupdict(), Span(file, 0, 0)
    if not {"region", "account"} <= set(parts):
        return None
    place = Place(parts.pop("account"), parts.pop("region"))
    texts = tuple((key, Value(Named("string"), text, span)) for key, text in parts.items())
    return Resource(name, kind.name, (*texts, ("at", Value(PLACE, place, span))), file, span)


def actions_of(statement: Statement, verbs: Sequence[Verb]) -> frozenset[str]:
    """The actions that a statement names one by one, as the service spells them; empty for patterns and other services' actions."""
    known = {verb.action.lower(): verb.action for verb in verbs}
    texts = (
        [] if statement.can is None or statement.can.negated else [verb.action.lower() for verb in statement.can.verbs]
    )
    return frozenset(known[text] for text in texts) if all(text in known for text in texts) else frozenset()


def clauses(original: Statement, declared: Sequence[Declared]) -> Iterator[Clauses]:
    """The ways to say the statement's actions and resources in words, verbs of their own first; on none of the resources, if they are not
    all declared."""
    if original.resources is None or original.resources.negated or not declared:
        return
    verbs = tuple({verb.name: verb for item in declared for verb in item.verbs}.values())
    actions = actions_of(original, verbs)
    below = {verb.below for verb in verbs if verb.action in actions}
    if len(below) != 1:
        return
    aim = _aim(original.resources, declared, below.pop())
    if aim is not None:
        for can, said in spoken(original, actions, verbs):
            yield Clauses(can, aim[0], aim[1], said)


def _aim(
    resources: Resources, declared: Sequence[Declared], below: str | None
) -> tuple[Paths | None, tuple[Resource, ...]] | None:
    """The resources that the patterns name, with the paths that each of them has; None where there is no such reading."""
    paths: dict[str, list[str]] = {}
    for glob in resources.patterns:
        item = next((item for item in declared if _path(glob.pattern, item.arn, below) is not None), None)
        if item is None:
            return None
        paths.setdefault(item.resource.id, []).append(_path(glob.pattern, item.arn, below) or "")
    if not paths or len({frozenset(found) for found in paths.values()}) != 1:
        return None
    found = tuple(dict.fromkeys(next(iter(paths.values()))))
    whole = below is None or found == ("/*" if below == "" else "*",)
    by_id = {item.resource.id: item.resource for item in declared}
    return None if whole else Paths(found), tuple(by_id[key] for key in paths)


def _path(pattern: str | None, arn: str, below: str | None) -> str | None:
    """What a pattern has behind a resource's ARN; None for a pattern of something else."""
    root = escape_pattern(arn)
    if pattern is None or not pattern.startswith(root):
        return None
    rest = pattern.removeprefix(root)
    if below is None:
        return "" if not rest else None
    return rest.removeprefix(below) if rest.startswith(below or "/") else None


def spoken(
    original: Statement, actions: frozenset[str], verbs: Sequence[Verb]
) -> Iterator[tuple[Can, tuple[Cond, ...]]]:
    """`can` clauses for the actions: the verbs that a test of the condition tells apart, then one for each action."""
    if not actions:
        return
    narrow = _by_requirement(verbs, actions)
    for entry in entries(original.when) if len(actions) == 1 else ():
        if isinstance(entry, Atom) and entry.op is Op.EQ and not entry.quantifier:
            found = [narrow.get((entry.attribute.native, str(item.value))) for item in entry.values]
            if found and all(found):
                yield Can(tuple(verb for verb in found if verb is not None), entry.negated), (entry,)
    plain = {verb.action: verb for verb in reversed(verbs) if not verb.requires}
    if actions <= set(plain):
        yield Can(tuple(plain[action] for action in sorted(actions))), ()


def _by_requirement(verbs: Sequence[Verb], actions: frozenset[str]) -> Mapping[tuple[str, str], Verb]:
    """The verbs of the actions that ask for one value of one key, by both."""
    return {verb.requires[0]: verb for verb in verbs if len(verb.requires) == 1 and verb.action in actions}
