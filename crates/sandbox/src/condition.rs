//! Conditions on records, whichever language they came in, and the columns that they see.

use serde_json::{Map, Value};

use crate::text::{self, Wildcards};

/// What a record has to be like.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Condition {
    /// Every one holds; true without any.
    All(Vec<Condition>),
    /// At least one holds; false without any.
    Any(Vec<Condition>),
    /// It does not hold.
    Not(Box<Condition>),
    /// A column passes a test against at least one of the values.
    Test {
        /// The column.
        name: String,
        /// How it compares.
        operator: Operator,
        /// With what.
        values: Vec<Value>,
    },
    /// A column has a value: neither `null` nor an empty text.
    Known(String),
    /// Some field of the record contains the text.
    Mentions(String),
}

/// How a column compares with a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operator {
    /// The same.
    Equal,
    /// Below.
    Less,
    /// Below or the same.
    LessOrEqual,
    /// Above.
    Greater,
    /// Above or the same.
    GreaterOrEqual,
    /// Fits a pattern of `%` and `_`.
    Like,
    /// Has a word that fits a pattern of `*`.
    HasToken,
}

impl Condition {
    /// A test against one value.
    pub(crate) fn test(name: &str, operator: Operator, value: Value) -> Self {
        Self::test_any(name, operator, vec![value])
    }

    /// A test that any of the values may pass.
    pub(crate) fn test_any(name: &str, operator: Operator, values: Vec<Value>) -> Self {
        Self::Test {
            name: name.to_owned(),
            operator,
            values,
        }
    }

    /// The opposite.
    pub(crate) fn negated(self) -> Self {
        Self::Not(Box::new(self))
    }

    /// Whether a record with these columns is like that.
    pub(crate) fn holds(&self, columns: &Columns) -> bool {
        match self {
            Self::All(conditions) => conditions.iter().all(|one| one.holds(columns)),
            Self::Any(conditions) => conditions.iter().any(|one| one.holds(columns)),
            Self::Not(condition) => !condition.holds(columns),
            Self::Test {
                name,
                operator,
                values,
            } => {
                let actual = columns.get(name);
                values.iter().any(|value| operator.passes(actual, value))
            }
            Self::Known(name) => {
                !matches!(columns.get(name), Value::Null) && columns.get(name).as_str() != Some("")
            }
            Self::Mentions(words) => columns.mention(words),
        }
    }
}

impl Operator {
    fn passes(self, actual: &Value, wanted: &Value) -> bool {
        let order = || text::compare(actual, wanted);
        let fits = |text: &str, wildcards| text::fits(text, &text::text_of(wanted), wildcards);
        match self {
            Self::Equal => text::equal(actual, wanted),
            Self::Less => order().is_some_and(|order| order.is_lt()),
            Self::LessOrEqual => order().is_some_and(|order| order.is_le()),
            Self::Greater => order().is_some_and(|order| order.is_gt()),
            Self::GreaterOrEqual => order().is_some_and(|order| order.is_ge()),
            Self::Like => {
                let wildcards = Wildcards {
                    any: '%',
                    one: Some('_'),
                };
                !actual.is_null() && fits(&text::text_of(actual), wildcards)
            }
            Self::HasToken => {
                let wildcards = Wildcards {
                    any: '*',
                    one: None,
                };
                let text = text::text_of(actual);
                tokens(&text).any(|token| fits(token, wildcards))
            }
        }
    }
}

/// The whole text, what stands between blanks, and the words in that: an address is found by all of itself and by its parts.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|letter: char| !letter.is_alphanumeric());
    std::iter::once(text)
        .chain(text.split_whitespace())
        .chain(words)
        .filter(|token| !token.is_empty())
}

/// What conditions see of a record: its fields, and what the application shows of it beyond them, such as its id.
#[derive(Debug)]
pub(crate) struct Columns {
    fields: Map<String, Value>,
    shown: Map<String, Value>,
}

impl Columns {
    /// A record's own fields win over members of `shown`, and these over members of maps in it.
    pub(crate) fn of(fields: &Map<String, Value>, shown: &Value) -> Self {
        let members = shown.as_object().into_iter().flatten();
        let inner = members.clone().filter_map(|(_, value)| value.as_object());
        let mut columns = Map::new();
        for (name, value) in members.chain(inner.flatten()) {
            if !columns.contains_key(name) {
                columns.insert(name.clone(), value.clone());
            }
        }
        Self {
            fields: fields.clone(),
            shown: columns,
        }
    }

    /// The column with this name, in any case; `null` where there is none.
    pub(crate) fn get(&self, name: &str) -> &Value {
        find(&self.fields, name)
            .or_else(|| find(&self.shown, name))
            .unwrap_or(&Value::Null)
    }

    /// Free words are looked for in what people wrote, not in ids and times.
    fn mention(&self, words: &str) -> bool {
        let words = words.to_lowercase();
        self.fields
            .values()
            .any(|value| text::text_of(value).to_lowercase().contains(&words))
    }
}

fn find<'a>(map: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    map.get(name).or_else(|| {
        map.iter()
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn columns() -> Columns {
        let fields = json!({"email": "ada@example.com", "note": ""});
        let shown = json!({"id": "7", "properties": {"createdate": "2026-03-02T09:30:00.000Z"}});
        Columns::of(fields.as_object().unwrap(), &shown)
    }

    #[test]
    fn columns_are_the_fields_and_what_is_shown_of_the_record() {
        let columns = columns();
        assert_eq!(columns.get("EMAIL"), "ada@example.com");
        assert_eq!(columns.get("Id"), "7");
        assert_eq!(columns.get("createdate"), "2026-03-02T09:30:00.000Z");
        assert_eq!(columns.get("phone"), &Value::Null);
    }

    #[test]
    fn an_address_is_found_by_its_words_and_by_a_wildcard() {
        for (pattern, expected) in [("ada", true), ("*@example.com", true), ("exam", false)] {
            let test = Condition::test("email", Operator::HasToken, json!(pattern));
            assert_eq!(test.holds(&columns()), expected, "{pattern}");
        }
    }

    #[test]
    fn an_empty_text_is_not_known() {
        assert!(!Condition::Known("note".to_owned()).holds(&columns()));
        assert!(Condition::Known("email".to_owned()).holds(&columns()));
    }
}
