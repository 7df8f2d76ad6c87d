//! `dataforge fetch`.

use clap::Args;
use dataforge_node::api::{DataRequest, ErrorKind, FetchedReply, Reply, Request};

use super::workspaces::short;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};

/// Blobs that are named of those that are missing for one reason.
const NAMED: usize = 3;

const DETAILS: &str = "\
It comes before anything else and whatever the policy. When some of it did not come, the
rest is kept and the exit code is 7.";

/// Fetches the data of something now.
#[derive(Debug, Args)]
#[command(after_help = DETAILS)]
pub(crate) struct Fetch {
    /// A well, run, project, attachment or the start of a blob's hash; . for the workspace
    target: String,
    /// Give up waiting after so many seconds; what did not come stays asked for
    #[arg(long, default_value_t = 60, value_name = "SECONDS")]
    timeout: u64,
}

impl Fetch {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = DataRequest::Fetch { target: self.target, timeout_secs: self.timeout };
        let reply = context.call(Request::Data { workspace: context.workspace.clone(), ask }).await?;
        context.show(&reply)?;
        match reply {
            Reply::Fetched(fetched) if !fetched.missing.is_empty() => {
                let missing = plural(fetched.missing.len() as u64, "blob");
                context.note(&format!(
                    "error: {missing} did not come\nhint: what is missing stays asked for, and comes with dataforge up or \
                     dataforge sync once somebody who has it is reached"
                ));
                Err(Failure::Reported(ErrorKind::Network))
            }
            _ => Ok(()),
        }
    }
}

impl Human for FetchedReply {
    fn human(&self) -> String {
        if self.blobs == 0 && self.missing.is_empty() {
            return "all of it is here already".to_owned();
        }
        let came = match self.blobs {
            0 => "nothing".to_owned(),
            blobs => format!("{}, {}", plural(blobs, "blob"), bytes(self.bytes)),
        };
        let mut lines = vec![format!("fetched  {came}")];
        let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
        for (hash, why) in &self.missing {
            match reasons.iter_mut().find(|(known, _)| known == why) {
                Some((_, hashes)) => hashes.push(short(hash)),
                None => reasons.push((why, vec![short(hash)])),
            }
        }
        lines.extend(reasons.into_iter().map(|(why, hashes)| format!("missing  {}: {}", named(&hashes), clean(why))));
        lines.join("\n")
    }
}

/// Says how many blobs, and which.
fn named(hashes: &[&str]) -> String {
    let mut names = hashes.iter().take(NAMED).map(|hash| clean(hash)).collect::<Vec<_>>().join(", ");
    if hashes.len() > NAMED {
        names.push_str(&format!(" and {} more", count((hashes.len() - NAMED) as u64)));
    }
    format!("{} ({names})", plural(hashes.len() as u64, "blob"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_did_not_come_is_told_by_reason() {
        let away = "held by Bob (laptop), last seen 2026-01-02T03:04:05Z";
        let hash = |digit: char| digit.to_string().repeat(64);
        let missing = ['a', 'b', 'c', 'd'].map(|digit| (hash(digit), away.to_owned()));
        let late = (hash('e'), "not here after 60 s; it stays asked for".to_owned());
        let reply = FetchedReply { blobs: 1, bytes: 4_500_000, missing: [&missing[..], &[late]].concat() };
        let expected = "\
fetched  1 blob, 4.5 MB
missing  4 blobs (aaaaaaaaaa, bbbbbbbbbb, cccccccccc and 1 more): held by Bob (laptop), last seen 2026-01-02T03:04:05Z
missing  1 blob (eeeeeeeeee): not here after 60 s; it stays asked for";
        assert_eq!(reply.human(), expected);
    }

    #[test]
    fn nothing_is_said_to_be_nothing() {
        let reply = FetchedReply { blobs: 0, bytes: 0, missing: Vec::new() };
        assert_eq!(reply.human(), "all of it is here already");
        let reply = FetchedReply { missing: vec![("ab".into(), "timed out".into())], ..reply };
        assert_eq!(reply.human(), "fetched  nothing\nmissing  1 blob (ab): timed out");
    }
}
