//! Token requests and what is made of their answers: against a provider that rotates, and answers that vendors give.

mod garbage;
mod proofs;
mod vendors;

use std::collections::BTreeMap;
use std::time::Duration;

use tenon_connector::grant::{Grant, Proof};
use tenon_connector::token::TokenPaths;
use tenon_connector::{Bundle, Connector};
use tenon_egress::{Call, Granted, SendError, TokenAnswer, Told};
use tenon_testkit::provider::Provider;
use tokio::time::Instant;

use crate::application::{call, credential, open};

/// The provider's connector; `change` may make another of it.
fn connector(provider: &Provider, change: impl Fn(String) -> String) -> Connector {
    let files = provider.connector().into_iter();
    compiled(files.map(|(name, text)| (name, change(text))))
}

fn compiled(files: impl IntoIterator<Item = (String, String)>) -> Connector {
    let bundle = Bundle {
        slug: "acme".to_owned(),
        files: files.into_iter().collect(),
        proven: false,
    };
    let compiled = bundle.compile();
    compiled
        .map_err(|problems| format!("{problems:#?}"))
        .unwrap()
}

fn grant<'a>(connector: &'a Connector, way: &str) -> &'a Grant {
    let (_, way) = connector.way(way).unwrap();
    way.grant.as_ref().unwrap()
}

/// Asks for tokens as a connector's way says, with these fields of the credential.
async fn ask(
    connector: &Connector,
    way: &str,
    proof: Proof<'_>,
    fields: &[(&str, &str)],
) -> Result<Told, SendError> {
    let grant = grant(connector, way);
    let (plan, hosts) = connector
        .token_plan(grant, &BTreeMap::new(), proof)
        .unwrap();
    let credential = credential(fields);
    let call = Call {
        deadline: Instant::now() + Duration::from_secs(3),
        ..call(&plan, Some(&credential), &hosts)
    };
    open().tokens(call, &TokenPaths::of(&grant.doc)).await
}

fn granted(told: Result<Told, SendError>) -> Granted {
    match told.unwrap().answer {
        TokenAnswer::Granted(granted) => granted,
        other => unreachable!("{other:?}"),
    }
}

fn value<'a>(granted: &'a Granted, field: &str) -> Option<&'a str> {
    let mut fields = granted.fields.iter();
    fields
        .find(|(name, _)| name == field)
        .map(|(_, secret)| secret.expose())
}

/// The provider's client and a refresh token.
fn refreshing(token: &str) -> [(&str, &str); 3] {
    [
        ("client_id", Provider::CLIENT_ID),
        ("client_secret", Provider::CLIENT_SECRET),
        ("refresh_token", token),
    ]
}
