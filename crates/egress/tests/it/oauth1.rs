//! OAuth 1.0a from the request token to a signed call, at a server that checks every signature with its own reading of
//! RFC 5849.

mod server;

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use tenon_connector::grant::{Grant, Proof};
use tenon_connector::hosts::HostSet;
use tenon_connector::token::TokenPaths;
use tenon_connector::{Bundle, Connector, Facts, Plan};
use tenon_egress::{Granted, TokenAnswer};

use crate::application::{call, credential, open};
use server::{CONSUMER, Server};

const CONNECTOR: &str = r#"
name: Acme
description: An old shop.
base_url: BASE/api
auth:
  signed:
    type: oauth2
    label: Account
    fields: {}
    send: { oauth1: { token: "{{ access_token }}", token_secret: "{{ token_secret }}", signature: METHOD } }
    grant:
      flow: oauth1
      request_token_url: BASE/request
      authorize_url: BASE/authorize
      token_url: BASE/access
"#;

const ACTIONS: [(&str, &str); 3] = [
    (
        "read",
        "name: Read\ndescription: Reads.\nparams: { q: {} }\nrequest: { get: /things, query: { q: '{{ q }}', 'a b': '1', z: '~-._' } }\n",
    ),
    (
        "write",
        "name: Write\ndescription: Writes.\nparams: { q: {} }\nrequest: { post: /things, form: { q: '{{ q }}', a: 'x' } }\n",
    ),
    (
        "put",
        "name: Put\ndescription: Puts.\nparams: { q: {} }\nrequest: { put: /things, json: { q: '{{ q }}' } }\n",
    ),
];

fn connector(base: &str, method: &str) -> Connector {
    let text = CONNECTOR.replace("BASE", base).replace("METHOD", method);
    let mut files = BTreeMap::from([("connector.yaml".to_owned(), text)]);
    for (id, text) in ACTIONS {
        files.insert(format!("actions/{id}.yaml"), text.to_owned());
    }
    let slug = "acme".to_owned();
    let compiled = Bundle {
        slug,
        files,
        proven: false,
    }
    .compile();
    compiled
        .map_err(|problems| format!("{problems:#?}"))
        .unwrap()
}

fn grant(connector: &Connector) -> &Grant {
    let (_, way) = connector.default_way().unwrap();
    way.grant.as_ref().unwrap()
}

/// Asks for a token with the consumer and these further fields.
async fn tokens(
    connector: &Connector,
    (plan, hosts): (Plan, HostSet),
    more: &[(&str, &str)],
) -> TokenAnswer {
    let secrets = credential(&[&CONSUMER, more].concat());
    let paths = TokenPaths::of(&grant(connector).doc);
    let egress = open();
    let told = egress.tokens(call(&plan, Some(&secrets), &hosts), &paths);
    told.await.unwrap().answer
}

fn pair(answer: TokenAnswer) -> (String, String) {
    let TokenAnswer::Granted(Granted { fields, .. }) = answer else {
        unreachable!("{answer:?}");
    };
    let get = |wanted: &str| {
        let field = fields.iter().find(|(name, _)| name == wanted);
        field.unwrap().1.expose().to_owned()
    };
    (get("access_token"), get("token_secret"))
}

/// The token and its secret that a whole consent brings.
async fn connected(connector: &Connector) -> (String, String) {
    let grant = grant(connector);
    let facts = BTreeMap::new();
    let back = "https://tenon.test/api/v1/acme/callback?state=s-1";
    let plan = connector.request_token_plan(grant, &facts, back).unwrap();
    let (token, secret) = pair(tokens(connector, plan, &[]).await);
    let url = connector
        .consent_url_of_token(grant, &facts, &token)
        .unwrap();
    let verifier = server::consent(&url);
    let plan = connector
        .token_plan(grant, &facts, Proof::Code(back))
        .unwrap();
    let fields = [
        ("access_token", &*token),
        ("code_verifier", &*secret),
        ("code", &*verifier),
    ];
    pair(tokens(connector, plan, &fields).await)
}

async fn executed(connector: &Connector, id: &str, q: &Value, token: (&str, &str)) -> u16 {
    let action = connector.action(id).unwrap();
    let (_, way) = connector.default_way().unwrap();
    let params = Map::from_iter([("q".to_owned(), q.clone())]);
    let facts = Facts::default();
    let plan = action
        .plan(0, connector, way, &params, &facts, &json!({}))
        .unwrap()
        .unwrap();
    let (token, secret) = token;
    let secrets = credential(
        &[
            &CONSUMER[..],
            &[("access_token", token), ("token_secret", secret)],
        ]
        .concat(),
    );
    let hosts = connector.host_set(&facts.connection).unwrap();
    open()
        .send(call(&plan, Some(&secrets), &hosts))
        .await
        .unwrap()
        .status
}

#[tokio::test]
async fn a_consent_brings_a_token_whose_signatures_are_believed() {
    for method in ["HMAC-SHA1", "HMAC-SHA256"] {
        let server = Server::start().await;
        let connector = connector(&server.base, method);
        let (token, secret) = connected(&connector).await;
        for q in [json!("plain"), json!("a b+c&d=e/ü~*'()!"), json!(7)] {
            for id in ["read", "write", "put"] {
                let status = executed(&connector, id, &q, (&token, &secret)).await;
                assert_eq!(status, 200, "{method} {id} {q}");
            }
        }
        assert_eq!(server.believed(), 2 + 9);
    }
}

#[tokio::test]
async fn a_wrong_secret_is_not_believed() {
    let server = Server::start().await;
    let connector = connector(&server.base, "HMAC-SHA1");
    let (token, _) = connected(&connector).await;
    let status = executed(&connector, "read", &json!("q"), (&token, "another")).await;
    assert_eq!(status, 401);
    let plan = connector
        .token_plan(
            grant(&connector),
            &BTreeMap::new(),
            Proof::Code("https://tenon.test/"),
        )
        .unwrap();
    let fields = [
        ("access_token", "request 1"),
        ("code_verifier", "s3cret"),
        ("code", "guessed"),
    ];
    let answer = tokens(&connector, plan, &fields).await;
    assert!(!matches!(answer, TokenAnswer::Granted(_)), "{answer:?}");
}
