//! Asking before something is done that cannot simply be taken back.

use std::io::IsTerminal as _;

use dataforge_node::api::{ApiError, ConcernedReply, ErrorKind, PeopleRequest, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, Human, clean, plural};

/// Finds out whom an act concerns, says so, and asks; with `yes` nothing is asked.
///
/// Returns whom it concerns, for the act itself to name them by id.
pub(super) async fn confirm(
    context: &Context,
    whom: (Option<String>, Option<String>),
    yes: bool,
    consequence: &str,
    question: impl Fn(&ConcernedReply) -> String,
) -> Result<ConcernedReply, Failure> {
    let (member, device) = whom;
    let concerned = concerned(context, member, device).await?;
    if !yes {
        check_terminal()?;
    }
    if !context.quiet || !yes {
        let text = format!("{}\n{consequence}\n", concerned.human());
        if yes { context.note(&text) } else { output::write_note(&text) }
    }
    if !yes && !agreed(&clean(&question(&concerned))).await? {
        return Err(not_confirmed());
    }
    Ok(concerned)
}

/// Asks the node whom an act concerns.
pub(super) async fn concerned(
    context: &Context,
    member: Option<String>,
    device: Option<String>,
) -> Result<ConcernedReply, Failure> {
    let ask = PeopleRequest::Concerned { member, device };
    match context.call(Request::People { workspace: context.workspace.clone(), ask }).await? {
        Reply::Concerned(concerned) => Ok(concerned),
        _ => Err(Failure::Api(ApiError::new(ErrorKind::Internal, "the node answered something else"))),
    }
}

/// Refuses to go on where nobody can be asked.
pub(super) fn check_terminal() -> Result<(), Failure> {
    if std::io::stdin().is_terminal() {
        return Ok(());
    }
    Err(Failure::usage("this wants to be confirmed, and there is no terminal to ask on", "add --yes to do it unasked"))
}

pub(super) fn not_confirmed() -> Failure {
    Failure::usage("nothing was done: it was not confirmed", "answer with y to go on")
}

/// Asks a question on the terminal; only a yes is one.
pub(super) async fn agreed(question: &str) -> Result<bool, Failure> {
    output::write_prompt(&format!("{question} [y/N] "));
    let answer = read_line().await?;
    Ok(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes"))
}

/// Reads a line off the async threads, so that Ctrl-C still works.
pub(super) async fn read_line() -> Result<String, Failure> {
    let read = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        std::io::stdin().read_line(&mut line).map(|_| line)
    });
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Api(ApiError::new(ErrorKind::Input, format!("the answer cannot be read: {error}")))
    };
    read.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

impl Human for ConcernedReply {
    fn human(&self) -> String {
        let you = if self.this_person { ", you" } else { "" };
        let mut text = format!("{} ({}{you}), words {}", clean(&self.name), self.role, self.fingerprint);
        for device in &self.devices {
            let this = if device.this_device { " (this device)" } else { "" };
            let contact = match (&device.last_contact, device.this_device) {
                (Some(at), _) => format!(", last contact {at}"),
                (None, true) => String::new(),
                (None, false) => ", never reached from here".to_owned(),
            };
            let counted = plural(device.entries, "entry");
            text.push_str(&format!("\n  {}{this}: {counted} that count{contact}", clean(&device.label)));
        }
        if self.only_theirs > 0 {
            let blobs = plural(self.only_theirs, "blob");
            text.push_str(&format!(
                "\n  {blobs} of data are held there and nowhere else: fetch them first (dataforge fetch .)"
            ));
        }
        text
    }
}
