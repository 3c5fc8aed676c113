// The page: an editor, and what policyc says of its text. All answers come from the worker, which runs the commands of policyc.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { HighlightStyle, StreamLanguage, bracketMatching, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, setDiagnostics } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import words from "policyc-words";

const $ = (id) => document.getElementById(id);
const keywords = new Set(words.keywords);
const DELAY = 350;

// --- the worker: one question at a time, an answer for each -------------------------------------------------------

const worker = new Worker("worker.js", { type: "module" });
const waiting = new Map();
let count = 0;
const ready = new Promise((resolve, reject) => {
  worker.onerror = (event) => reject(new Error(`cannot start: ${event.message || "the worker did not load"}`));
  worker.onmessage = ({ data }) => {
    if (data.ready) return resolve();
    if (data.failed && data.id === undefined) return reject(new Error(`cannot start: ${data.failed}`));
    const { resolve: done, reject: fail } = waiting.get(data.id);
    waiting.delete(data.id);
    if (data.failed) fail(new Error(data.failed));
    else done(data.done);
  };
});

async function ask(question) {
  await ready;
  const id = count++;
  return new Promise((resolve, reject) => {
    waiting.set(id, { resolve, reject });
    worker.postMessage({ id, ...question });
  });
}

// what stays said once everything is done, until the text is another: a link that cannot be read
let lasting = "";

function say(text, bad = false) {
  $("state").textContent = text;
  $("state").classList.toggle("bad", bad);
}

function rest() {
  say(lasting || "ready", Boolean(lasting));
}

// an answer that does not come is said, whatever asked for it
function guarded(handle) {
  return async (event) => {
    event?.preventDefault();
    try {
      await handle();
    } catch (error) {
      say(String(error.message), true);
    }
  };
}

// --- the texts ----------------------------------------------------------------------------------------------------

const examples = await (await fetch("examples.json")).json();
let example = examples[0];
let files = {};
let shown = "";

