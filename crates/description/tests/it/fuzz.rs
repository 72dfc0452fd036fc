//! Small real descriptions, bent in a hundred thousand ways: none makes the reader or the importer panic, hang or take
//! much memory, and whatever is imported compiles.

use serde_json::json;
use tenon_description::import::import;
use tenon_description::read;
use tenon_testkit::fuzz::Target;
use tenon_testkit::promise::kept;

use crate::wanted::wanted;

const OPENAPI: &str = r##"{"openapi":"3.0.0","info":{"title":"T","version":"1"},"servers":[{"url":"https://{s}.a.test/v1","variables":{"s":{"default":"x","enum":["x"]}}}],
"paths":{"/a/{id}":{"parameters":[{"name":"id","in":"path","required":true,"schema":{"type":"string"}}],"post":{"operationId":"postA","security":[{"o":["s"]}],
"parameters":[{"name":"q","in":"query","style":"deepObject","explode":false,"schema":{"type":"array","items":{"$ref":"#/components/schemas/A"}}}],
"requestBody":{"content":{"application/json":{"schema":{"allOf":[{"$ref":"#/components/schemas/A"},{"oneOf":[{"type":"integer","nullable":true},{"enum":["x",null]}]}]},"example":{"a":1}}}},
"responses":{"2XX":{"description":"d","content":{"application/json":{"schema":{"$ref":"#/components/schemas/A"}}}}}}}},
"components":{"schemas":{"A":{"type":"object","required":["a"],"properties":{"a":{"type":"number","minimum":1,"exclusiveMinimum":true},"b":{"$ref":"#/components/schemas/A"}},"additionalProperties":{"type":"string","pattern":"^a+$"}}},
"securitySchemes":{"o":{"type":"oauth2","flows":{"authorizationCode":{"authorizationUrl":"https://a.test/a","tokenUrl":"https://a.test/t","scopes":{"s":"S"}}}}}}}"##;

const YAML: &str = "openapi: 3.1.0\ninfo: {title: T, version: 1}\nservers: [{url: 'https://a.test'}]\npaths:\n  /b:\n    get: &g\n      parameters:\n        - {name: p, in: header, schema: {type: [string, 'null'], const: x}}\n      responses:\n        200: {description: ok, content: {text/csv: {}}}\n    put: *g\n";

const SWAGGER: &str = r##"{"swagger":"2.0","info":{},"host":"a.test","basePath":"/b","consumes":["multipart/form-data"],"paths":{"/c.{f}":{"post":{"parameters":[{"name":"f","in":"path","type":"string"},
{"name":"x","in":"formData","type":"file","required":true},{"name":"l","in":"query","type":"array","items":{"type":"integer"},"collectionFormat":"multi"}],"responses":{"200":{"schema":{"$ref":"#/definitions/D"}}}}}},
"definitions":{"D":{"type":"object","properties":{"d":{"$ref":"#/definitions/D"}}}},"securityDefinitions":{"b":{"type":"basic"}}}"##;

const DISCOVERY: &str = r#"{"discoveryVersion":"v1","rootUrl":"https://g.test/","servicePath":"v1/","resources":{"r":{"methods":{"m":{"id":"g.r.m","path":"x/{+name}:go","flatPath":"x/{xId}:go","httpMethod":"POST",
"parameters":{"name":{"type":"string","location":"path","pattern":"^x/[^/]+$"},"n":{"type":"integer","location":"query","repeated":true,"default":"3","minimum":"1"}},"request":{"$ref":"S"},"response":{"$ref":"S"},
"mediaUpload":{"protocols":{"simple":{"path":"/upload","multipart":true}}},"scopes":["https://g.test/auth/x.readonly"]}}}},"schemas":{"S":{"id":"S","properties":{"s":{"$ref":"S"},"any":{"type":"any"}}}},"auth":{"oauth2":{"scopes":{"x":{"description":"d"}}}}}"#;

#[test]
fn g1_descriptions() {
    let seeds = [OPENAPI, YAML, SWAGGER, DISCOVERY].map(str::as_bytes);
    let words = [
        "\"$ref\":\"#\"",
        "\"$ref\":\"#/components/schemas/A\"",
        "\"$ref\":\"S\"",
        "\"allOf\":[",
        "\"oneOf\":[",
        "\"type\":",
        "\"properties\":{",
        "\"items\":",
        "{id}",
        "{+name}",
        "{",
        "}",
        "*g",
        "&g ",
        "nullable",
        "\"readOnly\":true",
        "\"enum\":",
        "\"in\":\"cookie\"",
        "{{ x }}",
        "{% x %}",
        "\"pattern\":\"(a+)+$\"",
        "\"pattern\":\"a{999}\"",
        "idempotency_key",
        "fetch_all_up_to",
        "text/csv",
        "application/x-www-form-urlencoded",
    ];
    // Importing compiles what it makes, which costs a hundred times what reading does: every eighth input is taken so far.
    let count = Target::new("descriptions", &seeds)
        .words(&words)
        .run(|input| {
            let Ok(description) = read(input) else {
                return false;
            };
            if input.len() % 8 == 0
                && let Ok(imported) = import(&description, &wanted())
            {
                let compiled = imported.bundle.compile();
                assert!(compiled.is_ok(), "{:?}", compiled.err());
            }
            !description.operations.is_empty()
        });
    kept(
        "G1",
        format!("descriptions of APIs: {count} inputs, none failed"),
    );
    let seeds = seeds.map(|seed| read(seed).unwrap().operations.len());
    assert_eq!(json!(seeds), json!([1, 2, 1, 1]));
}
