"""Every mistake in names, types and values gets its rule, at its place, with help. One row per mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from policyc.diagnostics import Diagnostic, Diagnostics
from policyc.targets.program import load_program

HEAD = """\
let shop: account = "111122223333"
let org: org_id = "o-a1b2c3d4e5"
let vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"
principal app = role(shop, "app")
resource net: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }
resource svc: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: net, auth: aws_iam }
"""


def check(root: Path, text: str, *, head: str = HEAD) -> tuple[list[Diagnostic], str]:
    whole = text + "\n" + head if text.startswith("use ") else head + text  # imports stand first
    (root / "main.policy").write_text(whole, encoding="utf-8")
    diagnostics = Diagnostics()
    load_program(root, [Path("main.policy")], {}, diagnostics)
    return diagnostics.sorted(), whole


def statement(clauses: str) -> str:
    return f'policy p for lattice on svc {{ allow "a" {{ who app {clauses} }} }}'


ROWS = [
    # texts of several
    (
        "joined text of the wrong form",
        'let a: account = concat("11112222", "x")',
        "malformed-value",
        'concat("11112222", "x")',
    ),
    ("joined with a number", 'let a: string = concat("a", 5)', "type-mismatch", "5"),
    (
        "texts of texts of texts",
        "\n".join(
            [
                f'let a0: string = "{"x" * 100}"',
                *(f"let a{n}: string = concat(a{n - 1}, a{n - 1})" for n in range(1, 40)),
            ]
        ),
        "wrong-arguments",
        "concat(a8, a8)",
    ),
    # names
    ("unknown name", "let a: account = shoop", "unknown-name", "shoop"),
    ("declared twice", 'let shop: account = "111122223333"', "duplicate-name", "shop"),
    ("defined by itself", "let a: account = b\nlet b: account = a", "cyclic-definition", "a"),
    ("predicate calls itself", "predicate q() = q()\n" + statement("when q()"), "cyclic-definition", "q"),
    ("shadows an attribute", 'let source: string = "x"\n' + statement(""), "shadowed-name", "source"),
    ("shadows a built-in", 'principal anyone = role(shop, "x")', "shadowed-name", "anyone"),
    ("parameter shadows a let", "predicate q(org: org_id) = true", "shadowed-name", "org"),
    ("parameter twice", "predicate q(m: string, m: string) = true", "duplicate-name", "m"),
    ("import outside the root", 'use "../x.policy" { a }', "outside-root", '"../x.policy"'),
    ("import of an absolute path", 'use "/etc/x.policy" { a }', "outside-root", '"/etc/x.policy"'),
    ("import of nothing", 'use "none.policy" { a }', "missing-file", '"none.policy"'),
    ("import of another kind of file", 'use "x.json" { a }', "missing-file", '"x.json"'),
    ("imports itself", 'use "main.policy" { shop }', "cyclic-import", '"main.policy"'),
    # types and values
    ("unknown type", 'let a: acount = "1"', "unknown-type", "acount"),
    ("account of eleven digits", 'let a: account = "11112222333"', "malformed-value", '"11112222333"'),
    ("account as a number", "let a: account = 111122223333", "type-mismatch", "111122223333"),
    (
        "vpc id with a wrong letter",
        'let a: vpc_id = "vpc-0a1b2c3d4e5f6789g"',
        "malformed-value",
        '"vpc-0a1b2c3d4e5f6789g"',
    ),
    ("host bits, IPv4", 'let a: cidr = "10.0.0.1/8"', "host-bits", '"10.0.0.1/8"'),
    ("host bits, IPv6", 'let a: cidr = "2001:db8::1/32"', "host-bits", '"2001:db8::1/32"'),
    ("block without mask", 'let a: cidr = "10.0.0.0"', "malformed-value", '"10.0.0.0"'),
    ("netmask instead of length", 'let a: cidr = "10.0.0.0/255.0.0.0"', "malformed-value", '"10.0.0.0/255.0.0.0"'),
    ("address that does not exist", 'let a: ip = "10.0.0.256"', "malformed-value", '"10.0.0.256"'),
    ("block where an address is wanted", 'let a: ip = "10.0.0.0/8"', "malformed-value", '"10.0.0.0/8"'),
    ("day that does not exist", 'let a: datetime = "2026-02-30"', "malformed-value", '"2026-02-30"'),
    ("quoted Region", 'let a: region = "us-east-1"', "type-mismatch", '"us-east-1"'),
    ("Region where text is wanted", "let a: string = us-east-1", "type-mismatch", "us-east-1"),
    ("text where a number is wanted", 'let a: port = "443"', "type-mismatch", '"443"'),
    ("port out of range", "let a: port = 70000", "malformed-value", "70000"),
    ("ARN of five parts", 'let a: arn = "arn:aws:iam::111122223333"', "malformed-value", '"arn:aws:iam::111122223333"'),
    ("one id where another is wanted", "let a: vpc_id = shop", "type-mismatch", "shop"),
    ("mixed list", 'let a = ["x", 1]', "type-mismatch", '["x", 1]'),
    ("word not in the enum", "param stage: enum { dev, prod } = test", "unknown-word", "test"),
    ("word twice in an enum", "param stage: enum { dev, dev } = dev", "duplicate-name", "dev"),
    ("parameter without a value", "param stage: string", "missing-parameter", "stage"),
    ("role without a name", 'principal p = role(shop, "")', "wrong-arguments", '""'),
    ("role with one argument", "principal p = role(shop)", "wrong-arguments", "role(shop)"),
    ("unknown constructor", 'principal p = rolle(shop, "x")', "unknown-function", "rolle"),
    (
        "a group is no principal",
        'principal p = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")',
        "type-mismatch",
        None,
    ),
    # resources
    ("unknown resource type", "resource r: lattice.servise { }", "unknown-resource-type", "lattice.servise"),
    (
        "unknown field",
        'resource r: lattice.service_network { idd: 1, id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }',
        "unknown-field",
        "idd",
    ),
    (
        "missing field",
        "resource r: lattice.service { at: shop/us-west-2, network: net, auth: aws_iam }",
        "missing-field",
        "r",
    ),
    (
        "field twice",
        'resource r: lattice.service_network { id: "sn-0123456789abcdef0", id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }',
        "duplicate-key",
        "id",
    ),
    (
        "id of another kind",
        'resource r: lattice.service_network { id: "svc-0123456789abcdef0", at: shop/us-west-2, auth: aws_iam }',
        "malformed-value",
        '"svc-0123456789abcdef0"',
    ),
    (
        "link to another kind",
        'resource r: lattice.service { id: "svc-0123456789abcdef0", at: shop/us-west-2, network: svc, auth: aws_iam }',
        "wrong-resource-type",
        "svc",
    ),
    (
        "place without a Region",
        'resource r: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/shop, auth: aws_iam }',
        "type-mismatch",
        "shop",
    ),
    # policies and statements
    ("unknown target", 'policy p for latice on svc { allow "a" { who app } }', "unknown-target", "latice"),
    ("a network for lattice", 'network n for lattice version "1" { }', "wrong-target", "lattice"),
    ("policy on nothing", 'policy p for lattice on svcc { allow "a" { who app } }', "unknown-name", "svcc"),
    ("policy on a value", 'policy p for lattice on shop { allow "a" { who app } }', "wrong-kind", "shop"),
    ("policy on a policy", statement("") + '\npolicy q for lattice on p { allow "a" { who app } }', "wrong-kind", "p"),
    (
        "policy on a predicate",
        'predicate q() = source.vpc == vpc\npolicy p for lattice on q { allow "a" { who app when q() } }',
        "wrong-kind",
        "q",
    ),
    ("a predicate as a set", "predicate q() = source.vpc == vpc\nlet a: set[vpc_id] = q", "wrong-kind", "q"),
    (
        "in a predicate",
        "predicate q() = source.vpc == vpc\n" + statement("when q() and source.vpc in q"),
        "wrong-kind",
        "q",
    ),
    ("policy without statements", "policy p for lattice on svc { }", "empty-policy", "p"),
    (
        "label twice",
        'policy p for lattice on svc { allow "a" { who app } allow "a" { who app } }',
        "duplicate-label",
        '"a"',
    ),
    ("label without letters", 'policy p for lattice on svc { allow "--" { who app } }', "malformed-label", '"--"'),
    ("no who", 'policy p for lattice on svc { allow "a" { can GET } }', "missing-clause", '"a"'),
    ("can twice", statement("can GET can PUT"), "duplicate-clause", "can PUT"),
    ("unknown verb", statement("can GETT"), "unknown-verb", "GETT"),
    ("caller that is no principal", 'policy p for lattice on svc { allow "a" { who shop } }', "type-mismatch", "shop"),
    ("empty path", statement('path ""'), "malformed-path", '""'),
    # conditions
    ("unknown attribute", statement("when source.vpcc == vpc"), "unknown-attribute", "source.vpcc"),
    ("attribute of the wrong type", statement("when source.vpc == shop"), "type-mismatch", "shop"),
    ("text of the wrong form", statement('when source.vpc == "vpc-1"'), "malformed-value", '"vpc-1"'),
    ("order on text", statement("when aws.PrincipalOrgID < org"), "wrong-operator", "org"),
    ("header without a name", statement('when header == "x"'), "missing-key", "header"),
    ("many values compared as one", statement('when query["q"] == "x"'), "missing-qualifier", 'query["q"]'),
    ("any on a single value", statement("when any source.vpc in [vpc]"), "single-valued-attribute", "source.vpc"),
    ("negated any", statement('when any query["q"] != "x"'), "negated-quantifier", 'any query["q"] != "x"'),
    (
        "two attributes",
        statement("when source.vpc == aws.PrincipalOrgID"),
        "attribute-on-the-right",
        "aws.PrincipalOrgID",
    ),
    ("a value is no condition", statement("when shop"), "type-mismatch", "shop"),
    ("an attribute is no condition", statement("when source.vpc"), "not-a-condition", "source.vpc"),
    ("in without a list", statement("when source.vpc in vpc"), "type-mismatch", "vpc"),
    ("unknown predicate", statement("when is_good(method)"), "unknown-predicate", "is_good"),
    ("too few arguments", "predicate q(m: http_method) = m == GET\n" + statement("when q()"), "wrong-arguments", "q()"),
    (
        "argument of the wrong type",
        "predicate q(m: http_method) = m == GET\n" + statement("when q(source.vpc)"),
        "type-mismatch",
        "source.vpc",
    ),
    ("exists of a value", statement("when exists shop"), "not-an-attribute", "shop"),
]


@pytest.mark.parametrize("clauses", ["who app path a", "who bad", "who not bad", "who app, bad"])
def test_what_hangs_on_a_refused_value_is_not_told_again(tmp_path: Path, clauses: str) -> None:
    text = f'let a: string = a\nprincipal bad = role(a, "x")\npolicy p for lattice on svc {{ allow "a" {{ {clauses} }} }}\n'
    found, _ = check(tmp_path, text)
    assert [item.rule for item in found] == ["cyclic-definition"]


@pytest.mark.parametrize(
    ("text", "rule", "at"), [row[1:] for row in ROWS if row[2]], ids=[row[0] for row in ROWS if row[2]]
)
def test_mistake_is_found_at_its_place(tmp_path: Path, text: str, rule: str, at: str | None) -> None:
    findings, whole = check(tmp_path, text)
    assert [item.rule for item in findings] == [rule], [(item.rule, item.message) for item in findings]
    finding = findings[0]
    assert finding.help and not finding.help.endswith(".")
    assert finding.message[0].islower() or finding.message[0] == "`", finding.message
    assert not finding.message.endswith(".")
    if at is not None:
        assert finding.span is not None
        assert whole[finding.span.start : finding.span.end] == at


def test_a_clean_file_has_no_findings(tmp_path: Path) -> None:
    findings, _ = check(tmp_path, statement("can GET when source.vpc == vpc"))
    assert findings == []


def test_suggestions(tmp_path: Path) -> None:
    findings, _ = check(tmp_path, statement("when source.vpcc == vpc"))
    assert findings[0].help == "did you mean `source.vpc`?"
    findings, _ = check(tmp_path, 'policy p for Lattice on svc { allow "a" { who app } }')
    assert findings[0].help == "did you mean `lattice`?"


def test_import_circle_names_the_chain(tmp_path: Path) -> None:
    (tmp_path / "a.policy").write_text('use "b.policy" { x }\nlet y: string = "1"\n')
    (tmp_path / "b.policy").write_text('use "c.policy" { z }\nlet x: string = "1"\n')
    (tmp_path / "c.policy").write_text('use "a.policy" { y }\nlet z: string = "1"\n')
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("a.policy")], {}, diagnostics)
    circles = [item for item in diagnostics if item.rule == "cyclic-import"]
    assert [item.message.rsplit(": ", 1)[1] for item in circles] == ["a.policy -> b.policy -> c.policy -> a.policy"]


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.policy").write_text('let s: string = "1"\n')
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.policy").symlink_to(outside / "secret.policy")
    (root / "main.policy").write_text('use "link.policy" { s }\nlet t: string = "1"\n')
    diagnostics = Diagnostics()
    program = load_program(root, [Path("main.policy")], {}, diagnostics)
    assert [item.rule for item in diagnostics] == ["outside-root"]
    assert list(program.sources) == ["main.policy"]


def test_parameters(tmp_path: Path) -> None:
    text = "param stage: enum { dev, prod } = dev\nparam ports: set[port] = [80]\n"
    (tmp_path / "main.policy").write_text(text)
    for params, rules in [
        ({"stage": "prod", "ports": "80,443"}, []),
        ({"stage": "test"}, ["unknown-word"]),
        ({"ports": "0"}, ["malformed-value"]),
        ({"stge": "prod"}, ["unknown-parameter"]),
    ]:
        diagnostics = Diagnostics()
        load_program(tmp_path, [Path("main.policy")], params, diagnostics)
        assert [item.rule for item in diagnostics] == rules


def test_long_chains_of_declarations_end_in_an_error_not_a_crash(tmp_path: Path) -> None:
    chain = "".join(f"let a{index}: string = a{index + 1}\n" for index in range(5000)) + 'let a5000: string = "x"\n'
    (tmp_path / "main.policy").write_text(chain)
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("main.policy")], {}, diagnostics)
    assert {item.rule for item in diagnostics} == {"definition-chain-too-long"}
    deep = "".join(f"predicate p{index}() = p{index + 1}() and p{index + 1}()\n" for index in range(60))
    findings, _ = check(tmp_path, deep + "predicate p60() = source.vpc == vpc\n" + statement("when p0()"))
    assert {item.rule for item in findings} <= {"definition-chain-too-long", "condition-too-large", "said-twice"}
    assert findings


def test_words_are_reserved_only_where_their_target_is_written_for(tmp_path: Path) -> None:
    shared = "let region: region = us-west-2\nlet method: http_method = GET\n"
    (tmp_path / "shared.policy").write_text(shared + "predicate is_get() = method == GET\n")
    diagnostics = Diagnostics()
    load_program(tmp_path, [Path("shared.policy")], {}, diagnostics)
    assert list(diagnostics) == []
    for text, rule in [
        ('use "shared.policy" { method }', "shadowed-name"),
        ('use "shared.policy" { region }', None),
        ('use "shared.policy" { is_get }', "shadowed-name"),
    ]:
        call = "when is_get()" if "is_get" in text else ""
        (tmp_path / "main.policy").write_text(text + "\n" + HEAD + statement(call))
        diagnostics = Diagnostics()
        load_program(tmp_path, [Path("main.policy")], {}, diagnostics)
        assert [item.rule for item in diagnostics] == ([rule] if rule else [])
