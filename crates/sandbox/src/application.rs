//! Applications: connectors with their `sandbox` sections compiled, and what they answer.

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Map, Value};
use tenon_connector::document::AnswerDoc;
use tenon_connector::{Connector, Method, Request};

use crate::answer::Answer;
use crate::credential;
use crate::operation::Run;
use crate::received::{NotJson, Received};
use crate::records::{World, Worlds};
use crate::refusal::{Reason, Refusal, Refusals};
use crate::route::Route;

/// An application that can be played.
#[derive(Debug)]
pub(crate) struct Application {
    /// What it is made of.
    pub(crate) connector: Arc<Connector>,
    base_path: String,
    /// The shapes of its refusals.
    pub(crate) refusals: Refusals,
    routes: Vec<Route>,
    /// What is wrong with its `sandbox` section. Such an application answers with nothing else.
    pub(crate) problems: Vec<String>,
}

impl Application {
    /// Compiles a connector's `sandbox` section.
    pub(crate) fn compile(connector: &Arc<Connector>) -> Self {
        let mut problems = Vec::new();
        let refusals = Refusals::compile(&connector.sandbox.errors, &mut problems);
        let mut routes = Vec::new();
        for (index, doc) in connector.sandbox.routes.iter().enumerate() {
            match Route::compile(doc) {
                Ok(route) => routes.push(route),
                Err(error) => problems.push(format!("routes.{index}.{error}")),
            }
        }
        Self {
            base_path: connector.base_path(),
            connector: Arc::clone(connector),
            refusals,
            routes,
            problems,
        }
    }

    /// The path below the one that every request of the application stands below.
    fn path<'a>(&self, received: &'a Received) -> &'a str {
        let below = received.path.strip_prefix(&self.base_path);
        below
            .filter(|path| path.starts_with('/'))
            .unwrap_or(&received.path)
    }

    fn knows(&self, received: &Received) -> bool {
        let path = self.path(received);
        self.routes.iter().any(|route| route.fit(path).is_some())
            || self
                .requests()
                .any(|(_, _, request)| request.path_fits(path))
    }

    fn requests(&self) -> impl Iterator<Item = (&tenon_connector::Action, usize, &Request)> {
        self.connector.actions.values().flat_map(|action| {
            let requests = action.requests().enumerate();
            requests.map(move |(index, request)| (action.as_ref(), index, request))
        })
    }

    /// What the application answers.
    pub(crate) fn answer(&self, received: &Received, worlds: &Worlds) -> Answer {
        if let Some(problem) = self.problems.first() {
            return Answer::message(500, &format!("connector.yaml: sandbox.{problem}"));
        }
        self.perform(received, worlds)
            .unwrap_or_else(|refusal| self.refusals.answer(&refusal))
    }

    fn perform(&self, received: &Received, worlds: &Worlds) -> Result<Answer, Refusal> {
        let token = credential::token(&self.connector, received).ok_or_else(|| {
            let message = "this is not the credential of a sandbox connection";
            Refusal::new(Reason::Unauthorized, message)
        })?;
        let path = self.path(received);
        let fits = |route: &Route| Some(route.method) == received.method;
        let mut taken = self.routes.iter().filter(|route| fits(route));
        if let Some((route, names)) = taken.find_map(|route| Some((route, route.fit(path)?))) {
            let world = World {
                token,
                slug: self.connector.slug.clone(),
            };
            return Run {
                route,
                doc: &self.connector.sandbox,
                names: request_names(received, names)?,
                worlds,
                world,
            }
            .answer();
        }
        self.example(received.method, path)
            .map(Answer::of_example)
            .ok_or_else(|| self.unknown(received))
    }

    fn unknown(&self, received: &Received) -> Refusal {
        if self.knows(received) {
            Refusal::new(Reason::MethodNotAllowed, "this path takes other methods")
        } else {
            Refusal::new(Reason::NotFound, "there is nothing at this path")
        }
    }

    /// The first successful answer of an action that could have made the request; a path without parameters goes first.
    fn example(&self, method: Option<Method>, path: &str) -> Option<&AnswerDoc> {
        let method = method?;
        let found = self.requests().filter_map(|(action, index, request)| {
            if !request.method_fits(method) || !request.path_fits(path) {
                return None;
            }
            let example = action
                .examples
                .iter()
                .find(|example| example.fails.is_none())?;
            let answers = example.answers.as_slice();
            let answer = answers.get(index).or(answers.last())?;
            Some((request.fixed_path().is_none(), answer))
        });
        found
            .min_by_key(|(open, _)| *open)
            .map(|(_, answer)| answer)
    }
}

fn request_names(
    received: &Received,
    path: Map<String, Value>,
) -> Result<Map<String, Value>, Refusal> {
    let body = received
        .body_value()
        .map_err(|NotJson| Refusal::invalid("the body is not JSON"))?;
    let names = [
        ("body", body),
        ("query", Value::Object(received.query_map())),
        ("path", Value::Object(path)),
    ];
    Ok(names
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect())
}

/// The applications at present. A connector is compiled once, and again when it has been replaced.
#[derive(Debug, Default)]
pub(crate) struct Applications(Mutex<Vec<Arc<Application>>>);

impl Applications {
    /// The application that a request is for: of those at its host, the first that knows its path, else the first.
    pub(crate) fn find(
        &self,
        connectors: &[Arc<Connector>],
        received: &Received,
    ) -> Option<Arc<Application>> {
        let mut here = self.present(connectors);
        here.retain(|application| application.connector.lives_at(&received.host));
        let knowing = here.iter().find(|application| application.knows(received));
        knowing.or(here.first()).cloned()
    }

    fn present(&self, connectors: &[Arc<Connector>]) -> Vec<Arc<Application>> {
        // The list is replaced as a whole, so a thread that died while it held the lock spoiled nothing.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present = connectors.iter().map(|connector| {
            let same = |known: &&Arc<Application>| Arc::ptr_eq(&known.connector, connector);
            let found = known.iter().find(same).cloned();
            found.unwrap_or_else(|| Arc::new(Application::compile(connector)))
        });
        let present: Vec<_> = present.collect();
        known.clone_from(&present);
        present
    }
}
