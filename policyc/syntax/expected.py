"""What could stand at a place, in words for people."""

from __future__ import annotations

from policyc.syntax.driver import advance
from policyc.syntax.table import END, Table

DECLARATIONS = (
    "let",
    "param",
    "principal",
    "group",
    "predicate",
    "resource",
    "policy",
    "network",
    "test",
    "prove",
    "use",
    "module",
)
CLAUSES = ("who", "can", "on", "path", "when", "unless")
_VALUE = frozenset({"NAME", "STRING", "INT", "DECIMAL", "REGION", "true", "false", "[", "{", "("})
_EXPRESSION = frozenset({"not", "exists", "any", "all"})
_OPERATORS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "like", "not", "and", "or", "/", ".", "["})
_MARKS = (",", ":", "=", "->", "..", "]", ")", "}", "{", "(", "[", "/", "*")
_WORDS = {
    "NAME": "a name",
    "STRING": "a string in double quotes",
    "INT": "a whole number",
    "DECIMAL": "a number",
    "REGION": "a Region name",
    "RULE": "a rule number such as `100:`",
    END: "the end of the file",
}


def expected_terminals(table: Table, states: list[int]) -> frozenset[str]:
    """The terminals that really fit after the stack of states (the table's row alone may hold more)."""
    return frozenset(kind for kind in table.actions[states[-1]] if advance(table, list(states), kind))


def describe(terminals: frozenset[str], own_line: bool = False) -> str:
    """A phrase such as "`,` or `]`" for the message, the most telling first.

    At the start of a line (`own_line`) what begins a new part is more likely meant than what goes on with the old one.
    """
    return join(_phrases(terminals, own_line))


def choices(terminals: frozenset[str]) -> str:
    """The help that names everything that fits."""
    phrases = _phrases(terminals, False)
    if len(phrases) <= 4:
        return f"write {join(phrases)} here"
    return "what can stand here: " + ", ".join(phrases)


def _phrases(terminals: frozenset[str], own_line: bool) -> list[str]:
    left = set(terminals)
    parts: list[str] = []
    if left >= {"NAME", "STRING", "INT"}:
        left -= _VALUE | _EXPRESSION
        parts.append("a value")
    if left >= set(CLAUSES):
        left -= {*CLAUSES, "where"}
        parts.append("a clause such as `who` or `when`")
    if left >= set(DECLARATIONS):
        left -= {*DECLARATIONS, END}
        parts.append("a declaration such as `let` or `policy`")
    operators: list[str] = []
    if "==" in left:
        operators = ["an operator such as `==`"]
        left -= _OPERATORS
    if "." in left or operators:
        left -= {".", "[", "(", "/"}
    if len(left) + len(parts) > 1:
        left.discard("..")
    if own_line and parts:
        operators = []
        left -= {"and", "or"}
    marks = [f"`{kind}`" for kind in _MARKS if kind in left]
    names = [_WORDS[kind] for kind in _WORDS if kind in left]
    words = [f"`{kind}`" for kind in sorted(left - set(_MARKS) - set(_WORDS))]
    return [*parts, *marks, *names, *words, *operators]


def join(phrases: list[str], most: int = 4) -> str:
    """`a`, `b` or `c`."""
    if len(phrases) > most:
        phrases = [*phrases[:most], "something else"]
    if len(phrases) == 1:
        return phrases[0]
    return ", ".join(phrases[:-1]) + " or " + phrases[-1]


def found(kind: str, text: str) -> str:
    """The token as the message names it."""
    if kind == END:
        return "the end of the file"
    shown = text if len(text) <= 40 else text[:37] + "..."
    if kind == "STRING":
        return f"the string {shown}" if "`" in shown else f"the string `{shown}`"
    return f"`{shown}`"
