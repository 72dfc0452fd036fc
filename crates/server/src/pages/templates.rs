//! The templates, compiled into the program. Everything that they show is escaped.

use std::sync::LazyLock;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;
use tenon_engine::error::{Error, Outcomes};

use crate::{connect, docs};

/// The templates by name, of each kind of pages.
fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
    connect::TEMPLATES.into_iter().chain(docs::TEMPLATES)
}

static TEMPLATES: LazyLock<Result<Environment<'static>, minijinja::Error>> =
    LazyLock::new(environment);

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_auto_escape_callback(|_name| AutoEscape::Html);
    for (name, source) in files() {
        environment.add_template(name, source)?;
    }
    Ok(environment)
}

/// A page as text.
pub(crate) fn render<T: Serialize>(name: &str, view: &T) -> Outcomes<String> {
    let templates = TEMPLATES.as_ref().map_err(|error| {
        // The library's error cannot be cloned; its words name a template and a line.
        Error::internal(error.to_string())
    })?;
    let template = templates.get_template(name).map_err(Error::internal)?;
    let view = minijinja::value::Serde(view);
    template.render(view).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_is_one() {
        environment().unwrap();
    }
}
