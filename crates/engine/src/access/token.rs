//! Session tokens: a token is its session's row, signed. The row decides whether it counts.

use serde::{Deserialize, Serialize};
use tenon_vault::{Secret, digest};

use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Session, SessionId};

/// The claims of a session token.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    org_id: String,
    linked_account_id: String,
    environment: String,
    iat: i64,
    exp: i64,
    jti: String,
}

impl Engine {
    /// The live session of a token.
    pub(super) async fn session_of(&self, bearer: &Secret) -> Outcomes<Session> {
        let invalid = || Error::new(Code::InvalidSessionToken, "Invalid session token");
        let claims = self.read_token(bearer).ok_or_else(invalid)?;
        let id = SessionId::parse(&claims.jti).ok_or_else(invalid)?;
        let session = self.store.session(&id).await?.ok_or_else(invalid)?;
        // A session has one token, so what is not that token is not the session's, however well it is signed.
        let token = self.write_token(&session)?;
        let its_token = digest::equal(token.expose().as_bytes(), bearer.expose().as_bytes());
        let live = session.revoked_at.is_none() && self.clock.now() < session.expires_at;
        if live && its_token {
            Ok(session)
        } else {
            Err(invalid())
        }
    }

    fn read_token(&self, bearer: &Secret) -> Option<Claims> {
        let mut validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::HS256);
        // The row decides whether a session is over; the library would ask a clock of its own.
        validation.validate_exp = false;
        validation.required_spec_claims.clear();
        let key = jsonwebtoken::DecodingKey::from_secret(
            self.keys.instance().derive("session-token").as_slice(),
        );
        jsonwebtoken::decode::<Claims>(bearer.expose(), &key, &validation)
            .ok()
            .map(|token| token.claims)
    }

    /// The token of a session: the same row always makes the same token.
    pub(crate) fn write_token(&self, session: &Session) -> Outcomes<Secret> {
        let claims = Claims {
            org_id: session.tenant.org.to_string(),
            linked_account_id: session.account.to_string(),
            environment: session.tenant.environment.as_str().to_owned(),
            iat: session.issued_at.seconds(),
            exp: session.expires_at.seconds(),
            jti: session.id.to_string(),
        };
        let key = jsonwebtoken::EncodingKey::from_secret(
            self.keys.instance().derive("session-token").as_slice(),
        );
        jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &key)
            .map(Secret::new)
            .map_err(Error::internal)
    }
}
