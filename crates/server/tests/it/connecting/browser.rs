//! A browser with a jar of cookies that follows no redirect by itself, and the scene that it plays in.

use http::Method;
use serde_json::{Value, json};
use tenon_server::app::ApiSettings;

use crate::world::{ADA, Answer, Ask, World};

pub(super) const PUBLIC: &str = "https://tenon.example";
pub(super) const APP: &str = "https://app.example";

/// A world whose accounts may connect.
pub(super) async fn scene(connect: Value) -> World {
    scene_at(PUBLIC, connect).await
}

/// The same at another address.
pub(super) async fn scene_at(public_url: &str, connect: Value) -> World {
    let settings = ApiSettings {
        public_url: Some(public_url.to_owned()),
        ..ApiSettings::default()
    };
    let world = World::with(settings).await;
    decide(&world, connect).await;
    world
}

/// Decides how the test environment connects.
pub(super) async fn decide(world: &World, connect: Value) {
    let body = json!({"connect": connect});
    let decided = world.put("/api/v2/admin/environment?environment=test");
    decided.admin().json(body).await.ok();
}

/// A browser.
#[derive(Clone, Default)]
pub(super) struct Browser {
    cookie: Option<String>,
}

impl Browser {
    fn ask<'a>(&self, world: &'a World, method: Method, address: &str) -> Ask<'a> {
        let path = address.strip_prefix(PUBLIC).unwrap_or(address);
        let ask = world.ask(method, path);
        match &self.cookie {
            Some(cookie) => ask.header("cookie", cookie),
            None => ask,
        }
    }

    fn keep(&mut self, answer: &Answer) {
        let set = answer.header("set-cookie");
        if let Some((cookie, _)) = set.split_once(';') {
            self.cookie = Some(cookie.to_owned());
        }
    }

    /// Goes to an address as a person does who clicks a link.
    pub(super) async fn go(&mut self, world: &World, address: &str) -> Answer {
        let ask = self.ask(world, Method::GET, address);
        let ask = ask
            .header("sec-fetch-mode", "navigate")
            .header("sec-fetch-dest", "document");
        let answer = ask.send().await;
        self.keep(&answer);
        answer
    }

    /// Goes there and on to where it is sent, within this world.
    pub(super) async fn follow(&mut self, world: &World, address: &str) -> (String, Answer) {
        let mut at = address.to_owned();
        for _ in 0..5 {
            let answer = self.go(world, &at).await;
            let next = answer.header("location").to_owned();
            if answer.status != 303 || !next.starts_with('/') {
                return (at, answer);
            }
            at = next;
        }
        panic!("sent around in circles: {at}");
    }

    /// Sends a form of our own page.
    pub(super) async fn send(
        &mut self,
        world: &World,
        address: &str,
        fields: &[(&str, &str)],
    ) -> Answer {
        self.send_from(world, address, fields, "same-origin").await
    }

    /// Sends a form of a page elsewhere.
    pub(super) async fn send_from(
        &mut self,
        world: &World,
        address: &str,
        fields: &[(&str, &str)],
        site: &str,
    ) -> Answer {
        let mut form = url::form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let ask = self
            .ask(world, Method::POST, address)
            .header("sec-fetch-site", site)
            .header("content-type", "application/x-www-form-urlencoded")
            .bytes(form.finish().into_bytes());
        let answer = ask.send().await;
        self.keep(&answer);
        answer
    }
}

/// Makes a link for Ada by a session token, for all applications, with these properties.
pub(super) async fn link_with(world: &World, properties: Value) -> String {
    let token = world.token(ADA, json!({})).await;
    let made = world.post("/api/v2/public/connect-url").bearer(&token);
    let made = made.json(properties).await.ok();
    made["hosted_url"].as_str().unwrap().to_owned()
}

/// Makes a link for an account, for one application.
pub(super) async fn link_to(world: &World, account: &str, slug: &str) -> String {
    let path = format!("/api/v2/public/linked-account/integration/oauth-url/{slug}");
    let made = world.get(&path).account(account).send().await.ok();
    made["auth_url"].as_str().unwrap().to_owned()
}

/// The value of an attribute on a page.
pub(super) fn attribute(page: &Answer, name: &str) -> String {
    let text = page.text();
    let (_, rest) = text
        .split_once(&format!("{name}=\""))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    let (value, _) = rest.split_once('"').unwrap();
    plain(value)
}

/// A text of a page as people read it.
pub(super) fn plain(text: &str) -> String {
    let signs = [
        ("&#x2f;", "/"),
        ("&#x27;", "'"),
        ("&#x3d;", "="),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    let unescape = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
    signs.iter().fold(text.to_owned(), unescape)
}

/// Confirms an attempt by a session token of an account.
pub(super) async fn confirm(world: &World, account: &str, attempt: &str, confirm: &str) -> Answer {
    let token = world.token(account, json!({})).await;
    let ask = world.post("/api/v2/public/connect-confirm").bearer(&token);
    ask.json(json!({"attempt": attempt, "confirm": confirm}))
        .await
}

/// How many connections an account has.
pub(super) async fn connections(world: &World, account: &str) -> usize {
    let path = "/api/v2/public/application/acme";
    let application = world.get(path).account(account).send().await.ok();
    application["connected_accounts"].as_array().unwrap().len()
}
