//! `dataforge bundle`.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dataforge_node::api::{
    BundleImportReply, BundleMadeReply, BundleReply, BundleRequest, BundleSince, ErrorKind, ExportBundle, Reply,
    Request,
};

use super::workspaces::short;
use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};
use crate::size;

const EXPORT: &str = "\
All membership ops are always in it, and what this device lacks and wants, so that the way
back is a delta. --for leaves out what a member's devices are known to have, --since what
was in another bundle and those it goes on from.

Examples:
  dataforge bundle export /media/stick/field.dfb
  dataforge bundle export /media/stick/bob.dfb --for bob --encrypt
  dataforge bundle export /media/stick/news.dfb --since /media/stick/field.dfb
  dataforge bundle export /media/stick/all.dfb --max-size 4GB     # all.dfb.001, .002 … for FAT32
  dataforge bundle export meta.dfb --blobs metadata
  dataforge bundle export two.dfb --blobs \"NORTH 1\" \"NORTH 2\"";

const IMPORT: &str = "\
All of it is checked before anything is taken; a bundle that is damaged is refused whole,
unless --salvage is given. Taking one twice, or an old one, changes nothing. When it was
interrupted, give the same command again: it goes on.

Examples:
  dataforge bundle import /media/stick/field.dfb
  dataforge bundle import /media/stick/all.dfb.001    # all volumes, beside each other";

/// Carries entries and data by files instead of a network.
#[derive(Debug, Args)]
pub(crate) struct Bundle {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write entries and data into a file
    Export(Export),
    /// Take what is in a bundle
    Import(Import),
    /// Say who made a bundle, when, of what
    Show(Show),
}

#[derive(Debug, Args)]
#[command(after_help = EXPORT)]
struct Export {
    /// The file to make
    file: PathBuf,
    /// Leave out what the devices of this member are known to have
    #[arg(long = "for", value_name = "MEMBER", conflicts_with_all = ["since", "all"])]
    member: Option<String>,
    /// Leave out what was in this bundle: its file, or the start of its id
    #[arg(long, value_name = "BUNDLE", conflicts_with = "all")]
    since: Option<String>,
    /// Leave out nothing; this is what is done by default
    #[arg(long)]
    all: bool,
    /// Data to take along: all, metadata for none, or those of these wells, runs, projects, attachments
    #[arg(long, value_name = "WHAT", num_args = 1..)]
    blobs: Vec<String>,
    /// Write files of at most this size, as many as it takes: bytes, or e.g. 4GB (decimal)
    #[arg(long, value_name = "SIZE", value_parser = size::parse)]
    max_size: Option<u64>,
    /// Encrypt it to the devices of all present members
    #[arg(long)]
    encrypt: bool,
    /// Replace a file that is there
    #[arg(long)]
    force: bool,
}

#[derive(Debug, Args)]
#[command(after_help = IMPORT)]
struct Import {
    /// The file; of several volumes any one, or their name without the number
    file: PathBuf,
    /// Data to take: all, wanted (by the policy), or metadata for none
    #[arg(long, value_name = "WHAT", default_value = "all", value_parser = ["all", "wanted", "metadata"])]
    blobs: String,
    /// Take what is whole of one that is damaged or cut short
    #[arg(long)]
    salvage: bool,
}

#[derive(Debug, Args)]
struct Show {
    /// The file; of several volumes any one, or their name without the number
    file: PathBuf,
    /// Read and hash all of it
    #[arg(long)]
    check: bool,
}

impl Bundle {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            Action::Export(export) => BundleRequest::Export(export.ask()?),
            Action::Import(Import { file, blobs, salvage }) => {
                BundleRequest::Import { file: absolute(&file)?, blobs: Some(blobs), salvage }
            }
            Action::Show(Show { file, check }) => BundleRequest::Show { file: absolute(&file)?, check },
        };
        let reply = context.call(Request::Bundle { workspace: context.workspace.clone(), ask }).await?;
        context.show(&reply)?;
        match &reply {
            Reply::BundleTaken(taken) if taken.waiting > 0 || !taken.damaged.is_empty() => {
                Err(Failure::Reported(ErrorKind::Input))
            }
            Reply::Bundle(BundleReply { problem: Some(_), .. }) => Err(Failure::Reported(ErrorKind::Input)),
            _ => Ok(()),
        }
    }
}

