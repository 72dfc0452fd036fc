//! `lint` and `test`: what is wrong with documents, and whether their examples hold.

use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value, json};
use tenon_connector::{Connector, Problem, example};

use super::source::{self, Source};
use crate::arguments::Global;
use crate::failure::Outcome;
use crate::screen;

/// Says what is wrong, and what could be better.
pub(super) fn lint(global: &Global, what: Option<&str>) -> Outcome {
    let sources = source::find(global, what)?;
    let (mut problems, mut advice) = (Vec::new(), Vec::new());
    for source in &sources {
        match compile(source) {
            Ok(connector) => advice.extend(advise(source, &connector)),
            Err(found) => problems.extend(found),
        }
    }
    if global.json {
        let problems: Vec<Value> = problems.iter().map(to_json).collect();
        screen::print_json(&json!({"problems": problems, "advice": advice}))?;
    } else {
        problems
            .iter()
            .try_for_each(|one| screen::print(&one.to_string()))?;
        advice
            .iter()
            .try_for_each(|one| screen::print(&format!("advice: {one}")))?;
        screen::note(&format!(
            "{} connectors, {} problems, {} pieces of advice",
            sources.len(),
            problems.len(),
            advice.len()
        ));
    }
    Ok(code(problems.is_empty()))
}

/// Runs every example.
pub(super) fn test(global: &Global, what: Option<&str>) -> Outcome {
    let (mut passed, mut failures) = (0, Vec::new());
    for source in source::find(global, what)? {
        match compile(&source) {
            Ok(connector) => passed += run_examples(&connector, &mut failures),
            Err(problems) => failures.extend(problems.iter().map(ToString::to_string)),
        }
    }
    let failed = failures.len();
    if global.json {
        screen::print_json(&json!({"passed": passed, "failed": failed, "failures": failures}))?;
    } else {
        failures
            .iter()
            .try_for_each(|failure| screen::print(failure))?;
        screen::print(&format!("{passed} passed, {failed} failed"))?;
    }
    Ok(code(failed == 0))
}

/// Runs a connector's examples, and says how many hold.
fn run_examples(connector: &Connector, failures: &mut Vec<String>) -> usize {
    let mut passed = 0;
    for action in connector.actions.values() {
        let found = example::check(connector, action);
        passed += action.examples.len().saturating_sub(found.len());
        let name = format!("{}.{}", connector.slug, action.id);
        failures.extend(found.iter().map(|failure| format!("{name}: {failure}")));
    }
    passed
}

/// Compiles one, with problems that name the file as the author typed it.
pub(super) fn compile(source: &Source) -> Result<Arc<Connector>, Vec<Problem>> {
    let compiled = match &source.bundle {
        Ok(bundle) => bundle.compile().map(Arc::new),
        Err(problems) => Err(problems.clone()),
    };
    compiled.map_err(|problems| {
        let place = |problem| placed(source, problem);
        problems.into_iter().map(place).collect()
    })
}

fn advise(source: &Source, connector: &Arc<Connector>) -> Vec<String> {
    let place = |text: String| format!("{}: {text}", source.slug);
    let advice = tenon_server::catalogue::lint(connector);
    advice.into_iter().map(place).collect()
}

fn code(good: bool) -> ExitCode {
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// The problem with its file as the author typed it, so that editors and terminals make links of it.
fn placed(source: &Source, problem: Problem) -> Problem {
    let file = source.place.join(&problem.file).display().to_string();
    Problem { file, ..problem }
}

fn to_json(problem: &Problem) -> Value {
    let (line, column) = problem.position.unzip();
    json!({"file": problem.file, "line": line, "column": column, "message": problem.message})
}
