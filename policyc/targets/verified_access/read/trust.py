"""Which trust providers a Cedar text may count on: a comment in it, or flags of the command line.

`// policyc: trust idc=iam_identity_center jamf=jamf "my-idp"=oidc` anywhere in the text declares the policy reference names
of the group's trust providers with their types. A root below `context` that nothing declares is not checked, and that is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from policyc.diagnostics import Diagnostics, did_you_mean, rewritten
from policyc.model.placeholders import is_template
from policyc.regex import regex
from policyc.syntax.cedar_nodes import Document, Has, path_of, walk
from policyc.targets.cedar_documents.facts import KEY
from policyc.targets.cedar_documents.text.paths import declared_pairs, reads
from policyc.targets.verified_access.scope import REQUEST_ROOTS, guess_type, trust_types, vocabulary
from policyc.text import Span

#: what stands between a name and its type, here or in what else declares such pairs
_SEPARATED = regex(r"\s*[:=]\s*")


def declared_trust(document: Document, diagnostics: Diagnostics) -> dict[str, str]:
    """The trust providers that the text's comments declare; mistakes in them are reported."""
    trust: dict[str, str] = {}
    for span, pairs, whole in declared_pairs(document, "trust"):
        for name, word in pairs:
            problem = trust_problem(name, word)
            if problem is not None:
                diagnostics.error(problem[0], problem[1], span, problem[2])
            else:
                trust[name] = word
        if not whole:
            right = _meant(document, span)
            diagnostics.error(
                "cedar-trust-comment",
                "this comment does not declare trust providers",
                span,
                f"write `{right}`" if right else "write `// policyc: trust idc=iam_identity_center jamf=jamf`",
                fix=rewritten(span, right) if right else None,
            )
    return trust


def _meant(document: Document, span: Span) -> str:
    """The comment with `=` between names and types, where it is plain which is which; a name alone is one where it is a type."""
    said = next((comment.text for comment in document.comments if comment.span == span), "")
    words = _SEPARATED.sub("=", said.partition("trust")[2]).replace(",", " ").split()
    pairs = [(name, word if equals else name) for name, equals, word in (one.partition("=") for one in words)]
    if not pairs or any(not name.isidentifier() or word not in trust_types() for name, word in pairs):
        return ""
    return "// policyc: trust " + " ".join(f"{name}={word}" for name, word in pairs)


def trust_problem(name: str, word: str) -> tuple[str, str, str] | None:
    """Rule, message and help when a declared trust provider cannot be."""
    kinds = ", ".join(f"`{kind}`" for kind in trust_types())
    if word not in trust_types():
        help = did_you_mean(word, trust_types(), f"use one of {kinds}")
        return "unknown-trust-type", f"unknown type of trust provider `{word}`", help
    if name in REQUEST_ROOTS:
        return (
            "reserved-reference",
            f"`{name}` holds request data, so no trust provider can be called that",
            "choose the policy reference name of the trust provider",
        )
    return None


def undeclared_roots(document: Document, trust: Mapping[str, str]) -> dict[str, Span]:
    """The names right below `context` that are neither request data nor declared, where each stands first."""
    found: dict[str, Span] = {}
    for path, span in reads(document):
        if path and path[0] not in REQUEST_ROOTS and path[0] not in trust and not is_template(path[0]):
            found.setdefault(path[0], span)
    return found


def reads_both(document: Document) -> bool:
    """Whether the text is about HTTP requests and TCP flows, so that it has to ask which of the two it has."""
    return {path[0] for path, _ in reads(document) if path} >= set(REQUEST_ROOTS)


def asks_for_request(document: Document) -> bool:
    """Whether the text asks if it has an HTTP request or a TCP flow, so that it counts on requests without."""
    return any(
        isinstance(node, Has) and path_of(node.of) == () and node.names[0] in REQUEST_ROOTS
        for statement in document.statements
        for clause in statement.clauses
        for node in walk(clause.body)
    )


def _unsent(word: str, paths: Iterable[tuple[str, ...]]) -> str:
    """The first path that a provider of a type, documented in full, does not send; empty when it sends all."""
    kind = trust_types()[word]
    known = [tuple(path.replace("[]", ".[]").split(".")) for path in kind.attributes]
    lacking = (path for path in paths if not any(_begins(path, other) for other in known))
    return "" if kind.open else ".".join(next(lacking, ()))


def _begins(path: tuple[str, ...], known: tuple[str, ...]) -> bool:
    return len(path) <= len(known) and all(own in (step, "[]") for own, step in zip(known, path, strict=False))


def report_undeclared(
    document: Document, roots: Mapping[str, Span], trust: Mapping[str, str], diagnostics: Diagnostics
) -> None:
    """Say of each undeclared root what it is: with declared providers a mistake, without any a gap in the checking."""
    from policyc.diagnostics import Diagnostic, Severity

    for name, span in roots.items():
        if trust:
            diagnostics.error(
                "cedar-unknown-root", f"no trust provider is called `{name}`", span, _root_help(name, trust)
            )
            continue
        below = [path[1:] for path, _ in reads(document) if path[0] == name]
        seems = guess_type(name, below)
        example = f"{name}={seems or 'oidc'}" if name.isidentifier() else f'"{name}"={seems or "oidc"}'
        close = did_you_mean(name, REQUEST_ROOTS, "")
        words = f"`context.{name}` is checked against nothing, because its trust provider is not declared"
        help = f"{close + ' Else ' if close else ''}write the comment `// policyc: trust {example}`"
        if seems:
            help += f", if it is {trust_types()[seems].doc}"
            if unsent := _unsent(seems, below):
                help += f"; that is not documented to send `{unsent}`, so drop the test of it or declare the provider as `oidc`"
        diagnostics.add(Diagnostic("cedar-trust-not-declared", words, span, help, Severity.INFO))


def _root_help(name: str, trust: Mapping[str, str]) -> str:
    """Where the data stands that somebody looked for below `context.NAME`."""
    called = name.lower().replace("-", "_")
    meant = [word for word, kind in trust_types().items() if called in (word, *kind.names)]
    providers = [other for other, type in trust.items() if type in meant]
    below = [item.native for item in vocabulary().attributes.values() if item.native.rpartition(".")[2] == name]
    if len(providers) == 1:
        return f"{trust_types()[meant[0]].doc} is called `{providers[0]}` here"
    if below:
        return "did you mean " + " or ".join(f"`{path}`" for path in below) + "?"
    known = [*trust, *REQUEST_ROOTS]
    return did_you_mean(name, known, f"the roots are {', '.join(f'`{item}`' for item in known)}")


def is_documented(path: tuple[str, ...]) -> bool:
    """Whether request data, or a trust provider of some type, has an attribute of that name or something below it."""
    if path[0] in REQUEST_ROOTS:
        known = [tuple(attribute.native.split(".")) for attribute in vocabulary().attributes.values()]
        return any(other[: len(path)] == path for other in known)
    return any(
        _begins(path[1:], tuple(name.replace("[]", f".{KEY}").split(".")))
        for kind in trust_types().values()
        for name in kind.attributes
    )
