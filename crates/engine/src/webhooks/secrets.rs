//! The secrets of an endpoint: what signs its messages, and the headers that nobody may see. Sealed in one, under the
//! installation's own key, for this endpoint at this version.

use tenon_vault::{Credential, Purpose, Secret, signature};

use super::headers::Sealed;
use crate::Engine;
use crate::error::{Code, Error, Outcomes};
use crate::model::{Millis, Webhook};

/// How long a secret that was replaced signs too, in milliseconds.
pub(super) const OLD_ONE_LIVES_MS: i64 = 24 * 3600 * 1000;

const CURRENT: &str = "secret";
/// Followed by its place in the list, a colon and until when it signs.
const OLD: &str = "old:";
const COMPAT: &str = "compat";
const HEADER: &str = "header:";

/// What an endpoint's seal holds.
#[derive(Debug, Clone)]
pub(super) struct Secrets {
    /// What signs.
    pub(super) current: Secret,
    /// What signs too, and until when.
    pub(super) old: Vec<(Millis, Secret)>,
    /// The key of the compatible API's signature.
    pub(super) compat: Option<Secret>,
    /// Templates of headers.
    pub(super) headers: Sealed,
}

impl Secrets {
    /// Those of a new endpoint.
    pub(super) fn new() -> Self {
        Self {
            current: signature::new_secret(),
            old: Vec::new(),
            compat: None,
            headers: Sealed::new(),
        }
    }

    /// Puts a new secret in the place of the current one, which goes on signing until the time that is returned.
    pub(super) fn rotate(&mut self, now: Millis) -> Millis {
        let until = now.plus(OLD_ONE_LIVES_MS);
        let old = std::mem::replace(&mut self.current, signature::new_secret());
        self.old.retain(|(until, _)| *until > now);
        self.old.push((until, old));
        until
    }

    /// What signs now, the current one first.
    pub(super) fn signing(&self, now: Millis) -> impl Iterator<Item = &Secret> {
        let old = self.old.iter().filter(move |(until, _)| *until > now);
        [&self.current]
            .into_iter()
            .chain(old.map(|(_, secret)| secret))
    }

    fn to_credential(&self) -> Credential {
        let old = self.old.iter().zip(0..);
        let old = old.map(|((until, secret), place)| (format!("{OLD}{place}:{}", until.0), secret));
        let compat = self.compat.iter().map(|key| (COMPAT.to_owned(), key));
        let headers = self.headers.iter();
        let headers = headers.map(|(name, value)| (format!("{HEADER}{name}"), value));
        let all = [(CURRENT.to_owned(), &self.current)].into_iter();
        let all = all.chain(old).chain(compat).chain(headers);
        Credential::from_fields(all.map(|(name, secret)| (name, secret.clone())))
    }

    fn from_credential(credential: &Credential) -> Option<Self> {
        let named = |prefix: &'static str| {
            let fields = credential.fields();
            fields.filter_map(move |(name, secret)| {
                Some((name.strip_prefix(prefix)?, secret.clone()))
            })
        };
        let old = named(OLD).filter_map(|(name, secret)| {
            let (_place, until) = name.split_once(':')?;
            Some((Millis(until.parse().ok()?), secret))
        });
        Some(Self {
            current: credential.get(CURRENT)?.clone(),
            old: old.collect(),
            compat: credential.get(COMPAT).cloned(),
            headers: named(HEADER)
                .map(|(name, value)| (name.to_owned(), value))
                .collect(),
        })
    }
}

impl Engine {
    /// Seals an endpoint's secrets for its version.
    pub(super) fn seal_secrets(&self, webhook: &mut Webhook, secrets: &Secrets) -> Outcomes<()> {
        let credential = secrets.to_credential();
        let sealed = self
            .keys
            .instance()
            .seal_credential(&purpose(webhook), &credential);
        webhook.secrets = sealed.map_err(Error::internal)?;
        Ok(())
    }

    /// Opens an endpoint's secrets. What does not open was tampered with: the audit log gets a line of it.
    ///
    /// # Errors
    /// [`Code::CredentialUnreadable`].
    pub(super) async fn open_secrets(&self, webhook: &Webhook) -> Outcomes<Secrets> {
        let opened = self
            .keys
            .instance()
            .open_credential(&purpose(webhook), &webhook.secrets);
        let reason = match opened {
            Ok(credential) => match Secrets::from_credential(&credential) {
                Some(secrets) => return Ok(secrets),
                None => "it holds no secret".to_owned(),
            },
            Err(error) => error.to_string(),
        };
        self.report_unreadable(&webhook.tenant, webhook.id.as_str(), &reason)
            .await;
        let message = "The webhook's secrets do not open: they were altered or moved. Delete it and make another";
        Err(Error::new(Code::CredentialUnreadable, message))
    }
}

fn purpose(webhook: &Webhook) -> Purpose<'_> {
    Purpose {
        org: webhook.tenant.org.as_str(),
        environment: webhook.tenant.environment.as_str(),
        account: "",
        subject: webhook.id.as_str(),
        connector: "",
        trust: "",
        field: "webhook",
        version: u64::try_from(webhook.version).unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signing(secrets: &Secrets, now: i64) -> Vec<String> {
        let signing = secrets.signing(Millis(now));
        signing.map(|secret| secret.expose().to_owned()).collect()
    }

    #[test]
    fn a_replaced_secret_signs_for_a_day() {
        let mut secrets = Secrets::new();
        let first = signing(&secrets, 0);
        assert_eq!(secrets.rotate(Millis(0)), Millis(OLD_ONE_LIVES_MS));
        let both = signing(&secrets, OLD_ONE_LIVES_MS - 1);
        assert_eq!((both.len(), &both[1]), (2, &first[0]));
        assert_eq!(signing(&secrets, OLD_ONE_LIVES_MS).len(), 1);
        secrets.rotate(Millis(5));
        assert_eq!(signing(&secrets, 6).len(), 3, "rotated twice in a day");
        secrets.rotate(Millis(OLD_ONE_LIVES_MS + 5));
        assert_eq!(secrets.old.len(), 1, "what is over is forgotten");
    }

    #[test]
    fn a_seal_holds_all_of_them() {
        let mut secrets = Secrets::new();
        secrets.rotate(Millis(7));
        secrets.rotate(Millis(7));
        secrets.compat = Some(Secret::new("compat"));
        secrets
            .headers
            .insert("x-api-key".to_owned(), Secret::new("k"));
        let read = Secrets::from_credential(&secrets.to_credential()).unwrap();
        assert_eq!(signing(&read, 8), signing(&secrets, 8));
        assert_eq!(signing(&read, 8).len(), 3);
        assert_eq!(read.compat.unwrap().expose(), "compat");
        assert_eq!(read.headers.get("x-api-key").unwrap().expose(), "k");
        assert!(Secrets::from_credential(&Credential::default()).is_none());
    }
}
