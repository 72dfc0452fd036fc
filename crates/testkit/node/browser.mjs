// Runs one scenario in Chromium: `browser.mjs SCENARIO FOLDER`, where FOLDER holds `input.json`.
//
// A scenario is a module whose default export takes `{ input, profile, shoot, check }` and returns JSON, which goes to
// `output.json`. Where it fails, everything that its pages said is printed and each open page is photographed.
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load, pathOf } from "./packages.mjs";

const [scenario, folder] = process.argv.slice(2);
const input = JSON.parse(await readFile(join(folder, "input.json"), "utf8"));
const { default: { chromium } } = await load("playwright-core");
const browser = await chromium.launch({
  executablePath: process.env.TENON_CHROMIUM,
  // Chromium refuses its sandbox to root.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

const said = [];
const open = new Map();

// A profile has cookies and storage of its own, as another person's browser has. It keeps what its pages complain of.
async function profile(name, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const complaints = [];
  const complain = (kind, text, page) => complaints.push({ kind, text, url: page.url() });
  const watch = (page) => {
    open.set(page, name);
    page.on("close", () => open.delete(page));
    page.on("console", (message) => {
      said.push(`${name}: ${message.type()}: ${message.text()}`);
      if (["error", "warning"].includes(message.type())) complain("console", message.text(), page);
    });
    page.on("pageerror", (error) => {
      said.push(`${name}: uncaught: ${error.stack}`);
      complain("uncaught", error.message, page);
    });
    page.on("framenavigated", (frame) => said.push(`${name}: at ${frame.url()}`));
  };
  context.on("page", watch);
  await context.exposeBinding("tenonViolation", ({ page }, text) => complain("csp", text, page));
  await context.addInitScript(() => {
    document.addEventListener("securitypolicyviolation", (event) => {
      window.tenonViolation(`${event.effectiveDirective} blocked ${event.blockedURI}`);
    });
  });
  return Object.assign(context, { complaints });
}

// A photograph of a page into the folder that the test named.
async function shoot(page, name) {
  if (input.screenshots) await page.screenshot({ path: join(input.screenshots, `${name}.png`), fullPage: true });
}

// What axe finds wrong with a page for those who cannot see it or use a mouse.
async function axe(page) {
  const source = await readFile(pathOf("axe-core/axe.min.js"), "utf8");
  // Not a script element: the page's policy forbids those, and should.
  const { violations } = await page.evaluate(`${source}; axe.run()`);
  return violations.map(({ id, help, nodes }) => ({ id, help, where: nodes.map((node) => node.html) }));
}

function check(truth, complaint) {
  if (!truth) throw new Error(complaint);
}

async function last_words(error) {
  console.error(`${error.stack}\n── what the pages said\n${said.join("\n")}`);
  let number = 0;
  for (const [page, name] of open) {
    number += 1;
    const text = await page.evaluate(() => document.body?.innerText.slice(0, 2000)).catch(() => "");
    console.error(`── ${name} is at ${page.url()}\n${text}`);
    await shoot(page, `failed-${name}-${number}`).catch(() => {});
  }
}

let status = 0;
try {
  const { default: run } = await import(pathToFileURL(scenario));
  const output = await run({ input, profile, shoot, check, axe });
  await writeFile(join(folder, "output.json"), JSON.stringify(output ?? null));
} catch (error) {
  await last_words(error);
  status = 1;
}
await browser.close();
process.exit(status);
