// The extension as it is packaged, in an editor that is a stand-in (`stub.cjs`): it starts its server, and what that finds in a document and after a change arrives.
// Run: `node start.cjs BUNDLE COMMAND…`; prints the findings of both texts as JSON.
"use strict";

const Module = require("node:module");
const { mkdtempSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
const { join, resolve } = require("node:path");
const { editor } = require("./stub.cjs");

const [bundle, ...command] = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "policyc-vscode-"));
const wrong = 'let shop: accounnt = "111122223333"\n';
writeFileSync(join(folder, "a.policy"), wrong);
const window = editor(folder, "a.policy", wrong, command);
const load = Module._load;
Module._load = (name, ...rest) => (name === "vscode" ? window.vscode : load(name, ...rest));

const found = (rule) =>
  new Promise((done, fail) => {
    const late = setTimeout(() => fail(new Error(`nothing arrived; told: ${window.messages}`)), 60_000);
    window.shown.event(({ uri, items }) => {
      const told = items.map((item) => ({ code: item.code?.value ?? item.code, line: item.range.start.line, message: item.message }));
      if (!uri.path.endsWith("/a.policy") || !told.some((item) => item.code === rule)) return;
      clearTimeout(late);
      done(told);
    });
  });

async function main() {
  const extension = require(resolve(bundle));
  const first = found("unknown-type");
  await extension.activate({ subscriptions: [] });
  const before = await first;
  const second = found("syntax-error");
  window.type(`\n${wrong.replace("accounnt =", "account")}`);
  const after = await second;
  await extension.deactivate();
  process.stdout.write(JSON.stringify({ before, after, messages: window.messages }));
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
