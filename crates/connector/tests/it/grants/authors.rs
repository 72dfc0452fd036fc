//! What a connector's author is told: where the mistake stands, and how to mend it.

use super::{CODE, wrong};

#[test]
fn a_flow_that_lacks_something_names_it() {
    for (grant, lacks) in [
        (
            "{ flow: authorization_code, token_url: https://acme.test/token }",
            "`authorization_code` needs `authorize_url`",
        ),
        (
            "{ flow: oauth1, token_url: https://acme.test/t, authorize_url: https://acme.test/a }",
            "`oauth1` needs `request_token_url`",
        ),
        (
            "{ flow: jwt_bearer, token_url: https://acme.test/token }",
            "`jwt_bearer` needs `assertion`",
        ),
    ] {
        let found = wrong(grant);
        assert!(found.starts_with("connector.yaml:14:"), "{found}");
        assert!(
            found.contains(&format!("auth.oauth2.grant: {lacks}")),
            "{found}"
        );
    }
}

#[test]
fn what_belongs_to_another_flow_is_refused_where_it_stands() {
    let grant = "{ flow: client_credentials, token_url: https://acme.test/t, authorize_url: https://acme.test/a }";
    let found = wrong(grant);
    assert!(
        found.contains(
            "auth.oauth2.grant.authorize_url: `client_credentials` has no `authorize_url`"
        ),
        "{found}"
    );
}

#[test]
fn an_address_that_is_none_is_named_with_its_key() {
    for (address, said) in [
        ("acme.test/token", "`acme.test/token` is not a URL"),
        (
            "ftp://acme.test/token",
            "must be an address that begins with https://",
        ),
        (
            "https://user:word@acme.test/token",
            "must be an address that begins with https://",
        ),
        (
            "https://acme.test/token#part",
            "must be an address that begins with https://",
        ),
    ] {
        let found = wrong(&CODE.replace("https://acme.test/token", &format!("\"{address}\"")));
        assert!(
            found.contains("auth.oauth2.grant.token_url: ") && found.contains(said),
            "{found}"
        );
    }
    let found = wrong(&super::with(CODE, "revoke: { url: nowhere }"));
    assert!(found.contains("auth.oauth2.grant.revoke.url: "), "{found}");
}

#[test]
fn an_address_takes_declared_facts_that_are_bound_to_hosts_alone() {
    let found = wrong(&CODE.replace(
        "https://acme.test/token",
        "\"https://{{ connection.shop }}.test/token\"",
    ));
    assert!(
        found.contains("`connection.shop` is not declared"),
        "{found}"
    );
    let found = wrong(&CODE.replace(
        "https://acme.test/token",
        "\"https://{{ access_token }}.test/\"",
    ));
    assert!(
        found.contains("auth.oauth2.grant.token_url: ") && found.contains("access_token"),
        "{found}"
    );
}

#[test]
fn an_assertion_signs_with_a_field_that_is_there() {
    let grant = "{ flow: jwt_bearer, token_url: https://acme.test/t, assertion: { key: KEY, issuer: \"ISSUER\" } }";
    let found = wrong(
        &grant
            .replace("KEY", "pem")
            .replace("ISSUER", "{{ client_email }}"),
    );
    assert!(
        found.contains("auth.oauth2.grant.assertion.key: `pem` is not a field"),
        "{found}"
    );
    let found = wrong(
        &grant
            .replace("KEY", "private_key")
            .replace("ISSUER", "{{ name }}"),
    );
    assert!(
        found.contains("auth.oauth2.grant.assertion.issuer: `name` is not a field"),
        "{found}"
    );
}

#[test]
fn a_misspelt_key_or_flow_is_found_where_it_stands() {
    let found = wrong(&CODE.replace("token_url", "tokn_url"));
    assert!(
        found.starts_with("connector.yaml:14:") && found.contains("tokn_url"),
        "{found}"
    );
    let found = wrong(&CODE.replace("authorization_code", "implicit"));
    assert!(
        found.contains("implicit") && found.contains("authorization_code"),
        "{found}"
    );
}
