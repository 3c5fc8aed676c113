"""What an editor gets at a place. `§` marks the place in each text."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.__main__ import main
from policyc.diagnostics import Diagnostics
from policyc.editor.complete import complete
from policyc.editor.hints import allowed, hints
from policyc.editor.hover import hover
from policyc.editor.outline import TOKEN_KINDS, coloured, outline
from policyc.editor.session import Session, State
from policyc.syntax import nodes
from policyc.syntax.parser import parse
from policyc.text import Source


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shop")
    assert main(["init", "-q", str(root)]) == 0
    return root


def opened(project: Path, old: str, new: str, file: str = "policies/shop.policy") -> tuple[State, str, int]:
    """The project with a file in which `old` became `new`, and the place of the mark."""
    path = project / file
    text = path.read_text()
    assert old in text
    marked = text.replace(old, new, 1)
    session = Session()
    session.put(str(path), marked.replace("§", ""))
    state, name = session.state(str(path))
    return state, name, marked.index("§")


def offers(project: Path, old: str, new: str) -> list[str]:
    return [item.text for item in complete(*opened(project, old, new))]


@pytest.mark.parametrize(
    ("old", "new", "first", "others", "never"),
    [
        ("who order_fn", "who §", ["shop", "org"], {"order_fn", "anyone", "role"}, {"GET", "source.vpc", "inventory"}),
        ("can GET", "can §", ["GET"], {"POST", "invoke"}, {"order_fn", "s3.bucket"}),
        ("can GET", "can P§", ["GET"], {"POST", "PUT"}, {"order_fn"}),
        ("when source.vpc == mesh_vpc", "when §", ["aws.PrincipalArn"], {"source.vpc", "org"}, {"jamf.risk"}),
        ("when source.vpc == mesh_vpc", "when source.§", ["aws.PrincipalArn"], {"source.vpc"}, set()),
        ("when source.vpc == mesh_vpc", "when source.vpc == §", ["mesh_vpc"], {"org"}, set()),
        ("when source.vpc == mesh_vpc", "when source.vpc in [§", ["mesh_vpc"], {"org"}, set()),
        ("when source.vpc == mesh_vpc", "when aws.PrincipalOrgID == §", ["org"], {"mesh_vpc"}, set()),
        ("when source.vpc == mesh_vpc", "§", ["can"], {"when", "unless", "who", "path"}, {"source.vpc"}),
        ('  id: "svc-0a1b2c3d4e5f67890",', "  §", ["id"], {"at", "auth", "network"}, {"GET"}),
        ("inventory: lattice.service {", "inventory: § {", ["lattice.service_network"], {"s3.bucket"}, {"when"}),
        ("policy inventory_auth for lattice", "policy inventory_auth for §", ["lattice"], {"cloudwan"}, {"inventory"}),
        ("lattice on inventory", "lattice on §", ["mesh"], {"inventory", "order_fn"}, {"org"}),
    ],
)
def test_offers_are_what_the_clause_means(
    project: Path, old: str, new: str, first: list[str], others: set[str], never: set[str]
) -> None:
    found = offers(project, old, new)
    assert found[: len(first)] == first
    assert others <= set(found)
    assert not never & set(found)


BEFORE = """let shop: account = "111122223333"
resource orders: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, auth: aws_iam }
resource staff: verified_access.group { trust: { idc: iam_identity_center } }
"""
TESTED = 'policy p for lattice on orders { allow "reads" { who anyone } }\ntest "x" {\n'
NETWORK = 'network n for cloudwan version "2025.11" {\n  segment prod {}\n  segment dev {}\n  function_group fw {}\n'


@pytest.mark.parametrize(
    ("text", "first", "others", "never"),
    [
        # a dot is typed before what follows it: the whole name is offered in place of what is there
        ('policy p for verified_access on staff {\n  allow "a" { when idc.§ }\n}', [], {"idc.groups"}, {"prod"}),
        ('policy p for lattice on orders {\n  allow "a" { when source.§ }\n}', [], {"source.vpc"}, {"idc.groups"}),
        (
            'resource x: lattice.service { id: "svc-0a1b2c3d4e5f67890", auth: § }',
            ["none", "aws_iam"],
            {"shop"},
            {"GET"},
        ),
        (TESTED + "  request orders { who: §", ["shop"], {"role", "anyone"}, {"orders"}),
        (TESTED + "  request orders { can: GET }\n  expect deny by §", ['"reads"'], {"default"}, {"p"}),
        (TESTED + "  request orders { can: GET }\n  expect deny at §", [], {"p", "orders"}, {"shop"}),
        (NETWORK + "  share prod with §\n}", ["prod", "dev", "fw"], set(), {"anyone", "orders"}),
        (NETWORK + '  attach {\n    100: tag["x"] == "y" -> segment §\n  }\n}', ["prod", "dev"], set(), {"anyone"}),
        (NETWORK + "  attach {\n    100: §\n  }\n}", ['tag[""]', "account", "region", "type"], {"any"}, {"orders"}),
        (NETWORK + "  attach {\n    100: type == §\n  }\n}", ["vpc"], {"connect"}, {"orders"}),
    ],
)
def test_offers_in_what_is_half_typed(
    tmp_path: Path, text: str, first: list[str], others: set[str], never: set[str]
) -> None:
    marked = BEFORE + text
    session, file = Session(), tmp_path / "a.policy"
    session.put(str(file), marked.replace("§", ""))
    state, name = session.state(str(file))
    offset = marked.index("§")
    found = complete(state, name, offset)
    told = [item.text for item in found]
    assert told[: len(first)] == first and others <= set(told) and not never & set(told)
    # what is offered takes the place of the part of the name that stands there
    assert {marked[item.start : offset] for item in found} <= {"", "idc.", "source."}
    assert marked[offset - 1] != "." or {item.start for item in found} == {marked.rindex(" ", 0, offset) + 1}


@pytest.mark.parametrize(
    ("file", "text", "begins"),
    [
        ("a.json", '{"Condition": {"StringEquals": {"vpc-lattice-svcs:Request§Method": "GET"}}}', "**lattice.method**"),
        ("a.yaml", "Action: §s3:getobject", "**s3.bucket.GetObject**"),
        ("a.tf", 'variable = "aws:PrincipalTag/t§eam"', "**lattice.aws.PrincipalTag[]**"),
        ("a.cedar", "context.http_request.hostname.cont§ains(x)", "**verified_access.http_request.hostname**"),
        # a word of the language is none of a document
        ("a.json", '{"Action": "vpc§-unknown:Invoke", "source": "allow"}', ""),
        ("a.yaml", "Effect: al§low", ""),
    ],
)
def test_what_documents_name_as_their_service_does(project: Path, file: str, text: str, begins: str) -> None:
    session = Session()
    session.put(str(project / file), text.replace("§", ""))
    state, name = session.state(str(project / file))
    told = hover(state, name, text.index("§"))
    assert (told is None) == (not begins)
    assert told is None or told.text.startswith(begins)


def test_a_new_declaration_and_a_test(project: Path) -> None:
    at_end = "/// The caller's side"
    assert {"policy", "test", "let"} <= set(offers(project, at_end, f"§\n\n{at_end}"))
    request = 'test "x" { request inventory { §'
    assert {"who", "can", "path", "source.vpc"} <= set(offers(project, at_end, f"{request}\n\n{at_end}"))
    assert "GET" in offers(project, at_end, f'test "x" {{ request inventory {{ who: order_fn, can: §\n\n{at_end}')
    assert "inventory" in offers(project, at_end, f'test "x" {{ request §\n\n{at_end}')


@pytest.mark.parametrize(
    ("claim", "offered", "never"),
    [
        ("every request to §", {"inventory"}, {"GET", "acme", "order_fn"}),
        ("every request to inventory who §", {"order_fn", "anyone", "role"}, {"GET", "inventory"}),
        ("every request to inventory can §", {"GET", "POST"}, {"order_fn", "GetObject"}),
        ("every request to inventory where §", {"source.vpc", "aws.PrincipalOrgID"}, {"GET"}),
        ("every request to inventory where source.vpc == §", {"mesh_vpc"}, {"GET"}),
        ("every request to inventory is deny at §", {"inventory_auth", "mesh"}, {"GET", "order_fn"}),
        ("no request to inventory is allowed by §", {"inventory_auth", '"order-reads-stock"'}, {"GET", "order_fn"}),
        ("no request to inventory is allowed\n  no request to inventory can §", {"GET"}, {"source.vpc"}),
        ("no path from §", {"dev", "prod", "fw"}, {"GET", "inventory"}),
        ("every path from dev to prod is inspected by §", {"fw"}, {"dev", "inventory"}),
        ("no path from dev to prod on §", {"core"}, {"dev", "inventory"}),
    ],
)
def test_offers_inside_of_a_proof(project: Path, claim: str, offered: set[str], never: set[str]) -> None:
    at_end = "/// The caller's side"
    network = """
