//! Lists that go on: which parameters give the next page, and where the items are. Pure.

use serde_json::{Map, Value};
use url::Url;

use crate::answer::{Answer, Seen, answer_names};
use crate::document::PagingDoc;
use crate::expr::{Key, Scope};
use crate::payload::Payload;
use crate::problem::Fault;
use crate::template::{Template, Text};

/// How a list goes on.
#[derive(Debug)]
pub(crate) struct Paging {
    param: String,
    items: Place,
    /// False on the last page.
    more: Option<Text>,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Cursor {
        next: Template,
        query: Option<String>,
    },
    Offset,
    Page {
        first: u64,
    },
    Link(String),
}

impl Paging {
    pub(crate) fn compile(doc: &PagingDoc) -> Result<Self, Fault> {
        let (param, items, more, kind) = match doc {
            PagingDoc::Cursor {
                param,
                next,
                query,
                items,
            } => {
                let next = Value::String(next.clone());
                let next = Template::compile(&next, &answer_names);
                let kind = Kind::Cursor {
                    next: next.map_err(|fault| fault.under("next"))?,
                    query: query.clone(),
                };
                (param, items, None, kind)
            }
            PagingDoc::Offset { param, items, more } => (param, items, more.as_ref(), Kind::Offset),
            PagingDoc::Page {
                param,
                items,
                more,
                first,
            } => (param, items, more.as_ref(), Kind::Page { first: *first }),
            PagingDoc::Link {
                param,
                query,
                items,
            } => (param, items, None, Kind::Link(query.clone())),
        };
        let more = more.map(|more| Text::compile(more, &answer_names));
        Ok(Self {
            param: param.clone(),
            items: Place::compile(items).map_err(|fault| fault.under("items"))?,
            more: more.transpose().map_err(|fault| fault.under("more"))?,
            kind,
        })
    }

    /// The parameter that a paged action has to have.
    pub(crate) fn param(&self) -> &str {
        &self.param
    }

    /// Where the items are.
    pub(crate) fn items(&self) -> &Place {
        &self.items
    }

    /// The parameters that give the page after this answer, or `None` after the last one.
    pub(crate) fn next(
        &self,
        params: &Map<String, Value>,
        answer: &Answer,
    ) -> Option<Map<String, Value>> {
        let next = self.cursor(params, answer)?;
        // A cursor that leads to itself would page for ever.
        if params.get(&self.param) == Some(&next) {
            return None;
        }
        let mut params = params.clone();
        params.insert(self.param.clone(), next);
        Some(params)
    }

    fn cursor(&self, params: &Map<String, Value>, answer: &Answer) -> Option<Value> {
        let seen = Seen::of(answer);
        let scope = seen.scope();
        let here = params.get(&self.param).and_then(whole);
        match &self.kind {
            Kind::Cursor { next, query } => {
                let next = next.render(&scope).ok()?.filter(is_cursor)?;
                match query {
                    Some(query) => query_value(next.as_str()?, query).map(Value::String),
                    None => Some(next),
                }
            }
            Kind::Offset => Some(
                here.unwrap_or(0)
                    .saturating_add(self.came(answer, &scope)?)
                    .into(),
            ),
            Kind::Page { first } => {
                self.came(answer, &scope)?;
                Some(here.unwrap_or(*first).saturating_add(1).into())
            }
            Kind::Link(query) => linked(answer.header("link")?, query).map(Value::String),
        }
    }

    /// How many items came, unless this is the last page.
    fn came(&self, answer: &Answer, scope: &Scope<'_>) -> Option<u64> {
        let last = self.more.as_ref().is_some_and(|more| {
            let said = more.render(scope).ok().flatten();
            said.is_none_or(|said| matches!(said.as_str(), "" | "false" | "0"))
        });
        let items = self
            .items
            .list(answer)
            .filter(|items| !items.is_empty() && !last)?;
        u64::try_from(items.len()).ok()
    }
}

/// Where a list stands in an answer's body.
#[derive(Debug)]
pub(crate) struct Place(Vec<Key>);

impl Place {
    pub(crate) fn compile(text: &str) -> Result<Self, Fault> {
        let plain = Text::compile(text, &|name| name == "body")?;
        match plain.path() {
            Some([_, path @ ..]) => Ok(Self(path.to_vec())),
            _ => Err(Fault::here(
                "must be a plain reference to the list, such as \"{{ body.results }}\"",
            )),
        }
    }

    /// The list, where the answer has it.
    pub(crate) fn list<'a>(&self, answer: &'a Answer) -> Option<&'a Vec<Value>> {
        let Payload::Json(body) = &answer.payload else {
            return None;
        };
        let found = self.0.iter().try_fold(body, |value, key| key.of(value));
        found?.as_array()
    }

    /// The same, to be changed.
    pub(crate) fn list_mut<'a>(&self, answer: &'a mut Answer) -> Option<&'a mut Vec<Value>> {
        let Payload::Json(body) = &mut answer.payload else {
            return None;
        };
        let found = self.0.iter().try_fold(body, |value, key| key.of_mut(value));
        found?.as_array_mut()
    }
}

fn is_cursor(value: &Value) -> bool {
    matches!(value, Value::String(text) if !text.is_empty()) || value.is_number()
}

