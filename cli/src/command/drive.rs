//! `dataforge drive`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dataforge_node::api::{BundleRequest, DriveSyncReply, ErrorKind, Reply, Request};

use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};
use crate::size;

const DETAILS: &str = "\
Takes everything new on the stick, then puts on it what its other readers lack, by what they
said when they had it: what they hold and what they want. What nobody needs any more of this
device's own files is removed from it. Everything stands in the directory dataforge on it.

Example:
  dataforge drive sync /media/stick";

/// Exchanges by a stick that goes round.
#[derive(Debug, Args)]
pub(crate) struct Drive {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Take what is new on a stick, and put on it what others lack
    Sync(Sync),
}

#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
struct Sync {
    /// The directory where the stick is mounted
    drive: PathBuf,
    /// Encrypt what is put on it to the devices of all present members
    #[arg(long)]
    encrypt: bool,
    /// Write files of at most this size; on FAT32 4 GB by itself
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,
}

impl Drive {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Action::Sync(Sync { drive, encrypt, max_size }) = self.action;
        let ask = BundleRequest::DriveSync { drive: absolute(&drive)?, encrypt, max_bytes: max_size };
        let reply = context.call(Request::Bundle { workspace: context.workspace.clone(), ask }).await?;
        context.show(&reply)?;
        match &reply {
            Reply::DriveSync(reply) if !reply.problems.is_empty() => Err(Failure::Reported(ErrorKind::Input)),
            _ => Ok(()),
        }
    }
}

impl Human for DriveSyncReply {
    fn human(&self) -> String {
        let mut lines: Vec<_> = self.taken.iter().map(Human::human).collect();
        if self.taken.is_empty() {
            let known = if self.known > 0 { format!(": {} taken before", count(self.known)) } else { String::new() };
            lines.push(format!("taken    nothing new{known}"));
        }
        lines.push(match &self.made {
            None => "put      nothing: nobody lacks anything that is here".to_owned(),
            Some(made) if made.entries == 0 && made.blobs == 0 => {
                format!("put      what is held and wanted here, {}", bytes(made.bytes))
            }
            Some(made) => {
                let entries =
                    if made.entries == 1 { "1 entry".to_owned() } else { format!("{} entries", count(made.entries)) };
                format!("put      {entries}, {} of {}", plural(made.blobs, "blob"), bytes(made.blob_bytes))
            }
        });
        if self.removed > 0 {
            lines.push(format!("removed  {} that nobody needs any more", plural(self.removed, "own file")));
        }
        for (file, why) in &self.problems {
            lines.push(format!("problem  {}: {}", clean(&file.display().to_string()), clean(why)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::BundleMadeReply;

    use super::*;

    #[test]
    fn what_went_each_way_is_told() {
        let none = DriveSyncReply { known: 2, ..DriveSyncReply::default() };
        let expected = "\
taken    nothing new: 2 taken before
put      nothing: nobody lacks anything that is here";
        assert_eq!(none.human(), expected);
        let made = BundleMadeReply { entries: 3, blobs: 1, blob_bytes: 2000, ..BundleMadeReply::default() };
        let problems = vec![(PathBuf::from("/s/x.dfb"), "not a bundle".to_owned())];
        let some = DriveSyncReply { made: Some(made), removed: 1, problems, ..none };
        let expected = "\
taken    nothing new: 2 taken before
put      3 entries, 1 blob of 2.0 kB
removed  1 own file that nobody needs any more
problem  /s/x.dfb: not a bundle";
        assert_eq!(some.human(), expected);
    }
}
