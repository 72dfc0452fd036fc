-- The first schema. The tables are those of SQLite's migration of the same number, and a test
-- compares them.
--
-- Ids, words and documents are TEXT that compares byte by byte, as SQLite's does: JSONB would
-- lose the order of a document's keys. Times are BIGINT Unix milliseconds, ciphertext is BYTEA.
-- The first column of every table names the row in an error. What belongs to an account refers
-- to it with ON DELETE CASCADE; executions do not, for they are a record.

CREATE TABLE organizations (
    id         TEXT COLLATE "C" PRIMARY KEY,
    name       TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE application_settings (
    slug        TEXT COLLATE "C" NOT NULL,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    settings    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org, environment, slug)
);

CREATE TABLE accounts (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account_id  TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    udf         TEXT COLLATE "C" NOT NULL,
    -- The id and the name in lower case.
    search_text TEXT COLLATE "C" NOT NULL,
    created_at  BIGINT NOT NULL,
    updated_at  BIGINT NOT NULL,
    UNIQUE (org, environment, account_id)
);

CREATE INDEX accounts_by_time ON accounts (org, environment, created_at, id);

CREATE TABLE connections (
    id           TEXT COLLATE "C" PRIMARY KEY,
    org          TEXT COLLATE "C" NOT NULL,
    environment  TEXT COLLATE "C" NOT NULL,
    account      TEXT COLLATE "C" NOT NULL,
    slug         TEXT COLLATE "C" NOT NULL,
    auth         TEXT COLLATE "C" NOT NULL,
    label        TEXT COLLATE "C",
    facts        TEXT COLLATE "C" NOT NULL,
    identifier   TEXT COLLATE "C",
    status       TEXT COLLATE "C" NOT NULL,
    sandbox      BOOLEAN NOT NULL,
    trust        TEXT COLLATE "C" NOT NULL,
    version      BIGINT NOT NULL,
    data_key     TEXT COLLATE "C" NOT NULL,
    credential   BYTEA NOT NULL,
    created_at   BIGINT NOT NULL,
    connected_at BIGINT NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);

CREATE INDEX connections_by_account ON connections (org, environment, account, slug);
CREATE INDEX connections_by_application ON connections (org, environment, slug);

CREATE TABLE sessions (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    scopes      TEXT COLLATE "C" NOT NULL,
    issued_at   BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL,
    max_calls   BIGINT,
    calls       BIGINT NOT NULL,
    revoked_at  BIGINT,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);

CREATE INDEX sessions_by_account ON sessions (org, environment, account, issued_at);

CREATE TABLE api_keys (
    id          TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    name        TEXT COLLATE "C" NOT NULL,
    hint        TEXT COLLATE "C" NOT NULL,
    hash        BYTEA NOT NULL UNIQUE,
    created_at  BIGINT NOT NULL,
    revoked_at  BIGINT
);

CREATE INDEX api_keys_by_tenant ON api_keys (org, environment, created_at);

CREATE TABLE admin_keys (
    hash       BYTEA PRIMARY KEY,
    created_at BIGINT NOT NULL
);

CREATE TABLE data_keys (
    id         TEXT COLLATE "C" PRIMARY KEY,
    scope      TEXT COLLATE "C" NOT NULL,
    wrapped    BYTEA NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE executions (
    id                TEXT COLLATE "C" PRIMARY KEY,
    org               TEXT COLLATE "C" NOT NULL,
    environment       TEXT COLLATE "C" NOT NULL,
    account           TEXT COLLATE "C" NOT NULL,
    connection        TEXT COLLATE "C" NOT NULL,
    slug              TEXT COLLATE "C" NOT NULL,
    action            TEXT COLLATE "C" NOT NULL,
    connector_version BIGINT NOT NULL,
    effect            TEXT COLLATE "C" NOT NULL,
    source            TEXT COLLATE "C" NOT NULL,
    request_id        TEXT COLLATE "C" NOT NULL,
    boot              TEXT COLLATE "C" NOT NULL,
    asynchronous      BOOLEAN NOT NULL,
    request           TEXT COLLATE "C" NOT NULL,
    started_at        BIGINT NOT NULL,
    deadline_at       BIGINT NOT NULL,
    state             TEXT COLLATE "C" NOT NULL,
    finished_at       BIGINT,
    node_status       TEXT COLLATE "C",
    outcome           TEXT COLLATE "C",
    http_status       BIGINT,
    error             TEXT COLLATE "C",
    attempts          TEXT COLLATE "C" NOT NULL
);

CREATE INDEX executions_by_time ON executions (org, environment, started_at, id);
CREATE INDEX executions_by_account ON executions (org, environment, account, started_at, id);
CREATE INDEX executions_running ON executions (boot) WHERE state = 'running';

CREATE TABLE idempotency_keys (
    key_hash    TEXT COLLATE "C" NOT NULL,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    slug        TEXT COLLATE "C" NOT NULL,
    action      TEXT COLLATE "C" NOT NULL,
    fingerprint TEXT COLLATE "C" NOT NULL,
    execution   TEXT COLLATE "C" NOT NULL,
    expires_at  BIGINT NOT NULL,
    PRIMARY KEY (org, environment, account, slug, action, key_hash),
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);

CREATE INDEX idempotency_keys_by_end ON idempotency_keys (expires_at);

CREATE TABLE results (
    execution   TEXT COLLATE "C" PRIMARY KEY,
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    account     TEXT COLLATE "C" NOT NULL,
    data_key    TEXT COLLATE "C" NOT NULL,
    answer      BYTEA NOT NULL,
    expires_at  BIGINT NOT NULL,
    FOREIGN KEY (org, environment, account)
        REFERENCES accounts (org, environment, account_id) ON DELETE CASCADE
);

CREATE INDEX results_by_account ON results (org, environment, account);
CREATE INDEX results_by_end ON results (expires_at);
