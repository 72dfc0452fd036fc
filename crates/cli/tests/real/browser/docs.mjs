// The catalogue, on wide and narrow screens, light and dark, photographed and checked by axe; searched with and without script.
const LOOKS = {
  wide: { viewport: { width: 1280, height: 800 } },
  narrow: { viewport: { width: 390, height: 844 } },
  dark: { viewport: { width: 1280, height: 800 }, colorScheme: "dark" },
};
const PAGES = {
  index: "/docs",
  search: "/docs?q=contact",
  application: "/docs/hubspot",
  action: "/docs/hubspot/create_contact",
  list: "/docs/salesforce/get_entity_with_soql",
  missing: "/docs/hubspot/make_contact",
};

export default async function run({ input, profile, shoot, axe, check }) {
  const { tenon } = input;
  const found = [];
  const complaints = [];
  let pages = 0;
  for (const [look, options] of Object.entries(LOOKS)) {
    const own = await profile(look, options);
    const page = await own.newPage();
    for (const [name, path] of Object.entries(PAGES)) {
      pages += 1;
      await page.goto(`${tenon}${path}`);
      const inline = await page.locator("script:not([src]), style, [style], [onclick], [onload]").count();
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      await shoot(page, `docs-${name}-${look}`);
      if (inline) found.push(`${name}-${look}: ${inline} inline scripts or styles`);
      if (wide > 0) found.push(`${name}-${look}: ${wide} px too wide`);
      for (const one of await axe(page)) found.push(`${name}-${look}: axe ${one.id}: ${one.help}: ${one.where}`);
    }
    complaints.push(...own.complaints.filter(({ text }) => !/status of 404/.test(text)));
  }

  // By script, while somebody types: the address follows, so that it can be kept.
  const page = await (await profile("typing")).newPage();
  await page.goto(`${tenon}/docs`);
  await page.getByLabel("Search applications and actions").pressSequentially("create contact");
  await page.getByRole("status").getByText("found for “create contact”").waitFor();
  await page.waitForURL("**/docs?q=create+contact");
  await page.getByRole("link", { name: "Create Contact" }).first().click();
  await page.waitForURL("**/create_contact");

  // Without script, by keyboard alone.
  const plain = await (await profile("plain", { javaScriptEnabled: false })).newPage();
  await plain.goto(`${tenon}/docs/hubspot`);
  await plain.getByLabel("Search the actions of HubSpot").fill("owners");
  await plain.keyboard.press("Enter");
  await plain.waitForURL("**/docs/hubspot?q=owners");
  const links = await plain.locator("#results a").allTextContents();
  check(links.includes("List Owners"), `no owners among ${links}`);
  check(!links.includes("Create Contact"), `too much among ${links}`);
  return { found, complaints, pages };
}
