// The official SDK, unmodified, in a page of the tenant's application that calls Tenon at another origin.

export default async function run({ input, profile }) {
  const ada = await profile("ada");
  const page = await ada.newPage();
  await page.goto(`${input.site}/`);
  const output = await page.evaluate(async ({ baseUrl, token }) => {
    const cobalt = new Cobalt({ baseUrl, token });
    const stranger = new Cobalt({ baseUrl, token: "not-a-token" });
    return {
      account: await cobalt.getAccountDetails(),
      app: await cobalt.getApp("hubspot"),
      apps: await cobalt.getApp(),
      refused: await stranger.getAccountDetails().catch((error) => String(error)),
    };
  }, input);
  return { ...output, complaints: ada.complaints };
}
