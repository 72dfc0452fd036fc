//! Schemas as parameters: references inlined, `allOf` merged, and no more of it than a person or a model can take in.
//!
//! A schema may unfold without end. It is followed to the depth at which all of it fits into a number of nodes; what
//! lies deeper stays open: an object with any members.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use tenon_connector::document::{ParamDoc, ParamType};

use super::value::{alternatives_of, is_open, plain, settle};

/// How many levels of objects are tried at most.
const MOST_LEVELS: usize = 4;
/// How deep lists and alternatives may stand in each other, which are no levels of their own.
const DEEPEST: usize = 16;
/// The most alternatives of one value.
const MOST_ALTERNATIVES: usize = 8;
/// The most references and `allOf`s that make one schema.
const MOST_MERGED: usize = 200;
/// The longest description of a parameter.
const DESCRIPTION: usize = 300;
/// The longest description of a part of one.
const INNER_DESCRIPTION: usize = 140;

/// Which way the value goes: what is only read is never sent, and the other way round.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    Sent,
    Received,
}

/// Makes a parameter of a schema, of at most so many nodes.
pub(crate) fn param(
    defs: &Map<String, Value>,
    schema: &Value,
    direction: Direction,
    nodes: usize,
) -> ParamDoc {
    let deepest = (1..=MOST_LEVELS).rev();
    for levels in deepest {
        let mut unfolding = Unfolding::new(defs, direction, nodes);
        let unfolded = unfolding.node(schema, levels);
        if !unfolding.spent {
            return unfolded;
        }
    }
    Unfolding::new(defs, direction, nodes).node(schema, 0)
}

struct Unfolding<'d> {
    defs: &'d Map<String, Value>,
    direction: Direction,
    left: usize,
    spent: bool,
    nested: usize,
    /// The names that led here: one that leads to itself is not followed again.
    within: Vec<&'d str>,
}

/// Everything that is said of one value, in one place.
#[derive(Default)]
struct Merged<'d> {
    keywords: IndexMap<&'d str, &'d Value>,
    properties: IndexMap<&'d str, &'d Value>,
    required: HashSet<&'d str>,
    alternatives: Vec<&'d Value>,
    names: usize,
    seen: usize,
}

impl<'d> Unfolding<'d> {
    fn new(defs: &'d Map<String, Value>, direction: Direction, nodes: usize) -> Self {
        Self {
            defs,
            direction,
            left: nodes,
            spent: false,
            nested: 0,
            within: Vec::new(),
        }
    }

