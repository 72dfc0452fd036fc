//! Ways to authenticate: their texts become slots.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::auth::{Placement, Slot, SlotPart, SlotText};
use crate::connector::Way;
use crate::document::{AuthDoc, SendDoc};
use crate::problem::Fault;

pub(super) fn ways(docs: &IndexMap<String, AuthDoc>) -> Result<IndexMap<String, Way>, Fault> {
    if docs.is_empty() {
        return Err(Fault::here("name at least one way to authenticate").under("auth"));
    }
    let compile = |(name, doc): (&String, &AuthDoc)| {
        let slots =
            slots(&doc.send, doc).map_err(|fault| fault.under("send").under(name).under("auth"))?;
        let placement = Placement {
            name: name.clone(),
            kind: doc.kind,
            slots,
        };
        Ok((
            name.clone(),
            Way {
                doc: doc.clone(),
                placement: Arc::new(placement),
            },
        ))
    };
    docs.iter().map(compile).collect()
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
    Ok(slots)
}

/// Slots are filled by plain substitution: what touches secrets must not be a language.
fn slot_text(source: &str, doc: &AuthDoc) -> Result<SlotText, Fault> {
    let mut parts = Vec::new();
    let mut rest = source;
    while let Some((before, after)) = rest.split_once("{{") {
        let (name, behind) = after
            .split_once("}}")
            .ok_or_else(|| Fault::here("`{{` without `}}`"))?;
        let name = name.trim();
        if !doc.fields.contains_key(name) {
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
