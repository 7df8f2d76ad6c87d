//! Backups that a node which is up makes by itself.
//!
//! A drive that is not there is no reason to make a directory in its place: only a backup that was
//! begun is written to by itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::create::{Made, Order, create};
use super::local::{Plan, Plans};
use crate::api::{ApiError, BackupPlan, BlobChoice, ErrorKind, Event};
use crate::clock::{now_ms, rfc3339};
use crate::node::{Node, WeakNode};

/// The longest pause between two looks.
const LOOK: Duration = Duration::from_secs(60);
/// How soon a backup is tried again that did not come out, at the latest: the drive may be there then.
const AGAIN_MS: u64 = 5 * 60_000;

/// When backups are made.
#[derive(Debug, Default)]
pub(crate) struct Schedule {
    changed: Arc<Notify>,
    /// Held while the file is changed.
    file: Mutex<()>,
}

impl Schedule {
    /// Changes the plans of a data directory; returns them.
    ///
    /// # Errors
    /// `Damaged`, `Storage`.
    fn change(&self, dir: &Path, change: impl FnOnce(&mut Vec<Plan>)) -> Result<Vec<BackupPlan>, ApiError> {
        let held = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        let mut plans = Plans::read(dir)?;
        let before = plans.clone();
        change(&mut plans.plans);
        plans.plans.sort_by(|a, b| a.target.cmp(&b.target));
        if plans != before {
            plans.write(dir)?;
        }
        drop(held);
        Ok(plans.plans.iter().map(told).collect())
    }

    /// Sets a plan, in the place of one with the same target; returns all.
    ///
    /// # Errors
    /// `Damaged`, `Storage`.
    pub(crate) fn set(&self, dir: &Path, order: Order, every_secs: u64) -> Result<Vec<BackupPlan>, ApiError> {
        let plans = self.change(dir, |plans| {
            plans.retain(|plan| plan.target != order.target);
            let Order { target, blobs, keep } = order;
            plans.push(Plan { target, every_secs, keep, blobs, tried_ms: None, done_ms: None, error: None });
        });
        self.changed.notify_one();
        plans
    }

    /// Takes plans away; returns those that are left.
    ///
    /// # Errors
    /// `NotFound` when there is none for a target, `Damaged`, `Storage`.
    pub(crate) fn clear(&self, dir: &Path, target: Option<&PathBuf>) -> Result<Vec<BackupPlan>, ApiError> {
        if let Some(target) = target
            && !Plans::read(dir)?.plans.iter().any(|plan| plan.target == *target)
        {
            return Err(ApiError::new(ErrorKind::NotFound, format!("no backup to {} is scheduled", target.display()))
                .hint("dataforge backup schedule lists those that are"));
        }
        self.change(dir, |plans| plans.retain(|plan| target.is_some_and(|target| plan.target != *target)))
    }
}

fn told(plan: &Plan) -> BackupPlan {
    BackupPlan {
        target: plan.target.clone(),
        every_secs: plan.every_secs,
        keep: plan.keep,
        blobs: plan.blobs.to_string(),
        tried: plan.tried_ms.map(rfc3339),
        done: plan.done_ms.map(rfc3339),
        error: plan.error.clone(),
    }
}

/// Returns what is backed up by itself from a data directory.
///
/// # Errors
/// `Damaged`, `Storage`.
pub(crate) fn plans(dir: &Path) -> Result<Vec<BackupPlan>, ApiError> {
    Ok(Plans::read(dir)?.plans.iter().map(told).collect())
}

/// Returns how long a plan waits still. A clock that was set back does not hold it up.
fn wait_ms(plan: &Plan, now_ms: u64) -> u64 {
    let every = plan.every_secs.saturating_mul(1000);
    let pause = if plan.error.is_some() { every.min(AGAIN_MS) } else { every };
    plan.tried_ms.map_or(0, |tried| pause.saturating_sub(now_ms.abs_diff(tried)))
}

/// Makes backups for as long as the node lives.
pub(crate) async fn keep_to_schedule(weak: WeakNode) {
    loop {
        let Ok(node) = weak.get() else { return };
        let pause = match round(&node).await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!("the schedule of backups: {error}");
                LOOK
            }
        };
        let changed = Arc::clone(&node.schedule().changed);
        // Not kept alive by who waits.
        drop(node);
        drop(tokio::time::timeout(pause, changed.notified()).await);
    }
}

