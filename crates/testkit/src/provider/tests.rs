//! The provider over HTTP, as a client sees it.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use url::Url;

use super::*;
use crate::{Answer, Http, assert_clean};

/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const BACK: &str = "http://127.0.0.1:9/back";
const CLIENT: [(&str, &str); 2] = [
    ("client_id", Provider::CLIENT_ID),
    ("client_secret", Provider::CLIENT_SECRET),
];

async fn started() -> (Provider, Http) {
    let provider = Provider::start().await;
    let http = Http::new(&provider.base);
    (provider, http)
}

/// What the browser is sent back with.
async fn consent(http: &Http, more: &str) -> Url {
    let path = format!(
        "/authorize?response_type=code&client_id={}&redirect_uri={BACK}&scope=a%20b&state=s-1\
         &code_challenge={CHALLENGE}&code_challenge_method=S256{more}",
        Provider::CLIENT_ID
    );
    let answer = http.send("GET", &path, &[], None).await;
    assert_eq!(answer.status, 302, "{answer:?}");
    Url::parse(answer.header("location").unwrap()).unwrap()
}

fn value(url: &Url, name: &str) -> Option<String> {
    let mut pairs = url.query_pairs();
    pairs
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

async fn call(http: &Http, pairs: &[(&str, &str)]) -> Answer {
    http.form("/token", &[], &[pairs, &CLIENT].concat()).await
}

async fn exchange(http: &Http, code: &str, verifier: &str) -> Answer {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", BACK),
        ("code_verifier", verifier),
    ];
    call(http, &pairs).await
}

async fn refresh(http: &Http, token: &str) -> Answer {
    let pairs = [("grant_type", "refresh_token"), ("refresh_token", token)];
    call(http, &pairs).await
}

async fn get(http: &Http, path: &str, token: &Value) -> Answer {
    let bearer = format!("Bearer {}", token.as_str().unwrap());
    http.send("GET", path, &[("authorization", &bearer)], None)
        .await
}

