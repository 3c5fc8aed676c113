"""Trees and texts: printing a tree and parsing it gives the tree back; formatting is idempotent and keeps comments."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from policyc.diagnostics import Diagnostics
from policyc.syntax import network_nodes as net
from policyc.syntax import nodes as n
from policyc.syntax.format import format_module, print_module
from policyc.syntax.lexer import scan
from policyc.syntax.literals import quote, unescape
from policyc.syntax.parser import parse
from policyc.syntax.problems import Problems
from policyc.text import Source, Span

GOLDEN = Path(__file__).parent.parent / "golden" / "syntax"
SPAN = Span("t", 0, 0)
# Words that the language keeps for itself in expressions and declarations; every other keyword may be a name there.
RESERVED = {
    "all",
    "and",
    "any",
    "can",
    "exists",
    "false",
    "in",
    "like",
    "not",
    "on",
    "or",
    "true",
    "unless",
    "when",
    "where",
    "who",
}
SLOW = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

WORDS = st.sampled_from(
    [
        "a",
        "shop",
        "x9",
        "_u",
        "path",
        "segment",
        "tag",
        "to",
        "network",
        "version",
        "let",
        "policy",
        "allow",
        "default",
        "services",
        "set",
        "enum",
        "off",
        "mode",
        "edge",
        "key",
        "AVeryLongNameThatFillsALineSoonerThanOthersWould",
    ]
)
IDENT = WORDS.filter(lambda word: word not in RESERVED).map(lambda word: n.Ident(word, SPAN))
# An attachment in an expectation stands where the words of other expectations may stand too.
ATTACHMENT = st.sampled_from(["dev1", "prod_2", "path", "to"]).map(lambda word: n.Ident(word, SPAN))
TEXT = st.one_of(
    st.sampled_from(["", "a", "10.0.0.0/16", "*/x\\*", "\\?", "\\", '"', "\n\t", "é", "//", "{"]),
    st.text(max_size=12),
    st.text(alphabet='\\"*?nu{}a', max_size=8),
)
STR = st.builds(n.Str, TEXT.filter(lambda text: "\ud800" not in ascii(text)), st.just(SPAN))
INT = st.builds(n.Int, st.integers(-(10**12), 10**12), st.just(SPAN))
NUMBER = st.builds(n.Int, st.integers(0, 70000), st.just(SPAN))
DECIMAL = st.from_regex(r"-?[0-9]{1,4}\.[0-9]{1,3}", fullmatch=True).map(lambda text: n.Decimal(text, SPAN))
REGION = st.sampled_from(["us-east-1", "us-gov-west-1", "us-isob-east-1", "eu-isoe-west-1"]).map(
    lambda text: n.Region(text, SPAN)
)


def several(strategy: st.SearchStrategy[Any], least: int = 0, most: int = 4) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, min_size=least, max_size=most).map(tuple)


def node(kind: Any, *parts: Any) -> st.SearchStrategy[Any]:
    """Build a node whose span comes behind the given parts."""
    return st.builds(lambda *values: kind(*values, SPAN), *parts)


def ref(first: st.SearchStrategy[str]) -> st.SearchStrategy[n.Ref]:
    start = first.map(lambda word: n.Field(word, SPAN))
    field = st.sampled_from(["b", "who", "in", "path", "PrincipalOrgID"]).map(lambda word: n.Field(word, SPAN))
    key = TEXT.map(lambda text: n.Key(text, SPAN))
    return st.builds(lambda one, rest: n.Ref((one, *rest), SPAN), start, st.lists(st.one_of(field, key), max_size=2))


REF = ref(WORDS.filter(lambda word: word not in RESERVED))
KEY = ref(st.sampled_from(["a", "who", "can", "path", "type", "in", "not", "true", "source"]))
OPERATOR = st.sampled_from(["==", "!=", "<", "<=", ">", ">=", "in", "not in", "like", "not like"])


def deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        node(n.At, inner, inner),
        node(n.Range, INT, INT),
        node(n.ListOf, several(inner)),
        node(n.Record, several(node(n.Entry, KEY, inner))),
        node(n.Call, REF, several(inner)),
        node(n.Compare, OPERATOR, inner, inner),
        node(n.Quantified, st.sampled_from(["any", "all"]), OPERATOR, inner, inner),
        node(n.Exists, inner),
        node(n.Not, inner),
        node(n.And, several(inner, 2)),
        node(n.Or, several(inner, 2)),
    )


BOOL = node(n.Bool, st.booleans())
EXPR = st.recursive(st.one_of(REF, STR, INT, DECIMAL, BOOL, REGION), deeper, max_leaves=12)
RECORD = node(n.Record, several(node(n.Entry, KEY, EXPR)))
TYPE = st.recursive(
    st.one_of(node(n.NamedType, st.sampled_from(["string", "account", "cidr"])), node(n.EnumType, several(IDENT, 1))),
    lambda inner: node(n.SetType, inner),
    max_leaves=3,
)
DOC = st.sampled_from(["", "one line", "two\nlines", "a\n\nb"])


def documented(kind: Any, *parts: Any) -> st.SearchStrategy[Any]:
    """Build a node that ends in a span and a doc comment."""
    return st.builds(lambda doc, *values: kind(*values, SPAN, doc), DOC, *parts)


CLAUSE = st.one_of(
    st.builds(
        lambda items, where, negated: n.ListClause("who", items, where, SPAN, negated),
        several(EXPR, 1),
        st.none() | EXPR,
        st.booleans(),
    ),
    st.builds(
        lambda word, items, negated: n.ListClause(word, items, None, SPAN, negated),
        st.sampled_from(["can", "on", "path"]),
        several(EXPR, 1),
        st.booleans(),
    ),
    node(n.Condition, st.sampled_from(["when", "unless"]), EXPR),
)
STATEMENT = documented(n.Statement, st.sampled_from(["allow", "deny"]), st.none() | STR, several(CLAUSE))

DESCRIBE = node(net.NetDescribe, STR)
FLAG = node(net.NetFlag, st.sampled_from(["isolate", "acceptance"]), st.booleans())
LOCATIONS = node(net.NetLocations, several(EXPR, 1))
INSIDE = node(net.NetInsideCidrs, several(EXPR, 1))
GATE = several(FLAG | DESCRIBE, most=2)
SEGMENTS = st.one_of(
    node(net.NetSegments, st.just(False), several(IDENT, 1)), node(net.NetSegments, st.just(True), several(IDENT))
)
SEGMENT_OPTION = st.one_of(
    FLAG, DESCRIBE, LOCATIONS, node(net.NetImportFilter, st.sampled_from(["allow", "deny"]), several(IDENT, 1))
)
SEND_OPTION = st.one_of(node(net.NetMode, IDENT), DESCRIBE, node(net.NetOverride, several(several(EXPR), 1, 2), EXPR))
DESTINATION = st.one_of(
    node(net.NetToSegment, IDENT, GATE), node(net.NetToTag, STR, GATE), node(net.NetToGroup, IDENT, GATE)
)
NET_ITEM = st.one_of(
    node(net.NetAsns, several(node(n.Range, NUMBER, NUMBER), 1)),
    INSIDE,
    node(net.NetSwitch, IDENT, st.booleans()),
    node(net.NetEdges, several(node(net.NetEdge, EXPR, st.none() | NUMBER, st.none() | INSIDE), 1)),
    documented(net.NetSegment, IDENT, several(SEGMENT_OPTION)),
    documented(net.NetFunctionGroup, IDENT, GATE),
    node(net.NetShare, IDENT, SEGMENTS, several(node(net.NetPolicies, several(IDENT, 1)) | DESCRIBE, most=2)),
    node(net.NetSend, st.just("via"), several(IDENT, 1), IDENT, st.none() | SEGMENTS, several(SEND_OPTION, most=2)),
    node(net.NetSend, st.just("to"), several(IDENT, 1), IDENT, st.none(), several(SEND_OPTION, most=2)),
    node(net.NetRoute, IDENT, several(EXPR, 1), several(EXPR, 1), several(DESCRIBE, most=1)),
    node(net.NetApply, several(IDENT, 1), IDENT, EXPR, EXPR, several(DESCRIBE, most=1)),
    node(net.NetAttach, several(documented(net.NetAttachRule, NUMBER, st.none() | EXPR, DESTINATION))),
    node(
        net.NetLabels,
        several(
            node(net.NetLabelRule, NUMBER, several(STR, 1), several(IDENT, 1), several(LOCATIONS | DESCRIBE, most=2))
        ),
    ),
    documented(
        net.NetFilter,
        IDENT,
        IDENT,
        NUMBER,
        several(DESCRIBE, most=1),
        several(node(net.NetFilterRule, NUMBER, st.none() | EXPR, node(net.NetAction, IDENT, st.none() | EXPR))),
    ),
)

BY = st.one_of(st.none(), STR, st.just("default"))
STEP = st.one_of(
    node(n.RequestStep, REF, RECORD),
    node(n.OnStep, REF, several(node(n.AttachmentEntry, IDENT, RECORD), most=2)),
    node(n.PathStep, IDENT, EXPR),
    node(n.ExpectDecision, st.sampled_from(["allow", "deny", "undecided"]), BY, st.none() | REF),
    node(n.ExpectAttachment, ATTACHMENT, st.sampled_from(["segment", "group"]), IDENT, st.none() | NUMBER),
    node(n.ExpectAttachment, ATTACHMENT, st.sampled_from(["unassociated", "pending"]), st.none(), st.none() | NUMBER),
    node(n.ExpectPath, st.sampled_from(["reachable", "blocked", "inspected", "not inspected"]), st.none()),
    node(n.ExpectPath, st.sampled_from(["inspected", "next hop"]), IDENT),
    node(n.ExpectNobody, IDENT, IDENT),
)
CLAIM = st.one_of(
    node(
        n.RequestClaim,
        st.just("every"),
        several(EXPR),
        st.none() | EXPR,
        several(CLAUSE),
        st.sampled_from(["allow", "deny"]),
        st.none(),
        st.none() | REF,
    ),
    node(
        n.RequestClaim,
        st.just("no"),
        several(EXPR),
        st.none() | EXPR,
        several(CLAUSE),
        st.just("allow"),
        st.none() | STR | REF,
        st.none(),
    ),
    node(n.PathClaim, st.just("no"), IDENT, EXPR, st.none() | REF, st.none()),
    node(n.PathClaim, st.just("every"), IDENT, EXPR, st.none() | REF, st.none() | IDENT),
)
DECLARATION = st.one_of(
    documented(n.Let, IDENT, st.none() | TYPE, EXPR),
    documented(n.Param, IDENT, TYPE, st.none() | EXPR),
    documented(n.PrincipalDecl, IDENT, EXPR),
    documented(n.GroupDecl, IDENT, EXPR),
    documented(n.Predicate, IDENT, several(node(n.Parameter, IDENT, TYPE)), EXPR),
    documented(n.Resource, IDENT, REF, RECORD),
    documented(n.Policy, IDENT, IDENT, REF, several(STATEMENT, most=2)),
    documented(n.Network, IDENT, IDENT, STR, several(NET_ITEM)),
    documented(n.InlineTest, STR, several(STEP)),
    documented(n.Prove, STR, several(CLAIM)),
)
MODULE = st.builds(
    lambda name, uses, declarations: n.Module(name, uses, declarations, SPAN),
    st.none() | IDENT,
    several(node(n.Use, STR, several(IDENT, 1)), most=2),
    several(DECLARATION, most=3),
)


def read(text: str) -> n.Module:
    diagnostics = Diagnostics()
    module = parse(Source("t.policy", text), diagnostics)
    assert [(item.rule, item.message, item.span) for item in diagnostics] == [], text
    return module


def formatted(text: str) -> str:
    return format_module(read(text), Source("t.policy", text))


def docs(module: n.Module) -> list[str]:
    return [declaration.doc for declaration in module.declarations]


@SLOW
@given(MODULE)
def test_printing_a_tree_and_parsing_it_gives_the_tree(module: n.Module) -> None:
    text = print_module(module)
    again = read(text)
    assert again == module
    assert docs(again) == docs(module)
    assert formatted(text) == text


@given(st.text())
def test_a_quoted_string_means_the_value(value: str) -> None:
    value = "".join(char for char in value if not 0xD800 <= ord(char) <= 0xDFFF)
    literal = quote(value)
    assert "\n" not in literal
    assert unescape(literal[1:-1]) == (value, ())
    module = read(f"let x = {literal}")
    let = module.declarations[0]
    assert isinstance(let, n.Let)
    assert let.value == n.Str(value, SPAN)


def samples() -> list[Path]:
    return sorted(path for path in GOLDEN.glob("*/input.policy") if not (path.parent / "errors.txt").exists())


def token_places(text: str) -> list[int]:
    tokens = scan(Problems(Source("t", text), Diagnostics()))
    # The number of a rule and its colon are on one line.
    numbers = [index for index, kind in enumerate(tokens.kinds) if kind == "RULE"]
    glued = {tokens.ends[index] for index in numbers} | {tokens.starts[index + 1] for index in numbers}
    return sorted({*tokens.starts, *tokens.ends} - glued)


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.parent.name)
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 2**32), count=st.integers(1, 12))
def test_comments_anywhere_survive_formatting(path: Path, seed: int, count: int) -> None:
    text = path.read_text(encoding="utf-8")
    places = token_places(text)
    choose = random.Random(seed)
    for number in range(count):
        at = choose.choice([place for place in places if place <= len(text)])
        mark = choose.choice(["//", "// ", "/// ", "\n// ", "\n\n//", "\n\n\n/// "]) + f"c{number}"
        text = text[:at] + " " + mark + choose.choice(["\n", "\n\n", "\n\n\n  "]) + text[at:]
        places = token_places(text)
    module = read(text)
    once = format_module(module, Source("t.policy", text))
    again = read(once)
    assert sorted(comment.text for comment in again.comments) == sorted(comment.text for comment in module.comments)
    assert again == module
    assert formatted(once) == once
    assert "\n\n\n" not in once
    assert all(line == line.rstrip() for line in once.split("\n"))


@pytest.mark.parametrize("path", samples(), ids=lambda path: path.parent.name)
@settings(deadline=None, max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_line_breaks_and_blanks_change_no_tree(path: Path, seed: int) -> None:
    text = path.read_text(encoding="utf-8")
    module = read(text)
    tokens = scan(Problems(Source("t", text), Diagnostics()))
    choose = random.Random(seed)
    parts = []
    before = ""
    for kind, start, end in zip(tokens.kinds, tokens.starts, tokens.ends):
        if before == "RULE":
            parts.append(text[start:end])
            before = kind
            continue
        before = kind
        parts.append(choose.choice([" ", "\n", "\r\n", "\t", "  \n\n "]) + text[start:end])
    moved = "".join(parts)
    again = read(moved)
    assert again == module
    once = format_module(again, Source("t.policy", moved))
    assert formatted(once) == once
