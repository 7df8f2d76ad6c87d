//! Requests about projects.

use serde::{Deserialize, Serialize};

/// What a program asks about projects. A project is named by name, by id or by the start of its id;
/// names may be those of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "projects", rename_all = "snake_case")]
pub enum ProjectRequest {
    /// Lists projects. → `Projects`
    List {
        /// Whether archived ones are listed too.
        #[serde(default)]
        archived: bool,
        /// Only those with this tag.
        #[serde(default)]
        tag: Option<String>,
    },
    /// Shows a project with its wells and attachments, and what it takes. → `Project`
    Show {
        /// Which.
        project: String,
    },
    /// Makes a project; this person is its owner. → `Project`
    Create {
        /// Its name.
        name: String,
        /// What it is about.
        #[serde(default)]
        description: Option<String>,
    },
    /// Sets a field. → `Done`
    Set {
        /// Which.
        project: String,
        /// `name`, `description`, `owner` (a person), `settings.storage_quota` (bytes),
        /// `settings.allowed_file_types` (extensions, divided by commas) or `settings.` and any name.
        field: String,
        /// New value; an empty one takes the field away.
        value: String,
    },
    /// Adds tags, or takes them off. → `Done`
    Tag {
        /// Which.
        project: String,
        /// The tags.
        tags: Vec<String>,
        /// On or off.
        on: bool,
    },
    /// Archives a project, or takes that back. → `Done`
    Archive {
        /// Which.
        project: String,
        /// Archived or not.
        on: bool,
    },
    /// Files wells under a project, or under none. → `Done`
    File {
        /// Which; none takes the wells out of theirs.
        project: Option<String>,
        /// The wells.
        wells: Vec<String>,
    },
    /// Marks a project as deleted; needs admin. Its wells stay. → `Done`
    Delete {
        /// Which.
        project: String,
    },
}