const language = StreamLanguage.define({
  token(stream) {
    if (stream.match(/^\/\/.*/)) return "comment";
    if (stream.match(/^"(?:\\.|[^"\\])*"?/)) return "string";
    if (stream.match(/^\d+/)) return "number";
    if (stream.match(/^[a-z]+(?:-[a-z]+)+-\d+/)) return null; // a Region
    const word = stream.match(/^[A-Za-z_][A-Za-z0-9_]*/);
    // before a colon, a comma or a slash a word names something, whatever it means elsewhere
    if (word) return shown.endsWith(".policy") && keywords.has(word[0]) && !stream.match(/^\s*[:,/]/, false) ? "keyword" : null;
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "//" } },
});
const colours = HighlightStyle.define([
  { tag: tags.keyword, color: "var(--blue)", fontWeight: "600" },
  { tag: tags.string, color: "var(--good)" },
  { tag: tags.number, color: "var(--violet)" },
  { tag: tags.comment, color: "var(--faint)" },
]);
const theme = EditorView.theme({
  "&": { height: "100%", fontSize: "13px", color: "var(--ink)", backgroundColor: "var(--ground)" },
  ".cm-scroller": { fontFamily: "ui-monospace, SFMono-Regular, Menlo, monospace" },
  ".cm-gutters": { backgroundColor: "var(--panel)", color: "var(--faint)", border: "none" },
  ".cm-tooltip": { backgroundColor: "var(--panel)", color: "var(--ink)", maxWidth: "40rem" },
  ".cm-cursor": { borderLeftColor: "var(--ink)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": { backgroundColor: "var(--select)" },
});
// inside a shadow root the editor's styles are sheets of its own, which a strict policy on styles allows
const shadow = $("editor").attachShadow({ mode: "open" });
const view = new EditorView({ parent: shadow, root: shadow });

function open(name) {
  shown = name;
  const extensions = [
    lineNumbers(), history(), drawSelection(), bracketMatching(), lintGutter(), language, syntaxHighlighting(colours), theme,
    keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
    EditorView.updateListener.of((update) => {
      if (!update.docChanged) return;
      lasting = "";
      files[shown] = update.state.doc.toString();
      later();
    }),
  ];
  view.setState(EditorState.create({ doc: files[name], extensions }));
  for (const tab of $("files").children) tab.setAttribute("aria-selected", String(tab.textContent === name));
  mark();
}

function tabOf(name) {
  const tab = part("button", name);
  tab.type = "button";
  tab.role = "tab";
  tab.onclick = () => {
    open(name);
    if (current === "chart") fill(); // it is of one file
  };
  return tab;
}

const NAME = /^\w[\w./-]*$/;

// a text of one's own: its ending says what it is, as it does for the command line
$("add").onsubmit = (event) => {
  event.preventDefault();
  const input = $("add").elements.name;
  const name = input.value.trim();
  const wrong = !NAME.test(name) || name.split("/").some((step) => !step || step === "." || step === "..");
  input.setCustomValidity(wrong ? "a name such as stack.yaml or policies/orders.policy" : name in files ? "there is a file of that name" : "");
  if (!input.reportValidity()) return;
  input.value = "";
  files[name] = "";
  $("files").append(tabOf(name));
  open(name);
  view.focus();
  later(0);
};
$("add").elements.name.oninput = (event) => event.target.setCustomValidity("");

function load(chosen, given) {
  example = chosen;
  files = { ...(given ?? chosen.files) };
  $("files").replaceChildren(...Object.keys(files).map(tabOf));
  for (const [name, value] of Object.entries({ resource: "", who: "", can: "", path: "", set: "", options: "", ...chosen.ask })) {
    $("request").elements[name].value = value;
  }
  for (const id of ["documents", "chart", "tests", "answer", "picture", "changed", "change", "drawn", "output"]) $(id).replaceChildren();
  findings = [];
  open(chosen.main in files ? chosen.main : Object.keys(files)[0]);
  later(0);
}

// --- findings, documents and tests follow the text --------------------------------------------------------------------

let timer = 0;
let turn = 0;
let findings = [];
// what is shown of them: a page with tens of thousands answers no key any more
const MOST = 500;

function later(delay = DELAY) {
  clearTimeout(timer);
  turn++;
  // what stands in the page is of the text before; until Python is there, the page says that it loads
  ready.then(() => say("checking"), () => {});
  timer = setTimeout(refresh, delay);
}

let checks = Promise.resolve();

// one check at a time: a text that is typed while one runs is checked once, when that is done
async function refresh() {
  const mine = ++turn;
  await checks;
  if (mine !== turn) return;
  checks = look(mine);
}

async function look(mine) {
  try {
    const done = await ask({ files, words: ["check", ".", "--no-cache", "--format", "json"] });
    if (mine !== turn) return;
    findings = parsed(done)?.findings ?? [];
    listFindings(done);
    mark();
    if (current !== "findings") await refreshView(mine);
    if (mine !== turn) return;
    if (done.status === 3) say("internal error", true);
    else rest();
  } catch (error) {
    if (mine === turn) say(String(error.message), true);
  }
}

function parsed(done) {
  try {
    return JSON.parse(done.out);
  } catch {
    return null;
  }
}

function mark() {
  const size = view.state.doc.length;
  const lines = view.state.doc;
  const mine = findings.filter((item) => item.location?.file === shown).slice(0, MOST);
  const placed = mine.map((item) => {
    const { start, end } = item.location;
    const from = Math.min(size, offset(lines, start));
    return {
      from,
      to: Math.max(from, Math.min(size, offset(lines, end))),
      severity: item.severity === "info" ? "info" : item.severity,
      message: item.help ? `${item.message}\nhelp: ${item.help}` : item.message,
      source: item.rule,
    };
  });
  view.dispatch(setDiagnostics(view.state, placed));
}

// a line and a column in characters, as an offset in UTF-16 units
function offset(doc, place) {
  if (place.line > doc.lines) return doc.length;
  const line = doc.line(place.line);
  const near = line.text.slice(0, 2 * place.column); // a character is two units at most
  return line.from + [...near].slice(0, place.column - 1).join("").length;
}

function listFindings(done) {
  const list = findings.slice(0, MOST).map((item) => {
    const entry = document.createElement("button");
    entry.type = "button";
    entry.className = `finding ${item.severity}`;
    const place = item.location ? `${item.location.file}:${item.location.start.line}` : "";
    entry.append(part("b", `${item.severity === "info" ? "note" : item.severity}[${item.rule}]`), part("span", item.message), part("small", place));
    if (item.help) entry.append(part("i", `help: ${item.help}`));
    if (item.location && item.location.file in files) entry.onclick = () => show(item.location);
    return entry;
  });
  if (findings.length > MOST) list.push(part("p", `and ${findings.length - MOST} more`));
  const nothing = done.status === 0 || list.length ? "no findings" : done.err || done.out;
  $("findings").replaceChildren(...(list.length ? list : [part("p", nothing)]));
}

function show(location) {
  if (location.file !== shown) open(location.file);
  const at = Math.min(view.state.doc.length, offset(view.state.doc, location.start));
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  view.focus();
}

function part(name, text) {
  const made = document.createElement(name);
  made.textContent = text;
  return made;
}

// the keys of a row of tabs: the arrows go along it
for (const row of [$("files"), $("views")]) {
  row.onkeydown = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const tabs = [...row.children];
    if (!step || !tabs.includes(document.activeElement)) return;
    event.preventDefault();
    tabs.at((tabs.indexOf(document.activeElement) + step) % tabs.length).focus();
  };
}

