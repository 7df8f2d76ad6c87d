//! The schemas of SQL: one for each workspace of this node, by its name.
//!
//! Names of workspaces are what people chose, and two may choose the same. The own workspace always has
//! its name as it is; others that share a name, and those whose name SQL needs for itself, carry the
//! start of their id. With it every workspace may be named, also where it needs none.

use std::collections::BTreeMap;
use std::sync::Arc;

use dataforge_protocol::id::WorkspaceId;
use dataforge_query::{CatalogError, OpenWorkspace, Workspaces};

use super::blobs::LocalBlobs;
use super::catalog::IndexCatalog;
use super::kept::{Kept, Known};
use crate::api::ApiError;
use crate::blob::Blobs;
use crate::node::WeakNode;

/// Names that mean something else to SQL, or nothing.
const RESERVED: [&str; 3] = ["", "information_schema", "pg_catalog"];

/// What clients of PostgreSQL call the schema that names without one are of: the own workspace's.
const PUBLIC: &str = "public";

/// The workspaces of a node, seen from one of them.
#[derive(Debug)]
pub(super) struct NodeWorkspaces {
    node: WeakNode,
    blobs: Blobs,
    own: WorkspaceId,
    kept: Kept,
}

impl NodeWorkspaces {
    pub(super) const fn new(node: WeakNode, blobs: Blobs, own: WorkspaceId, kept: Kept) -> Self {
        Self { node, blobs, own, kept }
    }

    fn known(&self) -> Result<Known, ApiError> {
        let node = self.node.get()?;
        if let Some(known) = self.kept.workspaces_now(&node) {
            return Ok(known);
        }
        let kept = self.kept.clone();
        node.by_clerk(move |core| kept.workspaces(core))
    }

    /// Returns the schema of the own workspace.
    ///
    /// # Errors
    /// `Storage`, `Internal` when the node is closing.
    pub(super) fn own_schema(&self) -> Result<String, ApiError> {
        let schemas = schemas(&self.own, &self.known()?);
        let own = schemas.into_iter().find(|(_, id)| *id == self.own);
        Ok(own.map_or_else(|| self.own.to_string(), |(schema, _)| schema))
    }

    fn open(&self, workspace: WorkspaceId) -> OpenWorkspace {
        OpenWorkspace {
            id: workspace.to_string(),
            catalog: Arc::new(IndexCatalog::new(self.node.clone(), workspace, self.kept.clone())),
            blobs: Arc::new(LocalBlobs::new(self.node.clone(), self.blobs.clone(), workspace)),
        }
    }
}

impl Workspaces for NodeWorkspaces {
    fn names(&self) -> Result<Vec<String>, CatalogError> {
        let known = self.known().map_err(CatalogError::from_source)?;
        Ok(schemas(&self.own, &known).into_keys().collect())
    }

    fn named(&self, name: &str) -> Result<Option<OpenWorkspace>, CatalogError> {
        let known = self.known().map_err(CatalogError::from_source)?;
        Ok(find(&self.own, &known, name).map(|workspace| self.open(workspace)))
    }

    fn state(&self) -> Option<u64> {
        // Counts what is settled and what comes to be held, of all of them.
        self.node.get().ok().map(|node| node.state())
    }
}

/// Returns a name with the start of an id.
fn with_id(name: &str, id: &WorkspaceId) -> String {
    format!("{name}_{}", id.fmt_short())
}

/// Returns the schemas, each with its workspace.
fn schemas(own: &WorkspaceId, known: &[(WorkspaceId, String)]) -> BTreeMap<String, WorkspaceId> {
    let mut schemas = BTreeMap::new();
    let is_plain = |id: &WorkspaceId, name: &str| {
        let is_shared = known.iter().any(|(other, called)| other != id && called == name);
        !RESERVED.contains(&name) && (id == own || !is_shared && name != PUBLIC)
    };
    // First those that are called what they are: no other takes that.
    let (plain, others): (Vec<_>, Vec<_>) = known.iter().partition(|(id, name)| is_plain(id, name));
    schemas.extend(plain.into_iter().map(|(id, name)| (name.clone(), *id)));
    for (id, name) in others {
        let short = with_id(name, id);
        let schema = if schemas.contains_key(&short) { format!("{name}_{id}") } else { short };
        schemas.entry(schema).or_insert(*id);
    }
    schemas
}

/// Returns the workspace that a name means: as it is listed, else with the start of its id.
fn find(own: &WorkspaceId, known: &[(WorkspaceId, String)], name: &str) -> Option<WorkspaceId> {
    schemas(own, known)
        .get(name)
        .copied()
        .or_else(|| known.iter().find(|(id, called)| with_id(called, id) == name).map(|(id, _)| *id))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(number: u8) -> WorkspaceId {
        WorkspaceId([number; 32])
    }

    fn known(names: &[(u8, &str)]) -> Vec<(WorkspaceId, String)> {
        names.iter().map(|(number, name)| (id(*number), (*name).to_owned())).collect()
    }

    #[test]
    fn workspaces_of_one_name_are_told_apart_by_their_ids() {
        let known = known(&[(1, "North"), (2, "North"), (3, "South"), (4, "north")]);
        let own = schemas(&id(1), &known);
        let names: Vec<_> = own.keys().map(String::as_str).collect();
        assert_eq!(names, ["North", "North_0202020202", "South", "north"]);
        assert_eq!(own["North"], id(1));
        assert_eq!(schemas(&id(2), &known)["North"], id(2), "the own one is called what it is");
        let third = schemas(&id(3), &known);
        assert!(third.contains_key("North_0101010101") && third.contains_key("North_0202020202"));
        assert!(!third.contains_key("North"), "it means neither more than the other");
        assert_eq!(find(&id(3), &known, "North"), None);
    }

    #[test]
    fn every_workspace_may_be_named_with_its_id() {
        let known = known(&[(1, "North"), (3, "South")]);
        for own in [id(1), id(3)] {
            assert_eq!(find(&own, &known, "North_0101010101"), Some(id(1)));
            assert_eq!(find(&own, &known, "South_0303030303"), Some(id(3)));
            assert_eq!(find(&own, &known, "South"), Some(id(3)));
            assert_eq!(find(&own, &known, "south"), None);
        }
    }

    #[test]
    fn public_is_the_own_workspace_or_none() {
        let known = known(&[(1, "North"), (2, "public")]);
        assert_eq!(schemas(&id(2), &known)["public"], id(2));
        assert_eq!(find(&id(1), &known, "public"), None);
        assert_eq!(find(&id(1), &known, "public_0202020202"), Some(id(2)));
    }

    #[test]
    fn no_name_takes_the_place_of_another() {
        let known = known(&[(1, "North_0202020202"), (2, "North"), (3, "North"), (4, "information_schema"), (5, "")]);
        let all = schemas(&id(4), &known);
        assert_eq!(all.len(), known.len());
        assert_eq!(all["North_0202020202"], id(1));
        assert_eq!(all[&format!("North_{}", id(2))], id(2));
        assert_eq!(all["information_schema_0404040404"], id(4));
        assert_eq!(all["_0505050505"], id(5));
    }
}
