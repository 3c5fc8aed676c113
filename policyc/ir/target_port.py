"""What the front end must know of the targets; handed in, so that no stage below names one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from policyc.diagnostics import Diagnostics
from policyc.ir.raw_forms import NativeForms
from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, ResourceType, Vocabulary
from policyc.record import record
from policyc.text import Source, Span

#: The attributes that a policy or a request on something may use; needs all resources, for what a resource inherits.
AttributeScope = Callable[[str, Resource | Principal, Mapping[str, Resource]], Mapping[str, Attribute]]
#: What to do about a name that a policy of a target on something does not see; empty when the nearest name says it best.
Hint = Callable[[str, Resource | Principal, Mapping[str, Resource], str], str]
#: Adds to a resource what files of the project say of it; those are opened by name from the root, reported at a span.
Complete = Callable[[Resource, Callable[[str, Span], "Source | None"], Diagnostics], Resource]


def _as_it_is(
    resource: Resource, open_file: Callable[[str, Span], Source | None], diagnostics: Diagnostics
) -> Resource:
    return resource


def _nothing(target: str, on: Resource | Principal, resources: Mapping[str, Resource], name: str) -> str:
    return ""


def _none(target: str) -> NativeForms | None:
    return None


@record
class TargetPort:
    """`targets` by the word after `for`, loaded when asked; `resource_types` of all of them; `scope` of one target; `networks` are
    the targets of `network` declarations; `complete` adds to resources what lies in other files; `hint` knows
    more of names that nothing has; `native` reads the raw forms of a target's statements, None where it has none."""

    targets: tuple[str, ...]
    vocabulary: Callable[[str], Vocabulary]
    resource_types: Callable[[], Mapping[str, ResourceType]]
    scope: AttributeScope
    networks: frozenset[str]
    complete: Complete = _as_it_is
    hint: Hint = _nothing
    native: Callable[[str], NativeForms | None] = _none

    def reserved(self, targets: Iterable[str]) -> dict[str, str]:
        """Words that a file which writes for `targets` must not declare or import, with what they mean already."""
        out: dict[str, str] = {}
        for target in sorted(set(targets) & set(self.targets)):
            for name in self.vocabulary(target).attributes:
                root, dot, _ = name.removesuffix("[]").partition(".")
                out.setdefault(
                    root, f"the attributes `{root}.…` of {target}" if dot else f"the attribute `{root}` of {target}"
                )
        return out
