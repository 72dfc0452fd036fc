//! The keywords of JSON Schema, by what stands under them.

/// What a keyword's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// One schema.
    Schema,
    /// A list of schemas.
    List,
    /// Schemas by name.
    Named,
    /// A text.
    Text,
    /// A number.
    Number,
    /// A whole number, not below zero.
    Count,
    /// `true` or `false`.
    Flag,
    /// Any value.
    Data,
    /// A list of any values.
    Values,
    /// A list of names.
    Names,
    /// Names with lists of names.
    NamesByName,
}

/// What is known of a keyword; `None` for those that are left out.
pub(crate) fn kind(keyword: &str) -> Option<Kind> {
    Some(match keyword {
        "items"
        | "additionalProperties"
        | "not"
        | "if"
        | "then"
        | "else"
        | "contains"
        | "propertyNames"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Kind::Schema,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Kind::List,
        "properties" | "patternProperties" | "dependentSchemas" => Kind::Named,
        "title" | "description" | "format" | "pattern" | "contentEncoding" | "contentMediaType" => {
            Kind::Text
        }
        "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf" => {
            Kind::Number
        }
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties"
        | "minContains" | "maxContains" => Kind::Count,
        "uniqueItems" | "readOnly" | "writeOnly" | "deprecated" => Kind::Flag,
        "default" | "const" | "discriminator" => Kind::Data,
        "enum" | "examples" => Kind::Values,
        "required" => Kind::Names,
        "dependentRequired" => Kind::NamesByName,
        _ => return None,
    })
}

/// Keywords that say something about a schema and change nothing of what it allows.
pub(crate) fn is_annotation(keyword: &str) -> bool {
    matches!(
        keyword,
        "title"
            | "description"
            | "default"
            | "example"
            | "examples"
            | "deprecated"
            | "readOnly"
            | "writeOnly"
            | "nullable"
    )
}

/// Keywords whose schemas say more about the same value, not about a part of it.
pub(crate) const IN_PLACE: [&str; 8] = [
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "if",
    "then",
    "else",
    "dependentSchemas",
];
