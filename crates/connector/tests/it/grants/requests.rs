//! Token requests, word for word. Secrets have places in them and no values.

use std::collections::BTreeMap;

use tenon_connector::Connector;
use tenon_connector::grant::Proof;

use super::{CODE, granting, shown, way, with};

const NOW: i64 = 1_700_000_000;

fn asked(connector: &Connector, proof: Proof<'_>) -> String {
    let plan = connector.token_plan(way(connector).1, &BTreeMap::new(), proof);
    shown(&plan.unwrap().0)
}

const CLIENT: &str = r#"{"body":["client_id",[{"field":"client_id"}]]},{"body":["client_secret",[{"field":"client_secret"}]]}"#;

#[test]
fn a_code_is_exchanged_with_its_verifier() {
    let connector = granting(CODE);
    let expected = format!(
        "POST https://acme.test/token form grant_type=authorization_code&redirect_uri=https://tenon.test/back + \
         [{{\"body\":[\"code\",[{{\"field\":\"code\"}}]]}},\
         {{\"body\":[\"code_verifier\",[{{\"field\":\"code_verifier\"}}]]}},{CLIENT}]"
    );
    assert_eq!(
        asked(&connector, Proof::Code("https://tenon.test/back")),
        expected
    );
    let connector = granting(&with(CODE, "pkce: false"));
    let without = asked(&connector, Proof::Code("https://tenon.test/back"));
    assert!(!without.contains("code_verifier"), "{without}");
}

#[test]
fn a_refresh_token_is_used_with_the_client() {
    let refresh = r#"{"body":["refresh_token",[{"field":"refresh_token"}]]}"#;
    let form = "POST https://acme.test/token form grant_type=refresh_token";
    let connector = granting(CODE);
    assert_eq!(
        asked(&connector, Proof::Refresh),
        format!("{form} + [{refresh},{CLIENT}]")
    );
    let connector = granting(&with(
        CODE,
        "client_auth: basic, token_params: { audience: api }",
    ));
    let basic = r#"{"basic":{"username":[{"encoded":"client_id"}],"password":[{"encoded":"client_secret"}]}}"#;
    assert_eq!(
        asked(&connector, Proof::Refresh),
        format!("{form}&audience=api + [{refresh},{basic}]")
    );
    let connector = granting(&with(CODE, "client_auth: none, token_body: json"));
    let json = r#"POST https://acme.test/token json {"grant_type":"refresh_token"}"#;
    let id = r#"{"body":["client_id",[{"field":"client_id"}]]}"#;
    assert_eq!(
        asked(&connector, Proof::Refresh),
        format!("{json} + [{refresh},{id}]")
    );
}

#[test]
fn a_client_asks_for_itself() {
    let connector = granting(
        "{ flow: client_credentials, token_url: https://acme.test/token, scope_separator: \",\" }",
    );
    let scopes = ["a".to_owned(), "b".to_owned()];
    let form = "POST https://acme.test/token form grant_type=client_credentials";
    assert_eq!(
        asked(&connector, Proof::Itself(&scopes, NOW)),
        format!("{form}&scope=a,b + [{CLIENT}]")
    );
    assert_eq!(
        asked(&connector, Proof::Itself(&[], NOW)),
        format!("{form} + [{CLIENT}]")
    );
}

#[test]
fn a_service_account_signs_what_it_asks_for() {
    let grant = "{ flow: jwt_bearer, token_url: https://acme.test/token, client_auth: none, \
                 assertion: { key: private_key, issuer: \"{{ client_email }}\", MORE } }";
    let form =
        "POST https://acme.test/token form grant_type=urn:ietf:params:oauth:grant-type:jwt-bearer";
    let scopes = ["a".to_owned(), "b".to_owned()];
    let id = r#"{"body":["client_id",[{"field":"client_id"}]]}"#;
    let signed = |subject: &str, audience: &str, scope: &str| {
        format!(
            r#"{{"assertion":{{"param":"assertion","key":"private_key","issuer":[{{"field":"client_email"}}],"subject":[{subject}],"audience":"{audience}","scope":{scope},"issued_at":1700000000,"expires_at":1700000300}}}}"#
        )
    };
    let connector = granting(&grant.replace(", MORE", ""));
    let usual = signed(
        r#"{"field":"client_email"}"#,
        "https://acme.test/token",
        "null",
    );
    assert_eq!(
        asked(&connector, Proof::Itself(&scopes, NOW)),
        format!("{form}&scope=a b + [{usual},{id}]")
    );
    let more = "subject: \"of {{ client_email }}\", audience: acme, scope_claim: true";
    let connector = granting(&grant.replace("MORE", more));
    let own = signed(
        r#"{"literal":"of "},{"field":"client_email"}"#,
        "acme",
        r#""a b""#,
    );
    assert_eq!(
        asked(&connector, Proof::Itself(&scopes, NOW)),
        format!("{form} + [{own},{id}]")
    );
}

