//! Rows of selections.

use dataforge_protocol::document::Document;
use dataforge_protocol::id::{DocId, WorkspaceId};

use super::{Described, describe, remove};
use crate::api::ApiError;
use crate::store::Store;

pub(super) fn refresh(
    store: &Store,
    workspace: &WorkspaceId,
    doc: &DocId,
    document: &Document,
) -> Result<(), ApiError> {
    remove(store, workspace, doc)?;
    describe(store, workspace, doc, document, &Described::default())
}
