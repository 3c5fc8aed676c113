"""Shapes of values against Python's regular expressions, and patterns against every text that a shape has."""

from __future__ import annotations

import itertools
import re

import pytest

from policyc.engines.proofs.misfits import misfit
from policyc.engines.proofs.shapes import compiled, fits, may_fit
from policyc.ir.pattern import pattern_matches
from policyc.model.types import shapes
from policyc.model.vocabulary import load_vocabulary

SMALL = ["a|b*c", "(ab){2,3}", "[^a]{1,2}b", "a?b+", "/[^?b]*", "(?:a|b)(b|c){0,2}", "a{2,}", "a(bc?)*", r"a\?b", ".a."]
TEXTS = ["".join(text) for length in range(6) for text in itertools.product("abc/?", repeat=length)]


@pytest.mark.parametrize("shape", SMALL)
def test_a_shape_means_what_the_regular_expression_means(shape: str) -> None:
    assert [text for text in TEXTS if fits(shape, text)] == [text for text in TEXTS if re.fullmatch(shape, text)]


@pytest.mark.parametrize("shape", [shape for shape in SMALL if not shape.startswith((".", "[^", "a{2,}"))])
@pytest.mark.parametrize("pattern", ["*", "a*", "?b*", "*c", "b", "*/*", r"a\?*", "??", "c*", r"*\*"])
def test_a_pattern_may_fit_when_some_text_of_the_shape_matches(shape: str, pattern: str) -> None:
    """The texts are long enough to hold a witness for each pair that has one."""
    witnesses = [text for text in TEXTS if re.fullmatch(shape, text) and pattern_matches(pattern, text)]
    if witnesses:
        assert may_fit(shape, pattern)
    elif pattern != r"*\*":  # a star of its own is outside the alphabet of the texts
        assert not may_fit(shape, pattern)


@pytest.mark.parametrize("shape", ["a)", "(a", "a**b{", r"\d", "[a", "a{3"])
def test_what_is_no_shape_is_refused(shape: str) -> None:
    with pytest.raises(ValueError):
        compiled(shape)


def test_every_shape_of_the_vocabularies_can_be_read() -> None:
    for folder in ("lattice", "object_lambda", "identity"):
        for attribute in load_vocabulary(folder).attributes.values():
            misfit(attribute, "x")
            misfit(attribute, "x*", wild=True)
            assert not attribute.shape or attribute.says
    for shape in shapes().values():
        if shape.pattern:
            assert fits(shape.pattern, str(shape.example)), shape


ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:"
ORG = "o-a1b2c3d4e5/r-ab12/"
# attribute, text, whether it is a pattern, what to write instead (empty: nothing near), None when some request has it
VALUES: list[tuple[str, str, bool, str | None]] = [
    ("request_path", "/", False, None),
    ("request_path", "stock/1", False, "/stock/1"),
    ("request_path", "/find?q=1", False, "/find"),
    ("request_path", "find#top", False, "/find"),
    ("request_path", "*/find", True, None),
    ("request_path", "v?/find", True, "/v?/find"),
    ("method", "get", False, "GET"),
    ("method", "P*", True, None),
    ("method", "p*", True, "P*"),
    ("source.vpc", "vpc-main", False, ""),
    ("source.vpc", "VPC-0123456789ABCDEF0", False, "vpc-0123456789abcdef0"),
    ("source.vpc", "vpc-0123456789abcdef", False, ""),
    ("source.vpc", "vpc-*", True, None),
    ("source.vpc", "*-main", True, ""),
    ("source.vpc_owner", "1111", False, ""),
    ("source.vpc_owner", " 111122223333", False, "111122223333"),
    ("port", "https", False, ""),
    ("network_arn", ARN + "servicenetwork/sn-0123456789abcdef0", False, None),
    ("network_arn", ARN + "servicenetwork/main", False, ""),
    ("network_arn", ARN + "service/svc-0123456789abcdef0", False, ""),
    ("service_arn", ARN + "service/svc-0123456789abcdef0/orders", False, ""),
    ("service_arn", "*:service/svc-*", True, None),
    ("aws.PrincipalArn", "arn:aws:iam::111122223333:role/team/app", False, None),
    ("aws.PrincipalArn", "arn:aws:sts::111122223333:federated-user/ana", False, None),
    ("aws.PrincipalArn", "arn:aws:sts::111122223333:assumed-role/app/i-1", False, "arn:aws:iam::111122223333:role/app"),
    ("aws.PrincipalArn", "arn:aws:sts::*:assumed-role/*/web-*", True, "arn:aws:iam::*:role/*"),
    ("aws.PrincipalArn", "arn:aws:iam::111122223333:group/x", False, ""),
    ("aws.PrincipalOrgID", "r-ab12", False, ""),
    ("aws.PrincipalOrgPaths", ORG, False, None),
    ("aws.PrincipalOrgPaths", ORG + "ou-ab12-11111111", False, ORG + "ou-ab12-11111111/"),
    ("aws.PrincipalOrgPaths", ORG + "ou-ab12-11111111", True, ORG + "ou-ab12-11111111/*"),
    ("aws.PrincipalOrgPaths", "o-a1b2c3d4e5/*", True, None),
    ("aws.PrincipalType", "anonymous", False, "Anonymous"),
    ("aws.PrincipalAccount", "anonymous", False, None),
    ("aws.CalledVia", "s3-object-lambda", False, ""),
]


@pytest.mark.parametrize(("name", "text", "wild", "repair"), VALUES)
def test_a_value_that_no_request_has(name: str, text: str, wild: bool, repair: str | None) -> None:
    attribute = load_vocabulary("lattice").attributes[name]
    found = misfit(attribute, text, wild=wild)
    assert (found.repair if found else None) == repair
    if found and found.repair:
        assert misfit(attribute, found.repair, wild=wild) is None


def test_letter_case_counts_for_nothing_where_the_operator_says_so() -> None:
    kind = load_vocabulary("lattice").attributes["aws.PrincipalType"]
    assert misfit(kind, "anonymous", fold=True) is None
    assert misfit(kind, "nobody", fold=True) is not None
