//! Data in words: who has them, what is held, what a check found.

use dataforge_node::api::{
    BackupPlan, CacheReply, DoctorReply, FreedReply, HolderInfo, MarkInfo, OnlyHereReply, PolicyReply, Reply,
    VerifyReport, WhereReply,
};

use super::when;
use crate::format;
use crate::widget::badge::Mark;
use crate::widget::table::Row;

pub(super) fn place_of(reply: Reply) -> Option<WhereReply> {
    match reply {
        Reply::Where(place) => Some(place),
        _ => None,
    }
}

pub(super) fn only_here_of(reply: Reply) -> Option<OnlyHereReply> {
    match reply {
        Reply::OnlyHere(only) => Some(only),
        _ => None,
    }
}

pub(super) fn cache_of(reply: Reply) -> Option<CacheReply> {
    match reply {
        Reply::Cache(cache) => Some(cache),
        _ => None,
    }
}

pub(super) fn marks_of(reply: Reply) -> Option<Vec<MarkInfo>> {
    match reply {
        Reply::Marks { marks } => Some(marks),
        _ => None,
    }
}

pub(super) fn policy_of(reply: Reply) -> Option<PolicyReply> {
    match reply {
        Reply::Policy(policy) => Some(policy),
        _ => None,
    }
}

pub(super) fn plans_of(reply: Reply) -> Option<Vec<BackupPlan>> {
    match reply {
        Reply::BackupSchedule { plans } => Some(plans),
        _ => None,
    }
}

pub(super) fn doctor_of(reply: Reply) -> Option<Box<DoctorReply>> {
    match reply {
        Reply::Doctor(doctor) => Some(doctor),
        _ => None,
    }
}

/// Returns on how many machines all of it is, in words.
pub(super) fn safety(place: &WhereReply) -> (Mark, String) {
    if place.blobs == 0 {
        return (Mark::Plain, "it has no data of its own".to_owned());
    }
    if place.nowhere > 0 {
        let blobs = format::counted(place.nowhere, "blob");
        return (Mark::Bad, format!("{blobs} on no machine that is known"));
    }
    let whole = place.holders.iter().filter(|holder| holder.blobs == place.blobs);
    let (here, others): (Vec<_>, Vec<_>) = whole.partition(|holder| holder.is_here);
    let machines = format::counted(others.len() as u64, "other machine");
    match (here.is_empty(), others.is_empty()) {
        (false, true) => (Mark::Warn, "whole only here".to_owned()),
        (false, false) => (Mark::Good, format!("whole here, and on {machines}")),
        (true, false) => (Mark::Good, format!("not whole here; whole on {machines}")),
        (true, true) => (Mark::Warn, "whole on no single machine".to_owned()),
    }
}

pub(super) fn holder_row(holder: &HolderInfo, of: u64) -> Row {
    let met = if holder.is_here {
        "this machine".to_owned()
    } else if holder.connected {
        "connected".to_owned()
    } else {
        when(holder.last_seen.as_deref())
    };
    let blobs = format!("{} of {}", format::count(holder.blobs), format::count(of));
    let verified = when(holder.verified.as_deref());
    let bytes = format::bytes(holder.bytes);
    Row {
        name: format!("Held by {}, {blobs} blobs, {bytes}, {met}", holder.name),
        more: format!("{}\nsaid so {}\nid {}", holder.name, when(holder.said.as_deref()), holder.device_id),
        cells: vec![holder.name.clone(), blobs, bytes, verified, met],
        weak: holder.blobs < of,
    }
}

/// Returns how much is held here, in words.
pub(super) fn policy_told(policy: &PolicyReply) -> &'static str {
    match policy.policy.as_str() {
        "mirror" => "everything is fetched and kept",
        "follow" => "what is pinned or starred is fetched, the rest when it is read",
        _ => "what is pinned is fetched, the rest when it is read",
    }
}

pub(super) fn cache_lines(cache: &CacheReply) -> Vec<String> {
    let blobs = format::counted(cache.files, "blob");
    let limit = format::bytes(cache.limit_bytes);
    let mut lines = vec![format!("{blobs} held, {} of at most {limit} in cache", format::bytes(cache.bytes))];
    if cache.partial_files > 0 {
        let parts = format::counted(cache.partial_files, "blob");
        lines.push(format!("parts of {parts}, {}", format::bytes(cache.partial_bytes)));
    }
    if let Some(rate) = cache.hit_rate {
        lines.push(format!("{:.0} % of reads found all they needed here", 100.0 * rate));
    }
    lines
}

