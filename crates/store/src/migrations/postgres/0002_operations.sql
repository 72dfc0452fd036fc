-- What running for years needs: who else lives, who managed what, a chain over the journal,
-- own rate limits, retention, and keys that can be replaced.

-- Who said how an execution ended; nothing while it runs.
ALTER TABLE executions ADD COLUMN ended_by TEXT COLLATE "C";
UPDATE executions SET ended_by = 'process' WHERE state = 'finished';

CREATE INDEX executions_unknown ON executions (org, environment, started_at)
    WHERE outcome = 'unknown';

-- The place of a key among those of its scope: one process wins each place.
ALTER TABLE data_keys ADD COLUMN generation BIGINT NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX data_keys_by_scope ON data_keys (scope, generation);

CREATE INDEX idempotency_keys_by_execution ON idempotency_keys (execution);
CREATE INDEX connections_by_data_key ON connections (data_key);
CREATE INDEX results_by_data_key ON results (data_key);

CREATE TABLE environment_settings (
    org         TEXT COLLATE "C" NOT NULL,
    environment TEXT COLLATE "C" NOT NULL,
    settings    TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (org, environment)
);

-- The signs of life of the processes, by the clock of the database.
CREATE TABLE replicas (
    boot    TEXT COLLATE "C" PRIMARY KEY,
    note    TEXT COLLATE "C" NOT NULL,
    seen_at BIGINT NOT NULL
);

CREATE TABLE audit_entries (
    id          TEXT COLLATE "C" PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor_kind  TEXT COLLATE "C" NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    org         TEXT COLLATE "C",
    environment TEXT COLLATE "C",
    act         TEXT COLLATE "C" NOT NULL,
    target      TEXT COLLATE "C" NOT NULL,
    origin      TEXT COLLATE "C" NOT NULL,
    request_id  TEXT COLLATE "C" NOT NULL,
    status      BIGINT,
    detail      TEXT COLLATE "C" NOT NULL
);

CREATE INDEX audit_entries_by_time ON audit_entries (at, id);

-- One link for every write of an execution or an audit entry. The subject is the row's id.
CREATE TABLE journal_links (
    boot    TEXT COLLATE "C" NOT NULL,
    seq     BIGINT NOT NULL,
    event   TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL,
    digest  BYTEA NOT NULL,
    at      BIGINT NOT NULL,
    mac     BYTEA NOT NULL,
    PRIMARY KEY (boot, seq)
);

CREATE INDEX journal_links_by_subject ON journal_links (subject);

-- Tenon's own rate limits (GCRA): when the key will have its whole burst again, in microseconds
-- of the database's clock.
CREATE TABLE rate_limits (
    key     TEXT COLLATE "C" PRIMARY KEY,
    full_at BIGINT NOT NULL
);

CREATE INDEX rate_limits_by_time ON rate_limits (full_at);
