//! Where a person consents.

use std::collections::BTreeMap;

use tenon_connector::grant::{ConsentRequest, Grant};

use super::{CODE, granting, way, with};

/// The address where a person consents to these scopes.
fn consented(grant: &str, scopes: &[&str], facts: &[(&str, &str)]) -> String {
    let connector = granting(grant);
    let scopes: Vec<_> = scopes.iter().map(ToString::to_string).collect();
    let request = ConsentRequest {
        client_id: "client & 1",
        redirect_uri: "https://tenon.test/api/v1/acme/callback",
        state: "s-1",
        challenge: "c-1",
        scopes: &scopes,
    };
    let facts = facts
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_string()));
    let url = connector.consent_url(way(&connector).1, &facts.collect(), &request);
    url.unwrap().to_string()
}

const USUAL: &str = "https://acme.test/authorize?response_type=code&client_id=client+%26+1\
    &redirect_uri=https%3A%2F%2Ftenon.test%2Fapi%2Fv1%2Facme%2Fcallback&state=s-1";
const PKCE: &str = "&code_challenge=c-1&code_challenge_method=S256";

#[test]
fn the_consent_asks_for_the_scopes_and_binds_the_code() {
    let url = consented(CODE, &["read", "write:all"], &[]);
    assert_eq!(url, format!("{USUAL}&scope=read+write%3Aall{PKCE}"));
    assert_eq!(consented(CODE, &[], &[]), format!("{USUAL}{PKCE}"));
}

#[test]
fn an_application_can_want_commas_more_values_and_no_challenge() {
    let more = "scope_separator: \",\", pkce: false, authorize_params: { access_type: offline, prompt: consent }";
    let url = consented(&with(CODE, more), &["a", "b"], &[]);
    assert_eq!(
        url,
        format!("{USUAL}&scope=a%2Cb&access_type=offline&prompt=consent")
    );
}

#[test]
fn values_of_the_address_itself_stay() {
    let grant = CODE.replace("acme.test/authorize", "acme.test/authorize?team=1");
    let url = consented(&grant, &[], &[]);
    assert!(
        url.starts_with("https://acme.test/authorize?team=1&response_type=code&"),
        "{url}"
    );
}

#[test]
fn the_address_is_the_customers_own_where_a_fact_says_so() {
    let grant = CODE.replace(
        "https://acme.test/authorize",
        "\"https://{{ connection.region }}.acme.test/authorize\"",
    );
    for (facts, host) in [(&[][..], "eu"), (&[("region", "us")], "us")] {
        let url = consented(&grant, &[], facts);
        assert!(
            url.starts_with(&format!("https://{host}.acme.test/authorize?")),
            "{url}"
        );
    }
}

#[test]
fn what_was_agreed_to_is_read_with_spaces_and_with_commas() {
    assert_eq!(Grant::split("a b,c  d,"), ["a", "b", "c", "d"]);
    assert!(Grant::split("").is_empty());
}

#[test]
fn a_flow_without_a_person_has_no_consent() {
    let connector = granting("{ flow: client_credentials, token_url: https://acme.test/token }");
    let request = ConsentRequest {
        client_id: "c",
        redirect_uri: "https://tenon.test/",
        state: "s",
        challenge: "c",
        scopes: &[],
    };
    let url = connector.consent_url(way(&connector).1, &BTreeMap::new(), &request);
    assert!(url.is_err());
}
