"""Templates of CloudFormation and SAM, in JSON and YAML, and those that CDK writes.

Source: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-guide.html
"""

from __future__ import annotations

from functools import cache
from typing import Final

from policyc.carriers.embedded import Carried, Options, Unreadable
from policyc.carriers.signs import EFFECT, STATEMENT
from policyc.carriers.types import types
from policyc.diagnostics import Diagnostics
from policyc.regex import regex
from policyc.text import Source

_NO_TEMPLATE: Final = "it is no template: no `Resources` stand at its top"
#: variables of the Serverless Framework: such a file is a part of what takes it in, and no template by itself
_PART: Final = regex(rb"\$\{(?:self|opt|sls|param|file)[:(]")
_TYPE: Final = regex(rb"AWS::\w+::\w+|Fn::ForEach|Fn::Transform")


@cache
def _wanted() -> tuple[bytes, ...]:
    names = [
        *types("cloudformation"),
        "AWS::Lambda::Permission",
        "AWS::Lambda::LayerVersionPermission",
        "AWS::VpcLattice::Service",
        "Fn::ForEach",
        "Fn::Transform",
    ]
    return tuple(name.encode() for name in names)


def recognize(name: str, raw: bytes) -> bool:
    """A template with a resource that we know, or with a statement in one that we do not: all others are nobody's business."""
    if b"Resources" not in raw or b"AWS::" not in raw or _PART.search(raw) is not None:
        return False
    return any(found.startswith(_wanted()) for found in set(_TYPE.findall(raw))) or STATEMENT.search(raw) is not None


def carried(source: Source, options: Options, diagnostics: Diagnostics) -> Carried:
    """The documents of a template, and what it says about the resources around them."""
    from policyc.carriers.cloudformation.documents import read_documents
    from policyc.carriers.cloudformation.template import read_template

    template = read_template(source, options, diagnostics)
    if template is None:
        return Carried()
    if not template.whole and (found := EFFECT.search(source.text)) is not None:
        return Carried((), (Unreadable("", "", source.span(*found.span()), _NO_TEMPLATE),))
    return read_documents(template, diagnostics)
