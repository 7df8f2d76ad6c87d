//! Backups: making one now, making them by themselves, and what came of the last.

use std::path::PathBuf;

use dataforge_node::api::{BackupPlan, BackupReply, BackupRequest, BlobChoice, Passphrase, Reply};
use egui::Ui;

use super::when;
use crate::format;
use crate::widget::act::{act_named_ui, act_ui};
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form::{self, Secret};

/// Which blobs are taken along.
const CHOICES: [(&str, &str); 3] = [("all", "all that is here"), ("own", "what I brought in"), ("none", "none")];

/// What is done: for people, and as a request.
type Deed = (String, BackupRequest);

/// What is typed.
#[derive(Debug)]
pub(super) struct Backup {
    target: String,
    choice: String,
    hours: String,
    passphrase: Secret,
    /// Whether the backup is new, once the node has said that a passphrase is needed.
    needed: Option<bool>,
}

impl Default for Backup {
    fn default() -> Self {
        Self {
            target: String::new(),
            choice: "all".to_owned(),
            hours: "24".to_owned(),
            passphrase: Secret::default(),
            needed: None,
        }
    }
}

impl Backup {
    fn target(&self) -> Result<PathBuf, &'static str> {
        let path = PathBuf::from(self.target.trim());
        if path.is_absolute() { Ok(path) } else { Err("type the full path of a directory or file") }
    }

    fn blobs(&self) -> BlobChoice {
        match self.choice.as_str() {
            "own" => BlobChoice::Own,
            "none" => BlobChoice::None,
            _ => BlobChoice::All,
        }
    }

    fn passphrase(&mut self) -> Option<Passphrase> {
        (!self.passphrase.is_empty()).then(|| Passphrase(self.passphrase.take()))
    }

    fn every_secs(&self) -> Result<u64, &'static str> {
        match self.hours.trim().parse::<u64>() {
            Ok(hours) if (1..=8_760).contains(&hours) => Ok(hours * 3_600),
            _ => Err("hours between two must be a whole number from 1 to 8760"),
        }
    }

    /// Takes what came of it; returns it in words.
    pub(super) fn ended(&mut self, reply: &Reply) -> Vec<String> {
        match reply {
            Reply::Backup(backup) => {
                self.needed = None;
                made_lines(backup)
            }
            Reply::BackupPassphraseNeeded { is_new } => {
                self.needed = Some(*is_new);
                vec!["a passphrase is needed: type it below".to_owned()]
            }
            Reply::BackupSchedule { plans } => {
                self.needed = None;
                vec![format!("made by themselves: {}", format::counted(plans.len() as u64, "backup"))]
            }
            _ => Vec::new(),
        }
    }

    /// Draws it; returns what is to be done.
    pub(super) fn ui(&mut self, ui: &mut Ui, plans: &[BackupPlan], busy: Option<&str>) -> Option<Deed> {
        form::head_ui(ui, "Backups");
        let mut deed = None;
        for plan in plans {
            let (mark, text) = plan_line(plan);
            badge_ui(ui, mark, &text);
            let name = format!("No more backups to {}", plan.target.display());
            if act_named_ui(ui, "No more", &name, busy) {
                let ask = BackupRequest::Unschedule { target: Some(plan.target.clone()) };
                deed = Some(("ending backups by themselves".to_owned(), ask));
            }
        }
        form::text_ui(ui, "Back up to", &mut self.target, "a full path, such as /media/disk/backup");
        form::choice_ui(ui, "Data in the backup", &mut self.choice, &CHOICES);
        form::text_ui(ui, "Hours between two", &mut self.hours, "24");
        if let Some(is_new) = self.needed {
            let hint = if is_new { "new: it will have this one" } else { "the one that this backup has" };
            form::secret_ui(ui, "Passphrase of the backup", &mut self.passphrase, hint);
        }
        let (target, every) = (self.target(), self.every_secs());
        ui.horizontal_wrapped(|ui| {
            if act_ui(ui, "Back up now", busy.or(target.as_ref().err().copied()))
                && let Ok(target) = target.clone()
            {
                let (blobs, passphrase) = (self.blobs(), self.passphrase());
                let ask = BackupRequest::Create { target, blobs, passphrase, keep: None };
                deed = Some(("backing up".to_owned(), ask));
            }
            let wrong = target.as_ref().err().or(every.as_ref().err()).copied();
            if act_ui(ui, "Back up by itself", busy.or(wrong))
                && let (Ok(target), Ok(every_secs)) = (target.clone(), every)
            {
                let (blobs, passphrase) = (self.blobs(), self.passphrase());
                let ask = BackupRequest::Schedule { target, blobs, passphrase, keep: None, every_secs };
                deed = Some(("setting up backups".to_owned(), ask));
            }
        });
        deed
    }
}

