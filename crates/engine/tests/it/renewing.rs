//! Tokens are renewed before they end and when they are refused, once for all who wait, and never lost.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use tenon_connector::Bundle;
use tenon_engine::connections::NewConnection;
use tenon_engine::error::{Code, Error};
use tenon_engine::execute::{Answered, ExecuteRequest, Reply};
use tenon_engine::model::ConnectionEventKind::{
    self, Created, Deleted, Expired, RefreshFailed, Refreshed, Revoked,
};
use tenon_engine::model::{Connection, ConnectionStatus, Paging};
use tenon_engine::oauth::NewOauthClient;
use tenon_testkit::provider::{Garbage, Hold, Provider, Rotation, Verdict};
use tenon_vault::Secret;

use crate::fixture::{World, account, connector};

const SLUG: &str = Provider::SLUG;
const HOUR_MS: i64 = 3_600_000;

/// A world whose account is connected to the provider too, by tokens that live for an hour.
struct Renewing {
    world: World,
    provider: Provider,
    id: tenon_engine::model::ConnectionId,
}

impl Renewing {
    async fn new() -> Self {
        let (world, provider) = (World::new().await, Provider::start().await);
        name_connectors(&world, &provider, |text| text);
        set_client(&world, Provider::CLIENT_ID).await;
        let pair = provider.grant("ada");
        let fields = json!({"access_token": pair.access, "refresh_token": pair.refresh});
        let new = NewConnection {
            auth: Some("oauth2".to_owned()),
            fields: fields.as_object().unwrap().clone(),
            ..NewConnection::default()
        };
        let ada = account();
        let saving = world
            .engine
            .save_connection(world.tenant.tenant(), &ada, SLUG, new);
        let (connection, _) = Box::pin(saving).await.unwrap();
        let renewing = Self {
            world,
            provider,
            id: connection.id.clone(),
        };
        // An imported token does not say when it ends; its successor does.
        let renewed = renewing.world.engine.renew_connection(connection).await;
        assert!(renewed.unwrap().renewal.expires_at.is_some());
        renewing
    }

    async fn connection(&self) -> Connection {
        let (tenant, ada) = (self.world.tenant.tenant(), account());
        let found = self.world.engine.own_connection(tenant, &ada, &self.id);
        found.await.unwrap()
    }

    async fn run(&self, action: &str) -> Result<Answered, Error> {
        let request = ExecuteRequest::new(SLUG, action, json!({"number": 1}));
        match self
            .world
            .engine
            .execute(&self.world.caller, request)
            .await?
        {
            Reply::Done(done) => done,
            other => panic!("{other:?}"),
        }
    }

    /// The access token is over, by everybody's clock.
    fn end_access(&self) {
        self.world.clock.pass(2 * HOUR_MS);
        self.provider.expire_access_tokens();
    }

    /// What happened to the connection, newest first.
    async fn timeline(&self) -> Vec<ConnectionEventKind> {
        let (tenant, engine) = (self.world.tenant.tenant(), &self.world.engine);
        let paging = Paging {
            page: 1,
            limit: 100,
        };
        let page = engine.timeline(tenant, &account(), &self.id, paging).await;
        let lines = page.unwrap().items.into_iter();
        lines.map(|line| line.kind).collect()
    }

    fn refreshes(&self) -> usize {
        self.provider.token_calls("refresh_token")
    }
}

fn name_connectors(world: &World, provider: &Provider, change: impl Fn(String) -> String) {
    let files = provider.connector().into_iter();
    let bundle = Bundle {
        slug: SLUG.to_owned(),
        files: files.map(|(name, text)| (name, change(text))).collect(),
        proven: false,
    };
    let acme = connector(&world.application.base, "x-token");
    world.engine.registry().replace([acme, bundle]);
}

