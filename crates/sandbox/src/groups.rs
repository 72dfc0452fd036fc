//! Searches: groups of conditions as JSON, of which one group has to hold as a whole.
//!
//! `[[{propertyName, operator, value}, …], …]`, where a group may also be written `{filters: […]}`.

use serde_json::Value;

use crate::condition::{Condition, Operator};

/// Reads groups. No group at all takes every record.
///
/// # Errors
/// A sentence that says what is wrong with them.
pub(crate) fn parse(groups: &Value) -> Result<Condition, String> {
    let groups = match groups {
        Value::Null => return Ok(Condition::All(Vec::new())),
        Value::Array(groups) if groups.is_empty() => return Ok(Condition::All(Vec::new())),
        Value::Array(groups) => groups,
        _ => return Err("the filter must be a list of groups".to_owned()),
    };
    let groups: Result<_, _> = groups.iter().map(group).collect();
    groups.map(Condition::Any)
}

fn group(group: &Value) -> Result<Condition, String> {
    let conditions = group.get("filters").unwrap_or(group);
    let conditions = conditions
        .as_array()
        .ok_or("a group of filters must be a list, or hold one as `filters`")?;
    let conditions: Result<_, _> = conditions.iter().map(condition).collect();
    conditions.map(Condition::All)
}

fn condition(condition: &Value) -> Result<Condition, String> {
    let text = |member: &str| {
        condition
            .get(member)
            .and_then(Value::as_str)
            .ok_or_else(|| format!("a filter needs `{member}`, a text"))
    };
    let (name, operator) = (text("propertyName")?, text("operator")?);
    let value = |member: &str| {
        condition
            .get(member)
            .cloned()
            .ok_or_else(|| format!("a filter with {operator} needs `{member}`"))
    };
    let test = |operator| Ok(Condition::test(name, operator, value("value")?));
    let known = || Condition::Known(name.to_owned());
    // Without a value a property is neither equal nor different: only NOT_HAS_PROPERTY finds it.
    let unlike = |condition: Condition| Condition::All(vec![known(), condition.negated()]);
    match operator {
        "EQ" => test(Operator::Equal),
        "NEQ" => test(Operator::Equal).map(unlike),
        "LT" => test(Operator::Less),
        "LTE" => test(Operator::LessOrEqual),
        "GT" => test(Operator::Greater),
        "GTE" => test(Operator::GreaterOrEqual),
        "CONTAINS_TOKEN" => test(Operator::HasToken),
        "NOT_CONTAINS_TOKEN" => test(Operator::HasToken).map(unlike),
        "HAS_PROPERTY" => Ok(known()),
        "NOT_HAS_PROPERTY" => Ok(known().negated()),
        "IN" => one_of(name, &value("values")?),
        "NOT_IN" => one_of(name, &value("values")?).map(unlike),
        "BETWEEN" => Ok(Condition::All(vec![
            Condition::test(name, Operator::GreaterOrEqual, value("value")?),
            Condition::test(name, Operator::LessOrEqual, value("highValue")?),
        ])),
        other => Err(format!("`{other}` is not an operator of a filter")),
    }
}

fn one_of(name: &str, values: &Value) -> Result<Condition, String> {
    let values = values.as_array().ok_or("`values` must be a list")?;
    Ok(Condition::test_any(name, Operator::Equal, values.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::condition::Columns;
    use serde_json::json;

    fn found(groups: Value) -> bool {
        let record = json!({"email": "ada@example.com", "age": "36", "city": ""});
        let columns = Columns::of(record.as_object().unwrap(), &Value::Null);
        parse(&groups).unwrap().holds(&columns)
    }

    fn one(name: &str, operator: &str, more: Value) -> Value {
        let mut filter = json!({"propertyName": name, "operator": operator});
        let members = more.as_object().unwrap().clone();
        filter.as_object_mut().unwrap().extend(members);
        json!([{"filters": [filter]}])
    }

    #[test]
    fn every_operator_finds_what_it_should() {
        let cases = [
            ("email", "EQ", json!({"value": "ADA@example.com"}), true),
            ("email", "NEQ", json!({"value": "ada@example.com"}), false),
            ("phone", "NEQ", json!({"value": "1"}), false),
            ("age", "LT", json!({"value": "100"}), true),
            ("age", "GTE", json!({"value": 36}), true),
            ("age", "GT", json!({"value": 36}), false),
            (
                "age",
                "BETWEEN",
                json!({"value": 30, "highValue": 40}),
                true,
            ),
            (
                "email",
                "IN",
                json!({"values": ["x", "ada@example.com"]}),
                true,
            ),
            ("email", "NOT_IN", json!({"values": ["x"]}), true),
            ("city", "HAS_PROPERTY", json!({}), false),
            ("city", "NOT_HAS_PROPERTY", json!({}), true),
            ("email", "CONTAINS_TOKEN", json!({"value": "ada*"}), true),
            ("email", "NOT_CONTAINS_TOKEN", json!({"value": "bob"}), true),
        ];
        for (name, operator, more, expected) in cases {
            assert_eq!(
                found(one(name, operator, more)),
                expected,
                "{name} {operator}"
            );
        }
    }

    #[test]
    fn one_group_is_enough_and_has_to_hold_as_a_whole() {
        let ada = json!({"propertyName": "email", "operator": "EQ", "value": "ada@example.com"});
        let old = json!({"propertyName": "age", "operator": "GT", "value": 90});
        assert!(found(json!([[old], [ada]])));
        assert!(!found(json!([[old, ada]])));
        assert!(found(Value::Null));
    }

    #[test]
    fn a_malformed_filter_is_named() {
        let message = |groups| parse(&groups).unwrap_err();
        assert!(message(one("a", "SOUNDS_LIKE", json!({}))).contains("SOUNDS_LIKE"));
        assert!(message(one("a", "EQ", json!({}))).contains("`value`"));
        assert!(message(json!([[{"operator": "EQ"}]])).contains("propertyName"));
        assert!(message(json!("x")).contains("list of groups"));
    }
}
