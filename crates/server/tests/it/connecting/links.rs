//! Links: opened once, in one browser, for what they were made for.

use http::Method;
use serde_json::{Value, json};

use super::browser::{APP, Browser, PUBLIC, link_to, link_with, scene};
use crate::world::{ADA, BOB, World};

fn usual() -> Value {
    json!({"origins": [APP], "redirect_urls": [format!("{APP}/back")]})
}

async fn refused_link(world: &World, properties: Value) -> Value {
    let made = world.post("/api/v2/public/connect-url").account(ADA);
    let refused = made.json(properties).await;
    assert_eq!(refused.status, 400, "{}", refused.text());
    refused.json()
}

#[tokio::test]
async fn a_link_opens_once_and_shows_the_applications_to_its_browser() {
    let world = scene(usual()).await;
    let link = link_with(
        &world,
        json!({"name": "Acme <b>Corp</b>", "color": "#123456"}),
    )
    .await;
    assert!(link.starts_with(&format!("{PUBLIC}/connect/cl_")), "{link}");
    let mut ada = Browser::default();
    let opened = ada.go(&world, &link).await;
    assert_eq!(opened.status, 303, "{}", opened.text());
    let cookie = opened.header("set-cookie");
    for word in [
        "__Host-connect=cb_",
        "; Path=/",
        "; Secure",
        "; HttpOnly",
        "; SameSite=Lax",
    ] {
        assert!(cookie.contains(word), "{cookie}");
    }
    let clean = opened.header("location").to_owned();
    assert!(clean.starts_with("/connect/s/link_"), "{clean}");
    let page = ada.go(&world, &clean).await;
    assert_eq!(page.status, 200, "{}", page.text());
    let text = page.text();
    assert!(text.contains("Acme &lt;b&gt;Corp"), "{text}");
    assert!(
        text.contains("data-application=\"acme\" data-state=\"connected\""),
        "{text}"
    );
    let theme = ada.go(&world, &format!("{clean}/theme.css")).await;
    assert!(
        theme.text().contains("--accent:#123456"),
        "{}",
        theme.text()
    );

    let again = ada.go(&world, &link).await;
    assert_eq!(again.status, 410, "{}", again.text());
    assert!(again.text().contains("already used"));
    let mut mallory = Browser::default();
    assert_eq!(mallory.go(&world, &clean).await.status, 403);
    assert_eq!(
        mallory
            .go(&world, &format!("{clean}/theme.css"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn pages_carry_what_keeps_them_from_being_framed_cached_read_or_scripted() {
    let world = scene(usual()).await;
    let mut ada = Browser::default();
    let (_, page) = ada
        .follow(&world, &link_with(&world, json!({})).await)
        .await;
    let policy = page.header("content-security-policy");
    for rule in [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(rule), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    assert_eq!(page.header("referrer-policy"), "no-referrer");
    assert_eq!(page.header("cache-control"), "no-store");
    assert_eq!(page.header("x-content-type-options"), "nosniff");
    assert_eq!(page.header("x-frame-options"), "DENY");
    assert_eq!(page.header("access-control-allow-origin"), "");
    let text = page.text();
    for inline in ["<style", "style=\"", "onclick", "javascript:"] {
        assert!(!text.contains(inline), "{inline}: {text}");
    }
    assert_eq!(
        text.matches("<script").count(),
        text.matches("<script src=").count()
    );
}

#[tokio::test]
async fn two_links_in_one_browser_share_its_secret() {
    let world = scene(usual()).await;
    let (one, two) = (
        link_to(&world, ADA, "acme").await,
        link_to(&world, ADA, "acme").await,
    );
    let mut ada = Browser::default();
    let (first, _) = ada.follow(&world, &one).await;
    let (second, _) = ada.follow(&world, &two).await;
    for page in [&first, &second] {
        assert_eq!(ada.go(&world, page).await.status, 200, "{page}");
    }
}

#[tokio::test]
async fn who_only_looks_ahead_or_frames_the_page_does_not_use_the_link_up() {
    let world = scene(usual()).await;
    let link = link_with(&world, json!({})).await;
    let path = link.strip_prefix(PUBLIC).unwrap();
    let head = world.ask(Method::HEAD, path).send().await;
    assert_eq!(head.status, 405);
    for (name, value) in [("sec-purpose", "prefetch"), ("sec-fetch-dest", "iframe")] {
        let looked = world.get(path).header(name, value).send().await;
        assert_eq!(looked.status, 403, "{}", looked.text());
    }
    assert_eq!(Browser::default().go(&world, &link).await.status, 303);
}

#[tokio::test]
async fn a_link_ends_with_its_time_and_with_the_credential_that_made_it() {
    let world = scene(usual()).await;
    let late = link_with(&world, json!({})).await;
    world.clock.pass(10 * 60 * 1000);
    let over = Browser::default().go(&world, &late).await;
    assert_eq!(over.status, 410, "{}", over.text());
    assert!(over.text().contains("expired"));

    let token = world.token(ADA, json!({"apps": ["acme", "gone"]})).await;
    let link = async |token: &str| {
        let made = world.post("/api/v2/public/connect-url").bearer(token);
        let made = made.json(json!({})).await.ok();
        made["hosted_url"].as_str().unwrap().to_owned()
    };
    let (open, closed) = (link(&token).await, link(&token).await);
    let mut ada = Browser::default();
    let (pages, page) = ada.follow(&world, &open).await;
    assert_eq!(page.status, 200);
    let revoke = world.post("/api/v2/public/session-token/revoke");
    revoke.bearer(&token).send().await.ok();
    assert_eq!(ada.go(&world, &pages).await.status, 403);
    assert_eq!(Browser::default().go(&world, &closed).await.status, 403);
}

#[tokio::test]
async fn pages_end_an_hour_after_they_were_opened() {
    let world = scene(usual()).await;
    let mut ada = Browser::default();
    let (pages, _) = ada
        .follow(&world, &link_with(&world, json!({})).await)
        .await;
    world.clock.pass(60 * 60 * 1000 - 1);
    assert_eq!(ada.go(&world, &pages).await.status, 200);
    world.clock.pass(1);
    assert_eq!(ada.go(&world, &pages).await.status, 410);
}

#[tokio::test]
async fn a_link_shows_what_its_token_covers() {
    let world = scene(usual()).await;
    let token = world.token(ADA, json!({"apps": ["gone"]})).await;
    let made = world.post("/api/v2/public/connect-url").bearer(&token);
    let link = made.json(json!({})).await.ok()["hosted_url"]
        .as_str()
        .unwrap()
        .to_owned();
    let mut ada = Browser::default();
    let (pages, page) = ada.follow(&world, &link).await;
    let text = page.text();
    assert!(text.contains("data-application=\"gone\""), "{text}");
    assert!(!text.contains("data-application=\"acme\""), "{text}");
    assert_eq!(ada.go(&world, &format!("{pages}/acme")).await.status, 404);
    assert_eq!(ada.go(&world, &format!("{pages}/gone")).await.status, 200);
    for limited in [json!({"read_only": true}), json!({"actions": ["acme.get"]})] {
        let token = world.token(ADA, limited).await;
        let refused = world.post("/api/v2/public/connect-url").bearer(&token);
        refused.json(json!({})).await.refused(403, "FORBIDDEN");
    }
}

#[tokio::test]
async fn e7_a_browser_returns_only_where_the_environment_allows() {
    let world = scene(usual()).await;
    for allowed in [format!("{APP}/back"), format!("{APP}/any?where=1")] {
        link_with(&world, json!({"redirect_url": allowed})).await;
    }
    for elsewhere in [
        "https://evil.example/",
        "https://app.example.evil.example/",
        "http://app.example/back",
        "https://app.example:444/back",
        "https://user@app.example/back",
        "javascript:alert(1)",
        "//app.example/back",
        "https://app.example/back#x",
    ] {
        let refused = refused_link(&world, json!({"redirect_url": elsewhere})).await;
        assert_eq!(refused["errors"][0]["param"], "redirect_url", "{elsewhere}");
    }
}

#[tokio::test]
async fn where_nobody_could_confirm_no_link_is_made_and_the_answer_says_how_to_mend_it() {
    let world = scene(json!({})).await;
    let refused = refused_link(&world, json!({})).await;
    let message = refused["message"].as_str().unwrap();
    assert!(
        message.contains("tenon environment set --origin"),
        "{message}"
    );
    let world = scene(json!({"confirm": "off"})).await;
    link_with(&world, json!({})).await;
}

#[tokio::test]
async fn properties_are_kept_for_the_token_word_for_word() {
    let world = scene(usual()).await;
    let properties = json!({"color": "#abc", "deep": {"any": [1, null, "x"]}});
    let token = world.token(ADA, json!({})).await;
    let ask = || world.get("/api/v2/public/hosted-properties").bearer(&token);
    assert_eq!(ask().send().await.ok(), json!({}));
    link_with(&world, properties.clone()).await;
    assert_eq!(ask().send().await.ok(), properties);
    let other = world.token(BOB, json!({})).await;
    let theirs = world.get("/api/v2/public/hosted-properties").bearer(&other);
    assert_eq!(theirs.send().await.ok(), json!({}));
    world.clock.pass(24 * 3600 * 1000 - 1);
    assert_eq!(ask().send().await.ok(), properties);
}

#[tokio::test]
async fn a_code_is_exchanged_once_and_only_where_nobody_has_to_confirm() {
    let world = scene(usual()).await;
    let exchange = async |link: &str| {
        let code = link.rsplit('/').next().unwrap();
        let path = "/api/v2/public/connect-code/exchange";
        world.post(path).json(json!({"code": code})).await
    };
    let link = link_with(&world, json!({})).await;
    exchange(&link).await.refused(403, "FORBIDDEN");
    // A refusal does not use it up.
    super::browser::decide(&world, json!({"confirm": "off"})).await;
    let token = exchange(&link).await.ok()["token"]
        .as_str()
        .unwrap()
        .to_owned();
    exchange(&link).await.refused(401, "INVALID_TOKEN");
    assert_eq!(Browser::default().go(&world, &link).await.status, 410);
    let applications = world.get("/api/v2/f-sdk/application").bearer(&token);
    assert_eq!(applications.send().await.status, 200);
    let run = world.post(crate::world::RUN).bearer(&token);
    run.json(json!({"path": "x"}))
        .await
        .refused(403, "FORBIDDEN");
    exchange("https://x/cl_nonsense")
        .await
        .refused(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn pages_work_behind_a_prefix() {
    let world = super::browser::scene_at("https://example.com/gateway", usual()).await;
    let link = link_with(&world, json!({})).await;
    let path = link.strip_prefix("https://example.com").unwrap();
    assert!(path.starts_with("/gateway/connect/cl_"), "{link}");
    let mut ada = Browser::default();
    let (pages, page) = ada.follow(&world, path).await;
    assert!(pages.starts_with("/gateway/connect/s/link_"), "{pages}");
    let text = super::browser::plain(&page.text());
    for part in [
        format!("href=\"{pages}/theme.css\""),
        format!("href=\"{pages}/acme?"),
        "src=\"/gateway/connect/assets/page.js\"".to_owned(),
    ] {
        assert!(text.contains(&part), "{part}: {text}");
    }
    let form = ada.go(&world, &format!("{pages}/acme")).await;
    assert_eq!(
        super::browser::attribute(&form, "action"),
        format!("{pages}/acme")
    );
}
