//! Lists that go on, where names and shapes tell how.
//!
//! Names are the vendors', so this guesses; it guesses only where the parameter and its counterpart in the answer are both
//! there. A wrong guess ends a list early and never sends anything else than what a caller could send.

use serde_json::{Value, json};
use tenon_connector::document::{ParamDoc, ParamType};

use super::draft::Draft;
use crate::shape::Operation;

/// Parameters that take a cursor.
const CURSORS: [&str; 12] = [
    "cursor",
    "pageToken",
    "page_token",
    "after",
    "next_cursor",
    "start_cursor",
    "page_cursor",
    "pageCursor",
    "page[cursor]",
    "page[after]",
    "starting_after",
    "offset",
];
/// Where answers hold the next cursor.
const NEXT: [&[&str]; 12] = [
    &["nextPageToken"],
    &["next_page_token"],
    &["next_cursor"],
    &["nextCursor"],
    &["response_metadata", "next_cursor"],
    &["paging", "next", "after"],
    &["meta", "next_cursor"],
    &["pagination", "next_cursor"],
    &["paging", "cursors", "after"],
    &["next_page", "offset"],
    &["additional_data", "next_cursor"],
    &["pages", "next", "starting_after"],
];
/// Where answers hold the address of the next page.
const LINKS: [&[&str]; 5] = [
    &["links", "next"],
    &["_links", "next"],
    &["paging", "next"],
    &["_pagination", "next"],
    &["next_page_url"],
];
/// What lists are called among other things.
const LISTS: [&str; 8] = [
    "results", "items", "data", "records", "values", "entries", "list", "value",
];

/// How the list goes on, as a connector has it.
pub(crate) fn of(operation: &Operation, draft: &Draft, shape: Option<&ParamDoc>) -> Option<Value> {
    let shape = shape.filter(|_| operation.method == "GET")?;
    let items = items(shape)?;
    let list = || json!(format!("{{{{ {items} }}}}"));
    cursor(draft, shape, &list)
        .or_else(|| last_item(draft, shape, &list))
        .or_else(|| link(operation, draft, &list))
        .or_else(|| numbered(draft, &list))
}

/// A reference to the list among the answer.
fn items(shape: &ParamDoc) -> Option<String> {
    if shape.kind == Some(ParamType::Array) {
        return Some("body".to_owned());
    }
    let is_list = |name: &&str| kind_of(shape, &[name]) == Some(ParamType::Array);
    let known = LISTS.iter().copied().find(|name| is_list(name));
    let mut lists = shape.properties.keys().map(String::as_str).filter(is_list);
    let only = lists.next().filter(|_| lists.next().is_none());
    let name = known.or(only)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let fits = name.bytes().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit());
    fits.then(|| format!("body.{name}"))
}

fn member<'s>(shape: &'s ParamDoc, path: &[&str]) -> Option<&'s ParamDoc> {
    path.iter()
        .try_fold(shape, |shape, name| shape.properties.get(*name))
}

fn kind_of(shape: &ParamDoc, path: &[&str]) -> Option<ParamType> {
    member(shape, path)?.kind
}

fn is_cursor(shape: &ParamDoc, path: &[&str]) -> bool {
    matches!(
        kind_of(shape, path),
        Some(ParamType::String | ParamType::Integer)
    )
}

/// The parameter that a wire's name became.
fn param<'d>(draft: &'d Draft, names: &[&'static str]) -> Option<(&'static str, &'d String)> {
    names
        .iter()
        .find_map(|wire| Some((*wire, draft.query.get(*wire)?)))
}

fn cursor(draft: &Draft, shape: &ParamDoc, list: &dyn Fn() -> Value) -> Option<Value> {
    let (wire, param) = param(draft, &CURSORS)?;
    if let Some(path) = NEXT.iter().find(|path| is_cursor(shape, path)) {
        let next = format!("{{{{ body.{} }}}}", path.join("."));
        return Some(json!({ "cursor": { "param": param, "next": next, "items": list() } }));
    }
    let text = |path: &&&[&str]| kind_of(shape, path) == Some(ParamType::String);
    let path = LINKS.iter().find(text)?;
    let next = format!("{{{{ body.{} }}}}", path.join("."));
    Some(json!({ "cursor": { "param": param, "next": next, "query": wire, "items": list() } }))
}

/// The id of the last item is the cursor, as long as there is more.
fn last_item(draft: &Draft, shape: &ParamDoc, list: &dyn Fn() -> Value) -> Option<Value> {
    let (_, param) = param(draft, &["starting_after"])?;
    let more = kind_of(shape, &["has_more"]) == Some(ParamType::Boolean);
    let data = member(shape, &["data"])?.items.as_deref()?;
    let has_id = data.properties.contains_key("id") || data.properties.is_empty();
    (more && has_id).then(|| {
        let next = "{{ (body.data | last).id if body.has_more }}";
        json!({ "cursor": { "param": param, "next": next, "items": list() } })
    })
}

fn link(operation: &Operation, draft: &Draft, list: &dyn Fn() -> Value) -> Option<Value> {
    let mut good = operation
        .answers
        .iter()
        .filter(|answer| answer.status.starts_with('2'));
    let told = good.any(|answer| answer.headers.iter().any(|name| name == "link"));
    let (wire, param) = param(draft, &["page", "cursor", "after", "page_token", "since"])?;
    told.then(|| json!({ "link": { "param": param, "query": wire, "items": list() } }))
}

/// Pages, or items, that are counted. An empty page ends the list.
fn numbered(draft: &Draft, list: &dyn Fn() -> Value) -> Option<Value> {
    let counts = |param: &&String| {
        let param = draft.params.get(*param);
        param
            .is_some_and(|param| matches!(param.kind, Some(ParamType::Integer | ParamType::Number)))
    };
    let of = |names: &[&'static str]| param(draft, names).map(|(_, param)| param).filter(counts);
    if let Some(param) = of(&["page", "page_number", "pageNumber"]) {
        let least = draft.params.get(param).and_then(|param| param.minimum);
        let told = draft
            .params
            .get(param)
            .and_then(|param| param.description.as_deref());
        let from_zero =
            least == Some(0.0) || told.is_some_and(|told| told.ends_with("Default: 0."));
        let mut page = json!({ "param": param, "items": list() });
        if from_zero && let Some(page) = page.as_object_mut() {
            page.insert("first".to_owned(), json!(0));
        }
        return Some(json!({ "page": page }));
    }
    let param = of(&["offset", "startAt", "skip", "start_at"])?;
    Some(json!({ "offset": { "param": param, "items": list() } }))
}
