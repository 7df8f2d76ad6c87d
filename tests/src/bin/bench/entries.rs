//! Small entries applied as a session delivers them.

use std::path::Path;

use dataforge_node::api::ApiError;
use dataforge_protocol::entry::SignedEntry;
use dataforge_tests::history::History;

/// Documents, and edits of each.
const WELLS: usize = 500;
const EDITS: usize = 20;

/// A chain of small entries as an editor would write them: wells opened and edited again and again.
fn chain() -> Vec<SignedEntry> {
    let mut history = History::new(0);
    for well in 0..WELLS {
        let doc = history.open(0, well);
        for edit in 0..EDITS {
            history.change(0, doc, &format!("value {edit}"));
        }
    }
    history.entries
}

/// Prints how many entries are applied in a second.
pub(super) fn entries(dir: &Path) -> Result<(), ApiError> {
    let chain = chain();
    let count = chain.len() - 1;
    let time = dataforge_node::bench::apply_entries(dir, chain)?;
    println!("entries applied: {count} in {:.2} s = {:.0}/s", time.as_secs_f64(), count as f64 / time.as_secs_f64());
    Ok(())
}
