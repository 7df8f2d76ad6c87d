//! `dataforge where`.

use clap::Args;
use dataforge_node::api::{DataRequest, HolderInfo, OnlyHereReply, Request, WhereBlob, WhereReply};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, plural};

const DETAILS: &str = "\
What other devices hold is what they said last, also through others; it may have changed.
SAID is when they said it, VERIFIED when they last hashed all they hold, by their clocks.
Blobs are listed one by one when there are few.";

/// Says which devices hold the data of something.
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub(crate) struct Where {
    /// A well, run, project, attachment or the start of a blob's hash; the workspace when left out
    #[arg(default_value = ".", hide_default_value = true)]
    target: String,
    /// List what of the workspace no other device says it holds, the largest first
    #[arg(long, conflicts_with = "target")]
    only_here: bool,
}

/// Runs and attachments that are listed.
const LISTED: u32 = 1_000;

impl Where {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.only_here {
            true => DataRequest::OnlyHere { limit: LISTED },
            false => DataRequest::Where { target: self.target },
        };
        context.ask(Request::Data { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for WhereReply {
    fn human(&self) -> String {
        let mut parts = vec![format!("{}: {}, {}", clean(&self.target), plural(self.blobs, "blob"), bytes(self.bytes))];
        if self.blobs > 0 {
            parts.push(holders(&self.holders, self.blobs));
        }
        if !self.each.is_empty() {
            parts.push(each(&self.each));
        }
        if self.nowhere > 0 {
            parts.push(format!("warning  {} nobody says they have", plural(self.nowhere, "blob")));
        }
        parts.join("\n\n")
    }
}

impl Human for OnlyHereReply {
    fn human(&self) -> String {
        if self.blobs == 0 {
            return "some other device says it holds each blob that is here".to_owned();
        }
        let columns = [("of", Align::Left), ("blobs", Align::Right), ("size", Align::Right)];
        let mut table = Table::new(&columns);
        for thing in &self.things {
            table.row([thing.name.as_str(), &count(thing.blobs), &bytes(thing.bytes)]);
        }
        let all = format!("only here: {}, {}", plural(self.blobs, "blob"), bytes(self.bytes));
        format!("{all}\n\n{}", table.text())
    }
}

fn holders(holders: &[HolderInfo], blobs: u64) -> String {
    let columns = [("device", Align::Left), ("", Align::Left), ("blobs", Align::Right), ("size", Align::Right)];
    let times = ["verified", "said", "last seen"].map(|name| (name, Align::Left));
    let mut table = Table::new(&[&columns[..], &times].concat());
    for holder in holders {
        let state = match (holder.is_here, holder.connected) {
            (true, _) => "here",
            (false, true) => "connected",
            (false, false) => "away",
        };
        // Of this device only the first is a question.
        let other = |time: &Option<String>| match time {
            _ if holder.is_here => String::new(),
            time => time.clone().unwrap_or_else(|| "never".to_owned()),
        };
        table.row([
            &holder.name,
            state,
            &format!("{} of {}", count(holder.blobs), count(blobs)),
            &bytes(holder.bytes),
            holder.verified.as_deref().unwrap_or("never"),
            &other(&holder.said),
            &other(&holder.last_seen),
        ]);
    }
    table.or("no device says it has any of it")
}

fn each(blobs: &[WhereBlob]) -> String {
    let columns = [("blob", Align::Left), ("what", Align::Left), ("size", Align::Right), ("held by", Align::Left)];
    let mut table = Table::new(&columns);
    for blob in blobs {
        let held = if blob.holders.is_empty() { "nobody".to_owned() } else { blob.holders.join(", ") };
        table.row([short(&blob.hash), &blob.what, &bytes(blob.bytes), &held]);
    }
    table.text()
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::OnlyHereInfo;

    use super::*;

    fn holder(name: &str, is_here: bool) -> HolderInfo {
        HolderInfo {
            device_id: "ab".into(),
            name: name.into(),
            is_here,
            blobs: 2,
            bytes: 1500,
            said: Some("2026-01-02T03:04:05Z".into()).filter(|_| !is_here),
            verified: None,
            last_seen: Some("2026-01-02T03:05:00Z".into()).filter(|_| !is_here),
            connected: false,
        }
    }

    #[test]
    fn devices_come_first_and_what_nobody_has_is_a_warning() {
        let blob = |hash: &str, what: &str, holders: &[&str]| WhereBlob {
            hash: hash.repeat(32),
            what: what.into(),
            bytes: 750,
            holders: holders.iter().map(|name| (*name).to_owned()).collect(),
        };
        let reply = WhereReply {
            target: "North \u{1b}1".into(),
            blobs: 3,
            bytes: 2250,
            holders: vec![holder("Ada (desk)", true), holder("Bob (laptop)", false)],
            nowhere: 1,
            each: vec![blob("ab", "table GR", &["Ada (desk)", "Bob (laptop)"]), blob("cd", "source GR", &[])],
        };
        let expected = "\
North \u{fffd}1: 3 blobs, 2.2 kB

DEVICE               BLOBS    SIZE  VERIFIED  SAID                  LAST SEEN
Ada (desk)    here  2 of 3  1.5 kB  never
Bob (laptop)  away  2 of 3  1.5 kB  never     2026-01-02T03:04:05Z  2026-01-02T03:05:00Z

BLOB        WHAT        SIZE  HELD BY
ababababab  table GR   750 B  Ada (desk), Bob (laptop)
cdcdcdcdcd  source GR  750 B  nobody

warning  1 blob nobody says they have";
        assert_eq!(reply.human(), expected);
    }

    #[test]
    fn what_is_only_here_is_listed_with_its_size() {
        let thing = OnlyHereInfo { name: "Log 1".into(), well_id: None, blobs: 2, bytes: 1500 };
        let reply = OnlyHereReply { blobs: 2, bytes: 1500, things: vec![thing] };
        assert_eq!(reply.human(), "only here: 2 blobs, 1.5 kB\n\nOF     BLOBS    SIZE\nLog 1      2  1.5 kB");
        let none = OnlyHereReply { blobs: 0, bytes: 0, things: vec![] };
        assert!(none.human().contains("some other device"));
    }

    #[test]
    fn what_has_no_data_needs_no_table() {
        let reply = WhereReply { target: "N".into(), blobs: 0, bytes: 0, holders: vec![], nowhere: 0, each: vec![] };
        assert_eq!(reply.human(), "N: 0 blobs, 0 B");
        let reply = WhereReply { blobs: 2, bytes: 5, nowhere: 2, ..reply };
        let expected = "N: 2 blobs, 5 B\n\nno device says it has any of it\n\nwarning  2 blobs nobody says they have";
        assert_eq!(reply.human(), expected);
    }
}