let current = "findings";
for (const tab of $("views").children) {
  tab.onclick = () => {
    current = tab.dataset.view;
    for (const other of $("views").children) {
      other.setAttribute("aria-selected", String(other === tab));
      $(other.dataset.view).hidden = other !== tab;
    }
    fill();
  };
}

// an opened view says that it is on its way
const fill = guarded(async () => {
  if (!["documents", "chart", "tests"].includes(current)) return;
  const mine = turn;
  if (!$(current).childElementCount) $(current).replaceChildren(part("p", "working …"));
  await ready;
  say("working");
  await refreshView(mine);
  if (mine === turn) rest();
});

async function refreshView(mine) {
  if (current === "documents") {
    const done = await ask({ files, words: ["build", "--pretty", "-o", "out"], folder: "out" });
    if (mine !== turn) return;
    const texts = Object.entries(done.files ?? {}).filter(([name]) => /(?<!\.pretty)\.(json|cedar)$/.test(name));
    const made = texts.flatMap(([name, text]) => [part("h3", name), part("pre", done.files[name.replace(/\.json$/, ".pretty.json")] ?? text)]);
    $("documents").replaceChildren(...(made.length ? made : [part("pre", done.err || done.out)]));
  } else if (current === "chart") {
    const named = shown.endsWith(".policy") ? ["--in", shown] : [shown];
    const done = await ask({ files, words: ["graph", ...named, "--format", "svg"] });
    if (mine === turn && !draw("chart", done.out)) $("chart").replaceChildren(part("pre", done.err || done.out));
  } else if (current === "tests") {
    const done = await ask({ files, words: ["test", "--color", "never"] });
    if (mine === turn) $("tests").replaceChildren(part("pre", done.out + done.err));
  }
}

