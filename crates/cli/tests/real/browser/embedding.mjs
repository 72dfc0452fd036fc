// The examples of docs/connecting.md, as a tenant would put them into pages: a popup, and a way there and back.
import { flow } from "./flow.mjs";

export default async function run(stage) {
  const { site, tokens: { ada: token } } = stage.input;
  const f = flow(stage);
  const own = await stage.profile("ada");
  // What the tenant's backend says.
  await own.route("**/session-token", (route) => route.fulfill({ json: { token } }));
  const page = await own.newPage();
  await page.goto(`${site}/popup`);
  const opened = own.waitForEvent("page");
  await page.getByRole("button", { name: "Connect" }).click();
  const popup = await opened;
  await f.leave(popup);
  await f.allow(popup, "ada");
  await page.getByText("Connected: vend").waitFor();
  if (!popup.isClosed()) await popup.waitForEvent("close");
  await page.goto(await f.link(token, "twin", `${site}/connected?from=settings`));
  await f.leave(page);
  await f.allow(page, "ada");
  await page.getByText("Connected: twin").waitFor();
  return { vend: await f.connected(token, "vend"), twin: await f.connected(token, "twin"), address: page.url().replace(site, "") };
}
