//! Telling those who listen what happened: which documents changed, and who changed them.

use dataforge_protocol::id::{DeviceId, DocId, WorkspaceId};

use super::Node;
use crate::api::{ApiError, ChangedDocument, Event, Watching};
use crate::caller::{self, ClientId};
use crate::core::{Core, Progress, device_name};
use crate::feed::{Audience, Feed, Told};

/// Documents that one event lists; of more it only says that there are.
const MAX_LISTED: usize = 500;

impl Node {
    /// Returns all events from now on.
    #[must_use]
    pub fn subscribe(&self) -> Feed {
        self.listen(None, Watching::default())
    }

    /// Returns the events from now on that a client watches.
    pub(crate) fn listen(&self, client: Option<ClientId>, watching: Watching) -> Feed {
        Feed::new(self.0.events.subscribe(), client, watching)
    }

    pub(crate) fn emit(&self, event: Event) {
        self.tell(event, Audience::All);
    }

    /// Tells some of those who listen.
    pub(crate) fn tell(&self, event: Event, audience: Audience) {
        // Nobody listens in a one-shot command.
        drop(self.0.events.send(Told::new(event, audience)));
    }

    /// Returns whether anybody listens.
    fn is_heard(&self) -> bool {
        self.0.events.receiver_count() > 0
    }

    /// Tells sessions and listeners that entries were settled.
    pub(crate) fn on_progress(&self, workspace: WorkspaceId, progress: &Progress) {
        self.announce(&workspace, &progress.held);
        if progress.settled.is_empty() && progress.touched.is_empty() {
            if !progress.held.is_empty() {
                // Blobs can come to be held without an entry; what is kept by the state shows that.
                self.0.changes.send_modify(|count| *count += 1);
            }
            return;
        }
        self.0.transfers.on_change();
        self.0.changes.send_modify(|count| *count += 1);
        let changed = Event::Changed { workspace: workspace.to_string(), entries: progress.settled.len() as u64 };
        self.tell(changed, Audience::but(caller::current()));
        self.tell_documents(workspace, progress);
    }

    /// Tells all but whoever did it which documents changed.
    fn tell_documents(&self, workspace: WorkspaceId, progress: &Progress) {
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
