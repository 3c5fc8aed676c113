import { chromium } from "playwright-core";
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox","--disable-gpu","--disable-background-networking"] });
const ctx = await browser.newContext({ viewport: { width: 1280, height: 800 } });
const page = await ctx.newPage();
page.on("console", m => m.type()==="error" && console.log("CONSOLE", m.text()));
page.on("pageerror", e => console.log("PAGEERROR", String(e)));
const ready = () => page.waitForFunction(() => document.getElementById("state").textContent === "ready", null, { timeout: 200_000 });
const A = "http://127.0.0.1:8475/";
let t=Date.now();
await page.goto(A + "play/index.html"); await ready(); console.log("ready", Date.now()-t);
const focus = () => page.evaluate(() => { let e=document.activeElement; while(e?.shadowRoot?.activeElement) e=e.shadowRoot.activeElement; const s=getComputedStyle(e); return `${e.tagName}.${e.className||e.id||""} "${(e.textContent||"").slice(0,25)}" outline=${s.outlineStyle} ${s.outlineWidth} ${s.outlineColor}`; });
for (let i=0;i<22;i++){ await page.keyboard.press("Tab"); const f=await focus(); console.log(i,f); if(f.includes("cm-content")){ await page.keyboard.type("x"); await page.keyboard.press("Tab"); console.log("after tab in editor:", await focus()); await page.keyboard.press("Escape"); await page.keyboard.press("Tab"); console.log("after esc tab:", await focus()); } }
const type = (text) => page.evaluate((words) => { const c = document.getElementById("editor").shadowRoot.querySelector(".cm-content"); const view = c.cmTile?.view ?? c.cmView?.view; view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: words } }); }, text);
const base = await page.evaluate(async () => (await (await fetch("examples.json")).json())[0].files["policies/shop/services.policy"]);
for (const mb of [1, 10]) {
  t=Date.now(); await type(base + "\n// " + "x".repeat(mb*1e6)); await page.waitForTimeout(500); 
  try { await ready(); console.log(mb,"MB comment: ready", Date.now()-t, (await page.textContent("#findings")).slice(0,200)); } catch(e) { console.log(mb,"MB comment: not ready", await page.textContent("#state")); }
}
let many=""; for(let i=0;many.length<1e6;i++) many+=`let a${i}: account = "1111"\n`;
t=Date.now(); await type(many); await page.waitForTimeout(600);
try { await ready(); } catch(e) { console.log("not ready"); }
console.log("1MB of mistakes", Date.now()-t, await page.textContent("#state"), await page.$$eval("#findings .finding", x=>x.length), (await page.textContent("#findings")).slice(0,300));
t=Date.now(); await page.click("#share"); await page.waitForTimeout(1500); console.log("share", await page.textContent("#state"), page.url().length, Date.now()-t);
await browser.close();
