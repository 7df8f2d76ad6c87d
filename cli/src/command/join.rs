//! `dataforge join`.

use clap::Args;
use dataforge_node::api::{
    ApiError, ErrorKind, JoinPendingReply, JoinReply, JoiningRequest, NeighbourInfo, Reply, Request, TicketReply,
};

use super::confirm::{agreed, not_confirmed, read_line};
use super::recovery::{Shown, recovery};
use super::ticket;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, Human, clean, plural};
use crate::secret::can_ask;

/// Seconds to listen for machines nearby.
const LISTEN: u32 = 6;

/// Joins a workspace by a ticket, or by the code of a machine nearby. It says what it is about to
/// do and asks.
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The ticket, a file with it or with its QR code (PNG), or - for standard input
    #[arg(required_unless_present = "nearby", conflicts_with = "nearby")]
    ticket: Option<String>,
    /// Join by the code that a machine of the same network shows after dataforge pair
    #[arg(long, value_name = "NAME", num_args = 0..=1)]
    nearby: Option<Option<String>>,
    /// Where that machine is, when it is not heard: DEVICE@IP:PORT as it shows
    #[arg(long, value_name = "DEVICE@IP:PORT", requires = "nearby")]
    at: Option<String>,
    /// The code, instead of being asked for it
    #[arg(long, requires = "nearby")]
    code: Option<String>,
    /// Your display name; by default the login name
    #[arg(long, alias = "person", value_name = "NAME")]
    name: Option<String>,
    /// Label of this device; by default the host name
    #[arg(long, value_name = "LABEL")]
    device: Option<String>,
    /// Only say what the ticket says
    #[arg(long, conflicts_with_all = ["nearby", "yes"])]
    dry_run: bool,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
    /// Try a ticket that has expired by the clock of this machine: the inviting one decides by its own
    #[arg(long)]
    ignore_clock: bool,
    #[command(flatten)]
    shown: Shown,
}

impl Join {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ticket = match &self.ticket {
            Some(given) => ticket::read(given).await?,
            None => Box::pin(self.by_code(context)).await?,
        };
        let about = ticket::shown(&ticket)?;
        if self.dry_run {
            return context.show(&Reply::Ticket(about));
        }
        let ignore_clock = self.confirm(context, &ticket, &about).await?;
        let sheet = self.shown.begin(context)?;
        let request = Request::Join { ticket, person: self.name, device: self.device, ignore_clock };
        let reply = context.call(request).await?;
        sheet.show(context, &reply)
    }

    /// Says what a ticket says and asks; returns whether it may have expired by the clock here.
    async fn confirm(&self, context: &Context, text: &str, about: &TicketReply) -> Result<bool, Failure> {
        // The node refuses these in words; there is nothing to agree to.
        if about.form == "device" {
            return Ok(false);
        }
        if context.dir.exists() {
            context.call(Request::Joining { ask: JoiningRequest::Show { ticket: text.to_owned() } }).await?;
        }
        if !self.ignore_clock && (self.yes || !can_ask()) {
            dataforge_node::ticket::check(text)?;
        }
        if self.yes {
            context.note(&format!("{}\n", about.human()));
            return Ok(self.ignore_clock);
        }
        if !can_ask() {
            return Err(Failure::usage(
                "joining wants to be confirmed, and there is no terminal to ask on",
                "read what the ticket says with --dry-run, then add --yes to join unasked",
            ));
        }
        output::write_note(&format!("{}\n", about.human()));
        let inviter = clean(&about.inviter);
        output::write_note(&match self.nearby {
            None => format!("Ask {inviter} for the words: they must be these, or the ticket is another one."),
            Some(_) => {
                format!("The code was right: this is the machine that shows it, and {inviter} has the same words.")
            }
        });
        let question = format!("Join {} as {}?", clean(&about.workspace), about.role.as_deref().unwrap_or("member"));
        if agreed(&question).await? { Ok(self.ignore_clock || about.expired) } else { Err(not_confirmed()) }
    }

    /// Gets a ticket from a machine nearby.
    async fn by_code(&self, context: &Context) -> Result<String, Failure> {
        let mut name = self.nearby.clone().flatten();
        if self.code.is_none() && !can_ask() {
            return Err(Failure::usage("there is no terminal to ask for the code on", "give it with --code CODE"));
        }
        let mut label = name.clone().unwrap_or_else(|| "the other machine".to_owned());
        if self.at.is_none() && self.code.is_none() && name.is_none() {
            let neighbour = choose(context).await?;
            label = neighbour.label;
            name = Some(neighbour.device_id);
        }
        loop {
            let code = match &self.code {
                Some(code) => code.clone(),
                None => {
                    output::write_prompt(&format!("The code that {} shows: ", clean(&label)));
                    let line = read_line().await?;
                    if line.trim().is_empty() {
                        return Err(Failure::usage(
                            "no code was given: nothing was done",
                            "type it as it stands there",
                        ));
                    }
                    // A slip that is no code at all costs no try.
                    if let Err(error) = dataforge_node::ticket::check_code(&line) {
                        output::write_note(&error.message);
                        continue;
                    }
                    line
                }
            };
            let ask = JoiningRequest::Ask { name: name.clone(), at: self.at.clone(), code };
            match context.call(Request::Joining { ask }).await {
                Ok(Reply::Handed(handed)) => return Ok(handed.ticket),
                Ok(Reply::WrongCode { left }) if left > 0 && self.code.is_none() => {
                    output::write_note(&format!("That is not the code; {} left.", plural(u64::from(left), "try")));
                }
                Ok(Reply::WrongCode { left }) => return Err(wrong(left)),
                Ok(_) => return Err(ApiError::new(ErrorKind::Internal, "the node answered something else").into()),
                Err(error) => return Err(error),
            }
        }
    }
}

