//! From the tokens of a SELECT text to a [`Select`], by recursive descent with a bound on its depth.

use serde_json::Value;

use super::token::{self, Token};
use super::{Column, Order, Select};
use crate::condition::{Condition, Operator};
use crate::text::unix_ms;

/// How deep parentheses and NOTs may stand in each other.
const DEEPEST: usize = 32;

/// Words that cannot be a column's or an object's name.
const KEYWORDS: [&str; 12] = [
    "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "ORDER", "BY", "LIMIT", "OFFSET", "LIKE", "IN",
];

/// Reads a SELECT text.
///
/// # Errors
/// A sentence that says what was expected and what stands there.
pub(crate) fn parse(text: &str) -> Result<Select, String> {
    let tokens = token::read(text)?;
    let mut parser = Parser { rest: &tokens };
    let select = parser.select()?;
    match parser.rest {
        [] => Ok(select),
        _ => Err(parser.unexpected("the end")),
    }
}

struct Parser<'a> {
    rest: &'a [Token],
}

impl Parser<'_> {
    fn select(&mut self) -> Result<Select, String> {
        self.keyword("SELECT")?;
        let columns = self.list(Self::column)?;
        self.keyword("FROM")?;
        let from = self.name("the name of an object")?;
        let condition = if self.takes("WHERE") {
            self.any(0)?
        } else {
            Condition::All(Vec::new())
        };
        let order = if self.takes("ORDER") {
            self.keyword("BY")?;
            self.list(Self::order)?
        } else {
            Vec::new()
        };
        let limit = self.takes("LIMIT").then(|| self.count()).transpose()?;
        let offset = self.takes("OFFSET").then(|| self.count()).transpose()?;
        Ok(Select {
            columns,
            from,
            condition,
            order,
            limit,
            offset: offset.unwrap_or(0),
        })
    }

    fn column(&mut self) -> Result<Column, String> {
        let name = self.name("a field")?;
        if !name.eq_ignore_ascii_case("FIELDS") || !self.takes_sign("(") {
            return Ok(Column::Named(name));
        }
        let which = self.name("ALL, STANDARD or CUSTOM")?;
        self.sign(")")?;
        match which.to_ascii_uppercase().as_str() {
            "ALL" => Ok(Column::All),
            "STANDARD" => Ok(Column::Standard),
            "CUSTOM" => Ok(Column::Custom),
            _ => Err(format!("expected ALL, STANDARD or CUSTOM, found `{which}`")),
        }
    }

    fn order(&mut self) -> Result<Order, String> {
        let name = self.name("a field")?;
        let descending = self.takes("DESC");
        // Said or not, the order is ascending.
        let _ = !descending && self.takes("ASC");
        let mut order = Order {
            name,
            descending,
            nulls_last: false,
        };
        if self.takes("NULLS") {
            order.nulls_last = self.takes("LAST");
            if !order.nulls_last {
                self.keyword("FIRST")?;
            }
        }
        Ok(order)
    }

    fn any(&mut self, depth: usize) -> Result<Condition, String> {
        let mut conditions = vec![self.all(depth)?];
        while self.takes("OR") {
            conditions.push(self.all(depth)?);
        }
        Ok(Condition::Any(conditions))
    }

    fn all(&mut self, depth: usize) -> Result<Condition, String> {
        let mut conditions = vec![self.one(depth)?];
        while self.takes("AND") {
            conditions.push(self.one(depth)?);
        }
        Ok(Condition::All(conditions))
    }

    fn one(&mut self, depth: usize) -> Result<Condition, String> {
        if depth > DEEPEST {
            return Err("the condition is nested too deeply".to_owned());
        }
        if self.takes("NOT") {
            return self.one(depth + 1).map(Condition::negated);
        }
        if self.takes_sign("(") {
            let inner = self.any(depth + 1)?;
            self.sign(")")?;
            return Ok(inner);
        }
        let name = self.name("a field")?;
        self.comparison(&name)
    }

    fn comparison(&mut self, name: &str) -> Result<Condition, String> {
        if self.takes("NOT") {
            self.keyword("IN")?;
            return self.one_of(name).map(Condition::negated);
        }
        if self.takes("IN") {
            return self.one_of(name);
        }
        if self.takes("LIKE") {
            return Ok(Condition::test(name, Operator::Like, self.value()?));
        }
        let Some((Token::Sign(sign), rest)) = self.rest.split_first() else {
            return Err(self.unexpected("a comparison"));
        };
        let (operator, negated) = match *sign {
            "=" => (Operator::Equal, false),
            "!=" | "<>" => (Operator::Equal, true),
            "<" => (Operator::Less, false),
            "<=" => (Operator::LessOrEqual, false),
            ">" => (Operator::Greater, false),
            ">=" => (Operator::GreaterOrEqual, false),
            _ => return Err(self.unexpected("a comparison")),
        };
        self.rest = rest;
        let test = Condition::test(name, operator, self.value()?);
        Ok(if negated { test.negated() } else { test })
    }

    fn one_of(&mut self, name: &str) -> Result<Condition, String> {
        self.sign("(")?;
        let values = self.list(Self::value)?;
        self.sign(")")?;
        Ok(Condition::test_any(name, Operator::Equal, values))
    }

    fn value(&mut self) -> Result<Value, String> {
        let (value, rest) = match self.rest.split_first() {
            Some((Token::Text(text), rest)) => (Value::String(text.clone()), rest),
            Some((Token::Word(word), rest)) => (literal(word)?, rest),
            _ => return Err(self.unexpected("a value")),
        };
        self.rest = rest;
        Ok(value)
    }

    fn count(&mut self) -> Result<usize, String> {
        let word = self.word("a number")?;
        word.parse()
            .map_err(|_not_a_count| format!("expected a number, found `{word}`"))
    }

    fn list<T>(&mut self, item: fn(&mut Self) -> Result<T, String>) -> Result<Vec<T>, String> {
        let mut items = vec![item(self)?];
        while self.takes_sign(",") {
            items.push(item(self)?);
        }
        Ok(items)
    }

    fn name(&mut self, what: &str) -> Result<String, String> {
        let is_keyword = |word: &String| KEYWORDS.iter().any(|key| word.eq_ignore_ascii_case(key));
        if matches!(self.rest.first(), Some(Token::Word(word)) if is_keyword(word)) {
            return Err(self.unexpected(what));
        }
        self.word(what)
    }

    fn word(&mut self, what: &str) -> Result<String, String> {
        let Some((Token::Word(word), rest)) = self.rest.split_first() else {
            return Err(self.unexpected(what));
        };
        self.rest = rest;
        Ok(word.clone())
    }

    fn keyword(&mut self, keyword: &str) -> Result<(), String> {
        if self.takes(keyword) {
            Ok(())
        } else {
            Err(self.unexpected(keyword))
        }
    }

    fn sign(&mut self, sign: &str) -> Result<(), String> {
        if self.takes_sign(sign) {
            Ok(())
        } else {
            Err(self.unexpected(&format!("`{sign}`")))
        }
    }

    fn takes(&mut self, keyword: &str) -> bool {
        self.takes_if(|token| matches!(token, Token::Word(w) if w.eq_ignore_ascii_case(keyword)))
    }

    fn takes_sign(&mut self, sign: &str) -> bool {
        self.takes_if(|token| matches!(token, Token::Sign(found) if *found == sign))
    }

    fn takes_if(&mut self, wanted: impl Fn(&Token) -> bool) -> bool {
        let rest = self.rest.split_first().filter(|(first, _)| wanted(first));
        if let Some((_, rest)) = rest {
            self.rest = rest;
        }
        rest.is_some()
    }

    fn unexpected(&self, what: &str) -> String {
        let found = self.rest.first().map_or("the end".to_owned(), Token::shown);
        format!("expected {what}, found `{found}`")
    }
}

fn literal(word: &str) -> Result<Value, String> {
    let number = || {
        serde_json::from_str::<Value>(word)
            .ok()
            .filter(Value::is_number)
    };
    match word.to_ascii_lowercase().as_str() {
        "null" => Ok(Value::Null),
        "true" => Ok(Value::Bool(true)),
        "false" => Ok(Value::Bool(false)),
        _ if unix_ms(word).is_some() => Ok(Value::String(word.to_owned())),
        _ => {
            number().ok_or_else(|| format!("expected a value, found `{word}`; texts go in quotes"))
        }
    }
}
