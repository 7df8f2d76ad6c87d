//! Telling those who listen which documents changed, and who changed them.

use dataforge_protocol::id::{DeviceId, DocId, WorkspaceId};

use super::Node;
use crate::api::{ApiError, ChangedDocument, Event};
use crate::caller;
use crate::core::{Core, Progress, device_name};
use crate::feed::Audience;

/// Documents that one event lists; of more it only says that there are.
const MAX_LISTED: usize = 500;

impl Node {
    /// Tells all but whoever did it which documents changed.
    pub(super) fn tell_documents(&self, workspace: WorkspaceId, progress: &Progress) {
        if progress.touched.is_empty() || !self.is_heard() {
            return;
        }
        let more = progress.touched.len() > MAX_LISTED;
        let described = self.block(|core| describe(core, &workspace, progress));
        match described {
            Ok(documents) => {
                let event = Event::Documents { workspace: workspace.to_string(), documents, more };
                self.tell(event, Audience::but(caller::current()));
            }
            Err(error) => tracing::warn!("what changed was not told: {error}"),
        }
    }
}

fn describe(core: &mut Core, workspace: &WorkspaceId, progress: &Progress) -> Result<Vec<ChangedDocument>, ApiError> {
    let own = core.device();
    let (ledger, store) = core.ledger_and_store(workspace)?;
    let members = ledger.members();
    let describe = |doc: &DocId| {
        let all = (*doc, DeviceId([0; 32]))..=(*doc, DeviceId([u8::MAX; 32]));
        let authors: Vec<_> = progress.authors.range(all).map(|(_, device)| *device).collect();
        ChangedDocument {
            document: doc.to_string(),
            kind: ledger.doc_kind(doc, store).map_or_else(String::new, |kind| kind.as_str().to_owned()),
            by: authors.iter().map(|device| device_name(&members, device)).collect(),
            here: own.is_some_and(|own| authors.contains(&own)),
        }
    };
    Ok(progress.touched.iter().take(MAX_LISTED).map(describe).collect())
}
