"""How to speak to the author of a policy: in the language's words, or in those of the document that was read.

Every message of a rule that names a key, an operator, an action, a caller or a clause takes the words from here.
"""

from __future__ import annotations

from typing import Final

from policyc.ir.authz import Atom, Op, Origin, Policy, RawTest
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute
from policyc.targets.cedar_documents.facts import cedar_path, split_name
from policyc.targets.registry import target

#: clause of the language -> element of an IAM document
_ELEMENTS: Final = {"who": "Principal", "can": "Action", "path": "Resource", "on": "Resource", "when": "Condition"}
#: what the author of each kind of text calls the effects
_EFFECTS: Final = {Origin.IAM: {"allow": "Allow", "deny": "Deny"}, Origin.CEDAR: {"allow": "permit", "deny": "forbid"}}


def is_document(policy: Policy) -> bool:
    """Whether the author wrote a document of the service and no policy of the language."""
    return policy.origin is not Origin.LANGUAGE


def key_of(test: Atom | RawTest) -> str:
    """What the author calls the thing that is tested: `source.vpc`, or `aws:SourceVpc`."""
    return test.spelling.key if test.spelling is not None else test.attribute.name


def word(policy: Policy, name: str) -> str:
    """An attribute of the policy's target by its name in the language, in the author's words."""
    return attribute_word(policy, target(policy.target).vocabulary().attributes[name])


def attribute_word(policy: Policy, attribute: Attribute) -> str:
    """An attribute in the author's words: `source.vpc`, `vpc-lattice-svcs:SourceVpc`, or `context.jamf.risk`."""
    match policy.origin:
        case Origin.IAM:
            return attribute.native
        case Origin.CEDAR:
            return f"context{'' if attribute.native.startswith('[') else '.'}{attribute.native}"
        case _:
            return attribute.name


def pattern_text(policy: Policy, pattern: str) -> str:
    """A pattern as the author writes it: in Cedar `?` is a plain character, and needs no backslash."""
    return pattern.replace("\\?", "?") if policy.origin is Origin.CEDAR else pattern


def clause(policy: Policy, name: str) -> str:
    """A clause of a statement in the author's words: `who`, or `Principal`."""
    return _ELEMENTS[name] if policy.origin is Origin.IAM else name


def effect(policy: Policy, name: str) -> str:
    """`allow` or `deny` as the author writes it."""
    return _EFFECTS.get(policy.origin, {}).get(name, name)


def alternatives(policy: Policy) -> str:
    """How to join values or tests of which one is enough."""
    match policy.origin:
        case Origin.CEDAR:
            return "`||`"
        case Origin.IAM:
            return "a list of values"
        case _:
            return "`or` or `in […]`"


def caller(principal: Principal) -> str:
    """A caller as its author names it: the declared name, an ARN, or the constructor."""
    return principal.name or f"{principal.kind}({', '.join(principal.args)})".removesuffix("()")


def exists(policy: Policy, attribute: Attribute) -> str:
    """How to ask for the presence of an attribute."""
    if policy.origin is Origin.IAM:
        return f'"Null": {{"{attribute.native}": "false"}}'
    if policy.origin is Origin.CEDAR:
        steps = split_name(attribute.native) or (attribute.native,)
        return " && ".join(_has(steps[:length], step) for length, step in enumerate(steps))
    return f"{Op.EXISTS} {attribute.name}"


def lacks(policy: Policy, attribute: Attribute) -> str:
    """How to ask for the absence of an attribute in an IAM document or the language."""
    if policy.origin is Origin.IAM:
        return f'"Null": {{"{attribute.native}": "true"}}'
    return f"not ({exists(policy, attribute)})"


def before(policy: Policy, attribute: Attribute) -> str:
    """What to write before a test so that it counts only where its attribute is there."""
    return f"{exists(policy, attribute)} {'&&' if policy.origin is Origin.CEDAR else 'and'}"


def _has(holder: tuple[str, ...], step: str) -> str:
    from policyc.syntax.cedar_printer import attribute as cedar_attribute

    path = cedar_path(holder)
    return f"context{'' if not path or path.startswith('[') else '.'}{path} has {cedar_attribute(step)}"
