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

/// What a person sets out with.
#[derive(Debug)]
pub struct SettingOut<'a> {
    /// The facts of the connection that they were asked for.
    pub facts: &'a BTreeMap<String, String>,
    /// Where they come back to.
    pub redirect_uri: &'a str,
    /// What they bring back.
    pub state: &'a str,
}

/// A person's way to the application.
#[derive(Debug)]
pub struct Consent {
    /// Where the person consents.
    pub url: Url,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// What [`Engine::exchange`] needs besides the code: the verifier, or a request token. Secret.
    pub kept: Credential,
}

impl Engine {
    /// Makes the address where a person consents to a connection, to the tenant's scopes or else the connector's.
    ///
    /// # Errors
    /// [`Code::OauthClientRequired`]; [`Code::ValidationError`] for facts that are missing or wrong; for OAuth 1.0a also
    /// where the application gives no request token.
    pub async fn consent(
        &self,
        tenant: &Tenant,
        slug: &str,
        auth: Option<&str>,
        out: &SettingOut<'_>,
    ) -> Outcomes<Consent> {
        let connector = self.registry.connector(slug)?;
        let (auth, way) = granting_way(&connector, auth)?;
        check_asked_facts(&connector, way, out.facts)?;
        let client = self.client_of(tenant, &connector, auth, way).await?;
        let scopes = asked_scopes(way, Some(&client.scopes));
        let going = Going {
            connector: &connector,
            way,
            client: &client,
            out,
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
        Ok(Consent { url, scopes, kept })
    }

    async fn with_request_token(&self, going: &Going<'_>) -> Outcomes<(Url, Credential)> {
        let grant = going
            .way
            .grant
            .as_ref()
            .ok_or_else(|| Error::of(Code::Internal))?;
        let callback = format!("{}?state={}", going.out.redirect_uri, going.out.state);
        let plan = going
            .connector
            .request_token_plan(grant, going.out.facts, &callback)?;
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
            .consent_url_of_token(grant, going.out.facts, token.expose())?;
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
    client: &'a OpenClient,
    out: &'a SettingOut<'a>,
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
            redirect_uri: self.out.redirect_uri,
            state: self.out.state,
            challenge: &challenge,
            scopes: self.scopes,
        };
        let url = self
            .connector
            .consent_url(grant, self.out.facts, &request)?;
        Ok((
            url,
            Credential::from_fields([(VERIFIER.to_owned(), verifier)]),
        ))
    }
}

pub(super) fn flow(way: &Way) -> Option<Flow> {
    way.grant.as_ref().map(|grant| grant.flow())
}

/// The scopes that are asked for: those of the tenant's client, or else the connector's.
pub(crate) fn asked_scopes(way: &Way, own: Option<&Vec<String>>) -> Vec<String> {
    let of_connector = || way.grant.as_ref().map(|grant| &grant.doc.scopes);
    let own = own.filter(|scopes| !scopes.is_empty());
    own.or_else(of_connector).cloned().unwrap_or_default()
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
