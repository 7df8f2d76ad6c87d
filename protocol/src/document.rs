//! Documents: what can change about a project, a well, a run and so on, as Automerge changes.
//!
//! Changes come here after they passed the [`gate`], dependencies first. Automerge
//! runs on a copy and behind `catch_unwind`: an error or panic leaves the document as it was and
//! is an [`EngineError`], never a verdict on the change.
//!
//! Every document starts with the constant change of its kind, embedded here and carried by no
//! entry, which makes its maps. Maps are addressed by the op that made them, so writing
//! something else under their name does not hide what is in them. Values of a type that is not
//! expected read as absent. Indices into text count code points.

mod attachment;
pub mod chart;
mod constant;
mod contents;
mod contest;
mod dictionary;
mod edit;
mod groups;
pub mod history;
pub mod order;
mod part;
mod position;
mod project;
mod read;
mod rendition;
mod run;
mod said;
mod selection;
mod survey;
#[cfg(test)]
mod tests;
mod text;
mod tops;
mod well;
mod words;
#[cfg(test)]
pub(crate) mod work;
mod written;

use std::panic::{AssertUnwindSafe, catch_unwind};

use automerge::{ActorId, Automerge, Change, ReadDoc as _, TextEncoding};

pub use self::attachment::AttachmentState;
pub use self::constant::{constant_change, constant_hash};
pub use self::contents::Contents;
pub use self::contest::{Candidate, Contest, Contests, Removal, Spoken, conflict_id};
pub use self::dictionary::{DictionaryState, MAX_KEY_CHARS, Meaning};
pub use self::edit::Edit;
pub use self::groups::{Group, GroupsState};
pub use self::part::{is_item_id, item_id, row_id};
pub use self::position::{Position, Range};
pub use self::project::{ALLOWED_FILE_TYPES, MAX_SETTING_CHARS, MAX_TAG_CHARS, ProjectState, STORAGE_QUOTA, is_tag};
pub use self::read::{Field, LongText, Map};
pub use self::rendition::rendition_id;
pub use self::run::{CurveField, CurveOverride, DEPTH_SHIFT_M, HeaderField, RunState};
pub use self::said::{Said, said};
pub use self::selection::{Interval, MAX_SELECTED, Selected, SelectionState};
pub use self::survey::{Station, StationFacts, StationField, SurveyFacts, SurveyField, SurveyState};
pub use self::text::merge_text;
pub use self::tops::{MAX_ITEM_CHARS, MAX_ITEMS, Top, TopFacts, TopField, TopsFacts, TopsState};
pub use self::well::{CurveId, GridState, WellState};
pub use self::written::{Place, What, Written, written};
use crate::facts::DocKind;
use crate::gate::{self, Refusal};
use crate::id::ChangeHash;

/// The root key that marks a document as deleted; the gate reserves it to admins.
pub const DELETED: &str = "deleted";

