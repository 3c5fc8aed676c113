"""Networks that differ in one key, and what is asked of both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

SECTION = "cloudwan document keys"
ATTACHMENTS = {
    "xa": ("us-east-1", "a", "10.1.0.0/16"),
    "xa2": ("eu-west-1", "a", "10.11.0.0/16"),
    "xb": ("us-east-1", "b", "10.2.0.0/16"),
    "xb2": ("eu-west-1", "b", "10.12.0.0/16"),
    "xc": ("us-east-1", "c", "10.3.0.0/16"),
    "f1": ("us-east-1", "fw", "100.64.0.0/16"),
    "f2": ("eu-west-1", "fw", "100.65.0.0/16"),
}


def attachment(name: str, **changes: str) -> str:
    """One of the usual attachments, with fields changed or added; an empty text leaves a field out."""
    region, tag, cidr = ATTACHMENTS[name]
    fields = {
        "type": "vpc",
        "region": region,
        "account": '"111122223333"',
        "tags": f'{{ s: "{tag}" }}',
        "cidrs": f'["{cidr}"]',
        "accepted": "true",
    } | changes
    return f"attachment {name} {{ {', '.join(f'{key}: {value}' for key, value in fields.items() if value)} }}"


@dataclass(frozen=True)
class Net:
    """The parts of a network; `items` come last."""

    items: str = ""
    head: str = "asns 64512..64555\n  edges us-east-1 { asn 64512 }, eu-west-1 { asn 64513 }"
    segments: str = "segment a { no acceptance } segment b { no acceptance } segment c { no acceptance }"
    rules: str = (
        '10: tag["s"] == "a" -> segment a\n 20: tag["s"] == "b" -> segment b\n 30: tag["s"] == "c" -> segment c'
    )
    groups: str = ""
    version: str = "2025.11"

    def text(self, name: str) -> str:
        attach = f"attach {{\n {self.rules}\n}}" if self.rules else ""
        return (
            f'network {name} for cloudwan version "{self.version}" {{\n  {self.head}\n  {self.segments}\n'
            f"  {self.groups}\n  {attach}\n  {self.items}\n}}\n"
        )


BARE = Net()
FIREWALLS = replace(
    BARE, groups="function_group fw { no acceptance }", rules=BARE.rules + '\n 40: tag["s"] == "fw" -> group fw'
)


@dataclass(frozen=True)
class Experiment:
    """`entries` are what the two networks differ in. `here` and `there` are what is asked of each: attachments, then
    expectations. `effect` replaces `yes` in the table when the key decides nothing."""

    entries: Sequence[str]
    core: Net
    bare: Net
    here: str
    there: str
    effect: str = "yes"
    other_attachments: str = ""
    attachments: str = ""

    def text(self) -> str:
        tests = [("with", "core", self.attachments, self.here)]
        tests.append(("without", "bare", self.other_attachments or self.attachments, self.there))
        out = self.core.text("core") + self.bare.text("bare")
        for label, network, attached, question in tests:
            out += f'test "{label}" {{\n on {network} {{\n {attached}\n }}\n {question}\n}}\n'
        return out


def experiment(
    entries: str,
    core: Net,
    bare: Net,
    attached: Sequence[str],
    here: str,
    there: str,
    effect: str = "yes",
    other: Sequence[str] = (),
) -> Experiment:
    """`entries` one per line."""
    names = [line.strip() for line in entries.strip().splitlines()]
    return Experiment(names, core, bare, here, there, effect, "\n ".join(other), "\n ".join(attached))


def path(source: str, to: str, expectation: str) -> str:
    return f"path from {source} to {to}\n expect {expectation}"


USUAL = tuple(attachment(name) for name in ("xa", "xa2", "xb", "xb2", "xc"))
WITH_FIREWALLS = (*USUAL, attachment("f1"), attachment("f2"))
SILENT = "no effect: "
