//! OData (CSDL XML, version 4): an entity model whose paths are walked, for vendors that publish no list of operations.
//!
//! A request is looked up by its path: entity sets and singletons, keys, properties, and the actions and functions bound to what
//! was reached. Bodies and answers have the types of the model.

mod schemas;
mod walk;

use std::collections::{BTreeMap, HashMap};

use roxmltree::{Document, Node};
use serde_json::{Map, Value};

/// An entity model.
pub struct Odata {
    /// Schemas of all types, by qualified name.
    pub(crate) defs: Map<String, Value>,
    types: HashMap<String, Type>,
    /// Entity sets and singletons.
    roots: HashMap<String, TypeRef>,
    /// Actions and functions, by their names.
    bound: HashMap<String, Vec<Bound>>,
}

/// A structured type. One that is open takes further names; those that mean something are named all the same.
#[derive(Debug, Default)]
struct Type {
    base: Option<String>,
    properties: BTreeMap<String, TypeRef>,
    navigation: BTreeMap<String, TypeRef>,
}

/// A type in a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TypeRef {
    name: String,
    collection: bool,
}

/// An action or function that is bound to a type.
#[derive(Debug)]
struct Bound {
    /// Actions are called by POST, functions by GET.
    is_action: bool,
    to: TypeRef,
    params: Vec<(String, TypeRef)>,
    gives: Option<TypeRef>,
}

impl TypeRef {
    fn parse(text: &str, aliases: &HashMap<String, String>) -> Self {
        let inner = text
            .strip_prefix("Collection(")
            .and_then(|rest| rest.strip_suffix(')'));
        let name = inner.unwrap_or(text);
        let (space, own) = name.rsplit_once('.').unwrap_or(("", name));
        let name = match aliases.get(space) {
            Some(whole) => format!("{whole}.{own}"),
            None => name.to_owned(),
        };
        Self {
            name,
            collection: inner.is_some(),
        }
    }
}

impl Odata {
    /// Reads a model.
    ///
    /// # Errors
    /// Where it is no XML, or has no entity container.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        let text = std::str::from_utf8(bytes).map_err(|error| error.to_string())?;
        let document = Document::parse(text.trim_start_matches('\u{feff}'));
        let document = document.map_err(|error| error.to_string())?;
        let spaces: Vec<Node<'_, '_>> = named(document.root(), "Schema").collect();
        let aliases = aliases(&spaces);
        let mut model = Self {
            defs: Map::new(),
            types: HashMap::new(),
            roots: HashMap::new(),
            bound: HashMap::new(),
        };
        let mut enums = HashMap::new();
        for space in &spaces {
            let name = space.attribute("Namespace").unwrap_or_default();
            for node in space.children().filter(Node::is_element) {
                model.take(name, node, &aliases, &mut enums);
            }
        }
        if model.roots.is_empty() {
            return Err("the model has no entity container".to_owned());
        }
        model.defs = schemas::all(&model.types, &enums);
        Ok(model)
    }

    fn take(
        &mut self,
        space: &str,
        node: Node<'_, '_>,
        aliases: &HashMap<String, String>,
        enums: &mut HashMap<String, Vec<String>>,
    ) {
        let own = node.attribute("Name").unwrap_or_default();
        let qualified = format!("{space}.{own}");
        match node.tag_name().name() {
            "EntityType" | "ComplexType" => {
                self.types.insert(qualified, structured(node, aliases));
            }
            "EnumType" => {
                // Flags are written with commas between them, which no list of values says.
                let flags = node.attribute("IsFlags") == Some("true");
                let members = named(node, "Member").filter_map(|member| member.attribute("Name"));
                let members = members.map(str::to_owned).collect();
                enums.insert(qualified, if flags { Vec::new() } else { members });
            }
            word @ ("Action" | "Function") => {
                if let Some(bound) = bound(node, word == "Action", aliases) {
                    self.bound.entry(own.to_owned()).or_default().push(bound);
                }
            }
            "EntityContainer" => {
                for root in node.children().filter(Node::is_element) {
                    self.take_root(root, aliases);
                }
            }
            _ => {}
        }
    }

    fn take_root(&mut self, node: Node<'_, '_>, aliases: &HashMap<String, String>) {
        let set = node.attribute("EntityType");
        if let (Some(name), Some(kind)) = (node.attribute("Name"), set.or(node.attribute("Type"))) {
            let mut reference = TypeRef::parse(kind, aliases);
            reference.collection = set.is_some();
            self.roots.insert(name.to_owned(), reference);
        }
    }
}

fn named<'a, 'input>(
    node: Node<'a, 'input>,
    name: &'static str,
) -> impl Iterator<Item = Node<'a, 'input>> {
    node.descendants()
        .filter(move |node| node.tag_name().name() == name)
}

fn aliases(spaces: &[Node<'_, '_>]) -> HashMap<String, String> {
    let alias = |space: &Node<'_, '_>| {
        let whole = space.attribute("Namespace")?.to_owned();
        Some((space.attribute("Alias")?.to_owned(), whole))
    };
    spaces.iter().filter_map(alias).collect()
}

fn structured(node: Node<'_, '_>, aliases: &HashMap<String, String>) -> Type {
    let members = |word: &'static str| {
        node.children()
            .filter(move |child| child.tag_name().name() == word)
            .filter_map(|child| {
                let name = child.attribute("Name")?.to_owned();
                Some((name, TypeRef::parse(child.attribute("Type")?, aliases)))
            })
            .collect()
    };
    Type {
        base: node
            .attribute("BaseType")
            .map(|base| TypeRef::parse(base, aliases).name),
        properties: members("Property"),
        navigation: members("NavigationProperty"),
    }
}

fn bound(node: Node<'_, '_>, is_action: bool, aliases: &HashMap<String, String>) -> Option<Bound> {
    if node.attribute("IsBound") != Some("true") {
        return None;
    }
    let mut params = node
        .children()
        .filter(|child| child.tag_name().name() == "Parameter")
        .filter_map(|child| {
            let kind = TypeRef::parse(child.attribute("Type")?, aliases);
            Some((child.attribute("Name")?.to_owned(), kind))
        });
    let (_, to) = params.next()?;
    let gives = node
        .children()
        .find(|child| child.tag_name().name() == "ReturnType");
    Some(Bound {
        is_action,
        to,
        params: params.collect(),
        gives: gives.and_then(|gives| Some(TypeRef::parse(gives.attribute("Type")?, aliases))),
    })
}
