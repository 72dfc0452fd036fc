//! Ways to authenticate: their texts become slots, and how tokens are granted becomes addresses.

use std::sync::Arc;

use indexmap::IndexMap;

use super::grant;
use crate::auth::{Oauth1, Placement, Slot, SlotPart, SlotText};
use crate::connector::Way;
use crate::document::{AuthDoc, Flow, SendDoc};
use crate::grant::{CLIENT_ID, CLIENT_SECRET};
use crate::problem::Fault;
use crate::template::Text;
use crate::token::TokenPaths;

pub(super) fn ways(
    docs: &IndexMap<String, AuthDoc>,
    known: &dyn Fn(Text) -> Result<Text, Fault>,
) -> Result<IndexMap<String, Way>, Fault> {
    if docs.is_empty() {
        return Err(Fault::here("name at least one way to authenticate").under("auth"));
    }
    let compile = |(name, doc): (&String, &AuthDoc)| {
        let way = way(name, doc, known).map_err(|fault| fault.under(name).under("auth"))?;
        Ok((name.clone(), way))
    };
    docs.iter().map(compile).collect()
}

fn way(
    name: &str,
    doc: &AuthDoc,
    known: &dyn Fn(Text) -> Result<Text, Fault>,
) -> Result<Way, Fault> {
    let slots = slots(&doc.send, doc).map_err(|fault| fault.under("send"))?;
    let grant = doc
        .grant
        .as_ref()
        .map(|grant| grant::compile(grant, doc, known));
    let placement = Placement {
        name: name.to_owned(),
        kind: doc.kind,
        slots,
    };
    Ok(Way {
        doc: doc.clone(),
        placement: Arc::new(placement),
        grant: grant
            .transpose()
            .map_err(|fault| fault.under("grant"))?
            .map(Arc::new),
    })
}

fn slots(send: &SendDoc, doc: &AuthDoc) -> Result<Vec<Slot>, Fault> {
    let text = |key: &str, source: &str| slot_text(source, doc).map_err(|fault| fault.under(key));
    let mut slots = Vec::new();
    if let Some(bearer) = &send.bearer {
        slots.push(Slot::Bearer(text("bearer", bearer)?));
    }
    if let Some(basic) = &send.basic {
        slots.push(Slot::Basic {
            username: text("basic", &basic.username)?,
            password: text("basic", &basic.password)?,
        });
    }
    for (name, source) in &send.headers {
        slots.push(Slot::Header(
            name.to_ascii_lowercase(),
            text("headers", source)?,
        ));
    }
    for (name, source) in &send.query {
        slots.push(Slot::Query(name.clone(), text("query", source)?));
    }
    if let Some(signed) = &send.oauth1 {
        let text = |source: &str| text("oauth1", source);
        slots.push(Slot::Oauth1(Box::new(Oauth1 {
            consumer_key: text(&signed.consumer_key)?,
            consumer_secret: text(&signed.consumer_secret)?,
            token: text(&signed.token)?,
            token_secret: text(&signed.token_secret)?,
            signature: signed.signature,
            realm: signed.realm.as_deref().map(text).transpose()?,
            extra: Vec::new(),
        })));
    }
    Ok(slots)
}

/// A credential holds what its grant brings, though nobody types it. A signed request needs the client's secret each time,
/// so such a credential holds that as well.
fn is_granted(doc: &AuthDoc, name: &str) -> bool {
    let Some(grant) = &doc.grant else {
        return false;
    };
    let signs = grant.flow == Flow::Oauth1 && (name == CLIENT_ID || name == CLIENT_SECRET);
    let brought = TokenPaths::of(grant).fields;
    signs || brought.iter().any(|(field, _)| field == name)
}

/// Slots are filled by plain substitution: what touches secrets must not be a language.
pub(super) fn slot_text(source: &str, doc: &AuthDoc) -> Result<SlotText, Fault> {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after
            .split_once("}}")
            .ok_or_else(|| Fault::here("`{{` without `}}`"))?;
        let name = name.trim();
        if !doc.fields.contains_key(name) && !is_granted(doc, name) {
            return Err(Fault::here(format!(
                "`{name}` is not a field of this credential; expressions cannot stand here"
            )));
        }
        parts.extend((!before.is_empty()).then(|| SlotPart::Literal(before.to_owned())));
        parts.push(SlotPart::Field(name.to_owned()));
        rest = behind;
    }
    parts.extend((!rest.is_empty()).then(|| SlotPart::Literal(rest.to_owned())));
    Ok(SlotText(parts))
}
