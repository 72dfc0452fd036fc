//! Where a person consents, and what has to be remembered until they come back.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenon_connector::document::Flow;
use tenon_connector::grant::{ACCESS_TOKEN, ConsentRequest, TOKEN_SECRET, VERIFIER};
use tenon_connector::{Connector, Way};
use tenon_egress::{Refused, TokenAnswer};
use tenon_vault::{Credential, Secret, digest};
use url::Url;

use super::call::{TOKEN_LIMIT, for_token_call};
use super::clients::{OpenClient, granting_way};
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::Tenant;

/// A person's way to the application.
#[derive(Debug)]
pub struct Consent {
    /// The way to authenticate, by name.
    pub auth: String,
    /// Where the person consents.
    pub url: Url,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What [`Engine::exchange`] needs besides the code: the verifier, or a request token. Secret.
    pub kept: Credential,
    /// What the tokens will be sealed for: where it is another when the person comes back, the connector or the client was changed meanwhile.
    pub trust: String,
    /// What the authorization server calls itself, where it is known to say so (RFC 9207).
    pub issuer: Option<String>,
}

impl Engine {
    /// Makes the address where a person consents to a connection.
    ///
    /// `redirect_uri` is where they come back to, with `state`. `scopes` are the tenant's or the connector's where nobody says.
    ///
    /// # Errors
    /// [`Code::OauthClientRequired`]; [`Code::ValidationError`] for facts that are missing or wrong; for OAuth 1.0a also
    /// where the application gives no request token.
    pub async fn consent(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: Option<&str>,
        facts: &BTreeMap<String, String>,
        redirect_uri: &str,
        state: &str,
        scopes: Option<Vec<String>>,
    ) -> Outcomes<Consent> {
        let connector = self.registry.connector(slug)?;
        let (auth, way) = granting_way(&connector, auth)?;
        check_asked_facts(&connector, way, facts)?;
        let client = self.client_of(tenant, &connector, auth, way).await?;
        let scopes = wanted_scopes(way, &client, scopes);
        let going = Going {
            connector: &connector,
            way,
            facts,
            client: &client,
            redirect_uri,
            state,
            scopes: &scopes,
        };
        let (url, kept) = match flow(way) {
            Some(Flow::Oauth1) => self.with_request_token(&going).await?,
            Some(Flow::AuthorizationCode) => going.with_challenge()?,
            _ => {
                let message = "This way to authenticate needs no consent: send its fields instead";
                return Err(Error::invalid("auth_type", "enum", message));
            }
        };
        let trust = consent_trust(&connector, way, facts, &client.id)?;
        let issuer = way
            .grant
            .as_ref()
            .and_then(|grant| grant.doc.issuer.clone());
        Ok(Consent {
            auth: auth.to_owned(),
            url,
            scopes,
            kept,
            trust,
            issuer,
        })
    }

    /// The [`Consent::trust`] of now.
    ///
    /// # Errors
    /// As [`Engine::consent`].
    pub async fn trust_of_consent(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: &str,
        facts: &BTreeMap<String, String>,
    ) -> Outcomes<String> {
        let connector = self.registry.connector(slug)?;
        let (auth, way) = granting_way(&connector, Some(auth))?;
        let client = self.client_id_of(tenant, &connector, auth).await?;
        consent_trust(
            &connector,
            way,
            facts,
            client.as_deref().unwrap_or_default(),
        )
    }

