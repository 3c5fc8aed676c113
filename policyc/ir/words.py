"""What the front end must know of the targets; handed in, so that no stage below names one."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from policyc.model.values import Principal, Resource
from policyc.model.vocabulary import Attribute, ResourceType, Vocabulary
from policyc.record import record

#: The attributes that a policy or a request on something may use; needs all resources, for what a resource inherits.
AttributeScope = Callable[[str, Resource | Principal, Mapping[str, Resource]], Mapping[str, Attribute]]


@record
class Words:
    """`targets` by the word after `for`, loaded when asked; `resource_types` of all of them; `scope` of one target; `networks` are
    the targets of `network` declarations."""

    targets: tuple[str, ...]
    vocabulary: Callable[[str], Vocabulary]
    resource_types: Callable[[], Mapping[str, ResourceType]]
    scope: AttributeScope
    networks: frozenset[str]

    def reserved(self) -> dict[str, str]:
        """Words that a declaration must not take, with what they mean already."""
        out: dict[str, str] = {}
        for target in self.targets:
            for name in self.vocabulary(target).attributes:
                root = name.split(".", 1)[0].removesuffix("[]")
                out.setdefault(
                    root,
                    f"the attribute `{root}` of {target}"
                    if root == name.removesuffix("[]")
                    else f"the attributes `{root}.…` of {target}",
                )
        return out
