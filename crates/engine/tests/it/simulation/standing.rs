//! The ports that a simulated world only reads, or writes once when it is set up.

use async_trait::async_trait;
use tenon_engine::model::{
    Account, AccountId, AdminKey, ApiKey, ApiKeyId, ApplicationSettings, Connection,
    ConnectionEvent, ConnectionId, DataKeyRow, Delivery, DeliveryId, DeliveryState, Erasure,
    EventId, LeaseOwner, Millis, OauthClient, OrgId, Organization, Page, Paging, Session,
    SessionId, Tenant, Webhook, WebhookId,
};
use tenon_engine::ports::{
    Accounts, AppCredentials, Connections, Deliveries, Keys, OauthClients, Organizations, Renewals,
    SealedValue, Sessions, Stored, Timeline, Webhooks,
};

use super::bug::Bug;
use super::store::SimulatedStore;

#[async_trait]
impl Accounts for SimulatedStore {
    async fn add_account(&self, tenant: &Tenant, account: &Account) -> Stored<()> {
        let row = (tenant.clone(), account.clone());
        self.write(None, move |rows| rows.accounts.push(row.clone()))
            .await
    }
    async fn update_account(&self, _: &Tenant, _: &Account) -> Stored<()> {
        unreachable!("no account changes")
    }
    async fn account(&self, _: &Tenant, id: &AccountId) -> Stored<Option<Account>> {
        self.read(|rows| {
            let mut accounts = rows.accounts.iter();
            accounts
                .find(|(_, row)| row.account_id == *id)
                .map(|(_, row)| row.clone())
        })
        .await
    }
    async fn accounts(&self, _: &Tenant, _: Option<&str>, _: Paging) -> Stored<Page<Account>> {
        unreachable!("nobody lists")
    }
    async fn delete_account(&self, _: &Tenant, _: &AccountId, _: bool) -> Stored<Option<Erasure>> {
        unreachable!("no account goes")
    }
}

#[async_trait]
impl Connections for SimulatedStore {
    async fn add_connection(&self, connection: &Connection, _: &ConnectionEvent) -> Stored<()> {
        let row = connection.clone();
        self.write(None, move |rows| rows.connections.push(row.clone()))
            .await
    }
    async fn update_connection(&self, _: &Connection, _: &ConnectionEvent) -> Stored<bool> {
        unreachable!("no connection changes")
    }
    async fn reseal_connection(&self, _: &Connection, _: Option<&ConnectionEvent>) -> Stored<bool> {
        unreachable!("no key is rotated")
    }
    async fn mark_connection(&self, marked: &Connection, _: &ConnectionEvent) -> Stored<bool> {
        let marked = marked.clone();
        self.write(None, move |rows| {
            let mut rows = rows.connections.iter_mut();
            let row = rows.find(|row| row.id == marked.id && row.version == marked.version);
            row.map(|row| row.status = marked.status).is_some()
        })
        .await
    }
    async fn describe_connection(&self, _: &Connection, _: &ConnectionEvent) -> Stored<bool> {
        unreachable!("no connection is renamed")
    }
    async fn connection(&self, _: &Tenant, id: &ConnectionId) -> Stored<Option<Connection>> {
        self.read(|rows| rows.connections.iter().find(|row| row.id == *id).cloned())
            .await
    }
    async fn connections(
        &self,
        _: &Tenant,
        account: &AccountId,
        _: Option<&str>,
    ) -> Stored<Vec<Connection>> {
        self.read(|rows| {
            let rows = rows
                .connections
                .iter()
                .filter(|row| row.account == *account);
            rows.cloned().collect()
        })
        .await
    }
    async fn connections_of_application(&self, _: &Tenant, _: &str) -> Stored<Vec<Connection>> {
        unreachable!("no hosts change")
    }
    async fn retire_connection(
        &self,
        _: &Connection,
        _: &LeaseOwner,
        _: i64,
        _: &ConnectionEvent,
    ) -> Stored<bool> {
        unreachable!("no connection goes")
    }
    async fn revoking(&self, _: u32) -> Stored<Vec<Connection>> {
        unreachable!("no connection goes")
    }
    async fn delete_connection(&self, _: &Connection, _: Option<&ConnectionEvent>) -> Stored<()> {
        unreachable!("no connection goes")
    }
}

