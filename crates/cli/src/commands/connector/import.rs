//! `import`: a vendor's description of its API becomes a connector in a folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use tenon_description::import::{Imported, LeftOut, Selection, Wanted, import};
use tenon_description::{Description, limits};
use tenon_server::client::fetch;

use crate::arguments::Global;
use crate::failure::{Failure, Outcome};
use crate::screen;

/// The most operations that are named on the screen; the README.md has more, and `--json` all.
const MOST_SHOWN: usize = 20;

#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// The description: OpenAPI 3.0 or 3.1, Swagger 2.0 or Google Discovery, as JSON or YAML; a file or an address
    #[arg(value_name = "FILE|URL")]
    from: String,
    /// What the application will be known by
    #[arg(long)]
    slug: String,
    #[command(flatten)]
    which: Which,
    /// Where the application lives, if not at the description's first server; a part of it may be `{name}`
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    /// The folder that the connector's folder is made in [default: that of --connectors, or here]
    #[arg(long, value_name = "DIR")]
    into: Option<PathBuf>,
}

/// Which operations are wanted.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
struct Which {
    /// These operations, by the description's ids
    #[arg(long, value_name = "ID,…", value_delimiter = ',')]
    operations: Vec<String>,
    /// The operations that the description files under this tag
    #[arg(long)]
    tag: Option<String>,
    /// All operations
    #[arg(long)]
    all: bool,
}

impl Which {
    fn selection(self) -> Selection {
        match self.tag {
            Some(tag) => Selection::Tagged(tag),
            None if self.operations.is_empty() => Selection::All,
            None => Selection::Named(self.operations),
        }
    }
}

/// Carries out the command.
pub(super) async fn run(global: &Global, args: ImportArgs) -> Outcome {
    let into = args.into.clone().or_else(|| global.connectors.clone());
    let folder = into.unwrap_or_else(|| PathBuf::from(".")).join(&args.slug);
    if folder.exists() {
        let message = format!("{} is there already", folder.display());
        return Err(
            Failure::new(message).hint("move it away, or choose another folder: --into DIR")
        );
    }
    let description = read(global, &args.from).await?;
    let wanted = Wanted {
        slug: args.slug,
        operations: args.which.selection(),
        server: args.server,
        source: args.from,
    };
    let imported =
        import(&description, &wanted).map_err(|error| Failure::new(error.to_string()))?;
    if imported.actions.is_empty() {
        left_out(&imported.left_out);
        return Err(Failure::new("no operation could be imported"));
    }
    write(&folder, &imported)?;
    report(global, &folder, &description, &imported)
}

async fn read(global: &Global, from: &str) -> Result<Description, Failure> {
    let bytes = if from.starts_with("https://") || from.starts_with("http://") {
        let fetched = fetch::fetch(&global.config(), from, limits::MOST_BYTES).await;
        fetched.map_err(|error| Failure::from_error(&error))?
    } else {
        file(Path::new(from))?
    };
    tenon_description::read(&bytes).map_err(|error| Failure::new(format!("{from}: {error}")))
}

/// A file, whose size is looked at before it is read.
fn file(path: &Path) -> Result<Vec<u8>, Failure> {
    let unreadable = |error| Failure::new(format!("{} cannot be read: {error}", path.display()));
    let length = fs::metadata(path).map_err(unreadable)?.len();
    if length > limits::MOST_BYTES as u64 {
        let most = limits::MOST_BYTES / (1024 * 1024);
        let message = format!(
            "{}: the description is larger than {most} MiB",
            path.display()
        );
        return Err(Failure::new(message));
    }
    fs::read(path).map_err(unreadable)
}

fn write(folder: &Path, imported: &Imported) -> Result<(), Failure> {
    for (name, text) in &imported.bundle.files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        let written = fs::create_dir_all(parent).and_then(|()| fs::write(&path, text));
        written.map_err(|error| {
            Failure::new(format!("{} cannot be written: {error}", path.display()))
        })?;
    }
    Ok(())
}

fn report(
    global: &Global,
    folder: &Path,
    description: &Description,
    imported: &Imported,
) -> Outcome {
    if global.json {
        screen::print_json(&to_json(folder, description, imported))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (count, title) = (imported.actions.len(), &description.title);
    screen::print(&format!(
        "{count} actions of {title} in {}",
        folder.display()
    ))?;
    left_out(&imported.left_out);
    let noted = description.problems.len();
    if noted > 0 {
        screen::note(&format!(
            "{noted} places of the description are wrong; --json names them"
        ));
    }
    Ok(ExitCode::SUCCESS)
}

fn left_out(operations: &[LeftOut]) {
    if operations.is_empty() {
        return;
    }
    screen::note(&format!("left out: {}", operations.len()));
    for one in operations.iter().take(MOST_SHOWN) {
        screen::note(&format!("  {}: {} ({})", one.operation, one.reason, one.at));
    }
    if operations.len() > MOST_SHOWN {
        screen::note("  … the connector's README.md names more, and --json all");
    }
}

fn to_json(folder: &Path, description: &Description, imported: &Imported) -> Value {
    let actions = imported.actions.iter();
    let actions = actions.map(|(id, operation)| json!({ "action_id": id, "operation": operation }));
    let left_out = imported.left_out.iter();
    let left_out = left_out
        .map(|one| json!({ "operation": one.operation, "at": one.at, "reason": one.reason }));
    let problems = description.problems.iter();
    let problems = problems
        .map(|one| json!({ "operation": one.operation, "at": one.at, "message": one.message }));
    json!({
        "folder": folder.display().to_string(),
        "actions": actions.collect::<Vec<_>>(),
        "left_out": left_out.collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
    })
}
