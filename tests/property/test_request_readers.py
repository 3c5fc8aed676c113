"""Requests from flags and files: never a crash, whatever they hold, and what they accept fits the published schema."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from policyc.diagnostics import Diagnostics
from policyc.ir.program import Program
from policyc.simulation.references import PlainText, parse_ref
from policyc.simulation.request_text import bind, from_flags, from_json, parse_caller
from policyc.targets.program import load_program
from policyc.text import Source, Span

ROOT = Path(__file__).parents[2]
CASES = max(100, int(os.environ.get("POLICYC_CASES", "1500")) // 40)
SCHEMA = Draft202012Validator(json.loads((ROOT / "schemas/request.schema.json").read_text()))
GOOD = {
    "resource": "inventory",
    "who": "order_fn",
    "can": "GET",
    "path": "/stock/42",
    "attributes": {"source.vpc": "vpc-0a1b2c3d4e5f67890", 'query["q"]': ["a", "b"], "aws.PrincipalOrgID": None},
}


PROJECT = """
let shop: account = "111122223333"
let order_vpc: vpc_id = "vpc-0a1b2c3d4e5f67890"
principal order_fn = role(shop, "order-service")
principal batch_jobs = role(shop, "batch/*")
group finance = idc_group("b4c8e438-20a1-70b2-1111-5f0e6d3a9c11")
resource mesh: lattice.service_network { id: "sn-0123456789abcdef0", at: shop/us-west-2, auth: none }
resource inventory: lattice.service { id: "svc-0a1b2c3d4e5f67890", at: shop/us-west-2, network: mesh, auth: aws_iam }
resource staff: verified_access.group { id: "vagr-0123456789abcdef0", trust: { idc: iam_identity_center } }
resource payroll: verified_access.endpoint {
  id: "vae-0123456789abcdef0", group: staff, protocol: https, domain: "payroll.example.com"
}
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    root = tmp_path_factory.mktemp("project")
    (root / "main.policy").write_text(PROJECT)
    diagnostics = Diagnostics()
    loaded = load_program(root, [Path("main.policy")], {}, diagnostics)
    assert list(diagnostics) == []
    return loaded


def read(text: str, program: Program) -> tuple[object, Diagnostics]:
    diagnostics = Diagnostics()
    plain = from_json(Source("request.json", text), diagnostics)
    return (None if plain is None else bind(plain, program, diagnostics)), diagnostics


def test_a_good_request_is_read_whole(program: Program) -> None:
    SCHEMA.validate(GOOD)
    request, diagnostics = read(json.dumps(GOOD), program)
    assert list(diagnostics) == []
    assert request is not None
    assert request.values == {  # type: ignore[attr-defined]
        "source.vpc": ("vpc-0a1b2c3d4e5f67890",),
        'query["q"]': ("a", "b"),
        "aws.PrincipalOrgID": (),
    }


@pytest.mark.parametrize(
    ("change", "rule", "at"),
    [
        ({"resource": "inventry"}, "unknown-name", '"inventry"'),
        ({"who": "order_fm"}, "unknown-name", '"order_fm"'),
        ({"who": "batch_jobs"}, "not-one-caller", '"batch_jobs"'),
        ({"can": "fetch"}, "unknown-verb", '"fetch"'),
        ({"attributes": {"source.vpcc": "x"}}, "unknown-attribute", '"source.vpcc"'),
        ({"attributes": {"source.vpc": "vpc-1"}}, "malformed-value", '"vpc-1"'),
        (
            {"attributes": {"source.vpc": ["vpc-0a1b2c3d4e5f67890", "vpc-0a1b2c3d4e5f67891"]}},
            "type-mismatch",
            '"vpc-0a1b2c3d4e5f67891"',
        ),
        ({"attributes": {"source": {"vpc": "x"}}}, "malformed-request", '{"vpc": "x"}'),
        ({"attributes": []}, "malformed-request", "[]"),
        ({"who": 1}, "malformed-request", "1"),
        ({"wo": "order_fn"}, "malformed-request", '"wo"'),
    ],
)
def test_a_bad_request_is_refused_at_its_place(program: Program, change: dict[str, object], rule: str, at: str) -> None:
    text = json.dumps(GOOD | change)
    request, diagnostics = read(text, program)
    assert request is None
    assert [item.rule for item in diagnostics] == [rule]
    span = diagnostics.sorted()[0].span
    assert span is not None
    assert text[span.start : span.end] == at


