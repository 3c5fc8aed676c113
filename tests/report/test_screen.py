"""Text for terminals and logs: what stays, what is shown as an escape, and where lines break."""

from __future__ import annotations

import json

import pytest

from policyc.report.screen import cells, paint, printable, wrap

ARN = "arn:aws:vpc-lattice:us-west-2:111122223333:service/svc-0123456789abcdef0/stock/42"
URL = "https://docs.aws.amazon.com/vpc-lattice/latest/ug/auth-policies.html#auth-policies-common-elements"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain\nlines\n", "plain\nlines\n"),
        ("für 倉庫 é\n", "für 倉庫 é\n"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("a\rb\x07\x7f\x9b", "a\\x0db\\x07\\x7f\\x9b"),
        ("\u202eabc\u2066\u200b\ufeff", "\\u{202e}abc\\u{2066}\\u{200b}\\u{feff}"),
        ("\udce9\u2028", "\\u{dce9}\\u{2028}"),
        ("a\tb", "a    b"),
    ],
)
def test_only_lines_of_printable_text_come_out(text: str, shown: str) -> None:
    assert printable(text, color=False) == shown
    assert printable(shown, color=False) == shown


def test_own_colours_stay_where_colours_are_wanted() -> None:
    painted = paint("error", "error", True) + paint("x", "faint", True)
    assert printable(painted, color=True) == painted
    assert "\x1b" not in printable(painted, color=False)
    assert printable("\x1b[5mblink", color=True) == "\\x1b[5mblink"


@pytest.mark.parametrize(
    "text", ["##[add-mask]x", "see ##vso[task.complete]", "##teamcity[x]", "::error::x", "  ::set-output::x"]
)
def test_a_log_reader_finds_no_command(text: str) -> None:
    assert printable(text, False) == text
    shown = printable(text + "\n" + text, False, log=True)
    assert "##" not in shown and not any(line.lstrip().startswith("::") for line in shown.split("\n"))


def test_json_stays_the_same_json_in_a_log() -> None:
    data = {"a": ["##[group]x", "\n::error::y", "#", "\\##[x]"]}
    text = json.dumps(data, indent=2)
    assert json.loads(printable(text, False, log=True)) == data


def test_what_is_no_command_stays() -> None:
    text = "a ## b, arn:aws:s3:::acme/k, C::D, # [x], ##\n"
    assert printable(text, False, log=True) == text


@pytest.mark.parametrize("address", [ARN, URL, f"`{ARN}`", f"({URL})"])
def test_arns_and_addresses_are_in_one_piece(address: str) -> None:
    lines = wrap(f"  the request is for {address}, which no statement names", 60, "    ")
    assert sum(address in line for line in lines) == 1
    assert all(cells(line) <= 60 for line in lines if address not in line)


def test_other_words_are_cut_where_the_line_ends() -> None:
    lines = wrap("x" * 200, 60, "  ")
    assert [len(line) for line in lines] == [60, 60, 60, 26]
    assert max(map(cells, wrap("arn:" + "x" * 100_000, 60))) <= 60
