// The steps of connecting, as a person takes them.

export function flow({ input, profile }) {
  const { tenon, site, provider } = input;
  const call = async (path, token, body, method = body ? "POST" : "GET") => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${tenon}${path}`, { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, ...(await response.json()) };
  };
  // A link of an account to one application, or to all of them.
  const link = async (token, slug, redirect) => {
    const path = slug
      ? `/api/v2/public/linked-account/integration/oauth-url/${slug}?${new URLSearchParams(redirect && { redirect_url: redirect })}`
      : "/api/v2/public/connect-url";
    const made = await call(path, token, slug ? undefined : { redirect_url: redirect });
    if (made.status !== 200) throw new Error(`no link: ${JSON.stringify(made)}`);
    return made.auth_url ?? made.hosted_url;
  };
  // Who the account is connected to at an application.
  const connected = async (token, slug) => {
    const told = await call(`/api/v2/f-sdk/application/${slug}`, token);
    return (told.connected_accounts ?? []).map((one) => one.identifier);
  };
  const confirm = (token, attempt, proof) => call("/api/v2/public/connect-confirm", token, { attempt, confirm: proof });
  // Somebody's browser, signed in at the tenant's application.
  const person = async (name, token) => {
    const own = await profile(name);
    const home = await own.newPage();
    await home.goto(`${site}/`);
    await home.evaluate((text) => { localStorage.token = text; }, token);
    await home.reload();
    return { own, home, token, name };
  };
  // The tenant's page opens the link in a window of its own.
  const popup = async ({ own, home }, address) => {
    const opened = own.waitForEvent("page");
    await home.evaluate((url) => { window.open(url); }, address);
    return opened;
  };
  const leave = async (page) => {
    await page.getByRole("button", { name: "Continue to" }).click();
    await page.waitForURL(`${provider}/**`);
  };
  const allow = async (page, user) => {
    await page.getByLabel("User").fill(user);
    await page.getByRole("button", { name: "Allow" }).click();
  };
  // Says yes at the vendor, but the way back is not taken: its address.
  const intercept = async (page, user) => {
    const form = { user, answer: "allow" };
    let answer = await page.request.post(page.url(), { form, maxRedirects: 0 });
    for (;;) {
      if (!answer.headers().location) throw new Error(`no way back: ${answer.status()} ${await answer.text()}`);
      const address = new URL(answer.headers().location, answer.url());
      if (address.origin !== provider) return address;
      answer = await page.request.get(address.href, { maxRedirects: 0 });
    }
  };
  // What the page of an attempt hands over.
  const handed = async (page) => page.locator("#attempt").evaluate((box) => ({ ...box.dataset }));
  const heading = (page, text) => page.getByRole("heading", { name: text }).waitFor();
  const said = async (home) => home.waitForFunction(() => window.said.length && window.said).then((found) => found.jsonValue());
  const codes = async () => (await (await fetch(`${provider}/test/seen`, { method: "POST" })).json()).codes;
  const set = (changes) => fetch(`${provider}/test/set`, { method: "POST", body: JSON.stringify(changes) });
  return { call, link, connected, confirm, person, popup, leave, allow, intercept, handed, heading, said, codes, set };
}