async fn until(true_now: impl Fn() -> bool) {
    for _ in 0..2000 {
        if true_now() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("it never came true");
}

#[tokio::test]
async fn a_code_brings_tokens_to_the_holder_of_the_verifier_once() {
    let (provider, http) = started().await;
    let back = consent(&http, "&login_hint=ann").await;
    assert_eq!(value(&back, "state").as_deref(), Some("s-1"));
    assert_eq!(value(&back, "iss"), None);
    let code = value(&back, "code").unwrap();
    let wrong = exchange(&http, &code, "another verifier").await;
    assert_eq!(
        (wrong.status, &wrong.body["error"]),
        (400, &json!("invalid_grant"))
    );
    let tokens = exchange(&http, &code, VERIFIER).await;
    assert_eq!(
        (tokens.status, &tokens.body["expires_in"]),
        (200, &json!(3600))
    );
    assert_eq!(tokens.body["scope"], "a b");
    let person = get(&http, "/userinfo", &tokens.body["access_token"]).await;
    assert_eq!(
        person.body,
        json!({"sub": "ann", "email": "ann@provider.example"})
    );
    assert_eq!(exchange(&http, &code, VERIFIER).await.status, 400);
    let person = get(&http, "/userinfo", &tokens.body["access_token"]).await;
    assert_eq!(person.status, 401);
    assert_eq!(provider.families_revoked(), 1);
    assert_eq!(provider.token_calls("authorization_code"), 3);
}

#[tokio::test]
async fn without_a_challenge_there_is_no_code() {
    let (_provider, http) = started().await;
    for more in ["&code_challenge_method=plain", "&code_challenge="] {
        let back = consent(&http, more).await;
        assert_eq!(value(&back, "error").as_deref(), Some("invalid_request"));
        assert_eq!(value(&back, "code"), None);
    }
}

#[tokio::test]
async fn the_way_back_is_as_the_switches_say() {
    let (provider, http) = started().await;
    provider.change(|behaviour| behaviour.issuer = Echo::Right);
    let back = consent(&http, "").await;
    assert_eq!(value(&back, "iss").as_ref(), Some(&provider.base));
    provider.change(|behaviour| {
        behaviour.consent = Consent::Denied;
        (behaviour.issuer, behaviour.state) = (Echo::Wrong, Echo::Wrong);
    });
    let back = consent(&http, "").await;
    assert_eq!(value(&back, "error").as_deref(), Some("access_denied"));
    assert!(value(&back, "error_description").is_some());
    assert_ne!(value(&back, "iss").as_ref(), Some(&provider.base));
    assert_ne!(value(&back, "state").as_deref(), Some("s-1"));
}

#[tokio::test]
async fn refresh_tokens_rotate_and_one_used_twice_ends_the_grant() {
    let (provider, http) = started().await;
    let first = provider.grant("ann");
    let next = refresh(&http, &first.refresh.clone().unwrap()).await;
    assert_eq!(next.status, 200);
    provider.change(|behaviour| {
        let grace = Duration::from_secs(30);
        behaviour.rotation = Rotation::Each { grace };
    });
    assert_eq!(
        refresh(&http, &first.refresh.clone().unwrap()).await.status,
        200
    );
    provider.change(|behaviour| {
        let grace = Duration::ZERO;
        behaviour.rotation = Rotation::Each { grace };
    });
    let reused = refresh(&http, &first.refresh.unwrap()).await;
    assert_eq!(
        (reused.status, &reused.body["error"]),
        (400, &json!("invalid_grant"))
    );
    assert_eq!(provider.families_revoked(), 1);
    assert_eq!(
        get(&http, "/api/records", &next.body["access_token"])
            .await
            .status,
        401
    );
}

#[tokio::test]
async fn a_client_proves_itself_by_header_or_by_body() {
    let (_provider, http) = started().await;
    let grant = [("grant_type", "client_credentials")];
    assert_eq!(call(&http, &grant).await.status, 200);
    let basic = |secret: &str| {
        let pair = format!("{}:{secret}", Provider::CLIENT_ID);
        format!("Basic {}", BASE64_STANDARD.encode(pair))
    };
    for (secret, status) in [(Provider::CLIENT_SECRET, 200), ("wrong", 401)] {
        let header = [("authorization", &*basic(secret))];
        let answer = http.form("/token", &header, &grant).await;
        assert_eq!(answer.status, status);
    }
    let nobody = http.form("/token", &[], &grant).await;
    assert_eq!(
        (nobody.status, &nobody.body["error"]),
        (401, &json!("invalid_client"))
    );
}

#[tokio::test]
async fn a_service_account_signs_for_itself() {
    let (provider, http) = started().await;
    let claims = json!({
        "iss": "robot", "aud": format!("{}/token", provider.base), "exp": 4_000_000_000_u64,
    });
    let key = rcgen::KeyPair::from_pem(&Provider::service_key()).unwrap();
    let head = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let encode = |part: Vec<u8>| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(part);
    let signed =
        encode(serde_json::to_vec(&head).unwrap()) + "." + &encode(claims.to_string().into());
    let signature = rcgen::SigningKey::sign(&key, signed.as_bytes()).unwrap();
    let assertion = format!("{signed}.{}", encode(signature));
    let grant = ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer");
    let answer = http
        .form("/token", &[], &[grant, ("assertion", &assertion)])
        .await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let person = get(&http, "/userinfo", &answer.body["access_token"]).await;
    assert_eq!(person.body["sub"], "robot");
    let forged = assertion.replace('.', "A.");
    let answer = http
        .form("/token", &[], &[grant, ("assertion", &forged)])
        .await;
    assert_eq!(answer.status, 400);
}

#[tokio::test]
async fn an_answer_that_is_held_was_acted_on() {
    let (provider, http) = started().await;
    provider.change(|behaviour| behaviour.hold = Hold::UntilReleased);
    let token = provider.grant("ann").refresh.unwrap();
    let calls = [1, 2].map(|_| {
        let (http, token) = (http.clone(), token.clone());
        tokio::spawn(async move { refresh(&http, &token).await.status })
    });
    provider.held(2).await;
    assert_eq!(provider.most_token_calls_at_once(), 2);
    assert_eq!(provider.families_revoked(), 1);
    provider.release();
    let mut seen = Vec::new();
    for call in calls {
        seen.push(call.await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, [200, 400]);
}

#[tokio::test]
async fn a_call_whose_caller_is_gone_is_acted_on_and_waited_for_no_more() {
    let (provider, http) = started().await;
    provider.change(|behaviour| {
        behaviour.latency = Duration::from_millis(20);
        behaviour.hold = Hold::UntilReleased;
    });
    for round in [1, 2] {
        let (http, token) = (http.clone(), provider.grant("ann").refresh.unwrap());
        let calling = tokio::spawn(async move { refresh(&http, &token).await });
        until(|| provider.token_calls_in_flight() == 1).await;
        calling.abort();
        until(|| provider.token_calls_in_flight() == 0).await;
        provider.held(round).await;
        assert_eq!(provider.issued().len(), 4 * round);
    }
    assert_eq!(provider.most_token_calls_at_once(), 1);
}

#[tokio::test]
async fn garbage_that_is_no_use_leaves_the_grant_alone() {
    let (provider, http) = started().await;
    for garbage in Garbage::ALL {
        let token = provider.grant("ann").refresh.unwrap();
        provider.script([*garbage]);
        let grant = [("grant_type", "refresh_token"), ("refresh_token", &*token)];
        let pairs = [grant, CLIENT].concat();
        let calling = http.try_form("/token", &[], &pairs);
        // One that drips is not waited for.
        let answer = tokio::time::timeout(Duration::from_secs(1), calling).await;
        let works = answer.ok().and_then(Result::ok).is_some_and(|answer| {
            let usual = answer.body["access_token"].is_string();
            usual && answer.status == 200
        });
        if garbage.verdict() == Verdict::Usable {
            assert!(works, "{garbage:?}");
        } else {
            assert_eq!(refresh(&http, &token).await.status, 200, "{garbage:?}");
        }
    }
}

#[tokio::test]
async fn what_is_revoked_is_over_and_leaks_are_found() {
    let (provider, http) = started().await;
    let pair = provider.grant("ann");
    let access = json!(pair.access);
    let refresh_token = pair.refresh.unwrap();
    assert_eq!(get(&http, "/api/records", &access).await.status, 200);
    assert_eq!(provider.executed().len(), 1);
    let client = [CLIENT[0], CLIENT[1], ("token", &*refresh_token)];
    provider.change(|behaviour| behaviour.revocation_fails = true);
    assert_eq!(http.form("/revoke", &[], &client).await.status, 503);
    assert_eq!(get(&http, "/api/records", &access).await.status, 200);
    provider.change(|behaviour| behaviour.revocation_fails = false);
    assert_eq!(http.form("/revoke", &[], &client).await.status, 200);
    assert_eq!(get(&http, "/api/records", &access).await.status, 401);
    assert_eq!(provider.executed().len(), 2);
    for issued in provider.issued() {
        let found = std::panic::catch_unwind(|| assert_clean("a test", issued.token.as_bytes()));
        assert!(found.is_err());
    }
}
