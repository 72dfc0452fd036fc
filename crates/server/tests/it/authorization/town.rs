//! Two organizations, two environments, four accounts, and everyone who might knock.

use serde_json::json;
use tenon_server::api::Access;
use tenon_server::app::ApiSettings;
use tenon_testkit::SECRET;

use crate::world::{ADA, Ask, BOB, RUN, World};

/// An account that only the other organization has.
pub(super) const DAN: &str = "dan";

/// Whose thing an id names, as Ada sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Whose {
    /// Ada's own.
    Own,
    /// Of Bob, beside her in the same environment.
    Sibling,
    /// Of another organization.
    Foreign,
    /// Nobody's.
    Absent,
}

impl Whose {
    pub(super) const ALL: [Self; 4] = [Self::Own, Self::Sibling, Self::Foreign, Self::Absent];
}

/// Everyone who might call.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Principal {
    Nobody,
    GarbageKey,
    RevokedKey,
    Key,
    KeyWithoutAccount,
    KeyOfProduction,
    KeyOfOtherOrganization,
    Session,
    ReadOnlySession,
    SessionForOtherApplication,
    SessionOfSibling,
    SessionOfOtherOrganization,
    ExpiredSession,
    RevokedSession,
    SessionOfDeletedAccount,
    Admin,
    GarbageAdmin,
    KeyAsAdmin,
}

/// What a caller is to a route.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Standing {
    Refused,
    /// A good key that lacks the account which the route is about.
    Incomplete,
    Admitted,
}

impl Principal {
    pub(super) const ALL: [Self; 18] = [
        Self::Nobody,
        Self::GarbageKey,
        Self::RevokedKey,
        Self::Key,
        Self::KeyWithoutAccount,
        Self::KeyOfProduction,
        Self::KeyOfOtherOrganization,
        Self::Session,
        Self::ReadOnlySession,
        Self::SessionForOtherApplication,
        Self::SessionOfSibling,
        Self::SessionOfOtherOrganization,
        Self::ExpiredSession,
        Self::RevokedSession,
        Self::SessionOfDeletedAccount,
        Self::Admin,
        Self::GarbageAdmin,
        Self::KeyAsAdmin,
    ];

    pub(super) fn has_key(self) -> bool {
        matches!(
            self,
            Self::Key
                | Self::KeyWithoutAccount
                | Self::KeyOfProduction
                | Self::KeyOfOtherOrganization
        )
    }

    pub(super) fn has_session(self) -> bool {
        matches!(
            self,
            Self::Session
                | Self::ReadOnlySession
                | Self::SessionForOtherApplication
                | Self::SessionOfSibling
                | Self::SessionOfOtherOrganization
        )
    }

    /// What the caller is to a route with this access.
    pub(super) fn standing(self, access: Access) -> Standing {
        let (key, session) = (self.has_key(), self.has_session());
        let admitted = match access {
            Access::Open | Access::Browser => true,
            Access::Tenant | Access::KeyedAccount => key,
            Access::Account | Access::TenantOrSession => key || session,
            Access::Session => session,
            Access::Admin => self == Self::Admin,
        };
        let about_an_account = matches!(access, Access::Account | Access::KeyedAccount);
        match admitted {
            false => Standing::Refused,
            true if about_an_account && self == Self::KeyWithoutAccount => Standing::Incomplete,
            true => Standing::Admitted,
        }
    }

    /// Whose accounts the caller reaches by naming them.
    pub(super) fn reaches_account(self, whose: Whose) -> bool {
        match self {
            Self::Key | Self::KeyWithoutAccount | Self::Admin => {
                matches!(whose, Whose::Own | Whose::Sibling)
            }
            // Another Bob lives in production.
            Self::KeyOfProduction => whose == Whose::Sibling,
            _ => self.reaches_execution(whose),
        }
    }

    /// Whose webhooks the caller reaches: those of its environment, which Bob shares with Ada.
    pub(super) fn reaches_webhook(self, whose: Whose) -> bool {
        match self {
            Self::Key | Self::KeyWithoutAccount | Self::Admin => {
                matches!(whose, Whose::Own | Whose::Sibling)
            }
            Self::KeyOfOtherOrganization => whose == Whose::Foreign,
            _ => false,
        }
    }

    /// Whose executions the caller reaches: those of the account that it speaks for.
    pub(super) fn reaches_execution(self, whose: Whose) -> bool {
        match self {
            Self::KeyOfOtherOrganization | Self::SessionOfOtherOrganization => {
                whose == Whose::Foreign
            }
            Self::SessionOfSibling => whose == Whose::Sibling,
            Self::KeyOfProduction => false,
            Self::Admin => matches!(whose, Whose::Own | Whose::Sibling),
            _ => whose == Whose::Own,
        }
    }