/// Automerge could not do what it was asked; says nothing about whether a change counts.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Automerge panicked.
    #[error("automerge panicked: {0}")]
    Panicked(String),
    /// Automerge returned an error.
    #[error("automerge failed")]
    Failed(#[source] Box<automerge::AutomergeError>),
    /// Automerge could not read a change.
    #[error("automerge could not read a change")]
    Unreadable(#[source] automerge::LoadChangeError),
    /// A change was given before one it depends on.
    #[error("a dependency is missing: {0}")]
    MissingDependency(ChangeHash),
    /// An edit would not pass the gate, because of its size for instance.
    #[error("the edit would not pass the gate")]
    Refused(#[source] Refusal),
    /// A text is too long to be compared with another, which takes time by the product of their lengths.
    #[error("a text of more than {} characters cannot be changed as a whole", text::MAX_COMPARED_CHARS)]
    TextTooLong,
    /// A curve's facts are too large for one change.
    #[error("the facts of a curve are too large")]
    CurveTooLarge,
}

impl From<automerge::AutomergeError> for EngineError {
    fn from(error: automerge::AutomergeError) -> Self {
        Self::Failed(Box::new(error))
    }
}

/// One document in memory.
#[derive(Debug, Clone)]
pub struct Document {
    kind: DocKind,
    doc: Automerge,
}

impl Document {
    /// Returns the document that some changes make.
    ///
    /// # Errors
    /// Automerge cannot read or apply a change, or one comes before a dependency.
    pub fn build<'a>(kind: DocKind, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, EngineError> {
        #[cfg(test)]
        work::note_built();
        let changes = std::iter::once(constant_change(kind)).chain(changes);
        contain(|| {
            let mut doc = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint);
            apply_all(&mut doc, changes)?;
            Ok(Self { kind, doc })
        })
    }

    /// Adds one change; does nothing when it is already there.
    ///
    /// # Errors
    /// Automerge cannot read or apply it, or a dependency is missing; the document is as before.
    pub fn apply(&mut self, change: &[u8]) -> Result<(), EngineError> {
        self.doc = contain(|| {
            let mut doc = self.doc.clone();
            apply_all(&mut doc, [change])?;
            Ok(doc)
        })?;
        Ok(())
    }

    /// Returns the document with more changes, those that are there already included.
    ///
    /// # Errors
    /// As [`Document::build`].
    pub fn grow<'a>(self, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, EngineError> {
        let Self { kind, mut doc } = self;
        contain(|| {
            apply_all(&mut doc, changes)?;
            Ok(Self { kind, doc })
        })
    }

    /// Writes as an actor, and returns the change to put into an entry; `None` if nothing changed.
    ///
    /// The entry must depend on the entries of exactly the changes that this one depends on (see
    /// [`gate::scan`]): these are the heads and, when it is not among them, the actor's previous
    /// change. The actor continues where its last change in the document left off.
    ///
    /// # Errors
    /// What the function returns, what Automerge says, or [`EngineError::Refused`] when the
    /// change is too large for the gate; the document is as before.
    pub fn edit(
        &mut self,
        actor: [u8; 16],
        write: impl FnOnce(&mut Edit<'_, '_>) -> Result<(), EngineError>,
    ) -> Result<Option<Vec<u8>>, EngineError> {
        let edited = contain(|| {
            let mut doc = self.doc.clone().with_actor(ActorId::from(&actor[..]));
            let done = doc.transact(|tx| write(&mut Edit::new(tx)));
            let Some(hash) = done.map_err(|failure| failure.error)?.hash else {
                return Ok(None);
            };
            let change = doc.get_change_by_hash(&hash);
            let bytes = change.map(|change| change.raw_bytes().to_vec()).unwrap_or_default();
            gate::scan(&bytes).map_err(EngineError::Refused)?;
            Ok(Some((doc, bytes)))
        })?;
        let Some((doc, bytes)) = edited else {
            return Ok(None);
        };
        self.doc = doc;
        Ok(Some(bytes))
    }

    /// Returns the kind.
    #[must_use]
    pub const fn kind(&self) -> DocKind {
        self.kind
    }

    /// Returns of how many ops its changes are made.
    #[must_use]
    pub fn ops(&self) -> u64 {
        self.doc.stats().num_ops
    }

    /// Returns the changes that no other depends on, ascending.
    #[must_use]
    pub fn heads(&self) -> Vec<ChangeHash> {
        self.doc.get_heads().into_iter().map(|hash| ChangeHash(hash.0)).collect()
    }
}

/// Applies changes that must not lack a dependency.
fn apply_all<'a>(doc: &mut Automerge, changes: impl IntoIterator<Item = &'a [u8]>) -> Result<(), EngineError> {
    let changes: Vec<_> = changes
        .into_iter()
        .map(|bytes| Change::try_from(bytes).map_err(EngineError::Unreadable))
        .collect::<Result<_, _>>()?;
    doc.apply_changes(changes)?;
    match doc.get_missing_deps(&[]).first() {
        Some(missing) => Err(EngineError::MissingDependency(ChangeHash(missing.0))),
        None => Ok(()),
    }
}

/// Runs Automerge so that a panic is an error.
///
/// Unwind safety: the functions given work on a copy, which a panic drops.
fn contain<T>(work: impl FnOnce() -> Result<T, EngineError>) -> Result<T, EngineError> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
        Err(EngineError::Panicked(text.unwrap_or_default()))
    })
}
