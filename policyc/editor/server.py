"""The language server: the protocol's messages over `policyc.editor`, by pygls.

Source: https://microsoft.github.io/language-server-protocol/specifications/lsp/3.17/specification/
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.uris import from_fs_path, to_fs_path
from pygls.workspace import PositionCodec

from policyc.diagnostics import Applicability, Diagnostic, Diagnostics, Severity
from policyc.editor.complete import complete
from policyc.editor.hints import allowed, hints
from policyc.editor.hover import hover
from policyc.editor.outline import TOKEN_KINDS, Entry, coloured, outline
from policyc.editor.session import ENDINGS, Session, State
from policyc.syntax import nodes
from policyc.syntax.format import format_module
from policyc.syntax.parser import parse
from policyc.text import Source, Span
from policyc.version import VERSION

#: seconds after the last keystroke before anything is worked out
_PAUSE = 0.05
#: further seconds before a large project is looked at as a whole
_REST = 0.5
_HEAD = lsp.Position(0, 0)
RUN_TESTS = "policyc.runTests"
WHAT_ALLOWS = "policyc.whatAllows"
_SEVERITIES = {
    Severity.ERROR: lsp.DiagnosticSeverity.Error,
    Severity.WARNING: lsp.DiagnosticSeverity.Warning,
    Severity.INFO: lsp.DiagnosticSeverity.Information,
}
_SYMBOLS = {
    "let": lsp.SymbolKind.Constant,
    "param": lsp.SymbolKind.TypeParameter,
    "principal": lsp.SymbolKind.Object,
    "group": lsp.SymbolKind.Object,
    "predicate": lsp.SymbolKind.Function,
    "resource": lsp.SymbolKind.Struct,
    "policy": lsp.SymbolKind.Class,
    "network": lsp.SymbolKind.Module,
    "test": lsp.SymbolKind.Event,
    "prove": lsp.SymbolKind.Event,
    "segment": lsp.SymbolKind.Namespace,
}
_ITEMS = {
    "keyword": lsp.CompletionItemKind.Keyword,
    "attribute": lsp.CompletionItemKind.Property,
    "verb": lsp.CompletionItemKind.EnumMember,
    "type": lsp.CompletionItemKind.Class,
    "field": lsp.CompletionItemKind.Field,
    "value": lsp.CompletionItemKind.Value,
    "name": lsp.CompletionItemKind.Variable,
    "target": lsp.CompletionItemKind.Module,
    "constructor": lsp.CompletionItemKind.Constructor,
}


class Server(LanguageServer):
    """One editor's session. Offsets inside count code points; `codec` knows how this editor counts."""

    def __init__(self) -> None:
        super().__init__("policyc", VERSION)
        self.session = Session()
        self.told: set[str] = set()
        self.asked = 0

    # --- places ---------------------------------------------------------------------------------------------------

    @property
    def codec(self) -> PositionCodec:
        return self.workspace.position_codec

    def offset(self, source: Source, position: lsp.Position) -> int:
        """The offset of a position that the editor gave."""
        starts = source.line_starts()
        if position.line >= len(starts):
            return len(source.text)
        lines = [source.line(position.line + 1)]
        inner = self.codec.position_from_client_units(lines, lsp.Position(0, position.character))
        return starts[position.line] + min(inner.character, len(lines[0]))

    def range(self, span: Span, source: Source) -> lsp.Range:
        """A span as the editor counts."""
        return lsp.Range(self._position(span.start, source), self._position(span.end, source))

    def _position(self, offset: int, source: Source) -> lsp.Position:
        at = source.position(offset)
        # a place behind the line's text (its break, a missing word) is the line's end
        before = source.line(at.line)[: at.column - 1]
        return lsp.Position(at.line - 1, self.codec.client_num_units(before))

    # --- texts ----------------------------------------------------------------------------------------------------

    def place(self, uri: str, whole: bool = False) -> tuple[State, str, Source] | None:
        """The project of a text (`whole`: every file of it, however long that takes), its name there, and its source; None for what is
        none of ours."""
        path = to_fs_path(uri)
        if path is None or not path.endswith(ENDINGS):
            return None
        state, name = self.session.state(path) if whole else self.session.quick(path)
        source = state.source(name)
        return None if source is None else (state, name, source)

    def uri(self, state: State, file: str) -> str:
        return from_fs_path(str(state.project.root / file)) or file

    async def tell_soon(self) -> None:
        """Tell what is wrong once the typing stops: first of the open texts, and of a large project when all of it is settled."""
        self.asked += 1
        mine = self.asked
        await asyncio.sleep(_PAUSE)
        if mine != self.asked:
            return
        self.tell()
        late = [state for path in self._ours() if (state := self.session.state(path)[0]).took is None]
        if not late:
            return
        await asyncio.sleep(_REST)
        for state in dict.fromkeys(late):
            if mine == self.asked:
                await asyncio.get_running_loop().run_in_executor(None, state.settle)
        if mine == self.asked:
            self.tell()

    def _ours(self) -> list[str]:
        return [path for path in self.session.open if path.endswith(ENDINGS)]

    def tell(self) -> None:
        """Publish the findings about the open texts and their projects, and take back those that are gone. Of a file that is looked at
        alone only errors are told: what else is doubtful hangs on the whole."""
        told: dict[str, list[lsp.Diagnostic]] = {}
        seen: set[int] = set()
        for path in self._ours():
            state, name = self.session.quick(path)
            whole = state is self.session.state(path)[0]
            told.setdefault(self.uri(state, name), [])
            if id(state) in seen:
                continue
            seen.add(id(state))
            if whole and state.took is None:
                state.settle()
            findings, sources = state.findings
            for item in findings:
                if whole or item.severity is Severity.ERROR:
                    file = (
                        name if item.span is None else item.span.file
                    )  # what has no place stands at the head of the open text
                    items = told.setdefault(self.uri(state, file), [])
                    made = self.diagnostic(item, state, sources.get(file))
                    if made not in items:  # a file that stands for itself is one of its project's as well
                        items.append(made)
        for uri in self.told - set(told):
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, []))
        for uri, found in told.items():
            document = self.workspace.text_documents.get(uri)
            version = None if document is None else document.version
            self.text_document_publish_diagnostics(lsp.PublishDiagnosticsParams(uri, found, version))
        self.told = set(told)

    def diagnostic(self, item: Diagnostic, state: State, source: Source | None) -> lsp.Diagnostic:
        """A finding for the editor; of a file that cannot be read there is no `source`, and the finding stands at its head."""
        related = [
            lsp.DiagnosticRelatedInformation(
                lsp.Location(self.uri(state, label.span.file), self.range(label.span, labelled)), label.message
            )
            for label in item.labels
            if (labelled := state.source(label.span.file)) is not None
        ]
        return lsp.Diagnostic(
            range=lsp.Range(_HEAD, _HEAD) if item.span is None or source is None else self.range(item.span, source),
            message=item.message + (f"\nhelp: {item.help}" if item.help else ""),
            severity=_SEVERITIES[item.severity],
            code=item.rule,
            source="policyc",
            related_information=related or None,
            tags=[lsp.DiagnosticTag.Unnecessary] if item.rule.startswith("unused-") else None,
        )


