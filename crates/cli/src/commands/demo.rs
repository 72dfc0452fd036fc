//! `tenon demo`: the gateway, and one action that is executed over real HTTP in the sandbox.
//!
//! What it makes for itself is found again by name, so that a second demo on the same directory adds nothing but a
//! new key in the place of the old one.

use std::net::SocketAddr;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tenon_connector::Method;
use tenon_server::bootstrap::{self, Running};
use tenon_server::client::{Call, Remote, Secret, admin_key};
use tenon_server::config::ServeConfig;
use tenon_server::demo::Demo;

use super::serve::Stop;
use crate::arguments::Global;
use crate::failure::{Failure, Outcome};
use crate::management::{self, call, success};
use crate::screen::{self, cell};

/// How the demo runs.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Where to listen; port 0 takes a free one
    #[arg(
        long,
        env = "TENON_LISTEN",
        default_value = "127.0.0.1:8080",
        value_name = "ADDRESS:PORT"
    )]
    listen: SocketAddr,
    /// End after the action instead of serving on
    #[arg(long)]
    once: bool,
}

/// What the demo's key is called.
const KEY_NAME: &str = "demo";

/// Runs the demo, then serves until it is told to stop.
pub(crate) async fn run(global: Global, args: DemoArgs) -> Outcome {
    let mut stop = Stop::listen()?;
    let config = ServeConfig {
        listen: args.listen,
        ..global.config()
    };
    let running = bootstrap::start(&config).await?;
    management::tell(&running.installation.first_start);
    let shown = Box::pin(show(&global, &config, &running)).await;
    if shown.is_ok() && !args.once {
        screen::note(&format!(
            "listening on http://{}; Ctrl-C ends it",
            running.address
        ));
        stop.asked().await;
        stop.end_at_once_when_asked_again();
    }
    running.shutdown().await;
    shown.map(|()| ExitCode::SUCCESS)
}

async fn show(global: &Global, config: &ServeConfig, running: &Running) -> Result<(), Failure> {
    let demo = Demo::read()?;
    let operator = Operator(Remote::as_admin(running.address, admin_key(config)?)?);
    let scene = operator.set_up(&demo).await?;
    let body = Value::Object(demo.input.clone());
    let path = [
        "api",
        "v2",
        "integration-schema",
        &demo.slug,
        "actions",
        &demo.action,
        "execute",
    ];
    let call = Call::new(Method::Post, path).json(body.clone());
    let url = format!("http://{}{}", running.address, call.path());
    let customer = Remote::as_session(running.address, Secret::new(scene.token.clone()))?;
    let (status, answer) = Box::pin(customer.call(call)).await?;
    let id = cell(&answer, "execution_id");
    let document = json!({
        "base_url": format!("http://{}", running.address),
        "api_key": scene.api_key,
        "session_token": scene.token,
        "linked_account_id": demo.linked_account.account_id,
        "request": {
            "method": "POST",
            "url": url,
            "headers": {
                "Authorization": format!("Bearer {}", scene.token),
                "Content-Type": "application/json",
            },
            "body": body,
        },
        "response": {"status": status, "body": answer},
        "execution": operator.ask(call_in_test(Method::Get, &["executions", &id])).await?,
    });
    if global.json {
        screen::print_json(&document)?;
    } else {
        screen::print(&walk_through(&document))?;
    }
    Ok(())
}

/// Who sets the scene: somebody with the admin key, over the loopback.
struct Operator(Remote);

struct Scene {
    api_key: String,
    token: String,
}

impl Operator {
    async fn ask(&self, call: Call) -> Result<Value, Failure> {
        let (status, body) = Box::pin(self.0.call(call)).await?;
        success(status, body)
    }

    async fn set_up(&self, demo: &Demo) -> Result<Scene, Failure> {
        let api_key = self.new_key().await?;
        self.ensure_account(demo).await?;
        self.ensure_connection(demo).await?;
        let path = [
            "linked-accounts",
            &demo.linked_account.account_id,
            "session-token",
        ];
        let call = call_in_test(Method::Post, &path).json(json!({}));
        let token = cell(&self.ask(call).await?, "token");
        Ok(Scene { api_key, token })
    }

    /// A new key; those of earlier demos are revoked.
    async fn new_key(&self) -> Result<String, Failure> {
        let keys = self.ask(call_in_test(Method::Get, &["api-keys"])).await?;
        let own = |key: &&Value| cell(key, "name") == KEY_NAME && cell(key, "revoked_at") == "-";
        for key in keys.as_array().into_iter().flatten().filter(own) {
            let path = ["api-keys", &cell(key, "api_key_id")];
            self.ask(call_in_test(Method::Delete, &path)).await?;
        }
        let call = call_in_test(Method::Post, &["api-keys"]).json(json!({"name": KEY_NAME}));
        Ok(cell(&self.ask(call).await?, "api_key"))
    }

    async fn ensure_account(&self, demo: &Demo) -> Result<(), Failure> {
        let search = call_in_test(Method::Get, &["linked-accounts"])
            .query("search", Some(&demo.linked_account.account_id))
            .query("limit", Some(100));
        let found = screen::rows(&self.ask(search).await?, &["account_id"]);
        if !found
            .iter()
            .flatten()
            .any(|id| *id == demo.linked_account.account_id)
        {
            let body = json!({"linked_account_id": demo.linked_account.account_id, "name": demo.linked_account.name});
            let call = call_in_test(Method::Post, &["linked-accounts"]).json(body);
            self.ask(call).await?;
        }
        Ok(())
    }

    async fn ensure_connection(&self, demo: &Demo) -> Result<(), Failure> {
        let path = [
            "linked-accounts",
            &demo.linked_account.account_id,
            "connections",
        ];
        let all = self.ask(call_in_test(Method::Get, &path)).await?;
        let made = |one: &Value| one.get("slug") == Some(&json!(demo.slug));
        if !all.as_array().into_iter().flatten().any(made) {
            let path = [
                "linked-accounts",
                &demo.linked_account.account_id,
                "connections",
                &demo.slug,
            ];
            let call = call_in_test(Method::Post, &path).json(json!({"sandbox": true}));
            self.ask(call).await?;
        }
        Ok(())
    }
}

/// The demo lives in the test environment of the first organization.
fn call_in_test(method: Method, segments: &[&str]) -> Call {
    call(method, segments).query("environment", Some("test"))
}

/// The same document as a person reads it, with the call ready to paste.
fn walk_through(document: &Value) -> String {
    let part = |pointer: &str| document.pointer(pointer).cloned().unwrap_or_default();
    let text = |pointer: &str| part(pointer).as_str().unwrap_or_default().to_owned();
    let quoted = |text: String| text.replace('\'', "'\\''");
    format!(
        "Tenon serves at {}\n  API key        {}\n  session token  {}\n  linked account {}\n\n\
         This call was made; paste it to make it again:\n\n  curl -X POST '{}' \\\n    \
         -H 'Authorization: {}' \\\n    -H 'Content-Type: application/json' \\\n    -d '{}'\n\n\
         It was answered {}:\n\n{:#}\n\nand left this record:\n\n{:#}\n",
        text("/base_url"),
        text("/api_key"),
        text("/session_token"),
        text("/linked_account_id"),
        quoted(text("/request/url")),
        quoted(text("/request/headers/Authorization")),
        quoted(part("/request/body").to_string()),
        part("/response/status"),
        part("/response/body"),
        part("/execution"),
    )
}
