//! Templates: JSON values in which texts may hold `{{ … }}`.
//!
//! `"{{ email }}"` alone keeps the type of what it refers to. A text with an absent part is absent as a whole, and
//! an absent value leaves no key and no list item. The key `...` spreads a map into the map that it stands in;
//! keys that are written out win over spread ones.

use serde_json::{Map, Value};

use crate::expr::{EvalError, Expr, Key, Scope, text_of};
use crate::problem::Fault;

/// A compiled template.
#[derive(Debug)]
pub enum Template {
    /// A value that stands for itself.
    Fixed(Value),
    /// One expression; keeps its type.
    Expr(Expr),
    /// Text with expressions in it.
    Text(Text),
    /// A list.
    List(Vec<Template>),
    /// A map.
    Map(Vec<Entry>),
}

/// One line of a map.
#[derive(Debug)]
pub enum Entry {
    /// A key and its value.
    Key(String, Template),
    /// Another map's keys.
    Spread(Template),
}

/// Text with expressions in it.
#[derive(Debug)]
pub struct Text(pub(crate) Vec<Piece>);

/// A piece of a [`Text`].
#[derive(Debug)]
pub(crate) enum Piece {
    /// Text that stands for itself.
    Literal(String),
    /// An expression.
    Expr(Expr),
}

impl Template {
    /// Compiles a value in which `known` names may stand.
    pub(crate) fn compile(value: &Value, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        match value {
            Value::String(text) => Self::compile_text(text, known),
            Value::Array(items) => Self::compile_list(items, known),
            Value::Object(map) => compile_entries(map, known).map(Self::Map),
            other => Ok(Self::Fixed(other.clone())),
        }
    }

    /// Compiles a value in which any name may stand.
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn free(value: &Value) -> Result<Self, String> {
        Self::compile(value, &|_| true).map_err(|fault| fault.message)
    }

    fn compile_text(text: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let mut pieces = Text::compile(text, known)?.0;
        match (pieces.pop(), pieces.is_empty()) {
            (None, _) => Ok(Self::Fixed(Value::String(String::new()))),
            (Some(Piece::Literal(text)), true) => Ok(Self::Fixed(Value::String(text))),
            (Some(Piece::Expr(expr)), true) => Ok(Self::Expr(expr)),
            (Some(last), false) => {
                pieces.push(last);
                Ok(Self::Text(Text(pieces)))
            }
        }
    }

    fn compile_list(items: &[Value], known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let compile = |(index, item): (usize, &Value)| {
            Self::compile(item, known).map_err(|fault| fault.under(index.to_string()))
        };
        items
            .iter()
            .enumerate()
            .map(compile)
            .collect::<Result<_, _>>()
            .map(Self::List)
    }

    /// The value, or `None` where it is absent.
    ///
    /// # Errors
    /// Where an expression has no value, or something that is not a map is spread.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Option<Value>, EvalError> {
        match self {
            Self::Fixed(value) => Ok(Some(value.clone())),
            Self::Expr(expr) => expr.eval(scope),
            Self::Text(text) => Ok(text.render(scope)?.map(Value::String)),
            Self::List(items) => render_list(items, scope).map(Some),
            Self::Map(entries) => render_map(entries, scope).map(|map| Some(Value::Object(map))),
        }
    }

    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Fixed(_) => Vec::new(),
            Self::Expr(expr) => vec![expr],
            Self::Text(text) => text.exprs().collect(),
            Self::List(items) => items.iter().flat_map(Self::exprs).collect(),
            Self::Map(entries) => entries.iter().flat_map(Entry::exprs).collect(),
        }
    }
}

impl Entry {
    /// The expressions in it.
    pub(crate) fn exprs(&self) -> Vec<&Expr> {
        match self {
            Self::Key(_, value) | Self::Spread(value) => value.exprs(),
        }
    }
}

/// Compiles the lines of a map in which `known` names may stand.
pub(crate) fn compile_entries<'a>(
    map: impl IntoIterator<Item = (&'a String, &'a Value)>,
    known: &dyn Fn(&str) -> bool,
) -> Result<Vec<Entry>, Fault> {
    let compile = |(key, value): (&String, &Value)| {
        let template = Template::compile(value, known).map_err(|fault| fault.under(key))?;
        Ok(if key == "..." {
            Entry::Spread(template)
        } else {
            Entry::Key(key.clone(), template)
        })
    };
    map.into_iter().map(compile).collect()
}

fn render_list(items: &[Template], scope: &Scope<'_>) -> Result<Value, EvalError> {
    let rendered = items
        .iter()
        .map(|item| item.render(scope))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::Array(rendered.into_iter().flatten().collect()))
}

/// Renders the entries of a map. Spread keys stand where they are spread and give way to written ones.
pub(crate) fn render_map(
    entries: &[Entry],
    scope: &Scope<'_>,
) -> Result<Map<String, Value>, EvalError> {
    let mut map = Map::new();
    for entry in entries {
        match entry {
            Entry::Key(key, template) => {
                if let Some(value) = template.render(scope)? {
                    map.insert(key.clone(), value);
                }
            }
            Entry::Spread(template) => {
                if let Some(Value::Object(spread)) = template.render(scope)? {
                    for (key, value) in spread {
                        map.entry(key).or_insert(value);
                    }
                }
            }
        }
    }
    Ok(map)
}