fn whole(value: &Value) -> Option<u64> {
    value
        .as_u64()
        .or_else(|| value.as_str().and_then(|text| text.parse().ok()))
}

/// The query value of the address with `rel="next"` (RFC 8288).
fn linked(header: &str, query: &str) -> Option<String> {
    let next = header
        .split(',')
        .find(|link| link.contains("rel=\"next\"") || link.contains("rel=next"))?;
    query_value(next.split_once('<')?.1.split_once('>')?.0, query)
}

/// A query value of an address, which may be relative. Some applications write the name with other capitals than they take.
fn query_value(address: &str, name: &str) -> Option<String> {
    let url = Url::options()
        .base_url(Url::parse("https://base.invalid/").ok().as_ref())
        .parse(address)
        .ok()?;
    url.query_pairs()
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn answer(body: Value, headers: &[(&str, &str)]) -> Answer {
        let headers = headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Answer {
            status: 200,
            headers,
            payload: Payload::Json(body),
        }
    }

    fn next(doc: &PagingDoc, params: Value, answer: &Answer) -> Option<Value> {
        let paging = Paging::compile(doc).unwrap();
        paging
            .next(params.as_object().unwrap(), answer)
            .map(Value::Object)
    }

    fn doc(text: &str) -> PagingDoc {
        serde_saphyr::from_str(text).unwrap()
    }

    #[test]
    fn a_cursor_goes_on_until_it_is_absent_or_repeats() {
        let doc =
            doc(r#"cursor: { param: after, next: "{{ body.next }}", items: "{{ body.items }}" }"#);
        let params = json!({"limit": 2, "after": "a"});
        assert_eq!(
            next(&doc, params.clone(), &answer(json!({"next": "b"}), &[])),
            Some(json!({"limit": 2, "after": "b"}))
        );
        assert_eq!(next(&doc, params.clone(), &answer(json!({}), &[])), None);
        assert_eq!(next(&doc, params, &answer(json!({"next": "a"}), &[])), None);
    }

    #[test]
    fn a_cursor_is_taken_out_of_an_address() {
        let doc = doc(
            r#"cursor: { param: token, query: $skiptoken, next: "{{ body['@odata.nextLink'] }}", items: "{{ body.value }}" }"#,
        );
        let more =
            json!({"@odata.nextLink": "https://api.example.com/v1/me?$top=2&$skiptoken=a%2Fb"});
        assert_eq!(
            next(&doc, json!({}), &answer(more, &[])),
            Some(json!({"token": "a/b"}))
        );
        let relative = json!({"@odata.nextLink": "/v1/me?$skiptoken=c"});
        assert_eq!(
            next(&doc, json!({}), &answer(relative, &[])),
            Some(json!({"token": "c"}))
        );
        let other = json!({"@odata.nextLink": "/v1/me?$top=2"});
        assert_eq!(next(&doc, json!({}), &answer(other, &[])), None);
    }

    #[test]
    fn offsets_and_pages_end_with_an_empty_list() {
        let offset = doc(r#"offset: { param: offset, items: "{{ body.items }}" }"#);
        assert_eq!(
            next(
                &offset,
                json!({"offset": "3"}),
                &answer(json!({"items": [1, 2]}), &[])
            ),
            Some(json!({"offset": 5}))
        );
        assert_eq!(
            next(&offset, json!({}), &answer(json!({"items": []}), &[])),
            None
        );
        let page = doc(r#"page: { param: page, items: "{{ body }}" }"#);
        assert_eq!(
            next(&page, json!({}), &answer(json!([1]), &[])),
            Some(json!({"page": 2}))
        );
        let zero = doc(r#"page: { param: page, items: "{{ body.items }}", first: 0 }"#);
        assert_eq!(
            next(&zero, json!({}), &answer(json!({"items": [1]}), &[])),
            Some(json!({"page": 1}))
        );
    }

    #[test]
    fn an_application_that_says_that_there_is_no_more_is_believed() {
        let doc =
            doc(r#"offset: { param: offset, items: "{{ body.items }}", more: "{{ body.more }}" }"#);
        let said = |more: Value| {
            next(
                &doc,
                json!({}),
                &answer(json!({"items": [1], "more": more}), &[]),
            )
        };
        assert_eq!(said(json!(true)), Some(json!({"offset": 1})));
        assert_eq!(said(json!(false)), None);
        assert_eq!(said(Value::Null), None);
    }

    #[test]
    fn the_link_header_holds_the_cursor() {
        let doc = doc(r#"link: { param: page, query: page, items: "{{ body }}" }"#);
        let header = "<https://api.example.com/x?page=1>; rel=\"prev\", <https://api.example.com/x?per=2&page=3>; rel=\"next\"";
        assert_eq!(
            next(
                &doc,
                json!({"page": "2"}),
                &answer(json!([]), &[("link", header)])
            ),
            Some(json!({"page": "3"}))
        );
    }

    #[test]
    fn items_that_are_no_plain_reference_are_refused() {
        let doc = doc(r#"page: { param: page, items: "{{ body.items | list }}" }"#);
        assert!(
            Paging::compile(&doc)
                .unwrap_err()
                .message
                .contains("plain reference")
        );
    }
}
