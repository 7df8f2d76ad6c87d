//! `dataforge recover draft`, `sign`, `show`, `publish` and `who`: recovery by several owners.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use dataforge_node::api::{
    ApiError, ErrorKind, PeopleRequest, QuorumRequest, RecoverersReply, RecoveryDraftReply, Reply, Request,
};

use crate::command::confirm::{agreed, check_terminal, not_confirmed};
use crate::command::identity::{listed, read_handed, recovery_by, write_handed};
use crate::command::words;
use crate::context::Context;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{Human, clean, write_note};

/// What to do about a recovery by several owners.
#[derive(Debug, Subcommand)]
pub(super) enum Action {
    /// Say who may recover the workspace
    Who,
    /// Draft a recovery into a file that owners sign; this machine is to publish it
    Draft {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// An owner from now on, may be repeated; you when left out
        #[arg(long = "owner", value_name = "MEMBER")]
        owners: Vec<String>,
        /// A member to remove with it; may be repeated
        #[arg(long, value_name = "MEMBER")]
        remove: Vec<String>,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
    },
    /// Say what a draft would do, and who signed it
    Show {
        /// The file, or copies of it that were signed apart
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Sign a draft with the recovery words of an owner from the start; adds it to the file
    Sign {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Read the words from a file instead of asking
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
        /// Ask nothing but the words
        #[arg(long)]
        yes: bool,
    },
    /// Recover the workspace by a draft that enough owners signed, on the machine that drafted it
    Publish {
        /// The file, or copies of it that were signed apart
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
        /// Ask nothing
        #[arg(long)]
        yes: bool,
    },
}

/// Does it.
pub(super) async fn run(context: &Context, action: Action) -> Result<(), Failure> {
    match action {
        Action::Who => context.show(&call(context, QuorumRequest::Who).await?),
        Action::Draft { file, owners, remove, force } => {
            let out = OutFile::create(&file, force)?;
            let reply = call(context, QuorumRequest::Draft { owners, remove }).await?;
            keep(context, out, &file, &reply)
        }
        Action::Show { files } => {
            let drafts = read_all(&files)?;
            context.show(&call(context, QuorumRequest::Read { drafts }).await?)
        }
        Action::Sign { file, words_file, yes } => {
            let drafts = shown(context, std::slice::from_ref(&file), yes, "Sign it?").await?;
            let words = words::read("an owner from the start", words_file.as_deref()).await?;
            let out = OutFile::create(&file, true)?;
            let reply = call(context, QuorumRequest::Sign { drafts, words }).await?;
            keep(context, out, &file, &reply)
        }
        Action::Publish { files, yes } => {
            let drafts = shown(context, &files, yes, "Recover the workspace?").await?;
            context.show(&call(context, QuorumRequest::Publish { drafts }).await?)
        }
    }
}

async fn call(context: &Context, ask: QuorumRequest) -> Result<Reply, Failure> {
    let ask = PeopleRequest::Quorum { ask };
    context.call(Request::People { workspace: context.workspace.clone(), ask }).await
}

fn read_all(files: &[PathBuf]) -> Result<Vec<String>, Failure> {
    files.iter().map(|path| read_handed(path)).collect()
}

/// Reads a draft, says what it would do, and asks; with `yes` nothing is asked.
async fn shown(context: &Context, files: &[PathBuf], yes: bool, question: &str) -> Result<Vec<String>, Failure> {
    let drafts = read_all(files)?;
    if yes {
        return Ok(drafts);
    }
    check_terminal()?;
    write_note(&call(context, QuorumRequest::Read { drafts: drafts.clone() }).await?.human());
    if agreed(question).await? { Ok(drafts) } else { Err(not_confirmed()) }
}

/// Writes the file of a draft, then says what it is.
fn keep(context: &Context, mut out: OutFile, file: &Path, reply: &Reply) -> Result<(), Failure> {
    let Reply::RecoveryDraft(draft) = reply else {
        return Err(Failure::Api(ApiError::new(ErrorKind::Internal, "the node answered something else")));
    };
    write_handed(&mut out, file, &draft.text)?;
    out.finish()?;
    context.show(reply)
}

impl Human for RecoverersReply {
    fn human(&self) -> String {
        format!("first owners  {}\nrecovery      {}", listed(&self.owners), recovery_by(self))
    }
}

impl Human for RecoveryDraftReply {
    fn human(&self) -> String {
        let lacking = usize::from(self.quorum).saturating_sub(self.signed.len());
        let this = if self.this_device { ", this machine" } else { "" };
        let next = match (lacking, self.this_device) {
            (0, true) => "Next: dataforge recover publish FILE.".to_owned(),
            (0, false) => "Next: on the machine that drafted it, dataforge recover publish FILE.".to_owned(),
            _ => format!(
                "Next: {lacking} more of those who did not sign run dataforge recover sign FILE. \
                 Copies may be signed apart; publish takes them together."
            ),
        };
        format!(
            "workspace   {}\ndrafted by  {}{this}\nowners      {}\nremoved     {}\nsigned by   {} ({} of {})\nnot signed  {}\n\n{next}",
            clean(&self.workspace),
            clean(&self.drafted_by),
            listed(&self.owners),
            listed(&self.removed),
            listed(&self.signed),
            self.signed.len(),
            self.quorum,
            listed(&self.unsigned),
        )
    }
}
