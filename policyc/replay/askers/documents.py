"""Documents as every request of a log meets them: auth policies of VPC Lattice, policies of buckets and access points."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.decision import Gate
from policyc.engines.iam.values import Unknown, Values
from policyc.engines.trace import Outcome, Verdict
from policyc.record import replace
from policyc.replay.askers.projects import plain, why
from policyc.replay.askers.said import (
    NO_CONNECTIONS,
    OF_CONNECTIONS,
    OWN_POLICIES,
    Keys,
    Names,
    Said,
    State,
    by_itself,
    distinct,
    said_of,
)
from policyc.replay.columns.likeness import METHODS, Likeness, Side, no_problem
from policyc.replay.recorded import NOBODY, RESOURCE_ACCOUNT, Recorded
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import Attached
from policyc.simulation.documents.question import PolicyContext, Question, Who
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.references import PlainText
from policyc.targets.lattice.access_log import CONNECT, account_of
from policyc.targets.object_lambda.gates import allows_everything, allows_nothing
from policyc.targets.object_lambda.operations import LIST_ACTIONS, operation
from policyc.text import Source, Span

_NOWHERE: Final = Span("<record>", 0, 0)
_BUCKET: Final = "arn:aws:s3:::"
_OF_BUCKETS: Final = ("cloudtrail", "s3-access")
#: keys of objects in which a reader may see more than a text, and the empty one
_ODD: Final = re.compile(r"[*?$#{}\x00-\x1f]|\A\Z|\A.{900}", re.DOTALL)
_MOST_KNOWN: Final = 200_000
#: the caller's own policies: as they are given, saying nothing, and at their most generous
_GIVEN, _SILENT, _ALLOWS = "given", "silent", "allows"
_OWN: Final = {
    _GIVEN: (),
    _SILENT: (Attached("identity", Source("identity", ""), allows_nothing()),),
    _ALLOWS: (Attached("identity", Source("identity", ""), allows_everything()),),
}
_NOT_BY_CALLER: Final = Said("deny", f"nothing at {OWN_POLICIES}", "", ())
#: callers that belong to an account and may do nothing without policies
_MEMBER: Final = re.compile(r"arn:[a-z-]+:(?:iam::[0-9]{12}:(?:role|user)|sts::[0-9]{12}:assumed-role)/")
#: networks and services of one log
_MOST_CONTEXTS: Final = 10_000


class OfDocuments:
    """Documents given by themselves; `words` are settings such as `network-auth`."""

    def __init__(self, given: Sequence[Attached], words: Mapping[str, str], switches: Mapping[str, str]) -> None:
        self.given, self.words, self.switches = tuple(given), words, switches
        #: whether no document but the resource's own bears on a request
        self.is_alone = {item.role for item in self.given} == {"bucket-policy"}
        self.contexts: dict[tuple[str, ...], PolicyContext] = {}
        self.names = Names(item.text or item.source.text for item in given)
        self.reads, self.caller = self.names.reads, self.names.caller
        self.likeness: Likeness | None = None
        self.fitting: dict[str, Hashable] = {}
        self.values: dict[tuple[str, str], Hashable] = {}

    def side(self) -> Side:
        """What columns of VPC Lattice records need to know of the documents."""
        documents = tuple(item.compiled for item in self.given)
        is_plain = self.words.get("protocol", "https") == "https"
        return Side(
            documents,
            self.names.text,
            self.reads,
            self.names.told_apart,
            no_problem,
            None,
            True,
            ("",) * len(documents),
            True,
            METHODS,
            lambda arn: is_plain,
        )

    def alike(self, item: Recorded, told: Keys) -> Hashable:
        """Objects that the same patterns of resources fit, and values that pass the same tests, get one answer."""
        likeness = self._likeness_of(item)
        if likeness is None:
            return by_itself(item, told)
        keys = [pair if pair[0] == RESOURCE_ACCOUNT else self._of_key(pair, likeness) for pair in told]
        return (self._fits(f"{item.where}/{item.path}", likeness), *keys)

    def place(self, item: Recorded) -> Hashable:
        likeness = self._likeness_of(item)
        return (item.where, item.path if likeness is None else self._fits(f"{item.where}/{item.path}", likeness))

    def _likeness_of(self, item: Recorded) -> Likeness | None:
        """What tells objects apart; None where each is another."""
        if item.kind not in _OF_BUCKETS or not item.where.startswith(_BUCKET) or _ODD.search(item.path):
            return None
        likeness = self.likeness
        if likeness is None:
            likeness = self.likeness = Likeness([self.side()], (), True)
        return None if likeness.odd_patterns or any(pattern.needs for pattern in likeness.patterns) else likeness

    def _fits(self, resource: str, likeness: Likeness) -> Hashable:
        found = self.fitting.get(resource)
        if found is None:
            if len(self.fitting) > _MOST_KNOWN:
                self.fitting.clear()
            switches = self.given[0].compiled.switches
            hits = tuple([pattern.hit(resource, nothing_known, switches) for pattern in likeness.patterns])
            found = self.fitting[resource] = hits
        return found

    def _of_key(self, pair: tuple[str, str], likeness: Likeness) -> Hashable:
        found = self.values.get(pair)
        if found is None:
            if len(self.values) > _MOST_KNOWN:
                self.values.clear()
            found = self.values[pair] = (pair[0], likeness.of_key(*pair))
        return found

    def quotes(self, kind: str) -> bool:
        return True

    def answer(self, item: Recorded) -> Said | str:
        if item.kind == "vpc-lattice":
            return self._asked(item, {"service": item.where} | ({"network": item.network} if item.network else {}))
        if item.kind in _OF_BUCKETS and item.where.startswith(_BUCKET):
            return self._of_bucket(item)
        return (
            f"documents by themselves are not asked about {item.kind} records of this kind of resource; give a project"
        )

    def _asked(self, item: Recorded, arns: Mapping[str, str]) -> Said | str:
        if item.can == CONNECT and self.words.get("protocol") not in OF_CONNECTIONS:
            return NO_CONNECTIONS
        question = Question(
            _NOWHERE,
            None if item.who == NOBODY else Who(plain(item.who)),
            can=plain(item.can),
            path=plain(item.path) if item.path else None,
            context=self._context(item),
            unknown=(plain(EVERYTHING),),
        )
        outcome = self._outcome(question, arns)
        return outcome if isinstance(outcome, str) else said_of(outcome, item)

    def _of_bucket(self, item: Recorded) -> Said | str:
        """A request to a bucket itself: the action of IAM that its call asks for."""
        if item.can in _SEVERAL:
            return "it reads one thing and writes another, which several policies decide"
        permission = _PERMISSIONS.get(item.can)
        if permission is None:
            return f"what permission `{item.can}` takes is not known"
        is_version = any(key.lower() == "s3:versionid" for key, _ in item.keys)
        name = operation(permission, permission, is_version).permission
        on_object = name not in LIST_ACTIONS
        resource = f"{item.where}/{item.path}" if on_object else item.where
        if on_object and not item.path:
            return "the record does not say which object"
        question = Question(
            _NOWHERE,
            Who(plain(item.who)),
            action=plain(f"s3:{name}"),
            resource=plain(resource),
            context=self._context(item),
            unknown=(plain(EVERYTHING),),
        )
        states = list(self._states(item))
        held: dict[State, Said] = {}
        for state in states:
            if state not in held:
                own, owner = state
                outcome = self._outcome(question, {}, own, owner)
                if isinstance(outcome, str):
                    return outcome
                held[state] = said_of(outcome, item, own != _GIVEN)
                if len(states) > 2 and self.is_alone and _MEMBER.match(item.who) is not None:
                    held |= _following(state, held[state], outcome, states)
        first = held[states[0]]
        return first if len(states) == 1 else replace(first, states=tuple((state, held[state]) for state in states))

    def _states(self, item: Recorded) -> Iterator[State]:
        """What the caller's own policies may say, where none are given, and whose the bucket may be, where neither the record nor anybody tells."""
        account = account_of(item.who)
        own = (_GIVEN,) if not account or any(one.role == "identity" for one in self.given) else (_SILENT, _ALLOWS)
        told = dict(item.keys).get(RESOURCE_ACCOUNT) or self.words.get("resource-account", "")
        other = next(text for text in ("0" * 12, "1" * 12) if text != account)
        owners = (told,) if told or not account else (account, other)
        yield from ((one, owner) for one in own for owner in owners)

    def _context(self, item: Recorded) -> tuple[tuple[PlainText, tuple[str, ...]], ...]:
        return tuple((plain(key), (value,)) for key, value in distinct(item.keys) if self.reads(key))

    def _outcome(
        self, question: Question, arns: Mapping[str, str], own: str = _GIVEN, owner: str = ""
    ) -> Outcome | str:
        key = (*arns.values(), own, owner)
        context = self.contexts.get(key)
        if context is None:
            if len(self.contexts) >= _MOST_CONTEXTS:
                self.contexts.clear()
            words = {**self.words, **({"resource-account": owner} if owner else {})}
            settings = {name: plain(text) for name, text in words.items()}
            held = {name: plain(text) for name, text in arns.items()}
            context = self.contexts[key] = PolicyContext((*self.given, *_OWN[own]), held, settings, self.switches)
        found = Diagnostics()
        outcome = ask(context, question, found)
        return why(found) if outcome is None else outcome


