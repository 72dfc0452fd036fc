// The twelve attacks on connecting. Each ends with nobody connected and, but for what is said, no code redeemed.
import { flow } from "./flow.mjs";

export default async function run(stage) {
  const { input, profile, check } = stage;
  const f = flow(stage);
  const { tokens, foreign, site, evil, provider, tenon } = input;
  const results = {};
  let number = 0;
  const fresh = (name, token) => f.person(`${name}-${(number += 1)}`, token);
  // To the application's own page, in a window of the tenant's.
  const set_out = async (who, token = who.token, slug = "vend") => {
    const page = await f.popup(who, await f.link(token, slug));
    await f.leave(page);
    return page;
  };
  // Until the tenant would have to confirm: from a plain tab, where no page hears of it.
  const to_confirmation = async (token, user, slug = "vend") => {
    const own = await profile(`quiet-${(number += 1)}`);
    const page = await own.newPage();
    await page.goto(await f.link(token, slug));
    await f.leave(page);
    const back = await f.intercept(page, user);
    return { own, page, back };
  };
  const waiting = async (page, back) => {
    await page.route(`${site}/back*`, (route) => route.abort());
    const arrived = page.waitForRequest((request) => request.url().startsWith(`${site}/back?`));
    await page.goto(back.href).catch(() => {});
    const query = new URL((await arrived).url()).searchParams;
    return { attempt: query.get("connect_attempt"), confirm: query.get("connect_confirm") };
  };
  const nobody = async (name) => {
    for (const [world, all] of [["own", tokens], ["foreign", foreign]]) {
      for (const [user, token] of Object.entries(all)) {
        for (const slug of ["vend", "twin", "evil"]) {
          const found = await f.connected(token, slug);
          check(found.length === 0, `${name}: ${world} ${user} is connected to ${slug}: ${found}`);
        }
      }
    }
  };
  const attack = async (name, steps) => {
    const before = await f.codes();
    const end = await steps().catch((error) => { error.message = `${name}: ${error.message}`; throw error; });
    await nobody(name);
    check(await f.codes() === before, `${name}: a code was redeemed`);
    results[name] = end ?? "refused";
  };

  await attack("replayed state", async () => {
    const { page, back } = await to_confirmation(tokens.ada, "ada");
    await waiting(page, back);
    await page.goto(back.href);
    await f.heading(page, "This step was already done");
  });
  await attack("other browser", async () => {
    const mallory = await fresh("mallory", tokens.mallory);
    // The victim, who has a browser of their own, says yes at the vendor to what Mallory began.
    const { page } = await to_confirmation(tokens.bob, "bob");
    const begun = await set_out(mallory);
    const caught = await f.intercept(begun, "bob");
    await page.goto(caught.href);
    await f.heading(page, "Please continue where you began");
    await begun.goto(caught.href);
    await f.heading(begun, "This step was already done");
    return "refused in the victim's browser, and over in Mallory's";
  });
  await attack("other user (COSF)", async () => {
    const victim = await fresh("victim", tokens.bob);
    const page = await set_out(victim, tokens.mallory);
    await f.allow(page, "bob");
    const [said] = await f.said(victim.home);
    check(said.end === "failed" && said.status_code === 403, JSON.stringify(said));
    await f.heading(page, "Somebody else is signed in");
  });
  await attack("pre-authorisation link", async () => {
    const mallory = await fresh("mallory", tokens.mallory);
    const address = await f.link(tokens.mallory, "vend");
    const page = await f.popup(mallory, address);
    await page.waitForURL("**/connect/s/**");
    const victim = await fresh("victim", tokens.bob);
    const other = await f.popup(victim, page.url());
    await f.heading(other, "Please continue where you began");
    await other.goto(address);
    await f.heading(other, "This link was already used");
  });
  await attack("COAT by a custom connector", async () => {
    const victim = await fresh("victim", tokens.ada);
    const page = await f.popup(victim, await f.link(tokens.ada, "evil"));
    await f.leave(page);
    await f.allow(page, "ada");
    await f.heading(page, "The answer came from somebody else");
  });
  await attack("COAT by a shared catalogue app", async () => {
    // The same application at two tenants: on the way, Mallory's client is replaced by the honest tenant's.
    const victim = await fresh("victim", foreign.mallory);
    await victim.own.route(`${provider}/auth?*`, async (route) => {
      const url = new URL(route.request().url());
      if (url.searchParams.get("client_id") !== "mallory-client") return route.continue();
      url.searchParams.set("client_id", "tenant-client");
      return route.fulfill({ status: 302, headers: { location: url.href } });
    });
    const page = await set_out(victim);
    await f.allow(page, "ada");
    const [said] = await f.said(victim.home);
    check(said.end === "failed" && said.status_code === 409, JSON.stringify(said));
    await f.heading(page, "Vend could not be connected");
  });
  await attack("CORF", async () => {
    const victim = await fresh("victim", tokens.ada);
    const page = await f.popup(victim, await f.link(tokens.ada, "vend"));
    await page.waitForURL("**/connect/s/**");
    const target = page.url();
    await page.goto(`${evil}/forge?${encodeURIComponent(target)}`);
    await page.waitForURL(target);
    await f.heading(page, /Please continue where you began|This was not sent from our page/);
  });
  await attack("missing or wrong iss", async () => {
    for (const iss of ["", "https://elsewhere.example"]) {
      await f.set({ iss });
      const victim = await fresh("victim", tokens.ada);
      const page = await set_out(victim);
      await f.allow(page, "ada");
      await f.heading(page, "The answer came from somebody else");
    }
    await f.set({ iss: null });
  });
  await attack("code injection", async () => {
    const stolen = await to_confirmation(tokens.bob, "bob");
    const mine = await to_confirmation(tokens.mallory, "mallory");
    mine.back.searchParams.set("code", stolen.back.searchParams.get("code"));
    const { attempt, confirm } = await waiting(mine.page, mine.back);
    const end = await f.confirm(tokens.mallory, attempt, confirm);
    check(end.status === 409, JSON.stringify(end));
  });
  await attack("redirect_url off the allow-list", async () => {
    const wrong = [
      `${evil}/`, `${site}.evil.example/back`, site.replace("app.", "user@app."), `${site}/back#x`, "javascript:alert(1)",
      `//${new URL(site).host}/back`, `${tenon}/`, "data:text/html,x", site.replace("http://", "http://evil.example/"),
    ];
    for (const redirect of wrong) {
      for (const slug of ["vend", undefined]) {
        const failed = await f.link(tokens.mallory, slug, redirect).then(() => "made", (error) => error.message);
        check(failed.includes("redirect_url"), `${redirect}: ${failed}`);
      }
    }
    return `${wrong.length} addresses refused`;
  });
  await attack("iframe", async () => {
    const victim = await fresh("victim", tokens.ada);
    const address = await f.link(tokens.ada, "vend");
    const page = await f.popup(victim, `${evil}/frame?${encodeURIComponent(address)}`);
    const shown = async () => {
      await page.waitForLoadState("networkidle");
      return page.frames()[1]?.evaluate(() => document.body?.innerText ?? "").catch(() => "");
    };
    check(!(await shown())?.includes("Vend"), "the link shows in a frame");
    // The code is not used up, and the page behind it shows in no frame either.
    await page.goto(address);
    await f.heading(page, "Connect Vend to Acme");
    await page.goto(`${evil}/frame?${encodeURIComponent(page.url())}`);
    check(!(await shown())?.includes("Vend"), "the consent page shows in a frame");
  });
  await attack("parallel tabs mixing", async () => {
    const own = await profile("tabs");
    const begin = async () => {
      const page = await own.newPage();
      await page.goto(await f.link(tokens.ada, "vend"));
      await f.leave(page);
      return page;
    };
    const one = await begin();
    const two = await begin();
    const [first, second] = [await f.intercept(one, "ada"), await f.intercept(two, "ada")];
    const code = first.searchParams.get("code");
    first.searchParams.set("code", second.searchParams.get("code"));
    second.searchParams.set("code", code);
    const [a, b] = [await waiting(one, first), await waiting(two, second)];
    // A confirmation of one tab confirms nothing of the other, and swapped codes are worth nothing.
    check((await f.confirm(tokens.ada, a.attempt, b.confirm)).status === 404, "a foreign confirmation was taken");
    for (const { attempt, confirm } of [a, b]) {
      check((await f.confirm(tokens.ada, attempt, confirm)).status === 409, "a foreign code was taken");
    }
  });
  return results;
}