// the words of a line; quotes hold together what has spaces
function wordsOf(line) {
  return (line.match(/"[^"]*"|'[^']*'|\S+/g) ?? []).map((word) => word.replace(/^(["'])(.*)\1$/, "$2"));
}

// --- what if, compare, any command ------------------------------------------------------------------------------------

// what was asked for is on its way until it is there
function asking(handle) {
  return guarded(async () => {
    await ready;
    say("working");
    await handle();
    rest();
  });
}

$("request").onsubmit = asking(async () => {
  const given = Object.fromEntries(new FormData($("request")));
  const options = ["who", "can", "path"].flatMap((name) => (given[name].trim() ? [`--${name}`, given[name].trim()] : []));
  const set = given.set.split("\n").map((line) => line.trim()).filter(Boolean);
  const line = ["simulate", given.resource.trim(), ...options, ...set.flatMap((pair) => ["--set", pair]), ...wordsOf(given.options)];
  const told = await ask({ files, words: [...line, "--color", "never"] });
  $("answer").textContent = told.out + told.err;
  const drawn = [0, 10, 11].includes(told.status) ? await ask({ files, words: [...line, "--format", "svg"] }) : null;
  draw("picture", drawn?.out ?? "");
});

$("diff").onclick = asking(async () => {
  const sides = { "old/policyc.toml": "", "new/policyc.toml": "" }; // each side is a project of its own
  for (const [name, text] of Object.entries(example.files)) sides[`old/${name}`] = text;
  for (const [name, text] of Object.entries(files)) sides[`new/${name}`] = text;
  const words = ["diff", "old", "new"];
  const told = await ask({ files: sides, words: [...words, "--color", "never"] });
  $("changed").textContent = told.out + told.err;
  const drawn = [0, 1, 11].includes(told.status) ? await ask({ files: sides, words: [...words, "--format", "svg"] }) : null;
  draw("change", drawn?.out ?? "");
});

$("line").onsubmit = asking(async () => {
  const done = await ask({ files, words: wordsOf(new FormData($("line")).get("words")) });
  const isDrawn = draw("drawn", done.out);
  $("output").textContent = `${isDrawn ? "" : done.out}${done.err}\n[status ${done.status}]`;
});

// a picture with its tool-tips, and whether the text is one; its styles become a sheet, which a strict policy on styles allows
function draw(id, text) {
  const host = part("div", "");
  $(id).replaceChildren(host);
  let style = "";
  const bare = text.replace(/<style>([^<]*)<\/style>/, (_, rules) => ((style = rules), ""));
  const svg = new DOMParser().parseFromString(bare, "image/svg+xml").documentElement;
  if (svg.localName !== "svg") return false;
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  // where there is little room it is scrolled: smaller than this its words cannot be read
  sheet.replaceSync(`svg{max-width:max(100%,38rem);height:auto}${style}`);
  root.adoptedStyleSheets = [sheet];
  root.append(document.importNode(svg, true));
  return true;
}

// --- links that carry the text ----------------------------------------------------------------------------------------

async function through(stream, bytes) {
  return new Uint8Array(await new Response(new Blob([bytes]).stream().pipeThrough(stream)).arrayBuffer());
}

async function packed() {
  const raw = new TextEncoder().encode(JSON.stringify({ example: example.name, files }));
  if (raw.length > LARGEST) throw new Error("more than 1 MiB of text is too much for a link");
  const small = await through(new CompressionStream("deflate-raw"), raw);
  return btoa(Array.from(small, (byte) => String.fromCharCode(byte)).join("")).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

const LARGEST = 1 << 20;

async function unpacked(text) {
  const raw = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (char) => char.charCodeAt(0));
  const reader = new Blob([raw]).stream().pipeThrough(new DecompressionStream("deflate-raw")).getReader();
  const parts = [];
  for (let size = 0; ; ) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > LARGEST) throw new Error("the link holds more than 1 MiB");
    parts.push(value);
  }
  const given = JSON.parse(await new Blob(parts).text());
  const names = Object.entries(given.files ?? {});
  if (!names.length || names.some(([name, text]) => typeof text !== "string" || !NAME.test(name) || name.includes(".."))) {
    throw new Error("the link holds no texts");
  }
  return given;
}

$("share").onclick = guarded(async () => {
  location.hash = await packed();
  await navigator.clipboard?.writeText(location.href).catch(() => {});
  lasting = "";
  say("the link is in the address bar");
});

for (const item of examples) $("examples").append(new Option(item.title, item.name));
$("examples").onchange = () => {
  lasting = "";
  load(examples.find((item) => item.name === $("examples").value));
};

const fragment = location.hash.slice(1);
let linked = null;
if (fragment) {
  try {
    linked = await unpacked(fragment);
  } catch (error) {
    lasting = `the link cannot be read: ${error.message}`;
    rest();
  }
}
const first = examples.find((item) => item.name === linked?.example) ?? examples[0];
$("examples").value = first.name;
load(first, linked?.files);
navigator.serviceWorker?.register("../sw.js").catch(() => {});
