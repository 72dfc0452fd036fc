//! Reading YAML: typed documents with budgets, and the position of any place in a document.
//!
//! A document is refused when it is large, deep or full of aliases, before it costs anything.

use std::fmt;

use indexmap::IndexMap;
use serde::de::{DeserializeOwned, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_saphyr::budget::BudgetBreach;
use serde_saphyr::{Location, Options, Spanned};

use crate::problem::{Fault, Problem};

/// The greatest size of one file.
pub const FILE_LIMIT_BYTES: usize = 1024 * 1024;

/// The most nodes of a file, what its aliases stand for among them.
const MOST_NODES: usize = 50_000;
/// The deepest nesting.
const MOST_LEVELS: usize = 64;
/// The most aliases.
const MOST_ALIASES: usize = 64;

/// Reads one file into a document type.
pub(crate) fn read<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, Problem> {
    if text.len() > FILE_LIMIT_BYTES {
        let message = format!("the file is larger than {FILE_LIMIT_BYTES} bytes");
        return Err(Problem::of_file(file, message));
    }
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| Problem {
        file: file.to_owned(),
        position: error.location().map(position),
        message: message(error.without_snippet()),
    })
}

fn options() -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_nodes: MOST_NODES,
            max_depth: MOST_LEVELS,
            max_aliases: MOST_ALIASES,
        },
        strict_booleans: true,
        with_snippet: false,
    }
}

/// What is wrong; a limit is named.
fn message(error: &serde_saphyr::Error) -> String {
    if let serde_saphyr::Error::AliasError { error, .. } = error {
        return message(error);
    }
    let serde_saphyr::Error::Budget { breach, .. } = error else {
        let text = first_line(&error.to_string());
        // The scanner has a limit of its own, which is reached first where a file is nothing but opening brackets.
        return match text.contains("recursion limit") {
            true => too_deep(),
            false => text,
        };
    };
    match breach {
        BudgetBreach::Nodes { .. } => {
            format!(
                "the file has more than {MOST_NODES} nodes, counting what its aliases stand for"
            )
        }
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Aliases { .. } => format!("the file has more than {MOST_ALIASES} aliases"),
        other => format!("the file is more than the reader takes: {other:?}"),
    }
}

fn too_deep() -> String {
    format!("the file is nested deeper than {MOST_LEVELS} levels")
}

/// The reader's messages may go on about the source; what is wrong stands in the first line.
/// The position stands in front already.
fn first_line(message: &str) -> String {
    let line = message.lines().next().unwrap_or_default();
    line.rsplit_once(" at line ")
        .map_or(line, |(front, _)| front)
        .to_owned()
}

fn position(location: Location) -> (u64, u64) {
    (location.line(), location.column())
}

/// Turns a fault into a problem: finds the line and column of its place, or of the nearest place around it.
pub(crate) fn locate(file: &str, text: &str, fault: Fault) -> Problem {
    let tree: Option<Spanned<Tree>> = serde_saphyr::from_str_with_options(text, options()).ok();
    let found = tree.map(|tree| position(nearest(&tree, &fault.path)));
    let path = fault.path.join(".");
    let message = if path.is_empty() {
        fault.message
    } else {
        format!("{path}: {}", fault.message)
    };
    Problem {
        file: file.to_owned(),
        position: found,
        message,
    }
}

fn nearest(tree: &Spanned<Tree>, path: &[String]) -> Location {
    let Some((key, rest)) = path.split_first() else {
        return tree.referenced;
    };
    let child = match &tree.value {
        Tree::Map(map) => map.get(key),
        Tree::List(list) => key.parse::<usize>().ok().and_then(|index| list.get(index)),
        Tree::Scalar => None,
    };
    child.map_or(tree.referenced, |child| nearest(child, rest))
}

/// A document's places, without its values.
enum Tree {
    Scalar,
    List(Vec<Spanned<Tree>>),
    Map(IndexMap<String, Spanned<Tree>>),
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

macro_rules! scalars {
    ($($method:ident: $type:ty),+) => {
        $(fn $method<E>(self, _: $type) -> Result<Tree, E> { Ok(Tree::Scalar) })+
    };
}

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    scalars!(visit_bool: bool, visit_i64: i64, visit_u64: u64, visit_i128: i128, visit_u128: u128, visit_f64: f64, visit_str: &str);

    fn visit_unit<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_none<E>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Tree, D::Error> {
        deserializer.deserialize_any(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = seq.next_element()? {
            list.push(item);
        }
        Ok(Tree::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Tree, A::Error> {
        let mut map = IndexMap::new();
        while let Some((key, value)) = access.next_entry::<String, Spanned<Tree>>()? {
            map.insert(key, value);
        }
        Ok(Tree::Map(map))
    }
}
