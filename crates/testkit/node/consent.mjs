// The vendor's own page: whoever gives a name is that user, and allows or denies what the client asks for.

const escape = (text) => String(text).replace(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);

const page = ({ params, session }) => `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Vendor: allow access</title><link rel="icon" href="data:,">
<h1>${escape(params.client_id)} asks for access</h1>
<p>Scopes: ${escape(params.scope)}</p>
<form method="post">
<label>User <input name="user" required value="${escape(session?.accountId ?? "")}"></label>
<button name="answer" value="allow">Allow</button>
<button name="answer" value="deny" formnovalidate>Deny</button>
</form></html>`;

export async function interact(provider, request, response) {
  const details = await provider.interactionDetails(request, response);
  if (request.method !== "POST") {
    return response.writeHead(200, { "content-type": "text/html; charset=utf-8" }).end(page(details));
  }
  const form = new URLSearchParams(Buffer.concat(await request.toArray()).toString());
  const result = form.get("answer") === "allow" ? await allow(provider, details, form.get("user")) : denied;
  return provider.interactionFinished(request, response, result);
}

const denied = { error: "access_denied", error_description: "The user said no" };

async function allow(provider, { params }, accountId) {
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return { login: { accountId }, consent: { grantId: await grant.save() } };
}
