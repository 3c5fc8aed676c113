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
#: what other languages begin a statement with
_STATEMENTS = frozenset({"statement", "effect", "rule", "policy", "principal", "action", "sid"})
#: what other languages put before a condition
_CONDITIONALS = frozenset({"if", "where", "condition", "conditions", "given", "provided"})
#: words before an operand
_BEFORE_OPERAND = frozenset({"not", "exists", "any", "all"})
#: what other languages begin a question over a list with
_OVER_LISTS = frozenset({"some", "every", "each", "forall", "for"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "like"})


def hint(kind: str, word: str, before: str, word_before: str, terminals: frozenset[str]) -> str | None:
    """What to do, or None when the list of what was expected says it best."""
    if {"allow", "deny"} <= terminals and word.lower() in _EFFECTS:
        return f"write `{_EFFECTS[word.lower()]}`"
    behind = (
        "==" in terminals or "and" in terminals or "when" in terminals
    )  # where an operator may stand, or a condition end
    if (word == "has" and behind) or (word_before == "has" and kind == "NAME"):
        return "presence is asked with `exists` in front, such as `exists idc.groups`; for a member of a list write `group in a.groups`"
    if word == "is" and behind:
        return "write `==`, or `exists a.b` to ask whether something is there"
    if word in _TESTS_OF_TEXT and behind:
        return _TESTS_OF_TEXT[word]
    if {"allow", "deny"} <= terminals and word.strip('"').lower() in _STATEMENTS:
        return 'a statement begins with `allow` or `deny` and its name, such as `allow "staff" { … }`'
    if (help := _condition(kind, word, word_before, terminals, behind)) is not None:
        return help
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
    if kind == "=" or (kind == ":" and "==" in terminals):
        return f"`{kind}` gives a name its value; `==` compares"
    return None


def _condition(kind: str, word: str, word_before: str, terminals: frozenset[str], behind: bool) -> str | None:
    """How conditions begin, and how they are joined."""
    lower = word_before.lower()
    if kind == "NAME" and "==" in terminals and word_before != lower and lower in _BEFORE_OPERAND:
        return f"write `{lower}` in place of `{word_before}`"
    if kind == "NAME" and "==" in terminals and lower in _OVER_LISTS:
        return "lists are asked with their values: `any a.b in [...]` or `all a.b in [...]`"
    if lower == "if" and "==" in terminals:
        return "a condition is a test such as `a.b == 1`, joined by `and`, `or` and `not`; it needs no `if`"
    if kind == "," and behind:
        return "join conditions with `and` or `or`"
    if word.lower() in (*_CONDITIONALS, "when", "unless") and "{" in terminals and "when" not in terminals:
        return "conditions stand in braces: `{ when … }`"
    if "when" in terminals and not {"==", ","} & terminals and kind in ("NAME", "(", "where", *_BEFORE_OPERAND):
        if word.lower() in _CONDITIONALS:
            return "write `when`"
        return "join conditions with `and` or `or`" if "and" in terminals else "write `when` before a condition"
    return None
