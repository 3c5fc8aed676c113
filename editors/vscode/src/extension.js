// The client: starts `policyc lsp` and hands it what is open. Everything else happens in the server.
"use strict";

const vscode = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

const OTHERS = ["json", "jsonc", "yaml", "terraform", "cedar", "dockercompose", "cloudformation"];
let client;

function selector(inside) {
  const languages = inside ? ["policyc", ...OTHERS] : ["policyc"];
  return languages.map((language) => ({ scheme: "file", language }));
}

async function start() {
  const settings = vscode.workspace.getConfiguration("policyc");
  const [command, ...args] = settings.get("command");
  client = new LanguageClient(
    "policyc",
    "policyc",
    { command, args },
    {
      documentSelector: selector(settings.get("insideOtherFiles")),
      synchronize: { fileEvents: vscode.workspace.createFileSystemWatcher("**/{*.policy,*.cedar,policyc.toml}") },
    },
  );
  try {
    await client.start();
  } catch {
    const text = `\`${command}\` could not be started: install it with its editor part, pip install 'policyc[lsp]', or set policyc.command`;
    vscode.window.showErrorMessage(text);
  }
}

async function activate(context) {
  const restart = async () => {
    await deactivate();
    await start();
  };
  context.subscriptions.push(
    vscode.commands.registerCommand("policyc.restart", restart),
    vscode.workspace.onDidChangeConfiguration((event) => event.affectsConfiguration("policyc") && restart()),
  );
  if (vscode.workspace.isTrusted) {
    await start();
  } else {
    context.subscriptions.push(vscode.workspace.onDidGrantWorkspaceTrust(start));
  }
}

async function deactivate() {
  const old = client;
  client = undefined;
  if (old) {
    await old.stop().catch(() => undefined);
  }
}

module.exports = { activate, deactivate, selector };
