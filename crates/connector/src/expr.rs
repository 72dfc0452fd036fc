//! Expressions: minijinja, metered, with no statements, no clock and an allow-list of filters.
//!
//! What is only a reference (`contact.id`) is compiled to a path and never interpreted.

mod language;
mod path;

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, OnceLock};

use minijinja::value::{Serde, Value as Jinja};
use minijinja::{Environment, Error, ErrorKind, Expression};
use serde_json::{Map, Value};

pub(crate) use self::path::Key;
use self::path::{follow, parse_path};
use crate::problem::Fault;

/// The longest expression. Fuel bounds what one does, and this how often one can be named in it.
const LONGEST_BYTES: usize = 1_000;

/// The most that the values of one request may come to, all its expressions together. A body of ours is smaller; a
/// document that names it a thousand times makes no more of it than this.
const MOST_BYTES: usize = 16 * 1024 * 1024;

static LANGUAGE: LazyLock<Environment<'static>> = LazyLock::new(language::language);

/// The names that an expression sees, and what they stand for.
#[derive(Debug, Default)]
pub struct Scope<'a> {
    names: Vec<(&'a str, &'a Value)>,
    params: Option<&'a Map<String, Value>>,
    interpreted: OnceLock<Jinja>,
    given: AtomicUsize,
}

impl<'a> Scope<'a> {
    /// The names given here. A later one hides an earlier one.
    pub fn new(names: impl IntoIterator<Item = (&'a str, &'a Value)>) -> Self {
        Self {
            names: names.into_iter().collect(),
            params: None,
            interpreted: OnceLock::new(),
            given: AtomicUsize::new(0),
        }
    }

    /// Counts a value that an expression gives; no more are given where all together are too large.
    fn give(&self, value: &Value) -> bool {
        let bytes = size(value);
        let before = self.given.fetch_add(bytes, Ordering::Relaxed);
        before.saturating_add(bytes) <= MOST_BYTES
    }

    /// The same, with one more name.
    pub fn and(mut self, name: &'a str, value: &'a Value) -> Self {
        self.names.push((name, value));
        self.interpreted = OnceLock::new();
        self
    }

    /// The same names, and one more, in a scope of its own.
    pub fn with_also<'b>(&self, name: &'b str, value: &'b Value) -> Scope<'b>
    where
        'a: 'b,
    {
        Scope {
            names: self.names.clone(),
            params: self.params,
            interpreted: OnceLock::new(),
            given: AtomicUsize::new(0),
        }
        .and(name, value)
    }

    /// The same, with every parameter as a name too. Names given before hide parameters.
    pub fn with_params(mut self, params: &'a Map<String, Value>) -> Self {
        self.params = Some(params);
        self
    }

    fn get(&self, name: &str) -> Option<&'a Value> {
        let named = self
            .names
            .iter()
            .rev()
            .find(|(key, _)| *key == name)
            .map(|(_, value)| *value);
        named.or_else(|| self.params.and_then(|params| params.get(name)))
    }

    fn interpreted(&self) -> Jinja {
        let build = || {
            let params = self
                .params
                .into_iter()
                .flatten()
                .map(|(key, value)| (key.as_str(), value));
            Jinja::from_pairs(
                params
                    .chain(self.names.iter().copied())
                    .map(|(key, value)| (key, Jinja::from(Serde(value)))),
            )
        };
        self.interpreted.get_or_init(build).clone()
    }
}

/// A compiled expression.
pub struct Expr {
    source: String,
    form: Form,
}

enum Form {
    Path(Vec<Key>),
    Code(Box<Expression<'static, 'static>>),
}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({})", self.source)
    }
}

/// Why an expression has no value. Never holds one of the values that it saw.
#[derive(Debug, thiserror::Error)]
#[error("`{expression}` cannot be evaluated: {reason}")]
pub struct EvalError {
    expression: String,
    reason: String,
}

impl Expr {
    /// Compiles an expression in which `known` names may stand.
    pub(crate) fn compile(source: &str, known: &dyn Fn(&str) -> bool) -> Result<Self, Fault> {
        let source = source.trim().to_owned();
        if source.len() > LONGEST_BYTES {
            let message = format!("an expression is longer than {LONGEST_BYTES} bytes");
            return Err(Fault::here(message));
        }
        if let Some(path) = parse_path(&source) {
            check_names(path.first().and_then(Key::name), known)?;
            return Ok(Self {
                source,
                form: Form::Path(path),
            });
        }
        let code = LANGUAGE
            .compile_expression_owned(source.clone())
            .map_err(|error| {
                Fault::here(format!(
                    "`{source}` is not an expression: {}",
                    describe(&error)
                ))
            })?;
        let names = code.undeclared_variables(false);
        check_names(names.iter().map(String::as_str), known)?;
        Ok(Self {
            source,
            form: Form::Code(Box::new(code)),
        })
    }

    /// The value, or `None` where it is absent.
    ///
    /// # Errors
    /// Where the expression asks for the impossible, or for too much.
    pub fn eval(&self, scope: &Scope<'_>) -> Result<Option<Value>, EvalError> {
        let too_much = || EvalError {
            expression: self.source.clone(),
            reason: format!("the values of the request come to more than {MOST_BYTES} bytes"),
        };
        match &self.form {
            Form::Path(path) => match follow(scope, path) {
                Some(value) if !scope.give(value) => Err(too_much()),
                value => Ok(value.cloned()),
            },
            Form::Code(code) => match self.interpret(code, scope)? {
                Some(value) if !scope.give(&value) => Err(too_much()),
                value => Ok(value),
            },
        }
    }

