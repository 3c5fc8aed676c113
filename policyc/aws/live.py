"""What is on AWS as comparisons want it: from an inventory that was just taken, or from a folder that was pulled."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from policyc.aws.calls import CALLERS, CALLS, OBJECT_LAMBDA
from policyc.aws.pull import Inventory
from policyc.bounded import read_regular
from policyc.record import record
from policyc.syntax.spelled import snake
from policyc.targets.iam_documents.carriers import policy_name
from policyc.workspace.documents.pulled import BrokenLock, Lock

_LARGEST: Final = 16 * 1024 * 1024
#: IAM action -> the target that it belongs to
_TARGET_OF: Final = {call.action: call.target for call in CALLS.values()}
#: targets of which a pull reads what its other documents lead to
_BY_NAME: Final = frozenset({CALLERS, OBJECT_LAMBDA})


@record
class Stored:
    """One document on AWS: `text` is None where there is none, or where `why` says why it is not known; `others` are the paths of inline policies of which one may be it."""

    text: str | None
    why: str = ""
    revision: Mapping[str, Any] = MappingProxyType({})
    name: str = ""
    others: tuple[str, ...] = ()


@record
class Live:
    """All that is known. `texts` and `revisions` by the path that a pull writes; `unread` are the calls without an answer, `accounts` those that were asked, with
    Regions and targets; `by_name` tells that what the source names was asked for by name."""

    resources: Mapping[str, Mapping[str, Any]]
    texts: Mapping[str, str]
    revisions: Mapping[str, Mapping[str, Any]]
    unread: tuple[Mapping[str, Any], ...]
    accounts: tuple[Mapping[str, Any], ...]
    by_name: bool

    def find(self, name: str) -> list[str]:
        """The ARNs of the resources that an ARN, an id or a name means; what is known to be gone is none."""
        there = {arn: item for arn, item in self.resources.items() if item["facts"].get("there") is not False}
        if name in there:
            return [name]
        # the versions and aliases of a function have its name
        named = {arn for arn, item in there.items() if item["name"] == name and not item["facts"].get("qualifier")}
        return [arn for arn in there if arn in named or arn.endswith(f"/{name}")]

    def account_of(self, arn: str) -> str:
        """The account that a resource is in, empty where nobody knows: the ARN of a bucket has none, and its owner was asked."""
        item = self.resources.get(arn)
        return (arn.split(":") + [""] * 5)[4] or str(item["facts"].get("account") or "" if item else "")

    def not_listed(self, target: str) -> str:
        """Why resources of a target may be missing though they are there; empty when all were listed."""
        for one in self.unread:
            verb = str(one["action"]).partition(":")[2]
            everything = verb.startswith(("List", "Describe")) and not one["about"]
            if everything and _TARGET_OF.get(str(one["action"])) == target:
                return f"{one['action']}: {one['why']}"
        return ""

    def not_asked(self, name: str, target: str) -> str:
        """Why a resource may be there though nobody asked for it; empty where its account and Region were asked for all of its kind."""
        if target and not any(target in one["targets"] for one in self.accounts):
            return f"`{target}` was not pulled"
        if target in _BY_NAME and not self.by_name:
            return "a pull reads what others name; pull with `--caller`, or compare without `--live`"
        parts = name.split(":")
        if len(parts) < 6:
            return ""
        region, account = parts[3:5]
        mine = [one for one in self.accounts if account in ("", "aws", one["account"])]
        if not mine:
            return f"the account {account} was not asked"
        if region and not any(region in one["regions"] for one in mine):
            return f"the Region {region} was not asked"
        return ""

    def stored(self, arn: str, role: str, name: str = "", policy: str = "") -> Stored:
        """The document that a resource carries in a role; `name` tells one of several identity policies, `policy` for certain."""
        item = self.resources[arn]
        if role == "identity":
            return self._identity(arn, name, policy)
        why = item["unread"].get(role, "")
        path = item["policies"].get(role)
        if path is None:
            return Stored(None, str(why))
        return Stored(self.texts[path], "", self.revisions.get(path, {}), path)

    def _identity(self, arn: str, name: str, policy: str) -> Stored:
        """The policy of that name, as AWS writes it or as the language does; `policy` is the ARN of a managed one, or the name as AWS writes it."""
        item = self.resources[arn]
        held = {path: self.revisions.get(path, {}) for path in item["facts"].get("identity") or ()}
        names = {path: named(revision) for path, revision in held.items()}
        own = [path for path, one in names.items() if policy in (one, held[path].get("PolicyArn"))]
        if not policy:
            written = {called(name), called(name).removeprefix("inline_").removeprefix("managed_")}
            own = [path for path, one in names.items() if one == name] or [
                path for path, one in names.items() if written & {called(one), policy_name(arn, one)}
            ]
        if len(own) == 1:
            return Stored(self.texts[own[0]], "", held[own[0]], own[0])
        why = str(item["unread"].get("identity", ""))
        inline = {} if policy else {path: one for path, one in names.items() if "PolicyName" in held[path]}
        if not why and inline:
            listed = ", ".join(f"`{one}`" for one in sorted(inline.values()))
            why = f"it has no policy `{name}`, and others ({listed}); give `--map {name}={arn}#POLICY` with one of these names, or a new one"
            return Stored(None, why, others=tuple(inline))
        return Stored(None, why)

    def control(self, policy: str) -> tuple[str, Stored] | None:
        """The control policy with an id, and the account that it bears on."""
        for path, revision in self.revisions.items():
            if revision.get("PolicyId") == policy:
                accounts = (arn for arn, item in self.resources.items() if item["type"] == "account")
                return next(accounts), Stored(self.texts[path], "", revision, path)
        return None

    def policies(self) -> Iterator[tuple[str, str, str]]:
        """Every resource with a policy: its ARN, the role, and the path of the document."""
        for arn, item in self.resources.items():
            for role, path in item["policies"].items():
                yield arn, role, path


def named(revision: Mapping[str, Any]) -> str:
    """What an identity policy is called: a managed one by the end of its ARN."""
    return str(revision.get("PolicyName") or str(revision.get("PolicyArn", "")).rpartition("/")[2])


def called(name: str) -> str:
    """A name in the letters of the language."""
    return snake(name, "policy")


def of_inventory(found: Inventory) -> Live:
    """An inventory in memory, its texts as AWS has them."""
    part = found.part
    return Live(
        {
            item.arn: {
                "type": item.type,
                "name": item.name,
                "facts": item.facts,
                "policies": item.policies,
                "unread": item.unread,
            }
            for item in part.resources
        },
        {item.path: item.text for item in part.documents},
        {item.path: item.revision for item in part.documents},
        tuple({"action": one.action, "about": one.about, "why": one.why} for one in found.unread),
        found.accounts,
        True,
    )


def of_folder(folder: Path, lock: Lock) -> Live:
    """A pulled folder. Raises OSError for a document that is gone or too large, UnicodeDecodeError, and BrokenLock for one that a link leads out of
    the folder."""
    home = folder.resolve()
    for path in lock.documents:
        if not (folder / path).resolve().is_relative_to(home):
            raise BrokenLock(f"`{path}` leads out of it by a link")
    texts = {path: read_regular(folder / path, _LARGEST).decode("utf-8") for path in lock.documents}
    revisions = {path: dict(entry["revision"]) for path, entry in lock.documents.items()}
    return Live(lock.resources, texts, revisions, lock.unread, lock.accounts, False)
