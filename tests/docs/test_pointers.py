"""Every address that a message, a page of documentation or a table of facts points at: whole, well formed, and on a site that is known.

Nothing is fetched. A new site is a line below, once somebody has read it there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
_FILES = (
    *(
        path
        for folder, kind in (("schemas", "*.json"), ("schemas", "*.md"), ("docs", "*.md"))
        for path in (ROOT / folder).rglob(kind)
    ),
    *(ROOT / "policyc").rglob("*.py"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
)
#: an expression for addresses (`https://(…`) is none
_ADDRESS = re.compile(r"https?://(?!\()[^\s<>\"'`\\|{}\[\]]+")
#: what stands for an address that only the reader knows, is made by the program itself, or names a format
_OWN = ("https://HOST/", "https://…", "http://127.0.0.1", "http://www.w3.org/2000/svg", "https://json-schema.org/")
_EXAMPLES = ("example.com", "example.org", "example.net")
_SITES = """
    aws-controllers-k8s.github.io checkstyle.org developer.hashicorp.com docs.aws.amazon.com docs.cedarpolicy.com
    docs.github.com docs.gitlab.com docs.oasis-open.org force-color.org git-scm.com github.com helm.sh
    html.spec.whatwg.org keepachangelog.com lark-parser.readthedocs.io learn.microsoft.com
    macromates.com marketplace.upbound.io microsoft.github.io no-color.org owasp.org packaging.python.org pypi.org
    registry.terraform.io semver.org signin.aws.amazon.com spec.commonmark.org toml.io trojansource.codes
    www.gateway-api-controller.eks.aws.dev www.iana.org www.pulumi.com www.rfc-editor.org www.serverless.com www.unicode.org
    www.w3.org yaml.org
"""


SITES = frozenset(_SITES.split())


def addresses() -> Iterator[tuple[Path, str]]:
    for path in _FILES:
        for found in _ADDRESS.finditer(path.read_text(encoding="utf-8")):
            text = found[0].rstrip(".,;:!*")
            while text.endswith(")") and text.count(")") > text.count("("):
                text = text[:-1].rstrip(".,;:!*")
            if not text.startswith(_OWN):
                yield path, text


def trouble(text: str) -> str:
    """What is wrong with an address; empty when nothing is."""
    parts = urlsplit(text)
    host = parts.hostname or ""
    if parts.scheme != "https" or parts.username or parts.port:
        return "is no plain https address"
    if host.endswith(_EXAMPLES):
        return ""
    if host not in SITES:
        return "is on a site that nobody listed"
    if re.search(r"%(?![0-9A-Fa-f]{2})|//|…|\.\.|[^!-~]", parts.path + parts.query + parts.fragment):
        return "is malformed"
    if text.endswith(("#", "?", "-", "_", "&", "=")):
        return "is cut off"
    if host == "docs.aws.amazon.com" and re.search(r"(/|\.html|\.md|\.pdf)$", parts.path) is None:
        return "is no page"
    return ""


def test_every_pointer_is_whole_and_on_a_site_that_is_known() -> None:
    found = list(addresses())
    assert len(found) > 1000
    wrong = {f"{path.relative_to(ROOT)}: {text} {why}" for path, text in found if (why := trouble(text))}
    assert sorted(wrong) == []


def guides(found: Iterator[str]) -> Counter[str]:
    """How often each of AWS's guides is pointed at."""
    parts = (urlsplit(text) for text in found)
    return Counter(part.path.strip("/").split("/")[0] for part in parts if part.hostname == "docs.aws.amazon.com")


def slips(counted: Counter[str]) -> list[str]:
    """Guides that one address points at and that are nearly called like another one."""
    often = [name for name, count in counted.items() if count > 1]
    return [name for name, count in counted.items() if count == 1 and get_close_matches(name, often, 1, 0.9)]


def test_every_site_is_pointed_at() -> None:
    assert {urlsplit(text).hostname for _, text in addresses()} >= SITES


def test_no_guide_is_a_slip_of_another() -> None:
    counted = guides(text for _, text in addresses())
    assert counted["verified-access"] > 10 and slips(counted) == []
    assert slips(counted + Counter(["verifed-access"])) == ["verifed-access"]


def test_what_is_wrong_with_an_address_is_found() -> None:
    guide = "https://docs.aws.amazon.com/verified-access/latest/ug/"
    assert trouble(f"{guide}trust-data-iam.html") == "" and trouble(f"{guide}trust-data-iam.html#groups") == ""
    assert trouble(f"{guide}trust-data-iam.") == trouble(f"{guide}trust-data-iam") == "is no page"
    assert trouble("https://docs.aws.amazon.co/verified-access/") == "is on a site that nobody listed"
    assert trouble("http://docs.cedarpolicy.com/") == "is no plain https address"
    assert trouble("https://docs.cedarpolicy.com/policies%2") == "is malformed"
    assert trouble("https://docs.cedarpolicy.com/auth/authorization.html#") == "is cut off"
