// The built site in a real browser: every example loads and is answered as the command line answers it, nonsense is survived, a link carries the text, and nothing
// leaves the page. Run: `node website/test/site.mjs FOLDER PYTHON` after `python website/build.py FOLDER`.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { chromium } from "playwright-core";

const [folder, python] = process.argv.slice(2).map((name) => resolve(name));
const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
if (!browserPath) {
  console.error("no Chromium is installed");
  process.exit(2);
}
const server = spawn(python, ["-m", "policyc", "play", "--port", "0", "--site", folder], { stdio: ["ignore", "pipe", "inherit"] });
const address = await new Promise((resolve, reject) => {
  server.stdout.on("data", (data) => resolve(String(data).match(/http:\/\/[\w.:[\]]+\//)?.[0]));
  server.on("exit", (code) => reject(new Error(`policyc play ended with ${code}`)));
});
const quiet = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const browser = await chromium.launch({ executablePath: browserPath, args: ["--no-sandbox", ...quiet] });
const context = await browser.newContext();
const page = await context.newPage();
const asked = [];
const faults = [];
page.on("request", (request) => asked.push(request.url()));
page.on("pageerror", (error) => faults.push(String(error)));
page.on("console", (message) => message.type() === "error" && faults.push(message.text()));

const state = (text) => page.waitForFunction((wanted) => document.getElementById("state").textContent === wanted, text, { timeout: 120_000 });
const open = (view) => page.click(`#views [data-view="${view}"]`);
const type = (text) =>
  page.evaluate((words) => {
    const content = document.getElementById("editor").shadowRoot.querySelector(".cm-content");
    const view = content.cmTile?.view ?? content.cmView?.view;
    view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: words } });
  }, text);

// what the command line says of the same texts
function told(files, words) {
  const root = mkdtempSync(join(tmpdir(), "policyc-site-"));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  // on a build server the command line defuses what its log would obey, which a page has no need of
  const { PATH, HOME, PYTHONPATH } = process.env;
  const env = { PATH, HOME, NO_COLOR: "1", ...(PYTHONPATH ? { PYTHONPATH } : {}) };
  const done = spawnSync(python, ["-m", "policyc", ...words], { cwd: root, encoding: "utf8", env });
  return { status: done.status, out: done.stdout, err: done.stderr };
}

