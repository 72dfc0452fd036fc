//! Where a credential goes in a request: the closed set of places, and the texts that fill them.
//!
//! A placement names the credential's fields and holds none of their values. Filling it is the business of the
//! egress crate, which alone sees both.
//!
//! Slots are written into what a credential is sealed for ([`crate::Connector::trust`]), so the words of their JSON stay
//! as they are: another word would lock every stored credential.

use serde::Serialize;

use crate::document::AuthKind;

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
    /// Whether the field stands in one of the slots.
    pub fn uses(&self, field: &str) -> bool {
        let mentions = |text: &SlotText| {
            text.0
                .iter()
                .any(|part| matches!(part, SlotPart::Field(name) if name == field))
        };
        self.slots.iter().any(|slot| match slot {
            Slot::Bearer(text) | Slot::Header(_, text) | Slot::Query(_, text) => mentions(text),
            Slot::Basic { username, password } => mentions(username) || mentions(password),
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
}

impl Slot {
    /// The header that the slot fills, in lower case.
    pub fn header(&self) -> Option<&str> {
        match self {
            Self::Bearer(_) | Self::Basic { .. } => Some("authorization"),
            Self::Header(name, _) => Some(name),
            Self::Query(..) => None,
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
}
