//! Code that runs an action, to be copied: the key and the account come from the environment, so that no secret stands in it.

use serde::Serialize;
use serde_json::Value;

/// The same call in three languages.
#[derive(Debug, Serialize)]
pub(crate) struct Snippets {
    /// For a shell.
    pub(crate) curl: String,
    /// For Node.
    pub(crate) javascript: String,
    /// For Python without further packages.
    pub(crate) python: String,
}

impl Snippets {
    /// Code that posts `body` to `address`.
    pub(crate) fn new(address: &str, body: &Value) -> Self {
        Self {
            curl: curl(address, body),
            javascript: javascript(address, body),
            python: python(address, body),
        }
    }
}

fn curl(address: &str, body: &Value) -> String {
    // Within single quotes a shell reads everything as it is, but these quotes themselves.
    let quoted = |text: &str| format!("'{}'", text.replace('\'', r"'\''"));
    format!(
        "curl -X POST {} \\\n  -H \"x-api-key: $TENON_API_KEY\" \\\n  -H \"linked_account_id: $LINKED_ACCOUNT_ID\" \\\n  \
         -H 'Content-Type: application/json' \\\n  -d {}",
        quoted(address),
        quoted(&pretty(body))
    )
}

fn javascript(address: &str, body: &Value) -> String {
    format!(
        "const response = await fetch({}, {{\n  method: \"POST\",\n  headers: {{\n    \
         \"x-api-key\": process.env.TENON_API_KEY,\n    \"linked_account_id\": process.env.LINKED_ACCOUNT_ID,\n    \
         \"content-type\": \"application/json\",\n  }},\n  body: JSON.stringify({}),\n}});\n\
         console.log(await response.json());",
        Value::from(address),
        indented(&pretty(body), "  ")
    )
}

fn python(address: &str, body: &Value) -> String {
    let mut literal = String::new();
    write_python(body, 0, &mut literal);
    format!(
        "import json, os, urllib.request\n\nbody = {literal}\nrequest = urllib.request.Request(\n    {},\n    \
         method=\"POST\",\n    headers={{\n        \"x-api-key\": os.environ[\"TENON_API_KEY\"],\n        \
         \"linked_account_id\": os.environ[\"LINKED_ACCOUNT_ID\"],\n        \"content-type\": \"application/json\",\n    \
         }},\n    data=json.dumps(body).encode(),\n)\nwith urllib.request.urlopen(request) as response:\n    \
         print(json.dumps(json.load(response), indent=2))",
        Value::from(address)
    )
}

/// JSON as people read it.
pub(crate) fn pretty(value: &Value) -> String {
    format!("{value:#}")
}

fn indented(text: &str, by: &str) -> String {
    text.replace('\n', &format!("\n{by}"))
}

/// JSON's texts and numbers are Python's too; its other words are not.
fn write_python(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Null => out.push_str("None"),
        Value::Bool(true) => out.push_str("True"),
        Value::Bool(false) => out.push_str("False"),
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| (String::new(), item));
            write_members('[', items, ']', depth, out);
        }
        Value::Object(members) if !members.is_empty() => {
            let named = |(name, value)| (format!("{}: ", Value::from(name)), value);
            let members = members.iter().map(|(name, value)| (name.as_str(), value));
            write_members('{', members.map(named), '}', depth, out);
        }
        other => out.push_str(&other.to_string()),
    }
}

fn write_members<'a>(
    open: char,
    members: impl Iterator<Item = (String, &'a Value)>,
    close: char,
    depth: usize,
    out: &mut String,
) {
    let line = |depth: usize| format!("\n{}", "    ".repeat(depth));
    out.push(open);
    for (name, value) in members {
        out.push_str(&line(depth + 1));
        out.push_str(&name);
        write_python(value, depth + 1, out);
        out.push(',');
    }
    out.push_str(&line(depth));
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_quote_ends_no_shell_word() {
        let curl = curl("https://t.example/x", &json!({"a": "it's; rm -rf '$HOME'"}));
        assert!(
            curl.contains(r#""it'\''s; rm -rf '\''$HOME'\''""#),
            "{curl}"
        );
    }

    #[test]
    fn python_reads_what_json_says() {
        let body = json!({"a": null, "b": [true, 1.5, []], "c": {"d\"": "e\\n'"}, "f": {}});
        let mut literal = String::new();
        write_python(&body, 0, &mut literal);
        assert_eq!(
            literal,
            "{\n    \"a\": None,\n    \"b\": [\n        True,\n        1.5,\n        [],\n    ],\n    \
             \"c\": {\n        \"d\\\"\": \"e\\\\n'\",\n    },\n    \"f\": {},\n}"
        );
    }
}
