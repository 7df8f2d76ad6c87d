//! Strategies: how conflicts of each kind of field are decided in a workspace, as its settings say.

use std::collections::BTreeMap;

use dataforge_protocol::document::Map;
use dataforge_protocol::facts::Facts;
use dataforge_protocol::id::WorkspaceId;
use rusqlite::params;

use super::FieldKind;
use crate::api::ApiError;
use crate::core::Writer;
use crate::store::Store;

/// What begins the settings that hold strategies; the kind of field follows.
const PREFIX: &str = "conflicts/";
/// What stands for all kinds that have none of their own.
pub(crate) const DEFAULT: &str = "default";

/// How conflicts are decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Strategy {
    /// By a person who chooses.
    #[default]
    Manual,
    /// The side that was written last, by the clocks of the authors.
    LastWriter,
    /// What the person wrote who decides.
    Mine,
    /// What others wrote.
    Theirs,
    /// All sides together, where that makes sense; else by a person.
    Merge,
}

impl Strategy {
    /// All strategies.
    pub(crate) const ALL: [Self; 5] = [Self::Manual, Self::LastWriter, Self::Mine, Self::Theirs, Self::Merge];

    /// Returns the word used in commands, settings and JSON.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::LastWriter => "last_writer",
            Self::Mine => "mine",
            Self::Theirs => "theirs",
            Self::Merge => "merge",
        }
    }

    /// Returns the strategy that a word means.
    pub(crate) fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == word)
    }

    /// Whether a node applies it by itself: what it writes does not depend on whose node it is.
    pub(crate) const fn is_automatic(self) -> bool {
        matches!(self, Self::LastWriter | Self::Merge)
    }
}

/// The strategies of a workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Policies {
    /// Of kinds that have none of their own.
    pub(crate) default: Strategy,
    /// Of kinds that have.
    pub(crate) kinds: BTreeMap<FieldKind, Strategy>,
}

impl Policies {
    /// Reads them; what is no strategy is passed over.
    ///
    /// # Errors
    /// `Storage`.
    pub(crate) fn read(store: &Store, workspace: &WorkspaceId) -> Result<Self, ApiError> {
        let mut statement = store
            .connection()
            .prepare_cached("SELECT key, value FROM settings WHERE workspace = ?1 AND key LIKE 'conflicts/%'")?;
        let rows = statement
            .query_map(params![workspace.as_bytes()], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut policies = Self::default();
        for row in rows {
            let (key, value) = row?;
            let (Some(word), Some(strategy)) = (key.strip_prefix(PREFIX), Strategy::from_word(&value)) else {
                continue;
            };
            match FieldKind::from_word(word) {
                Some(kind) => {
                    policies.kinds.insert(kind, strategy);
                }
                None if word == DEFAULT => policies.default = strategy,
                None => {}
            }
        }
        Ok(policies)
    }

    /// Returns the strategy for a kind of field.
    pub(crate) fn of(&self, kind: Option<FieldKind>) -> Strategy {
        kind.and_then(|kind| self.kinds.get(&kind)).copied().unwrap_or(self.default)
    }

    /// Whether nodes have something to do by themselves.
    pub(crate) fn are_automatic(&self) -> bool {
        self.default.is_automatic() || self.kinds.values().any(|strategy| strategy.is_automatic())
    }
}

/// Sets the strategy of a kind of field, or that of all kinds that have none; no strategy takes the
/// kind's own one away.
///
/// # Errors
/// Those of [`Writer::edit`].
pub(crate) fn set(
    writer: &mut Writer<'_>,
    kind: Option<FieldKind>,
    strategy: Option<Strategy>,
) -> Result<(), ApiError> {
    let key = format!("{PREFIX}{}", kind.map_or(DEFAULT, FieldKind::as_str));
    let (doc, _) = writer.open(&Facts::Settings, Vec::new())?;
    writer.edit(doc, &[], Vec::new(), |document, actor| {
        let edited =
            document.edit(actor, |edit| edit.set_text(Map::Attributes, &key, strategy.map(Strategy::as_str)))?;
        Ok(edited.into_iter().collect())
    })?;
    Ok(())
}
