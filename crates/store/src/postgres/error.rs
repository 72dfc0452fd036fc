//! What PostgreSQL refused, and why its database was not opened.

use tokio_postgres::error::SqlState;

/// A refusal of PostgreSQL without its details, for those repeat the values of rows.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Refusal {
    /// The server says why.
    #[error("PostgreSQL refused ({}): {message}", code.code())]
    Server {
        /// The class of the error.
        code: SqlState,
        /// The first line of what it says.
        message: String,
    },
    /// The server cannot be reached, or hung up.
    #[error("PostgreSQL cannot be reached")]
    Connection(#[source] tokio_postgres::Error),
}

impl Refusal {
    /// Whether the server says this.
    pub(crate) fn is(&self, wanted: &SqlState) -> bool {
        matches!(self, Self::Server { code, .. } if code == wanted)
    }

    /// Whether the server refused the statement, and not to serve at all.
    pub(crate) fn is_of_a_statement(&self) -> bool {
        match self {
            Self::Server { code, .. } => !["57P", "08", "53"]
                .iter()
                .any(|class| code.code().starts_with(class)),
            Self::Connection(_) => false,
        }
    }
}

impl From<tokio_postgres::Error> for Refusal {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(said) => Self::Server {
                code: said.code().clone(),
                message: said.message().to_owned(),
            },
            None => Self::Connection(error),
        }
    }
}

/// Why a PostgreSQL database was not opened. No message holds the address: it has a password.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The address cannot be read.
    #[error(
        "DATABASE_URL is not the address of a PostgreSQL database, such as \
         postgres://user:password@host:5432/name?sslmode=verify-full"
    )]
    Address(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The address has a part that means nothing.
    #[error("DATABASE_URL has {name}={value}; {wanted}")]
    Parameter {
        /// The parameter.
        name: &'static str,
        /// What it is set to.
        value: String,
        /// What it may be.
        wanted: &'static str,
    },
    /// The root certificates cannot be read.
    #[error("the root certificates that sslrootcert names cannot be read")]
    Roots(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// TLS cannot be set up.
    #[error("TLS to PostgreSQL cannot be set up")]
    Tls(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nobody answers, or not to us.
    #[error(
        "PostgreSQL cannot be reached; check the host, the port, the password and sslmode in \
         DATABASE_URL, and that the server runs"
    )]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The database holds the tables of something else.
    #[error(
        "the schema {schema} of the database holds tables of another program; name an empty \
         database, or a schema of its own with ?options=-csearch_path%3Dtenon"
    )]
    Foreign {
        /// The schema.
        schema: String,
    },
    /// A newer version of this program has changed the schema.
    #[error(
        "the database has schema version {found}, and this program knows versions up to {known}; \
         run the newer version of the program, or restore a backup that was made before it ran"
    )]
    Newer {
        /// The version in the database.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The database was built by a migration that differs from this program's.
    #[error(
        "the database was built by another text of migration {number} than this program's, as \
         happens with a version that was never released; begin with an empty one"
    )]
    Altered {
        /// The migration.
        number: i64,
    },
    /// A migration failed; the database is as it was before it.
    #[error("the database could not be brought to schema version {number}; it is as it was before")]
    Migration {
        /// The migration.
        number: i64,
        /// What PostgreSQL says.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}
