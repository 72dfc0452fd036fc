//! Paths: segments that stay segments, whatever fills them.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::{PlanError, unfit};
use crate::expr::{Expr, Scope, text_of};
use crate::problem::Fault;
use crate::template::{Piece, Text};

/// What stays as it is inside a path segment (RFC 3986, unreserved).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A compiled path.
#[derive(Debug)]
pub(super) enum PathTemplate {
    /// Segments, each encoded as a whole.
    Segments(Vec<Text>),
    /// A path that a parameter gives.
    Whole(Text),
    /// A whole address that an earlier step was answered with. It is no path, and renders to none.
    Address(Text),
}

impl PathTemplate {
    /// The path, where no parameter stands in it.
    pub(super) fn fixed(&self) -> Option<String> {
        match self {
            PathTemplate::Segments(segments) => {
                let fixed = segments.iter().map(|segment| {
                    segment
                        .is_literal()
                        .then(|| segment.render(&Scope::default()))
                });
                let texts: Option<Vec<_>> = fixed.map(|one| one?.ok()?).collect();
                texts.map(|texts| format!("/{}", texts.join("/")))
            }
            PathTemplate::Whole(_) | PathTemplate::Address(_) => None,
        }
    }

    /// Whether a path could be this request's: literal segments equal, the others filled.
    pub(super) fn fits(&self, path: &str) -> bool {
        let PathTemplate::Segments(segments) = self else {
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

    /// The expressions in it.
    pub(super) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Segments(segments) => segments.iter().flat_map(Text::exprs).collect(),
            Self::Whole(text) | Self::Address(text) => text.exprs().collect(),
        }
    }

    /// The names that fill a segment alone.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let segments = match self {
            Self::Segments(segments) => segments.as_slice(),
            Self::Whole(_) | Self::Address(_) => &[],
        };
        segments.iter().filter_map(Text::name)
    }

    /// The path, percent-encoded.
    pub(super) fn render(&self, scope: &Scope<'_>) -> Result<String, PlanError> {
        match self {
            Self::Segments(segments) => render_segments(segments, scope),
            Self::Whole(text) => render_whole(text, scope),
            Self::Address(_) => Err(unfit("the address", "is no path")),
        }
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
        path.push_str(&render_segment(segment, scope)?);
    }
    Ok(path)
}

/// A segment with expressions in it: what they give is encoded, and what its author wrote stays.
fn render_segment(segment: &Text, scope: &Scope<'_>) -> Result<String, PlanError> {
    let absent = || PlanError::Absent(place(segment));
    let (mut whole, mut encoded) = (String::new(), String::new());
    for piece in segment.pieces() {
        match piece {
            Piece::Literal(literal) => {
                whole.push_str(literal);
                encoded.push_str(literal);
            }
            Piece::Expr(expr) => {
                let value = expr.eval(scope)?.map(|value| text_of(&value));
                let value = value.filter(|value| !value.is_empty()).ok_or_else(absent)?;
                whole.push_str(&value);
                encoded.extend(utf8_percent_encode(&value, SEGMENT));
            }
        }
    }
    check_segment(&whole)?;
    Ok(encoded)
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

pub(super) fn compile_path(
    path: &str,
    known: &dyn Fn(&str) -> bool,
) -> Result<PathTemplate, Fault> {
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
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@%".contains(&byte);
    let written = text.pieces().iter().all(|piece| match piece {
        Piece::Literal(literal) => literal.bytes().all(plain),
        Piece::Expr(_) => true,
    });
    if matches!(segment, "." | "..") || !written {
        return Err(Fault::here(format!(
            "the path segment `{segment}` must be percent-encoded, without `?`, `#` and `..`"
        )));
    }
    Ok(text)
}