impl Export {
    fn ask(self) -> Result<ExportBundle, Failure> {
        let since = match (self.member, self.since.filter(|_| !self.all)) {
            (Some(member), _) => BundleSince::Member { member },
            (None, Some(text)) if Path::new(&text).exists() || text.contains(std::path::MAIN_SEPARATOR) => {
                let path = absolute(Path::new(&text))?;
                BundleSince::Bundle { bundle: path.to_string_lossy().into_owned() }
            }
            (None, Some(bundle)) => BundleSince::Bundle { bundle },
            (None, None) => BundleSince::All,
        };
        Ok(ExportBundle {
            file: absolute(&self.file)?,
            since,
            blobs: self.blobs,
            max_bytes: self.max_size,
            encrypt: self.encrypt,
            replace: self.force,
        })
    }
}

fn files(paths: &[PathBuf]) -> String {
    let name = |path: &PathBuf| clean(&path.display().to_string());
    match paths {
        [] => String::new(),
        [one] => name(one),
        [first, .., last] => {
            format!("{} … {}", name(first), clean(&last.file_name().unwrap_or_default().to_string_lossy()))
        }
    }
}

fn content(ops: u64, entries: u64, blobs: u64, blob_bytes: u64) -> String {
    format!("{} and {}, {} of {}", plural(ops, "op"), entries_of(entries), plural(blobs, "blob"), bytes(blob_bytes))
}

fn entries_of(number: u64) -> String {
    if number == 1 { "1 other entry".to_owned() } else { format!("{} other entries", count(number)) }
}

impl Human for BundleMadeReply {
    fn human(&self) -> String {
        let mut lines = vec![
            format!("bundle   {}", short(&self.id)),
            format!("content  {}", content(self.ops, self.entries, self.blobs, self.blob_bytes)),
        ];
        if let Some(base) = &self.base {
            lines.push(format!("goes on  from {}", short(base)));
        }
        let sealed = if self.encrypted { ", encrypted to the members' devices" } else { "" };
        lines.push(format!("file     {}, {}{sealed}", files(&self.files), bytes(self.bytes)));
        lines.join("\n")
    }
}

impl Human for BundleImportReply {
    fn human(&self) -> String {
        let new = match (self.entries, self.blobs) {
            (0, 0) => "nothing new".to_owned(),
            (entries, blobs) => {
                let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{} entries", count(entries)) };
                format!("{entries}, {} of {}", plural(blobs, "blob"), bytes(self.bytes))
            }
        };
        let by = clean(&self.by);
        let mut lines = vec![format!("taken    {new} from bundle {} of {by}", short(&self.id))];
        if !self.by_known {
            lines.push(format!("note     {by} is no device of anybody known here; each entry was judged by itself"));
        } else if !self.by_member {
            lines.push(format!("note     {by} is no member any more; each entry was judged by itself"));
        }
        for (id, why) in &self.refused {
            lines.push(format!("refused  entry {}: {}", short(id), clean(why)));
        }
        for hash in &self.damaged {
            lines.push(format!("damaged  blob {} was left", short(hash)));
        }
        if self.waiting > 0 {
            let base = self
                .base
                .as_deref()
                .map_or_else(String::new, |base| format!(", which goes on from bundle {}", short(base)));
            lines.push(format!(
                "warning  {} entries wait for others that are not in it{base}: take what came before first, then this one again",
                count(self.waiting)
            ));
        }
        lines.join("\n")
    }
}

