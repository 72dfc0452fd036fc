//! Organizations: the tenants of the installation.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::model::Organization;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::{ByAdmin, Left, Path, org_id};
use crate::api::route::{Operation, Route, get, post, put};
use crate::app::App;

const LIST: &str = "/api/v2/admin/organizations";
const ONE: &str = "/api/v2/admin/organizations/{organization_id}";
const FIRST: &str = "/api/v2/admin/organization";

pub(super) fn routes() -> Vec<Route> {
    let operation = |id, summary| Operation::new(id, summary).gives::<OrganizationBody>();
    vec![
        get(
            LIST,
            Admin,
            list,
            Operation::new("adminListOrganizations", "List organizations")
                .gives::<Vec<OrganizationBody>>(),
        ),
        post(
            LIST,
            Admin,
            create,
            operation("adminCreateOrganization", "Create an organization").takes::<Name>(),
        ),
        get(
            FIRST,
            Admin,
            first,
            operation("adminGetOrganization", "Read the first organization"),
        ),
        get(
            ONE,
            Admin,
            read,
            operation("adminGetOrganizationById", "Read an organization"),
        ),
        put(
            ONE,
            Admin,
            rename,
            operation("adminRenameOrganization", "Rename an organization").takes::<Name>(),
        ),
    ]
}

/// A name for people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
}

/// An organization.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "Organization")]
struct OrganizationBody {
    organization_id: String,
    name: String,
    created_at: String,
}

impl From<Organization> for OrganizationBody {
    fn from(one: Organization) -> Self {
        Self {
            organization_id: one.id.to_string(),
            name: one.name,
            created_at: one.created_at.to_iso(),
        }
    }
}

async fn list(State(app): State<App>, Left(admin): ByAdmin) -> Answer<Vec<OrganizationBody>> {
    let all = app.engine.organizations(admin).await?;
    Ok(Json(all.into_iter().map(Into::into).collect()))
}

async fn create(
    State(app): State<App>,
    Left(admin): ByAdmin,
    Given(body): Given<Name>,
) -> Answer<OrganizationBody> {
    let made = app.engine.create_organization(admin, body.name).await?;
    Ok(Json(made.into()))
}

async fn first(State(app): State<App>, Left(admin): ByAdmin) -> Answer<OrganizationBody> {
    let found = app.engine.organization(admin, None).await?;
    Ok(Json(found.into()))
}

async fn read(
    State(app): State<App>,
    Left(admin): ByAdmin,
    Path(id): Path<String>,
) -> Answer<OrganizationBody> {
    let found = app.engine.organization(admin, Some(&org_id(&id)?)).await?;
    Ok(Json(found.into()))
}

async fn rename(
    State(app): State<App>,
    Left(admin): ByAdmin,
    Path(id): Path<String>,
    Given(body): Given<Name>,
) -> Answer<OrganizationBody> {
    let renaming = app
        .engine
        .rename_organization(admin, &org_id(&id)?, &body.name)
        .await?;
    Ok(Json(renaming.into()))
}
