//! Compiled connectors: what the rest of the program works with. Nothing in them can be malformed.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::{Value, json};
use url::Url;

use crate::action::Action;
use crate::actions::Actions;
use crate::answer::{self, Answer, ErrorRule, Seen, Verdict};
use crate::auth::Placement;
use crate::document::{AuthDoc, AuthKind, Effect, FactDoc, SandboxDoc};
use crate::expr::Scope;
use crate::grant::Grant;
use crate::hosts::{HostPattern, HostSet};
use crate::input::FieldError;
use crate::page::Paging;
use crate::plan::Plan;
use crate::rate::Window;
use crate::request::{PlanError, Request};
use crate::template::Text;

/// The id of the action that every application has.
pub const HTTP_REQUEST: &str = "httprequest";

/// One application, ready to use.
#[derive(Debug)]
pub struct Connector {
    /// What the application is known by.
    pub slug: String,
    /// Its name as its makers write it.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The address of a picture.
    pub icon: Option<String>,
    /// Words to find it by.
    pub tags: Vec<String>,
    /// The document's version.
    pub version: u32,
    /// Non-secret facts that each connection brings.
    pub facts: IndexMap<String, FactDoc>,
    /// Ways to authenticate, the default first.
    pub ways: IndexMap<String, Way>,
    /// How the sandbox plays it.
    pub sandbox: SandboxDoc,
    /// How many requests it takes.
    pub rate: Arc<[Window]>,
    /// Its actions by id, in the order of their names.
    pub actions: Actions,
    pub(crate) aliases: HashMap<String, String>,
    pub(crate) base: Text,
    pub(crate) hosts: Vec<HostPattern>,
    pub(crate) fact_hosts: HashMap<String, Vec<HostPattern>>,
    pub(crate) identity: Option<Identity>,
    pub(crate) headers: IndexMap<String, String>,
    pub(crate) errors: Vec<ErrorRule>,
    pub(crate) paging: Option<Arc<Paging>>,
}

/// One way to authenticate.
#[derive(Debug)]
pub struct Way {
    /// What its author wrote.
    pub doc: AuthDoc,
    /// Where its credential goes.
    pub placement: Arc<Placement>,
    /// How its tokens are granted and renewed, where the application does that.
    pub grant: Option<Arc<Grant>>,
}

impl Way {
    /// The family of its credential.
    pub fn kind(&self) -> AuthKind {
        self.doc.kind
    }
}

/// The request that says whose credential this is.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) request: Request,
    pub(crate) identifier: Text,
    pub(crate) name: Option<Text>,
}

/// What a connection brings to a request, none of it secret.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// The connection's own facts, such as the address of the customer's instance.
    pub connection: BTreeMap<String, String>,
    /// A key that the application may use to recognise a repetition.
    pub idempotency_key: String,
}

impl Connector {
    /// An action by its id or an earlier id.
    pub fn action(&self, id: &str) -> Option<&Arc<Action>> {
        self.actions
            .get(self.aliases.get(id).map_or(id, String::as_str))
    }

    /// The way to authenticate with this name; failing that, the first of this family.
    pub fn way(&self, name: &str) -> Option<(&str, &Way)> {
        let found = self.ways.get_key_value(name).or_else(|| {
            self.ways
                .iter()
                .find(|(_, way)| way.kind().as_str() == name)
        });
        found.map(|(name, way)| (name.as_str(), way))
    }

    /// The way that is taken where nobody chooses.
    pub fn default_way(&self) -> Option<(&str, &Way)> {
        self.ways.first().map(|(name, way)| (name.as_str(), way))
    }

    /// The declared examples of the facts: what a connection in the sandbox brings.
    pub fn example_facts(&self) -> BTreeMap<String, String> {
        let facts = self.facts.iter();
        facts
            .map(|(name, fact)| (name.clone(), fact.example.clone()))
            .collect()
    }

    /// Checks the facts of a connection that is being made: all there, and addresses within their patterns.
    ///
    /// # Errors
    /// One error for each fact that is missing, unknown or not allowed.
    pub fn check_facts(&self, given: &BTreeMap<String, String>) -> Result<(), Vec<FieldError>> {
        let missing = self.facts.iter().filter(|(name, fact)| {
            !fact.optional && fact.default.is_none() && !given.contains_key(*name)
        });
        let mut errors: Vec<_> = missing
            .map(|(name, _)| FieldError::new(name, "required", format!("`{name}` is missing")))
            .collect();
        for (name, value) in given {
            if !self.facts.contains_key(name) {
                errors.push(FieldError::new(
                    name,
                    "unknown",
                    format!("`{name}` is not a fact of this application's connections"),
                ));
            } else if let Err(message) = self.check_address(name, value) {
                errors.push(FieldError::new(name, "hosts", message));
            }
        }
        if errors.is_empty() {
            Ok(())
        } else {
            Err(errors)
        }
    }

    fn check_address(&self, name: &str, value: &str) -> Result<(), String> {
        if let Some(fact) = self.facts.get(name) {
            check_word(name, fact, value)?;
        }
        let Some(patterns) = self.fact_hosts.get(name) else {
            return Ok(());
        };
        let set = HostSet::new(patterns.iter().cloned());
        let url = Url::parse(value).map_err(|_unparsable| {
            format!(
                "`{name}` must be an address such as https://{}",
                set.canonical()
            )
        })?;
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        if bare && set.allows(&url) {
            Ok(())
        } else {
            Err(format!(
                "`{name}` must be an address at one of: {}",
                set.canonical()
            ))
        }
    }

