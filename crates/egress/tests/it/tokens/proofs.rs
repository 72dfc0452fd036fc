//! What is shown as proof: codes, refresh tokens, clients, assertions; and how tokens are revoked.

use std::collections::BTreeMap;

use serde_json::Value;
use tenon_connector::grant::{ConsentRequest, Proof};
use tenon_egress::{ErrorKind, Granted, Sent, TokenAnswer};
use tenon_testkit::Http;
use tenon_testkit::provider::Provider;
use url::Url;

use super::{ask, compiled, connector, grant, granted, refreshing, value};
use crate::application::{Application, call, credential, open};

const BACK: &str = "https://tenon.test/api/v1/provider/callback";
/// The example of RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Whose the tokens are.
async fn person(http: &Http, granted: &Granted) -> Value {
    let bearer = format!("Bearer {}", value(granted, "access_token").unwrap());
    let headers = [("authorization", &*bearer)];
    http.send("GET", "/userinfo", &headers, None).await.body
}

#[tokio::test]
async fn a_consent_becomes_tokens_that_work_and_are_renewed() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let scopes = ["records".to_owned(), "profile".to_owned()];
    let request = ConsentRequest {
        client_id: Provider::CLIENT_ID,
        redirect_uri: BACK,
        state: "s-1",
        challenge: CHALLENGE,
        scopes: &scopes,
    };
    let url = connector.consent_url(grant(&connector, "oauth2"), &BTreeMap::new(), &request);
    let url = url.unwrap();
    let http = Http::new(&provider.base);
    let path = format!("{}?{}", url.path(), url.query().unwrap());
    let answer = http.send("GET", &path, &[], None).await;
    let back = Url::parse(answer.header("location").unwrap()).unwrap();
    let code = back
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1;
    let [client, secret, _] = refreshing("");
    let fields = [
        client,
        secret,
        ("code", &*code),
        ("code_verifier", VERIFIER),
    ];
    let first = granted(ask(&connector, "oauth2", Proof::Code(BACK), &fields).await);
    assert_eq!(first.scope.as_deref(), Some("records profile"));
    assert_eq!(first.expires_in, Some(3600));
    let token = value(&first, "refresh_token").unwrap();
    let next = granted(ask(&connector, "oauth2", Proof::Refresh, &refreshing(token)).await);
    assert_eq!(person(&http, &next).await["sub"], "account-1");
}

#[tokio::test]
async fn a_client_with_special_signs_is_known_by_header_and_by_body() {
    let (id, secret) = ("cli ent:1+%", "s&c=r?t %/+:ü");
    let provider = Provider::start().await;
    provider.register(id, secret);
    let fields = [("client_id", id), ("client_secret", secret)];
    for auth in ["basic", "body"] {
        let connector = connector(&provider, |text| {
            let url = format!("token_url: {}/token }}", provider.base);
            text.replace(
                &url,
                &url.replace(" }", &format!(", client_auth: {auth} }}")),
            )
        });
        let told = ask(&connector, "client", Proof::Itself(&[], 0), &fields).await;
        let granted = granted(told);
        assert!(value(&granted, "access_token").is_some(), "{auth}");
        let named = provider.received().pop().unwrap();
        assert_eq!(named.authorization.is_some(), auth == "basic");
        assert_eq!(
            named.parameters.contains_key("client_secret"),
            auth == "body"
        );
    }
}

fn now() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

#[tokio::test]
async fn a_service_accounts_signature_is_believed() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let key = Provider::service_key();
    // A key that was copied out of a JSON file has its line breaks as two signs.
    for key in [key.clone(), key.replace('\n', "\\n")] {
        let fields = [("account", "robot"), ("private_key", &*key)];
        let told = ask(&connector, "service", Proof::Itself(&[], now()), &fields).await;
        let granted = granted(told);
        let http = Http::new(&provider.base);
        assert_eq!(person(&http, &granted).await["sub"], "robot");
    }
    let fields = [("account", "robot"), ("private_key", &*key)];
    let told = ask(
        &connector,
        "service",
        Proof::Itself(&[], now() - 3600),
        &fields,
    )
    .await;
    let answer = told.unwrap().answer;
    assert!(
        matches!(&answer, TokenAnswer::Refused(refused) if refused.code == "invalid_grant"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_key_that_is_none_is_never_shown_and_nothing_is_sent() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let fields = [("account", "robot"), ("private_key", "-----BEGIN canary")];
    let told = ask(&connector, "service", Proof::Itself(&[], now()), &fields).await;
    let error = told.unwrap_err();
    assert_eq!((error.kind, error.sent), (ErrorKind::Plan, Sent::No));
    assert!(
        error.message().contains("from BEGIN to END"),
        "{}",
        error.message()
    );
    assert!(!format!("{error:?}").contains("canary"));
    assert_eq!(provider.received().len(), 0);
}

#[tokio::test]
async fn a_revoked_token_is_over_at_the_provider() {
    let provider = Provider::start().await;
    let connector = connector(&provider, |text| text);
    let token = provider.grant("ann").refresh.unwrap();
    let plan = connector.revocation_plan(grant(&connector, "oauth2"), &BTreeMap::new(), true);
    let (plan, hosts) = plan.unwrap().unwrap();
    let secrets = credential(&refreshing(&token));
    let answer = open()
        .send(call(&plan, Some(&secrets), &hosts))
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(provider.families_revoked(), 1);
}

/// A connector whose tokens are revoked by `DELETE` of an address that ends with them.
fn deleting(base: &str) -> tenon_connector::Connector {
    let text = format!(
        "name: Acme\ndescription: A shop.\nbase_url: {base}\nauth:\n  oauth2:\n    type: oauth2\n    label: Account\n    \
         fields: {{}}\n    send: {{ bearer: \"{{{{ access_token }}}}\" }}\n    grant:\n      flow: client_credentials\n      \
         token_url: {base}/token\n      revoke: {{ url: {base}/refresh-tokens, method: delete_path }}\n"
    );
    let action = "name: Act\ndescription: Acts.\nrequest: { get: /x }\n".to_owned();
    compiled([
        ("connector.yaml".to_owned(), text),
        ("actions/act.yaml".to_owned(), action),
    ])
}

#[tokio::test]
async fn a_token_at_the_end_of_a_path_leads_nowhere_else() {
    let application = Application::answering("204 No Content", b"").await;
    let base = format!("http://{}", application.address);
    let connector = deleting(&base);
    let plan = connector.revocation_plan(grant(&connector, "oauth2"), &BTreeMap::new(), true);
    let (plan, hosts) = plan.unwrap().unwrap();
    for (token, path) in [("t-1", "t-1"), ("a/../b?c#d e", "a%2F..%2Fb%3Fc%23d%20e")] {
        let secrets = credential(&[("refresh_token", token)]);
        open()
            .send(call(&plan, Some(&secrets), &hosts))
            .await
            .unwrap();
        let request = application.requests().pop().unwrap();
        assert!(
            request.starts_with(&format!("DELETE /refresh-tokens/{path} HTTP/1.1\r\n")),
            "{request}"
        );
    }
    for token in ["..", ".", ""] {
        let secrets = credential(&[("refresh_token", token)]);
        let error = open()
            .send(call(&plan, Some(&secrets), &hosts))
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind, error.sent),
            (ErrorKind::Plan, Sent::No),
            "{token}"
        );
    }
}