    /// The account that a key speaks for, where the path names something else.
    pub(super) fn home(self) -> &'static str {
        match self {
            Self::KeyOfProduction => BOB,
            Self::KeyOfOtherOrganization => DAN,
            _ => ADA,
        }
    }
}

/// A world with neighbours.
pub(super) struct Town {
    pub(super) world: World,
    dan_key: String,
    revoked_key: String,
    tokens: Vec<(Principal, String)>,
    executions: [String; 3],
    connections: [String; 3],
    webhooks: [String; 3],
    deliveries: [String; 3],
    key_ids: [String; 3],
    organizations: [String; 3],
    made: std::cell::Cell<u32>,
}

impl Town {
    pub(super) async fn new() -> Self {
        let settings = ApiSettings {
            public_url: Some("https://tenon.example".to_owned()),
            ..ApiSettings::default()
        };
        let world = World::with(settings).await;
        let organization =
            |answer: serde_json::Value| answer["organization_id"].as_str().unwrap().to_owned();
        let first = world.get("/api/v2/admin/organization").admin().send().await;
        let other = world
            .post("/api/v2/admin/organizations")
            .admin()
            .json(json!({"name": "Other"}))
            .await;
        let (first, other) = (organization(first.ok()), organization(other.ok()));
        allow_connecting(&world, "environment=test").await;
        allow_connecting(&world, "environment=production").await;
        allow_connecting(&world, &format!("organization_id={other}")).await;
        let (dan_key_id, dan_key) = world.make_key(&format!("organization_id={other}")).await;
        make_account(&world, &dan_key, DAN).await;
        for (key, account) in [(&world.key, BOB), (&world.other_key, BOB), (&dan_key, DAN)] {
            world.connect_by(key, account, SECRET).await;
        }
        let (revoked_id, revoked_key) = world.make_key("environment=test").await;
        let path = format!("/api/v2/admin/api-keys/{revoked_id}");
        world.delete(&path).admin().send().await.ok();
        let key_ids = [
            world.make_key("environment=test").await.0,
            world.make_key("environment=production").await.0,
            dan_key_id,
        ];
        let executions = [
            run(&world, &world.key, ADA).await,
            run(&world, &world.key, BOB).await,
            run(&world, &dan_key, DAN).await,
        ];
        let connections = [
            connected(&world, &world.key, ADA).await,
            connected(&world, &world.key, BOB).await,
            connected(&world, &dan_key, DAN).await,
        ];
        let (own, delivered) = listening(&world, &world.key).await;
        let (foreign, delivered_there) = listening(&world, &dan_key).await;
        listening(&world, &world.other_key).await;
        let tokens = tokens(&world, &dan_key).await;
        Self {
            world,
            dan_key,
            revoked_key,
            tokens,
            executions,
            connections,
            // Bob's environment and organization are Ada's.
            webhooks: [own.clone(), own, foreign],
            deliveries: [delivered.clone(), delivered, delivered_there],
            key_ids,
            organizations: [first.clone(), first, other],
            made: std::cell::Cell::new(0),
        }
    }

    /// The id of somebody's account.
    pub(super) fn account(whose: Whose) -> &'static str {
        match whose {
            Whose::Own => ADA,
            Whose::Sibling => BOB,
            Whose::Foreign => DAN,
            // As long as Dan's and beside it in any order, so that times can be compared.
            Whose::Absent => "dao",
        }
    }

    /// The path with every placeholder filled.
    pub(super) fn path(&self, path: &str, whose: Whose) -> String {
        let of = |ids: &[String]| match whose {
            Whose::Own => ids[0].clone(),
            Whose::Sibling => ids[1].clone(),
            Whose::Foreign => ids[2].clone(),
            Whose::Absent => absent_like(&ids[0]),
        };
        path.replace(
            "{linked_account_id}",
            &Self::account(whose).replace('@', "%40"),
        )
        .replace("{execution_id}", &of(&self.executions))
        .replace("{connection_id}", &of(&self.connections))
        .replace("{webhook_id}", &of(&self.webhooks))
        .replace("{delivery_id}", &of(&self.deliveries))
        .replace("{api_key_id}", &of(&self.key_ids))
        .replace("{organization_id}", &of(&self.organizations))
        .replace("{slug}", "acme")
        .replace("{action_id}", "add")
        .replace(['{', '}'], "")
    }

    /// The body, with the account and a number that was not used before.
    pub(super) fn body(&self, body: &str, whose: Whose) -> String {
        self.made.set(self.made.get() + 1);
        body.replace('@', Self::account(whose))
            .replace('#', &self.made.get().to_string())
            .replace('$', SECRET)
    }

    /// Presents the caller's credentials, with this account beside a key.
    pub(super) fn sign<'a>(&self, who: Principal, ask: Ask<'a>, account: Option<&str>) -> Ask<'a> {
        let token = self.tokens.iter().find(|(of, _)| *of == who);
        if let Some((_, token)) = token {
            return ask.bearer(token);
        }
        let key = match who {
            Principal::Nobody => return ask,
            Principal::Admin => return ask.admin(),
            Principal::GarbageAdmin => return ask.header("x-admin-key", "ak_garbage"),
            Principal::KeyAsAdmin => return ask.header("x-admin-key", &self.world.key),
            Principal::KeyWithoutAccount => return ask.key(),
            Principal::GarbageKey => tenon_vault::digest::random_token("tk").expose().to_owned(),
            Principal::RevokedKey => self.revoked_key.clone(),
            Principal::KeyOfProduction => self.world.other_key.clone(),
            Principal::KeyOfOtherOrganization => self.dan_key.clone(),
            _ => self.world.key.clone(),
        };
        let ask = ask.header("x-api-key", &key);
        match account {
            Some(account) => ask.header("linked_account_id", account),
            None => ask,
        }
    }
}

