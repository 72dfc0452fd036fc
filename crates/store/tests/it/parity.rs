//! J1: both engines hold the same after their migrations, so that one text describes both and a move from one to the
//! other loses nothing.

use std::collections::BTreeSet;

use rusqlite::Connection;

use crate::engine::{Engine, Postgres, Sqlite};

/// Tables, columns, keys and references, a line each.
type Shape = BTreeSet<String>;

#[tokio::test]
async fn j1_both_engines_have_the_same_tables_columns_and_keys() {
    let (sqlite, postgres) = (Sqlite::new().await, Postgres::new().await);
    drop((sqlite.open().await, postgres.open().await));
    let (ours, theirs) = (of_sqlite(&sqlite), of_postgres(&postgres));
    let only =
        |one: &Shape, other: &Shape| -> Vec<String> { one.difference(other).cloned().collect() };
    assert_eq!(only(&ours, &theirs), [""; 0], "only SQLite has these");
    assert_eq!(only(&theirs, &ours), [""; 0], "only PostgreSQL has these");
    let figure = format!("{} facts of the schema are the same", ours.len());
    tenon_testkit::promise::kept("J1", figure);
}

const SQLITE_COLUMNS: &str = "SELECT 'column ' || m.name || '.' || c.name || ' ' ||
        CASE c.type WHEN 'INTEGER' THEN 'number' WHEN 'BLOB' THEN 'bytes' ELSE 'text' END ||
        CASE WHEN c.\"notnull\" OR c.pk THEN ' always' ELSE '' END
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'";

const SQLITE_KEYS: &str = "SELECT 'unique ' || m.name || '(' || (
        SELECT group_concat(name, ',') FROM (
            SELECT name FROM pragma_index_info(i.name) ORDER BY seqno)) || ')'
    FROM sqlite_schema m JOIN pragma_index_list(m.name) i
    WHERE m.type = 'table' AND i.\"unique\"
    UNION SELECT 'unique ' || m.name || '(' || c.name || ')'
    FROM sqlite_schema m JOIN pragma_table_info(m.name) c
    WHERE m.type = 'table' AND c.type = 'INTEGER' AND c.pk = 1
        AND (SELECT count(*) FROM pragma_table_info(m.name) WHERE pk > 0) = 1";

const SQLITE_REFERENCES: &str =
    "SELECT 'reference ' || m.name || '(' || group_concat(f.\"from\", ',') ||
        ') to ' || f.\"table\" || '(' || group_concat(f.\"to\", ',') || ') ' || f.on_delete
    FROM sqlite_schema m JOIN pragma_foreign_key_list(m.name) f
    WHERE m.type = 'table' GROUP BY m.name, f.id";

const SQLITE_INDICES: &str = "SELECT 'index ' || name || ' on ' || tbl_name
    FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL";

fn of_sqlite(engine: &Sqlite) -> Shape {
    let database = Connection::open(engine.path()).unwrap();
    let mut shape = Shape::new();
    for sql in [
        SQLITE_COLUMNS,
        SQLITE_KEYS,
        SQLITE_REFERENCES,
        SQLITE_INDICES,
    ] {
        let mut statement = database.prepare(sql).unwrap();
        let rows = statement
            .query_map([], |row| row.get::<_, String>(0))
            .unwrap();
        shape.extend(rows.map(Result::unwrap));
    }
    shape
}

const POSTGRES_COLUMNS: &str = "SELECT 'column ' || table_name || '.' || column_name || ' ' ||
        CASE data_type WHEN 'bigint' THEN 'number' WHEN 'boolean' THEN 'number'
            WHEN 'bytea' THEN 'bytes' ELSE data_type END ||
        CASE is_nullable WHEN 'NO' THEN ' always' ELSE '' END
    FROM information_schema.columns WHERE table_schema = 'public'";

const POSTGRES_KEYS: &str = "SELECT 'unique ' || i.indrelid::regclass || '(' || (
        SELECT string_agg(a.attname, ',' ORDER BY k.place)
        FROM unnest(i.indkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number) || ')'
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE i.indisunique AND c.relnamespace = 'public'::regnamespace";

const POSTGRES_REFERENCES: &str = "SELECT 'reference ' || c.conrelid::regclass || '(' || (
        SELECT string_agg(a.attname, ',' ORDER BY k.place)
        FROM unnest(c.conkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number) ||
        ') to ' || c.confrelid::regclass || '(' || (
        SELECT string_agg(a.attname, ',' ORDER BY k.place)
        FROM unnest(c.confkey) WITH ORDINALITY k(number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number) || ') ' ||
        CASE c.confdeltype WHEN 'c' THEN 'CASCADE' ELSE c.confdeltype::text END
    FROM pg_constraint c WHERE c.contype = 'f'";

const POSTGRES_INDICES: &str =
    "SELECT 'index ' || i.indexrelid::regclass || ' on ' || i.indrelid::regclass
    FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
    WHERE c.relnamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = i.indexrelid)";

fn of_postgres(engine: &Postgres) -> Shape {
    let statements = [
        POSTGRES_COLUMNS,
        POSTGRES_KEYS,
        POSTGRES_REFERENCES,
        POSTGRES_INDICES,
    ];
    let server = tenon_testkit::Postgres::shared();
    statements
        .iter()
        .flat_map(|sql| server.run(&engine.address, sql))
        .collect()
}
