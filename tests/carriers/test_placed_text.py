"""Holes in texts, and where parts of an embedded text stand in its host."""

from __future__ import annotations

from policyc.carriers.embedded import Piece, PlacedText
from policyc.holes import has_hole, mark, names_in, pieces, shown
from policyc.lint.raw.arns import arn_problem
from policyc.targets.iam_documents import arns
from policyc.text import Span


def test_a_hole_keeps_what_is_known_around_it() -> None:
    text = "arn:aws:vpc-lattice:" + mark("AWS::Region") + ":" + mark("Acct") + ":service/" + mark("Acct")
    assert has_hole(text)
    assert names_in(text) == ("AWS::Region", "Acct")
    assert shown(text) == "arn:aws:vpc-lattice:‹AWS::Region›:‹Acct›:service/‹Acct›"
    assert list(pieces(mark("A") + "/*")) == [("A", True), ("/*", False)]


def test_a_policy_variable_is_no_hole() -> None:
    assert not has_hole("${aws:username}")
    assert list(pieces("${aws:username}")) == [("${aws:username}", False)]


def test_exact_pieces_lead_to_the_character() -> None:
    # host: `x: |` then `  ab` and `  cd`; the text is "ab\ncd\n"
    text = PlacedText(
        "ab\ncd\n",
        (Piece(0, Span("h", 7, 9), True), Piece(2, Span("h", 9, 12), False), Piece(3, Span("h", 12, 14), True)),
        Span("h", 3, 15),
    )
    assert text.span(4, 5) == Span("h", 13, 14)
    assert text.span(0, 5) == Span("h", 7, 14)
    assert text.is_exact(3, 5)
    assert not text.is_exact(1, 4)


def test_an_inexact_piece_is_its_whole_place() -> None:
    text = PlacedText("a\tb", (Piece(0, Span("h", 10, 16), False),), Span("h", 9, 17))
    assert text.span(1, 2) == Span("h", 10, 16)
    assert not text.is_exact(0, 1)


def test_a_hole_in_an_arn_may_hold_what_the_service_asks_for() -> None:
    place = f"{mark('AWS::Region')}:{mark('AWS::AccountId')}"
    point = f"arn:aws:s3-object-lambda:{place}:accesspoint/images"
    assert arn_problem(point) is None
    assert arns.any_may_be(point, arns.forms_of("s3-object-lambda"))
    wrong = arn_problem(f"arn:aws:s3-object-lambda:{place}:accespoint/images")
    assert wrong is not None and wrong.rule == "invalid-arn-resource"