SERVER = Server()


# --- texts come and go --------------------------------------------------------------------------------------------


@SERVER.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
async def opened(server: Server, params: lsp.DidOpenTextDocumentParams) -> None:
    await _changed(server, params.text_document.uri)


@SERVER.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
async def changed(server: Server, params: lsp.DidChangeTextDocumentParams) -> None:
    await _changed(server, params.text_document.uri)


async def _changed(server: Server, uri: str) -> None:
    path = to_fs_path(uri)
    if path is not None:
        server.session.put(path, server.workspace.get_text_document(uri).source)
        await server.tell_soon()


@SERVER.feature(lsp.TEXT_DOCUMENT_DID_SAVE)
async def saved(server: Server, params: lsp.DidSaveTextDocumentParams) -> None:
    server.session.refresh()
    await server.tell_soon()


@SERVER.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
async def changed_outside(server: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    server.session.refresh()
    await server.tell_soon()


@SERVER.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
async def closed(server: Server, params: lsp.DidCloseTextDocumentParams) -> None:
    path = to_fs_path(params.text_document.uri)
    if path is not None:
        server.session.drop(path)
        await server.tell_soon()


# --- questions at a place -----------------------------------------------------------------------------------------


@SERVER.feature(lsp.TEXT_DOCUMENT_HOVER)
def on_hover(server: Server, params: lsp.HoverParams) -> lsp.Hover | None:
    found = server.place(params.text_document.uri)
    if found is None:
        return None
    state, name, source = found
    told = hover(state, name, server.offset(source, params.position))
    if told is None:
        return None
    return lsp.Hover(lsp.MarkupContent(lsp.MarkupKind.Markdown, told.text), server.range(told.span, source))


@SERVER.feature(lsp.TEXT_DOCUMENT_COMPLETION, lsp.CompletionOptions(trigger_characters=[".", "[", ":", '"']))
def on_completion(server: Server, params: lsp.CompletionParams) -> lsp.CompletionList:
    found = server.place(params.text_document.uri)
    if found is None:
        return lsp.CompletionList(False, [])
    state, name, source = found
    items = [
        lsp.CompletionItem(
            label=item.text,
            kind=_ITEMS[item.kind],
            detail=item.detail or None,
            sort_text=f"{number:04}",
            text_edit=lsp.TextEdit(server.range(source.span(item.start, item.end), source), item.text),
        )
        for number, item in enumerate(complete(state, name, server.offset(source, params.position)))
    ]
    return lsp.CompletionList(False, items)


def _places(
    server: Server,
    params: lsp.DefinitionParams | lsp.ReferenceParams | lsp.RenameParams,
    declarations: bool,
    uses: bool,
) -> list[lsp.Location]:
    found = server.place(params.text_document.uri, whole=True)
    if found is None:
        return []
    state, name, source = found
    find = state.index.at if uses else state.index.meant
    symbol = find(name, server.offset(source, params.position))
    wanted = () if symbol is None else symbol.uses
    return [
        lsp.Location(server.uri(state, use.span.file), server.range(use.span, there))
        for use in wanted
        if (declarations if use.declares else uses) and (there := state.source(use.span.file)) is not None
    ]


@SERVER.feature(lsp.TEXT_DOCUMENT_DEFINITION)
def on_definition(server: Server, params: lsp.DefinitionParams) -> list[lsp.Location]:
    return _places(server, params, True, False)


@SERVER.feature(lsp.TEXT_DOCUMENT_REFERENCES)
def on_references(server: Server, params: lsp.ReferenceParams) -> list[lsp.Location]:
    return _places(server, params, params.context.include_declaration, True)


@SERVER.feature(lsp.TEXT_DOCUMENT_PREPARE_RENAME)
def on_prepare_rename(server: Server, params: lsp.PrepareRenameParams) -> lsp.Range | None:
    found = server.place(params.text_document.uri)
    if found is None:
        return None
    state, name, source = found
    offset = server.offset(source, params.position)
    symbol = state.index.at(name, offset)
    for use in () if symbol is None else symbol.uses:
        if use.span.file == name and use.span.start <= offset <= use.span.end:
            return server.range(use.span, source)
    return None


@SERVER.feature(lsp.TEXT_DOCUMENT_RENAME, lsp.RenameOptions(prepare_provider=True))
def on_rename(server: Server, params: lsp.RenameParams) -> lsp.WorkspaceEdit | None:
    found = server.place(params.text_document.uri, whole=True)
    symbol = None if found is None else found[0].index.at(found[1], server.offset(found[2], params.position))
    refused = "" if found is None or symbol is None else found[0].index.why_not(symbol, params.new_name)
    if refused:
        server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, refused))
        return None
    edits: dict[str, list[lsp.TextEdit]] = {}
    for place in _places(server, params, True, True):
        edits.setdefault(place.uri, []).append(lsp.TextEdit(place.range, params.new_name))
    return lsp.WorkspaceEdit(changes=edits) if edits else None