/// An id of the same form that names nothing.
fn absent_like(id: &str) -> String {
    let swap = |c: char| match c {
        '0'..='8' => char::from(c as u8 + 1),
        '9' => '0',
        other => other,
    };
    let (prefix, rest) = id.rsplit_once('_').unwrap();
    format!("{prefix}_{}", rest.chars().map(swap).collect::<String>())
}

/// Lets accounts of an environment connect, with somewhere to return to.
async fn allow_connecting(world: &World, query: &str) {
    let path = format!("/api/v2/admin/environment?{query}");
    let body = json!({"connect": {"origins": ["https://app.example"]}});
    world.put(&path).admin().json(body).await.ok();
}

async fn make_account(world: &World, key: &str, account: &str) {
    let ask = world.post("/api/v2/public/linked-account");
    let made = ask.header("x-api-key", key);
    made.json(json!({"linked_account_id": account})).await.ok();
}

/// The id of the account's connection.
async fn connected(world: &World, key: &str, account: &str) -> String {
    let ask = world
        .get("/api/v2/public/connection")
        .header("x-api-key", key);
    let all = ask.header("linked_account_id", account).send().await.ok();
    all[0]["connection_id"].as_str().unwrap().to_owned()
}

/// The ids of a new webhook and of a delivery to it.
async fn listening(world: &World, key: &str) -> (String, String) {
    let url = format!("{}/hook", world.application.base);
    let path = "/api/v2/public/webhook";
    let wanted = json!({"webhook_url": url, "webhook_events": ["connection-expired"]});
    let made = world
        .post(path)
        .header("x-api-key", key)
        .json(wanted)
        .await
        .ok();
    let id = made["_id"].as_str().unwrap().to_owned();
    let test = world.post(&format!("{path}/{id}/test"));
    let sent = test.header("x-api-key", key).send().await.ok();
    (id, sent["delivery_id"].as_str().unwrap().to_owned())
}

async fn run(world: &World, key: &str, account: &str) -> String {
    let ask = world.post(RUN).header("x-api-key", key);
    let ran = ask.header("linked_account_id", account);
    let ran = ran.json(json!({"path": "x"})).await;
    assert_eq!(ran.status, 200, "{}", ran.text());
    ran.header("x-execution-id").to_owned()
}

async fn tokens(world: &World, dan_key: &str) -> Vec<(Principal, String)> {
    let expired = world
        .post("/api/v2/public/session-token")
        .key()
        .json(json!({"linked_account_id": ADA, "expires_in": 60}))
        .await;
    let expired = expired.ok()["token"].as_str().unwrap().to_owned();
    world.clock.pass(61_000);
    let revoked = world.token(ADA, json!({"apps": ["acme", "x"]})).await;
    let path = "/api/v2/public/session-token/revoke";
    world.post(path).bearer(&revoked).send().await.ok();
    make_account(world, &world.key, "gone").await;
    let deleted = world.token("gone", json!({})).await;
    let path = "/api/v2/public/linked-account/gone";
    world.delete(path).key().send().await.ok();
    vec![
        (Principal::Session, world.token(ADA, json!({})).await),
        (
            Principal::ReadOnlySession,
            world.token(ADA, json!({"read_only": true})).await,
        ),
        (
            Principal::SessionForOtherApplication,
            world.token(ADA, json!({"apps": ["gone"]})).await,
        ),
        (
            Principal::SessionOfSibling,
            world.token(BOB, json!({})).await,
        ),
        (
            Principal::SessionOfOtherOrganization,
            world.token_by(dan_key, DAN, json!({})).await,
        ),
        (Principal::ExpiredSession, expired),
        (Principal::RevokedSession, revoked),
        (Principal::SessionOfDeletedAccount, deleted),
    ]
}
