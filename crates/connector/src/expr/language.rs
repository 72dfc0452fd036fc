//! The language of expressions: what of minijinja is let in, and the filters of our own.
//!
//! There are no functions and no statements. A filter makes a value of a value and reaches nothing else.

use minijinja::value::{Serde, Value as Jinja};
use minijinja::{Environment, UndefinedBehavior, filters, tests};
use serde_json::{Map, Value};

use super::text_of;

/// Steps that one expression may take, and bytes that it may touch: a bound on its time.
const FUEL: u64 = 20_000;

/// An environment with everything that an expression may use.
pub(super) fn language() -> Environment<'static> {
    let mut env = Environment::empty();
    env.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    env.set_fuel(Some(FUEL));
    env.set_recursion_limit(64);
    add_filters(&mut env);
    add_tests(&mut env);
    env
}

fn add_filters(env: &mut Environment<'static>) {
    env.add_filter("default", filters::default);
    env.add_filter("int", filters::int);
    env.add_filter("float", filters::float);
    env.add_filter("string", filters::string);
    env.add_filter("tojson", filters::tojson);
    env.add_filter("lower", filters::lower);
    env.add_filter("upper", filters::upper);
    env.add_filter("trim", filters::trim);
    env.add_filter("replace", filters::replace);
    env.add_filter("split", filters::split);
    env.add_filter("join", filters::join);
    env.add_filter("length", filters::length);
    env.add_filter("first", filters::first);
    env.add_filter("last", filters::last);
    env.add_filter("list", filters::list);
    env.add_filter("items", filters::items);
    env.add_filter("map", filters::map);
    env.add_filter("select", filters::select);
    env.add_filter("round", filters::round);
    env.add_filter("urlencode", filters::urlencode);
    env.add_filter("strings", strings);
    env.add_filter("compact", compact);
    env.add_filter("csv", csv);
    env.add_filter("soql", soql);
}

fn add_tests(env: &mut Environment<'static>) {
    env.add_test("defined", tests::is_defined);
    env.add_test("undefined", tests::is_undefined);
    env.add_test("none", tests::is_none);
    env.add_test("string", tests::is_string);
    env.add_test("number", tests::is_number);
    env.add_test("boolean", tests::is_boolean);
    env.add_test("mapping", tests::is_mapping);
    env.add_test("sequence", tests::is_sequence);
    env.add_test("startingwith", tests::is_startingwith);
    env.add_test("endingwith", tests::is_endingwith);
    env.add_test("in", tests::is_in);
    env.add_test("eq", tests::is_eq);
}

/// Every value of a map as text; `null` stays, for applications that clear a field by it.
fn strings(map: Serde<Map<String, Value>>) -> Jinja {
    let text = |value: Value| {
        if value.is_null() {
            value
        } else {
            Value::String(text_of(&value))
        }
    };
    let map: Map<_, _> = map
        .0
        .into_iter()
        .map(|(key, value)| (key, text(value)))
        .collect();
    Jinja::from(Serde(map))
}

/// A map without its `null`s.
fn compact(map: Serde<Map<String, Value>>) -> Jinja {
    let map: Map<_, _> = map
        .0
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .collect();
    Jinja::from(Serde(map))
}

/// A list with commas between its items; a text passes through.
fn csv(value: Serde<Value>) -> String {
    match value.0 {
        Value::Array(items) => items.iter().map(text_of).collect::<Vec<_>>().join(","),
        other => text_of(&other),
    }
}

/// A text made safe inside the quotes of a query language that escapes by backslash.
fn soql(text: &str) -> String {
    text.replace('\\', "\\\\").replace('\'', "\\'")
}
