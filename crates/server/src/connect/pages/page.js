// Tells the page that opened this one what there is to confirm, watches for the end, and closes a window that is done.
(() => {
  document.getElementById("problems")?.focus();
  const box = document.getElementById("attempt");
  if (!box) return;
  const { attempt, state, watch, confirm, origins, redirect, application: slug } = box.dataset;
  const { opener } = window;
  const tell = (message) => {
    if (!opener) return;
    // The browser hands it to the opener only where its origin is the one that is named.
    for (const origin of origins.split(" ").filter(Boolean)) opener.postMessage({ ...message, attempt, slug }, origin);
  };
  if (state === "failed") tell({ type: "tenon:failed", message: document.querySelector("h1").textContent });
  if (state === "connected" && opener) {
    tell({ type: "tenon:connected" });
    setTimeout(() => window.close(), 1500);
  }
  if (confirm && redirect && !opener) return location.replace(redirect);
  if (!watch) return;
  const look = async () => {
    if (confirm) tell({ type: "tenon:confirm", confirm });
    try {
      const answer = await fetch(watch);
      if ((await answer.json()).state !== state) return location.reload();
    } catch {
      // The next look may succeed.
    }
    setTimeout(look, 700);
  };
  look();
})();
