//! Requests: compiled from their documents, rendered into plans.
//!
//! Whatever parameters hold, a rendered request has the method, host, port and number of path segments that its
//! document says. Values are data in every position: encoded in paths and queries, refused in headers where they
//! would break out.

mod body;
mod headers;
mod path;

use indexmap::IndexMap;
use url::Url;

use self::body::BodyTemplate;
pub(crate) use self::body::flatten_query;
use self::headers::render_headers;
use self::path::{PathTemplate, compile_path};
use crate::document::RequestDoc;
use crate::expr::{EvalError, Expr, Scope};
use crate::plan::{Body, Method};
use crate::problem::Fault;
use crate::template::{Entry, Text, compile_entries, render_map};

/// A compiled request.
#[derive(Debug)]
pub struct Request {
    method: MethodTemplate,
    /// Where it goes, if not to the connector's `base_url`.
    base: Option<Url>,
    path: PathTemplate,
    /// Whether it carries the credential.
    pub(crate) credential: bool,
    /// Whether a redirect is a success.
    pub(crate) redirect: bool,
    query: Vec<Entry>,
    headers: Vec<Entry>,
    body: BodyTemplate,
}

#[derive(Debug)]
enum MethodTemplate {
    Fixed(Method),
    Chosen(Text),
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
        let (method, place) = compile_line(doc, known)?;
        let (base, path) = (place.base, place.path);
        Ok(Self {
            method,
            base,
            path,
            credential: doc.credential,
            redirect: doc.redirect,
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
        self.path.fixed()
    }

    /// Whether it goes below the connector's `base_url`.
    pub(crate) fn is_below_base(&self) -> bool {
        self.base.is_none() && !matches!(self.path, PathTemplate::Address(_))
    }

    /// Whether a path could be this request's: literal segments equal, the others filled.
    pub fn path_fits(&self, path: &str) -> bool {
        self.path.fits(path)
    }

    /// Whether the method could be this request's.
    pub fn method_fits(&self, method: Method) -> bool {
        self.fixed_method().is_none_or(|fixed| fixed == method)
    }

    /// The parameters that fill a segment of the path alone.
    pub(crate) fn path_params(&self) -> impl Iterator<Item = &str> {
        self.path.names()
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        let in_entries = self
            .query
            .iter()
            .chain(&self.headers)
            .flat_map(Entry::exprs);
        self.path
            .exprs()
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
        let headers = render_headers(&self.headers, defaults, scope)?;
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
        let mut url = match &self.path {
            PathTemplate::Address(text) => address(text.render(scope)?)?,
            path => below(self.base.as_ref().unwrap_or(base), &path.render(scope)?)?,
        };
        let mut pairs = Vec::new();
        for (name, value) in render_map(&self.query, scope)? {
            flatten_query(&name, &value, &mut pairs);
        }
        if !pairs.is_empty() {
            url.query_pairs_mut().extend_pairs(pairs);
        }
        Ok(url)
    }
}

fn below(base: &Url, path: &str) -> Result<Url, PlanError> {
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
    Ok(url)
}

/// An address that the application gave. Which hosts it may name is looked at where it is sent.
fn address(given: Option<String>) -> Result<Url, PlanError> {
    let given = given.ok_or_else(|| PlanError::Absent("the address".to_owned()))?;
    let mut url = Url::parse(&given).map_err(|_no_url| unfit("the address", "is not a URL"))?;
    url.set_fragment(None);
    Ok(url)
}

/// What stands behind the method.
struct Place {
    base: Option<Url>,
    path: PathTemplate,
}

fn compile_place(line: &str, known: &dyn Fn(&str) -> bool) -> Result<Place, Fault> {
    if line.starts_with("{{") {
        let given = Text::compile(line, &|name| name == "steps").ok();
        let address = given.filter(|text| text.sole().is_some()).ok_or_else(|| {
            Fault::here(
                "a whole address can only be one that an earlier step was answered with: `\"{{ steps.NAME.headers.location }}\"`",
            )
        })?;
        let path = PathTemplate::Address(address);
        return Ok(Place { base: None, path });
    }
    let Some(rest) = line.strip_prefix("https://") else {
        let path = compile_path(line, known)?;
        return Ok(Place { base: None, path });
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let base = Url::parse(&format!("https://{host}")).ok();
    let plain = |url: &Url| url.path() == "/" && url.query().is_none() && url.username().is_empty();
    let base = base.filter(plain).filter(|_| !host.contains(['{', '@']));
    let base = base.ok_or_else(|| Fault::here(format!("`{host}` is not a host")))?;
    let path = compile_path(path, known)?;
    Ok(Place {
        base: Some(base),
        path,
    })
}

fn compile_line(
    doc: &RequestDoc,
    known: &dyn Fn(&str) -> bool,
) -> Result<(MethodTemplate, Place), Fault> {
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
            let place = compile_place(path, known).map_err(|fault| fault.under(key))?;
            Ok((MethodTemplate::Fixed(method), place))
        }
        (None, None, Some(method), Some(path)) => Ok((
            MethodTemplate::Chosen(
                Text::compile(method, known).map_err(|fault| fault.under("method"))?,
            ),
            Place {
                base: None,
                path: PathTemplate::Whole(
                    Text::compile(path, known).map_err(|fault| fault.under("path"))?,
                ),
            },
        )),
        _ => Err(Fault::here(
            "a request needs exactly one of `get`, `post`, `put`, `patch`, `delete`, or `method` with `path`",
        )),
    }
}
