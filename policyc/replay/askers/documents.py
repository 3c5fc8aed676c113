"""Documents as every request of a log meets them: auth policies of VPC Lattice, policies of buckets and access points."""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping, Sequence
from typing import Final

from policyc.diagnostics import Diagnostics
from policyc.engines.iam.values import Unknown, Values
from policyc.replay.askers.projects import plain, why
from policyc.replay.askers.said import Keys, Names, Said, by_itself, distinct, said_of
from policyc.replay.columns.likeness import METHODS, Likeness, Side, no_problem
from policyc.replay.recorded import NOBODY, Recorded
from policyc.simulation.documents.ask import ask
from policyc.simulation.documents.attached import Attached
from policyc.simulation.documents.question import PolicyContext, Question, Who
from policyc.simulation.keys import EVERYTHING
from policyc.simulation.references import PlainText
from policyc.targets.object_lambda.operations import LIST_ACTIONS, operation
from policyc.text import Span

_NOWHERE: Final = Span("<record>", 0, 0)
_BUCKET: Final = "arn:aws:s3:::"
_OF_BUCKETS: Final = ("cloudtrail", "s3-access")
#: keys of objects in which a reader may see more than a text, and the empty one
_ODD: Final = re.compile(r"[*?$#{}\x00-\x1f]|\A\Z|\A.{900}", re.DOTALL)
_MOST_KNOWN: Final = 200_000
#: networks and services of one log
_MOST_CONTEXTS: Final = 10_000


class OfDocuments:
    """Documents given by themselves; `words` are settings such as `network-auth`."""

    def __init__(self, given: Sequence[Attached], words: Mapping[str, str], switches: Mapping[str, str]) -> None:
        self.given, self.words, self.switches = tuple(given), words, switches
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
        return (self._fits(f"{item.where}/{item.path}", likeness), *[self._of_key(pair, likeness) for pair in told])

    def place(self, item: Recorded) -> Hashable:
        likeness = self._likeness_of(item)
        return item.path if likeness is None else (self._fits(f"{item.where}/{item.path}", likeness),)

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

    def answer(self, item: Recorded) -> Said | str:
        if item.kind == "vpc-lattice":
            return self._asked(item, {"service": item.where} | ({"network": item.network} if item.network else {}))
        if item.kind in _OF_BUCKETS and item.where.startswith(_BUCKET):
            return self._of_bucket(item)
        return f"documents by themselves are not asked about `{item.kind}` records of this kind of resource; give a project"

    def _asked(self, item: Recorded, arns: Mapping[str, str]) -> Said | str:
        question = Question(
            _NOWHERE,
            None if item.who == NOBODY else Who(plain(item.who)),
            can=plain(item.can),
            path=plain(item.path) if item.path else None,
            context=self._context(item),
            unknown=(plain(EVERYTHING),),
        )
        return self._outcome(item, question, arns)

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
        return self._outcome(item, question, {})

    def _context(self, item: Recorded) -> tuple[tuple[PlainText, tuple[str, ...]], ...]:
        return tuple((plain(key), (value,)) for key, value in distinct(item.keys) if self.reads(key))

    def _outcome(self, item: Recorded, question: Question, arns: Mapping[str, str]) -> Said | str:
        key = tuple(arns.values())
        context = self.contexts.get(key)
        if context is None:
            if len(self.contexts) >= _MOST_CONTEXTS:
                self.contexts.clear()
            settings = {name: plain(text) for name, text in self.words.items()}
            held = {name: plain(text) for name, text in arns.items()}
            context = self.contexts[key] = PolicyContext(self.given, held, settings, self.switches)
        found = Diagnostics()
        outcome = ask(context, question, found)
        return why(found) if outcome is None else said_of(outcome, item)


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
