//! The grants of the shipped connectors, and of the documentation.

use std::collections::BTreeMap;
use std::path::Path;

use tenon_connector::grant::{ConsentRequest, Proof};
use tenon_connector::{Connector, Way};

use super::{document, shown};
use crate::catalogue::shipped;
use crate::fixture::problems;

fn granting(slug: &str) -> (Connector, BTreeMap<String, String>) {
    let connector = shipped(slug);
    let facts = connector.example_facts();
    (connector, facts)
}

/// Consent, token request and revocation, up to what stands in them.
fn addresses(connector: &Connector, facts: &BTreeMap<String, String>) -> [String; 3] {
    let (_, way): (_, &Way) = connector.way("oauth2").unwrap();
    let grant = way.grant.as_ref().unwrap();
    let request = ConsentRequest {
        client_id: "c",
        redirect_uri: "https://tenon.test/",
        state: "s",
        challenge: "c",
        scopes: &grant.doc.scopes,
    };
    let consent = connector.consent_url(grant, facts, &request).unwrap();
    let scope = consent.query_pairs().find(|(name, _)| name == "scope");
    let scope = scope.map_or(String::new(), |(_, scope)| scope.into_owned());
    let (tokens, _) = connector.token_plan(grant, facts, Proof::Refresh).unwrap();
    let (revoke, _) = connector
        .revocation_plan(grant, facts, true)
        .unwrap()
        .unwrap();
    let consent = format!("{}{} {scope}", consent.host_str().unwrap(), consent.path());
    [consent, shown(&tokens), shown(&revoke)]
}

#[test]
fn hubspots_addresses_are_those_of_its_documentation() {
    let (connector, facts) = granting("hubspot");
    let client = r#"{"body":["client_id",[{"field":"client_id"}]]},{"body":["client_secret",[{"field":"client_secret"}]]}"#;
    let refresh = r#"{"body":["refresh_token",[{"field":"refresh_token"}]]}"#;
    let token = r#"{"body":["token",[{"field":"refresh_token"}]]}"#;
    let [consent, tokens, revoke] = addresses(&connector, &facts);
    assert_eq!(
        consent,
        "app.hubspot.com/oauth/authorize oauth crm.objects.contacts.read crm.objects.contacts.write \
         crm.objects.companies.read crm.objects.companies.write crm.objects.deals.read crm.objects.deals.write \
         crm.objects.owners.read tickets"
    );
    let base = "POST https://api.hubapi.com/oauth/2026-03/token";
    assert_eq!(
        tokens,
        format!("{base} form grant_type=refresh_token + [{refresh},{client}]")
    );
    assert_eq!(revoke, format!("{base}/revoke form  + [{token},{client}]"));
}

#[test]
fn salesforces_addresses_are_those_of_its_documentation() {
    let (connector, mut facts) = granting("salesforce");
    for (login, host) in [
        ("https://login.salesforce.com", "login.salesforce.com"),
        ("https://test.salesforce.com/", "test.salesforce.com"),
        ("https://acme.my.salesforce.com", "acme.my.salesforce.com"),
    ] {
        facts.insert("login_url".to_owned(), login.to_owned());
        connector.check_facts(&facts).unwrap();
        let [consent, tokens, revoke] = addresses(&connector, &facts);
        assert_eq!(
            consent,
            format!("{host}/services/oauth2/authorize api refresh_token openid")
        );
        assert!(
            tokens.starts_with(&format!("POST https://{host}/services/oauth2/token form ")),
            "{tokens}"
        );
        assert!(
            revoke.starts_with("POST https://acme.my.salesforce.com/services/oauth2/revoke form "),
            "{revoke}"
        );
    }
    facts.insert(
        "login_url".to_owned(),
        "https://login.salesforce.com.evil.test".to_owned(),
    );
    assert!(connector.check_facts(&facts).is_err());
}

/// The grants in a document, as the reader would copy them.
fn documented(name: &str, begins: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../docs")
        .join(name);
    let text = std::fs::read_to_string(path).unwrap();
    let blocks = text.split("```yaml\n").skip(1);
    let blocks = blocks.filter_map(|block| block.split("```").next());
    let found: Vec<_> = blocks
        .filter(|block| block.starts_with(begins))
        .map(str::to_owned)
        .collect();
    assert!(!found.is_empty());
    found
}

#[test]
fn the_grants_of_the_documentation_compile() {
    const ACTION: &str = "name: Act\ndescription: Acts.\nrequest: { get: /x }\n";
    for grant in documented("oauth-apps.md", "grant:\n") {
        let indented = grant.trim_start_matches("grant:").replace('\n', "\n    ");
        let found = problems(&document(&indented), &[("act", ACTION)]);
        assert!(found.is_empty(), "{grant}: {found:#?}");
    }
    for auth in documented("tutorial-connector.md", "auth:\n") {
        let text = format!("name: Acme\ndescription: A shop.\nbase_url: https://acme.test\n{auth}");
        let found = problems(&text, &[("act", ACTION)]);
        assert!(found.is_empty(), "{auth}: {found:#?}");
    }
}
