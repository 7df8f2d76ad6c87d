//! Groups of people.

use serde::{Deserialize, Serialize};

/// Several people under one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupInfo {
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// Who belongs to it, by name.
    pub people: Vec<GroupPerson>,
}

/// Somebody who belongs to a group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupPerson {
    /// Person id.
    pub person_id: String,
    /// Name.
    pub name: String,
    /// Four words.
    pub fingerprint: String,
    /// Role in the workspace; `none` when they are no member any more.
    pub role: String,
}
