//! Where a credential goes in a request: the closed set of places, and the texts that fill them.
//!
//! A placement names the credential's fields and holds none of their values. Filling it is the business of the
//! egress crate, which alone sees both.
//!
//! Slots are written into what a credential is sealed for ([`crate::Connector::trust`]), so the words of their JSON stay
//! as they are: another word would lock every stored credential.

use serde::Serialize;

use crate::document::{AuthKind, SignatureMethod};

/// Where one way to authenticate puts its credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placement {
    /// The way's name in the connector.
    pub name: String,
    /// Its family.
    pub kind: AuthKind,
    /// The slots, in order.
    pub slots: Vec<Slot>,
}

impl Placement {
    /// The same way, with no place for its credential.
    pub(crate) fn without_slots(&self) -> Self {
        Self {
            slots: Vec::new(),
            ..self.clone()
        }
    }

    /// Whether the field stands in one of the slots.
    pub fn uses(&self, field: &str) -> bool {
        let texts = self.slots.iter().flat_map(Slot::texts);
        texts.flat_map(|text| &text.0).any(|part| match part {
            SlotPart::Literal(_) => false,
            SlotPart::Field(name) | SlotPart::Encoded(name) => name == field,
        })
    }
}

/// One place in a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Slot {
    /// `Authorization: Bearer …`
    Bearer(SlotText),
    /// `Authorization: Basic …` (RFC 7617)
    Basic {
        /// Before the colon.
        username: SlotText,
        /// After the colon.
        password: SlotText,
    },
    /// A header, its name in lower case.
    Header(String, SlotText),
    /// A query value.
    Query(String, SlotText),
    /// A member of a form or of a JSON object in the body.
    Body(String, SlotText),
    /// A further segment at the end of the path.
    PathEnd(SlotText),
    /// A member of the body that is a signed assertion (RFC 7523).
    Assertion(Box<Assertion>),
    /// `Authorization: OAuth …`: a signature over the whole request (RFC 5849).
    Oauth1(Box<Oauth1>),
}

/// What a service account signs. The signature is made with RS256.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Assertion {
    /// The member of the body.
    pub param: String,
    /// The field that holds the private key, in PEM.
    pub key: String,
    /// Who signs.
    pub issuer: SlotText,
    /// For whom.
    pub subject: SlotText,
    /// The audience.
    pub audience: String,
    /// The scopes, where they are claims.
    pub scope: Option<String>,
    /// When it is signed, in Unix seconds.
    pub issued_at: i64,
    /// When it ends.
    pub expires_at: i64,
}

/// What an OAuth 1.0a signature is made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Oauth1 {
    /// The consumer's key.
    pub consumer_key: SlotText,
    /// The consumer's secret.
    pub consumer_secret: SlotText,
    /// The token; empty where there is none yet.
    pub token: SlotText,
    /// The token's secret.
    pub token_secret: SlotText,
    /// How it is signed.
    pub signature: SignatureMethod,
    /// The realm.
    pub realm: Option<SlotText>,
    /// Further parameters of the protocol, such as `oauth_callback` and `oauth_verifier`.
    pub extra: Vec<(String, SlotText)>,
}

impl Slot {
    /// The header that the slot fills, in lower case.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer(_) | Self::Basic { .. } | Self::Oauth1(_) => Some("authorization"),
            Self::Header(name, _) => Some(name),
            Self::Query(..) | Self::Body(..) | Self::PathEnd(_) | Self::Assertion(_) => None,
        }
    }

    /// Its texts.
    fn texts(&self) -> Vec<&SlotText> {
        match self {
            Self::Bearer(text)
            | Self::Header(_, text)
            | Self::Query(_, text)
            | Self::Body(_, text)
            | Self::PathEnd(text) => vec![text],
            Self::Basic { username, password } => vec![username, password],
            Self::Assertion(one) => vec![&one.issuer, &one.subject],
            Self::Oauth1(one) => {
                let extra = one.extra.iter().map(|(_, text)| text);
                let own = [
                    &one.consumer_key,
                    &one.consumer_secret,
                    &one.token,
                    &one.token_secret,
                ];
                own.into_iter().chain(extra).collect()
            }
        }
    }
}

/// Literal text with references to the credential's fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SlotText(pub Vec<SlotPart>);

/// A piece of a [`SlotText`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum SlotPart {
    /// Text that stands for itself.
    Literal(String),
    /// The value of a credential's field. An absent optional field is empty.
    Field(String),
    /// The same, encoded as a form's value (RFC 6749, 2.3.1).
    Encoded(String),
}

impl SlotText {
    /// One field.
    pub(crate) fn field(name: &str) -> Self {
        Self(vec![SlotPart::Field(name.to_owned())])
    }

    /// One field, encoded as a form's value.
    pub(crate) fn encoded(name: &str) -> Self {
        Self(vec![SlotPart::Encoded(name.to_owned())])
    }

    /// Text that stands for itself.
    pub(crate) fn literal(text: &str) -> Self {
        Self(vec![SlotPart::Literal(text.to_owned())])
    }
}
