// The vendor's API: it takes live access tokens alone, and each user sees their own records.

const records = new Map();

export async function api(provider, seen, request, response) {
  const say = (status, body, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  const chunks = await request.toArray();
  const token = await live(provider, request.headers.authorization);
  if (!token) {
    seen.unauthorized += 1;
    const error = { error: "invalid_token", message: "The access token is missing, expired or revoked" };
    return say(401, error, { "www-authenticate": 'Bearer error="invalid_token"' });
  }
  const owner = token.accountId ?? token.clientId;
  const route = `${request.method} ${new URL(request.url, "http://vendor").pathname}`;
  if (route === "GET /api/me") {
    seen.served += 1;
    return say(200, { id: owner, email: `${owner}@vendor.example`, scope: token.scope });
  }
  if (!token.scope?.split(" ").includes("records")) {
    seen.forbidden += 1;
    return say(403, { error: "insufficient_scope", message: "The scope records is missing" });
  }
  seen.served += 1;
  const own = records.get(owner) ?? [];
  if (route === "GET /api/records") return say(200, { records: own });
  if (route !== "POST /api/records") return say(404, { error: "not_found", message: `There is no ${route}` });
  seen.created += 1;
  const record = { ...JSON.parse(Buffer.concat(chunks)), id: `record-${seen.created}`, owner };
  records.set(owner, [...own, record]);
  return say(201, record);
}

// The token that the header names, where it and the grant behind it are alive.
async function live(provider, authorization = "") {
  const value = authorization.match(/^Bearer (.+)$/i)?.[1];
  if (!value) return undefined;
  const token = await provider.AccessToken.find(value) ?? await provider.ClientCredentials.find(value);
  if (!token || token.isExpired) return undefined;
  if (token.grantId && !await provider.Grant.find(token.grantId)) return undefined;
  return token;
}
