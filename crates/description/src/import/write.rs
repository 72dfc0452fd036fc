//! Documents as YAML that people like to read: short maps and lists on one line.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};
use serde_json::Value;
use serde_saphyr::{FlowMap, FlowSeq};

/// The longest value that stands on one line, as JSON.
const LINE: usize = 110;

/// Writes a document.
pub(crate) fn yaml(value: &Value) -> Result<String, String> {
    serde_saphyr::to_string(&Pretty { value, level: 0 }).map_err(|error| error.to_string())
}

struct Pretty<'v> {
    value: &'v Value,
    level: usize,
}

impl Serialize for Pretty<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let short = self.level > 1 && self.value.to_string().len() <= LINE;
        let inner = |value| Pretty {
            value,
            level: self.level + 1,
        };
        match self.value {
            Value::Object(map) if short && !map.is_empty() => FlowMap(map).serialize(to),
            Value::Array(list) if short && !list.is_empty() => FlowSeq(list).serialize(to),
            Value::Object(map) => {
                let mut out = to.serialize_map(Some(map.len()))?;
                for (key, value) in map {
                    out.serialize_entry(key, &inner(value))?;
                }
                out.end()
            }
            Value::Array(list) => {
                let mut out = to.serialize_seq(Some(list.len()))?;
                for value in list {
                    out.serialize_element(&inner(value))?;
                }
                out.end()
            }
            scalar => scalar.serialize(to),
        }
    }
}