impl Text {
    /// Compiles a text in which `known` names may stand.
    pub(crate) fn compile(source: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        if source.contains("{%") || source.contains("{#") {
            return Err(Fault::here(
                "statements (`{% … %}`) and comments (`{# … #}`) are not allowed, only `{{ … }}`",
            ));
        }
        let mut pieces = Vec::new();
        let mut rest = source;
        while let Some((before, after)) = rest.split_once("{{") {
            let (inside, behind) = split_close(after)
                .ok_or_else(|| Fault::here(format!("`{{{{` without `}}}}` in `{source}`")))?;
            push_literal(&mut pieces, before);
            pieces.push(Piece::Expr(Expr::compile(inside, known)?));
            rest = behind;
        }
        push_literal(&mut pieces, rest);
        Ok(Self(pieces))
    }

    /// The text, or `None` where a part of it is absent.
    ///
    /// # Errors
    /// Where an expression has no value.
    pub fn render(&self, scope: &Scope<'_>) -> Result<Option<String>, EvalError> {
        let mut text = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Expr(expr) => match expr.eval(scope)? {
                    Some(value) => text.push_str(&text_of(&value)),
                    None => return Ok(None),
                },
            }
        }
        Ok(Some(text))
    }

    /// The name, where the text is nothing but a reference to one.
    pub(crate) fn name(&self) -> Option<&str> {
        let alone = self.sole().filter(|expr| expr.member().is_none());
        alone.and_then(Expr::root)
    }

    /// The expression that stands alone.
    pub(crate) fn sole(&self) -> Option<&Expr> {
        match self.0.as_slice() {
            [Piece::Expr(expr)] => Some(expr),
            _ => None,
        }
    }

    /// The way to a value, where the text is nothing but a reference.
    pub(crate) fn path(&self) -> Option<&[Key]> {
        match self.0.as_slice() {
            [Piece::Expr(expr)] => expr.path(),
            _ => None,
        }
    }

    /// What it is made of, in order.
    pub(crate) fn pieces(&self) -> &[Piece] {
        &self.0
    }

    /// Whether the text has no expression.
    pub(crate) fn is_literal(&self) -> bool {
        self.0
            .iter()
            .all(|piece| matches!(piece, Piece::Literal(_)))
    }

    /// The expressions in order.
    pub(crate) fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.0.iter().filter_map(|piece| match piece {
            Piece::Expr(expr) => Some(expr),
            Piece::Literal(_) => None,
        })
    }
}

fn push_literal(pieces: &mut Vec<Piece>, text: &str) {
    if !text.is_empty() {
        pieces.push(Piece::Literal(text.to_owned()));
    }
}

/// Splits at the `}}` that closes an expression: not one inside quotes or inside a map literal.
fn split_close(text: &str) -> Option<(&str, &str)> {
    let (mut quote, mut depth, mut escaped) = (None, 0_usize, false);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth > 0 => depth -= 1,
            (None, '}') => {
                let (inside, rest) = text.split_at(at);
                return rest.strip_prefix("}}").map(|behind| (inside, behind));
            }
            (None, _) => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn render(template: Value, params: Value) -> Option<Value> {
        let template = Template::compile(&template, &|_| true).unwrap();
        let params = params.as_object().unwrap().clone();
        template
            .render(&Scope::default().with_params(&params))
            .unwrap()
    }

    #[test]
    fn absent_values_leave_no_key_and_null_stays() {
        let template = json!({"a": "{{ a }}", "b": "{{ b }}", "c": ["{{ b }}", "x {{ a }}", "{{ n }}"], "d": "no {{ b }}"});
        let rendered = render(template, json!({"a": 1, "n": null}));
        assert_eq!(rendered, Some(json!({"a": 1, "c": ["x 1", null]})));
    }

    #[test]
    fn written_keys_win_over_spread_ones_wherever_they_stand() {
        let template = json!({"a": "{{ a }}", "...": "{{ more }}", "z": 1, "b": "{{ b }}"});
        let rendered = render(
            template,
            json!({"a": "mine", "more": {"a": "x", "b": "kept", "z": 2}}),
        );
        assert_eq!(rendered, Some(json!({"a": "mine", "b": "kept", "z": 1})));
    }

    #[test]
    fn braces_inside_an_expression_do_not_close_it() {
        let rendered = render(
            json!("{{ {'id': id, 'deep': {'x': '}}'}} }}"),
            json!({"id": 7}),
        );
        assert_eq!(rendered, Some(json!({"id": 7, "deep": {"x": "}}"}})));
    }

    #[test]
    fn statements_are_refused() {
        let fault = Template::compile(&json!({"a": "{% if x %}"}), &|_| true).unwrap_err();
        assert_eq!(fault.path, ["a"]);
    }
}