#[async_trait]
impl Renewals for SimulatedStore {
    async fn take_lease(&self, _: &Connection, _: &LeaseOwner, _: i64) -> Stored<bool> {
        unreachable!("these credentials are not renewed")
    }
    async fn extend_lease(&self, _: &Connection, _: &LeaseOwner, _: i64) -> Stored<bool> {
        unreachable!("these credentials are not renewed")
    }
    async fn finish_refresh(
        &self,
        _: &Connection,
        _: &LeaseOwner,
        _: &ConnectionEvent,
    ) -> Stored<bool> {
        unreachable!("these credentials are not renewed")
    }
    async fn give_up_refresh(
        &self,
        _: &Connection,
        _: &LeaseOwner,
        _: Option<&ConnectionEvent>,
    ) -> Stored<bool> {
        unreachable!("these credentials are not renewed")
    }
    async fn due_connections(&self, _: Millis, _: u32) -> Stored<Vec<Connection>> {
        unreachable!("these credentials are not renewed")
    }
    async fn abandoned_refreshes(&self, _: u32) -> Stored<Vec<Connection>> {
        unreachable!("these credentials are not renewed")
    }
}

#[async_trait]
impl Timeline for SimulatedStore {
    async fn add_event(&self, _: &ConnectionEvent) -> Stored<()> {
        unreachable!("nobody reads a timeline")
    }
    async fn timeline(
        &self,
        _: &Tenant,
        _: &AccountId,
        _: &ConnectionId,
        _: Paging,
    ) -> Stored<Page<ConnectionEvent>> {
        unreachable!("nobody reads a timeline")
    }
    async fn forget_refreshes(&self, _: Millis) -> Stored<u64> {
        unreachable!("these credentials are not renewed")
    }
}

#[async_trait]
impl OauthClients for SimulatedStore {
    async fn put_oauth_client(&self, _: &OauthClient) -> Stored<bool> {
        unreachable!("nobody has a client")
    }
    async fn oauth_client(&self, _: &Tenant, _: &str, _: &str) -> Stored<Option<OauthClient>> {
        self.read(|_| None).await
    }
    async fn oauth_clients(&self, _: &Tenant) -> Stored<Vec<OauthClient>> {
        unreachable!("nobody has a client")
    }
    async fn delete_oauth_client(&self, _: &Tenant, _: &str, _: &str) -> Stored<bool> {
        unreachable!("nobody has a client")
    }
}

#[async_trait]
impl Webhooks for SimulatedStore {
    async fn add_webhook(&self, _: &Webhook) -> Stored<()> {
        unreachable!("nobody has an endpoint")
    }
    async fn update_webhook(&self, _: &Webhook) -> Stored<bool> {
        unreachable!("nobody has an endpoint")
    }
    async fn disable_webhook(&self, _: &Webhook, _: &str) -> Stored<bool> {
        unreachable!("nobody has an endpoint")
    }
    async fn webhook(&self, _: &Tenant, _: &WebhookId) -> Stored<Option<Webhook>> {
        unreachable!("nobody has an endpoint")
    }
    async fn webhooks(&self, _: &Tenant) -> Stored<Vec<Webhook>> {
        unreachable!("nobody has an endpoint")
    }
    async fn delete_webhook(&self, _: &Tenant, _: &WebhookId) -> Stored<bool> {
        unreachable!("nobody has an endpoint")
    }
}

#[async_trait]
impl Deliveries for SimulatedStore {
    async fn news(&self) {
        std::future::pending().await
    }
    async fn unannounced_events(
        &self,
        _: Option<&EventId>,
        _: u32,
    ) -> Stored<Vec<ConnectionEvent>> {
        unreachable!("nothing is told")
    }
    async fn announce(&self, _: &ConnectionEvent, _: &[Delivery]) -> Stored<()> {
        unreachable!("nothing is told")
    }
    async fn waiting_webhooks(
        &self,
        _: Millis,
        _: &[WebhookId],
        _: u32,
    ) -> Stored<Vec<(Tenant, WebhookId)>> {
        unreachable!("nothing is told")
    }
    async fn due_deliveries(&self, _: &Webhook, _: Millis, _: u32) -> Stored<Vec<Delivery>> {
        unreachable!("nothing is told")
    }
    async fn add_delivery(&self, _: &Delivery) -> Stored<()> {
        unreachable!("nothing is told")
    }
    async fn take_delivery(&self, _: &Delivery, _: i64) -> Stored<bool> {
        unreachable!("nothing is told")
    }
    async fn put_back_delivery(&self, _: &Delivery) -> Stored<bool> {
        unreachable!("nothing is told")
    }
    async fn delivery(
        &self,
        _: &Tenant,
        _: &WebhookId,
        _: &DeliveryId,
    ) -> Stored<Option<Delivery>> {
        unreachable!("nothing is told")
    }
    async fn deliveries(
        &self,
        _: &Tenant,
        _: &WebhookId,
        _: Option<DeliveryState>,
        _: Paging,
    ) -> Stored<Page<Delivery>> {
        unreachable!("nothing is told")
    }
    async fn forget_deliveries(&self, _: Millis, _: u32) -> Stored<u64> {
        unreachable!("nothing is told")
    }
}

