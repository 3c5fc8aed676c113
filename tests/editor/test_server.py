"""The server as an editor meets it: a process that speaks the protocol on its standard streams."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Any

import pytest

from policyc.__main__ import main

pytestmark = pytest.mark.skipif(find_spec("pygls") is None, reason="the language server needs pygls")
#: seconds for one answer of a busy machine
PATIENCE = 60


class Editor:
    """A client of few words."""

    def __init__(self, root: Path, encoding: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "policyc", "lsp", "--stdio"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=root
        )
        self.messages: Queue[dict[str, Any]] = Queue()
        Thread(target=self._listen, daemon=True).start()
        self.number = 0
        self.about = self.ask(
            "initialize",
            processId=None,
            rootUri=root.as_uri(),
            capabilities={"general": {"positionEncodings": [encoding]}},
        )
        self.say("initialized")

    def _listen(self) -> None:
        stream = self.process.stdout
        assert stream is not None
        while head := stream.readline():
            length = int(head.split(b":")[1])
            while stream.readline().strip():
                pass
            self.messages.put(json.loads(stream.read(length)))

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self.process.stdin is not None
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self.process.stdin.flush()

    def say(self, method: str, **params: Any) -> None:
        self._send({"method": method, "params": params})

    def ask(self, method: str, **params: Any) -> Any:
        self.number += 1
        self._send({"id": self.number, "method": method, "params": params})
        while True:
            message = self.messages.get(timeout=PATIENCE)
            if message.get("id") == self.number:
                assert "error" not in message, message
                return message["result"]

    def told(self, method: str, uri: str = "") -> Any:
        """The next message of the server of its own accord."""
        while True:
            message = self.messages.get(timeout=PATIENCE)
            if message.get("method") == method and uri in (message["params"].get("uri", ""), ""):
                return message["params"]

    def end(self) -> int:
        self.ask("shutdown")
        self._send({"method": "exit"})
        return self.process.wait(PATIENCE)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    assert main(["init", "-q", str(tmp_path)]) == 0
    return tmp_path


@pytest.fixture
def editor(shop: Path, request: pytest.FixtureRequest) -> Iterator[Editor]:
    found = Editor(shop, getattr(request, "param", "utf-16"))
    yield found
    if found.process.poll() is None:
        found.process.kill()
        found.process.wait()
    for stream in (found.process.stdin, found.process.stdout):
        assert stream is not None
        stream.close()


@pytest.mark.parametrize("editor", ["utf-16", "utf-8"], indirect=True)
def test_a_session(editor: Editor, shop: Path) -> None:
    path = shop / "policies" / "shop.policy"
    uri, text = path.as_uri(), path.read_text()
    document = {"uri": uri}
    encoding = editor.about["capabilities"]["positionEncoding"]
    editor.say("textDocument/didOpen", textDocument={**document, "languageId": "policyc", "version": 1, "text": text})
    assert editor.told("textDocument/publishDiagnostics", uri)["diagnostics"] == []

    # a character of two UTF-16 units and four bytes stands before the mistake
    line = text[: text.index("when source.vpc")].count("\n")
    wrong = text.replace("when source.vpc == mesh_vpc", 'when header["😀"] == mesh_vpd')
    editor.say("textDocument/didChange", textDocument={**document, "version": 2}, contentChanges=[{"text": wrong}])
    (found,) = editor.told("textDocument/publishDiagnostics", uri)["diagnostics"]
    assert found["code"] == "unknown-name"
    assert "did you mean `mesh_vpc`?" in found["message"]
    written = wrong.splitlines()[line]
    before = written[: written.index("mesh_vpd")].encode(encoding if encoding == "utf-8" else "utf-16-le")
    assert found["range"]["start"] == {"line": line, "character": len(before) // (1 if encoding == "utf-8" else 2)}

    editor.say("textDocument/didChange", textDocument={**document, "version": 3}, contentChanges=[{"text": text}])
    assert editor.told("textDocument/publishDiagnostics", uri)["diagnostics"] == []
    caller = text[: text.index("who order_fn")].count("\n")
    place = {"textDocument": document, "position": {"line": caller, "character": 10}}
    assert "role(shop" in editor.ask("textDocument/hover", **place)["contents"]["value"]
    (declared,) = editor.ask("textDocument/definition", **place)
    assert declared["uri"].endswith("policies/shared.policy")
    uses = editor.ask("textDocument/references", **place, context={"includeDeclaration": True})
    assert len(uses) == text.count("order_fn") + 1
    renamed = editor.ask("textDocument/rename", **place, newName="orders")
    assert {name.rpartition("/")[2] for name in renamed["changes"]} == {"shop.policy", "shared.policy"}
    for name in ("no name", "who", "inventory", "mesh_vpc"):
        assert editor.ask("textDocument/rename", **place, newName=name) is None
    offers = editor.ask("textDocument/completion", **place)["items"]
    assert "order_fn" in [item["label"] for item in offers]
    names = [item["name"] for item in editor.ask("textDocument/documentSymbol", textDocument=document)]
    assert "inventory_auth" in names
    assert editor.ask("textDocument/foldingRange", textDocument=document)
    colours = editor.ask("textDocument/semanticTokens/full", textDocument=document)["data"]
    assert colours
    assert len(colours) % 5 == 0
    assert (
        editor.ask("textDocument/formatting", textDocument=document, options={"tabSize": 2, "insertSpaces": True}) == []
    )
    lenses = editor.ask("textDocument/codeLens", textDocument=document)
    by_title = {lens["command"]["title"]: lens["command"] for lens in lenses}
    assert set(by_title) == {"passed", "what does this allow?"}
    for command in by_title.values():
        editor.ask("workspace/executeCommand", command=command["command"], arguments=command["arguments"])
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 999, "character": 0}}
    hints = editor.ask("textDocument/inlayHint", textDocument=document, range=whole)
    assert ' = "vpc-0a1b2c3d4e5f67890"' in {hint["label"] for hint in hints}
    assert editor.end() == 0


def test_a_fix_is_a_code_action(editor: Editor, shop: Path) -> None:
    path = shop / "policies" / "extra.policy"
    uri, text = path.as_uri(), 'use "policies/shared.policy" { org, shop }\nlet a: account = shop\n'
    editor.say("textDocument/didOpen", textDocument={"uri": uri, "languageId": "policyc", "version": 1, "text": text})
    found = editor.told("textDocument/publishDiagnostics", uri)["diagnostics"]
    unused = next(item for item in found if item["code"] == "unused-import")
    (action,) = editor.ask(
        "textDocument/codeAction", textDocument={"uri": uri}, range=unused["range"], context={"diagnostics": [unused]}
    )
    assert action["isPreferred"] is True
    ((edit,),) = action["edit"]["changes"].values()
    assert edit["newText"] == "" or "org" not in edit["newText"]


def test_a_file_that_cannot_be_read_is_shown(editor: Editor, shop: Path) -> None:
    """One that is not UTF-8 is shown where it is, one that has no place for a finding where somebody looks."""
    broken, large, path = (shop / "policies" / name for name in ("broken.policy", "large.policy", "shop.policy"))
    broken.write_bytes(b'let x = "\xff"\n')
    large.write_text("// much\n" * 600_000, encoding="utf-8")
    document = {"uri": path.as_uri(), "languageId": "policyc", "version": 1, "text": path.read_text()}
    editor.say("textDocument/didOpen", textDocument=document)
    (found,) = editor.told("textDocument/publishDiagnostics", path.as_uri())["diagnostics"]
    assert found["code"] == "file-too-large"
    assert "policies/large.policy" in found["message"]
    (found,) = editor.told("textDocument/publishDiagnostics", broken.as_uri())["diagnostics"]
    assert found["code"] == "not-utf-8"
    assert found["range"]["start"] == {"line": 0, "character": 0}


TEMPLATE = """Resources:
  Auth:
    Type: AWS::VpcLattice::AuthPolicy
    Properties:
      ResourceIdentifier: svc-0a1b2c3d4e5f67890
      Policy:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { AWS: "arn:aws:iam::111122223333:role/app" }
            Action: vpc-lattice-svcs:Invoke
            Resource: "*"
            Condition: { StringEquals: { "vpc-lattice-svcs:RequestMethod": get } }