def test_flags_name_declared_things_where_the_type_fits(program: Program) -> None:
    diagnostics = Diagnostics()
    plain, source = from_flags(
        "inventory", "order_fn", "POST", "/charges", ["source.vpc=order_vpc", 'query["q"]=a,b'], diagnostics
    )
    assert plain is not None
    request = bind(plain, program, diagnostics)
    assert list(diagnostics) == []
    assert request is not None
    assert request.values == {"source.vpc": ("vpc-0a1b2c3d4e5f67890",), 'query["q"]': ("a", "b")}
    assert source.text.startswith("inventory --who order_fn")


@pytest.mark.parametrize(
    ("arn", "kind", "args"),
    [
        ("arn:aws:iam::111122223333:role/path/app", "role", ("111122223333", "path/app")),
        ("arn:aws-cn:iam::111122223333:user/ana", "user", ("111122223333", "ana")),
        ("arn:aws:sts::111122223333:assumed-role/app/s1", "session", ("111122223333", "app", "s1")),
        ("arn:aws:sts::111122223333:federated-user/ana", "federated_user", ("111122223333", "ana")),
        ("arn:aws:iam::111122223333:root", "root", ("111122223333",)),
        ("cloudfront.amazonaws.com", "service", ("cloudfront.amazonaws.com",)),
        ("anonymous", "anonymous", ()),
    ],
)
def test_callers_by_text(arn: str, kind: str, args: tuple[str, ...]) -> None:
    principal = parse_caller(arn)
    assert principal is not None
    assert (principal.kind, principal.args) == (kind, args)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "arn:aws:iam::1:role/x",
        "arn:aws:sts::111122223333:assumed-role/app",
        "arn:aws:iam::111122223333:group/x",
        "app",
    ],
)
def test_what_is_no_caller(text: str) -> None:
    assert parse_caller(text) is None


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=8)
    | st.sampled_from(["inventory", "order_fn", "GET"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["resource", "who", "can", "path", "attributes", "source.vpc", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@settings(max_examples=CASES, deadline=None)
@given(value=JSON)
def test_no_json_crashes_the_reader_and_the_schema_is_as_strict(program: Program, value: object) -> None:
    request, diagnostics = read(json.dumps(value), program)
    assert (request is None) == diagnostics.has_errors
    if request is not None:
        SCHEMA.validate(value)


@settings(max_examples=CASES, deadline=None)
@given(at=st.integers(0, 200), junk=st.text(max_size=4))
def test_no_mutation_of_a_real_request_crashes_the_reader(program: Program, at: int, junk: str) -> None:
    text = json.dumps(GOOD)
    at = min(at, len(text))
    request, diagnostics = read(text[:at] + junk + text[at + 1 :], program)
    assert (request is None) == diagnostics.has_errors


@settings(max_examples=CASES, deadline=None)
@given(setting=st.text(max_size=20), resource=st.sampled_from(["inventory", "payroll", "x"]))
def test_no_flag_crashes_the_reader(program: Program, setting: str, resource: str) -> None:
    diagnostics = Diagnostics()
    plain, source = from_flags(resource, setting, None, None, [setting], diagnostics)
    request = None if plain is None else bind(plain, program, diagnostics)
    assert (request is None) == diagnostics.has_errors
    for item in diagnostics:
        assert item.span is None or 0 <= item.span.start <= item.span.end <= len(source.text)


@given(text=st.text(max_size=30))
def test_no_text_crashes_the_name_readers(text: str) -> None:
    parse_ref(PlainText(text, Span("x", 0, len(text))))
    parse_caller(text)


def test_a_request_may_be_yaml(program: Program) -> None:
    text = 'resource: inventory\nwho: order_fn\ncan: GET\npath: /stock\nattributes:\n  query["q"]: [a, b]\n  aws.PrincipalOrgID: null\n'
    diagnostics = Diagnostics()
    plain = from_json(Source("request.yaml", text), diagnostics)
    assert plain is not None
    request = bind(plain, program, diagnostics)
    assert list(diagnostics) == []
    assert request is not None
    assert request.values == {'query["q"]': ("a", "b"), "aws.PrincipalOrgID": ()}
