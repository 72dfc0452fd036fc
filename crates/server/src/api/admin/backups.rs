//! Copies of the database while it is in use.

use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use tenon_engine::error::{Code, Error};
use tenon_engine::model::BootId;

use crate::api::access::Access::Admin;
use crate::api::answer::{Answer, Json};
use crate::api::extract::{ByAdmin, Left};
use crate::api::route::{Operation, Route, post};
use crate::app::App;

pub(super) fn routes() -> Vec<Route> {
    vec![post(
        "/api/v2/admin/backups",
        Admin,
        create,
        Operation::new("adminCreateBackup", "Copy the database")
            .describe("Writes a consistent copy beside the database, under a new name. Everything acknowledged before the call is in it. Secrets in it open with the key ring only, which is not. `tenon backup FILE` calls this and moves the copy.")
            .gives::<Backup>(),
    )]
}

/// A copy was made.
#[derive(Debug, Serialize, JsonSchema)]
struct Backup {
    /// Its name in the data directory.
    file: String,
    /// How long it is.
    bytes: u64,
}

async fn create(State(app): State<App>, Left(admin): ByAdmin) -> Answer<Backup> {
    let folder = app.settings.data_dir.as_deref();
    let folder = folder.ok_or_else(|| Error::of(Code::NotImplemented))?;
    let unique = BootId::generate();
    let unique = unique.as_str().trim_start_matches("boot_");
    let file = format!("backup-{unique}.db");
    let path = folder.join(&file);
    app.engine.back_up(admin, &path).await?;
    let bytes = std::fs::metadata(&path).map_err(Error::internal)?.len();
    Ok(Json(Backup { file, bytes }))
}
