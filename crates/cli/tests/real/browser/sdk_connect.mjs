// The official SDK, unmodified, connects by OAuth and by keys, and disconnects, from a page of another origin.
import { flow } from "./flow.mjs";

export default async function run(stage) {
  const { input } = stage;
  const f = flow(stage);
  // The vendor takes any live token for a key, such as one of the client itself.
  const asked = await fetch(`${input.provider}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${btoa(`tenant-client:${input.secret}`)}` },
    body: new URLSearchParams({ grant_type: "client_credentials", scope: "records" }),
  });
  const key = (await asked.json()).access_token;
  const own = await stage.profile("ada");
  const page = await own.newPage();
  await page.goto(`${input.site}/`);
  const sdk = (steps, more = {}) => page.evaluate(
    `(async (given) => { const cobalt = new Cobalt({ baseUrl: given.tenon, token: given.token }); return (${steps})(cobalt, given); })(${JSON.stringify({ tenon: input.tenon, token: input.tokens.ada, ...more })})`,
  );
  const before = await sdk("async (cobalt) => ({ account: await cobalt.getAccountDetails(), app: await cobalt.getApp('vend'), config: await cobalt.config({ slug: 'vend' }) })");
  const opened = own.waitForEvent("page");
  const connecting = sdk("(cobalt) => cobalt.connect('vend')");
  const popup = await opened;
  await f.leave(popup);
  await f.allow(popup, "ada");
  const connected = await connecting;
  const after = await sdk("(cobalt) => cobalt.getApp('vend')");
  const keys = await sdk("(cobalt, given) => cobalt.connect('keys', { api_key: given.key, region: 'eu' })", { key });
  await sdk("async (cobalt) => { await cobalt.disconnect('vend'); await cobalt.disconnect('keys'); }");
  const gone = await sdk("async (cobalt) => [(await cobalt.getApp('vend')).connected, (await cobalt.getApp('keys')).connected]");
  return {
    account: before.account.linked_account_id, auth: before.app.auth_type, before: before.app.connected, config: before.config.slug,
    connected, after: after.connected, keys, gone,
  };
}