async fn set_client(world: &World, id: &str) {
    let new = NewOauthClient {
        auth: None,
        client_id: id.to_owned(),
        secret: Some(Secret::new(Provider::CLIENT_SECRET)),
        scopes: Vec::new(),
    };
    let tenant = world.tenant.tenant();
    let set = world
        .engine
        .set_oauth_client(world.admin, tenant, SLUG, new);
    set.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn b1_whoever_finds_the_tokens_over_waits_for_the_one_refresh() {
    let renewing = Arc::new(Renewing::new().await);
    for round in 1..=5 {
        renewing.end_access();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..40 {
            let renewing = Arc::clone(&renewing);
            calls.spawn(async move { renewing.run("get_record").await });
        }
        for done in calls.join_all().await {
            let answered = done.unwrap_or_else(|error| panic!("round {round}: {error:?}"));
            assert_eq!(answered.http_status, 200);
        }
        // The first one renewed what was imported.
        assert_eq!(renewing.refreshes(), round + 1);
    }
    assert_eq!(renewing.provider.families_revoked(), 0);
}

#[tokio::test]
async fn a_write_that_is_refused_as_expired_is_sent_once_more_with_new_tokens() {
    let renewing = Renewing::new().await;
    // Their end is not known here.
    renewing.provider.expire_access_tokens();
    let answered = renewing.run("create_record").await.unwrap();
    assert!((200..300).contains(&answered.http_status));
    assert_eq!(renewing.refreshes(), 2);
    assert_eq!(renewing.provider.executed().len(), 1);
    let execution = renewing.world.newest().await;
    let statuses: Vec<_> = execution
        .attempts
        .iter()
        .map(|attempt| attempt.http_status)
        .collect();
    assert_eq!(statuses, [Some(401), Some(answered.http_status)]);
}

#[tokio::test]
async fn tokens_are_renewed_before_they_end_without_anybody_asking() {
    let renewing = Renewing::new().await;
    let engine = &renewing.world.engine;
    assert_eq!(engine.renew_due().await.unwrap(), 0);
    renewing.world.clock.pass(HOUR_MS * 95 / 100);
    assert_eq!(engine.renew_due().await.unwrap(), 1);
    let version = renewing.connection().await.version;
    for _ in 0..1000 {
        if renewing.connection().await.version > 2 || renewing.refreshes() > 1 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(renewing.refreshes(), 2, "from version {version}");
    assert!(renewing.timeline().await.contains(&Refreshed));
}

#[tokio::test]
async fn b4_no_answer_of_a_token_endpoint_costs_a_grant_that_lives() {
    let mut seen = Vec::new();
    for garbage in Garbage::ALL.iter().copied() {
        // One byte a second for a minute: the slow way to the same end as a cut answer.
        if garbage == Garbage::Drip {
            continue;
        }
        let renewing = Renewing::new().await;
        let before = renewing.connection().await;
        renewing.end_access();
        renewing.provider.script([garbage]);
        let first = renewing.run("get_record").await;
        let after = renewing.connection().await;
        match garbage.verdict() {
            Verdict::Usable => {
                assert_eq!(first.unwrap().http_status, 200, "{garbage:?}");
            }
            Verdict::Terminal => {
                assert_eq!(first.unwrap_err().code, Code::ReauthRequired, "{garbage:?}");
                assert_eq!(
                    after.status,
                    ConnectionStatus::ReauthRequired,
                    "{garbage:?}"
                );
                assert_eq!(renewing.timeline().await.first(), Some(&Expired));
                let later = renewing.run("get_record").await.unwrap_err();
                assert_eq!(later.code, Code::ReauthRequired, "{garbage:?}");
            }
            Verdict::Transient => {
                let error = first.unwrap_err();
                assert_eq!(error.code, Code::CredentialRefreshTimeout, "{garbage:?}");
                assert!(error.retry_after_ms.is_some_and(|wait| wait > 0));
                assert_eq!(after.status, ConnectionStatus::Active, "{garbage:?}");
                assert_eq!(after.credential, before.credential, "{garbage:?}");
                assert_eq!(renewing.timeline().await.first(), Some(&RefreshFailed));
                renewing.world.clock.pass(20 * 60_000);
                let healed = renewing.run("get_record").await;
                assert_eq!(healed.unwrap().http_status, 200, "{garbage:?}");
            }
        }
        assert_eq!(renewing.provider.families_revoked(), 0, "{garbage:?}");
        seen.push(garbage);
    }
    let figure = format!("{} answers: class right, nothing unusable kept", seen.len());
    tenon_testkit::promise::kept("B4", figure);
}

#[tokio::test]
async fn b5_callers_of_a_broken_connection_do_not_hammer_the_token_endpoint() {
    let renewing = Renewing::new().await;
    renewing.end_access();
    renewing
        .provider
        .change(|behaviour| behaviour.garbage = Some(Garbage::Outage));
    let before = renewing.refreshes();
    // A caller each second of an hour.
    for _ in 0..3600 {
        renewing.world.clock.pass(1000);
        let error = renewing.run("get_record").await.unwrap_err();
        assert_eq!(error.code, Code::CredentialRefreshTimeout);
    }
    let calls = renewing.refreshes() - before;
    assert!((1..=12).contains(&calls), "{calls} token calls in an hour");
    let figure = format!("3,600 callers in an hour, {calls} token calls");
    tenon_testkit::promise::kept("B5", figure);
}

#[tokio::test]
async fn b6_a_clock_that_jumps_costs_no_call() {
    let renewing = Renewing::new().await;
    let mut calls = 0;
    for jump in [
        HOUR_MS,
        -HOUR_MS,
        2 * HOUR_MS,
        -2 * HOUR_MS,
        300_000,
        -300_000,
    ] {
        renewing.world.clock.pass(jump);
        for action in ["get_record", "create_record"] {
            let answered = renewing.run(action).await.unwrap();
            assert!((200..300).contains(&answered.http_status), "after {jump}");
            calls += 1;
        }
        renewing.world.engine.renew_due().await.unwrap();
    }
    assert_eq!(renewing.provider.families_revoked(), 0);
    let status = renewing.connection().await.status;
    assert_eq!(status, ConnectionStatus::Active);
    let figure = format!("jumps of up to 2 h in both directions, {calls} calls, 0 failed");
    tenon_testkit::promise::kept("B6", figure);
}

#[tokio::test]
async fn b8_tokens_go_to_no_other_token_address_and_serve_no_other_client() {
    let renewing = Renewing::new().await;
    let elsewhere = Provider::start().await;
    let there = elsewhere.base.clone();
    let base = renewing.provider.base.clone();
    name_connectors(&renewing.world, &renewing.provider, |text| {
        let (from, to) = (format!("token_url: {base}"), format!("token_url: {there}"));
        text.replace(&from, &to)
    });
    renewing.end_access();
    let refused = renewing.run("get_record").await.unwrap_err();
    assert_eq!(refused.code, Code::ConnectorChanged);
    assert_eq!(elsewhere.received().len(), 0);
    name_connectors(&renewing.world, &renewing.provider, |text| text);
    set_client(&renewing.world, "another-client").await;
    let refused = renewing.run("get_record").await.unwrap_err();
    assert_eq!(refused.code, Code::ReauthRequired);
    let reason = renewing.connection().await.reason;
    assert_eq!(reason.as_deref(), Some("client_changed"));
}

#[tokio::test]
async fn a_refresh_whose_caller_is_gone_goes_on_and_is_kept() {
    let renewing = Renewing::new().await;
    renewing.end_access();
    renewing
        .provider
        .change(|behaviour| behaviour.hold = Hold::UntilReleased);
    {
        let call = renewing.run("get_record");
        let mut call = std::pin::pin!(call);
        tokio::select! {
            done = &mut call => panic!("{done:?}"),
            () = renewing.provider.held(1) => {}
        }
    }
    renewing
        .provider
        .change(|behaviour| behaviour.hold = Hold::No);
    renewing.provider.release();
    let answered = renewing.run("get_record").await.unwrap();
    assert_eq!(answered.http_status, 200);
    assert_eq!(renewing.refreshes(), 2);
    assert_eq!(renewing.provider.families_revoked(), 0);
}

#[tokio::test]
async fn what_keeps_tokens_from_being_renewed_is_not_looked_at_by_every_round() {
    let renewing = Renewing::new().await;
    let (engine, tenant) = (&renewing.world.engine, renewing.world.tenant.tenant());
    let removing = engine.delete_oauth_client(renewing.world.admin, tenant, SLUG, None);
    removing.await.unwrap();
    renewing.end_access();
    let refused = renewing.run("get_record").await.unwrap_err();
    assert_eq!(refused.code, Code::OauthClientRequired);
    assert_eq!(renewing.timeline().await.first(), Some(&RefreshFailed));
    assert_eq!(engine.renew_due().await.unwrap(), 0, "it waits its time");
    set_client(&renewing.world, Provider::CLIENT_ID).await;
    renewing.world.clock.pass(60_000);
    assert_eq!(renewing.run("get_record").await.unwrap().http_status, 200);
}

#[tokio::test]
async fn a_provider_that_does_not_rotate_keeps_its_refresh_token() {
    let renewing = Renewing::new().await;
    renewing
        .provider
        .change(|behaviour| behaviour.rotation = Rotation::Never);
    for _ in 0..3 {
        renewing.end_access();
        assert_eq!(renewing.run("get_record").await.unwrap().http_status, 200);
    }
}

#[tokio::test]
async fn b13_a_removed_connection_is_revoked_and_the_answer_is_kept() {
    let renewing = Renewing::new().await;
    let connection = renewing.connection().await;
    let engine = &renewing.world.engine;
    let removed = engine.delete_connection(connection).await.unwrap();
    assert_eq!(removed.revocation.as_str(), "revoked");
    let gone = renewing.run("get_record").await.unwrap_err();
    assert_eq!(gone.code, Code::ConnectionRequired);
    let revocations = renewing.provider.received();
    let asked = revocations.iter().filter(|one| one.path == "/revoke");
    assert_eq!(asked.count(), 1);
    let kinds = renewing.timeline().await;
    assert_eq!(kinds, [Revoked, Deleted, Refreshed, Created]);
}

#[tokio::test]
async fn credentials_that_earn_their_tokens_are_renewed_by_themselves() {
    let renewing = Renewing::new().await;
    let engine = &renewing.world.engine;
    // The provider looks at a clock of its own when it judges an assertion.
    let today = std::time::UNIX_EPOCH.elapsed().unwrap().as_millis();
    let behind = i64::try_from(today).unwrap() - engine.clock().now().0;
    renewing.world.clock.pass(behind);
    let typed = [
        json!({"client_id": Provider::CLIENT_ID, "client_secret": Provider::CLIENT_SECRET}),
        json!({"account": "ada", "private_key": Provider::service_key()}),
    ];
    for (way, fields) in ["client", "service"].into_iter().zip(typed) {
        let new = NewConnection {
            auth: Some(way.to_owned()),
            fields: fields.as_object().unwrap().clone(),
            another: true,
            ..NewConnection::default()
        };
        let (tenant, ada) = (renewing.world.tenant.tenant(), account());
        let saving = engine.save_connection(tenant, &ada, SLUG, new);
        let (connection, added) = Box::pin(saving).await.unwrap();
        assert!(added && connection.renewal.expires_at.is_some(), "{way}");
        let again = Box::pin(engine.renew_connection(connection.clone())).await;
        assert_eq!(again.unwrap().version, connection.version + 1, "{way}");
    }
}
