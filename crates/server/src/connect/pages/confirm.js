// For the tenant's own pages: confirms what was connected, as the user who is signed in there.
//
//   <script src="https://tenon.example.com/connect/confirm.js"></script>
//   <script>tenonConnect({ token: async () => sessionToken, onConnected, onFailed })</script>
(() => {
  const base = document.currentScript.src.replace(/\/connect\/confirm\.js.*$/, "");
  const { origin } = new URL(base);
  window.tenonConnect = ({ token, onConnected, onFailed }) => {
    const asked = new Set();
    const told = new Set();
    const tell = (attempt, callback, result) => {
      if (!told.has(attempt)) callback?.(result);
      told.add(attempt);
    };
    const send = async (attempt, confirm, popup) => {
      const bearer = typeof token === "function" ? await token() : token;
      const answer = await fetch(`${base}/api/v2/public/connect-confirm`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
        body: JSON.stringify({ attempt, confirm }),
      });
      const result = await answer.json();
      if (!answer.ok) tell(attempt, onFailed, result);
      else if (result.connected) tell(attempt, onConnected, result);
      // Another account at the application than before: a popup asks by itself what to do.
      else if (result.next_url && !popup) location.assign(result.next_url);
    };
    const confirmOnce = (attempt, confirm, popup) => {
      if (asked.has(attempt)) return;
      asked.add(attempt);
      // What never arrived may be sent again.
      send(attempt, confirm, popup).catch((error) => (popup ? asked.delete(attempt) : tell(attempt, onFailed, error)));
    };
    addEventListener("message", ({ origin: from, data }) => {
      if (from !== origin || !data?.attempt) return;
      const { type, attempt, confirm, slug, message } = data;
      if (type === "tenon:confirm") confirmOnce(attempt, confirm, true);
      if (type === "tenon:connected") tell(attempt, onConnected, { connected: true, slug });
      if (type === "tenon:failed") tell(attempt, onFailed, { message });
    });
    const here = new URL(location.href);
    const [attempt, confirm] = ["connect_attempt", "connect_confirm"].map((name) => here.searchParams.get(name));
    if (!attempt || !confirm) return;
    for (const name of ["connect_attempt", "connect_confirm"]) here.searchParams.delete(name);
    history.replaceState(history.state, "", here);
    confirmOnce(attempt, confirm, false);
  };
})();