    fn interpret(
        &self,
        code: &Expression<'_, '_>,
        scope: &Scope<'_>,
    ) -> Result<Option<Value>, EvalError> {
        let fail = |reason: String| EvalError {
            expression: self.source.clone(),
            reason,
        };
        let value = code
            .eval(scope.interpreted())
            .map_err(|error| fail(describe(&error)))?;
        if value.is_undefined() {
            return Ok(None);
        }
        serde_json::to_value(&value)
            .map(Some)
            .map_err(|_not_json| fail("its value is not JSON".to_owned()))
    }

    /// Whether the value counts as true. An absent value does not.
    ///
    /// # Errors
    /// As [`Expr::eval`].
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, EvalError> {
        Ok(match self.eval(scope)? {
            None | Some(Value::Null | Value::Bool(false)) => false,
            Some(Value::String(text)) => !text.is_empty(),
            Some(Value::Array(list)) => !list.is_empty(),
            Some(Value::Object(map)) => !map.is_empty(),
            Some(Value::Number(number)) => number.as_f64() != Some(0.0),
            Some(Value::Bool(true)) => true,
        })
    }

    /// The way to its value, where it is only a reference.
    pub(crate) fn path(&self) -> Option<&[Key]> {
        match &self.form {
            Form::Path(path) => Some(path),
            Form::Code(_) => None,
        }
    }

    /// The first name of the expression where it is only a reference.
    pub(crate) fn root(&self) -> Option<&str> {
        match &self.form {
            Form::Path(path) => path.first().and_then(Key::name),
            Form::Code(_) => None,
        }
    }

    /// The second name where the expression is only a reference with two names or more: `x` of `connection.x`.
    pub(crate) fn member(&self) -> Option<&str> {
        match &self.form {
            Form::Path(path) => path.get(1).and_then(Key::name),
            Form::Code(_) => None,
        }
    }

    /// Whether the name stands anywhere in the expression.
    pub(crate) fn mentions(&self, name: &str) -> bool {
        match &self.form {
            Form::Path(path) => path.first().and_then(Key::name) == Some(name),
            Form::Code(code) => code.undeclared_variables(false).contains(name),
        }
    }
}

fn check_names<'a>(
    names: impl IntoIterator<Item = &'a str>,
    known: &dyn Fn(&str) -> bool,
) -> Result<(), Fault> {
    match names.into_iter().find(|name| !known(name)) {
        Some(name) => Err(Fault::here(format!(
            "`{name}` is not a name that can stand here"
        ))),
        None => Ok(()),
    }
}

/// About what a value takes in memory.
pub(crate) fn size(value: &Value) -> usize {
    let inner = match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(size).sum(),
        Value::Object(map) => map.iter().map(|(key, value)| key.len() + size(value)).sum(),
        _ => 0,
    };
    inner.saturating_add(size_of::<Value>())
}

fn describe(error: &Error) -> String {
    match (error.kind(), error.detail()) {
        (ErrorKind::OutOfFuel, _) => "it takes too many steps".to_owned(),
        (ErrorKind::UndefinedError, _) => "it uses a value that is absent".to_owned(),
        (kind, Some(detail)) => format!("{kind}: {detail}"),
        (kind, None) => kind.to_string(),
    }
}

/// A value as it stands in a text, an address or a header: texts bare, everything else as JSON.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests_of_expr {
    use super::*;
    use serde_json::json;

    fn eval(source: &str, scope: Value) -> Result<Option<Value>, String> {
        let names: Vec<_> = scope
            .as_object()
            .unwrap()
            .iter()
            .map(|(key, value)| (key.as_str(), value))
            .collect();
        let expr = Expr::compile(source, &|_| true).map_err(|fault| fault.message)?;
        expr.eval(&Scope::new(names))
            .map_err(|error| error.to_string())
    }

    #[test]
    fn a_reference_keeps_its_type_and_may_be_absent() {
        let scope = json!({"a": {"b": [1, {"c": null}]}});
        assert_eq!(eval("a.b[0]", scope.clone()), Ok(Some(json!(1))));
        assert_eq!(eval("a.b[1].c", scope.clone()), Ok(Some(Value::Null)));
        assert_eq!(eval("a.x.y", scope), Ok(None));
    }

    #[test]
    fn an_expression_gives_typed_values() {
        let scope = json!({"n": "7", "map": {"a": 1, "b": null}, "list": [1, 2]});
        assert_eq!(eval("n | int + 1", scope.clone()), Ok(Some(json!(8))));
        assert_eq!(
            eval("map | strings", scope.clone()),
            Ok(Some(json!({"a": "1", "b": null})))
        );
        assert_eq!(
            eval("map | compact", scope.clone()),
            Ok(Some(json!({"a": 1})))
        );
        assert_eq!(eval("list | csv", scope.clone()), Ok(Some(json!("1,2"))));
        assert_eq!(eval("n if absent", scope), Ok(None));
    }

    #[test]
    fn a_loop_without_end_runs_out_of_fuel_and_says_so() {
        let deep = "[1,2,3,4,5,6,7,8,9]";
        let source = format!("({deep} * 100000) | map('int') | list | length");
        assert!(eval(&source, json!({})).is_err());
    }

    #[test]
    fn an_unknown_name_is_named() {
        let fault = Expr::compile("emial | lower", &|name| name == "email").unwrap_err();
        assert_eq!(fault.message, "`emial` is not a name that can stand here");
    }

    #[test]
    fn statements_and_unknown_filters_are_refused() {
        assert!(
            Expr::compile("a | safe", &|_| true).is_err()
                || eval("a | safe", json!({"a": 1})).is_err()
        );
        assert!(Expr::compile("%} {% for", &|_| true).is_err());
    }
}
