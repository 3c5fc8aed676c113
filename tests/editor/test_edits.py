"""After any edits a session says of a text what a session says that has just been opened."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic
from policyc.editor.session import Session

SHARED = """let shop: account = "111122223333"
let mesh_vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"
principal order_fn = role(shop, "order-service")
"""
STOCK = """use "shared.policy" { mesh_vpc, order_fn, shop }
resource stock: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
policy stock_auth for lattice on stock {
  allow "read" { who order_fn  can GET  path "/stock", "/stock/*"  when source.vpc == mesh_vpc }
  allow "write" { who order_fn  can POST  path "/stock/*" }
  deny "others" { who anyone  unless source.vpc == mesh_vpc }
}
policy calls for identity on order_fn { allow "call" { can invoke  on stock  path "/stock*" } }
test "a read" {
  request stock { who: order_fn, can: GET, path: "/stock", source.vpc: mesh_vpc }
  expect allow by "read"
}
"""
PIECES = (
    "{",
    "}",
    '"',
    "/",
    "stock",
    "/*",
    "deny ",
    "allow ",
    "who anyone  can GET",
    " ",
    "\n",
    "// no\n",
    "==",
    "=",
    "vpc-0",
    "mesh_vpc",
    "not ",
    "é",
)


def edits(rng: random.Random, texts: dict[str, str]) -> Iterator[str]:
    """Change one of the texts again and again as people type: insert, remove, repeat a line, take everything back."""
    kept = dict(texts)
    while True:
        name = rng.choice(sorted(texts))
        text = texts[name]
        at = rng.randrange(len(text) + 1)
        match rng.randrange(8):
            case 0 | 1 | 2:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 3 | 4:
                text = text[:at] + text[at + rng.randrange(1, 9) :]
            case 5:
                lines = text.splitlines(keepends=True) or [""]
                line = rng.randrange(len(lines))
                text = "".join([*lines[: line + 1], *lines[line:]])
            case _:
                text = kept[name]
        texts[name] = text
        yield name


def findings(session: Session, path: Path) -> list[Diagnostic]:
    return list(session.state(str(path))[0].findings[0])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("config", [None, '[lint]\nignore = ["policy-without-test"]\n'])
def test_findings_do_not_depend_on_what_was_there_before(tmp_path: Path, seed: int, config: str | None) -> None:
    rng = random.Random(seed)
    texts = {"shared.policy": SHARED, "stock.policy": STOCK}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    if config is not None:
        (tmp_path / "policyc.toml").write_text(config)
    session, asked = Session(), 0
    changes = edits(rng, texts)
    for _ in range(30):
        name = next(changes)
        session.put(str(tmp_path / name), texts[name])
        if rng.random() < 0.3:  # several keystrokes before somebody looks
            continue
        fresh = Session()
        for each, text in texts.items():
            fresh.put(str(tmp_path / each), text)
        for each in texts:
            assert findings(session, tmp_path / each) == findings(fresh, tmp_path / each), texts
        asked += len(findings(fresh, tmp_path / "stock.policy"))
    assert asked > 0
