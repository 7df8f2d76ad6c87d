//! Requests about selections.

use serde::{Deserialize, Serialize};

/// What is asked about selections. A `target` is a selection by name, id or start of the id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "selections", rename_all = "snake_case")]
pub enum SelectionsRequest {
    /// Lists selections. → `Selections`
    List,
    /// Lists what a selection chooses. → `Selection`
    Show {
        /// The selection.
        target: String,
    },
    /// Makes a selection. → `Selection`
    Create {
        /// What it is called.
        title: String,
        /// What it is about.
        #[serde(default)]
        description: String,
        /// What it chooses at first.
        #[serde(default)]
        choices: Choices,
    },
    /// Chooses more; all or none. → `Done`
    Add {
        /// The selection.
        target: String,
        /// What.
        choices: Choices,
    },
    /// Chooses less. → `Done`
    Remove {
        /// The selection.
        target: String,
        /// What. Of an interval the well, and where it begins and ends, must be as shown.
        choices: Choices,
    },
    /// Changes what a selection is called. → `Done`
    Rename {
        /// The selection.
        target: String,
        /// What it is called from now on.
        title: String,
    },
    /// Changes what is said about a selection. → `Done`
    Describe {
        /// The selection.
        target: String,
        /// What is said from now on.
        description: String,
    },
    /// Deletes a selection; `Restore` brings it back. → `Done`
    Delete {
        /// The selection.
        target: String,
    },
}

/// What is chosen.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Choices {
    /// Wells: names, UWIs, ids.
    pub wells: Vec<String>,
    /// Curves as `RUN:ORDINAL`.
    pub curves: Vec<String>,
    /// Properties of the dictionary.
    pub properties: Vec<String>,
    /// Depths of wells.
    pub intervals: Vec<NewInterval>,
}

/// Depths of a well.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NewInterval {
    /// The well.
    pub well: String,
    /// Where it begins, in the unit.
    pub from: f64,
    /// Where it ends.
    pub to: f64,
    /// Unit of length.
    pub unit: String,
    /// What they are counted from; empty for the well's depths as delivered.
    #[serde(default)]
    pub datum: String,
}
