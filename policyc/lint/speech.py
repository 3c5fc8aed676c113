"""How to speak to the author of a policy: in the language's words, or in those of the document that was read.

Every message of a rule that names a key, an operator, an action, a caller or a clause takes the words from here.
"""

from __future__ import annotations

from typing import Final

from policyc.ir.authz import Atom, Op, Origin, Policy, RawTest
from policyc.model.values import Principal
from policyc.model.vocabulary import Attribute
from policyc.targets.registry import target

#: clause of the language -> element of an IAM document
_ELEMENTS: Final = {"who": "Principal", "can": "Action", "path": "Resource", "on": "Resource", "when": "Condition"}
_EFFECTS: Final = {"allow": "Allow", "deny": "Deny"}


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
    """An attribute in the author's words: `source.vpc`, or `vpc-lattice-svcs:SourceVpc`."""
    return attribute.native if policy.origin is Origin.IAM else attribute.name


def clause(policy: Policy, name: str) -> str:
    """A clause of a statement in the author's words: `who`, or `Principal`."""
    return _ELEMENTS[name] if policy.origin is Origin.IAM else name


def effect(policy: Policy, name: str) -> str:
    """`allow` or `deny` as the author writes it."""
    return _EFFECTS[name] if policy.origin is Origin.IAM else name


def caller(principal: Principal) -> str:
    """A caller as its author names it: the declared name, an ARN, or the constructor."""
    return principal.name or f"{principal.kind}({', '.join(principal.args)})".removesuffix("()")


def exists(policy: Policy, attribute: Attribute) -> str:
    """How to ask for the presence of an attribute."""
    if policy.origin is Origin.IAM:
        return f'"Null": {{"{attribute.native}": "false"}}'
    return f"{Op.EXISTS} {attribute.name}"
