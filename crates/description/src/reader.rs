//! What all formats share while a document is read: following references, naming schemas, telling problems.

use std::collections::{HashMap, HashSet, VecDeque};

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use crate::at::At;
use crate::shape::{Description, Problem};
use crate::tree::Unreadable;
use crate::{cycles, discovery, limits, openapi, schema, swagger, tree};

/// Reads a description.
///
/// # Errors
/// Where it is none, or larger than a limit. What is wrong within it is told by [`Description::problems`].
pub fn read(bytes: &[u8]) -> Result<Description, Unreadable> {
    let root = tree::parse(bytes)?;
    let dialect = Dialect::of(&root).ok_or(Unreadable::Unknown)?;
    let mut reader = Reader::new(&root, dialect);
    let mut description = match dialect {
        Dialect::OpenApi30 | Dialect::OpenApi31 => openapi::read(&mut reader),
        Dialect::Swagger2 => swagger::read(&mut reader),
        Dialect::Discovery => discovery::read(&mut reader),
    }?;
    reader.translate_named();
    cycles::cut(&mut reader);
    (description.defs, description.problems) = reader.finish();
    Ok(description)
}

/// Which format a document is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    OpenApi30,
    OpenApi31,
    Swagger2,
    Discovery,
}

impl Dialect {
    fn of(root: &Value) -> Option<Self> {
        let version = |key: &str| root.get(key).map(schema::plain).unwrap_or_default();
        let (open, swagger) = (version("openapi"), version("swagger"));
        if open.starts_with("3.0") {
            Some(Self::OpenApi30)
        } else if open.starts_with("3.") {
            Some(Self::OpenApi31)
        } else if swagger.starts_with('2') {
            Some(Self::Swagger2)
        } else {
            let known = root.get("discoveryVersion").is_some();
            known.then_some(Self::Discovery)
        }
    }
}

/// Something that was looked for: where it stands, if a reference led there.
#[derive(Debug, Clone)]
pub(crate) struct Found<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: Option<String>,
}

/// A document that is being read.
pub(crate) struct Reader<'a> {
    pub(crate) root: &'a Value,
    pub(crate) dialect: Dialect,
    /// The operation that is being read, by what people call it.
    pub(crate) operation: Option<String>,
    pub(crate) defs: Map<String, Value>,
    names: HashMap<String, String>,
    taken: HashSet<String>,
    queue: VecDeque<(String, String, Option<String>)>,
    problems: Vec<Problem>,
    untold: usize,
    references: usize,
    patterns: HashMap<String, bool>,
}

impl<'a> Reader<'a> {
    fn new(root: &'a Value, dialect: Dialect) -> Self {
        Self {
            root,
            dialect,
            operation: None,
            defs: Map::new(),
            names: HashMap::new(),
            taken: HashSet::new(),
            queue: VecDeque::new(),
            problems: Vec::new(),
            untold: 0,
            references: 0,
            patterns: HashMap::new(),
        }
    }

    /// Tells what is wrong at a place and goes on.
    pub(crate) fn note(&mut self, at: &dyn std::fmt::Display, message: impl Into<String>) {
        self.tell(at, message.into(), false);
    }

    /// Tells why an operation is left out.
    pub(crate) fn leave_out(&mut self, at: &dyn std::fmt::Display, message: impl Into<String>) {
        self.tell(at, message.into(), true);
    }

    fn tell(&mut self, at: &dyn std::fmt::Display, message: String, left_out: bool) {
        if self.problems.len() >= limits::MOST_PROBLEMS && !left_out {
            self.untold += 1;
            return;
        }
        self.problems.push(Problem {
            at: at.to_string(),
            operation: self.operation.clone(),
            message,
            left_out,
        });
    }

