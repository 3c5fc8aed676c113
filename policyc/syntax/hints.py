"""Help for slips that people make often, chosen by what was found and what stood before it."""

from __future__ import annotations

from policyc.diagnostics import did_you_mean
from policyc.syntax.expected import CLAUSES, DECLARATIONS
from policyc.syntax.table import END

_BEGINNINGS = frozenset({*CLAUSES, *DECLARATIONS, "allow", "deny", "where"})
#: what other policy languages call the two kinds of statements
_EFFECTS = {
    "permit": "allow",
    "grant": "allow",
    "accept": "allow",
    "forbid": "deny",
    "reject": "deny",
    "refuse": "deny",
}
#: what other languages write between an attribute and a text
_TESTS_OF_TEXT = {
    "contains": 'write `"v" in a.b` for a list, `a.b like "*v*"` for a text',
    **dict.fromkeys(("starts_with", "startswith", "startsWith"), 'write `like "v*"`'),
    **dict.fromkeys(("ends_with", "endswith", "endsWith"), 'write `like "*v"`'),
    **dict.fromkeys(("matches", "regex"), "write `like`, in which `*` is any run of characters"),
}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "like"})


def hint(kind: str, word: str, before: str, word_before: str, terminals: frozenset[str]) -> str | None:
    """What to do, or None when the list of what was expected says it best."""
    if {"allow", "deny"} <= terminals and word.lower() in _EFFECTS:
        return f"write `{_EFFECTS[word.lower()]}`"
    behind = (
        "==" in terminals or "and" in terminals or "when" in terminals
    )  # where an operator may stand, or a condition end
    if (word == "has" and behind) or (word_before == "has" and kind == "NAME"):
        return "presence is asked with `exists` in front, such as `exists idc.groups`"
    if word == "is" and behind:
        return "write `==`, or `exists a.b` to ask whether something is there"
    if word in _TESTS_OF_TEXT and behind:
        return _TESTS_OF_TEXT[word]
    if kind == "}" and before in ("}", "{", "STRING", "NAME", "]", ")") and "}" not in terminals and END in terminals:
        return "remove it, or look for a block above that was closed too early"
    if kind in ("}", "]", ")") and END in terminals:
        return "remove it, or add the bracket that it should close"
    if kind in _COMPARISONS and before not in _COMPARISONS and "and" in terminals:
        return "comparisons cannot be chained: join two of them with `and`"
    if kind in _BEGINNINGS and "STRING" in terminals and "NAME" in terminals:
        if before == ",":
            return "remove the comma, or write what should follow it"
        return f"finish what stands before it: `{word_before[:40]}` needs something behind it"
    if {"unassociated", "pending"} <= terminals:
        return did_you_mean(
            word_before,
            ("allow", "deny", "undecided", "reachable", "blocked", "inspected"),
            "say where the attachment is: `in segment s`, `in group g`, `unassociated` or `pending acceptance`",
        )
    if kind == "->" and word_before in ("any", "all"):
        return "write `otherwise` for everything that no rule before it takes"
    if kind == "REGION" and "NAME" in terminals:
        return "a Region is no name here: choose a name of letters, digits and `_`"
    if kind == ".." or (kind == "INT" and before == "INT" and ".." in terminals):
        return "a range is written with two whole numbers, such as `64512..64555`"
    if kind == "STRING" and "NAME" in terminals and "STRING" not in terminals:
        return "write a name without quotes here"
    if kind in ("NAME", "INT", "DECIMAL", "REGION") and "STRING" in terminals and kind not in terminals:
        return f'put it between double quotes: `"{word[:40]}"`'
    if kind == "INT" and "RULE" in terminals:
        return "a rule starts with its number and a colon, such as `100:`"
    if kind == "RULE":
        return "a number with a colon starts a rule: finish what stands before it"
    if END in terminals and set(DECLARATIONS) <= terminals and word.isidentifier():
        return did_you_mean(word, DECLARATIONS, "a file holds declarations such as `let`, `resource` and `policy`")
    if kind == "=":
        return "`=` gives a name its value; `==` compares"
    return None
