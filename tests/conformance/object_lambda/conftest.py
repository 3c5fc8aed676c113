"""A small laboratory: a project from source text, its documents, and requests against them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from policyc.diagnostics import Diagnostics
from policyc.engines.trace import GateTrace, Outcome
from policyc.ir.authz import Policy
from policyc.ir.program import Program
from policyc.model.values import Principal, Scalar
from policyc.targets.base import Document, Request
from policyc.targets.iam_documents.carriers import carrier_of
from policyc.targets.object_lambda import TARGET
from policyc.targets.schema_check import check_documents
from policyc.text import Span
from tests.alone import checked

SHOP, OTHER = "111122223333", "444455556666"
RESOURCES = f"""
let shop: account = "{SHOP}"
let other: account = "{OTHER}"
let org: org_id = "o-a1b2c3d4e5"
principal alice = user(shop, "alice")
principal reader = role(shop, "reader")
principal cdn = cloudfront(shop, "E2ABCDEF123456")
resource photos:   s3.bucket              {{ name: "acme-photos", at: shop/us-east-1 }}
resource photo_ap: s3.access_point        {{ name: "photos-ap", at: shop/us-east-1, bucket: photos }}
resource resize:   lambda.function        {{ name: "resize-image", at: shop/us-east-1, qualifier: "7", role: role(shop, "resize-role") }}
"""
PLAIN = RESOURCES + (
    "resource resized: object_lambda.access_point"
    ' { name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize }\n'
)
EVERYTHING = RESOURCES + (
    "resource resized: object_lambda.access_point"
    ' { name: "photos-resized", at: shop/us-east-1, supporting: photo_ap, function: resize,'
    " actions: [GetObject, HeadObject, ListObjects, ListObjectsV2] }\n"
)
CDN = """
policy resized_images for object_lambda on resized {
  allow "cdn-reads" { who cdn  can GetObject }
}
"""


def user(name: str, account: str = SHOP) -> Principal:
    return Principal("user", (account, name))


def role(name: str, account: str = SHOP) -> Principal:
    return Principal("role", (account, name))


def cloudfront(distribution: str = "E2ABCDEF123456", account: str = SHOP) -> Principal:
    return Principal("cloudfront", (account, distribution))


ANONYMOUS = Principal("anonymous", ())


@dataclass
class Lab:
    """One project. `findings` are rule names with the text they point at."""

    text: str
    program: Program
    diagnostics: Diagnostics
    documents: tuple[Document, ...]

    @property
    def findings(self) -> list[tuple[str, str]]:
        return [
            (item.rule, self.text[item.span.start : item.span.end] if item.span else "")
            for item in self.diagnostics.sorted()
        ]

    @property
    def rules(self) -> list[str]:
        return sorted({item.rule for item in self.diagnostics})

    def document(self, stem: str) -> dict[str, Any]:
        found = [item for item in self.documents if item.path == f"object_lambda/{stem}.json"]
        assert found, [item.path for item in self.documents]
        data: dict[str, Any] = json.loads(found[0].text)
        return data

    def statements(self, stem: str) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = self.document(stem)["Statement"]
        return out

    def with_identity(self, carrier: Principal, *statements: Mapping[str, Any]) -> Lab:
        """The project with an identity policy of one principal, as the target `identity` would emit it."""
        name = f"of_{len(self.program.policies)}"
        span = Span("a.policy", 0, 0)
        policy = Policy(name, "identity", carrier, (), "a.policy", span)
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        document = Document(
            f"identity/{name}.json", "identity/policy", text, name, carrier_of(carrier), "identity", span
        )
        program = replace(self.program, policies=(*self.program.policies, policy))
        return replace(self, program=program, documents=(*self.documents, document))

    def without(self, stem: str) -> Lab:
        """The project with one document not deployed."""
        kept = tuple(item for item in self.documents if item.path != f"object_lambda/{stem}.json")
        assert len(kept) == len(self.documents) - 1
        return replace(self, documents=kept)

    def with_text(self, stem: str, edit: Callable[[dict[str, Any]], None]) -> Lab:
        """The project with one document changed by hand."""
        data = self.document(stem)
        edit(data)
        path = f"object_lambda/{stem}.json"
        assert any(item.path == path for item in self.documents)
        return replace(
            self,
            documents=tuple(
                replace(item, text=json.dumps(data)) if item.path == path else item for item in self.documents
            ),
        )

    def ask(
        self,
        resource: str,
        who: Principal | None,
        can: str | None,
        path: str | None = "cat.jpg",
        **values: Scalar | Sequence[Scalar],
    ) -> Outcome:
        """The outcome; attribute names use `__` for the dot (`aws__SourceIp`), an empty list for stated absence."""
        diagnostics = Diagnostics()
        found = self.try_ask(diagnostics, resource, who, can, path, **values)
        assert found is not None, [item.message for item in diagnostics]
        return found

    def try_ask(
        self,
        diagnostics: Diagnostics,
        resource: str,
        who: Principal | None,
        can: str | None,
        path: str | None = "cat.jpg",
        **values: Scalar | Sequence[Scalar],
    ) -> Outcome | None:
        known = TARGET.vocabulary().attributes
        stated: dict[str, tuple[Scalar, ...]] = {}
        for name, value in values.items():
            held = tuple(value) if isinstance(value, (list, tuple)) else (value,)
            stated[name.replace("__", ".")] = held  # type: ignore[assignment]
        attributes = {name: known[name] for name in stated}
        request = Request(self.program.resources[f"a.policy#{resource}"], who, can, path, stated, attributes)
        return TARGET.simulate(self.program, self.documents, request, diagnostics)


def hop(outcome: Outcome, name: str) -> GateTrace:
    """The gate that people call `name`."""
    found = [gate for gate in outcome.gates if name in (gate.name, gate.kind) or name in gate.name.split(" ")]
    assert len(found) == 1, [gate.name for gate in outcome.gates]
    return found[0]


def load(root: Path, text: str) -> Lab:
    """Load, check and emit. Documents are empty when there is an error; else each fits its schema."""
    (root / "a.policy").write_text(text, encoding="utf-8")
    diagnostics = Diagnostics()
    program = checked(TARGET, root, diagnostics, "a.policy")
    documents: tuple[Document, ...] = ()
    if not diagnostics.has_errors:
        documents = tuple(TARGET.emit(program, diagnostics))
        check_documents(documents, diagnostics, thorough=True)
    return Lab(text, program, diagnostics, documents)


@pytest.fixture
def lab(tmp_path: Path) -> Callable[[str], Lab]:
    """A project without findings, from the text of one file."""

    def make(text: str) -> Lab:
        found = load(tmp_path, text)
        assert not found.findings, [(item.rule, item.message) for item in found.diagnostics]
        return found

    return make


@pytest.fixture
def flawed(tmp_path: Path) -> Callable[[str], Lab]:
    """A project that may have findings."""
    return lambda text: load(tmp_path, text)


@pytest.fixture
def plain() -> str:
    """Resources; GET alone is transformed."""
    return PLAIN


@pytest.fixture
def everything() -> str:
    """Resources; all four calls are transformed."""
    return EVERYTHING


@pytest.fixture
def cdn_policy() -> str:
    """One distribution may read."""
    return CDN
