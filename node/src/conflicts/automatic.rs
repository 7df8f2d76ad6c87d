//! Strategies that nodes apply by themselves.
//!
//! Two nodes never fight: what is written follows from the sides alone, so whoever writes it writes the
//! same, and one node only does: that of the device that wrote the side which is picked, or which took
//! away what was edited. While it is away the conflict stays listed, and anybody may decide.

use dataforge_protocol::id::{DeviceId, WorkspaceId};
use dataforge_protocol::op::Role;

use super::choose::{Choice, Me, Pick, choose};
use super::{About, Conflict, Policies, Strategy, list, resolve};
use crate::api::{ApiError, ErrorKind};
use crate::core::{Core, Progress};
use crate::node::Node;

impl Node {
    /// Decides what the strategies of a workspace have this device decide, now that all that a peer
    /// knows of is here: it may be decided already.
    ///
    /// # Errors
    /// Those of the core.
    pub(crate) fn settle_conflicts(&self, workspace: WorkspaceId) -> Result<(), ApiError> {
        let settled = self.block(|core| Ok(settle(core, &workspace)))?;
        self.on_progress(workspace, &settled);
        Ok(())
    }
}

/// Decides what the strategies of a workspace have this device decide. Where that fails the conflicts
/// stay, and the reason is logged: it is no fault of who asked for something else.
pub(crate) fn settle(core: &mut Core, workspace: &WorkspaceId) -> Progress {
    match try_settle(core, workspace) {
        Ok(progress) => progress,
        Err(error) => {
            tracing::warn!("conflicts are left to be decided: {error}");
            Progress::default()
        }
    }
}

fn try_settle(core: &mut Core, workspace: &WorkspaceId) -> Result<Progress, ApiError> {
    let Some(device) = core.device().filter(|_| !core.is_copy) else { return Ok(Progress::default()) };
    if super::count(&core.store, workspace)? == 0 {
        return Ok(Progress::default());
    }
    let policies = Policies::read(&core.store, workspace)?;
    let role = core.role(workspace)?;
    if !policies.are_automatic() || role.is_none_or(|role| role < Role::Editor) {
        return Ok(Progress::default());
    }
    let conflicts = list(&core.store, workspace, None)?;
    let may_delete = role.is_some_and(|role| role >= Role::Admin);
    let due: Vec<_> = conflicts
        .iter()
        .filter(|conflict| may_delete || !conflict.about.is_of_document())
        .filter_map(|conflict| Some((conflict, due(conflict, policies.of(conflict.kind), &device)?)))
        .collect();
    if due.is_empty() {
        return Ok(Progress::default());
    }
    let ((), progress) = core.write(workspace, &[], |writer| {
        due.iter().try_for_each(|(conflict, pick)| match resolve(writer, conflict, pick, role) {
            // One before it decided it too, and nothing was written for it.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            done => done,
        })
    })?;
    Ok(progress)
}

/// Returns what a device has to write by itself.
pub(super) fn due(conflict: &Conflict, strategy: Strategy, device: &DeviceId) -> Option<Pick> {
    if !strategy.is_automatic() {
        return None;
    }
    // Neither strategy asks who decides.
    let pick = choose(conflict, Choice::ByStrategy, strategy, Me { person: "" }).ok()?;
    let writer = match (&pick, conflict.about) {
        (Pick::Side(position), _) => conflict.sides.get(*position),
        // An editor may not restore what an admin deleted.
        (_, About::Deletion | About::Filed | About::Item) => conflict.sides.iter().find(|side| side.removes),
        _ => conflict.sides.first(),
    };
    writer.filter(|side| side.device == device.to_string()).map(|_| pick)
}
