//! Templates are bounded in time and size, have no statements, and see no secret.

use std::time::Duration;

use serde_json::json;
use tenon_testkit::fuzz::measured;
use tenon_testkit::promise::kept;

use crate::fixture::{planned, problems};

const MOST_BYTES: usize = 64 * 1024 * 1024;
const SLOWEST: Duration = Duration::from_secs(1);

/// Expressions that make much of little.
fn greedy() -> Vec<String> {
    let mut greedy: Vec<String> = [
        "'x' * 1000000000",
        "1000000000 * 'x'",
        "[1] * 1000000000",
        "[1, 2, 3] * 100000000",
        "('x' * 10000) * 10000",
        "(list * 10000) | join('x' * 10000)",
        "'a' | replace('', 'x' * 1000000)",
        "('a' * 100000) | replace('a', 'b' * 100000)",
        "('a' * 100000) | split('') | join('b' * 100000)",
        "2 ** 2 ** 2 ** 62",
        "9 ** 999999999",
        "1e308 * 1e308",
        "1.5 | round(2000000000)",
        "(-9223372036854775807 - 2) // -1",
        "1 // 0",
        "1 % 0",
        "list[9223372036854775807]",
        "list[::-9223372036854775807]",
        "list[-9223372036854775807:9223372036854775807]",
        "'é' * 3 | length",
    ]
    .map(str::to_owned)
    .into();
    let doubled = |source: &str, times: usize| {
        (0..times).fold(source.to_owned(), |inner, _| format!("({inner} ~ {inner})"))
    };
    greedy.push(doubled("word", 12));
    let lists = (0..12).fold("list".to_owned(), |inner, _| format!("[{inner}, {inner}]"));
    greedy.push(lists);
    greedy.push(format!("word{}", " | replace('a', 'aa')".repeat(200)));
    greedy.push(format!("{}word{}", "(".repeat(5_000), ")".repeat(5_000)));
    greedy.push("not ".repeat(5_000) + "word");
    greedy.push(vec!["word"; 5_000].join(" ~ "));
    greedy
}

#[test]
fn g6_no_expression_makes_much_of_little() {
    let (mut slowest, mut largest, mut refused) = (Duration::ZERO, 0, 0);
    let greedy = greedy();
    for source in &greedy {
        let text = json!(format!("{{{{ {source} }}}}"));
        let action = format!(
            "name: A\ndescription: A.\nparams: {{ word: {{}}, list: {{}} }}\nrequest: {{ post: /x, json: {{ v: {text} }} }}\n"
        );
        let params = json!({"word": "a".repeat(100), "list": [1, 2, 3]});
        let (compiled, ..) = measured(|| problems(crate::fixture::CONNECTOR, &[("act", &action)]));
        if !compiled.is_empty() {
            refused += 1;
            continue;
        }
        let (rendered, took, bytes) = measured(|| planned(&action, params));
        refused += usize::from(rendered.is_err());
        let shown: String = source.chars().take(60).collect();
        assert!(
            took < SLOWEST && bytes < MOST_BYTES,
            "{shown}: {took:?}, {bytes} bytes"
        );
        (slowest, largest) = (slowest.max(took), largest.max(bytes));
    }
    kept(
        "G6",
        format!(
            "{} greedy expressions: {refused} refused, none over {} ms and {} MB",
            greedy.len(),
            slowest.as_millis(),
            largest / 1_000_000
        ),
    );
}

#[test]
fn g6_a_value_that_is_named_often_is_not_multiplied_without_end() {
    let texts = vec!["\"{{ word }}\""; 1_000].join(", ");
    let action = format!(
        "name: A\ndescription: A.\nparams: {{ word: {{}} }}\nrequest: {{ post: /x, json: {{ v: [{texts}] }} }}\n"
    );
    let params = json!({"word": "a".repeat(1024 * 1024)});
    let (rendered, _, bytes) = measured(|| planned(&action, params));
    assert!(rendered.unwrap_err().contains("come to more than"));
    assert!(bytes < MOST_BYTES, "{bytes}");
}

#[test]
fn g6_there_are_no_statements_no_side_effects_and_no_secrets() {
    let sources = [
        "{% for x in [1] %}{% endfor %}",
        "{% set x = 1 %}",
        "{% include 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% raw %}{% endraw %}",
        "{{ api_token }}",
        "{{ secret }}",
        "{{ credential.api_token }}",
        "{{ self }}",
        "{{ loop }}",
        "{{ range(9) }}",
        "{{ dict(a=1) }}",
        "{{ namespace() }}",
        "{{ debug() }}",
        "{{ now() }}",
        "{{ env('PATH') }}",
        "{{ lipsum() }}",
        "{{ caller() }}",
        "{{ word | safe }}",
        "{{ word | pprint }}",
        "{{ word | attr('x') }}",
        "{{ word | batch(1) }}",
        "{{ word | import }}",
        "{{ word.__class__ }}x{{ nobody }}",
    ];
    for source in sources {
        let action = format!(
            "name: A\ndescription: A.\nparams: {{ word: {{}} }}\nrequest: {{ post: /x, json: {{ v: {} }} }}\n",
            json!(source)
        );
        let taken = problems(crate::fixture::CONNECTOR, &[("act", &action)]).is_empty();
        assert!(
            !taken || planned(&action, json!({"word": "w"})).is_err(),
            "{source}"
        );
    }
    kept(
        "G6",
        format!(
            "{} statements, functions and names of secrets: 0 taken",
            sources.len()
        ),
    );
}
