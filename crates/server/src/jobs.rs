//! What runs beside the requests: ending what nobody carries out, forgetting what is past its life, renewing tokens, telling webhooks, watching the
//! operator's connectors, and keeping the metrics small.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;

const EXPIRY: Duration = Duration::from_secs(3600);
/// An execution whose process died counts as unknown within five seconds: its last sign of life is four seconds old, and then it is swept.
const SWEEP: Duration = Duration::from_millis(500);
const HEARTBEAT: Duration = Duration::from_secs(1);
/// A refresh whose process died is taken up within this time after its lease is over.
const RENEWAL: Duration = Duration::from_secs(2);
const WATCH: Duration = Duration::from_secs(1);
/// Events that other processes wrote and deliveries that become due are found within this time; this process's own events at once.
const WEBHOOKS: Duration = Duration::from_secs(1);
const UPKEEP: Duration = Duration::from_secs(5);
/// Codes and typed fields that wait for a confirmation in vain are forgotten so soon after their minute.
const FORGET: Duration = Duration::from_secs(20);

/// Kept files are gone so soon after their life.
const FILES: Duration = Duration::from_secs(60);

/// Starts every job; they end when `app.stopping` says so.
pub(crate) fn start(app: &App, tasks: &TaskTracker) {
    tasks.spawn(every(EXPIRY, app.clone(), async |app| expire(app).await));
    tasks.spawn(every(EXPIRY, app.clone(), async |app| {
        forget_deliveries(app).await
    }));
    tasks.spawn(every(FILES, app.clone(), async |app| {
        sweep_files(app).await
    }));
    tasks.spawn(every(SWEEP, app.clone(), async |app| sweep(app).await));
    tasks.spawn(every(RENEWAL, app.clone(), async |app| renew(app).await));
    tasks.spawn(every(FORGET, app.clone(), async |app| forget(app).await));
    tasks.spawn(webhooks(app.clone()));
    tasks.spawn(every(UPKEEP, app.clone(), async |app| {
        app.metrics.run_upkeep();
    }));
    if app.catalogue.folder().is_some() {
        tasks.spawn(every(WATCH, app.clone(), async |app| watch(app).await));
    }
}

/// Gives signs of life until `over`, which is later than the wish to end: what still runs meanwhile shall not be swept.
pub(crate) fn live(app: App, over: CancellationToken) {
    tokio::spawn(async move {
        while over
            .run_until_cancelled(tokio::time::sleep(HEARTBEAT))
            .await
            .is_some()
        {
            heartbeat(&app).await;
        }
    });
}

async fn every(period: Duration, app: App, job: impl AsyncFn(&App)) {
    while app
        .stopping
        .run_until_cancelled(tokio::time::sleep(period))
        .await
        .is_some()
    {
        job(&app).await;
    }
}

async fn webhooks(app: App) {
    let news = async || tokio::time::timeout(WEBHOOKS, app.engine.webhook_news()).await;
    while app.stopping.run_until_cancelled(news()).await.is_some() {
        if let Err(error) = app.engine.announce_events().await {
            tracing::warn!(%error, "webhooks could not be told of what happened to connections");
        }
        if let Err(error) = app.engine.deliver_webhooks().await {
            tracing::warn!(%error, "what is due to webhooks could not be looked for");
        }
    }
}

async fn expire(app: &App) {
    if let Err(error) = app.engine.forget_rates().await {
        tracing::warn!(%error, "accounts that have their whole rate again could not be forgotten");
    }
    if let Err(error) = app.engine.forget_refreshes().await {
        tracing::warn!(%error, "refreshes of long ago could not be forgotten");
    }
    match app.engine.expire().await {
        Ok(count) => tracing::debug!(count, "forgot kept answers past their life"),
        Err(error) => tracing::warn!(%error, "kept answers past their life could not be forgotten"),
    }
    match app.engine.purge().await {
        Ok(0) => {}
        Ok(purged) => tracing::info!(purged, "removed executions that are no longer kept"),
        Err(error) => {
            tracing::warn!(%error, "executions that are no longer kept could not be removed")
        }
    }
}

async fn forget(app: &App) {
    match app.engine.forget_connecting().await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, "forgot what nobody confirmed"),
        Err(error) => tracing::warn!(%error, "what nobody confirmed could not be forgotten"),
    }
}

async fn forget_deliveries(app: &App) {
    match app.engine.forget_deliveries().await {
        Ok(count) => tracing::debug!(count, "forgot old deliveries to webhooks"),
        Err(error) => tracing::warn!(%error, "old deliveries to webhooks could not be forgotten"),
    }
}

async fn sweep(app: &App) {
    match app.engine.sweep().await {
        Ok(0) => {}
        Ok(swept) => tracing::warn!(swept, "executions without a written end count as unknown"),
        Err(error) => tracing::warn!(%error, "executions without a written end could not be ended"),
    }
}

async fn sweep_files(app: &App) {
    match app.engine.sweep_files().await {
        Ok(0) => {}
        Ok(swept) => tracing::debug!(swept, "removed files whose life is over"),
        Err(error) => tracing::warn!(%error, "files whose life is over could not be removed"),
    }
}

async fn renew(app: &App) {
    match app.engine.recover_spilled().await {
        Ok(0) => {}
        Ok(recovered) => {
            tracing::info!(recovered, "tokens that could not be written were recovered")
        }
        Err(error) => {
            tracing::warn!(%error, "tokens that could not be written are still in their files")
        }
    }
    if let Err(error) = app.engine.renew_due().await {
        tracing::warn!(%error, "tokens that are due could not be looked for");
    }
    if let Err(error) = app.engine.revoke_retired().await {
        tracing::warn!(%error, "revocations that were cut off could not be looked for");
    }
}

async fn heartbeat(app: &App) {
    // First the keys, so that the sign of life names those that this process has by now.
    if let Err(error) = app.engine.refresh_keys().await {
        tracing::error!(
            error = &error as &dyn std::error::Error,
            "the keys could not be looked at again"
        );
    }
    if let Err(error) = app.engine.heartbeat(app.stopping.is_cancelled()).await {
        tracing::warn!(%error, "no sign of life could be given");
    }
}

async fn watch(app: &App) {
    let app = app.clone();
    // Reading and compiling take their time, and no request shall wait for it.
    let looked = tokio::task::spawn_blocking(move || {
        app.catalogue.reload_if_changed(app.engine.registry());
    });
    if let Err(error) = looked.await {
        tracing::error!(%error, "the connectors could not be reloaded");
    }
}