impl Human for BundleReply {
    fn human(&self) -> String {
        let workspace = match &self.workspace {
            Some(name) => format!("{} ({})", clean(name), short(&self.workspace_id)),
            None => format!("{}, which is not here", short(&self.workspace_id)),
        };
        let mut lines = vec![
            format!("bundle     {}{}", self.id, if self.known { ", made or taken here before" } else { "" }),
            format!("workspace  {workspace}"),
            format!("made       {} by {}, whose signature is good", self.made, clean(&self.by)),
            format!("content    {}", content(self.ops, self.entries, self.blobs, self.blob_bytes)),
        ];
        if let Some(base) = &self.base {
            lines.push(format!("goes on    from {}", short(base)));
        }
        if let Some(audience) = &self.audience {
            lines.push(format!("made for   {}: what they had is left out", clean(audience)));
        }
        let sealed = if self.encrypted { ", encrypted" } else { ", not encrypted" };
        lines.push(format!("file       {}, {}{sealed}", files(&self.files), plural(u64::from(self.volumes), "volume")));
        lines.push(match (&self.problem, self.checked) {
            (Some(problem), _) => format!("problem    {}", clean(problem)),
            (None, true) => "checked    all of it is whole".to_owned(),
            (None, false) => "checked    only its beginning; --check reads all of it".to_owned(),
        });
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::args::Cli;

    #[test]
    fn one_thing_is_left_out_at_most_and_sizes_are_checked_first() {
        let parse = |args: &[&str]| Cli::try_parse_from(["dataforge", "bundle", "export", "f"].iter().chain(args));
        assert!(parse(&[]).is_ok() && parse(&["--all", "--max-size", "4GB"]).is_ok());
        assert!(parse(&["--for", "bob", "--blobs", "A 1", "B 2"]).is_ok());
        for args in [&["--for", "bob", "--since", "x"][..], &["--all", "--for", "bob"], &["--max-size", "4GiB"]] {
            assert!(parse(args).is_err(), "{args:?}");
        }
    }

    #[test]
    fn what_was_taken_is_told_with_what_is_odd() {
        let reply = BundleImportReply {
            id: "ab".repeat(32),
            by: "Ada (desk)".into(),
            by_member: true,
            by_known: true,
            entries: 1,
            blobs: 2,
            bytes: 4_500_000,
            ..BundleImportReply::default()
        };
        assert_eq!(reply.human(), "taken    1 entry, 2 blobs of 4.5 MB from bundle ababababab of Ada (desk)");
        let odd = BundleImportReply {
            entries: 0,
            blobs: 0,
            by_member: false,
            waiting: 3,
            base: Some("cd".repeat(32)),
            ..reply
        };
        let expected = "\
taken    nothing new from bundle ababababab of Ada (desk)
note     Ada (desk) is no member any more; each entry was judged by itself
warning  3 entries wait for others that are not in it, which goes on from bundle cdcdcdcdcd: take what came before first, then this one again";
        assert_eq!(odd.human(), expected);
    }

    #[test]
    fn a_bundle_says_what_it_is() {
        let reply = BundleReply {
            id: "ab".repeat(32),
            workspace_id: "cd".repeat(32),
            workspace: Some("Field".into()),
            by: "Ada (desk)".into(),
            made: "2026-01-02T03:04:05Z".into(),
            volumes: 2,
            files: vec!["/s/f.dfb.001".into(), "/s/f.dfb.002".into()],
            ops: 3,
            entries: 1,
            blobs: 2,
            blob_bytes: 1500,
            ..BundleReply::default()
        };
        let expected = format!(
            "\
bundle     {}
workspace  Field (cdcdcdcdcd)
made       2026-01-02T03:04:05Z by Ada (desk), whose signature is good
content    3 ops and 1 other entry, 2 blobs of 1.5 kB
file       /s/f.dfb.001 … f.dfb.002, 2 volumes, not encrypted
checked    only its beginning; --check reads all of it",
            "ab".repeat(32)
        );
        assert_eq!(reply.human(), expected);
    }
}
