//! Organizations, what they decide about applications, and the store's own health.

use async_trait::async_trait;
use tenon_engine::model::{ApplicationSettings, Millis, OrgId, Organization, Tenant};
use tenon_engine::ports::{Organizations, Stored};

use crate::database::{Database, SqlStore};
use crate::fault::Fault;
use crate::record::{FromRecord, Record};
use crate::value::values;

const ADD: &str = "INSERT INTO organizations (id, name, created_at) VALUES (?, ?, ?)";

const ALL: &str = "SELECT * FROM organizations ORDER BY created_at, id";

const ONE: &str = "SELECT * FROM organizations WHERE id = ?";

const RENAME: &str = "UPDATE organizations SET name = ? WHERE id = ?";

const SETTINGS: &str = "SELECT * FROM application_settings
    WHERE org = ? AND environment = ? ORDER BY slug";

const SET_SETTINGS: &str = "INSERT INTO application_settings (slug, org, environment, settings)
    VALUES (?, ?, ?, ?)
    ON CONFLICT (org, environment, slug) DO UPDATE SET settings = excluded.settings";

const PING_READ: &str = "SELECT count(*) FROM _migrations";

/// Changes nothing and writes a page all the same, so a full or read-only disk shows.
const PING_WRITE: &str = "UPDATE _migrations SET name = name WHERE number = 1";

#[async_trait]
impl<D: Database> Organizations for SqlStore<D> {
    async fn add_organization(&self, organization: &Organization) -> Stored<()> {
        let Organization {
            id,
            name,
            created_at,
        } = organization;
        self.database
            .change(ADD, values![id.as_str(), name, created_at.0])
            .await
            .map(drop)
    }

    async fn organizations(&self) -> Stored<Vec<Organization>> {
        self.database.all(ALL, values![]).await
    }

    async fn organization(&self, id: &OrgId) -> Stored<Option<Organization>> {
        self.database.first(ONE, values![id.as_str()]).await
    }

    async fn rename_organization(&self, id: &OrgId, name: &str) -> Stored<bool> {
        Ok(self
            .database
            .change(RENAME, values![name, id.as_str()])
            .await?
            > 0)
    }

    async fn application_settings(
        &self,
        tenant: &Tenant,
    ) -> Stored<Vec<(String, ApplicationSettings)>> {
        self.database
            .all(
                SETTINGS,
                values![tenant.org.as_str(), tenant.environment.as_str()],
            )
            .await
    }

    async fn set_application_settings(
        &self,
        tenant: &Tenant,
        slug: &str,
        settings: &ApplicationSettings,
    ) -> Stored<()> {
        let row = values![
            slug,
            tenant.org.as_str(),
            tenant.environment.as_str(),
            serde_json::to_string(settings).map_err(Fault::from)?,
        ];
        self.database.change(SET_SETTINGS, row).await.map(drop)
    }

    async fn ping(&self) -> Stored<Option<Millis>> {
        self.database.count(PING_READ, values![]).await?;
        self.database.probe(PING_WRITE).await?;
        let Some(clock) = D::CLOCK else {
            return Ok(None);
        };
        let there = self.database.count(clock, values![]).await?;
        Ok(i64::try_from(there).ok().map(Millis))
    }
}

impl FromRecord for Organization {
    const TABLE: &'static str = "organizations";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok(Self {
            id: record.parse("id", OrgId::parse)?,
            name: record.get("name")?,
            created_at: record.time("created_at")?,
        })
    }
}

impl FromRecord for (String, ApplicationSettings) {
    const TABLE: &'static str = "application_settings";

    fn from_record(record: &Record<'_>) -> Result<Self, Fault> {
        Ok((record.get("slug")?, record.json("settings")?))
    }
}
