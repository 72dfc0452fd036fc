// Searches while somebody types, and copies code. Without it the form and the code are there all the same.
(() => {
  const form = document.querySelector("form.search");
  const parts = ["found", "results"].map((id) => document.getElementById(id));
  let latest;
  const search = async () => {
    const address = new URL(form.action);
    address.search = new URLSearchParams(new FormData(form));
    latest = address.href;
    const answer = await fetch(address);
    const text = await answer.text();
    // Another letter was typed meanwhile.
    if (!answer.ok || latest !== address.href) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    for (const part of parts) part.replaceChildren(...page.getElementById(part.id).childNodes);
    history.replaceState(null, "", address);
  };
  if (form && parts.every(Boolean)) {
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      // Where it fails, the button still searches.
      timer = setTimeout(() => search().catch(() => {}), 150);
    });
  }
  if (!navigator.clipboard) return;
  for (const code of document.querySelectorAll("#try-it ~ pre")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button second small copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    });
    code.before(button);
  }
})();