network core for cloudwan version "2025.11" {
  asns 64512..64555
  edges us-east-1
  segment dev
  segment prod
  function_group fw
}
"""
    found = set(offers(project, at_end, f'{network}\nprove "x" {{\n  {claim}\n\n{at_end}'))
    assert offered <= found, found
    assert not never & found


@pytest.mark.parametrize("new", ["// a § comment\n", 'let x = "te§xt"\n', "let ) ] §\n"])
def test_nothing_is_offered_where_nothing_is_meant(project: Path, new: str) -> None:
    assert offers(project, "resource mesh", new + "resource mesh") == []


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("source.vpc ==", "sou§rce.vpc ==", ["**lattice.source.vpc** (attribute)", "vpc-lattice-svcs:SourceVpc"]),
        ("who order_fn", "who order§_fn", ["principal order_fn = role(", "The function that takes orders."]),
        ("policy inventory_auth", "policy inventory§_auth", ["lattice/inventory_auth.json", '"Effect": "Allow"']),
        ("can GET", "can §GET", ["(verb)", "vpc-lattice-svcs:Invoke"]),
        ("when source.vpc", "wh§en source.vpc", ["**when** (word)"]),
        ("id:", "i§d:", ["**lattice.service_network.id** (field)"]),
        # in a statement that is half typed
        ("when source.vpc == mesh_vpc", "when source.v§pc == ", ["**lattice.source.vpc** (attribute)"]),
        ("when source.vpc == mesh_vpc", "when source.vpc == mesh§_vpc and", ["let mesh_vpc"]),
    ],
)
def test_hover(project: Path, old: str, new: str, words: list[str]) -> None:
    told = hover(*opened(project, old, new))
    assert told is not None
    for word in words:
        assert word in told.text


def test_hover_says_nothing_in_empty_places(project: Path) -> None:
    assert hover(*opened(project, "\n\nresource mesh", "\n§\nresource mesh")) is None


def test_uses_are_found_in_every_file(project: Path) -> None:
    state, file, offset = opened(project, "who order_fn", "who order§_fn")
    symbol = state.index.at(file, offset)
    assert symbol is not None
    assert symbol.declaration is not None
    assert symbol.declaration.file == "policies/shared.policy"
    texts = [(use.span.file, state.source(use.span.file)) for use in symbol.uses]
    assert {name for name, _ in texts} == {"policies/shared.policy", "policies/shop.policy"}
    for use in symbol.uses:
        source = state.source(use.span.file)
        assert source is not None
        assert source.text[use.span.start : use.span.end] == "order_fn"
    # the import, the policy's caller, the policy on the caller and the requests of the tests
    written = state.source(file)
    assert written is not None
    assert sum(use.span.file == file for use in symbol.uses) == written.text.count("order_fn")


def test_names_of_a_predicate_are_its_own(tmp_path: Path) -> None:
    path = tmp_path / "a.policy"
    text = 'let vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"\npredicate inside(vpc: vpc_id) = source.vpc == vpc\n'
    path.write_text(text)
    session = Session()
    session.put(str(path), text)
    state, file = session.state(str(path))
    outer, inner = state.index.at(file, text.index("vpc:")), state.index.at(file, len(text) - 2)
    assert outer is not None
    assert inner is not None
    assert (outer.inner, len(outer.uses)) == ("", 1)
    assert (inner.inner, inner.kind, len(inner.uses)) == ("inside", "parameter", 2)


def test_findings_are_of_the_text_that_is_not_saved(project: Path) -> None:
    state, _, _ = opened(project, "== mesh_vpc", "== mesh_vpd§")
    findings, sources = state.findings
    assert [item.rule for item in findings] == ["unknown-name"]
    assert findings[0].span is not None
    assert findings[0].span.file in sources


def test_a_configuration_with_a_mistake_is_the_finding(tmp_path: Path) -> None:
    (tmp_path / "policyc.toml").write_text("[nonsense]\n")
    (tmp_path / "a.policy").write_text("let a: account = 1\n")
    session = Session()
    session.put(str(tmp_path / "a.policy"), "let a: account = 1\n")
    findings, _ = session.state(str(tmp_path / "a.policy"))[0].findings
    assert findings
    assert all(item.span is not None and item.span.file == "policyc.toml" for item in findings)


@pytest.mark.parametrize("file", ["a.policy", "gen/b.policy", "t.json"])
def test_of_a_file_that_the_configuration_takes_out_nothing_is_said(file: str, tmp_path: Path) -> None:
    text = "let a: account = 1\n" if file.endswith(".policy") else '{"Version": "2012-10-17", "Statement": [{}]}'
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    for excluded in (False, True):
        (tmp_path / "policyc.toml").write_text(
            f'[project]\nexclude = ["{file.partition("/")[0]}"]\n' if excluded else ""
        )
        session = Session()
        session.put(str(path), text)
        assert bool(session.state(str(path))[0].findings[0]) is not excluded


def test_the_outline_and_colours_of_a_broken_text() -> None:
    source = Source("a.policy", 'let a = 1 // note\npolicy p for lattice on x {\n  allow "all" { who any\n')
    entries = outline(parse(source, Diagnostics()))
    assert ("a", "let") in [(entry.name, entry.kind) for entry in entries]
    words = {source.text[start:end]: TOKEN_KINDS[kind] for start, end, kind in coloured(source)}
    assert words["policy"] == "keyword"
    assert words["// note"] == "comment"
    assert words['"all"'] == "string"
    assert words["1"] == "number"


def test_a_large_project_is_not_waited_for(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = str(project / "policies" / "shop.policy")
    text = Path(path).read_text().replace("== mesh_vpc", "== mesh_vpd")
    monkeypatch.setattr("policyc.editor.session._AT_ONCE", -1.0)
    session = Session()
    session.put(path, text)
    whole, name = session.state(path)
    quick, same = session.quick(path)
    assert quick is not whole
    assert name == same
    # what is wrong in the file itself is known at once
    assert [item.rule for item in quick.findings[0] if item.severity == "error"] == ["unknown-name"]
    assert set(quick.compiled.program.modules) == {"policies/shop.policy", "policies/shared.policy"}
    whole.settle()
    assert session.quick(path)[0] is whole


def test_values_stand_behind_their_names(project: Path) -> None:
    state, file, _ = opened(project, "when source.vpc == mesh_vpc", "when source.vpc == mesh§_vpc")
    source = state.source(file)
    assert source is not None
    found = {source.text[: hint.at].rpartition(" ")[2]: hint.text for hint in hints(state, file, 0, len(source.text))}
    assert found["mesh_vpc"] == ' = "vpc-0a1b2c3d4e5f67890"'
    assert list(hints(state, file, 0, 1)) == []


def test_what_a_policy_allows_is_said_in_its_own_words() -> None:
    text = """policy p for lattice on inventory {
  allow "read" { who order_fn  can GET  path "/stock", "/stock/*"  when source.vpc == mesh_vpc }
  deny "private" { who anyone  path "/stock/private" }
}
policy q for lattice on inventory {
  deny "all" { who anyone }
}
"""
    source = Source("a.policy", text)
    first, second = (item for item in parse(source, Diagnostics()).declarations if isinstance(item, nodes.Policy))
    assert allowed(source, first) == [
        'order_fn: GET path "/stock", "/stock/*" when source.vpc == mesh_vpc',
        'but never anyone: everything path "/stock/private"',
    ]
    assert allowed(source, second) == ["nothing: every request is refused", "but never anyone: everything"]
