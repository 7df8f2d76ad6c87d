//! Requests about groups of people.

use serde::{Deserialize, Serialize};

/// What a program asks about groups: names for several people, which grant nothing by themselves. A
/// group is named by name or by the start of its id, with `@` before it or without; a person as in
/// [`PeopleRequest`](super::PeopleRequest).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "groups", rename_all = "snake_case")]
pub enum GroupRequest {
    /// Lists groups, with their people. → `Groups`
    List,
    /// Makes a group. → `Groups`, with this one
    Create {
        /// Its name.
        name: String,
        /// Who belongs to it from the start.
        #[serde(default)]
        people: Vec<String>,
    },
    /// Gives a group another name. → `Done`
    Rename {
        /// Which.
        group: String,
        /// The name.
        name: String,
    },
    /// Takes a group away; its people stay what they are. → `Done`
    Delete {
        /// Which.
        group: String,
    },
    /// Puts people into a group, or takes them out. → `Done`
    Put {
        /// Which.
        group: String,
        /// Whom.
        people: Vec<String>,
        /// In or out.
        on: bool,
    },
}
