//! Granting, renewing and revoking tokens: the addresses and requests of it, as plans. Pure; no secret is ever in them.
//!
//! A token request's secrets have slots like those of any request. What fills them is one credential made for the call:
//! the connection's own fields, and [`CLIENT_ID`], [`CLIENT_SECRET`], [`CODE`] and [`VERIFIER`].

use std::collections::BTreeMap;
use std::sync::Arc;

use url::Url;

use crate::auth::{Assertion, Oauth1, Placement, Slot, SlotText};
use crate::connector::{Connector, Way};
use crate::document::{
    AuthKind, ClientAuth, Effect, Flow, GrantDoc, RevokeMethod, SignatureMethod, TokenBody,
};
use crate::expr::Scope;
use crate::hosts::{HostPattern, HostSet};
use crate::plan::{Body, Method, Plan};
use crate::request::PlanError;
use crate::template::Text;

/// The field of the client's id in a token call.
pub const CLIENT_ID: &str = "client_id";
/// The field of the client's secret.
pub const CLIENT_SECRET: &str = "client_secret";
/// The field of an authorization code, or of an OAuth 1.0a verifier.
pub const CODE: &str = "code";
/// The field of the PKCE verifier, or of an OAuth 1.0a request token's secret.
pub const VERIFIER: &str = "code_verifier";
/// The field of the access token, in every credential that was granted.
pub const ACCESS_TOKEN: &str = "access_token";
/// The field of the refresh token.
pub const REFRESH_TOKEN: &str = "refresh_token";
/// The field of an OAuth 1.0a token's secret.
pub const TOKEN_SECRET: &str = "token_secret";

/// How long a signed assertion is good for, in seconds: the longest that the strictest servers take is an hour.
const ASSERTION_LIFE: i64 = 300;

/// How one way to authenticate gets its tokens.
#[derive(Debug)]
pub struct Grant {
    /// What its author wrote.
    pub doc: GrantDoc,
    pub(crate) authorize: Option<Text>,
    pub(crate) token: Text,
    pub(crate) request_token: Option<Text>,
    pub(crate) revoke: Option<Text>,
    pub(crate) signing: Option<Signing>,
}

/// Who signs assertions.
#[derive(Debug)]
pub(crate) struct Signing {
    pub(crate) issuer: SlotText,
    pub(crate) subject: SlotText,
}

/// What a person is asked to consent to.
#[derive(Debug)]
pub struct ConsentRequest<'a> {
    /// The tenant's client.
    pub client_id: &'a str,
    /// Where the person comes back to.
    pub redirect_uri: &'a str,
    /// What the answer has to repeat.
    pub state: &'a str,
    /// The PKCE challenge (RFC 7636, S256).
    pub challenge: &'a str,
    /// What is asked for.
    pub scopes: &'a [String],
}

