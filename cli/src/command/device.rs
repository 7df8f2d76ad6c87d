//! `dataforge device` and `dataforge revoke-device`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dataforge_node::api::{DeviceTicketReply, LinkedReply, PeopleRequest, Reply, Request};

use super::confirm::{check_terminal, confirm};
use super::ticket::{self, Forms};
use super::words;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, plural};

/// Adds another machine of yours.
#[derive(Debug, Args)]
pub(crate) struct Device {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Make a ticket for another machine; keep dataforge up running until it is linked
    Add {
        /// Whose machine; yours when left out
        #[arg(long = "for", value_name = "MEMBER")]
        member: Option<String>,
        /// Valid for so many hours
        #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
        hours: u32,
        #[command(flatten)]
        forms: Forms,
    },
    /// Make this machine one of yours, on the new machine
    Link {
        /// The ticket, a file with it or with its QR code (PNG), or - for standard input
        ticket: String,
        /// Try a ticket that has expired by the clock of this machine: the other one decides by its own
        #[arg(long)]
        ignore_clock: bool,
        /// Label of this device; by default the host name
        #[arg(long, value_name = "LABEL")]
        device: Option<String>,
        /// Read the 24 recovery words from a file instead of asking
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
    },
    /// Go on with a new key: after this data directory was copied, restored or used twice
    Renew {
        /// Label of this device; the old one when left out
        #[arg(long, value_name = "LABEL")]
        device: Option<String>,
        /// Read the 24 recovery words from a file instead of asking
        #[arg(long, value_name = "FILE")]
        words_file: Option<PathBuf>,
        /// Leave the old key alone: its passphrase is lost or its file damaged
        #[arg(long)]
        without_key: bool,
    },
}

impl Device {
    /// Whether it may make a data directory.
    pub(crate) const fn makes_directory(&self) -> bool {
        matches!(self.action, Action::Link { .. })
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::Add { member, hours, forms } => {
                let files = forms.begin(context)?;
                let ask = PeopleRequest::DeviceTicket { member, hours };
                let reply = context.call(Request::People { workspace: context.workspace.clone(), ask }).await?;
                context.show(&reply)?;
                match reply {
                    Reply::DeviceTicket(made) => files.write(context, &made.ticket),
                    _ => Ok(()),
                }
            }
            Action::Link { ticket, ignore_clock, device, words_file } => {
                link(context, &ticket, ignore_clock, device, words_file).await
            }
            Action::Renew { device, words_file, without_key } => {
                if without_key {
                    context.open_without_key().await?;
                }
                renew(context, device, words_file).await
            }
        }
    }
}

async fn link(
    context: &Context,
    ticket: &str,
    ignore_clock: bool,
    device: Option<String>,
    words_file: Option<PathBuf>,
) -> Result<(), Failure> {
    let ticket = ticket::read(ticket).await?;
    let about = ticket::shown(&ticket)?;
    let request = |words| Request::Link { ticket: ticket.clone(), words, device: device.clone(), ignore_clock };
    // Without an identity it tells whose words it needs; nothing is done before.
    let reply = match context.call(request(None)).await? {
        Reply::WordsNeeded { person, fingerprint, workspace } => {
            context.note(&clean(&format!("this makes the machine one of {person} [{fingerprint}] in {workspace}")));
            context.note(&format!("the ticket's words are {}: dataforge device add showed the same ones", about.words));
            let words = words::read(&clean(&person), words_file.as_deref()).await?;
            context.call(request(Some(words))).await?
        }
        reply => reply,
    };
    context.show(&reply)
}

async fn renew(context: &Context, device: Option<String>, words_file: Option<PathBuf>) -> Result<(), Failure> {
    let request = |words| Request::Renew { words, device: device.clone() };
    let reply = match context.call(request(None)).await? {
        Reply::WordsNeeded { person, .. } => {
            let words = words::read(&clean(&person), words_file.as_deref()).await?;
            context.call(request(Some(words))).await?
        }
        reply => reply,
    };
    context.show(&reply)
}

/// Ends a device for ever: lost, stolen, given away.
#[derive(Debug, Args)]
pub(crate) struct RevokeDevice {
    /// Label, MEMBER/LABEL or start of the id
    device: String,
    /// Sign with the recovery words of its person: then nothing that its thief writes can void it
    #[arg(long)]
    words: bool,
    /// Read the words from a file instead of asking
    #[arg(long, value_name = "FILE", requires = "words")]
    words_file: Option<PathBuf>,
    /// Ask nothing
    #[arg(long)]
    yes: bool,
}

impl RevokeDevice {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let consequence = "What came here up to now counts. What comes later from it is set aside as late work.\n\
                           It can never be used again; its person may link another data directory.";
        if !self.yes {
            check_terminal()?;
        }
        let whom = (None, Some(self.device));
        let concerned = confirm(context, whom, self.yes, consequence, |of| {
            let label = of.devices.first().map_or("the device", |device| device.label.as_str());
            format!("Revoke {label} of {}?", of.name)
        })
        .await?;
        let words = match self.words {
            true => Some(words::read(&clean(&concerned.name), self.words_file.as_deref()).await?),
            false => None,
        };
        let device = concerned.devices.first().map(|device| device.device_id.clone()).unwrap_or_default();
        let ask = PeopleRequest::RevokeDevice { device, words };
        context.ask(Request::People { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for DeviceTicketReply {
    fn human(&self) -> String {
        let addresses = if self.addresses.is_empty() { "none".to_owned() } else { self.addresses.join(", ") };
        let mut text = format!(
            "{}\n\nworkspace   {}\nmachine of  {}, words {}\nuntil       {}\nits words   {}\nreached at  {addresses}",
            self.ticket,
            clean(&self.workspace),
            clean(&self.person),
            self.fingerprint,
            self.expires,
            self.words,
        );
        text.push_str(
            "\n\nOn the new machine: dataforge device link TICKET. It asks for the 24 recovery words; the ticket alone adds nothing.",
        );
        if !self.listening {
            text.push_str(
                "\nNobody listens here now: run dataforge up and keep it running until the machine is linked.",
            );
        }
        text
    }
}

impl Human for LinkedReply {
    fn human(&self) -> String {
        let workspace = &self.workspace;
        format!(
            "workspace   {}\nyou         {} ({})\nyour words  {}\nthis device {}\nhere        {}, {}, {}\n\nNext: dataforge sync, or dataforge up to stay in step.",
            clean(&workspace.name),
            clean(&self.person),
            workspace.role,
            self.fingerprint,
            clean(&self.label),
            plural(workspace.members, "member"),
            plural(workspace.wells, "well"),
            plural(workspace.runs, "run"),
        )
    }
}
