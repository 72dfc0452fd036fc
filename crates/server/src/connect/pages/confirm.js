// For the tenant's own pages: confirms what was connected, as the user who is signed in there.
//
//   <script src="https://tenon.example.com/connect/confirm.js"></script>
//   <script>tenonConnect({ token: () => sessionToken, onConnected, onFailed })</script>
(() => {
  const base = document.currentScript.src.replace(/\/connect\/confirm\.js.*$/, "");
  const origin = new URL(base).origin;
  window.tenonConnect = ({ token, onConnected, onFailed, onChoice }) => {
    const finish = async (attempt, confirm, popup) => {
      const bearer = typeof token === "function" ? await token() : token;
      const answer = await fetch(`${base}/api/v2/public/connect-confirm`, {
        method: "POST",
        headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
        body: JSON.stringify({ attempt, confirm }),
      });
      const result = await answer.json();
      if (!answer.ok) return onFailed?.(result);
      if (result.connected) return onConnected?.(result);
      if (result.next_url && !popup) return onChoice ? onChoice(result) : location.assign(result.next_url);
    };
    const guarded = (...given) => finish(...given).catch((error) => onFailed?.(error));
    const done = new Set();
    addEventListener("message", ({ origin: from, data }) => {
      if (from !== origin || typeof data !== "object" || !data) return;
      if (data.type === "tenon:connected" && !done.has(data.attempt)) onConnected?.(data);
      if (data.type !== "tenon:confirm" || done.has(data.attempt)) return;
      done.add(data.attempt);
      guarded(data.attempt, data.confirm, true);
    });
    const here = new URL(location.href);
    const attempt = here.searchParams.get("connect_attempt");
    const confirm = here.searchParams.get("connect_confirm");
    if (!attempt || !confirm) return;
    for (const name of ["connect_attempt", "connect_confirm"]) here.searchParams.delete(name);
    history.replaceState(history.state, "", here);
    guarded(attempt, confirm, false);
  };
})();
