"""Documents with whatever texts people put into them, through every form and back."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from policyc.emitting.templates import Opened, Template
from policyc.emitting.yaml_writer import Literal, write
from policyc.holes import MARK, mark
from policyc.workspace.beside.parameters import Parameter
from tests.emitting.reading import manifests, opened, plain, read_back, rendered, written
from tests.property.drawing import cases, seeds

CASES = min(200, int(os.environ.get("POLICYC_CASES", "10000")) // 50 + 20)
#: what some host has a meaning for
PIECES = (
    *(
        "${",
        "$",
        "}",
        "%{",
        "%",
        "#{",
        "{{",
        "}}",
        "${!",
        "$${",
        "%%{",
        "!Sub x",
        "!Ref",
        "&a",
        "*",
        "?",
        "|",
        ">",
        "-",
        ": ",
        " #",
        "#",
    ),
    *(
        '"',
        "'",
        "\\",
        "\n",
        "\t",
        "\r",
        "\u2028",
        "\x85",
        "\x7f",
        "\x01",
        "é",
        "日",
        "😀",
        "aws:username",
        "a",
        "true",
        "no",
        "null",
        "0123",
    ),
    *(
        "1e3",
        "0x1F",
        "1:30",
        "2012-10-17",
        "2021.12",
        ".Values.x",
        "CEDAR",
        "<<EOT",
        "//",
        "/*",
        "${AWS::Region}",
        "${var.x}",
        "~",
        "=",
        ",",
        "[",
        "]",
    ),
)
VALUE = "given-value"


@cache
def project(root: Path) -> Opened:
    folder = root / "policies"
    folder.mkdir(exist_ok=True)
    (folder / "a.policy").write_text(
        'resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: "111122223333"/us-west-2, auth: aws_iam }\n'
        "resource staff: verified_access.group { trust: { idc: iam_identity_center } }\n"
        'policy auth for lattice on inventory { allow "a" { who authenticated } }\n'
        'policy guard for verified_access on staff { allow "a" { when idc.user.email.verified } }\n',
        encoding="utf-8",
    )
    return opened(root)


def text(drawn: Random, hole: bool) -> str:
    parts = [drawn.choice(PIECES) for _ in range(drawn.randint(0, 5))]
    if hole and drawn.randint(0, 2) == 0:
        parts.insert(drawn.randint(0, len(parts)), mark("team"))
    return "".join(parts)


def document(drawn: Random) -> Any:
    values = [text(drawn, True) for _ in range(drawn.randint(1, 3))]
    key = f"aws:PrincipalTag/{text(drawn, False)}x"
    statement = {
        "Sid": "a",
        "Effect": "Allow",
        "Resource": values,
        "Condition": {"StringEquals": {key: text(drawn, True)}},
    }
    return {
        "Version": "2012-10-17",
        "Statement": [statement, {"Flag": True, "None": [], "Inner": [[text(drawn, False)], {}]}],
    }


def filled(tree: Any) -> Any:
    match tree:
        case dict():
            return {key: filled(value) for key, value in tree.items()}
        case list():
            return [filled(value) for value in tree]
        case str():
            return MARK.sub(VALUE, tree)
    return tree


def with_content(base: Opened, content: Any, cedar: bool) -> Opened:
    held = next(item for item in base.templates if bool(item.document.kind) is not cedar)
    parameters = {"team": Parameter("team", "string", doc="who")}
    return replace(base, templates=(Template(held.document, content),), parameters=parameters)


@pytest.mark.parametrize("name", ["cloudformation", "cdk", "terraform", "terraform-json", "kubernetes", "helm"])
def test_texts_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    base = project(_root(tmp_path_factory))

    @cases(CASES, seeds())
    def each(drawn: Random) -> None:
        tree = document(drawn)
        if name == "kubernetes":
            tree = filled(tree)
        files = written(with_content(base, tree, False), name)
        if name in ("kubernetes", "helm"):
            files = files if name == "kubernetes" else rendered(files, {"team": VALUE})
            (read,) = manifests(files)
        else:
            (item,) = read_back(files, {"var.team": VALUE, "Team": VALUE})
            read = plain(item)
        assert read == filled(tree)

    each()


@pytest.mark.parametrize("name", ["cloudformation", "cdk", "terraform", "terraform-json"])
def test_cedar_comes_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    base = project(_root(tmp_path_factory))

    @cases(CASES, seeds())
    def each(drawn: Random) -> None:
        lines = "".join(f'// {text(drawn, True)}\n  "{text(drawn, True)}"\n' for _ in range(drawn.randint(1, 3)))
        content = f"permit (principal, action, resource);\n{lines}"
        files = written(with_content(base, content, True), name)
        (item,) = read_back(files, {"var.team": VALUE, "Team": VALUE})
        assert plain(item) == filled(content)

    each()


_roots: list[Path] = []


def _root(factory: pytest.TempPathFactory) -> Path:
    if not _roots:
        _roots.append(factory.mktemp("hostile"))
    return _roots[0]


def test_yaml_is_read_as_it_was_meant() -> None:
    import yaml

    @cases(CASES * 5, seeds())
    def each(drawn: Random) -> None:
        one = text(drawn, False)
        tree = {one: one, "list": [one, [one], {one: [one]}], "block": one}
        assert yaml.safe_load(write({**tree, "block": Literal(one)})) == tree

    each()


def test_words_of_both_yamls_are_quoted() -> None:
    for word in (
        "2012-10-17",
        "2021.12",
        "*",
        "no",
        "on",
        "Y",
        "null",
        "~",
        "0o17",
        "1e3",
        "0x1f",
        "1_000",
        ".inf",
        "1:30",
        "",
        "a:",
        "<<",
        "=",
    ):
        assert write({"a": word}) == f"a: {json.dumps(word)}\n"
    assert write({"a": "arn:aws:iam::111122223333:role/*"}) == "a: arn:aws:iam::111122223333:role/*\n"
