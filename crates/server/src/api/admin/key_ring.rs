//! Rotating the keys that seal everything, while everything goes on.

use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tenon_engine::rotation::Rotated;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::body::Given;
use crate::api::extract::{ByAdmin, Left};
use crate::api::route::{Operation, Route, post};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![
        post(
            "/api/v2/admin/key-ring/rotate",
            Admin,
            rotate,
            Operation::new("adminRotateKeys", "Rotate the key ring")
                .describe("Adds a new key to the key file, waits until every process has it, wraps every data key under it, and drops the old key. One that was cut off is ended by asking again.")
                .takes::<Rotate>()
                .gives::<RotatedBody>(),
        ),
        post(
            "/api/v2/admin/key-ring/rewrap",
            Admin,
            rewrap,
            Operation::new("adminRewrapKeys", "Wrap every data key under the last key of the ring")
                .describe("For rings that come from TENON_ENCRYPTION_KEY: add a line, restart every process, call this, then take the older lines out.")
                .gives::<RotatedBody>(),
        ),
    ]
}

/// What is rotated.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Rotate {
    /// The tenants' data keys too: every credential and kept answer is sealed anew.
    #[serde(default)]
    data_keys: bool,
}

/// What a rotation did.
#[derive(Debug, Serialize, JsonSchema)]
#[schemars(rename = "RotatedKeys")]
struct RotatedBody {
    /// The id of the key that wraps data keys now.
    primary_id: String,
    /// The ids of the keys that were dropped.
    dropped: Vec<String>,
    /// How many data keys were wrapped anew.
    rewrapped: u64,
    /// How many data keys were made in the place of older ones.
    data_keys: u64,
    /// How many connections were sealed anew.
    connections: u64,
    /// How many kept answers were sealed anew.
    answers: u64,
}

impl From<Rotated> for RotatedBody {
    fn from(done: Rotated) -> Self {
        Self {
            primary_id: done.primary,
            dropped: done.dropped,
            rewrapped: done.rewrapped,
            data_keys: done.data_keys,
            connections: done.connections,
            answers: done.answers,
        }
    }
}

async fn rotate(
    State(app): State<App>,
    Left(admin): ByAdmin,
    Given(body): Given<Rotate>,
) -> Answer<RotatedBody> {
    let done = app.engine.rotate_keys(admin, body.data_keys).await?;
    Ok(Json(done.into()))
}

async fn rewrap(State(app): State<App>, Left(admin): ByAdmin) -> Answer<RotatedBody> {
    Ok(Json(app.engine.rewrap_keys(admin).await?.into()))
}
