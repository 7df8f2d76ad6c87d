//! What discovery did and saw, for `doctor`. Whoever announces and listens writes it down here.

use std::collections::VecDeque;
use std::net::SocketAddr;

use dataforge_protocol::id::WorkspaceId;

/// Records that are remembered, the newest last.
const MAX_HEARD: usize = 64;

/// A record that was heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Heard {
    /// When.
    pub(crate) at_ms: u64,
    /// From where it said it can be reached.
    pub(crate) addresses: Vec<SocketAddr>,
    /// How it came: `dns-sd` or `beacon`.
    pub(crate) by: &'static str,
    /// The workspace of ours that it is about; none when it is about another one.
    pub(crate) workspace: Option<WorkspaceId>,
}

/// What discovery did and saw since the network started.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct DiscoveryReport {
    /// Whether it runs.
    pub(crate) is_running: bool,
    /// Names of the interfaces on which it announces and listens.
    pub(crate) interfaces: Vec<String>,
    /// Records that are announced.
    pub(crate) records: usize,
    /// When they were announced last.
    pub(crate) announced_ms: Option<u64>,
    /// Records heard, of ours and of others.
    pub(crate) heard_total: u64,
    /// The newest of them, the newest last; one for each place.
    pub(crate) heard: VecDeque<Heard>,
    /// What went wrong last.
    pub(crate) last_error: Option<String>,
}

impl DiscoveryReport {
    /// Notes a record; it takes the place of an earlier one of the same workspace from the same place.
    pub(crate) fn on_heard(&mut self, heard: Heard) {
        self.heard_total += 1;
        self.heard.retain(|known| known.workspace != heard.workspace || known.addresses != heard.addresses);
        if self.heard.len() >= MAX_HEARD {
            self.heard.pop_front();
        }
        self.heard.push_back(heard);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_records_are_remembered_one_for_each_place() {
        let mut report = DiscoveryReport::default();
        let heard = |port: u16, at_ms| Heard {
            at_ms,
            addresses: vec![SocketAddr::from(([10, 0, 0, 1], port))],
            by: "dns-sd",
            workspace: None,
        };
        for round in 0..3 {
            for port in 0..100 {
                report.on_heard(heard(port, round));
            }
        }
        report.on_heard(heard(99, 9));
        assert_eq!((report.heard_total, report.heard.len()), (301, MAX_HEARD));
        assert_eq!(report.heard.back(), Some(&heard(99, 9)));
        assert_eq!(report.heard.iter().filter(|one| **one == heard(99, 2)).count(), 0);
    }
}
