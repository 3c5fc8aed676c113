"""The forms that documents are written in for deployment. A form is one module and one line here.

Each module has

    write(opened, places, diagnostics) -> files by path    documents that it has no place for, and parameters that it cannot leave open, are reported
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Final, Protocol, cast

from policyc.diagnostics import Diagnostics
from policyc.emitting.templates import Opened
from policyc.record import record


@record
class Written:
    """One file: its text, and the target and the policy file that it comes from (empty where it comes from several)."""

    text: str
    target: str = ""
    source: str = ""


class Form(Protocol):
    """A module that writes one form."""

    def write(self, opened: Opened, diagnostics: Diagnostics) -> Mapping[str, Written]:
        """The files by their path."""


#: the finding of a document that a form has no resource for: it is passed over, and the others are written
NO_PLACE: Final = "no-place-for-document"
#: name after `--to` -> module
FORMS: Final[Mapping[str, str]] = {
    "cloudformation": "cloudformation",
    "sam": "sam",
    "cdk": "cdk",
    "terraform": "terraform",
    "terraform-json": "terraform_json",
    "kubernetes": "kubernetes",
    "helm": "helm",
}
#: forms that have no parameters: a `param` with a default has it there
CLOSED: Final = ("kubernetes",)


def form(name: str) -> Form:
    return cast(Form, import_module(f"{__package__}.{FORMS[name]}"))
