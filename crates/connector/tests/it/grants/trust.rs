//! What tokens are sealed for: nobody takes them along to another address, client or proof.

use std::collections::{BTreeMap, BTreeSet};

use super::{CODE, granting, way, with};

const FACTS: [(&str, &str); 1] = [("instance_url", "https://shop.acme.test")];

fn sealed_for(grant: &str, client: &str, more: &[(&str, &str)]) -> String {
    let connector = granting(grant);
    let facts = FACTS.iter().chain(more);
    let facts: BTreeMap<_, _> = facts
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    connector
        .trust_of_client(way(&connector).0, &facts, Some(client))
        .unwrap()
}

#[test]
fn b8_tokens_are_sealed_for_their_addresses_client_and_proof() {
    let revoke = |url: &str| with(CODE, &format!("revoke: {{ url: {url} }}"));
    let regional = CODE.replace(
        "https://acme.test/token",
        "\"https://{{ connection.region }}.acme.test/token\"",
    );
    let all = [
        sealed_for(CODE, "one", &[]),
        sealed_for(CODE, "two", &[]),
        sealed_for(
            &CODE.replace("acme.test/token", "evil.test/token"),
            "one",
            &[],
        ),
        sealed_for(
            &CODE.replace("acme.test/token", "acme.test/other"),
            "one",
            &[],
        ),
        sealed_for(&with(CODE, "client_auth: basic"), "one", &[]),
        sealed_for(&with(CODE, "client_auth: none"), "one", &[]),
        sealed_for(&revoke("https://acme.test/gone"), "one", &[]),
        sealed_for(&revoke("https://evil.test/gone"), "one", &[]),
        sealed_for(&regional, "one", &[("region", "us")]),
        sealed_for(&regional, "one", &[("region", "eu")]),
        sealed_for(
            "{ flow: client_credentials, token_url: https://acme.test/token }",
            "one",
            &[],
        ),
    ];
    let different: BTreeSet<_> = all.iter().collect();
    assert_eq!(different.len(), all.len(), "{all:#?}");
}

#[test]
fn what_only_changes_how_people_are_asked_keeps_tokens() {
    let usual = sealed_for(CODE, "one", &[]);
    for more in [
        "scopes: [a, b]",
        "authorize_params: { prompt: consent }",
        "life_seconds: 60",
        "pkce: false",
    ] {
        assert_eq!(sealed_for(&with(CODE, more), "one", &[]), usual, "{more}");
    }
}