    async fn with_request_token(&self, going: &Going<'_>) -> Outcomes<(Url, Credential)> {
        let grant = going
            .way
            .grant
            .as_ref()
            .ok_or_else(|| Error::of(Code::Internal))?;
        let callback = format!("{}?state={}", going.redirect_uri, going.state);
        let plan = going
            .connector
            .request_token_plan(grant, going.facts, &callback)?;
        let credential = for_token_call(&Credential::default(), Some(going.client), []);
        let told = self
            .ask_for_tokens(grant, plan, &credential, TOKEN_LIMIT)
            .await;
        let told = told.map_err(|error| {
            Error::new(Code::UpstreamUnreachable, error.message()).because(error)
        })?;
        let granted = match told.answer {
            TokenAnswer::Granted(granted) => granted,
            TokenAnswer::Refused(refused) => return Err(refusal(&refused)),
            TokenAnswer::Unusable { status, what } => {
                let message = format!("The application's answer (status {status}) {what}");
                return Err(Error::new(Code::AuthorizationFailed, message));
            }
        };
        let got = Credential::from_fields(granted.fields);
        let empty = Secret::new("");
        let token = got.get(ACCESS_TOKEN).unwrap_or(&empty).clone();
        let secret = got.get(TOKEN_SECRET).unwrap_or(&empty).clone();
        // A request token is shown to the browser on purpose: it is worth nothing without its secret and the verifier.
        let url = going
            .connector
            .consent_url_of_token(grant, going.facts, token.expose())?;
        let kept = [
            (ACCESS_TOKEN.to_owned(), token),
            (VERIFIER.to_owned(), secret),
        ];
        Ok((url, Credential::from_fields(kept)))
    }
}

/// Everything that is known when a person sets out.
struct Going<'a> {
    connector: &'a Connector,
    way: &'a Way,
    facts: &'a BTreeMap<String, String>,
    client: &'a OpenClient,
    redirect_uri: &'a str,
    state: &'a str,
    scopes: &'a [String],
}

impl Going<'_> {
    fn with_challenge(&self) -> Outcomes<(Url, Credential)> {
        let grant = self
            .way
            .grant
            .as_ref()
            .ok_or_else(|| Error::of(Code::Internal))?;
        let verifier = Secret::new(URL_SAFE_NO_PAD.encode(digest::random_bytes::<32>()));
        let hash = digest::sha256(&[verifier.expose().as_bytes()]);
        let challenge = URL_SAFE_NO_PAD.encode(hash);
        let request = ConsentRequest {
            client_id: &self.client.id,
            redirect_uri: self.redirect_uri,
            state: self.state,
            challenge: &challenge,
            scopes: self.scopes,
        };
        let url = self.connector.consent_url(grant, self.facts, &request)?;
        Ok((
            url,
            Credential::from_fields([(VERIFIER.to_owned(), verifier)]),
        ))
    }
}

pub(super) fn flow(way: &Way) -> Option<Flow> {
    way.grant.as_ref().map(|grant| grant.flow())
}

/// The scopes that are asked for: what the call wants, else the tenant, else the connector.
pub(super) fn wanted_scopes(
    way: &Way,
    client: &OpenClient,
    wanted: Option<Vec<String>>,
) -> Vec<String> {
    let of_client = || (!client.scopes.is_empty()).then(|| client.scopes.clone());
    let of_connector = || way.grant.as_ref().map(|grant| grant.doc.scopes.clone());
    let wanted = wanted.filter(|scopes| !scopes.is_empty());
    wanted
        .or_else(of_client)
        .or_else(of_connector)
        .unwrap_or_default()
}

/// Checks the facts that a person is asked for: those that the token answer brings are not among them.
pub(crate) fn check_asked_facts(
    connector: &Connector,
    way: &Way,
    facts: &BTreeMap<String, String>,
) -> Outcomes<()> {
    let errors = connector.check_facts(facts).err().unwrap_or_default();
    let brought = |name: &str| way.grant.as_ref().is_some_and(|grant| grant.brings(name));
    let errors: Vec<_> = errors
        .into_iter()
        .filter(|error| !(error.code == "required" && brought(&error.param)))
        .collect();
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Error::validation(errors)),
    }
}

/// Facts that the answer brings are not known yet, so hosts are taken as their examples name them.
fn consent_trust(
    connector: &Connector,
    way: &Way,
    facts: &BTreeMap<String, String>,
    client: &str,
) -> Outcomes<String> {
    let mut known = connector.example_facts();
    known.extend(facts.clone());
    Ok(connector.trust_of_client(way, &known, Some(client))?)
}

/// The application's refusal, in its words.
pub(super) fn refusal(refused: &Refused) -> Error {
    let message = match refused.message.is_empty() {
        true => format!("The application refused: {}", refused.code),
        false => format!(
            "The application refused: {} ({})",
            refused.message, refused.code
        ),
    };
    Error::new(Code::AuthorizationFailed, message)
}