fn wrong(left: u8) -> Failure {
    let (message, hint) = match left {
        0 => (
            "the code is wrong, and the pairing window is closed now".to_owned(),
            "run dataforge pair there again for another code",
        ),
        left => (
            format!("the code is wrong; it may be wrong {left} more times"),
            "look at the code on the other machine and try again",
        ),
    };
    ApiError::new(ErrorKind::NotAllowed, message.replace("1 more times", "once more")).hint(hint).into()
}

/// Finds the machine that is meant; asks when there are several.
async fn choose(context: &Context) -> Result<NeighbourInfo, Failure> {
    context.note("Listening for machines that can be joined…");
    let reply = context.call(Request::Joining { ask: JoiningRequest::Nearby { seconds: LISTEN } }).await?;
    let Reply::Nearby(mut nearby) = reply else {
        return Err(ApiError::new(ErrorKind::Internal, "the node answered something else").into());
    };
    if nearby.neighbours.len() > 1 {
        for (at, neighbour) in nearby.neighbours.iter().enumerate() {
            let device = super::workspaces::short(&neighbour.device_id);
            output::write_note(&format!("{:>3}  {} [{device}]", at + 1, clean(&neighbour.label)));
        }
        output::write_prompt("Which one? ");
        let number: Option<usize> = read_line().await?.trim().parse().ok();
        let chosen = number.and_then(|number| number.checked_sub(1)).filter(|at| *at < nearby.neighbours.len());
        let chosen = chosen.ok_or_else(|| Failure::usage("none was chosen", "answer with one of the numbers"))?;
        return Ok(nearby.neighbours.swap_remove(chosen));
    }
    nearby.neighbours.pop().ok_or_else(|| {
        ApiError::new(ErrorKind::NotFound, "no machine nearby can be joined")
            .hint(
                "run dataforge pair on the other one, in the same network; if it is not heard, add --at as shown there",
            )
            .into()
    })
}

impl Human for JoinPendingReply {
    fn human(&self) -> String {
        let mut text = format!(
            "workspace   {}\ninvited by  {}\nyour words  {}\n\nYou asked to join; an admin has to approve it. Read your words to {}.",
            clean(&self.workspace),
            clean(&self.inviter),
            self.fingerprint,
            clean(&self.inviter),
        );
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: once you are approved, run dataforge join with the same ticket again.");
        text
    }
}

impl Human for JoinReply {
    fn human(&self) -> String {
        let workspace = &self.workspace;
        let mut text = format!(
            "workspace   {}\ninvited by  {}\nyour words  {}\nrole        {}\nhere        {}, {}, {}",
            clean(&workspace.name),
            clean(&self.inviter),
            self.fingerprint,
            workspace.role,
            plural(workspace.members, "member"),
            plural(workspace.wells, "well"),
            plural(workspace.runs, "run"),
        );
        text.push_str("\n\nRead your words to whoever invited you: dataforge members there must show the same ones.");
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: dataforge sync, or dataforge up to stay in step.");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_code_says_what_is_left() {
        let said = |left| match wrong(left) {
            Failure::Api(error) => error.message,
            other => panic!("{other:?}"),
        };
        assert!(said(2).ends_with("wrong 2 more times") && said(1).ends_with("wrong once more"));
        assert!(said(0).ends_with("closed now"));
    }
}