fn plan_line(plan: &BackupPlan) -> (Mark, String) {
    let every = format::counted(plan.every_secs / 3_600, "hour");
    let base =
        format!("{}: every {every}, {}, last done {}", plan.target.display(), plan.blobs, when(plan.done.as_deref()));
    match &plan.error {
        Some(error) => (Mark::Bad, format!("{base}; tried {}: {error}", when(plan.tried.as_deref()))),
        None if plan.done.is_none() => (Mark::Warn, base),
        None => (Mark::Good, base),
    }
}

fn made_lines(backup: &BackupReply) -> Vec<String> {
    let (entries, blobs) = (format::counted(backup.entries, "entry"), format::counted(backup.blobs, "blob"));
    let written = format::bytes(backup.new_bytes);
    let mut lines = vec![format!(
        "snapshot {} in {}: {entries}, {blobs}, {} of data, {written} written",
        backup.snapshot,
        backup.target.display(),
        format::bytes(backup.bytes)
    )];
    if backup.left_out > 0 {
        lines.push(format!("left out as asked: {}", format::counted(backup.left_out, "blob")));
    }
    lines.extend(backup.problems.iter().map(|problem| format!("wrong: {problem}")));
    lines
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataforge_node::api::{BackupPlan, BlobChoice, Reply};

    use super::{Backup, plan_line};
    use crate::widget::badge::Mark;

    #[test]
    fn paths_are_full_and_hours_whole() {
        let mut backup = Backup::default();
        assert!(backup.target().is_err());
        "/media/disk".clone_into(&mut backup.target);
        assert_eq!(backup.target(), Ok(PathBuf::from("/media/disk")));
        assert_eq!(backup.every_secs(), Ok(86_400));
        for text in ["0", "", "x", "9000"] {
            text.clone_into(&mut backup.hours);
            assert!(backup.every_secs().is_err(), "{text}");
        }
        "own".clone_into(&mut backup.choice);
        assert_eq!(backup.blobs(), BlobChoice::Own);
    }

    #[test]
    fn a_passphrase_is_asked_for_when_the_node_needs_one() {
        let mut backup = Backup::default();
        assert!(backup.ended(&Reply::BackupPassphraseNeeded { is_new: true })[0].contains("passphrase"));
        assert_eq!(backup.needed, Some(true));
        backup.ended(&Reply::BackupSchedule { plans: Vec::new() });
        assert_eq!(backup.needed, None);
    }

    #[test]
    fn a_backup_that_failed_or_was_never_made_needs_attention() {
        let mut plan = BackupPlan {
            target: PathBuf::from("/b"),
            every_secs: 7_200,
            keep: None,
            blobs: "all".into(),
            tried: None,
            done: None,
            error: None,
        };
        assert_eq!(plan_line(&plan), (Mark::Warn, "/b: every 2 hours, all, last done never".into()));
        plan.done = Some("2026-11-20T10:00:00Z".into());
        assert_eq!(plan_line(&plan).0, Mark::Good);
        plan.error = Some("the disk is full".into());
        assert!(plan_line(&plan).0 == Mark::Bad && plan_line(&plan).1.contains("the disk is full"));
    }
}
