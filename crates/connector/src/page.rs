//! Lists that continue: which parameters give the next page. Pure.

use serde_json::{Map, Value};
use url::Url;

use crate::answer::{Answer, Seen, answer_names};
use crate::document::PagingDoc;
use crate::problem::Fault;
use crate::template::Template;

/// How an application's lists continue.
#[derive(Debug)]
pub(crate) struct Paging {
    param: String,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Cursor(Template),
    Offset(Template),
    Page(Template),
    Link(String),
}

impl Paging {
    pub(crate) fn compile(doc: &PagingDoc) -> Result<Self, Fault> {
        let template = |key: &str, source: &String| {
            let value = Value::String(source.clone());
            Template::compile(&value, &answer_names).map_err(|fault| fault.under(key))
        };
        let (param, kind) = match doc {
            PagingDoc::Cursor { param, next } => (param, Kind::Cursor(template("next", next)?)),
            PagingDoc::Offset { param, items } => (param, Kind::Offset(template("items", items)?)),
            PagingDoc::Page { param, items } => (param, Kind::Page(template("items", items)?)),
            PagingDoc::Link { param, query } => (param, Kind::Link(query.clone())),
        };
        Ok(Self {
            param: param.clone(),
            kind,
        })
    }

    /// The parameter that a paged action has to have.
    pub(crate) fn param(&self) -> &str {
        &self.param
    }

    /// The parameters that give the page after this answer, or `None` after the last one.
    pub(crate) fn next(
        &self,
        params: &Map<String, Value>,
        answer: &Answer,
    ) -> Option<Map<String, Value>> {
        let seen = Seen::of(answer);
        let scope = seen.scope();
        let items = |template: &Template| match template.render(&scope) {
            Ok(Some(Value::Array(items))) if !items.is_empty() => u64::try_from(items.len()).ok(),
            _ => None,
        };
        let here = || params.get(&self.param).and_then(whole);
        let next = match &self.kind {
            Kind::Cursor(template) => template.render(&scope).ok()?.filter(is_cursor)?,
            Kind::Offset(template) => Value::from(here().unwrap_or(0) + items(template)?),
            Kind::Page(template) => Value::from(items(template).map(|_| here().unwrap_or(1) + 1)?),
            Kind::Link(query) => Value::String(linked(answer.header("link")?, query)?),
        };
        // A cursor that leads to itself would page for ever.
        if params.get(&self.param) == Some(&next) {
            return None;
        }
        let mut params = params.clone();
        params.insert(self.param.clone(), next);
        Some(params)
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
    let address = next.split_once('<')?.1.split_once('>')?.0;
    let url = Url::options()
        .base_url(Url::parse("https://base.invalid/").ok().as_ref())
        .parse(address)
        .ok()?;
    url.query_pairs()
        .find(|(name, _)| name == query)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::Payload;
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

    #[test]
    fn a_cursor_goes_on_until_it_is_absent_or_repeats() {
        let doc = PagingDoc::Cursor {
            param: "after".into(),
            next: "{{ body.next }}".into(),
        };
        let params = json!({"limit": 2, "after": "a"});
        assert_eq!(
            next(&doc, params.clone(), &answer(json!({"next": "b"}), &[])),
            Some(json!({"limit": 2, "after": "b"}))
        );
        assert_eq!(next(&doc, params.clone(), &answer(json!({}), &[])), None);
        assert_eq!(next(&doc, params, &answer(json!({"next": "a"}), &[])), None);
    }

    #[test]
    fn offsets_and_pages_end_with_an_empty_list() {
        let offset = PagingDoc::Offset {
            param: "offset".into(),
            items: "{{ body.items }}".into(),
        };
        assert_eq!(
            next(
                &offset,
                json!({"offset": "4"}),
                &answer(json!({"items": [1, 2]}), &[])
            ),
            Some(json!({"offset": 6}))
        );
        assert_eq!(
            next(&offset, json!({}), &answer(json!({"items": []}), &[])),
            None
        );
        let page = PagingDoc::Page {
            param: "page".into(),
            items: "{{ body.items }}".into(),
        };
        assert_eq!(
            next(&page, json!({}), &answer(json!({"items": [1]}), &[])),
            Some(json!({"page": 2}))
        );
    }

    #[test]
    fn a_link_header_gives_its_cursor() {
        let doc = PagingDoc::Link {
            param: "page".into(),
            query: "page".into(),
        };
        let link =
            "<https://x.test/?page=1>; rel=\"prev\", <https://x.test/?a=b&page=3>; rel=\"next\"";
        assert_eq!(
            next(&doc, json!({}), &answer(json!([]), &[("link", link)])),
            Some(json!({"page": "3"}))
        );
        assert_eq!(next(&doc, json!({}), &answer(json!([]), &[])), None);
    }
}
