// A certified authorization server (`oidc-provider`) and an API that takes its tokens, for one test.
//
// The one argument is JSON: `clients` (id, secret, redirect_uris, auth), `canary` (stands in every token),
// `access_token_life` and `grace` in seconds, and perhaps `port`. It says `listening at URL` once it can be used.
import { createServer } from "node:http";
import { api } from "./api.mjs";
import { interact } from "./consent.mjs";
import { load } from "./packages.mjs";
import { Store } from "./store.mjs";

const { default: Provider } = await load("oidc-provider");
const options = JSON.parse(process.argv[2]);
const seen = {
  authorizations: 0, codes: 0, refreshes: 0, reused: 0, refused: 0, client_credentials: 0, revocations: 0,
  api: { served: 0, unauthorized: 0, forbidden: 0, created: 0 },
};
const state = {
  access_token_life: options.access_token_life,
  // How long a refresh token that was used goes on to be taken: 0 punishes the second use at once.
  grace: options.grace,
  // How many answers of the token endpoint are lost on their way: the tokens are made, the connection is cut.
  lose_answers: 0,
  // How long the token endpoint thinks.
  slow_ms: 0,
  // The `iss` of authorization responses: the true one where this is null, none where it is empty, else this one.
  iss: null,
};

function configuration(port) {
  return {
    clients: options.clients.map((client) => ({
      client_id: client.id,
      client_secret: client.secret,
      redirect_uris: client.redirect_uris,
      token_endpoint_auth_method: client.auth,
      grant_types: ["authorization_code", "refresh_token", "client_credentials"],
      response_types: ["code"],
    })),
    adapter: Store.with(state),
    findAccount: (_ctx, id) => ({
      accountId: id,
      claims: () => ({ sub: id, email: `${id}@vendor.example`, email_verified: true }),
    }),
    scopes: ["openid", "offline_access", "records"],
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    pkce: { methods: ["S256"], required: () => true },
    rotateRefreshToken: true,
    issueRefreshToken: (_ctx, client) => client.grantTypeAllowed("refresh_token"),
    expiresWithSession: () => false,
    ttl: {
      AccessToken: () => state.access_token_life,
      ClientCredentials: () => state.access_token_life,
      AuthorizationCode: 60,
      RefreshToken: 14 * 86400,
      Grant: 14 * 86400,
      Interaction: 3600,
      Session: 86400,
      IdToken: 3600,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      userinfo: { enabled: true },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    // Cookies know no ports: two providers of one test must not take each other's.
    cookies: {
      keys: ["not a secret: it is a test's"],
      names: { session: `_session_${port}`, interaction: `_interaction_${port}`, resume: `_resume_${port}` },
    },
  };
}

// Every token carries the canary, so that one that shows up in a log or a database is found.
function mark(provider) {
  for (const model of ["AccessToken", "RefreshToken", "AuthorizationCode", "ClientCredentials"]) {
    const { prototype } = provider[model];
    const plain = prototype.generateTokenId;
    prototype.generateTokenId = function generate() {
      return `${options.canary}${plain.call(this)}`;
    };
  }
}

function count(provider) {
  provider.on("authorization.success", () => { seen.authorizations += 1; });
  provider.on("grant.success", (ctx) => {
    const kinds = { authorization_code: "codes", refresh_token: "refreshes", client_credentials: "client_credentials" };
    seen[kinds[ctx.oidc.params.grant_type]] += 1;
  });
  provider.on("grant.error", (_ctx, error) => {
    seen[error.error_detail === "refresh token already used" ? "reused" : "refused"] += 1;
  });
  provider.on("server_error", (_ctx, error) => console.error(error));
}

// What a test asks of the provider itself.
async function control(path, body) {
  if (path === "/test/set") Object.assign(state, body);
  if (path === "/test/withdraw") Store.withdraw(body.account);
  return seen;
}

// The answer is computed, so the token is rotated, and then the connection is cut.
function lose(response) {
  state.lose_answers -= 1;
  response.end = () => response.destroy();
  response.write = () => true;
}

function alterIssuer(response) {
  const setHeader = response.setHeader.bind(response);
  response.setHeader = (name, value) => setHeader(name, name.toLowerCase() === "location" ? altered(value) : value);
}

function altered(location) {
  if (!URL.canParse?.(location) && !location.startsWith("http")) return location;
  const url = new URL(location);
  if (!url.searchParams.has("iss")) return location;
  if (state.iss === "") url.searchParams.delete("iss");
  else url.searchParams.set("iss", state.iss);
  return url.href;
}

const server = createServer();
server.listen(options.port ?? 0, "127.0.0.1", () => {
  const { port } = server.address();
  const base = `http://127.0.0.1:${port}`;
  const provider = new Provider(base, configuration(port));
  mark(provider);
  count(provider);
  const handle = provider.callback();
  server.on("request", async (request, response) => {
    try {
      const { pathname } = new URL(request.url, base);
      if (pathname.startsWith("/interaction/")) return await interact(provider, request, response);
      if (pathname.startsWith("/api/")) return await api(provider, seen.api, request, response);
      if (pathname.startsWith("/test/")) {
        const chunks = await request.toArray();
        const body = chunks.length ? JSON.parse(Buffer.concat(chunks)) : {};
        return response.end(JSON.stringify(await control(pathname, body)));
      }
      if (pathname === "/token/revocation") seen.revocations += 1;
      if (pathname === "/token") {
        if (state.lose_answers > 0) lose(response);
        if (state.slow_ms > 0) await new Promise((resolve) => setTimeout(resolve, state.slow_ms));
      }
      if (state.iss !== null) alterIssuer(response);
      return handle(request, response);
    } catch (error) {
      console.error(error);
      return response.writeHead(500).end();
    }
  });
  console.log(`listening at ${base}`);
});
