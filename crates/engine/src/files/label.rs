//! What is known of a file: whose it is and how long it lives in clear, what it is called sealed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use tenon_connector::{KeptFile, StoredFile};
use tenon_vault::{DataKey, Purpose};

use crate::model::{AccountId, FileId, Millis, Tenant};

/// Whose a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    org: String,
    environment: String,
    account: String,
}

/// A file, as everybody sees it who may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its id.
    pub id: FileId,
    /// Its name, media type and length.
    pub about: StoredFile,
    /// When it is gone.
    pub expires_at: Millis,
    pub(super) owner: Owner,
}

/// What is written beside a file.
#[derive(Serialize, Deserialize)]
struct Written {
    #[serde(flatten)]
    owner: Owner,
    size: u64,
    expires_at: i64,
    /// The name and the media type, sealed.
    about: String,
}

/// What is sealed of it.
#[derive(Serialize, Deserialize)]
struct Named {
    filename: String,
    content_type: String,
}

impl Owner {
    pub(super) fn new(tenant: &Tenant, account: &AccountId) -> Self {
        Self {
            org: tenant.org.to_string(),
            environment: tenant.environment.as_str().to_owned(),
            account: account.to_string(),
        }
    }

    /// What the parts of a file are sealed for.
    pub(super) fn purpose<'a>(&'a self, id: &'a FileId, field: &'a str) -> Purpose<'a> {
        Purpose {
            org: &self.org,
            environment: &self.environment,
            account: &self.account,
            subject: id.as_str(),
            connector: "",
            trust: "",
            field,
            version: 0,
        }
    }
}

impl File {
    pub(super) fn write(&self, key: &DataKey) -> Vec<u8> {
        let named = Named {
            filename: self.about.filename.clone(),
            content_type: self.about.content_type.clone(),
        };
        let named = serde_json::to_vec(&named).unwrap_or_default();
        let sealed = key.seal(&self.owner.purpose(&self.id, "about"), &named);
        let written = Written {
            owner: self.owner.clone(),
            size: self.about.size,
            expires_at: self.expires_at.0,
            about: STANDARD.encode(sealed.unwrap_or_default()),
        };
        serde_json::to_vec(&written).unwrap_or_default()
    }

    /// Reads a label. `None`: it is none, or was sealed for another file.
    pub(super) fn read(id: &FileId, label: &[u8], key: &DataKey) -> Option<Self> {
        let written: Written = serde_json::from_slice(label).ok()?;
        let sealed = STANDARD.decode(&written.about).ok()?;
        let named = key
            .open(&written.owner.purpose(id, "about"), &sealed)
            .ok()?;
        let named: Named = serde_json::from_slice(&named).ok()?;
        Some(Self {
            id: id.clone(),
            about: StoredFile {
                filename: named.filename,
                content_type: named.content_type,
                size: written.size,
            },
            expires_at: Millis(written.expires_at),
            owner: written.owner,
        })
    }

    /// The same, with a link to it.
    pub(super) fn linked(self, link: String) -> KeptFile {
        KeptFile {
            file: self.id.to_string(),
            link,
            filename: self.about.filename,
            content_type: self.about.content_type,
            size: self.about.size,
            expires_at: self.expires_at.to_iso(),
        }
    }
}

/// Whose a file is and when it is gone, of whatever label can be read at all.
pub(super) fn owner_and_end(label: &[u8]) -> Option<(Owner, Millis)> {
    let written: Written = serde_json::from_slice(label).ok()?;
    Some((written.owner, Millis(written.expires_at)))
}
