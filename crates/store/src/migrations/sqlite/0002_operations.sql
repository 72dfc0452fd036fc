-- What running for years needs: who else lives, who managed what, a chain over the journal,
-- own rate limits, retention, and keys that can be replaced.

-- Who said how an execution ended; nothing while it runs.
ALTER TABLE executions ADD COLUMN ended_by TEXT;
UPDATE executions SET ended_by = 'process' WHERE state = 'finished';

CREATE INDEX executions_unknown ON executions (org, environment, started_at)
    WHERE outcome = 'unknown';

-- The place of a key among those of its scope: one process wins each place.
ALTER TABLE data_keys ADD COLUMN generation INTEGER NOT NULL DEFAULT 1;
CREATE UNIQUE INDEX data_keys_by_scope ON data_keys (scope, generation);

CREATE INDEX idempotency_keys_by_execution ON idempotency_keys (execution);
CREATE INDEX connections_by_data_key ON connections (data_key);
CREATE INDEX results_by_data_key ON results (data_key);

CREATE TABLE environment_settings (
    org         TEXT NOT NULL,
    environment TEXT NOT NULL,
    settings    TEXT NOT NULL,
    PRIMARY KEY (org, environment)
) STRICT;

-- The signs of life of the processes, by the clock of the database.
CREATE TABLE replicas (
    boot    TEXT PRIMARY KEY NOT NULL,
    note    TEXT NOT NULL,
    seen_at INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_entries (
    id          TEXT PRIMARY KEY NOT NULL,
    at          INTEGER NOT NULL,
    actor_kind  TEXT NOT NULL,
    actor       TEXT NOT NULL,
    org         TEXT,
    environment TEXT,
    act         TEXT NOT NULL,
    target      TEXT NOT NULL,
    origin      TEXT NOT NULL,
    request_id  TEXT NOT NULL,
    status      INTEGER,
    detail      TEXT NOT NULL
) STRICT;

CREATE INDEX audit_entries_by_time ON audit_entries (at, id);

-- One link for every write of an execution or an audit entry. The subject is the row's id.
CREATE TABLE journal_links (
    boot    TEXT NOT NULL,
    seq     INTEGER NOT NULL,
    event   TEXT NOT NULL,
    subject TEXT NOT NULL,
    digest  BLOB NOT NULL,
    at      INTEGER NOT NULL,
    mac     BLOB NOT NULL,
    PRIMARY KEY (boot, seq)
) STRICT, WITHOUT ROWID;

CREATE INDEX journal_links_by_subject ON journal_links (subject);

-- Tenon's own rate limits (GCRA): when the key will have its whole burst again, in microseconds
-- of the database's clock.
CREATE TABLE rate_limits (
    key     TEXT PRIMARY KEY NOT NULL,
    full_at INTEGER NOT NULL
) STRICT;

CREATE INDEX rate_limits_by_time ON rate_limits (full_at);
