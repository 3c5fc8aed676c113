"""Templates of SAM: those of CloudFormation, which SAM takes as they are, with its transform."""

from __future__ import annotations

from collections.abc import Mapping

from policyc.diagnostics import Diagnostics
from policyc.emitting.cloudformation import stacks, yaml_files
from policyc.emitting.registry import Written
from policyc.emitting.templates import Opened


def write(opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
    return yaml_files(stacks(opened, "SAM", diagnostics), {"Transform": "AWS::Serverless-2016-10-31"})