# --- whole texts --------------------------------------------------------------------------------------------------


@SERVER.feature(lsp.TEXT_DOCUMENT_FORMATTING)
def on_formatting(server: Server, params: lsp.DocumentFormattingParams) -> list[lsp.TextEdit] | None:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return None
    source, wrong = found[2], Diagnostics()
    module = parse(source, wrong)
    if wrong.has_errors:
        return None
    text = format_module(module, source)
    whole = source.span(0, len(source.text))
    return [] if text == source.text else [lsp.TextEdit(server.range(whole, source), text)]


@SERVER.feature(lsp.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
def on_symbols(server: Server, params: lsp.DocumentSymbolParams) -> list[lsp.DocumentSymbol]:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return []

    def symbols(entries: Sequence[Entry], source: Source) -> list[lsp.DocumentSymbol]:
        return [
            lsp.DocumentSymbol(
                name=entry.name or entry.kind,
                kind=_SYMBOLS.get(entry.kind, lsp.SymbolKind.Method),
                range=server.range(entry.span, source),
                selection_range=server.range(entry.name_span, source),
                detail=entry.kind,
                children=symbols(entry.inner, source),
            )
            for entry in entries
        ]

    return symbols(outline(parse(found[2], Diagnostics())), found[2])


@SERVER.feature(lsp.TEXT_DOCUMENT_FOLDING_RANGE)
def on_folding(server: Server, params: lsp.FoldingRangeParams) -> list[lsp.FoldingRange]:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return []
    source = found[2]
    entries = outline(parse(source, Diagnostics()))
    ranges = (server.range(part.span, source) for entry in entries for part in (entry, *entry.inner))
    return [lsp.FoldingRange(item.start.line, item.end.line) for item in ranges if item.end.line > item.start.line]


@SERVER.feature(lsp.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, lsp.SemanticTokensLegend(list(TOKEN_KINDS), []))
def on_colours(server: Server, params: lsp.SemanticTokensParams) -> lsp.SemanticTokens:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return lsp.SemanticTokens([])
    source, data = found[2], []
    line, column = 0, 0
    for start, end, kind in coloured(source):
        where = server.range(source.span(start, end), source)
        if where.start.line != where.end.line:
            continue  # the protocol's tokens stay on one line
        if where.start.line != line:
            column = 0
        data += [
            where.start.line - line,
            where.start.character - column,
            where.end.character - where.start.character,
            kind,
            0,
        ]
        line, column = where.start.line, where.start.character
    return lsp.SemanticTokens(data)


@SERVER.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, lsp.CodeActionOptions([lsp.CodeActionKind.QuickFix]))
def on_code_action(server: Server, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    found = server.place(params.text_document.uri)
    if found is None:
        return []
    state, name, source = found
    start, end = server.offset(source, params.range.start), server.offset(source, params.range.end)
    findings, sources = state.findings
    actions = []
    for item in findings:
        if item.span is None or item.span.file != name or item.fix is None:
            continue
        if item.span.end < start or item.span.start > end:
            continue
        edits: dict[str, list[lsp.TextEdit]] = {}
        for edit in item.fix.edits:
            there = sources[edit.span.file]
            uri = server.uri(state, edit.span.file)
            edits.setdefault(uri, []).append(lsp.TextEdit(server.range(edit.span, there), edit.replacement))
        actions.append(
            lsp.CodeAction(
                item.fix.message,
                kind=lsp.CodeActionKind.QuickFix,
                diagnostics=[server.diagnostic(item, state, source)],
                edit=lsp.WorkspaceEdit(changes=edits),
                is_preferred=item.fix.applicability is Applicability.SAFE,
            )
        )
    return actions


# --- tests --------------------------------------------------------------------------------------------------------


@SERVER.feature(lsp.TEXT_DOCUMENT_CODE_LENS)
def on_lens(server: Server, params: lsp.CodeLensParams) -> list[lsp.CodeLens]:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return []
    state, name, source = found
    results = dict(_tested(state, name))
    lenses = []
    for entry in outline(parse(source, Diagnostics())):
        if entry.kind == "test":
            passed = results.get(entry.span.start)
            told = "run test" if passed is None else "passed" if passed else "failed"
            command = lsp.Command(told, RUN_TESTS, arguments=[params.text_document.uri, entry.name])
            lenses.append(lsp.CodeLens(server.range(entry.name_span, source), command))
        elif entry.kind == "policy":
            asked = lsp.Command("what does this allow?", WHAT_ALLOWS, arguments=[params.text_document.uri, entry.name])
            lenses.append(lsp.CodeLens(server.range(entry.name_span, source), asked))
    return lenses


@SERVER.command(WHAT_ALLOWS)
def what_allows(server: Server, uri: str, name: str) -> None:
    """Show what a policy allows, statement by statement."""
    found = server.place(uri)
    if found is None:
        return
    _, _, source = found
    for node in parse(source, Diagnostics()).declarations:
        if isinstance(node, nodes.Policy) and node.name.text == name:
            text = "\n".join([f"{name} allows", *(f"- {line}" for line in allowed(source, node))])
            server.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Info, text))