try {
  const start = Date.now();
  await page.goto(`${address}play/index.html`);
  await state("ready");
  console.log(`ready after ${((Date.now() - start) / 1000).toFixed(1)} s`);

  const examples = JSON.parse(readFileSync(join(folder, "play", "examples.json"), "utf8"));
  for (const example of examples) {
    await page.selectOption("#examples", example.name);
    await state("ready");
    const checked = JSON.parse(told(example.files, ["check", ".", "--no-cache", "--format", "json"]).out);
    const shown = await page.$$eval("#findings .finding b", (items) => items.map((item) => item.textContent));
    const wanted = checked.findings.map((item) => `${item.severity === "info" ? "note" : item.severity}[${item.rule}]`);
    assert.deepEqual(shown, wanted, `${example.name}: findings`);
    await open("chart");
    const graphed = told(example.files, ["graph", ...(example.main.endsWith(".policy") ? ["--in", example.main] : [example.main]), "--format", "svg"]).out;
    await page.waitForFunction(() => document.querySelector("#chart div")?.shadowRoot?.querySelector("svg"), null, { timeout: 60_000 });
    const words = await page.evaluate(() => document.querySelector("#chart div").shadowRoot.querySelectorAll("text").length);
    assert.equal(words, graphed.split("<text ").length - 1, `${example.name}: its picture`);
    await open("findings");
    if (example.ask.resource) {
      await open("ask");
      await page.click("#request button");
      await page.waitForFunction(() => document.getElementById("answer").textContent !== "", null, { timeout: 60_000 });
      const { resource, set = "", options = "", ...named } = example.ask;
      const words = ["who", "can", "path"].flatMap((name) => (named[name] ? [`--${name}`, named[name]] : []));
      const pairs = set.split("\n").filter(Boolean).flatMap((pair) => ["--set", pair]);
      const line = ["simulate", resource, ...words, ...pairs, ...options.split(" ").filter(Boolean), "--color", "never"];
      const answer = told(example.files, line);
      assert.equal(await page.textContent("#answer"), answer.out + answer.err, `${example.name}: what if`);
      // a picture where the command line has one, and none where it has not
      const drawn = told(example.files, [...line.slice(0, -2), "--format", "svg"]).out.startsWith("<svg");
      if (drawn) await page.waitForFunction(() => document.querySelector("#picture div")?.shadowRoot?.querySelector("svg title"), null, { timeout: 60_000 });
      else assert.equal(await page.evaluate(() => document.querySelector("#picture div")?.shadowRoot ?? null), null, `${example.name}: a picture of nothing`);
      assert.equal(drawn, example.name !== "cloud_wan", `${example.name}: picture`);
      await open("findings");
    }
    console.log(`${example.name}: as the command line has it`);
  }

  await page.selectOption("#examples", "lattice");
  await state("ready");
  await open("documents");
  await page.waitForSelector("#documents h3", { timeout: 60_000 });
  assert.ok((await page.textContent("#documents")).includes('"2012-10-17"'));
  await open("tests");
  await page.waitForFunction(() => document.getElementById("tests").textContent.includes("passed"), null, { timeout: 60_000 });
  await open("findings");

  const main = examples.find((item) => item.name === "lattice");
  const mixed = main.files[main.main].replace("on delivery\n", "on deliver\n").replace(/(who stock_report\s+path) "\/stock",/, "$1");
  await type(mixed);
  await page.waitForSelector("#findings .error", { timeout: 60_000 });
  // what is wrong, and what is besides
  const beside = JSON.parse(told({ ...main.files, [main.main]: mixed }, ["check", ".", "--no-cache", "--format", "json"]).out).findings;
  assert.deepEqual(new Set(beside.map((item) => item.severity)), new Set(["error", "warning"]));
  assert.deepEqual(await page.$$eval("#findings .finding b", (items) => items.map((item) => item.textContent)), beside.map((item) => `${item.severity}[${item.rule}]`));
  await type(main.files[main.main].replace(/can GET\b/, "can GET, PUT"));
  await state("ready");
  await open("compare");
  await page.click("#diff");
  await page.waitForFunction(() => /changes|same|settled/.test(document.getElementById("changed").textContent), null, { timeout: 60_000 });
  console.log((await page.textContent("#changed")).split("\n")[0]);

  // a file of one's own is checked as well, whatever it is
  await open("findings");
  await page.fill("#add input", "stack.yaml");
  await page.keyboard.press("Enter");
  await type(readFileSync(new URL("../../examples/stack.yaml", import.meta.url), "utf8"));
  await page.waitForFunction(() => document.getElementById("findings").textContent.includes("stack.yaml:28"), null, { timeout: 60_000 });
  await page.click("#files button");

  for (const nonsense of ["\u0000\u202e}{", "policy ".repeat(5000), "((((".repeat(2000), "<img src=x onerror=alert(1)>"]) {
    await open("findings");
    await type(nonsense);
    await page.waitForSelector("#findings .error", { timeout: 60_000 });
  }
  assert.equal(await page.$("#findings img"), null);

  // on a narrow screen nothing stands out at the side, and the editor leaves room for the rest
  await page.setViewportSize({ width: 400, height: 900 });
  await open("ask");
  for (const wide of ["html", "header", "#ask", "#request"]) {
    assert.ok(await page.$eval(wide, (item) => item.scrollWidth <= item.clientWidth), `${wide} is wider than a narrow screen`);
  }
  assert.ok((await page.$eval("#editor", (item) => item.clientHeight)) < 600, "the editor is as high as its text");
  await page.setViewportSize({ width: 1280, height: 720 });

  const text = "// carried\n";
  await type(text);
  await page.click("#share");
  await page.waitForFunction(() => location.hash.length > 10);
  const link = page.url();
  const other = await context.newPage();
  await other.goto(link);
  await other.waitForFunction(() => document.getElementById("editor").shadowRoot?.textContent.includes("// carried"), null, { timeout: 120_000 });
  await other.close();
  for (const broken of ["#x", "#////", "#AAAA", `#${"A".repeat(5000)}`]) {
    const wrong = await context.newPage();
    await wrong.goto(`${address}play/index.html${broken}`);
    const said = (done) => /^the link cannot be read: /.test(document.getElementById("state").textContent) && (!done || document.querySelector("#findings p, #findings .finding"));
    await wrong.waitForFunction(said, false, { timeout: 60_000 });
    if (broken === "#x") {
      // it stays said when everything is done, until another text is there
      await wrong.waitForFunction(said, true, { timeout: 300_000 });
      await wrong.selectOption("#examples", "cloud_wan");
      await wrong.waitForFunction(() => document.getElementById("state").textContent === "ready", null, { timeout: 300_000 });
    }
    await wrong.close();
  }

  await page.goto(`${address}index.html`);
  await page.fill("#search", "object lambda");
  await page.waitForSelector("#found a");
  const links = await page.$$eval("article a[href]:not([href^='http'])", (items) => items.map((item) => item.href.split("#")[0]));
  for (const href of new Set(links)) assert.equal((await context.request.get(href)).status(), 200, href);

  // loaded once, it works without a network
  await page.goto(`${address}play/index.html`);
  await page.evaluate(() => navigator.serviceWorker.ready);
  await page.waitForFunction(async () => (await caches.keys()).length > 0 && (await (await caches.open((await caches.keys())[0])).keys()).length > 8, null, { timeout: 60_000 });
  await context.setOffline(true);
  await page.reload();
  await state("ready");

  const away = asked.filter((url) => !url.startsWith(address) && !url.startsWith("blob:") && !url.startsWith("data:"));
  assert.deepEqual(away, [], "nothing is asked of anybody else");
  assert.deepEqual(faults, [], "no fault, and nothing that the policy on content refused");
  console.log("the site holds");
} finally {
  await browser.close();
  server.kill();
}
