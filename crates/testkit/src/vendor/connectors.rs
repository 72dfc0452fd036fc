//! Connectors to the vendor, written for a test: one for each of its addresses, with an action for each method.

use std::fs;
use std::path::PathBuf;

use super::fault::{Fault, Stage};
use super::server::{Scheme, Vendor};

const CONNECTOR: &str = "\
name: Vendor
description: An application that misbehaves.
base_url: BASE
auth:
  keybased:
    type: keybased
    label: Token
    fields:
      token: { label: Token }
    send: { bearer: \"{{ token }}\" }
identity:
  request: { get: /me }
  identifier: \"{{ body.id }}\"
errors:
  - when: status == 401
    kind: credential
    message: \"{{ body.error }}\"
  - when: body.ok == false
    kind: failed
    code: REFUSED_IN_BODY
    message: \"{{ body.error }}\"
";

const ACTION: &str = "\
name: METHOD
description: Sends METHOD.
params:
  fault: { type: string, required: true, label: Fault }
  number: { type: integer, required: true, label: Number }
request:
  METHOD: \"/{{ fault }}/things/{{ number }}\"
  headers: { x-tenon-key: \"{{ idempotency_key }}\" }
BODY";

/// The methods, each with whether sending it twice may do something twice.
const METHODS: [(&str, bool); 5] = [
    ("get", false),
    ("post", true),
    ("put", false),
    ("patch", true),
    ("delete", false),
];

/// A folder of connectors to a vendor.
pub struct Connectors {
    folder: tempfile::TempDir,
}

impl Connectors {
    /// The action ids, which are the methods, each with whether sending it twice may do something twice.
    pub const METHODS: [(&'static str, bool); 5] = METHODS;

    /// Writes them.
    ///
    /// # Panics
    /// Where they cannot be written.
    pub fn to(vendor: &Vendor) -> Self {
        let connectors = Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        for fault in Fault::ALL {
            for scheme in Scheme::BOTH {
                connectors.write(
                    &Self::slug(*fault, scheme),
                    &vendor.base(Some(*fault), scheme),
                );
            }
        }
        vendor.authority.write(&connectors.authority());
        connectors
    }

    /// Writes one more, to another address.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write(&self, slug: &str, base: &str) {
        let folder = self.path().join(slug);
        fs::create_dir_all(folder.join("actions")).expect("the folder can be written");
        let connector = CONNECTOR.replace("BASE", base);
        fs::write(folder.join("connector.yaml"), connector).expect("the folder can be written");
        for (method, _) in METHODS {
            let body = match method {
                "get" | "delete" => "",
                _ => "  json: { number: \"{{ number }}\" }\n",
            };
            let action = ACTION.replace("METHOD", method).replace("BODY", body);
            let file = folder.join(format!("actions/{method}.yaml"));
            fs::write(file, action).expect("the folder can be written");
        }
    }

    /// The connector that reaches a fault.
    pub fn slug(fault: Fault, scheme: Scheme) -> String {
        match fault.stage() {
            Stage::Port => format!("{}-{}", fault.word(), scheme.word()),
            Stage::Answer => format!("vendor-{}", scheme.word()),
        }
    }

    /// The folder, for the server's options.
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("connectors")
    }

    /// The certificate to trust, for the server's options.
    pub fn authority(&self) -> PathBuf {
        self.folder.path().join("authority.pem")
    }
}
