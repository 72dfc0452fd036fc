-- The first schema.
--
-- Ids and words are TEXT, times are INTEGER Unix milliseconds, documents are JSON in TEXT,
-- ciphertext is BLOB. The first column of every table names the row in an error. What belongs
-- to an account refers to it with ON DELETE CASCADE; executions do not, for they are a record.

CREATE TABLE organizations (
    id         TEXT PRIMARY KEY NOT NULL,
    name       TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE application_settings (
    slug        TEXT NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    settings    TEXT NOT NULL,
    PRIMARY KEY (org, environment, slug)
) STRICT;

CREATE TABLE accounts (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account_id  TEXT NOT NULL,
    name        TEXT NOT NULL,
    udf         TEXT NOT NULL,
    -- The id and the name in lower case: SQLite folds the case of ASCII only.
    search_text TEXT NOT NULL,
    created_at  INTEGER NOT NULL,
    updated_at  INTEGER NOT NULL,
    UNIQUE (org, environment, account_id)
) STRICT;

CREATE INDEX accounts_by_time ON accounts (org, environment, created_at, id);

CREATE TABLE connections (
    id           TEXT PRIMARY KEY NOT NULL,
    org          TEXT NOT NULL,
    environment  TEXT NOT NULL,
    account      TEXT NOT NULL,
    slug         TEXT NOT NULL,
    auth         TEXT NOT NULL,
    label        TEXT,
    facts        TEXT NOT NULL,
    identifier   TEXT,
    status       TEXT NOT NULL,
    sandbox      INTEGER NOT NULL,
    trust        TEXT NOT NULL,
    version      INTEGER NOT NULL,
    data_key     TEXT NOT NULL,
    credential   BLOB NOT NULL,
    created_at   INTEGER NOT NULL,
    connected_at INTEGER NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX connections_by_account ON connections (org, environment, account, slug);
CREATE INDEX connections_by_application ON connections (org, environment, slug);

CREATE TABLE sessions (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    scopes      TEXT NOT NULL,
    issued_at   INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    max_calls   INTEGER,
    calls       INTEGER NOT NULL,
    revoked_at  INTEGER,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX sessions_by_account ON sessions (org, environment, account, issued_at);

CREATE TABLE api_keys (
    id          TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    name        TEXT NOT NULL,
    hint        TEXT NOT NULL,
    hash        BLOB NOT NULL UNIQUE,
    created_at  INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT;

CREATE INDEX api_keys_by_tenant ON api_keys (org, environment, created_at);

CREATE TABLE admin_keys (
    hash       BLOB PRIMARY KEY NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE data_keys (
    id         TEXT PRIMARY KEY NOT NULL,
    scope      TEXT NOT NULL,
    wrapped    BLOB NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE executions (
    id                TEXT PRIMARY KEY NOT NULL,
    org               TEXT NOT NULL,
    environment       TEXT NOT NULL,
    account           TEXT NOT NULL,
    connection        TEXT NOT NULL,
    slug              TEXT NOT NULL,
    action            TEXT NOT NULL,
    connector_version INTEGER NOT NULL,
    effect            TEXT NOT NULL,
    source            TEXT NOT NULL,
    request_id        TEXT NOT NULL,
    boot              TEXT NOT NULL,
    asynchronous      INTEGER NOT NULL,
    request           TEXT NOT NULL,
    started_at        INTEGER NOT NULL,
    deadline_at       INTEGER NOT NULL,
    state             TEXT NOT NULL,
    finished_at       INTEGER,
    node_status       TEXT,
    outcome           TEXT,
    http_status       INTEGER,
    error             TEXT,
    attempts          TEXT NOT NULL
) STRICT;

CREATE INDEX executions_by_time ON executions (org, environment, started_at, id);
CREATE INDEX executions_by_account ON executions (org, environment, account, started_at, id);
CREATE INDEX executions_running ON executions (boot) WHERE state = 'running';

CREATE TABLE idempotency_keys (
    key_hash    TEXT NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    slug        TEXT NOT NULL,
    action      TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    execution   TEXT NOT NULL,
    expires_at  INTEGER NOT NULL,
    PRIMARY KEY (org, environment, account, slug, action, key_hash),
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

CREATE TABLE results (
    execution   TEXT PRIMARY KEY NOT NULL,
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    account     TEXT NOT NULL,
    data_key    TEXT NOT NULL,
    answer      BLOB NOT NULL,
    expires_at  INTEGER NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
) STRICT;

CREATE INDEX results_by_account ON results (org, environment, account);
CREATE INDEX results_by_end ON results (expires_at);