def _following(state: State, said: Said, outcome: Outcome, states: Sequence[State]) -> dict[State, Said]:
    """What follows for the other states from the answer in the first one of them, or in that with generous policies of the caller: where nothing but the
    policies of bucket and caller bear on it, inside one account either of them allows, and from another one both have to."""
    (_, account), (_, other), *_ = states
    if state == (_SILENT, account):
        found = {(_SILENT, other): _NOT_BY_CALLER}
        return found | (dict.fromkeys(((_ALLOWS, account), (_ALLOWS, other)), said) if said.decision == "allow" else {})
    if state == (_ALLOWS, account) and said.decision == "deny":
        return {(_ALLOWS, other): said}
    allowing = any(gate.kind == Gate.RESOURCE and gate.verdict is Verdict.ALLOW for gate in outcome.gates)
    return {(_ALLOWS, other): said} if state == (_ALLOWS, account) and allowing and said.decision == "allow" else {}


def nothing_known(key: str) -> Values:
    """What patterns without variables never ask for."""
    return Unknown.ANY


#: calls that take more than one permission
_SEVERAL: Final = frozenset({"CopyObject", "UploadPartCopy", "GetObjectAttributes"})
#: a call -> its permission (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html)
_PERMISSIONS: Final = {
    **{
        name: name
        for name in (
            *("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload", "RestoreObject", "GetObjectTorrent"),
            *("GetObjectAcl", "PutObjectAcl", "GetObjectTagging", "PutObjectTagging", "DeleteObjectTagging"),
            *("GetObjectLegalHold", "PutObjectLegalHold", "GetObjectRetention", "PutObjectRetention"),
        )
    },
    "HeadObject": "GetObject",
    "SelectObjectContent": "GetObject",
    "HeadBucket": "ListBucket",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "ListBucket": "ListBucket",
    "ListObjectVersions": "ListBucketVersions",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListParts": "ListMultipartUploadParts",
    "PostObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "UploadPart": "PutObject",
    "CompleteMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
}
