//! Filling documents of tops and surveys from what an import found in a table.

use dataforge_protocol::facts::{Facts, Origin};
use dataforge_protocol::id::DocId;

use crate::api::ApiError;
use crate::core::Writer;
use crate::ingest::{Filling, PreparedRun};

/// When a document is filled that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    /// Never: what people made of it stays.
    New,
    /// When the table was read in another way on purpose; what people said stays.
    Again,
}

/// Returns the document that the tops or the survey of a run are in.
fn facts(filling: &Filling, run: DocId) -> Facts {
    match filling {
        Filling::Tops(_) => Facts::Tops(Origin::Run(run)),
        Filling::Survey(_) => Facts::Survey(Origin::Run(run)),
    }
}

/// Fills the document of a run's tops or survey, if it has any. Who imports the same file fills the
/// same document with the same bytes.
///
/// # Errors
/// Those of [`Writer`].
pub(super) fn fill(
    writer: &mut Writer<'_>,
    run: DocId,
    well: &DocId,
    name: Option<&str>,
    prepared: &PreparedRun,
    how: Fill,
) -> Result<(), ApiError> {
    let Some(filling) = &prepared.filling else { return Ok(()) };
    let deps: Vec<_> = [well, &run].into_iter().filter_map(|doc| writer.opening(doc)).collect();
    let (doc, is_new) = writer.open(&facts(filling, run), deps.clone())?;
    let is_deleted = || Ok::<_, ApiError>(writer.document(&doc)?.is_none_or(|document| document.is_deleted()));
    if !is_new && (how == Fill::New || is_deleted()?) {
        return Ok(());
    }
    let filed = is_new.then_some((well, name));
    writer.edit(doc, &deps, Vec::new(), |document, actor| match filling {
        Filling::Tops(tops) => document.fill_tops(actor, filed, tops),
        Filling::Survey(survey) => document.fill_survey(actor, filed, survey),
    })?;
    Ok(())
}
