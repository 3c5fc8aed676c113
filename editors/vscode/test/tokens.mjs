// Reads {grammar, texts: {name: text}} on standard input and writes, per text and line, where each token begins and its scopes.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);
const { Registry, parseRawGrammar, INITIAL } = require("vscode-textmate");
const onigasm = require("vscode-oniguruma");

const { grammar, texts } = JSON.parse(readFileSync(0, "utf8"));
await onigasm.loadWASM(readFileSync(require.resolve("vscode-oniguruma/release/onig.wasm")).buffer);
const registry = new Registry({
  onigLib: Promise.resolve({
    createOnigScanner: (patterns) => new onigasm.OnigScanner(patterns),
    createOnigString: (text) => new onigasm.OnigString(text),
  }),
  loadGrammar: async () => parseRawGrammar(grammar, "policyc.json"),
});
const loaded = await registry.loadGrammar("source.policyc");
const told = {};
for (const [name, text] of Object.entries(texts)) {
  let state = INITIAL;
  told[name] = text.split("\n").map((line) => {
    const { tokens, ruleStack } = loaded.tokenizeLine(line, state);
    state = ruleStack;
    return tokens.map((token) => [token.startIndex, token.endIndex, token.scopes.at(-1), token.scopes]);
  });
}
process.stdout.write(JSON.stringify(told));
