//! Tokens that this program did not write, most of them signed with its own key: each is refused.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};
use tenon_engine::ports::Keys as _;
use tenon_testkit::promise;
use tenon_vault::{KeyRing, WrappedKey};

use crate::world::{ADA, BOB, World};

/// A good token in its parts, and the key that signed it.
struct Good {
    header: Value,
    claims: Value,
    token: String,
    key: Vec<u8>,
}

impl Good {
    async fn new(world: &World) -> Self {
        let token = world.token(ADA, json!({})).await;
        let parts: Vec<_> = token.split('.').collect();
        let part = |at: usize| {
            let bytes = URL_SAFE_NO_PAD.decode(parts[at]).unwrap();
            serde_json::from_slice(&bytes).unwrap()
        };
        Self {
            header: part(0),
            claims: part(1),
            key: signing_key(world).await,
            token,
        }
    }

    fn signature(&self) -> &str {
        self.token.rsplit('.').next().unwrap()
    }

    /// The texts as a token, signed with the right key.
    fn signed(&self, header: &str, claims: &str) -> String {
        sign(header, claims, &self.key, Algorithm::HS256)
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        self.signed(&put(&self.header, name, value), &self.claims.to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        self.signed(&self.header.to_string(), &put(&self.claims, name, value))
    }

    /// The claims with one more member before the others, which may stand there already.
    fn with_twice(&self, member: &str) -> String {
        let claims = self
            .claims
            .to_string()
            .replacen('{', &format!("{{{member},"), 1);
        self.signed(&self.header.to_string(), &claims)
    }

    fn without(&self, claim: &str) -> String {
        let mut claims = self.claims.clone();
        claims.as_object_mut().unwrap().remove(claim);
        self.signed(&self.header.to_string(), &claims.to_string())
    }

    fn by_algorithm(&self, name: &str, signature: &str) -> String {
        let (header, claims) = (
            put(&self.header, "alg", json!(name)),
            self.claims.to_string(),
        );
        [&encode(&header), &encode(&claims), signature].join(".")
    }
}

/// The key that the server signs with, from its database and its key ring.
async fn signing_key(world: &World) -> Vec<u8> {
    let rows = world.store.data_keys().await.unwrap();
    let row = rows
        .into_iter()
        .find(|row| row.scope == "instance")
        .unwrap();
    let ring = KeyRing::parse(&world.ring).unwrap();
    let key = ring.unwrap("instance", &WrappedKey(row.wrapped)).unwrap();
    key.derive("session-token").to_vec()
}

fn put(object: &Value, name: &str, value: Value) -> String {
    let mut object = object.clone();
    object[name] = value;
    object.to_string()
}

fn encode(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn sign(header: &str, claims: &str, key: &[u8], algorithm: Algorithm) -> String {
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = crypto::sign(text.as_bytes(), &EncodingKey::from_secret(key), algorithm);
    format!("{text}.{}", signature.unwrap())
}

/// Headers that were changed and signed again with the right key.
fn headers(good: &Good) -> Vec<(&'static str, String)> {
    let jwk = json!({"kty": "oct", "k": "AAAA"});
    let claims = good.claims.to_string();
    let by = |name, algorithm| {
        sign(
            &put(&good.header, "alg", json!(name)),
            &claims,
            &good.key,
            algorithm,
        )
    };
    vec![
        ("alg none", good.by_algorithm("none", "")),
        ("alg None", good.by_algorithm("None", "")),
        ("alg NONE", good.by_algorithm("NONE", "")),
        (
            "alg none, signed",
            good.by_algorithm("none", good.signature()),
        ),
        ("alg HS384", by("HS384", Algorithm::HS384)),
        ("alg HS512", by("HS512", Algorithm::HS512)),
        ("alg RS256", good.by_algorithm("RS256", good.signature())),
        ("alg ES256", good.by_algorithm("ES256", good.signature())),
        ("alg EdDSA", good.by_algorithm("EdDSA", good.signature())),
        ("alg missing", good.signed(r#"{"typ":"JWT"}"#, &claims)),
        (
            "kid that is a path",
            good.with_header("kid", json!("../../../../dev/null")),
        ),
        (
            "kid that is SQL",
            good.with_header("kid", json!("x' UNION SELECT 'y")),
        ),
        (
            "jku",
            good.with_header("jku", json!("https://evil.example/keys.json")),
        ),
        (
            "x5u",
            good.with_header("x5u", json!("https://evil.example/cert.pem")),
        ),
        ("jwk", good.with_header("jwk", jwk)),
        ("typ at+jwt", good.with_header("typ", json!("at+jwt"))),
        ("typ JWE", good.with_header("typ", json!("JWE"))),
        ("typ missing", good.signed(r#"{"alg":"HS256"}"#, &claims)),
        ("cty", good.with_header("cty", json!("JWT"))),
    ]
}

/// Claims that were changed and signed again with the right key.
fn claims(good: &Good, others: &Value) -> Vec<(&'static str, String)> {
    let ends = good.claims["exp"].as_i64().unwrap();
    let other_jti = put(&good.claims, "jti", others["jti"].clone());
    vec![
        ("longer life", good.with_claim("exp", json!(ends + 3600))),
        ("expired", good.with_claim("exp", json!(1))),
        (
            "exp that is a text",
            good.with_claim("exp", json!(ends.to_string())),
        ),
        ("other time of issue", good.with_claim("iat", json!(0))),
        ("not before", good.with_claim("nbf", json!(ends - 1))),
        (
            "other environment",
            good.with_claim("environment", json!("production")),
        ),
        (
            "no environment of ours",
            good.with_claim("environment", json!("staging")),
        ),
        (
            "other organization",
            good.with_claim("org_id", json!("org_0190f0000000700080000000000000aa")),
        ),
        ("an audience", good.with_claim("aud", json!("mcp"))),
        (
            "an issuer",
            good.with_claim("iss", json!("https://evil.example")),
        ),
        (
            "other account",
            good.with_claim("linked_account_id", json!(BOB)),
        ),
        (
            "other session",
            good.signed(&good.header.to_string(), &other_jti),
        ),
        (
            "session that is not there",
            good.with_claim("jti", json!("ses_0190f0000000700080000000000000aa")),
        ),
        (
            "session that is no id",
            good.with_claim("jti", json!("' OR 1=1")),
        ),
        ("no session", good.without("jti")),
        ("no end", good.without("exp")),
        (
            "scopes",
            good.with_claim("scopes", json!({"read_only": false})),
        ),
        (
            "two accounts",
            good.with_twice(r#""linked_account_id":"bob""#),
        ),
        (
            "the account twice",
            good.with_twice(r#""linked_account_id":"ada@example.com""#),
        ),
        (
            "claims that are a list",
            good.signed(&good.header.to_string(), "[]"),
        ),
        (
            "a megabyte of claims",
            good.with_claim("pad", json!("x".repeat(1 << 20))),
        ),
    ]
}

/// Tokens whose text was changed.
fn texts(good: &Good) -> Vec<(&'static str, String)> {
    let token = &good.token;
    let (text, signature) = token.rsplit_once('.').unwrap();
    let with_key = |key: &[u8]| {
        sign(
            &good.header.to_string(),
            &good.claims.to_string(),
            key,
            Algorithm::HS256,
        )
    };
    let bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut flipped = bytes.clone();
    flipped[0] ^= 1;
    // The last sign of 32 bytes in base64 has two bits that mean nothing.
    let sloppy = format!("{}{}", first(token, token.len() - 1), next_sign(token));
    vec![
        ("another key", with_key(&[7; 32])),
        ("an empty key", with_key(b"")),
        (
            "the session as the key",
            with_key(good.claims["jti"].as_str().unwrap().as_bytes()),
        ),
        ("no signature", text.to_owned()),
        ("an empty signature", format!("{text}.")),
        (
            "half a signature",
            format!("{text}.{}", first(signature, 20)),
        ),
        (
            "a flipped bit",
            format!("{text}.{}", URL_SAFE_NO_PAD.encode(flipped)),
        ),
        ("bits that mean nothing", sloppy),
        ("half a token", first(token, token.len() / 2).to_owned()),
        ("four parts", format!("{token}.x")),
        ("padding", format!("{text}.{}", URL_SAFE.encode(&bytes))),
        (
            "the other alphabet",
            format!("{text}.{}", STANDARD.encode(&bytes)),
        ),
        ("a blank inside", format!("{text}. {signature}")),
        ("a megabyte", "a".repeat(1 << 20)),
        (
            "JSON instead",
            json!({"payload": text, "signature": signature}).to_string(),
        ),
    ]
}

fn first(text: &str, count: usize) -> &str {
    text.split_at(count).0
}

fn next_sign(token: &str) -> char {
    const SIGNS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = token.chars().next_back().unwrap();
    let at = SIGNS.find(last).unwrap();
    SIGNS.chars().nth(at ^ 1).unwrap()
}

#[tokio::test]
async fn e4_forged_tokens_are_refused() {
    let world = World::new().await;
    let good = Good::new(&world).await;
    let paths = [
        "/api/v2/public/action-execution",
        "/api/v2/public/session/active-linked-account",
    ];
    for path in paths {
        // Parts that are put together again unchanged are the token: what is refused below is what was changed.
        let again = good.signed(&good.header.to_string(), &good.claims.to_string());
        for token in [&good.token, &again] {
            world.get(path).bearer(token).send().await.ok();
        }
    }
    let bobs = world.token(BOB, json!({})).await;
    let bobs = URL_SAFE_NO_PAD
        .decode(bobs.split('.').nth(1).unwrap())
        .unwrap();
    let bobs: Value = serde_json::from_slice(&bobs).unwrap();
    let forged = [headers(&good), claims(&good, &bobs), texts(&good)].concat();
    for (what, token) in &forged {
        for path in paths {
            let answer = world.get(path).bearer(token).send().await;
            assert_eq!(answer.status, 401, "{what} at {path}: {}", answer.text());
        }
    }
    assert!(forged.len() >= 40, "{}", forged.len());
    promise::kept("E4", format!("{} forged tokens, 0 let in", forged.len()));
}
