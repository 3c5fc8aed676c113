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
#: what other languages call a clause
_CLAUSES = {
    **dict.fromkeys(("principal", "principals", "subject", "caller", "callers", "from", "by", "user", "role"), "who"),
    **dict.fromkeys(("action", "actions", "verb", "verbs", "method", "methods", "operation", "do"), "can"),
    **dict.fromkeys(("resource", "resources", "target", "to"), "on"),
    **dict.fromkeys(("url", "uri", "prefix", "route"), "path"),
}
#: what other languages take something out with
_EXCEPTIONS = frozenset({"except", "but", "excluding", "exclude"})
#: what other languages begin a declaration with
_DECLARATIONS = {
    **dict.fromkeys(("const", "var", "val", "set", "define", "local", "locals", "variable"), 'write `let name = "…"`'),
    **dict.fromkeys(
        ("import", "include", "from", "require", "using"),
        'write `use "other.policy" { name }`, with the names that come in',
    ),
    **dict.fromkeys(("def", "func", "function", "fn", "condition", "rule"), "write `predicate name(…) = …`"),
    **dict.fromkeys(("role", "user", "account", "service"), 'write `principal name = role(account, "…")`'),
    **dict.fromkeys(
        (*_EFFECTS, "allow", "deny"), "a statement stands in a policy: `policy name for TARGET on RESOURCE { … }`"
    ),
}
#: what other languages say in tests
_EXPECTATIONS = frozenset({"assert", "should", "then", "verify"})
#: what they call the two answers
_ANSWERS = {
    **dict.fromkeys(("denied", "refused", "forbidden"), "write `deny`"),
    **dict.fromkeys(("allowed", "permitted"), "write `allow`"),
}
#: what they begin a claim with
_CLAIMS = {
    **dict.fromkeys(("nobody", "never", "none", "cannot"), "write `no request to … is allowed`"),
    **dict.fromkeys(("always", "everybody", "request", "requests"), "write `every request to … is deny` or `is allow`"),
}
#: what a star in place of a value means
_EVERYTHING = {
    "who": "write `anyone`",
    "can": "leave the clause out: without `can` every verb is meant",
    "path": "leave the clause out: without `path` every path is meant",
    "on": "leave the clause out, or name the resources",
}
#: what other languages put before a condition
_CONDITIONALS = frozenset({"if", "where", "condition", "conditions", "given", "provided"})
#: words before an operand
_BEFORE_OPERAND = frozenset({"not", "exists", "any", "all"})
#: what other languages begin a question over a list with
_OVER_LISTS = frozenset({"some", "every", "each", "forall", "for"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in", "like"})


def hint(kind: str, word: str, before: str, word_before: str, after: str, terminals: frozenset[str]) -> str | None:
    """What to do, or None when the list of what was expected says it best. `after` is what stands behind."""
    if (help := foreign(kind, word, before, word_before, after, terminals)) is not None:
        return help
    if (help := _head(kind, before, word_before, terminals)) is not None:
        return help
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
        if after == "=":
            return f"write `let {word[:40]} = …`"
        if word.lower() in _DECLARATIONS:
            return _DECLARATIONS[word.lower()]
        return did_you_mean(word, DECLARATIONS, "a file holds declarations such as `let`, `resource` and `policy`")
    if kind == "=" or (kind == ":" and "==" in terminals):
        return f"`{kind}` gives a name its value; `==` compares"
    return None


def foreign(kind: str, word: str, before: str, word_before: str, after: str, terminals: frozenset[str]) -> str | None:
    """How a clause, a request or a claim says what other languages say in other words."""
    lower = word.lower()
    if kind == "[" and word_before.lower() in ("list", "array", "tuple"):
        return "a list has the type `set[…]`"
    if kind in (":", "=") and before in CLAUSES:
        return f"remove it: a clause is its word and what it names, such as `{before} {_NAMED.get(before, '…')}`"
    if kind == "*" and before in _EVERYTHING:
        return _EVERYTHING[before]
    if kind == "/" and before == "path":
        return 'put the path between double quotes, such as `"/stock"`'
    if kind == ":" and word_before == "arn":
        return 'a caller is declared by its parts: `principal app = role("111122223333", "app")`'
    if kind == ":" and "==" in terminals and after.isidentifier():
        return f'a key is written with a point where it has a word, such as `{word_before}.{after}`, and else as `key["{word_before}:{after}"]`'
    if set(CLAUSES) <= terminals:
        if lower in _EXCEPTIONS:
            return 'add a `deny` statement for what is excepted; `not` takes all others, such as `who not app` or `path not "/x"`'
        if word == "not" and after in CLAUSES:
            return f"write `{after} not`"
        if kind in ("and", "or") and "and" not in terminals:
            if after in CLAUSES:
                return f"remove it: the clauses of a statement hold together; `{after}` begins the next one"
            if before == "STRING" and not after.startswith('"'):
                return "a condition begins with `when`, such as `when source.vpc == mesh_vpc`"
            return "put a comma between them"
        if lower in _CLAUSES and after not in (*_COMPARISONS, ".", "[", "(", ",", "}"):
            return f"write `{_CLAUSES[lower]}`"
        if lower in _CONDITIONALS and kind == "NAME":
            return "write `when`"
    if kind in CLAUSES and {"request", "expect"} <= terminals:
        return "a test states a request and what comes of it: `request RESOURCE { who: …, can: … }` and `expect deny`"
    if kind in CLAUSES and {"NAME", "}"} <= terminals and "STRING" not in terminals and after != ":":
        return f"a request has fields: write `{word}: …`"
    if lower in _EXPECTATIONS and "expect" in terminals:
        return "write `expect allow` or `expect deny`"
    if lower in _ANSWERS and terminals <= {"allow", "deny", "allowed"}:
        return _ANSWERS[lower]
    return _CLAIMS.get(lower) if "every" in terminals else None


_NAMED = {"who": "app", "can": "GET", "path": '"/stock"', "when": "a.b == 1", "unless": "a.b == 1", "on": "stock"}


def _head(kind: str, before: str, word_before: str, terminals: frozenset[str]) -> str | None:
    """How declarations and statements begin."""
    if terminals == {"for"}:
        return f"name the target: `policy {word_before[:40]} for TARGET on RESOURCE`, such as `for lattice`"
    if terminals == {"on"}:
        return "say where it is attached: `on RESOURCE`, the name of a declared one"
    if kind == "{" and before == "request":
        return "name the resource that is asked: `request RESOURCE { … }`"
    if kind in CLAUSES and {"{", "STRING"} == terminals:
        return f"clauses stand in braces: `{{ {kind} … }}`"
    if terminals == {"{"} and word_before.endswith('.policy"'):
        return f"say which names come in: `use {word_before[:60]} {{ name }}`"
    if before == "resource" or (kind == "." and terminals == {":"}):
        return "the name comes first, without quotes: `resource NAME: TYPE { … }`"
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
