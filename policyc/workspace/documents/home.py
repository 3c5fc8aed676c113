"""What a host file leaves open of its own account, Region and names, taken to be something, so that its parts can be told from others, and from one another."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from policyc.holes import filled, names_in

_ACCOUNTS: Final = ("111122223333", "444455556666", "777788889999")
_HOME: Final[tuple[tuple[str, str], ...]] = (
    (r"AWS::AccountId|data\.aws_caller_identity\.[^.]+\.account_id", "account"),
    (r"AWS::Region|data\.aws_region\.[^.]+\.(name|region|id)", "region"),
    (r"AWS::Partition|data\.aws_partition\.[^.]+\.partition", "partition"),
)
DIGITS: Final = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
REGION: Final = "us-east-1"
#: attributes of a part that are its name
_NAMES: Final = ("", ".id", ".name", ".bucket", ".function_name", ".Name")
_OTHER: Final = re.compile(r"[^a-z0-9-]+")


class Home:
    """`values` are what holes are taken to be, by their names. With `account` and `region` nothing is made up of these."""

    def __init__(self, texts: Iterable[str], account: str = "", region: str = REGION) -> None:
        held = list(texts)
        named = {text for one in held for text in DIGITS.findall(one)}
        self._is_made_up = not account
        self.account = account or next((one for one in _ACCOUNTS if one not in named), _ACCOUNTS[0])
        self.region = region
        told = {"account": self.account, "region": self.region, "partition": "aws"}
        self.own = at_home(dict.fromkeys(hole for one in held for hole in names_in(one)), told)
        self.values = dict(self.own)

    def given(self) -> Iterator[str]:
        """What is taken of the place of the host, for people."""
        if self.own:
            yield ", ".join(sorted(f"‹{hole}› is {value}" for hole, value in self.own.items()))
        elif self._is_made_up:
            yield f"the account that this is for is {self.account}"

    def named(self, part: str, text: str) -> str:
        """A name as the host writes it, its open places filled with what says where they come from; one of its own where AWS makes it up."""
        for hole in names_in(filled(text, self.values)):
            self.values[hole] = _word(hole)
        return filled(text, self.values) or _word(part)

    def part(self, host: str, arn: str, name: str) -> str:
        """The ARN of a resource of the host, which is what its attributes say from then on."""
        self.values |= dict.fromkeys((f"{host}.Arn", f"{host}.arn"), arn)
        self.values |= {f"{host}{word}": name for word in _NAMES}
        return arn

    def caller(self, host: str, end: str) -> str:
        """The ARN of a role or user of the host: the one that is known, or by the end of that as far as it is written."""
        if end.startswith("arn:"):
            return self.part(host, end, end.rpartition("/")[2])
        told = filled(end, self.values)
        end = self.named(host, told) if not told.endswith("/") else f"{told}{_word(host)}"
        while f"arn:aws:iam::{self.account}:{end}" in self.values.values():
            end += "-x"  # what AWS makes up is no other's name
        return self.part(host, f"arn:aws:iam::{self.account}:{end}", end.rpartition("/")[2])


def attributes(host: str) -> tuple[str, ...]:
    """The holes that are the ARN or the name of a resource of the host."""
    return (f"{host}.Arn", f"{host}.arn", *(f"{host}{word}" for word in _NAMES))


def at_home(holes: Iterable[str], told: Mapping[str, str]) -> dict[str, str]:
    """The values of those holes that are the host's own `account`, `region` or `partition`, as far as these are told."""
    return {hole: told[word] for hole in holes for form, word in _HOME if told.get(word) and re.fullmatch(form, hole)}


def places(values: Iterable[str]) -> set[str]:
    """The holes among some that are the account, the Region or the partition of the host."""
    return {hole for hole in values if any(re.fullmatch(form, hole) for form, _ in _HOME)}


def _word(name: str) -> str:
    """A name for what AWS names itself, from the host's name for it."""
    return _OTHER.sub("-", name.lower()).strip("-")[-40:].strip("-") or "x"