    /// Where requests of such a connection go.
    ///
    /// # Errors
    /// Where the facts do not make an address.
    pub fn base_url(&self, facts: &BTreeMap<String, String>) -> Result<Url, PlanError> {
        let connection = self.facts_value(facts);
        let text = self
            .base
            .render(&Scope::new([("connection", &connection)]))?;
        let text = text.ok_or_else(|| PlanError::Absent("the application's address".to_owned()))?;
        let unfit = PlanError::Unfit {
            place: "the application's address".to_owned(),
            reason: "is not a URL",
        };
        Url::parse(&text)
            .ok()
            .filter(|url| url.host_str().is_some())
            .ok_or(unfit)
    }

    /// Whether requests of different connections go to different addresses.
    pub fn has_varying_address(&self) -> bool {
        !self.base.is_literal()
    }

    /// The path that every request's path stands below; empty for most.
    pub fn base_path(&self) -> String {
        self.base_url(&self.example_facts())
            .map(|url| url.path().trim_end_matches('/').to_owned())
            .unwrap_or_default()
    }

    /// Whether the application lives at this host, given as `name` or `name:port`: for those who play it.
    pub fn lives_at(&self, host: &str) -> bool {
        let own = self.host_set(&self.example_facts()).unwrap_or_default();
        let named = HostSet::new(self.fact_hosts.values().flatten().cloned());
        Url::parse(&format!("https://{host}/"))
            .is_ok_and(|url| own.allows(&url) || named.allows(&url))
    }

    /// The hosts that such a connection's credential may reach.
    ///
    /// # Errors
    /// As [`Connector::base_url`].
    pub fn host_set(&self, facts: &BTreeMap<String, String>) -> Result<HostSet, PlanError> {
        let base = HostPattern::of(&self.base_url(facts)?);
        Ok(HostSet::new(self.hosts.iter().cloned().chain(base)))
    }

    /// What a credential is sealed for: the hosts that it may reach and its places in a request. Changes when either does.
    ///
    /// # Errors
    /// As [`Connector::base_url`].
    pub fn trust(&self, way: &Way, facts: &BTreeMap<String, String>) -> Result<String, PlanError> {
        let hosts = self.host_set(facts)?.canonical();
        Ok(format!("{hosts} | {}", json!(way.placement.slots)))
    }

    /// The same for tokens that were granted to a client: also where they are renewed and revoked, and whose they are.
    ///
    /// # Errors
    /// As [`Connector::base_url`].
    pub fn trust_of_client(
        &self,
        way: &Way,
        facts: &BTreeMap<String, String>,
        client: Option<&str>,
    ) -> Result<String, PlanError> {
        let trust = self.trust(way, facts)?;
        match client {
            Some(client) => Ok(trust + &self.grant_trust(way, facts, client)?),
            None => Ok(trust),
        }
    }

    /// The facts as expressions see them, with the values that nobody gave.
    pub(crate) fn facts_value(&self, facts: &BTreeMap<String, String>) -> Value {
        let usual = self.facts.iter().filter_map(|(name, fact)| {
            let default = fact.default.clone()?;
            Some((name.clone(), Value::String(default)))
        });
        let given = facts
            .iter()
            .map(|(name, value)| (name.clone(), Value::String(value.clone())));
        Value::Object(usual.chain(given).collect())
    }

    /// What a response means. `now_ms` is the time in Unix milliseconds, for dates in `Retry-After`.
    pub fn interpret(&self, answer: &Answer, now_ms: i64) -> Verdict {
        answer::interpret(&self.errors, answer, now_ms)
    }

    /// The request that says whose credential this is, if the application has one.
    ///
    /// # Errors
    /// Where the facts do not make a request.
    pub fn identity_plan(&self, way: &Way, facts: &Facts) -> Result<Option<Plan>, PlanError> {
        let Some(identity) = &self.identity else {
            return Ok(None);
        };
        let connection = self.facts_value(&facts.connection);
        let scope = Scope::new([("connection", &connection)]);
        let rendered =
            identity
                .request
                .render(&self.base_url(&facts.connection)?, &self.headers, &scope)?;
        Ok(Some(Plan {
            step: "identity".to_owned(),
            method: rendered.method,
            url: rendered.url,
            headers: rendered.headers,
            body: rendered.body,
            placement: Arc::clone(&way.placement),
            effect: Effect::Read,
            idempotent: true,
        }))
    }

    /// What a person calls the account, from the same answer as [`Connector::identifier`].
    pub fn account_name(&self, answer: &Answer) -> Option<String> {
        let seen = Seen::of(answer);
        let name = self.identity.as_ref()?.name.as_ref()?;
        let text = name.render(&seen.scope()).ok().flatten();
        text.filter(|text| !text.is_empty())
    }

    /// The vendor's own id of the account, from the answer to the identity request.
    pub fn identifier(&self, answer: &Answer) -> Option<String> {
        let seen = Seen::of(answer);
        self.identity
            .as_ref()?
            .identifier
            .render(&seen.scope())
            .ok()
            .flatten()
            .filter(|id| !id.is_empty())
    }
}

/// A fact that is a label of a host's name, or one of a few words.
fn check_word(name: &str, fact: &FactDoc, value: &str) -> Result<(), String> {
    let label = |text: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        let edges = text.starts_with('-') || text.ends_with('-');
        (1..=63).contains(&text.len()) && text.bytes().all(plain) && !edges
    };
    if fact.subdomain && !label(value) {
        return Err(format!(
            "`{name}` must be one label of a host name: letters, digits and hyphens, such as `{}`",
            fact.example
        ));
    }
    if !fact.choices.is_empty() && !fact.choices.iter().any(|choice| choice == value) {
        return Err(format!(
            "`{name}` must be one of: {}",
            fact.choices.join(", ")
        ));
    }
    Ok(())
}
