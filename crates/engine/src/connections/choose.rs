//! Which connections a call means.

use tenon_connector::Connector;

use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{AccountId, Connection, ConnectionStatus, Tenant};

/// Which connection a call means.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// By id.
    pub connection: Option<String>,
    /// By way to authenticate, or its family.
    pub auth: Option<String>,
}

impl Engine {
    /// The connections of an account, at one application or at all.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn connections(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        slug: Option<&str>,
    ) -> Outcomes<Vec<Connection>> {
        Ok(self.store.connections(tenant, account, slug).await?)
    }

    /// The one connection that a call means.
    ///
    /// # Errors
    /// [`Code::ConnectionRequired`], [`Code::ConnectionAmbiguous`], [`Code::ReauthRequired`].
    pub(crate) async fn choose_connection(
        &self,
        tenant: &Tenant,
        account: &AccountId,
        connector: &Connector,
        choice: &Choice,
    ) -> Outcomes<Connection> {
        let all = self
            .store
            .connections(tenant, account, Some(&connector.slug))
            .await?;
        let mut fitting = all
            .into_iter()
            .filter(|one| choice.fits(one, Some(connector)));
        let name = &connector.name;
        let connection = match (fitting.next(), fitting.next()) {
            (Some(only), None) => only,
            (None, _) if choice.connection.is_some() => {
                return Err(Error::of(Code::ConnectionNotFound));
            }
            (None, _) => {
                return Err(Error::new(
                    Code::ConnectionRequired,
                    format!("The linked account is not connected to {name}"),
                ));
            }
            (Some(first), Some(second)) => [first, second]
                .into_iter()
                .chain(fitting)
                .find(|one| one.is_default)
                .ok_or_else(|| Error::of(Code::ConnectionAmbiguous))?,
        };
        match connection.status {
            ConnectionStatus::Active => Ok(connection),
            ConnectionStatus::ReauthRequired | ConnectionStatus::Revoking => Err(Error::new(
                Code::ReauthRequired,
                format!(
                    "{name} refused the connection's credential; the linked account has to connect again"
                ),
            )),
        }
    }
}

impl Choice {
    pub(super) fn fits(&self, connection: &Connection, connector: Option<&Connector>) -> bool {
        let by_auth = |wanted: &String| {
            let kind = connector
                .and_then(|connector| connector.way(&connection.auth))
                .map(|(_, way)| way.kind().as_str());
            connection.auth == *wanted || kind == Some(wanted.as_str())
        };
        self.connection
            .as_ref()
            .is_none_or(|id| connection.id.as_str() == id)
            && self.auth.as_ref().is_none_or(by_auth)
    }
}