    fn node<'s>(&mut self, schema: &'s Value, levels: usize) -> ParamDoc
    where
        's: 'd,
    {
        if self.left == 0 {
            self.spent = true;
            return ParamDoc::default();
        }
        if self.nested >= DEEPEST {
            return ParamDoc::default();
        }
        self.left -= 1;
        self.nested += 1;
        let mut merged = Merged::default();
        self.merge(schema, &mut merged);
        let mut param = plain(&merged.keywords, self.longest());
        self.choose(&mut merged, &mut param, levels);
        self.members(&merged, &mut param, levels);
        settle(&mut param);
        self.nested -= 1;
        let names = merged.names.min(self.within.len());
        self.within.truncate(self.within.len() - names);
        param
    }

    /// Puts together what a schema, its references and its `allOf` say. What stands further out counts.
    fn merge(&mut self, schema: &'d Value, merged: &mut Merged<'d>) {
        merged.seen += 1;
        let Some(map) = schema.as_object().filter(|_| merged.seen <= MOST_MERGED) else {
            return;
        };
        for (keyword, value) in map {
            match (keyword.as_str(), value) {
                ("properties", Value::Object(members)) => {
                    for (name, member) in members {
                        merged.properties.entry(name).or_insert(member);
                    }
                }
                ("required", Value::Array(names)) => {
                    merged
                        .required
                        .extend(names.iter().filter_map(Value::as_str));
                }
                ("anyOf" | "oneOf", Value::Array(list)) if merged.alternatives.is_empty() => {
                    merged.alternatives = list.iter().collect();
                }
                ("allOf" | "$ref", _) => {}
                (word, value) => {
                    merged.keywords.entry(word).or_insert(value);
                }
            }
        }
        for part in map
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.merge(part, merged);
        }
        let target = map.get("$ref").and_then(Value::as_str);
        let Some(name) = target.and_then(|target| target.strip_prefix("#/$defs/")) else {
            return;
        };
        if let Some(target) = self.defs.get(name)
            && !self.within.contains(&name)
        {
            self.within.push(name);
            merged.names += 1;
            self.merge(target, merged);
        }
    }

    /// Alternatives: none but null, one, a list of words, or several.
    fn choose(&mut self, merged: &mut Merged<'d>, param: &mut ParamDoc, levels: usize) {
        let is_null = |one: &&Value| one.get("type") == Some(&Value::from("null"));
        let all = std::mem::take(&mut merged.alternatives);
        let nulls = all.iter().any(is_null);
        let others: Vec<&Value> = all.into_iter().filter(|one| !is_null(one)).collect();
        param.nullable |= nulls;
        if let [only] = others.as_slice() {
            self.merge(only, merged);
            let nullable = param.nullable;
            *param = plain(&merged.keywords, self.longest());
            param.nullable |= nullable;
            return self.choose_again(merged, param, levels);
        }
        if others.is_empty() {
            return;
        }
        if !merged.properties.is_empty() || merged.keywords.contains_key("items") {
            // The alternatives say more about members that are there already: they are members too, and none has to be.
            let required = merged.required.clone();
            for other in others.into_iter().take(MOST_ALTERNATIVES) {
                self.merge(other, merged);
            }
            merged.required = required;
            merged.alternatives.clear();
            return;
        }
        let taken = others.into_iter().take(MOST_ALTERNATIVES);
        let alternatives: Vec<ParamDoc> = taken.map(|one| self.node(one, levels)).collect();
        alternatives_of(alternatives, param);
    }

    fn choose_again(&mut self, merged: &mut Merged<'d>, param: &mut ParamDoc, levels: usize) {
        if !merged.alternatives.is_empty() && merged.seen <= MOST_MERGED {
            self.choose(merged, param, levels);
        }
    }

    fn members(&mut self, merged: &Merged<'d>, param: &mut ParamDoc, levels: usize) {
        let items = merged.keywords.get("items").copied();
        if let Some(items) =
            items.filter(|_| param.kind.is_none_or(|kind| kind == ParamType::Array))
        {
            let item = self.node(items, levels);
            param.kind = Some(ParamType::Array);
            param.items = Some(Box::new(item));
        }
        if param.kind == Some(ParamType::Array) && param.items.is_none() {
            param.items = Some(Box::default());
        }
        let fits = param.kind.is_none_or(|kind| kind == ParamType::Object);
        if !fits || !param.any_of.is_empty() {
            return;
        }
        if !merged.properties.is_empty() {
            param.kind = Some(ParamType::Object);
        }
        let Some(deeper) = levels.checked_sub(1) else {
            return;
        };
        let hidden = match self.direction {
            Direction::Sent => "readOnly",
            Direction::Received => "writeOnly",
        };
        for (name, member) in &merged.properties {
            if self.says(member, hidden) {
                continue;
            }
            let mut made = self.node(member, deeper);
            made.required = merged.required.contains(name);
            param.properties.insert((*name).to_owned(), made);
        }
        let additional = merged.keywords.get("additionalProperties").copied();
        if let Some(additional @ Value::Object(map)) = additional
            && !map.is_empty()
        {
            let made = self.node(additional, deeper);
            param.kind = Some(ParamType::Object);
            param.additional = Some(Box::new(made)).filter(|made| !is_open(made));
        }
    }

    /// How long a description may be here.
    fn longest(&self) -> usize {
        match self.nested {
            ..=2 => DESCRIPTION,
            _ => INNER_DESCRIPTION,
        }
    }

    /// Whether a member, or what it refers to, has a flag.
    fn says(&self, member: &Value, flag: &str) -> bool {
        let set = |value: &Value| value.get(flag) == Some(&Value::Bool(true));
        let target = member.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|target| self.defs.get(target.strip_prefix("#/$defs/")?));
        set(member) || target.is_some_and(set)
    }
}
