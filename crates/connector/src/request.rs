//! Requests: compiled from their documents, rendered into plans.
//!
//! Whatever parameters hold, a rendered request has the method, host, port and number of path segments that its
//! document says. Values are data in every position: encoded in paths and queries, refused in headers where they
//! would break out.

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use serde_json::{Map, Value};
use url::Url;

use crate::document::RequestDoc;
use crate::expr::{EvalError, Expr, Scope, text_of};
use crate::payload::{self, BodyTemplate};
use crate::plan::{Body, Method};
use crate::problem::Fault;
use crate::template::{Entry, Template, Text, render_map};

/// What stays as it is inside a path segment (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Headers that a caller's parameters can never set: credentials, framing, routing.
const RESERVED_HEADERS: &[&str] = &[
    "host",
    "authorization",
    "cookie",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "content-length",
    "te",
    "trailer",
    "expect",
    "upgrade",
    "forwarded",
    "via",
    "accept-encoding",
];

/// A compiled request.
#[derive(Debug)]
pub struct Request {
    method: MethodTemplate,
    path: PathTemplate,
    query: Vec<Entry>,
    headers: Vec<Entry>,
    body: BodyTemplate,
}

#[derive(Debug)]
enum MethodTemplate {
    Fixed(Method),
    Chosen(Text),
}

#[derive(Debug)]
enum PathTemplate {
    /// Segments, each encoded as a whole.
    Segments(Vec<Text>),
    /// A path that a parameter gives.
    Whole(Text),
}

/// A rendered request: everything of a plan but the action's part.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

/// Why parameters cannot become a request.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// An expression has no value.
    #[error(transparent)]
    Eval(#[from] EvalError),
    /// A part of the request that has to be there is absent.
    #[error("{0} is absent or empty")]
    Absent(String),
    /// A value cannot stand where the request puts it.
    #[error("{place} {reason}")]
    Unfit {
        /// The part of the request.
        place: String,
        /// Why it cannot stand there. Never holds the value.
        reason: &'static str,
    },
}

fn unfit(place: impl Into<String>, reason: &'static str) -> PlanError {
    PlanError::Unfit {
        place: place.into(),
        reason,
    }
}

impl Request {
    pub(crate) fn compile(doc: &RequestDoc, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let (method, path) = compile_line(doc, known)?;
        Ok(Self {
            method,
            path,
            query: compile_entries(&doc.query, known).map_err(|fault| fault.under("query"))?,
            headers: compile_entries(&doc.headers, known)
                .map_err(|fault| fault.under("headers"))?,
            body: BodyTemplate::compile(doc, known)?,
        })
    }

    /// The method, where no parameter chooses it.
    pub(crate) fn fixed_method(&self) -> Option<Method> {
        match self.method {
            MethodTemplate::Fixed(method) => Some(method),
            MethodTemplate::Chosen(_) => None,
        }
    }

    /// The path, where no parameter stands in it.
    pub fn fixed_path(&self) -> Option<String> {
        match &self.path {
            PathTemplate::Segments(segments) => {
                let fixed = segments.iter().map(|segment| {
                    segment
                        .is_literal()
                        .then(|| segment.render(&Scope::default()))
                });
                let texts: Option<Vec<_>> = fixed.map(|one| one?.ok()?).collect();
                texts.map(|texts| format!("/{}", texts.join("/")))
            }
            PathTemplate::Whole(_) => None,
        }
    }

    /// Whether a path could be this request's: literal segments equal, the others filled.
    pub fn path_fits(&self, path: &str) -> bool {
        let PathTemplate::Segments(segments) = &self.path else {
            return false;
        };
        let given: Vec<_> = path.trim_start_matches('/').split('/').collect();
        given.len() == segments.len()
            && segments.iter().zip(given).all(|(segment, given)| {
                let literal = segment
                    .is_literal()
                    .then(|| segment.render(&Scope::default()).ok().flatten())
                    .flatten();
                literal.map_or(!given.is_empty(), |literal| literal == given)
            })
    }

    /// Whether the method could be this request's.
    pub fn method_fits(&self, method: Method) -> bool {
        self.fixed_method().is_none_or(|fixed| fixed == method)
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        let in_path: Vec<&Expr> = match &self.path {
            PathTemplate::Segments(segments) => segments.iter().flat_map(Text::exprs).collect(),
            PathTemplate::Whole(text) => text.exprs().collect(),
        };
        let in_entries = self
            .query
            .iter()
            .chain(&self.headers)
            .flat_map(Entry::exprs);
        in_path
            .into_iter()
            .chain(in_entries)
            .chain(self.body.exprs())
            .collect()
    }