#[async_trait]
impl AppCredentials for SimulatedStore {
    async fn app_credential(
        &self,
        _: &Tenant,
        _: &AccountId,
        _: &str,
    ) -> Stored<Option<SealedValue>> {
        unreachable!("nobody keeps one")
    }
    async fn put_app_credential(
        &self,
        _: &Tenant,
        _: &AccountId,
        _: &str,
        _: &SealedValue,
    ) -> Stored<bool> {
        unreachable!("nobody keeps one")
    }
    async fn delete_app_credential(&self, _: &Tenant, _: &AccountId, _: &str) -> Stored<bool> {
        unreachable!("nobody keeps one")
    }
}

#[async_trait]
impl Sessions for SimulatedStore {
    async fn add_session(&self, session: &Session) -> Stored<()> {
        let row = session.clone();
        self.write(None, move |rows| rows.sessions.push(row.clone()))
            .await
    }
    async fn session(&self, id: &SessionId) -> Stored<Option<Session>> {
        self.read(|rows| rows.sessions.iter().find(|row| row.id == *id).cloned())
            .await
    }
    async fn live_sessions(&self, _: &Tenant, _: &AccountId, _: Millis) -> Stored<Vec<Session>> {
        unreachable!("every session is counted, and so a new one")
    }
    async fn revoke_session(&self, _: &Tenant, _: &SessionId, _: Millis) -> Stored<bool> {
        unreachable!("no session is revoked")
    }
    async fn count_call(&self, _: &Tenant, id: &SessionId) -> Stored<bool> {
        if self.world.bug == Some(Bug::StoreDoesNotCount) {
            return Ok(true);
        }
        let id = id.clone();
        self.write(None, move |rows| rows.count_call(&id)).await
    }
}

#[async_trait]
impl Keys for SimulatedStore {
    async fn add_api_key(&self, key: &ApiKey) -> Stored<()> {
        let row = key.clone();
        self.write(None, move |rows| rows.api_keys.push(row.clone()))
            .await
    }
    async fn api_key(&self, hash: &[u8; 32]) -> Stored<Option<ApiKey>> {
        self.read(|rows| rows.api_keys.iter().find(|row| row.hash == *hash).cloned())
            .await
    }
    async fn api_keys(&self, _: &Tenant) -> Stored<Vec<ApiKey>> {
        unreachable!("nobody lists")
    }
    async fn revoke_api_key(&self, _: &Tenant, _: &ApiKeyId, _: Millis) -> Stored<bool> {
        unreachable!("no key is revoked")
    }
    async fn add_admin_key(&self, key: &AdminKey) -> Stored<()> {
        let row = key.clone();
        self.write(None, move |rows| rows.admin_keys.push(row.clone()))
            .await
    }
    async fn keep_admin_keys(&self, _: [&[u8; 32]; 2]) -> Stored<u64> {
        unreachable!("no admin key is changed")
    }
    async fn has_admin_key(&self, hash: &[u8; 32]) -> Stored<bool> {
        self.read(|rows| rows.admin_keys.iter().any(|row| row.hash == *hash))
            .await
    }
    async fn any_admin_key(&self) -> Stored<bool> {
        self.read(|rows| !rows.admin_keys.is_empty()).await
    }
    async fn data_keys(&self) -> Stored<Vec<DataKeyRow>> {
        self.read(|rows| rows.data_keys.clone()).await
    }
    async fn add_data_key(&self, key: &DataKeyRow) -> Stored<bool> {
        let row = key.clone();
        self.write(None, move |rows| {
            rows.data_keys.push(row.clone());
            true
        })
        .await
    }
}

#[async_trait]
impl Organizations for SimulatedStore {
    async fn add_organization(&self, organization: &Organization) -> Stored<()> {
        let row = organization.clone();
        self.write(None, move |rows| rows.organizations.push(row.clone()))
            .await
    }
    async fn organizations(&self) -> Stored<Vec<Organization>> {
        self.read(|rows| rows.organizations.clone()).await
    }
    async fn organization(&self, id: &OrgId) -> Stored<Option<Organization>> {
        self.read(|rows| rows.organizations.iter().find(|row| row.id == *id).cloned())
            .await
    }
    async fn rename_organization(&self, _: &OrgId, _: &str) -> Stored<bool> {
        unreachable!("nothing is renamed")
    }
    async fn application_settings(&self, _: &Tenant) -> Stored<Vec<(String, ApplicationSettings)>> {
        self.read(|_| Vec::new()).await
    }
    async fn set_application_settings(
        &self,
        _: &Tenant,
        _: &str,
        _: &ApplicationSettings,
    ) -> Stored<()> {
        unreachable!("nothing is switched")
    }
    async fn ping(&self) -> Stored<Option<Millis>> {
        self.read(|_| None).await
    }
}
