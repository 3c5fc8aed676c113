"""Two rules ask for a tag whose keys differ in capitals alone.

## What it does
Finds association rules that name one tag in two spellings, such as `env` and `Env`, in their conditions or as the tag that names the segment. Two rules
that ask both spellings for the same value and lead to the same place are left alone: so one takes in attachments that are tagged either way.

## Why is this bad
Keys of tags are compared letter by letter. An attachment with the tag `Env` has no tag `env`: the rule passes it over, and it lands in another segment or in none.

## Example
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: exists tag["segment"] -> tag "Segment"
  }
}
```

## Use instead
```policy
network core for cloudwan version "2025.11" {
  asns  64512..64555
  edges us-east-1, eu-west-1
  segment production
  attach {
    100: exists tag["segment"] -> tag "segment"
  }
}
```

## Source
https://docs.aws.amazon.com/network-manager/latest/cloudwan/cloudwan-policies-json.html
"""

from __future__ import annotations

from collections.abc import Iterator

from policyc.diagnostics import Label, Severity, write_instead
from policyc.ir.network import AttachCondition, AttachRule, ToTag, Word
from policyc.lint.networks import core_networks
from policyc.lint.rule import Lint

SEVERITY = Severity.WARNING
SCOPE = "document"

#: a key where it stands, and what an attachment that has it is asked for and where it goes
_Use = tuple[Word, object]


def check(lint: Lint) -> None:
    for network in core_networks(lint):
        seen: dict[str, list[_Use]] = {}
        for word, use in (item for rule in network.attach_rules for item in _keys(rule)):
            before = seen.setdefault(word.text.casefold(), [])
            other = next((one for one, _ in before if one.text != word.text), None)
            known = any(one.text == word.text for one, _ in before)
            if other is not None and not known and not any(use == theirs for _, theirs in before):
                lint.report(
                    word.span,
                    f"tag `{word}` is another tag than `{other}`: keys are compared letter by letter",
                    write_instead(word.text, other.text) + ", if that is the tag which attachments have",
                    (Label(other.span, "the other spelling"),) if other.span is not None else (),
                )
            before.append((word, use))


def _keys(rule: AttachRule) -> Iterator[_Use]:
    either = rule.logic == "or"
    for condition in rule.conditions:
        if condition.key is not None:
            others = () if either else tuple(item for item in rule.conditions if item is not condition)
            yield condition.key, (_asked(condition), others, rule.action)
    if isinstance(rule.action, ToTag):
        yield rule.action.key, None


def _asked(condition: AttachCondition) -> object:
    return condition.type, condition.operator, condition.value