    pub(crate) fn render(
        &self,
        base: &Url,
        defaults: &IndexMap<String, String>,
        scope: &Scope<'_>,
    ) -> Result<Rendered, PlanError> {
        let method = self.render_method(scope)?;
        let url = self.render_url(base, scope)?;
        let body = self.body.render(scope)?;
        let headers = self.render_headers(defaults, scope)?;
        Ok(Rendered {
            method,
            url,
            headers,
            body,
        })
    }

    fn render_method(&self, scope: &Scope<'_>) -> Result<Method, PlanError> {
        match &self.method {
            MethodTemplate::Fixed(method) => Ok(*method),
            MethodTemplate::Chosen(text) => {
                let word = text
                    .render(scope)?
                    .ok_or_else(|| PlanError::Absent("the method".to_owned()))?;
                Method::parse(&word).ok_or_else(|| {
                    unfit(
                        "the method",
                        "must be GET, HEAD, POST, PUT, PATCH or DELETE",
                    )
                })
            }
        }
    }

    fn render_url(&self, base: &Url, scope: &Scope<'_>) -> Result<Url, PlanError> {
        let path = match &self.path {
            PathTemplate::Segments(segments) => render_segments(segments, scope)?,
            PathTemplate::Whole(text) => render_whole(text, scope)?,
        };
        let path = format!("{}{path}", base.path().trim_end_matches('/'));
        let mut url = base.clone();
        url.set_path(&path);
        // The parser resolves what it takes for dot segments; what it changed was not a path of ours.
        if url.path() != path {
            return Err(unfit(
                "the path",
                "must not contain `.` or `..` as a segment",
            ));
        }
        let mut pairs = Vec::new();
        for (name, value) in render_map(&self.query, scope)? {
            payload::flatten_query(&name, &value, &mut pairs);
        }
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }

    fn render_headers(
        &self,
        defaults: &IndexMap<String, String>,
        scope: &Scope<'_>,
    ) -> Result<Vec<(String, String)>, PlanError> {
        let mut headers: IndexMap<String, String> = defaults
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
            .collect();
        let written: Vec<&str> = self.headers.iter().filter_map(written_name).collect();
        for (name, value) in render_map(&self.headers, scope)? {
            if !written.contains(&name.as_str()) {
                check_name(&name)?;
            }
            let value = text_of(&value);
            check_value(&name, &value)?;
            headers.insert(name.to_ascii_lowercase(), value);
        }
        Ok(headers.into_iter().collect())
    }
}

fn written_name(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Key(name, _) => Some(name),
        Entry::Spread(_) => None,
    }
}

fn check_name(name: &str) -> Result<(), PlanError> {
    let token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(token) {
        return Err(unfit(
            "a header's name",
            "must be letters, digits and hyphens",
        ));
    }
    let lower = name.to_ascii_lowercase();
    let reserved = RESERVED_HEADERS.contains(&lower.as_str())
        || ["proxy-", "x-forwarded-", "sec-"]
            .iter()
            .any(|prefix| lower.starts_with(prefix));
    if reserved {
        return Err(unfit(
            format!("the header `{lower}`"),
            "cannot be set by a caller",
        ));
    }
    Ok(())
}

fn check_value(name: &str, value: &str) -> Result<(), PlanError> {
    let fits = value
        .bytes()
        .all(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
    if fits {
        Ok(())
    } else {
        Err(unfit(
            format!("the header `{name}`"),
            "must not contain line breaks or control characters",
        ))
    }
}

fn render_segments(segments: &[Text], scope: &Scope<'_>) -> Result<String, PlanError> {
    let mut path = String::new();
    for segment in segments {
        path.push('/');
        if segment.is_literal() {
            path.push_str(&segment.render(scope)?.unwrap_or_default());
            continue;
        }
        let value = segment.render(scope)?.filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| PlanError::Absent(place(segment)))?;
        check_segment(&value)?;
        path.extend(utf8_percent_encode(&value, SEGMENT));
    }
    Ok(path)
}

/// What a caller calls the segment: the parameter that fills it.
fn place(segment: &Text) -> String {
    let name = segment.exprs().find_map(|expr| expr.root());
    name.map_or_else(
        || "a path segment".to_owned(),
        |name| format!("`{name}`, a part of the address,"),
    )
}

