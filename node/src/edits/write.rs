//! Writing edits in one transaction; when that cannot be, one by one, so that each stands for itself.

use dataforge_protocol::id::WorkspaceId;
use dataforge_protocol::op::Role;

use super::Outcome;
use crate::api::{ApiError, Edit, ErrorKind};
use crate::core::{Core, Progress};
use crate::requests::editing::{Reach, apply, reach};

/// Writes edits; returns what became of each, and of the workspace.
pub(super) fn write(core: &mut Core, workspace: &WorkspaceId, edits: &[Edit]) -> (Vec<Outcome>, Progress) {
    let error = match together(core, workspace, edits) {
        Ok(done) => return done,
        Err(error) => error,
    };
    // A disk that is full, say, is full for each of them, and who may not write may write none.
    let is_of_all = matches!(error.kind, ErrorKind::Storage | ErrorKind::Damaged | ErrorKind::Sealed)
        || !matches!(core.role(workspace), Ok(Some(role)) if role >= Role::Editor);
    if is_of_all || edits.len() == 1 {
        return (edits.iter().map(|_| Err(error.clone())).collect(), Progress::default());
    }
    let (mut outcomes, mut progress) = (Vec::with_capacity(edits.len()), Progress::default());
    for edit in edits {
        match together(core, workspace, std::slice::from_ref(edit)) {
            Ok((outcome, done)) => {
                outcomes.extend(outcome);
                progress.extend(done);
            }
            Err(error) => outcomes.push(Err(error)),
        }
    }
    (outcomes, progress)
}

/// Writes edits in one transaction. What is wrong with one before anything is written leaves the
/// others as they are.
///
/// # Errors
/// When something went wrong that only giving up the transaction takes back.
fn together(core: &mut Core, workspace: &WorkspaceId, edits: &[Edit]) -> Result<(Vec<Outcome>, Progress), ApiError> {
    core.write(workspace, &[], |writer| {
        let mut outcomes = Vec::with_capacity(edits.len());
        // Whether the index lacks something that an edit may look for.
        let mut is_behind = false;
        for edit in edits {
            let Reach { looks, shows } = reach(edit);
            if is_behind && looks {
                writer.catch_up()?;
                is_behind = false;
            }
            let before = writer.mark();
            let outcome = apply(writer, *workspace, edit);
            match &outcome {
                Err(error) if !writer.take_back(before) => return Err(error.clone()),
                Err(_) => {}
                Ok(_) => is_behind |= shows,
            }
            outcomes.push(outcome);
        }
        Ok(outcomes)
    })
}