/// Makes the backups that are due; returns how long to wait then.
async fn round(node: &Node) -> Result<Duration, ApiError> {
    let due: Vec<_> =
        Plans::read(node.directory())?.plans.into_iter().filter(|plan| wait_ms(plan, now_ms()) == 0).collect();
    for plan in due {
        let tried = now_ms();
        let made = if plan.target.exists() {
            Box::pin(create(node, Order::from(&plan), None, |_step| {})).await
        } else {
            Err(ApiError::new(ErrorKind::NotFound, format!("there is no backup {}", plan.target.display()))
                .hint("plug in its drive"))
        };
        let error = match made {
            Ok(Made::Done(reply)) if reply.problems.is_empty() => None,
            Ok(Made::Done(reply)) => Some(reply.problems.join("; ")),
            Ok(Made::NeedsPassphrase { is_new: true }) => {
                Some(format!("there is no backup in {} any more", plan.target.display()))
            }
            Ok(Made::NeedsPassphrase { is_new: false }) => Some(format!(
                "{} is another backup: give dataforge backup create its passphrase once",
                plan.target.display()
            )),
            Err(error) => Some(error.hint.clone().map_or_else(|| error.to_string(), |hint| format!("{error}; {hint}"))),
        };
        if let Some(error) = error.as_ref().filter(|error| plan.error.as_ref() != Some(*error)) {
            tracing::error!("the backup to {}: {error}", plan.target.display());
            node.emit(Event::Notice {
                message: format!("the backup to {} did not come out: {error}", plan.target.display()),
            });
        }
        node.schedule().change(node.directory(), |plans| {
            // It may have been changed meanwhile.
            if let Some(known) = plans.iter_mut().find(|known| known.target == plan.target) {
                known.tried_ms = Some(tried);
                known.done_ms = if error.is_none() { Some(tried) } else { known.done_ms };
                known.error = error;
            }
        })?;
    }
    let now = now_ms();
    let waits = Plans::read(node.directory())?.plans.into_iter().map(|plan| wait_ms(&plan, now));
    Ok(waits.min().map_or(LOOK, |wait| Duration::from_millis(wait.max(100))).min(LOOK))
}

/// Refuses what cannot be done again and again.
///
/// # Errors
/// `Usage`.
pub(crate) fn can_repeat(choice: &BlobChoice, keep: Option<u32>, every_secs: u64) -> Result<(), ApiError> {
    if every_secs == 0 || keep == Some(0) || *choice == BlobChoice::Of(Vec::new()) {
        return Err(ApiError::new(ErrorKind::Usage, "a schedule needs a pause, and snapshots to keep"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(tried_ms: Option<u64>, error: Option<&str>) -> Plan {
        Plan {
            target: "/backup".into(),
            every_secs: 86_400,
            keep: None,
            blobs: BlobChoice::All,
            tried_ms,
            done_ms: None,
            error: error.map(str::to_owned),
        }
    }

    #[test]
    fn a_plan_is_due_at_first_then_after_its_pause_and_sooner_after_a_failure() {
        let day = 86_400_000;
        assert_eq!(wait_ms(&plan(None, None), 5 * day), 0);
        assert_eq!(wait_ms(&plan(Some(5 * day), None), 5 * day + 1000), day - 1000);
        assert_eq!(wait_ms(&plan(Some(5 * day), None), 6 * day), 0);
        assert_eq!(wait_ms(&plan(Some(5 * day), Some("gone")), 5 * day + 1000), AGAIN_MS - 1000);
        assert_eq!(wait_ms(&plan(Some(5 * day), None), day), 0, "a clock that was set back does not hold it up");
    }

    #[test]
    fn plans_are_set_changed_and_taken_away() {
        let dir = tempfile::tempdir().unwrap();
        let schedule = Schedule::default();
        let order = |target: &str| Order { target: target.into(), blobs: BlobChoice::Own, keep: Some(3) };
        schedule.set(dir.path(), order("/b"), 10).unwrap();
        schedule.set(dir.path(), order("/a"), 20).unwrap();
        let told = schedule.set(dir.path(), order("/b"), 30).unwrap();
        let told: Vec<_> = told.iter().map(|plan| (plan.target.to_str().unwrap(), plan.every_secs)).collect();
        assert_eq!(told, [("/a", 20), ("/b", 30)]);
        assert_eq!(schedule.clear(dir.path(), Some(&"/c".into())).unwrap_err().kind, ErrorKind::NotFound);
        assert_eq!(schedule.clear(dir.path(), Some(&"/a".into())).unwrap().len(), 1);
        assert_eq!(schedule.clear(dir.path(), None).unwrap(), []);
        assert_eq!(plans(dir.path()).unwrap(), []);
    }
}
