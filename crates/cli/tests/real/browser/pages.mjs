// Every page of connecting, wide and narrow: photographed, checked by axe, and gone through by the keyboard alone.
import { flow } from "./flow.mjs";

const SIZES = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } };

export default async function run(stage) {
  const { input, profile, shoot, axe, check } = stage;
  const { tokens, tenon, provider } = input;
  const found = [];
  const complaints = [];
  let pages = 0;

  for (const [size, viewport] of Object.entries(SIZES)) {
    const sized = { ...stage, profile: (name) => profile(`${name}-${size}`, { viewport }) };
    const f = flow(sized);
    const token = tokens[size === "wide" ? "ada" : "bob"];
    const own = await sized.profile("visitor");
    const page = await own.newPage();
    const look = async (name, shown = page) => {
      pages += 1;
      // Before the photograph, for which the browser's driver styles what has a caret.
      const inline = await shown.locator("script:not([src]), style, [style], [onclick], [onload]").count();
      const wide = await shown.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await shoot(shown, `${name}-${size}`);
      if (inline) found.push(`${name}-${size}: ${inline} inline scripts or styles`);
      if (wide > 0) found.push(`${name}-${size}: ${wide} px too wide`);
      for (const one of await axe(shown)) found.push(`${name}-${size}: axe ${one.id}: ${one.help}: ${one.where}`);
    };
    // With a window of the tenant's that does not confirm, so that each page stays as long as it is looked at.
    const shop = await own.newPage();
    await shop.goto(`${input.site}/`);
    const window = async (slug) => f.popup({ own, home: shop }, await f.link(token, slug));
    const keep = async (shown) => {
      const { attempt, confirm } = await f.handed(shown);
      return f.confirm(token, attempt, confirm);
    };

    // The list and the consent page, by the keyboard alone.
    await page.goto(await f.link(token));
    await f.heading(page, "Connect your applications");
    await look("list");
    await press_until(page, "Connect Vend");
    await page.keyboard.press("Enter");
    await f.heading(page, "Connect Vend to Acme");
    await look("consent");
    await press_until(page, "Continue to Vend");
    await page.keyboard.press("Enter");
    await page.waitForURL(`${provider}/**`);

    // The form: empty, wrong, and right.
    await page.goto(await f.link(token, "keys"));
    await look("form");
    await page.getByRole("button", { name: "Connect Keys" }).click();
    await page.locator("#problems").waitFor();
    check(await page.evaluate(() => document.activeElement.id) === "problems", "the problems have no focus");
    await look("form-missing");
    await page.getByLabel("API key").fill("wrong");
    await page.getByRole("button", { name: "Connect Keys" }).click();
    await page.getByText("did not accept").first().waitFor();
    await look("form-refused");

    // Waiting, success, and another account than before.
    const first = await window("vend");
    await f.leave(first);
    await f.allow(first, "ada");
    await f.heading(first, "Finishing…");
    await look("finishing", first);
    await first.evaluate(() => { window.close = () => {}; });
    check((await keep(first)).connected, "not connected");
    await f.heading(first, "Vend is connected");
    await look("success", first);
    const second = await window("vend");
    await f.leave(second);
    await f.allow(second, "a.much.longer.name.of.somebody.else");
    await f.heading(second, "Finishing…");
    await keep(second);
    await f.heading(second, "This is another Vend account");
    await look("other-account", second);
    await page.goto(await f.link(token));
    await look("list-connected");

    // Failures.
    const used = await f.link(token, "vend");
    await page.goto(used);
    await page.goto(used);
    await f.heading(page, "This link was already used");
    await look("link-used");
    await page.goto(`${tenon}/connect/cl_nonsense`);
    await look("link-unknown");
    const begun = await window("vend");
    await begun.waitForURL("**/connect/s/**");
    const stranger = await (await sized.profile("stranger")).newPage();
    await stranger.goto(begun.url());
    await f.heading(stranger, "Please continue where you began");
    await look("other-browser", stranger);
    await f.leave(begun);
    await begun.getByRole("button", { name: "Deny" }).click();
    await f.heading(begun, "You did not allow it");
    await look("refused", begun);
    complaints.push(...own.complaints.filter(({ text }) => !/status of (400|403|404|410|409)/.test(text)));
  }
  return { found, complaints, pages };
}

// Presses Tab until something of this name has the focus, as people without a mouse do. The whole catalogue may stand before it.
async function press_until(page, name) {
  for (let press = 0; press < 200; press += 1) {
    await page.keyboard.press("Tab");
    const text = await page.evaluate(() => document.activeElement.textContent.replace(/\s+/g, " ").trim());
    const seen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none");
    if (text === name && seen) return;
  }
  throw new Error(`${name} cannot be reached with the keyboard, or nobody sees that it was`);
}
