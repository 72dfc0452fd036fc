-- Connections that never die: tenants' OAuth clients, tokens renewed under a lease, a timeline, the
-- connect flow, and webhooks.

-- What a person calls the account at the application; which connection is meant where none is
-- named; why it cannot be used; whom its tokens were granted to and for what.
ALTER TABLE connections ADD COLUMN account_name TEXT;
ALTER TABLE connections ADD COLUMN is_default INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN reason TEXT;
ALTER TABLE connections ADD COLUMN client TEXT;
ALTER TABLE connections ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';

-- When the access token ends and is renewed, by the processes' clocks; who may do it until when, by
-- the database's.
ALTER TABLE connections ADD COLUMN expires_at INTEGER;
ALTER TABLE connections ADD COLUMN due_at INTEGER;
ALTER TABLE connections ADD COLUMN failures INTEGER NOT NULL DEFAULT 0;
ALTER TABLE connections ADD COLUMN lease_owner TEXT;
ALTER TABLE connections ADD COLUMN lease_until INTEGER;
ALTER TABLE connections ADD COLUMN refresh_started_at INTEGER;

CREATE INDEX connections_due ON connections (due_at) WHERE status = 'active';
CREATE INDEX connections_leased ON connections (lease_until) WHERE lease_owner IS NOT NULL;
CREATE INDEX connections_revoking ON connections (id) WHERE status = 'revoking';

CREATE TABLE oauth_clients (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    slug        TEXT NOT NULL,
    auth        TEXT NOT NULL,
    client_id   TEXT NOT NULL,
    secret      BLOB,
    scopes      TEXT NOT NULL,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (org, environment, slug, auth)
) STRICT;

-- The timeline of connections, and what webhooks still have to be told of. It refers to nothing: it
-- stays when the connection is gone.
CREATE TABLE connection_events (
    id          TEXT PRIMARY KEY NOT NULL,
    at          INTEGER NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    connection  TEXT NOT NULL,
    slug        TEXT NOT NULL,
    kind        TEXT NOT NULL,
    reason      TEXT,
    detail      TEXT NOT NULL,
    announced   INTEGER NOT NULL
) STRICT;

CREATE INDEX connection_events_by_connection
    ON connection_events (org, environment, connection, at, id);
CREATE INDEX connection_events_by_account ON connection_events (org, environment, account);
CREATE INDEX connection_events_of_refreshes ON connection_events (at)
    WHERE kind IN ('refreshed', 'refresh_failed');
CREATE INDEX connection_events_unannounced ON connection_events (id) WHERE NOT announced;

-- A single-use way into the connect pages, and from then on the browser that opened it.
CREATE TABLE connect_links (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    slug        TEXT,
    code_hash   BLOB NOT NULL UNIQUE,
    browser     BLOB,
    wish        TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    opened_at   INTEGER,
    expires_at  INTEGER NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX connect_links_by_account ON connect_links (org, environment, account);
CREATE INDEX connect_links_by_end ON connect_links (expires_at);

-- One authorization on its way. What is parked (a verifier, a code, typed fields) is sealed.
CREATE TABLE connect_attempts (
    id           TEXT PRIMARY KEY NOT NULL,
    link         TEXT NOT NULL REFERENCES connect_links (id) ON DELETE CASCADE,
    org          TEXT NOT NULL,
    environment  TEXT NOT NULL,
    account      TEXT NOT NULL,
    slug         TEXT NOT NULL,
    auth         TEXT NOT NULL,
    trust        TEXT NOT NULL,
    state        TEXT NOT NULL,
    state_hash   BLOB UNIQUE,
    wish         TEXT NOT NULL,
    parked       BLOB,
    version      INTEGER NOT NULL,
    connection   TEXT,
    problem      TEXT,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL
) STRICT;

CREATE INDEX connect_attempts_by_link ON connect_attempts (link);
CREATE INDEX connect_attempts_parked ON connect_attempts (expires_at) WHERE parked IS NOT NULL;

-- The page's properties that a tenant gave with a token, by the token's session.
CREATE TABLE hosted_properties (
    session     TEXT PRIMARY KEY NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    properties  TEXT NOT NULL,
    expires_at  INTEGER NOT NULL
) STRICT;

-- Tenants' endpoints, with their secrets sealed, and what they are told.
CREATE TABLE webhooks (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    definition  TEXT NOT NULL,
    secrets     BLOB NOT NULL,
    is_enabled  INTEGER NOT NULL,
    -- Why it was disabled, where nobody asked for that.
    disabled_because TEXT,
    version     INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL
) STRICT;

CREATE INDEX webhooks_by_tenant ON webhooks (org, environment, created_at, id);

CREATE TABLE webhook_deliveries (
    id          TEXT PRIMARY KEY NOT NULL,
    webhook     TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    event       TEXT NOT NULL,
    payload     TEXT NOT NULL,
    state       TEXT NOT NULL,
    attempts    TEXT NOT NULL,
    tries       INTEGER NOT NULL,
    -- When it is tried next, by the processes' clocks; who tries it until when, by the database's.
    due_at      INTEGER,
    lease_until INTEGER,
    fence       INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (webhook, event)
) STRICT;

CREATE INDEX webhook_deliveries_by_webhook ON webhook_deliveries (webhook, created_at, id);
CREATE INDEX webhook_deliveries_due ON webhook_deliveries (webhook, due_at)
    WHERE due_at IS NOT NULL;
CREATE INDEX webhook_deliveries_by_age ON webhook_deliveries (created_at);

-- What an account gave the tenant for calls of its own application. Sealed.
CREATE TABLE app_credentials (
    key         TEXT NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    value       BLOB NOT NULL,
    version     INTEGER NOT NULL,
    PRIMARY KEY (org, environment, account, key),
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;
