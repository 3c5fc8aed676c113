"""What an import owes: the built document decides like the original and holds its findings, and the files are laid out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from policyc.diagnostics import Diagnostics
from policyc.importing.documents import Imported, import_documents
from policyc.importing.drafts import Given
from policyc.importing.modules import Layout
from policyc.ir.authz import Policy
from policyc.lint.raw.check import check_tree
from policyc.lint.raw.emitted import check_raw_forms
from policyc.lint.raw.rules import lint_documents
from policyc.lint.registry import run_rules
from policyc.syntax import nodes
from policyc.syntax.format import format_module
from policyc.syntax.json_text import parse_json
from policyc.syntax.parser import parse
from policyc.text import Source, Span

ROOT = Path("/nowhere")
#: what a document cannot lack, or a policy of the language cannot have
OF_THE_LANGUAGE = frozenset({"policy-without-test", "unlabelled-statement", "unused-declaration", "missing-package"})


def imported(texts: Mapping[str, str], kind: str = "", layout: Layout | None = None) -> Imported:
    """The import of documents by their file; fails with what was found."""
    diagnostics = Diagnostics()
    given = [Given(Source(file, text), kind, "", file.removesuffix(".json")) for file, text in texts.items()]
    found = import_documents(given, layout or Layout(folder="policies"), ROOT, diagnostics)
    assert found is not None, [(item.rule, item.message, item.span) for item in diagnostics]
    assert list(diagnostics) == []
    return found


def refused(text: str, kind: str = "") -> list[tuple[str, str]]:
    """The errors of an import that is refused, with the text that each points at."""
    diagnostics = Diagnostics()
    given = [Given(Source("d.json", text), kind, "", "d")]
    assert import_documents(given, Layout(file="d.policy"), ROOT, diagnostics) is None
    return [(item.rule, text[item.span.start : item.span.end] if item.span else "") for item in diagnostics]


def built(found: Imported) -> dict[str, str]:
    """The text that each document's policy builds, by the document's file."""
    texts = {document.owner: document.text for document in found.settled.documents}
    return {item.file: texts[item.name] for item in found.policies if item.name in texts}


def assert_laid_out(found: Imported) -> None:
    """`fmt --check` has nothing to say."""
    for file, text in found.files.items():
        diagnostics = Diagnostics()
        source = Source(file, text)
        module = parse(source, diagnostics)
        assert list(diagnostics) == []
        assert format_module(module, source) == text


def findings_of_documents(texts: Mapping[str, str], kind: str = "") -> list[tuple[str, str, int]]:
    """(rule, file, statement) of everything that `check` says of documents; -1 for what lies in no statement."""
    policies: list[Policy] = []
    diagnostics = Diagnostics()
    sources = {file: Source(file, text) for file, text in texts.items()}
    for source in sources.values():
        tree = parse_json(source, diagnostics)
        assert tree is not None
        policy = check_tree(source, tree, kind, diagnostics)
        assert policy is not None
        policies.append(policy)
    rules = Diagnostics()
    lint_documents(policies, list(sources.values()), rules)
    diagnostics.extend(rules)
    spans = {policy.file: [statement.span for statement in policy.statements] for policy in policies}
    return _placed(diagnostics, spans)


def findings_of_policies(found: Imported) -> list[tuple[str, str, int]]:
    """The same of the imported policies, by the files of their documents."""
    program, settled = found.settled.program, found.settled
    diagnostics = Diagnostics()
    run_rules(program, settled.documents, diagnostics)
    check_raw_forms(program, settled.documents, diagnostics)
    names = {item.name: item for item in found.policies}
    spans: dict[str, list[Span | None]] = {}
    out: list[tuple[str, str, int]] = []
    for module in program.modules.values():
        for node in module.declarations:
            if isinstance(node, nodes.Policy):
                item = names[node.name.text]
                spans = {node.span.file: [statement.span for statement in node.statements]}
                inside = [one for one in diagnostics if one.span and _in(one.span, node.span)]
                out += [(rule, item.file, at) for rule, _, at in _placed(inside, spans)]
    return sorted(out)


def _placed(diagnostics: object, spans: Mapping[str, list[Span | None]]) -> list[tuple[str, str, int]]:
    out = []
    for item in diagnostics:  # type: ignore[attr-defined]
        if item.rule in OF_THE_LANGUAGE or item.span is None:
            continue
        places = enumerate(spans.get(item.span.file, ()))
        at = next((index for index, span in places if span is not None and _in(item.span, span)), -1)
        out.append((item.rule, item.span.file, at))
    return sorted(set(out))


def _in(span: Span, whole: Span) -> bool:
    return span.file == whole.file and whole.start <= span.start < max(whole.end, whole.start + 1)
