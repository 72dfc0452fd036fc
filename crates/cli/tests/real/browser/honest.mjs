// Three people in three browsers at once: in a window of its own, by a return to the tenant, and in two tabs together.
import { flow } from "./flow.mjs";

export default async function run(stage) {
  const { input, check } = stage;
  const { link, connected, person, popup, leave, allow, heading, said } = flow(stage);
  const { tokens, site } = input;

  const in_a_window = async () => {
    const ada = await person("ada", tokens.ada);
    const page = await popup(ada, await link(tokens.ada));
    await page.getByRole("link", { name: "Connect Vend" }).click();
    await leave(page);
    const closed = page.waitForEvent("close");
    await allow(page, "ada");
    check((await said(ada.home)).some((one) => one.end === "connected"), "the page heard nothing");
    await closed;
    return ada;
  };
  const by_a_return = async () => {
    const bob = await person("bob", tokens.bob);
    await bob.home.goto(await link(tokens.bob, "vend", `${site}/back`));
    await leave(bob.home);
    await allow(bob.home, "bob");
    check((await said(bob.home))[0].connected === true, "the page heard nothing");
    check(bob.home.url() === `${site}/back`, `the address is clean: ${bob.home.url()}`);
    return bob;
  };
  const in_two_tabs = async () => {
    const cem = await person("cem", tokens.cem);
    const one = await popup(cem, await link(tokens.cem, "vend"));
    const two = await popup(cem, await link(tokens.cem, "twin"));
    await Promise.all([leave(one), leave(two)]);
    await allow(two, "cem-two");
    await heading(two, "Twin is connected");
    await allow(one, "cem-one");
    await heading(one, "Vend is connected");
    return cem;
  };
  const people = await Promise.all([in_a_window(), by_a_return(), in_two_tabs()]);
  const all = {};
  for (const name of ["ada", "bob", "cem"]) {
    all[name] = { vend: await connected(tokens[name], "vend"), twin: await connected(tokens[name], "twin") };
  }
  return { all, complaints: people.flatMap(({ own }) => own.complaints) };
}
