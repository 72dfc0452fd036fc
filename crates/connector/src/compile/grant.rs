//! How tokens are granted: checked, and its addresses made ready.

use url::Url;

use super::auth::slot_text;
use crate::document::{AssertionDoc, AuthDoc, Flow, GrantDoc};
use crate::grant::{Grant, Signing};
use crate::problem::Fault;
use crate::template::Text;

/// Compiles a grant. `known` checks that a text uses declared facts alone.
pub(super) fn compile(
    doc: &GrantDoc,
    auth: &AuthDoc,
    known: &dyn Fn(Text) -> Result<Text, Fault>,
) -> Result<Grant, Fault> {
    check(doc)?;
    let address = |key: &str, source: &str| {
        let text = Text::compile(source, &|name| name == "connection").and_then(known);
        let text = text.map_err(|fault| fault.under(key))?;
        check_address(&text, source).map_err(|message| Fault::here(message).under(key))?;
        Ok::<_, Fault>(text)
    };
    let optional = |key: &str, source: &Option<String>| {
        let source = source.as_deref();
        source.map(|source| address(key, source)).transpose()
    };
    let revoke = doc
        .revoke
        .as_ref()
        .map(|revoke| address("url", &revoke.url));
    let signing = doc.assertion.as_ref().map(|one| signing(one, auth));
    Ok(Grant {
        doc: doc.clone(),
        authorize: optional("authorize_url", &doc.authorize_url)?,
        token: address("token_url", &doc.token_url)?,
        request_token: optional("request_token_url", &doc.request_token_url)?,
        revoke: revoke.transpose().map_err(|fault| fault.under("revoke"))?,
        signing: signing
            .transpose()
            .map_err(|fault| fault.under("assertion"))?,
    })
}

/// What each flow needs and nothing else.
fn check(doc: &GrantDoc) -> Result<(), Fault> {
    let flow = doc.flow.as_str();
    let rules = [
        (
            "authorize_url",
            doc.authorize_url.is_some(),
            doc.flow.needs_browser(),
        ),
        (
            "request_token_url",
            doc.request_token_url.is_some(),
            doc.flow == Flow::Oauth1,
        ),
        (
            "assertion",
            doc.assertion.is_some(),
            doc.flow == Flow::JwtBearer,
        ),
    ];
    for (key, given, wanted) in rules {
        match (given, wanted) {
            (false, true) => return Err(Fault::here(format!("`{flow}` needs `{key}`"))),
            (true, false) => {
                return Err(Fault::here(format!("`{flow}` has no `{key}`")).under(key));
            }
            _ => {}
        }
    }
    Ok(())
}

/// An address whose text is fixed has to be one: https, or http on this machine.
fn check_address(text: &Text, source: &str) -> Result<(), String> {
    if !text.is_literal() {
        return Ok(());
    }
    let url = Url::parse(source).map_err(|error| format!("`{source}` is not a URL: {error}"))?;
    let bare = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    match url.scheme() {
        "https" | "http" if bare && url.host_str().is_some() => Ok(()),
        _ => Err(format!(
            "`{source}` must be an address that begins with https://"
        )),
    }
}

fn signing(doc: &AssertionDoc, auth: &AuthDoc) -> Result<Signing, Fault> {
    if !auth.fields.contains_key(&doc.key) {
        let message = format!("`{}` is not a field of this credential", doc.key);
        return Err(Fault::here(message).under("key"));
    }
    let text = |key: &str, source: &str| slot_text(source, auth).map_err(|fault| fault.under(key));
    let issuer = text("issuer", &doc.issuer)?;
    let subject = match &doc.subject {
        Some(subject) => text("subject", subject)?,
        None => issuer.clone(),
    };
    Ok(Signing { issuer, subject })
}