"""
TERRAFORM = """resource "aws_vpclattice_auth_policy" "orders" {
  resource_identifier = "svc-0a1b2c3d4e5f67890"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::111122223333:role/app" }
      Action    = "vpc-lattice-svcs:Invoke"
      Resource  = "*"
      Condition = { StringEquals = { "vpc-lattice-svcs:RequestMethod" = "get" } }
    }]
  })
}
"""
CEDAR = '// policyc: trust jamf=jamf\npermit (principal, action, resource)\nwhen { context has jamf && context.jamf.risk == "low" };\n'


def test_findings_inside_other_files(editor: Editor, shop: Path) -> None:
    for name, text, word in (
        ("stack.yaml", TEMPLATE, "get"),
        ("main.tf", TERRAFORM, '"get"'),
        ("g.cedar", CEDAR, '"low"'),
    ):
        path = shop / name
        # what is saved is right, what is open is not
        path.write_text(text.replace("get", "GET").replace('"low"', '"LOW"'))
        uri = path.as_uri()
        editor.say("textDocument/didOpen", textDocument={"uri": uri, "languageId": "x", "version": 1, "text": text})
        found = [
            item
            for item in editor.told("textDocument/publishDiagnostics", uri)["diagnostics"]
            if item["code"] == "value-never-matches"
        ]
        (item,) = found
        start, end = item["range"]["start"], item["range"]["end"]
        assert start["line"] == end["line"]
        assert text.splitlines()[start["line"]][start["character"] : end["character"]] == word


def test_files_that_hold_no_policy_are_left_alone(editor: Editor, shop: Path) -> None:
    for name, text in (
        ("tsconfig.json", '{"a": 1, // b\n}'),
        ("compose.yaml", "services: {}\n"),
        ("a.tf", "locals {\n"),
    ):
        uri = (shop / name).as_uri()
        editor.say("textDocument/didOpen", textDocument={"uri": uri, "languageId": "x", "version": 1, "text": text})
        assert editor.told("textDocument/publishDiagnostics", uri)["diagnostics"] == []


def test_other_documents_and_nonsense(editor: Editor, shop: Path) -> None:
    path = shop / "auth.json"
    text = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}]}'
    path.write_text(text)
    uri = path.as_uri()
    policy = next(shop.rglob("*.policy"))
    document = {"uri": policy.as_uri(), "languageId": "policyc", "version": 1, "text": policy.read_text()}
    editor.say("textDocument/didOpen", textDocument=document)
    editor.say("textDocument/didOpen", textDocument={"uri": uri, "languageId": "json", "version": 1, "text": text})
    told = [item["code"] for item in editor.told("textDocument/publishDiagnostics", uri)["diagnostics"]]
    assert told.count("unknown-action") == 1, "the file is one of the project's, and stands for itself"
    for strange in ("\0\ud800".encode("utf-8", "replace").decode(), "policy" * 2_000, "{" * 500, ""):
        other = (shop / "x.policy").as_uri()
        document = {"uri": other, "languageId": "policyc", "version": 1, "text": strange}
        editor.say("textDocument/didOpen", textDocument=document)
        assert editor.told("textDocument/publishDiagnostics", other)["uri"] == other
        far = {"textDocument": {"uri": other}, "position": {"line": 99, "character": 99}}
        assert editor.ask("textDocument/hover", **far) is None
        editor.ask("textDocument/completion", **far)
        editor.say("textDocument/didClose", textDocument={"uri": other})
    with pytest.raises(Empty):
        while True:
            assert "error" not in editor.messages.get(timeout=0.2)