fn check_segment(value: &str) -> Result<(), PlanError> {
    let decoded = percent_decode_str(value).decode_utf8_lossy();
    if matches!(decoded.as_ref(), "." | "..") {
        return Err(unfit("a path segment", "must not be `.` or `..`"));
    }
    if decoded.chars().any(char::is_control) {
        return Err(unfit(
            "a path segment",
            "must not contain control characters",
        ));
    }
    Ok(())
}

/// A caller's own path: kept inside the base path, encoded where it was not.
fn render_whole(text: &Text, scope: &Scope<'_>) -> Result<String, PlanError> {
    let given = text
        .render(scope)?
        .ok_or_else(|| PlanError::Absent("the path".to_owned()))?;
    let Some(rest) = given.strip_prefix('/') else {
        return Err(unfit("the path", "must begin with `/`"));
    };
    if given.contains(['?', '#', '\\']) || given.contains("//") {
        return Err(unfit(
            "the path",
            "must not contain `?`, `#`, `\\` or `//`; query values have a parameter of their own",
        ));
    }
    let mut path = String::new();
    for segment in rest.split('/') {
        check_segment(segment)?;
        let decoded = percent_decode_str(segment)
            .decode_utf8()
            .map_err(|_not_utf8| unfit("the path", "must be UTF-8"))?;
        if decoded.contains('/') {
            return Err(unfit("the path", "must not contain an encoded `/`"));
        }
        path.push('/');
        path.extend(utf8_percent_encode(&decoded, SEGMENT));
    }
    Ok(path)
}

fn compile_entries(
    map: &IndexMap<String, Value>,
    known: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, Fault> {
    let map: Map<String, Value> = map
        .iter()
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    match Template::compile(&Value::Object(map), known)? {
        Template::Map(entries) => Ok(entries),
        _ => Ok(Vec::new()),
    }
}

fn compile_line(
    doc: &RequestDoc,
    known: &dyn Fn(&str) -> bool,
) -> Result<(MethodTemplate, PathTemplate), Fault> {
    let fixed = [
        ("get", &doc.get, Method::Get),
        ("post", &doc.post, Method::Post),
        ("put", &doc.put, Method::Put),
        ("patch", &doc.patch, Method::Patch),
        ("delete", &doc.delete, Method::Delete),
    ];
    let mut lines = fixed
        .into_iter()
        .filter_map(|(key, path, method)| path.as_ref().map(|path| (key, path, method)));
    match (lines.next(), lines.next(), &doc.method, &doc.path) {
        (Some((key, path, method)), None, None, None) => {
            let path = compile_path(path, known).map_err(|fault| fault.under(key))?;
            Ok((MethodTemplate::Fixed(method), path))
        }
        (None, None, Some(method), Some(path)) => Ok((
            MethodTemplate::Chosen(
                Text::compile(method, known).map_err(|fault| fault.under("method"))?,
            ),
            PathTemplate::Whole(Text::compile(path, known).map_err(|fault| fault.under("path"))?),
        )),
        _ => Err(Fault::here(
            "a request needs exactly one of `get`, `post`, `put`, `patch`, `delete`, or `method` with `path`",
        )),
    }
}

fn compile_path(path: &str, known: &dyn Fn(&str) -> bool) -> Result<PathTemplate, Fault> {
    let Some(rest) = path.strip_prefix('/') else {
        return Err(Fault::here(format!(
            "the path `{path}` must begin with `/`"
        )));
    };
    let segments = split_segments(rest)
        .into_iter()
        .map(|segment| compile_segment(&segment, known));
    segments
        .collect::<Result<_, _>>()
        .map(PathTemplate::Segments)
}

/// Splits at the slashes that stand outside of `{{ … }}`.
fn split_segments(path: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    let mut inside = false;
    let mut rest = path;
    while let Some(c) = rest.chars().next() {
        let skip = if rest.starts_with("{{") || rest.starts_with("}}") {
            2
        } else {
            c.len_utf8()
        };
        let (taken, behind) = rest.split_at(skip);
        inside = taken == "{{" || (inside && taken != "}}");
        rest = behind;
        match segments.last_mut() {
            Some(last) if inside || taken != "/" => last.push_str(taken),
            _ => segments.push(String::new()),
        }
    }
    segments
}

fn compile_segment(segment: &str, known: &dyn Fn(&str) -> bool) -> Result<Text, Fault> {
    let text = Text::compile(segment, known)?;
    if !text.is_literal() {
        return Ok(text);
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte);
    if matches!(segment, "." | "..") || !segment.bytes().all(plain) {
        return Err(Fault::here(format!(
            "the path segment `{segment}` must be percent-encoded, without `?`, `#` and `..`"
        )));
    }
    Ok(text)
}
