-- Connections that never die: tenants' OAuth clients, tokens renewed under a lease, a timeline, the
-- connect flow, and webhooks.

-- What a person calls the account at the application; which connection is meant where none is
-- named; why it cannot be used; whom its tokens were granted to and for what.
ALTER TABLE connections ADD COLUMN account_name TEXT COLLATE "C";
ALTER TABLE connections ADD COLUMN is_default BOOLEAN NOT NULL DEFAULT false;
ALTER TABLE connections ADD COLUMN reason TEXT COLLATE "C";
ALTER TABLE connections ADD COLUMN client TEXT COLLATE "C";
ALTER TABLE connections ADD COLUMN scopes TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- When the access token ends and is renewed, by the processes' clocks; who may do it until when, by
-- the database's.
ALTER TABLE connections ADD COLUMN expires_at BIGINT;
ALTER TABLE connections ADD COLUMN due_at BIGINT;
ALTER TABLE connections ADD COLUMN failures BIGINT NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN lease_owner TEXT COLLATE "C";
ALTER TABLE connections ADD COLUMN lease_until BIGINT;
ALTER TABLE connections ADD COLUMN refresh_started_at BIGINT;

CREATE INDEX connections_due ON connections (due_at) WHERE status = 'active';
CREATE INDEX connections_leased ON connections (lease_until) WHERE lease_owner IS NOT NULL;
CREATE INDEX connections_revoking ON connections (id) WHERE status = 'revoking';

CREATE TABLE oauth_clients (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    slug        TEXT COLLATE "C" NOT NULL,
    auth        TEXT COLLATE "C" NOT NULL,
    client_id   TEXT COLLATE "C" NOT NULL,
    secret      BYTEA,
    scopes      TEXT COLLATE "C" NOT NULL,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    UNIQUE (org, environment, slug, auth)
);

-- The timeline of connections, and what webhooks still have to be told of. It refers to nothing: it
-- stays when the connection is gone.
CREATE TABLE connection_events (
    id          TEXT COLLATE "C" PRIMARY KEY,
    at          BIGINT NOT NULL,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    connection  TEXT COLLATE "C" NOT NULL,
    slug        TEXT COLLATE "C" NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL,
    reason      TEXT COLLATE "C",
    detail      TEXT COLLATE "C" NOT NULL,
    announced   BOOLEAN NOT NULL
);

CREATE INDEX connection_events_by_connection
    ON connection_events (org, environment, connection, at, id);
CREATE INDEX connection_events_by_account ON connection_events (org, environment, account);
CREATE INDEX connection_events_of_refreshes ON connection_events (at)
    WHERE kind IN ('refreshed', 'refresh_failed');
CREATE INDEX connection_events_unannounced ON connection_events (id) WHERE NOT announced;

-- A single-use way into the connect pages, and from then on the browser that opened it.
CREATE TABLE connect_links (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    slug        TEXT COLLATE "C",
    code_hash   BYTEA NOT NULL UNIQUE,
    browser     BYTEA,
    wish        TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    opened_at   BIGINT,
    expires_at  BIGINT NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);

CREATE INDEX connect_links_by_account ON connect_links (org, environment, account);
CREATE INDEX connect_links_by_end ON connect_links (expires_at);

-- One authorization on its way. What is parked (a verifier, a code, typed fields) is sealed.
CREATE TABLE connect_attempts (
    id           TEXT COLLATE "C" PRIMARY KEY,
    link         TEXT COLLATE "C" NOT NULL REFERENCES connect_links (id) ON DELETE CASCADE,
    org          TEXT COLLATE "C" NOT NULL,
    environment  TEXT COLLATE "C" NOT NULL,
    account      TEXT COLLATE "C" NOT NULL,
    slug         TEXT COLLATE "C" NOT NULL,
    auth         TEXT COLLATE "C" NOT NULL,
    trust        TEXT COLLATE "C" NOT NULL,
    state        TEXT COLLATE "C" NOT NULL,
    state_hash   BYTEA UNIQUE,
    wish         TEXT COLLATE "C" NOT NULL,
    parked       BYTEA,
    version      BIGINT NOT NULL,
    connection   TEXT COLLATE "C",
    problem      TEXT COLLATE "C",
    created_at   BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL
);

CREATE INDEX connect_attempts_by_link ON connect_attempts (link);
CREATE INDEX connect_attempts_parked ON connect_attempts (expires_at) WHERE parked IS NOT NULL;

-- The page's properties that a tenant gave with a token, by the token's session.
CREATE TABLE hosted_properties (
    session     TEXT COLLATE "C" PRIMARY KEY REFERENCES sessions (id) ON DELETE CASCADE,
    properties  TEXT COLLATE "C" NOT NULL,
    expires_at  BIGINT NOT NULL
);

-- Tenants' endpoints, with their secrets sealed, and what they are told.
CREATE TABLE webhooks (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    definition  TEXT COLLATE "C" NOT NULL,
    secrets     BYTEA NOT NULL,
    is_enabled  BOOLEAN NOT NULL,
    -- Why it was disabled, where nobody asked for that.
    disabled_because TEXT COLLATE "C",
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL
);

CREATE INDEX webhooks_by_tenant ON webhooks (org, environment, created_at, id);

CREATE TABLE webhook_deliveries (
    id          TEXT COLLATE "C" PRIMARY KEY,
    webhook     TEXT COLLATE "C" NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    event       TEXT COLLATE "C" NOT NULL,
    payload     TEXT COLLATE "C" NOT NULL,
    state       TEXT COLLATE "C" NOT NULL,
    attempts    TEXT COLLATE "C" NOT NULL,
    tries       BIGINT NOT NULL,
    -- When it is tried next, by the processes' clocks; who tries it until when, by the database's.
    due_at      BIGINT,
    lease_until BIGINT,
    fence       BIGINT NOT NULL,
    created_at  BIGINT NOT NULL,
    finished_at BIGINT,
    UNIQUE (webhook, event)
);

CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, created_at, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due_at)
    WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- What an account gave the tenant for calls of its own application. Sealed.
CREATE TABLE app_credentials (
    key         TEXT COLLATE "C" NOT NULL,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    value       BYTEA NOT NULL,
    version     BIGINT NOT NULL,
    PRIMARY KEY (org, environment, account, key),
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);
