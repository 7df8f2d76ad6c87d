//! `dataforge identity`.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dataforge_node::api::{
    ApiError, ErrorKind, FoundingRequest, IdentityReply, PersonInfo, RecoverersReply, Reply, Request,
};

use super::recovery::{Shown, recovery};
use crate::context::Context;
use crate::error::Failure;
use crate::outfile::OutFile;
use crate::output::{Human, clean};

/// Most bytes of a file that is handed over; a real one has a few thousand.
const MOST: u64 = 1 << 20;

/// Hands over who you are, so that somebody else can name you as owner of a workspace they make.
#[derive(Debug, Args)]
pub(crate) struct Identity {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write your identity to a file, without anything secret; makes it the first time
    Export {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Your display name; by default the login name
        #[arg(long, alias = "person", value_name = "NAME")]
        name: Option<String>,
        /// Label of this device; by default the host name
        #[arg(long, value_name = "LABEL")]
        device: Option<String>,
        /// Replace a file that exists
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        shown: Shown,
    },
    /// Say whose an identity file is
    Show {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
}

impl Identity {
    /// Whether it may make a data directory.
    pub(crate) const fn makes_directory(&self) -> bool {
        matches!(self.action, Action::Export { .. })
    }

    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        match self.action {
            Action::Show { file } => {
                let text = read_handed(&file)?;
                context.ask(Request::Founding { ask: FoundingRequest::ReadIdentity { text } }).await
            }
            Action::Export { file, name, device, force, shown } => {
                // Before the words exist: they are shown once.
                let mut out = OutFile::create(&file, force)?;
                let sheet = shown.begin(context)?;
                let ask = FoundingRequest::Identity { person: name, device };
                let reply = context.call(Request::Founding { ask }).await?;
                let written = match &reply {
                    Reply::Identity(identity) => write_handed(&mut out, &file, &identity.text),
                    _ => Ok(()),
                };
                sheet.show(context, &reply)?;
                written?;
                let path = out.finish()?;
                context.note(&clean(&format!("{} has it: hand it to who makes the workspace", path.display())));
                Ok(())
            }
        }
    }
}

/// Reads a file that somebody handed over.
pub(super) fn read_handed(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(path).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes));
    opened.map_err(|error| Failure::from_file("read", path, &error))?;
    let odd = |what: &str| {
        let error = ApiError::new(ErrorKind::Input, format!("{}: {what}", path.display()));
        Failure::Api(error.hint("name a file that dataforge identity export or dataforge recover draft wrote"))
    };
    if bytes.len() as u64 > MOST {
        return Err(odd("this is far too long for such a file"));
    }
    String::from_utf8(bytes).map_err(|_no_text| odd("this is no text"))
}

pub(super) fn write_handed(out: &mut OutFile, path: &Path, text: &str) -> Result<(), Failure> {
    out.write_all(text.as_bytes()).map_err(|error| Failure::from_file("write", path, &error))
}

/// Names people with their four words, so that they can be told apart.
pub(super) fn listed(people: &[PersonInfo]) -> String {
    if people.is_empty() {
        return "nobody".to_owned();
    }
    let one = |of: &PersonInfo| format!("{} [{}]", clean(&of.name), of.fingerprint);
    people.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Says who may recover a workspace, in half a sentence.
pub(super) fn recovery_by(who: &RecoverersReply) -> String {
    let words = who.by_words_of.as_ref().map(|name| format!("the recovery words of {}", clean(name)));
    let names: Vec<_> = who.owners.iter().map(|owner| clean(&owner.name)).collect();
    let together = (who.quorum > 0).then(|| format!("{} of {} together", who.quorum, names.join(", ")));
    words.into_iter().chain(together).collect::<Vec<_>>().join(", or ")
}

impl Human for IdentityReply {
    fn human(&self) -> String {
        let devices: Vec<_> = self.devices.iter().map(|label| clean(label)).collect();
        let mut text = format!(
            "person  {}\nwords   {}\ndevice  {}",
            clean(&self.person.name),
            self.person.fingerprint,
            devices.join(", ")
        );
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nCompare the four words by voice: a name alone can be anybody's.");
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_recover_is_said_in_every_case() {
        let person =
            |name: &str| PersonInfo { person_id: "ab".into(), name: name.into(), fingerprint: "a-b-c-d".into() };
        let who = |quorum, words: Option<&str>| {
            let owners = vec![person("Ada"), person("Bob")];
            recovery_by(&RecoverersReply { owners, quorum, by_words_of: words.map(str::to_owned) })
        };
        assert_eq!(who(0, Some("Ada")), "the recovery words of Ada");
        assert_eq!(who(2, Some("Ada")), "the recovery words of Ada, or 2 of Ada, Bob together");
        assert_eq!(who(2, None), "2 of Ada, Bob together");
        assert_eq!(listed(&[]), "nobody");
        assert_eq!(listed(&[person("Ada"), person("Bob")]), "Ada [a-b-c-d], Bob [a-b-c-d]");
    }
}
