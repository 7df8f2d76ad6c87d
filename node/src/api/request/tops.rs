//! Requests about tops and zones.

use serde::{Deserialize, Serialize};

/// What is asked about tops.
///
/// A `target` is a set of tops by name, id or start of the id, or a well that has one set. A `top` is one of
/// it by name or id.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "tops", rename_all = "snake_case")]
pub enum TopsRequest {
    /// Lists sets of tops. → `TopsSets`
    List {
        /// Only of this well.
        well: Option<String>,
    },
    /// Lists the tops of a set, with where they are in space. → `Tops`
    Show {
        /// The set.
        target: String,
    },
    /// Makes a set. → `Tops`
    Create {
        /// The well.
        well: String,
        /// What it is called.
        title: String,
        /// What it is about.
        #[serde(default)]
        description: String,
    },
    /// Adds tops; all or none. → `Done`
    Add {
        /// The set.
        target: String,
        /// The tops.
        new: Vec<NewTop>,
    },
    /// Sets a field of a top: `name`, `depth`, `base`, `interpreter`, `remark` or `uncertainty`. → `Done`
    Set {
        /// The set.
        target: String,
        /// The top.
        top: String,
        /// The field.
        field: String,
        /// The value; of a depth the number, with unit and datum after it where they change; empty takes
        /// it away.
        value: String,
    },
    /// Takes a top away. → `Done`
    Remove {
        /// The set.
        target: String,
        /// The top.
        top: String,
    },
    /// Changes what a set is called. → `Done`
    Rename {
        /// The set.
        target: String,
        /// What it is called from now on.
        title: String,
    },
    /// Changes what is said about a set. → `Done`
    Describe {
        /// The set.
        target: String,
        /// What is said from now on.
        description: String,
    },
    /// Deletes a set; `Restore` brings it back. → `Done`
    Delete {
        /// The set.
        target: String,
    },
}

/// A top to be added.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct NewTop {
    /// Its name.
    pub name: String,
    /// Where it begins, in the unit.
    pub depth: f64,
    /// Where it ends, if it is a zone.
    #[serde(default)]
    pub base: Option<f64>,
    /// Unit of length.
    pub unit: String,
    /// What depths are counted from: `KB`, `GL`, `MSL` …; empty for the well's depths as delivered.
    #[serde(default)]
    pub datum: String,
    /// Who interpreted it.
    #[serde(default)]
    pub interpreter: Option<String>,
    /// What is remarked.
    #[serde(default)]
    pub remark: Option<String>,
    /// How far off it may be, in the unit.
    #[serde(default)]
    pub uncertainty: Option<f64>,
}
