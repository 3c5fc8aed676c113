// Runs policyc itself: Python in WebAssembly, with Cedar's own build for Verified Access. Answers one message after the other.
import { loadPyodide } from "../vendor/pyodide/pyodide.mjs";
import initCedar, * as cedar from "../vendor/cedar/cedar_wasm.js";

const base = new URL("../vendor/", import.meta.url);

async function bytes(name) {
  const answer = await fetch(new URL(name, base));
  if (!answer.ok) throw new Error(`${name}: ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}

async function start() {
  const [py, archive] = await Promise.all([
    loadPyodide({ indexURL: new URL("pyodide/", base).href }),
    bytes("policyc.zip"),
    initCedar({ module_or_path: new URL("cedar/cedar_wasm_bg.wasm", base) }),
  ]);
  globalThis.cedar = cedar;
  py.unpackArchive(archive, "zip", { extractDir: "/home/pyodide/packages" });
  py.runPython('import sys; sys.path.insert(0, "/home/pyodide/packages"); sys.dont_write_bytecode = True');
  return py.pyimport("page");
}

const ready = start();
ready.then(
  () => postMessage({ ready: true }),
  (error) => postMessage({ failed: String(error) }),
);

onmessage = async ({ data: { id, files, words, folder } }) => {
  try {
    const page = await ready;
    if (files) page.write(JSON.stringify(files));
    const done = words ? JSON.parse(page.run(JSON.stringify(words))) : {};
    if (folder) done.files = JSON.parse(page.read(folder));
    postMessage({ id, done });
  } catch (error) {
    postMessage({ id, failed: String(error) });
  }
};