@SERVER.feature(lsp.TEXT_DOCUMENT_INLAY_HINT)
def on_hints(server: Server, params: lsp.InlayHintParams) -> list[lsp.InlayHint]:
    found = server.place(params.text_document.uri)
    if found is None or not found[1].endswith(".policy"):
        return []
    state, name, source = found
    start, end = server.offset(source, params.range.start), server.offset(source, params.range.end)
    return [
        lsp.InlayHint(server.range(source.span(hint.at, hint.at), source).start, hint.text)
        for hint in hints(state, name, start, end)
    ]


def _tested(state: State, file: str) -> Iterator[tuple[int, bool]]:
    """Where the tests of a file begin and whether each passes; nothing where the project has errors."""
    from policyc.simulation.runner import run_test

    compiled = state.compiled
    if compiled.diagnostics.has_errors:
        return
    for test in compiled.program.tests:
        if test.file == file:
            yield test.node.span.start, run_test(compiled.program, compiled.all_documents, test).passed


@SERVER.command(RUN_TESTS)
def run_tests(server: Server, uri: str, label: str) -> None:
    """Run one test and say how it went; the reasons of a failure are shown as a message."""
    from policyc.simulation.runner import run_test

    found = server.place(uri)
    if found is None:
        return
    state, name, _ = found
    if state.compiled.diagnostics.has_errors:
        text, kind = "the project has errors, so no test can run", lsp.MessageType.Warning
    else:
        tests = [item for item in state.compiled.program.tests if item.file == name and item.node.label.value == label]
        results = [run_test(state.compiled.program, state.compiled.all_documents, item) for item in tests]
        reasons = "; ".join(item.message for result in results for item in result.findings)
        passed = bool(results) and all(result.passed for result in results)
        text = f"{label}: passed" if passed else f"{label}: failed: {reasons or 'there is no such test'}"
        kind = lsp.MessageType.Info if passed else lsp.MessageType.Error
    server.window_show_message(lsp.ShowMessageParams(kind, text))
