//! An application with OAuth 2.0 beside those of the world, and the way to it and back.

use serde_json::{Value, json};
use tenon_connector::Bundle;
use tenon_testkit::provider::Provider;
use tenon_testkit::{Http, SECRET};

use super::browser::{APP, Browser, PUBLIC, attribute, link_to, plain, scene};
use crate::world::{ADA, Answer, World, connector};

/// What the application is known by.
pub(super) const VEND: &str = "vend";
/// Another application at the same authorization server.
pub(super) const TWIN: &str = "twin";

/// A world with an authorization server, at which two applications are registered.
pub(super) struct Scene {
    pub(super) world: World,
    pub(super) provider: Provider,
}

impl Scene {
    pub(super) async fn new(connect: Value) -> Self {
        let scene = Self {
            world: scene(connect).await,
            provider: Provider::start().await,
        };
        scene.load("");
        for slug in [VEND, TWIN] {
            scene.register(slug, Provider::CLIENT_ID, SECRET).await;
        }
        scene
    }

    /// Where the tenant's page opens the pages and confirms.
    pub(super) async fn usual() -> Self {
        Self::new(json!({"origins": [APP]})).await
    }

    /// Loads the connectors, the grants with these further lines.
    pub(super) fn load(&self, more: &str) {
        let world = &self.world;
        let loaded = world.app.engine.registry().replace([
            connector("acme", &world.application.base),
            oauth(VEND, &self.provider.base, more),
            oauth(TWIN, &self.provider.base, more),
        ]);
        assert!(loaded.problems().is_empty(), "{:?}", loaded.problems());
    }

    /// Sets the tenant's client.
    pub(super) async fn register(&self, slug: &str, id: &str, secret: &str) {
        let path = format!("/api/v2/admin/oauth-clients/{slug}?environment=test");
        let body = json!({"client_id": id, "client_secret": secret});
        let set = self.world.put(&path).admin().json(body).await.ok();
        let callback = format!("{PUBLIC}/api/v1/{slug}/callback");
        assert_eq!(set["redirect_uri"], callback);
    }

    /// The consent page of a link to an application.
    pub(super) async fn consent_page(&self, browser: &mut Browser, slug: &str) -> (String, Answer) {
        let link = link_to(&self.world, ADA, slug).await;
        browser.follow(&self.world, &link).await
    }

    /// Says yes on the consent page; gives the address at the application.
    pub(super) async fn leave(&self, browser: &mut Browser, page: &str) -> String {
        let leaving = browser.send(&self.world, page, &[]).await;
        assert_eq!(leaving.status, 200, "{}", leaving.text());
        let address = address_of(&leaving);
        assert_eq!(
            attribute(&leaving, "refresh\" content"),
            format!("0;url={address}")
        );
        address
    }

    /// Goes from a link to the application; gives the address there.
    pub(super) async fn set_out(&self, browser: &mut Browser, slug: &str) -> String {
        let (page, _) = self.consent_page(browser, slug).await;
        self.leave(browser, &page).await
    }

    /// Says yes at the application; gives the address that the browser is sent back to.
    pub(super) async fn say_yes(&self, address: &str) -> String {
        let http = Http::new(self.provider.base.clone());
        let path = address.strip_prefix(&self.provider.base).unwrap();
        let sent = http.send("GET", path, &[], None).await;
        sent.header("location").unwrap().to_owned()
    }

    /// Comes back to the page of the attempt, which waits.
    pub(super) async fn come_back(&self, browser: &mut Browser, address: &str) -> Waiting {
        let (page, waiting) = browser.follow(&self.world, address).await;
        assert_eq!(waiting.status, 200, "{}", waiting.text());
        assert_eq!(
            attribute(&waiting, "data-state"),
            "waiting",
            "{}",
            waiting.text()
        );
        Waiting {
            attempt: page.rsplit('/').next().unwrap().to_owned(),
            confirm: attribute(&waiting, "data-confirm"),
            page,
        }
    }

    /// From a link to where the tenant has to confirm.
    pub(super) async fn up_to_confirmation(&self, browser: &mut Browser, slug: &str) -> Waiting {
        let there = self.set_out(browser, slug).await;
        let back = self.say_yes(&there).await;
        self.come_back(browser, &back).await
    }

    /// The connections of an account at an application.
    pub(super) async fn connections(&self, account: &str, slug: &str) -> Vec<Value> {
        let path = format!("/api/v2/public/application/{slug}");
        let application = self.world.get(&path).account(account).send().await.ok();
        application["connected_accounts"]
            .as_array()
            .unwrap()
            .clone()
    }
}

/// An attempt that waits for its confirmation.
pub(super) struct Waiting {
    pub(super) attempt: String,
    pub(super) confirm: String,
    pub(super) page: String,
}

/// The address that the page leads to.
pub(super) fn address_of(leaving: &Answer) -> String {
    let text = leaving.text();
    let (_, rest) = text.split_once("class=\"button\" href=\"").unwrap();
    let (address, _) = rest.split_once('"').unwrap();
    plain(address)
}

fn oauth(slug: &str, base: &str, more: &str) -> Bundle {
    let text = format!(
        "name: {slug} inc\ndescription: Records.\ntags: [crm]\nbase_url: {base}\nauth:\n  oauth2:\n    \
         type: oauth2\n    label: Sign in\n    \
         fields: {{ access_token: {{ label: T }}, refresh_token: {{ label: R, optional: true }} }}\n    \
         send: {{ bearer: '{{{{ access_token }}}}' }}\n    \
         grant:\n      flow: authorization_code\n      authorize_url: {base}/authorize\n      \
         token_url: {base}/token\n      scopes: [records.read, records.write]\n{more}\
         identity: {{ request: {{ get: /userinfo }}, identifier: '{{{{ body.sub }}}}', name: '{{{{ body.email }}}}' }}\n"
    );
    let action = "name: List\ndescription: Lists.\nrequest: { get: /api/records }\n\
                  examples:\n  - input: {}\n    sends: { path: /api/records }\n    answers: { json: { id: 1 } }\n";
    let files = [
        ("connector.yaml", text),
        ("actions/list.yaml", action.to_owned()),
    ];
    Bundle {
        slug: slug.to_owned(),
        files: files.map(|(name, text)| (name.to_owned(), text)).into(),
        proven: false,
    }
}
