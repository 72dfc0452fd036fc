//! Managing an installation: organizations, API keys, what is switched on.

use std::collections::BTreeMap;

use tenon_vault::{Secret, digest};

use crate::Engine;
use crate::access::AdminCaller;
use crate::error::{Code, Error, Outcomes};
use crate::model::{AdminKey, ApiKey, ApiKeyId, ApplicationSettings, OrgId, Organization, Tenant};
use crate::ports::{StoreError, Stored};

/// What an API key's hint shows of it: the prefix and a few characters.
const HINT_LENGTH: usize = 9;

impl Engine {
    /// Makes the first organization where there is none, and takes in an admin key that the operator brings.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn first_start(&self, admin_key: Option<&Secret>) -> Outcomes<()> {
        if self.store.organizations().await?.is_empty() {
            made_once(
                self.store
                    .add_organization(&self.first_organization())
                    .await,
            )?;
        }
        match admin_key {
            Some(key) if !self.store.has_admin_key(&self.hash_key(key)).await? => {
                self.keep_admin_key(key).await
            }
            _ => Ok(()),
        }
    }

    /// Makes the admin keys that were good before useless, but for the one that the operator brings and the one that the
    /// data directory keeps: whoever changes a key wants the old one gone.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn revoke_other_admin_keys(
        &self,
        brought: &Secret,
        kept: Option<&Secret>,
    ) -> Outcomes<u64> {
        let brought = self.hash_key(brought);
        let kept = kept.map_or(brought, |kept| self.hash_key(kept));
        Ok(self.store.keep_admin_keys([&brought, &kept]).await?)
    }

    /// A new admin key where there is none yet. It counts once [`Engine::first_start`] has taken it in: whoever asks
    /// keeps it first, so that a crash in between leaves no key that nobody has.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn missing_admin_key(&self) -> Outcomes<Option<Secret>> {
        let any = self.store.any_admin_key().await?;
        Ok((!any).then(|| digest::random_token("ak")))
    }

    async fn keep_admin_key(&self, key: &Secret) -> Outcomes<()> {
        let row = AdminKey {
            hash: self.hash_key(key),
            created_at: self.clock.now(),
        };
        made_once(self.store.add_admin_key(&row).await)
    }

    /// The organization that the first start makes. Processes that start together mean the same one by it: its id comes
    /// from the installation's own key.
    fn first_organization(&self) -> Organization {
        let instance = self.keys.instance_id().as_str();
        let own = instance.split_once('_').map_or(instance, |(_, own)| own);
        Organization {
            id: OrgId::parse(&format!("org_{own}")).unwrap_or_else(OrgId::generate),
            name: "Default organization".to_owned(),
            created_at: self.clock.now(),
        }
    }

    async fn add_organization(&self, name: String) -> Outcomes<Organization> {
        let organization = Organization {
            id: OrgId::generate(),
            name,
            created_at: self.clock.now(),
        };
        self.store.add_organization(&organization).await?;
        Ok(organization)
    }

    /// Adds an organization.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn create_organization(
        &self,
        _admin: AdminCaller,
        name: String,
    ) -> Outcomes<Organization> {
        self.add_organization(name).await
    }

    /// All organizations, oldest first.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn organizations(&self, _admin: AdminCaller) -> Outcomes<Vec<Organization>> {
        Ok(self.store.organizations().await?)
    }

    /// The organization with this id; without an id the oldest, which the first start made.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn organization(
        &self,
        _admin: AdminCaller,
        id: Option<&OrgId>,
    ) -> Outcomes<Organization> {
        let found = match id {
            Some(id) => self.store.organization(id).await?,
            None => self.store.organizations().await?.into_iter().next(),
        };
        found.ok_or_else(|| Error::new(Code::ResourceNotFound, "There is no such organization"))
    }

    /// Renames an organization.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`].
    pub async fn rename_organization(
        &self,
        admin: AdminCaller,
        id: &OrgId,
        name: &str,
    ) -> Outcomes<Organization> {
        self.store.rename_organization(id, name).await?;
        self.organization(admin, Some(id)).await
    }

    /// Makes an API key. The key is returned once and kept as a hash.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn create_api_key(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        name: String,
    ) -> Outcomes<(ApiKey, Secret)> {
        let secret = digest::random_token(tenant.environment.key_prefix());
        let key = ApiKey {
            id: ApiKeyId::generate(),
            tenant: tenant.clone(),
            name,
            hint: secret.expose().chars().take(HINT_LENGTH).collect(),
            hash: self.hash_key(&secret),
            created_at: self.clock.now(),
            revoked_at: None,
        };
        self.store.add_api_key(&key).await?;
        Ok((key, secret))
    }

    /// The API keys of an environment, revoked ones too.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn api_keys(&self, _admin: AdminCaller, tenant: &Tenant) -> Outcomes<Vec<ApiKey>> {
        Ok(self.store.api_keys(tenant).await?)
    }

    /// Revokes an API key; at once.
    ///
    /// # Errors
    /// [`Code::ResourceNotFound`] where it was revoked before or there is none.
    pub async fn revoke_api_key(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        id: &ApiKeyId,
    ) -> Outcomes<()> {
        let revoked = self
            .store
            .revoke_api_key(tenant, id, self.clock.now())
            .await?;
        if revoked {
            Ok(())
        } else {
            Err(Error::new(
                Code::ResourceNotFound,
                "There is no such API key, or it is revoked already",
            ))
        }
    }

    /// What a tenant decides about every application, by slug. Applications that it decided nothing about have the default.
    ///
    /// # Errors
    /// Where the store does not answer.
    pub async fn application_settings(
        &self,
        tenant: &Tenant,
    ) -> Outcomes<BTreeMap<String, ApplicationSettings>> {
        let decided: BTreeMap<_, _> = self
            .store
            .application_settings(tenant)
            .await?
            .into_iter()
            .collect();
        let snapshot = self.registry.snapshot();
        let all = snapshot.connectors().map(|connector| {
            let settings = decided.get(&connector.slug).cloned().unwrap_or_default();
            (connector.slug.clone(), settings)
        });
        Ok(all.collect())
    }

    /// Decides about one application.
    ///
    /// # Errors
    /// [`Code::ApplicationNotFound`].
    pub async fn set_application_settings(
        &self,
        _admin: AdminCaller,
        tenant: &Tenant,
        slug: &str,
        settings: &ApplicationSettings,
    ) -> Outcomes<()> {
        self.registry.connector(slug)?;
        Ok(self
            .store
            .set_application_settings(tenant, slug, settings)
            .await?)
    }

    /// Refuses an application that the tenant switched off.
    pub(crate) async fn check_enabled(&self, tenant: &Tenant, slug: &str) -> Outcomes<()> {
        let decided = self.store.application_settings(tenant).await?;
        let disabled = decided
            .iter()
            .any(|(decided, settings)| decided == slug && !settings.enabled);
        if disabled {
            Err(Error::of(Code::ApplicationDisabled))
        } else {
            Ok(())
        }
    }
}

/// What another process has made at the same moment is made.
fn made_once(made: Stored<()>) -> Outcomes<()> {
    match made {
        Err(StoreError::Exists) => Ok(()),
        made => Ok(made?),
    }
}