/// What a token is asked for with.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A code that a person came back with, and the address that they came back to.
    Code(&'a str),
    /// The refresh token.
    Refresh,
    /// The client itself, or an assertion, signed at this Unix second; for these scopes.
    Itself(&'a [String], i64),
}

impl Grant {
    /// Who consents, and how.
    pub fn flow(&self) -> Flow {
        self.doc.flow
    }

    /// Whether the token answer brings this fact of the connection, so that nobody is asked for it.
    pub fn brings(&self, fact: &str) -> bool {
        self.doc.answer.facts.contains_key(fact)
    }

    /// Every address that secrets or people are sent to.
    pub(crate) fn addresses(&self) -> impl Iterator<Item = &Text> {
        let optional = [&self.authorize, &self.request_token, &self.revoke];
        optional.into_iter().flatten().chain([&self.token])
    }

    /// The scopes as one text.
    pub fn join(&self, scopes: &[String]) -> String {
        scopes.join(self.doc.scope_separator.as_deref().unwrap_or(" "))
    }

    /// The scopes of a text: vendors separate them by spaces or commas, whatever they are sent.
    pub fn split(text: &str) -> Vec<String> {
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        words.map(str::to_owned).collect()
    }
}

impl Connector {
    /// Where a person consents.
    ///
    /// # Errors
    /// Where the facts do not make an address, or the way has none.
    pub fn consent_url(
        &self,
        grant: &Grant,
        facts: &BTreeMap<String, String>,
        request: &ConsentRequest<'_>,
    ) -> Result<Url, PlanError> {
        let text = grant.authorize.as_ref().ok_or_else(no_address)?;
        let mut url = self.address(text, facts)?;
        let mut pairs = url.query_pairs_mut();
        pairs
            .append_pair("response_type", "code")
            .append_pair("client_id", request.client_id)
            .append_pair("redirect_uri", request.redirect_uri)
            .append_pair("state", request.state);
        if !request.scopes.is_empty() {
            pairs.append_pair("scope", &grant.join(request.scopes));
        }
        if grant.doc.pkce {
            pairs
                .append_pair("code_challenge", request.challenge)
                .append_pair("code_challenge_method", "S256");
        }
        pairs.extend_pairs(&grant.doc.authorize_params);
        drop(pairs);
        Ok(url)
    }

    /// Where a person consents to an OAuth 1.0a request token.
    ///
    /// # Errors
    /// As [`Connector::consent_url`].
    pub fn consent_url_of_token(
        &self,
        grant: &Grant,
        facts: &BTreeMap<String, String>,
        token: &str,
    ) -> Result<Url, PlanError> {
        let text = grant.authorize.as_ref().ok_or_else(no_address)?;
        let mut url = self.address(text, facts)?;
        let mut pairs = url.query_pairs_mut();
        pairs.append_pair("oauth_token", token);
        pairs.extend_pairs(&grant.doc.authorize_params);
        drop(pairs);
        Ok(url)
    }

    /// The request that becomes tokens, and the hosts that it may go to.
    ///
    /// # Errors
    /// Where the facts do not make an address.
    pub fn token_plan(
        &self,
        grant: &Grant,
        facts: &BTreeMap<String, String>,
        proof: Proof<'_>,
    ) -> Result<(Plan, HostSet), PlanError> {
        let url = self.address(&grant.token, facts)?;
        if grant.flow() == Flow::Oauth1 {
            let token = [("oauth_verifier".to_owned(), SlotText::field(CODE))];
            return Ok(signed_plan(
                url,
                SlotText::field(ACCESS_TOKEN),
                token.into(),
            ));
        }
        let (mut members, mut slots) = (Vec::new(), Vec::new());
        let mut say = |name: &str, value: &str| members.push((name.to_owned(), value.to_owned()));
        let fill = |name: &str, field: &str| Slot::Body(name.to_owned(), SlotText::field(field));
        match proof {
            Proof::Code(redirect_uri) => {
                say("grant_type", "authorization_code");
                say("redirect_uri", redirect_uri);
                slots.push(fill(CODE, CODE));
                if grant.doc.pkce {
                    slots.push(fill(VERIFIER, VERIFIER));
                }
            }
            Proof::Refresh => {
                say("grant_type", "refresh_token");
                slots.push(fill(REFRESH_TOKEN, REFRESH_TOKEN));
            }
            Proof::Itself(scopes, now) => {
                let scope = (!scopes.is_empty()).then(|| grant.join(scopes));
                let asserted = grant.signing.as_ref().zip(grant.doc.assertion.as_ref());
                let grant_type = match asserted {
                    Some(_) => "urn:ietf:params:oauth:grant-type:jwt-bearer",
                    None => "client_credentials",
                };
                say("grant_type", grant_type);
                let claimed = asserted.is_some_and(|(_, doc)| doc.scope_claim);
                if let Some(scope) = scope.as_ref().filter(|_| !claimed) {
                    say("scope", scope);
                }
                if let Some((signing, doc)) = asserted {
                    slots.push(Slot::Assertion(Box::new(Assertion {
                        param: "assertion".to_owned(),
                        key: doc.key.clone(),
                        issuer: signing.issuer.clone(),
                        subject: signing.subject.clone(),
                        audience: doc.audience.clone().unwrap_or_else(|| url.to_string()),
                        scope: scope.filter(|_| claimed),
                        issued_at: now,
                        expires_at: now.saturating_add(ASSERTION_LIFE),
                    })));
                }
            }
        }
        for (name, value) in &grant.doc.token_params {
            say(name, value);
        }
        slots.extend(proof_of_client(grant.doc.client_auth));
        Ok(plan(
            url,
            Method::Post,
            grant.doc.token_body,
            members,
            slots,
        ))
    }

    /// The request for an OAuth 1.0a request token.
    ///
    /// # Errors
    /// As [`Connector::consent_url`].
    pub fn request_token_plan(
        &self,
        grant: &Grant,
        facts: &BTreeMap<String, String>,
        callback: &str,
    ) -> Result<(Plan, HostSet), PlanError> {
        let text = grant.request_token.as_ref().ok_or_else(no_address)?;
        let url = self.address(text, facts)?;
        let callback = ("oauth_callback".to_owned(), SlotText::literal(callback));
        Ok(signed_plan(url, SlotText(Vec::new()), vec![callback]))
    }

    /// The request that revokes a token. `None` where the application has none.
    ///
    /// # Errors
    /// As [`Connector::consent_url`].
    pub fn revocation_plan(
        &self,
        grant: &Grant,
        facts: &BTreeMap<String, String>,
        has_refresh_token: bool,
    ) -> Result<Option<(Plan, HostSet)>, PlanError> {
        let Some((text, doc)) = grant.revoke.as_ref().zip(grant.doc.revoke.as_ref()) else {
            return Ok(None);
        };
        let url = self.address(text, facts)?;
        let usual = if has_refresh_token {
            REFRESH_TOKEN
        } else {
            ACCESS_TOKEN
        };
        let token = SlotText::field(doc.field.as_deref().unwrap_or(usual));
        let (method, slot) = match doc.method {
            RevokeMethod::Post => (Method::Post, Slot::Body(doc.param.clone(), token)),
            RevokeMethod::Get => (Method::Get, Slot::Query(doc.param.clone(), token)),
            RevokeMethod::DeletePath => (Method::Delete, Slot::PathEnd(token)),
        };
        let mut slots = vec![slot];
        match (doc.method, doc.client_auth) {
            (RevokeMethod::Post, how) => slots.extend(proof_of_client(how)),
            (_, ClientAuth::Basic) => slots.extend(proof_of_client(ClientAuth::Basic)),
            _ => {}
        }
        Ok(Some(plan(url, method, TokenBody::Form, Vec::new(), slots)))
    }

    fn address(&self, text: &Text, facts: &BTreeMap<String, String>) -> Result<Url, PlanError> {
        let connection = self.facts_value(facts);
        let text = text.render(&Scope::new([("connection", &connection)]))?;
        let url = text.as_deref().and_then(|text| Url::parse(text).ok());
        url.filter(|url| url.host_str().is_some())
            .ok_or_else(no_address)
    }

    /// What tokens are sealed for beside hosts and places, where they were granted to this client: everything that decides
    /// where a refresh token, a code or the client's secret goes.
    pub(crate) fn grant_trust(
        &self,
        way: &Way,
        facts: &BTreeMap<String, String>,
        client: &str,
    ) -> Result<String, PlanError> {
        let Some(grant) = &way.grant else {
            return Ok(format!(" | client {client}"));
        };
        let token = self.address(&grant.token, facts)?;
        let revoke = grant.revoke.as_ref().map(|text| self.address(text, facts));
        let revoke = revoke.transpose()?.map(String::from).unwrap_or_default();
        let auth = grant.doc.client_auth;
        Ok(format!(
            " | {} {token} {auth:?} {revoke} | client {client}",
            grant.flow().as_str()
        ))
    }
}

fn no_address() -> PlanError {
    PlanError::Absent("the address of the grant".to_owned())
}

fn proof_of_client(how: ClientAuth) -> Vec<Slot> {
    let body = |name: &str| Slot::Body(name.to_owned(), SlotText::field(name));
    match how {
        ClientAuth::Body => vec![body(CLIENT_ID), body(CLIENT_SECRET)],
        ClientAuth::None => vec![body(CLIENT_ID)],
        ClientAuth::Basic => vec![Slot::Basic {
            username: SlotText::encoded(CLIENT_ID),
            password: SlotText::encoded(CLIENT_SECRET),
        }],
    }
}

fn signed_plan(url: Url, token: SlotText, extra: Vec<(String, SlotText)>) -> (Plan, HostSet) {
    let signature = Slot::Oauth1(Box::new(Oauth1 {
        consumer_key: SlotText::field(CLIENT_ID),
        consumer_secret: SlotText::field(CLIENT_SECRET),
        token,
        token_secret: SlotText::field(VERIFIER),
        signature: SignatureMethod::HmacSha1,
        realm: None,
        extra,
    }));
    plan(
        url,
        Method::Post,
        TokenBody::Form,
        Vec::new(),
        vec![signature],
    )
}

/// A token call changes what the application keeps, and is never repeated as it is.
fn plan(
    url: Url,
    method: Method,
    body: TokenBody,
    members: Vec<(String, String)>,
    slots: Vec<Slot>,
) -> (Plan, HostSet) {
    let hosts = HostSet::new(HostPattern::of(&url));
    let carries = method == Method::Post;
    let body = match body {
        _ if !carries => Body::Empty,
        TokenBody::Form => Body::Form(members),
        TokenBody::Json => {
            let members = members
                .into_iter()
                .map(|(name, value)| (name, value.into()));
            Body::Json(serde_json::Value::Object(members.collect()))
        }
    };
    let placement = Placement {
        name: "token".to_owned(),
        kind: AuthKind::Oauth2,
        slots,
    };
    let plan = Plan {
        step: "token".to_owned(),
        method,
        url,
        headers: vec![("accept".to_owned(), "application/json".to_owned())],
        body,
        placement: Arc::new(placement),
        effect: Effect::Write,
        idempotent: false,
    };
    (plan, hosts)
}
