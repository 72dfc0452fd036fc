//! Connections for a while: a bounded number of them, and a bounded wait for one.

use std::time::Duration;

use deadpool_postgres::{
    Client, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, Timeouts,
};
use tokio::time::error::Elapsed;
use tokio::time::{Instant, timeout_at};

use super::PostgresError;
use super::settings::Settings;
use super::tls;
use crate::fault::Fault;

/// How long a caller waits for the database in all. Callers get an answer within two seconds.
pub(super) const PATIENCE: Duration = Duration::from_millis(1_900);

/// How long a list may take.
pub(super) const LONG_PATIENCE: Duration = Duration::from_secs(10);

/// Opens a pool of at most so many connections; none is made before it is wanted.
pub(super) fn open(settings: &Settings, connections: usize) -> Result<Pool, PostgresError> {
    let manager = Manager::from_config(
        settings.config.clone(),
        tls::connector(&settings.trust)?,
        ManagerConfig {
            recycling_method: RecyclingMethod::Fast,
        },
    );
    let pool = Pool::builder(manager)
        .max_size(connections)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(PATIENCE),
            create: Some(PATIENCE),
            recycle: Some(PATIENCE),
        })
        .build();
    pool.map_err(|error| PostgresError::Tls(error.into()))
}

/// A connection that somebody has for a while.
pub(super) struct Lease {
    client: Client,
    deadline: Instant,
}

impl Lease {
    /// A connection, as soon as one is free or can be made. What is done with it has to be over
    /// when `limit` is.
    pub(super) async fn of(pool: &Pool, limit: Duration) -> Result<Self, Fault> {
        let deadline = Instant::now() + limit;
        let client = timeout_at(deadline, pool.get()).await;
        let client = client.map_err(|_late| Fault::Late)?;
        let client = client.map_err(|error| match error {
            PoolError::Backend(error) => error.into(),
            PoolError::Closed => Fault::Closed,
            PoolError::Timeout(_) => Fault::Late,
            other => Fault::Pool(Box::new(other)),
        })?;
        Ok(Self { client, deadline })
    }

    /// The connection.
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// The connection, for a transaction.
    pub(super) fn client_mut(&mut self) -> &mut Client {
        &mut self.client
    }

    /// When it has to be over.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What work on the connection came to. A connection whose work is not over is thrown away:
    /// the next one to have it would wait for that.
    pub(super) fn settle<T>(self, ended: Result<Result<T, Fault>, Elapsed>) -> Result<T, Fault> {
        ended.unwrap_or_else(|_late| {
            self.discard();
            Err(Fault::Late)
        })
    }

    /// The same for a transaction: a connection whose transaction failed is thrown away with it.
    pub(super) fn settle_whole<T>(
        self,
        ended: Result<Result<T, Fault>, Elapsed>,
    ) -> Result<T, Fault> {
        match ended {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(fault)) => {
                self.discard();
                Err(fault)
            }
            late => self.settle(late),
        }
    }

    /// Ends the connection instead of giving it back.
    pub(super) fn discard(self) {
        drop(Object::take(self.client));
    }
}
