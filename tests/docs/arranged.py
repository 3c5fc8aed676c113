"""What the page of a finding arranges in words, because no text of a user brings it about: AWS's answer, a bug of policyc, a package that is not there, another process at work."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from policyc.cli import folder_lock
from policyc.lint import coverers, registry
from policyc.lint.rule import Lint
from policyc.record import replace
from policyc.targets import schema_check
from tests.live.fake.core import Aws, installed

Patch = pytest.MonkeyPatch
_CHECKS = "https://docs.aws.amazon.com/IAM/latest/UserGuide/access-analyzer-reference-policy-checks.html"


class _Analyzer:
    """Access Analyzer, which has something to say of documents that hold a text."""

    def __init__(self, kind: str, code: str, wrong: str) -> None:
        self.kind, self.code, self.wrong = kind, code, wrong

    def validate_policy(self, policyDocument: str, policyType: str) -> dict[str, Any]:
        assert policyType == "IDENTITY_POLICY"
        at = policyDocument.find(self.wrong)
        start = {"line": 4, "column": 0, "offset": at}
        place = {"path": [{"index": 0}], "span": {"start": start, "end": start | {"offset": at + len(self.wrong)}}}
        found = {
            "findingType": self.kind,
            "issueCode": self.code,
            "findingDetails": "Said by AWS.",
            "learnMoreLink": _CHECKS,
            "locations": [place],
        }
        return {"findings": [found] if at >= 0 else []}


def _answers(kind: str, code: str, wrong: str) -> Callable[[Patch], AbstractContextManager[object]]:
    return lambda _: installed(Aws(services={"accessanalyzer": [_Analyzer(kind, code, wrong)]}))


def _formatter(patch: Patch) -> AbstractContextManager[object]:
    import cedarpy

    real = cedarpy.format_policies
    patch.setattr(cedarpy, "format_policies", lambda text, **more: real(text.replace("// staff only\n", ""), **more))
    return nullcontext()


def _package(patch: Patch) -> AbstractContextManager[object]:
    patch.setitem(sys.modules, "yaml", None)
    return nullcontext()


def _compiler(patch: Patch) -> AbstractContextManager[object]:
    real = schema_check.check_documents

    def forgetting(documents: Any, *rest: Any, **more: Any) -> None:
        texts = [json.loads(document.text) for document in documents]
        for data in texts:
            data.pop("Version")
        real([replace(one, text=json.dumps(data)) for one, data in zip(documents, texts, strict=True)], *rest, **more)

    patch.setattr(schema_check, "check_documents", forgetting)
    return nullcontext()


@contextmanager
def _other_build(patch: Patch) -> Iterator[None]:
    pytest.importorskip("fcntl")
    patch.setattr(folder_lock, "PATIENCE", 0.1)
    Path("documents").mkdir()
    with folder_lock.locked(Path("documents")) as lock:
        assert lock
        yield


def _rule(patch: Patch) -> AbstractContextManager[object]:
    def explode(lint: Lint) -> None:
        raise ZeroDivisionError

    real = registry.rule
    patch.setattr(
        registry, "rule", lambda name: replace(real(name), check=explode) if name == "unused-import" else real(name)
    )
    return nullcontext()


def _fewer_pairs(patch: Patch) -> AbstractContextManager[object]:
    """The bound is met soon, so that the test takes no time."""
    patch.setattr(coverers, "MOST_PAIRS", 1_000)
    return nullcontext()


#: both halves of a page are looked at under what is arranged
ARRANGED: dict[str, Callable[[Patch], AbstractContextManager[object]]] = {
    "access-analyzer-error": _answers("ERROR", "INVALID_ACTION", '"vpc-lattice-svcs:Invok"'),
    "access-analyzer-security-warning": _answers(
        "SECURITY_WARNING", "PASS_ROLE_WITH_STAR_IN_RESOURCE", '"Resource": "*"'
    ),
    "access-analyzer-suggestion": _answers("SUGGESTION", "REDUNDANT_ACTION", '"s3:GetObject"'),
    "access-analyzer-warning": _answers("WARNING", "CREATE_SLR_WITH_STAR_IN_RESOURCE", '"Resource": "*"'),
    "cedar-layout": _formatter,
    "document-breaks-schema": _compiler,
    "missing-package": _package,
    "output-busy": _other_build,
    "rule-crashed": _rule,
    "too-many-pairs": _fewer_pairs,
}