    /// Follows `$ref`s to something that is none.
    ///
    /// # Errors
    /// Where one leads nowhere, out of the document or back to itself, or where too many were followed.
    pub(crate) fn follow(&mut self, value: &'a Value) -> Result<Found<'a>, String> {
        let mut found = Found {
            value,
            pointer: None,
        };
        for _ in 0..limits::LONGEST_CHAIN {
            let Some(target) = found.value.get("$ref").and_then(Value::as_str) else {
                return Ok(found);
            };
            let pointer = self.pointer(target)?;
            let value = self.root.pointer(&pointer).ok_or_else(|| nowhere(target))?;
            found = Found {
                value,
                pointer: Some(pointer),
            };
        }
        Err("the references lead to each other and to nothing".to_owned())
    }

    /// The name in `defs` of the schema that a reference means.
    pub(crate) fn name_of(&mut self, target: &str) -> Result<String, String> {
        let mut pointer = self.pointer(target)?;
        for _ in 0..limits::LONGEST_CHAIN {
            let value = self.root.pointer(&pointer).ok_or_else(|| nowhere(target))?;
            match value.get("$ref").and_then(Value::as_str) {
                Some(next) if schema::is_bare_reference(value, self.dialect) => {
                    pointer = self.pointer(next)?;
                }
                _ => return Ok(self.intern(pointer)),
            }
        }
        Err("the reference leads back to itself".to_owned())
    }

    fn pointer(&mut self, target: &str) -> Result<String, String> {
        self.references += 1;
        if self.references > limits::MOST_REFERENCES {
            let most = limits::MOST_REFERENCES;
            return Err(format!("the document has more than {most} references"));
        }
        if self.dialect == Dialect::Discovery {
            return Ok(format!("/schemas/{}", crate::at::escape(target)));
        }
        let Some(fragment) = target.strip_prefix('#') else {
            return Err(format!(
                "`$ref: {target}` leads out of the document; nothing is fetched: bundle it into one file first"
            ));
        };
        if !fragment.is_empty() && !fragment.starts_with('/') {
            return Err(format!(
                "`$ref: {target}` is not a JSON pointer, such as `#/components/schemas/Name`"
            ));
        }
        Ok(percent_decode_str(fragment).decode_utf8_lossy().into())
    }

    /// The name in `defs` of the schema at a pointer. It is translated later: chains of schemas cost no stack.
    pub(crate) fn intern(&mut self, pointer: String) -> String {
        if let Some(name) = self.names.get(&pointer) {
            return name.clone();
        }
        let wanted = name_for(&pointer);
        let mut name = wanted.clone();
        let mut number = 2;
        while !self.taken.insert(name.clone()) {
            name = format!("{wanted}_{number}");
            number += 1;
        }
        self.names.insert(pointer.clone(), name.clone());
        let entry = (pointer, name.clone(), self.operation.clone());
        self.queue.push_back(entry);
        name
    }

    fn translate_named(&mut self) {
        let root = self.root;
        while let Some((pointer, name, operation)) = self.queue.pop_front() {
            self.operation = operation;
            let value = root.pointer(&pointer).unwrap_or(&Value::Null);
            let translated = self.translate(value, &At::start(&pointer));
            self.defs.insert(name, translated);
        }
        self.operation = None;
    }

    /// Whether a pattern is one that runs in linear time; what is not is no constraint here.
    pub(crate) fn runs(&mut self, pattern: &str) -> bool {
        if let Some(known) = self.patterns.get(pattern) {
            return *known;
        }
        let schema = serde_json::json!({ "pattern": pattern });
        let runs = tenon_connector::schema::validator(&schema).is_ok();
        self.patterns.insert(pattern.to_owned(), runs);
        runs
    }

    fn finish(mut self) -> (Map<String, Value>, Vec<Problem>) {
        if self.untold > 0 {
            let message = format!("{} more problems are not told", self.untold);
            self.operation = None;
            self.tell(&"", message, true);
            if let Some(last) = self.problems.last_mut() {
                last.left_out = false;
            }
        }
        (self.defs, self.problems)
    }
}

fn nowhere(target: &str) -> String {
    format!("`$ref: {target}` leads nowhere")
}

/// A readable name: the component's own, or the last keys of the way to the schema.
fn name_for(pointer: &str) -> String {
    let keys: Vec<&str> = pointer.split('/').skip(1).collect();
    let wanted = match keys.as_slice() {
        ["components", "schemas", name] | ["definitions" | "schemas", name] => (*name).to_owned(),
        [] => "document".to_owned(),
        keys => keys.get(1..).unwrap_or_default().join("_"),
    };
    let decoded = wanted.replace("~1", "_").replace("~0", "_");
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '_'
        }
    };
    decoded.chars().map(plain).take(200).collect()
}