/// Returns what was freed, or would be, and what stays with why.
pub(super) fn freed_lines(freed: &FreedReply) -> Vec<String> {
    let (blobs, bytes) = (format::counted(freed.blobs, "blob"), format::bytes(freed.bytes));
    let mut lines = vec![match freed.done {
        true => format!("freed {blobs}, {bytes}"),
        false => format!("{blobs}, {bytes}, can go: others proved just now that they hold them"),
    }];
    for kept in &freed.kept {
        let blobs = format::counted(kept.blobs, "blob");
        lines.push(format!("{blobs}, {}, {}: {}", format::bytes(kept.bytes), stay(kept.blobs), kept.reason));
    }
    lines
}

const fn stay(number: u64) -> &'static str {
    if number == 1 { "stays" } else { "stay" }
}

fn verify_lines(report: &VerifyReport) -> Vec<String> {
    let (blobs, entries) = (format::counted(report.blobs, "blob"), format::counted(report.entries, "entry"));
    let mut lines = vec![format!("checked {blobs}, {}, and {entries}", format::bytes(report.bytes))];
    if report.problems.is_empty() {
        lines.push("all is well".to_owned());
    }
    lines.extend(report.problems.iter().map(|problem| format!("wrong: {problem}")));
    lines.extend(report.repaired.iter().map(|repaired| format!("right again: {repaired}")));
    lines
}

/// Returns what came of something, in words.
pub(super) fn lines(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Freed(freed) => freed_lines(freed),
        Reply::Verify(report) => verify_lines(report),
        Reply::Policy(policy) => vec![policy_told(policy).to_owned()],
        Reply::Fetched(fetched) => {
            let blobs = format::counted(fetched.blobs, "blob");
            let mut lines = vec![format!("{blobs} came, {}", format::bytes(fetched.bytes))];
            lines.extend(
                fetched.missing.iter().map(|(hash, why)| format!("{} did not come: {why}", format::short_id(hash))),
            );
            lines
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{FreedReply, HolderInfo, KeptInfo, VerifyReport, WhereReply};

    use super::{freed_lines, holder_row, safety, verify_lines};
    use crate::widget::badge::Mark;

    fn holder(name: &str, is_here: bool, blobs: u64) -> HolderInfo {
        HolderInfo {
            device_id: format!("id-{name}"),
            name: name.into(),
            is_here,
            blobs,
            bytes: 100 * blobs,
            said: None,
            verified: None,
            last_seen: None,
            connected: false,
        }
    }

    fn place(holders: Vec<HolderInfo>, nowhere: u64) -> WhereReply {
        WhereReply { target: "A1".into(), blobs: 4, bytes: 400, holders, nowhere, each: Vec::new() }
    }

    #[test]
    fn safety_counts_machines_that_have_all_of_it() {
        let told = |holders, nowhere| safety(&place(holders, nowhere));
        assert_eq!(told(vec![holder("a", true, 4)], 0), (Mark::Warn, "whole only here".into()));
        assert_eq!(
            told(vec![holder("a", true, 4), holder("b", false, 4), holder("c", false, 3)], 0),
            (Mark::Good, "whole here, and on 1 other machine".into())
        );
        assert_eq!(told(vec![holder("a", true, 2), holder("b", false, 2)], 0).1, "whole on no single machine");
        assert_eq!(told(vec![holder("b", false, 4)], 0).1, "not whole here; whole on 1 other machine");
        assert_eq!(told(vec![holder("a", true, 4)], 1).0, Mark::Bad);
    }

    #[test]
    fn a_row_says_how_much_of_it_a_machine_has() {
        let row = holder_row(&holder("Bob, truck", false, 3), 4);
        assert_eq!(row.name, "Held by Bob, truck, 3 of 4 blobs, 300 B, never");
        assert!(row.weak);
        assert!(!holder_row(&holder("Ada", true, 4), 4).weak);
    }

    #[test]
    fn what_stays_is_told_with_the_reason() {
        let kept = KeptInfo { reason: "it is pinned or starred".into(), blobs: 1, bytes: 2048 };
        let plan = FreedReply { done: false, blobs: 2, bytes: 1024, kept: vec![kept] };
        assert_eq!(
            freed_lines(&plan),
            [
                "2 blobs, 1.0 KiB, can go: others proved just now that they hold them",
                "1 blob, 2.0 KiB, stays: it is pinned or starred"
            ]
        );
        assert_eq!(freed_lines(&FreedReply { done: true, kept: Vec::new(), ..plan })[0], "freed 2 blobs, 1.0 KiB");
    }

    #[test]
    fn a_check_that_found_nothing_says_so() {
        let mut report = VerifyReport { blobs: 1, bytes: 9, entries: 2, problems: Vec::new(), repaired: Vec::new() };
        assert_eq!(verify_lines(&report)[1], "all is well");
        report.problems.push("blob 1 is damaged".into());
        assert_eq!(verify_lines(&report)[1], "wrong: blob 1 is damaged");
    }
}
