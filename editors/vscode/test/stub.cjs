// What an extension asks of the editor, as far as this one needs it to start its server, hand it a document and take what it finds. Whatever is not here is an empty
// class: the client's code names many, and makes few.
"use strict";

class Emitter {
  constructor() {
    this.told = new Set();
    this.event = (listener, self) => {
      const call = self ? listener.bind(self) : listener;
      this.told.add(call);
      return new Disposable(() => this.told.delete(call));
    };
  }
  fire(value) {
    for (const listener of [...this.told]) listener(value);
  }
  dispose() {
    this.told.clear();
  }
}

class Disposable {
  constructor(call) {
    this.call = call;
  }
  dispose() {
    this.call?.();
  }
  static from(...items) {
    return new Disposable(() => items.forEach((item) => item.dispose()));
  }
}

class Uri {
  constructor(path) {
    Object.assign(this, { scheme: "file", authority: "", path, query: "", fragment: "", fsPath: path });
  }
  static file(path) {
    return new Uri(path);
  }
  static parse(text) {
    return new Uri(decodeURIComponent(text.replace(/^file:\/\//, "")));
  }
  toString() {
    return `file://${this.path.split("/").map(encodeURIComponent).join("/")}`;
  }
  toJSON() {
    return this.toString();
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(start, end, line, character) {
    this.start = typeof start === "number" ? new Position(start, end) : start;
    this.end = typeof start === "number" ? new Position(line, character) : end;
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class RelativePattern {
  constructor(base, pattern) {
    Object.assign(this, { baseUri: base.uri ?? base, pattern });
  }
}

const never = () => new Disposable();

/** The module `vscode` of a window with one folder and one open document, and what arrives in it. */
function editor(folder, name, text, command) {
  const opened = new Emitter();
  const changed = new Emitter();
  const closed = new Emitter();
  const settings = { command, insideOtherFiles: true };
  const document = {
    uri: Uri.file(`${folder}/${name}`), fileName: `${folder}/${name}`, languageId: "policyc", version: 1, isClosed: false, isDirty: false, isUntitled: false,
    getText: () => text, lineCount: text.split("\n").length,
  };
  const shown = new Emitter();
  const messages = [];
  const configuration = { get: (key, otherwise) => settings[key] ?? otherwise, has: (key) => key in settings, inspect: () => undefined };
  const empty = new Proxy({}, { get: (_, key) => (String(key).startsWith("on") || /^(register|create)/.test(String(key)) ? never : undefined) });
  const over = (known) => new Proxy(known, { get: (target, key) => (key in target ? target[key] : empty[key]) });
  const channel = over({ append() {}, appendLine() {}, show() {}, clear() {}, dispose() {}, info() {}, warn() {}, error() {}, debug() {}, trace() {} });
  const known = {
    version: "1.85.0", Uri, Position, Range, Diagnostic, RelativePattern, Disposable, EventEmitter: Emitter,
    env: over({ appName: "stub", language: "en", uriScheme: "stub", machineId: "stub" }),
    extensions: over({ getExtension: () => undefined, all: [] }),
    commands: over({ registerCommand: never, executeCommand: async () => undefined }),
    workspace: over({
      isTrusted: true, name: "stub", textDocuments: [document], notebookDocuments: [], workspaceFolders: [{ uri: Uri.file(folder), name: "stub", index: 0 }],
      getConfiguration: (section) => (section === "policyc" ? configuration : over({ get: (_, otherwise) => otherwise, has: () => false })),
      getWorkspaceFolder: () => ({ uri: Uri.file(folder), name: "stub", index: 0 }),
      createFileSystemWatcher: () => ({ onDidCreate: never, onDidChange: never, onDidDelete: never, dispose() {} }),
      onDidOpenTextDocument: opened.event, onDidChangeTextDocument: changed.event, onDidCloseTextDocument: closed.event, fs: over({}),
    }),
    window: over({
      activeTextEditor: undefined, visibleTextEditors: [], tabGroups: over({ all: [] }), terminals: [],
      createOutputChannel: () => channel,
      showErrorMessage: async (words) => void messages.push(words), showWarningMessage: async (words) => void messages.push(words), showInformationMessage: async () => undefined,
    }),
    languages: over({
      match: (selector, asked) => ([selector].flat().some((one) => one.language === asked.languageId) ? 10 : 0),
      createDiagnosticCollection: () => ({ set: (uri, items) => shown.fire({ uri, items }), delete() {}, clear() {}, dispose() {} }),
    }),
    DiagnosticSeverity: { Error: 0, Warning: 1, Information: 2, Hint: 3 },
    CancellationTokenSource: class {
      constructor() {
        this.token = { isCancellationRequested: false, onCancellationRequested: never };
      }
      cancel() {}
      dispose() {}
    },
  };
  const made = {};
  const vscode = new Proxy(known, {
    get: (target, key) => target[key] ?? (/^[A-Z]/.test(String(key)) ? (made[key] ??= enumeration()) : undefined),
    has: () => true,
  });
  const type = (next) => {
    const end = document.getText().split("\n");
    const range = new Range(0, 0, end.length - 1, end.at(-1).length);
    const rangeLength = text.length;
    text = next;
    document.version += 1;
    changed.fire({ document, reason: undefined, contentChanges: [{ range, rangeOffset: 0, rangeLength, text: next }] });
  };
  return { vscode, document, shown, messages, type };
}

/** A class whose names are numbers: it serves as either. */
function enumeration() {
  let count = 0;
  return new Proxy(class {}, {
    get: (target, key) => (key in target || typeof key === "symbol" ? target[key] : (target[key] = /^[A-Z]/.test(key) ? ++count : undefined)),
  });
}

module.exports = { editor };
