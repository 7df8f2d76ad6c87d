//! `dataforge edit`.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use dataforge_node::api::{ApiError, Edit, EditOutcome, ErrorKind, MAX_EDITS, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean};

/// Bytes of a file of edits at most.
const MAX_FILE: u64 = 64 << 20;

const EDITS: &str = "\
FILE has one JSON object per line, or one array of them:
  {\"edit\": \"set\", \"target\": \"NORTH 1\", \"field\": \"company\", \"value\": \"ACME\"}
  {\"edit\": \"set\", \"target\": \"51889b751e:3\", \"field\": \"quality\", \"value\": \"good\"}
  {\"edit\": \"set_meaning\", \"curve\": {\"mnemonic\": \"GRX\"}, \"property\": \"gamma_ray\"}
  {\"edit\": \"prefer\", \"well\": \"NORTH 1\", \"property\": \"gamma_ray\", \"curve\": \"51889b751e:3\"}
  {\"edit\": \"delete\", \"target\": \"51889b751e\"}, and restore

They are done in this order; one that is refused leaves the others as they are.";

/// Makes many edits at once: in few transactions, each done or refused by itself.
#[derive(Debug, Args)]
#[command(after_help = EDITS)]
pub(crate) struct EditMany {
    /// The file of edits; - reads standard input
    file: PathBuf,
    /// Return before they are durable, where a process is up: it writes them in a moment
    #[arg(long)]
    no_wait: bool,
}

impl EditMany {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let edits = parse(&read(&self.file)?)?;
        // A process that ends with this command writes them at its end anyway, and could not say how it went.
        let wait = !self.no_wait || !context.client().await?.is_remote();
        let mut outcomes = Vec::with_capacity(edits.len());
        for part in edits.chunks(MAX_EDITS) {
            let (workspace, edits) = (context.workspace.clone(), part.to_vec());
            let Reply::Edits { edits } = context.call(Request::Edits { workspace, edits, wait }).await? else {
                return Err(ApiError::new(ErrorKind::Internal, "another reply came than that to edits").into());
            };
            outcomes.extend(edits);
        }
        let refused = outcomes.iter().find_map(|outcome| match outcome {
            EditOutcome::Refused { error } => Some(error.kind),
            _ => None,
        });
        context.show(&Reply::Edits { edits: outcomes })?;
        refused.map_or(Ok(()), |kind| Err(Failure::Reported(kind)))
    }
}

fn read(file: &Path) -> Result<String, Failure> {
    let mut text = String::new();
    let read = if file == Path::new("-") {
        std::io::stdin().lock().take(MAX_FILE + 1).read_to_string(&mut text)
    } else {
        std::fs::File::open(file).and_then(|opened| opened.take(MAX_FILE + 1).read_to_string(&mut text))
    };
    read.map_err(|error| Failure::from_file("read", file, &error))?;
    if text.len() as u64 > MAX_FILE {
        return Err(Failure::usage(format!("{} is longer than {MAX_FILE} bytes", file.display()), "use several files"));
    }
    Ok(text)
}

/// Reads edits: an array, or one a line.
fn parse(text: &str) -> Result<Vec<Edit>, Failure> {
    let bad = |line: usize, error: &serde_json::Error| {
        let failure = ApiError::new(ErrorKind::Input, format!("line {line} is no edit: {error}"));
        Failure::Api(failure.hint("dataforge edit --help shows all kinds"))
    };
    if text.trim_start().starts_with('[') {
        return serde_json::from_str(text).map_err(|error| bad(error.line(), &error));
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines.map(|(at, line)| serde_json::from_str(line).map_err(|error| bad(at + 1, &error))).collect()
}

impl Human for Vec<EditOutcome> {
    fn human(&self) -> String {
        let mut table = Table::new(&[("edit", Align::Right), ("state", Align::Left), ("what", Align::Left)]);
        let mut refused = String::new();
        for (at, outcome) in self.iter().enumerate() {
            let number = (at + 1).to_string();
            match outcome {
                EditOutcome::Saved { message } => table.row([&number, "saved", message]),
                EditOutcome::Pending { .. } => table.row([&number, "pending", ""]),
                EditOutcome::Refused { error } => {
                    table.row([&number, "refused", &error.message]);
                    let hint = error.hint.as_deref().map(|hint| format!("; {hint}")).unwrap_or_default();
                    refused.push_str(&format!("\nedit {number}: {}", clean(&format!("{}{hint}", error.message))));
                }
            }
        }
        format!("{}{refused}", table.or("no edits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_read_as_lines_or_as_an_array_and_what_is_none_is_located() {
        let line = r#"{"edit": "delete", "target": "a"}"#;
        let delete = || Edit::Delete { target: "a".into() };
        assert_eq!(parse(&format!("{line}\n\n{line}\n")).unwrap(), [delete(), delete()]);
        assert_eq!(parse(&format!(" [{line},\n {line}]")).unwrap(), [delete(), delete()]);
        assert!(parse("").unwrap().is_empty());
        let meaning = parse(r#"{"edit": "set_meaning", "curve": {"mnemonic": "GRX"}, "property": "gamma_ray"}"#);
        assert!(matches!(&meaning.unwrap()[..], [Edit::SetMeaning { to_unit: None, .. }]));
        for text in [format!("{line}\n{{\"edit\": \"fly\"}}"), format!("[{line},\n{{\"edit\": \"fly\"}}]")] {
            let Failure::Api(error) = parse(&text).unwrap_err() else { panic!("an error") };
            assert!(error.kind == ErrorKind::Input && error.message.starts_with("line 2 "), "{error}");
        }
    }

    #[test]
    fn each_edit_has_its_own_outcome() {
        let error = ApiError::new(ErrorKind::NotFound, "there is no well").hint("look");
        let outcomes = vec![
            EditOutcome::Saved { message: "done".into() },
            EditOutcome::Refused { error },
            EditOutcome::Pending { id: 7 },
        ];
        let text = outcomes.human();
        let lines: Vec<_> = text.lines().skip(1).map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
        assert_eq!(lines[0], ["1", "saved", "done"]);
        assert_eq!(lines[1][..2], ["2", "refused"]);
        assert_eq!(lines[2], ["3", "pending"]);
        assert!(text.ends_with("\nedit 2: there is no well; look"), "{text}");
    }
}
