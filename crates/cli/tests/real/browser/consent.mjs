// A user allows a client at the vendor; the client exchanges the code, refreshes, and then uses a used token again.

export default async function run({ input, profile }) {
  const { provider, client, secret, redirect_uri, verifier, challenge } = input;
  const ada = await profile("ada");
  const page = await ada.newPage();
  const asked = {
    client_id: client, response_type: "code", scope: "openid email offline_access records", prompt: "consent",
    redirect_uri, state: "the-state", code_challenge: challenge, code_challenge_method: "S256",
  };
  await page.goto(`${provider}/auth?${new URLSearchParams(asked)}`);
  await page.getByLabel("User").fill("ada");
  await page.getByRole("button", { name: "Allow" }).click();
  await page.getByText("Back at the application").waitFor();
  const back = Object.fromEntries(new URL(page.url()).searchParams);

  const exchange = async (form) => {
    const response = await fetch(`${provider}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${btoa(`${client}:${secret}`)}` },
      body: new URLSearchParams(form),
    });
    return { status: response.status, ...(await response.json()) };
  };
  const me = async (token) => {
    const response = await fetch(`${provider}/api/me`, { headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, ...(await response.json()) };
  };
  const refresh = (token) => exchange({ grant_type: "refresh_token", refresh_token: token });
  const without_verifier = await exchange({ grant_type: "authorization_code", code: back.code, redirect_uri });
  const first = await exchange({
    grant_type: "authorization_code", code: back.code, redirect_uri, code_verifier: verifier,
  });
  const second = await refresh(first.refresh_token);
  const alive = await me(second.access_token);
  const reused = await refresh(first.refresh_token);
  const dead = await me(second.access_token);
  const gone = await refresh(second.refresh_token);
  return { iss: back.iss, state: back.state, without_verifier, first, second, alive, reused, dead, gone };
}
