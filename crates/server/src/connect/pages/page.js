// Tells the page that opened this one what there is to confirm, watches for the end, and closes a window that is done.
(() => {
  const box = document.getElementById("attempt");
  document.getElementById("problems")?.focus();
  if (!box) return;
  const { attempt, state, watch, confirm, origins, redirect, application } = box.dataset;
  const opener = window.opener;
  const tell = (message) => {
    // The browser hands it to the opener only where its origin is the one that is named.
    for (const origin of origins.split(" ").filter(Boolean)) {
      opener.postMessage({ ...message, attempt, application }, origin);
    }
  };
  if (confirm && opener) tell({ type: "tenon:confirm", confirm });
  else if (confirm && redirect) location.replace(redirect);
  if (state === "connected" && opener) {
    tell({ type: "tenon:connected" });
    setTimeout(() => window.close(), 1500);
  }
  if (state === "failed" && opener) tell({ type: "tenon:failed" });
  if (!watch) return;
  const look = async () => {
    try {
      const answer = await fetch(watch, { credentials: "same-origin" });
      if ((await answer.json()).state !== state) return location.reload();
    } catch {
      // The next look may succeed.
    }
    setTimeout(look, 700);
  };
  setTimeout(look, 700);
})();
