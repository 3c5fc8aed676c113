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

_SERVERLESS: Final = regex(r"(?m)^service\s*:(?s:.*)^provider\s*:|^provider\s*:(?s:.*)^service\s*:")
_TYPE: Final = regex(rb"AWS::\w+::\w+|Fn::ForEach|Fn::Transform")


@cache
def _wanted() -> tuple[bytes, ...]:
    names = [
        *types("cloudformation"),
        "AWS::Lambda::Permission",
        "AWS::VpcLattice::Service",
        "Fn::ForEach",
        "Fn::Transform",
    ]
    return tuple(name.encode() for name in names)


def recognize(name: str, raw: bytes) -> bool:
    """A template with a resource that we know, or with a statement in one that we do not: all others are nobody's business."""
    if b"Resources" not in raw or b"AWS::" not in raw:
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
        return Carried((), (Unreadable("", "", source.span(*found.span()), _other_tool(source.text)),))
    return read_documents(template, diagnostics)


def _other_tool(text: str) -> str:
    """Why policies in a file are not read whose `Resources` stand elsewhere than in a template."""
    if _SERVERLESS.search(text) is not None:
        return "a file of the Serverless Framework; check what `serverless package` writes"
    return "it is no template: no `Resources` stand at its top"
