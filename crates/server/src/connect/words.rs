//! What people are told when they cannot go on: what happened, and what to do.

use http::StatusCode;
use serde::Serialize;
use tenon_engine::model::{ConnectFault, ConnectProblem};

/// A problem in words.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Explained {
    #[serde(skip)]
    pub(crate) status: StatusCode,
    /// What happened, in a few words.
    pub(crate) title: String,
    /// What happened.
    pub(crate) what: String,
    /// What to do.
    pub(crate) advice: String,
    /// The application's own words.
    pub(crate) said: Option<String>,
    /// A word for those who help.
    pub(crate) code: &'static str,
}

/// Explains a problem with an application, to somebody whom a tenant sent.
pub(crate) fn explain(problem: &ConnectProblem, app: &str, tenant: &str) -> Explained {
    let (status, title, what, advice) = words(problem.fault);
    let fill = |text: &str| text.replace("{app}", app).replace("{tenant}", tenant);
    Explained {
        status: StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST),
        title: fill(title),
        what: fill(what),
        advice: fill(advice),
        said: problem.said.clone(),
        code: problem.fault.as_str(),
    }
}

type Words = (u16, &'static str, &'static str, &'static str);

/// Problems that have nothing to do with what an application said.
fn words(fault: ConnectFault) -> Words {
    use ConnectFault::*;
    match fault {
        LinkUnknown => (
            404,
            "This link is not valid",
            "The address is incomplete, or the link ended a while ago.",
            "Go back to {tenant} and start again from there.",
        ),
        LinkUsed => (
            410,
            "This link was already used",
            "For your safety each link opens once, in one browser.",
            "If the page is still open in another tab, continue there. Otherwise go back to {tenant} and start again.",
        ),
        LinkOver => (
            410,
            "This link has expired",
            "Links are good for a few minutes only.",
            "Go back to {tenant} and start again from there.",
        ),
        LinkRevoked => (
            403,
            "This link was withdrawn",
            "{tenant} ended the session that it belonged to.",
            "Go back to {tenant}, sign in if you are asked to, and start again.",
        ),
        OtherBrowser => (
            403,
            "Please continue where you began",
            "These steps were begun in another browser, or your browser keeps no cookies for this page.",
            "Use one browser for all steps. If somebody sent you this link, do not continue: the account would become theirs.",
        ),
        OtherSite => (
            403,
            "This was not sent from our page",
            "The request came from another website, so nothing was done.",
            "Open the page yourself and use the buttons on it.",
        ),
        NotOffered => (
            404,
            "{app} cannot be connected here",
            "{tenant} does not offer it, or this link is for something else.",
            "Go back to {tenant} and choose what to connect.",
        ),
        NoClient => (
            409,
            "{app} is not set up yet",
            "{tenant} has not registered with {app}, so nobody can be sent there.",
            "Tell {tenant}. There is nothing that you can do here yourself.",
        ),
        _ => words_of_return(fault),
    }
}

/// Problems with what came back from an application.
fn words_of_return(fault: ConnectFault) -> Words {
    use ConnectFault::*;
    match fault {
        StateUnknown => (
            400,
            "We did not expect this answer",
            "{app} sent you here, but nothing that was begun here fits what it brought.",
            "Go back to {tenant} and start again. If you came here by a link from somebody else, close this page.",
        ),
        StateUsed => (
            409,
            "This step was already done",
            "The answer of {app} was used before. Going back or reloading does not repeat it.",
            "Go back to {tenant} to see whether {app} is connected.",
        ),
        AttemptOver => (
            410,
            "That took too long",
            "An answer has to come back within a few minutes, and {tenant} has to confirm it at once.",
            "Start again; nothing was connected.",
        ),
        OtherApplication | OtherIssuer => (
            400,
            "The answer came from somebody else",
            "Another service answered than the one that you were sent to. Nothing was connected.",
            "Start again. If it happens once more, tell {tenant}.",
        ),
        Changed => (
            409,
            "The connection was changed meanwhile",
            "The settings for {app} were changed while you were there. Nothing was connected.",
            "Start again.",
        ),
        Denied => (
            400,
            "You did not allow it",
            "{app} says that access was not granted. Nothing was connected.",
            "If that was a mistake, try again and allow the access.",
        ),
        Refused => (
            400,
            "{app} reported a problem",
            "{app} did not let you through. Nothing was connected.",
            "Try again. If it happens once more, send {tenant} what {app} said.",
        ),
        NoCode => (
            400,
            "{app} sent an incomplete answer",
            "It sent you back without what is needed. Nothing was connected.",
            "Try again. If it happens once more, tell {tenant}.",
        ),
        OtherUser => (
            403,
            "Somebody else is signed in",
            "You are signed in at {tenant} as another user than the one whom this was begun for. Nothing was connected.",
            "Do not continue if somebody sent you this link. Otherwise sign in as the right user and start again.",
        ),
        Cancelled => (
            400,
            "Nothing was changed",
            "You cancelled it. What was connected before stays as it was.",
            "You can close this page or start again.",
        ),
        _ => (
            502,
            "{app} could not be connected",
            "The last step failed. Nothing was connected.",
            "Try again in a minute. If it happens once more, send {tenant} what is written here.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_complete() {
        for fault in [
            ConnectFault::LinkUnknown,
            ConnectFault::OtherUser,
            ConnectFault::NotGranted,
            ConnectFault::Refused,
        ] {
            let told = explain(&fault.into(), "Shop", "Acme");
            for text in [&told.title, &told.what, &told.advice] {
                assert!(!text.contains('{') && text.len() > 10, "{text}");
            }
        }
    }
}
