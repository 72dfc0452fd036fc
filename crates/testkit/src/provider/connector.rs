//! The connector to the provider, written for a test: three ways to get tokens, an identity, and one action that reads
//! and one that writes.

use std::fs;
use std::path::Path;

use super::server::Provider;

const CONNECTOR: &str = "\
name: Provider
description: An application that rotates its tokens.
base_url: BASE
auth:
  oauth2:
    type: oauth2
    label: Account
    fields:
      access_token: { label: Access token }
      refresh_token: { label: Refresh token, optional: true }
    send: { bearer: \"{{ access_token }}\" }
    grant:
      flow: authorization_code
      authorize_url: BASE/authorize
      token_url: BASE/token
      revoke: { url: BASE/revoke }
      scopes: [records, profile]
  client:
    type: oauth2
    label: Client of your own
    fields:
      client_id: { label: Client id }
      client_secret: { label: Client secret }
    send: { bearer: \"{{ access_token }}\" }
    grant: { flow: client_credentials, token_url: BASE/token }
  service:
    type: oauth2
    label: Service account
    fields:
      account: { label: Account }
      private_key: { label: Private key }
    send: { bearer: \"{{ access_token }}\" }
    grant:
      flow: jwt_bearer
      token_url: BASE/token
      client_auth: none
      assertion: { key: private_key, issuer: \"{{ account }}\" }
identity:
  request: { get: /userinfo }
  identifier: \"{{ body.sub }}\"
  name: \"{{ body.email }}\"
errors:
  - { when: status == 401, kind: credential, code: \"{{ body.error }}\", message: \"{{ body.error }}\" }
";

const ACTION: &str = "\
name: METHOD a record
description: Sends METHOD.
params: { number: { type: integer } }
request:
  METHOD: /api/records
  headers: { x-tenon-key: \"{{ idempotency_key }}\" }
";

/// The actions, by their methods.
const ACTIONS: [(&str, &str); 2] = [("get_record", "get"), ("create_record", "post")];

impl Provider {
    /// The slug of [`Provider::write_connector`].
    pub const SLUG: &str = "provider";

    /// The connector's files, by name.
    pub fn connector(&self) -> Vec<(String, String)> {
        let actions = ACTIONS.map(|(id, method)| {
            let text = ACTION.replace("METHOD", method);
            (format!("actions/{id}.yaml"), text)
        });
        let connector = CONNECTOR.replace("BASE", &self.base);
        let mut files = vec![("connector.yaml".to_owned(), connector)];
        files.extend(actions);
        files
    }

    /// Writes the connector into an operator's folder, as [`Provider::SLUG`]; `change` may make another of it.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn write_connector(&self, folder: &Path, change: impl Fn(String) -> String) {
        for (name, text) in self.connector() {
            let path = folder.join(Self::SLUG).join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a folder can be made");
            fs::write(path, change(text)).expect("a connector can be written");
        }
    }
}