#[test]
fn an_oauth1_flow_signs_each_step() {
    let grant = "{ flow: oauth1, request_token_url: https://acme.test/1, authorize_url: https://acme.test/2, token_url: https://acme.test/3 }";
    let connector = granting(grant);
    let (_, grant) = way(&connector);
    let facts = BTreeMap::new();
    let signed = |token: &str, extra: &str| {
        format!(
            r#"[{{"oauth1":{{"consumer_key":[{{"field":"client_id"}}],"consumer_secret":[{{"field":"client_secret"}}],"token":[{token}],"token_secret":[{{"field":"code_verifier"}}],"signature":"HMAC-SHA1","realm":null,"extra":[{extra}]}}}}]"#
        )
    };
    let first = connector
        .request_token_plan(grant, &facts, "https://tenon.test/back")
        .unwrap()
        .0;
    let callback = r#"["oauth_callback",[{"literal":"https://tenon.test/back"}]]"#;
    assert_eq!(
        shown(&first),
        format!("POST https://acme.test/1 form  + {}", signed("", callback))
    );
    let url = connector
        .consent_url_of_token(grant, &facts, "t&1")
        .unwrap();
    assert_eq!(url.as_str(), "https://acme.test/2?oauth_token=t%261");
    let last = asked(&connector, Proof::Code("https://tenon.test/back"));
    let verifier = r#"["oauth_verifier",[{"field":"code"}]]"#;
    let token = r#"{"field":"access_token"}"#;
    assert_eq!(
        last,
        format!(
            "POST https://acme.test/3 form  + {}",
            signed(token, verifier)
        )
    );
}

fn revoked(revoke: &str, has_refresh_token: bool) -> String {
    let connector = granting(&with(
        CODE,
        &format!("revoke: {{ url: https://acme.test/gone, {revoke} }}"),
    ));
    let plan = connector.revocation_plan(way(&connector).1, &BTreeMap::new(), has_refresh_token);
    shown(&plan.unwrap().unwrap().0)
}

#[test]
fn a_token_is_revoked_as_the_application_wants_it() {
    for (has, field) in [(true, "refresh_token"), (false, "access_token")] {
        let token = format!(r#"{{"body":["token",[{{"field":"{field}"}}]]}}"#);
        let expected = format!("POST https://acme.test/gone form  + [{token},{CLIENT}]");
        assert_eq!(revoked("method: post", has), expected);
    }
    let own = revoked("field: access_token, param: key, client_auth: none", true);
    assert!(
        own.contains(r#"{"body":["key",[{"field":"access_token"}]]}"#),
        "{own}"
    );
    assert!(!own.contains("client_secret"), "{own}");
    let query = r#"[{"query":["token",[{"field":"refresh_token"}]]}]"#;
    assert_eq!(
        revoked("method: get", true),
        format!("GET https://acme.test/gone + {query}")
    );
    let path = r#"[{"pathend":[{"field":"refresh_token"}]}]"#;
    assert_eq!(
        revoked("method: delete_path", true),
        format!("DELETE https://acme.test/gone + {path}")
    );
}

#[test]
fn an_application_without_revocation_has_no_request_for_it() {
    let connector = granting(CODE);
    let plan = connector.revocation_plan(way(&connector).1, &BTreeMap::new(), true);
    assert!(plan.unwrap().is_none());
}

#[test]
fn a_token_request_goes_to_its_own_host_alone() {
    let connector = granting(CODE);
    let (plan, hosts) = connector
        .token_plan(way(&connector).1, &BTreeMap::new(), Proof::Refresh)
        .unwrap();
    assert!(hosts.allows(&plan.url));
    assert!(!hosts.allows(&"https://shop.acme.test/token".parse().unwrap()));
}
