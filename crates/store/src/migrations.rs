//! The schema's history, embedded in the program.
//!
//! Forward only: a released migration is never edited, for a database remembers the text that it
//! was built from and is refused by a program that remembers another.

/// How far a database's schema has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schema {
    /// The number of the last migration that it was built by; 0 where there is no database yet.
    pub found: i64,
    /// The number of the last migration that this program knows.
    pub known: i64,
}

/// One step of the schema.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Migration {
    /// Its place in the order, from 1 without gaps.
    pub(crate) number: i64,
    /// What it does, in a word or two.
    pub(crate) name: &'static str,
    /// The statements.
    pub(crate) sql: &'static str,
}

/// What a SQLite database is built from, in order.
pub(crate) const SQLITE: &[Migration] = &[
    Migration {
        number: 1,
        name: "initial",
        sql: include_str!("migrations/sqlite/0001_initial.sql"),
    },
    Migration {
        number: 2,
        name: "operations",
        sql: include_str!("migrations/sqlite/0002_operations.sql"),
    },
    Migration {
        number: 3,
        name: "connecting",
        sql: include_str!("migrations/sqlite/0003_connecting.sql"),
    },
];

/// What a PostgreSQL database is built from, in order.
pub(crate) const POSTGRES: &[Migration] = &[
    Migration {
        number: 1,
        name: "initial",
        sql: include_str!("migrations/postgres/0001_initial.sql"),
    },
    Migration {
        number: 2,
        name: "operations",
        sql: include_str!("migrations/postgres/0002_operations.sql"),
    },
    Migration {
        number: 3,
        name: "connecting",
        sql: include_str!("migrations/postgres/0003_connecting.sql"),
    },
];

#[cfg(test)]
mod tests {
    use super::{Migration, POSTGRES, SQLITE};

    #[test]
    fn migrations_are_numbered_from_one_without_gaps() {
        for known in [SQLITE, POSTGRES] {
            let numbers: Vec<i64> = known.iter().map(|migration| migration.number).collect();
            let expected: Vec<i64> = (1..).take(known.len()).collect();
            assert_eq!(numbers, expected);
        }
    }

    #[test]
    fn both_engines_have_the_same_migrations() {
        let names = |known: &[Migration]| known.iter().map(|m| m.name).collect::<Vec<_>>();
        assert_eq!(names(SQLITE), names(POSTGRES));
    }
}
