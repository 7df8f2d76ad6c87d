//! Freeing what others prove to hold: first what would go and what stays, with why; then doing it.

use std::path::PathBuf;

use dataforge_node::api::{DataRequest, FreedReply};
use egui::Ui;

use super::told::freed_lines;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form;

/// What is typed, and what would go.
#[derive(Debug, Default)]
pub(super) struct Free {
    bytes: String,
    drive: String,
    plan: Option<(DataRequest, FreedReply)>,
}

impl Free {
    /// Returns the request for what is typed, to look only.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub(super) fn request(&self, target: String) -> Result<DataRequest, String> {
        let drive = self.drive.trim();
        let drive = (!drive.is_empty()).then(|| PathBuf::from(drive));
        if drive.as_ref().is_some_and(|drive| !drive.is_absolute()) {
            return Err("type the full path where the stick is".to_owned());
        }
        let bytes = match self.bytes.trim() {
            "" => None,
            text => Some(size(text)?),
        };
        Ok(DataRequest::Free { target: Some(target), bytes, go: false, drive })
    }

    /// Shows what would go.
    pub(super) fn planned(&mut self, ask: DataRequest, reply: FreedReply) {
        self.plan = Some((ask, reply));
    }

    /// Forgets what would go: something has changed since.
    pub(super) fn forget_plan(&mut self) {
        self.plan = None;
    }

    /// Draws the form; returns whether to look what can go.
    pub(super) fn ui(&mut self, ui: &mut Ui, name: &str, why_not: Option<&str>) -> bool {
        form::head_ui(ui, "Free space");
        ui.label(format!(
            "Of {name}. A copy goes only when other machines that are connected hash theirs now and promise to keep it."
        ));
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "At most", &mut self.bytes, "such as 2 GB; all when empty");
            form::text_ui(ui, "A stick that counts as a copy", &mut self.drive, "where it is; none when empty");
        });
        let wrong = self.request(String::new()).err();
        if let Some(wrong) = &wrong {
            badge_ui(ui, Mark::Bad, wrong);
        }
        act_ui(ui, "See what can go", wrong.as_deref().or(why_not))
    }

    /// Draws what would go; returns the request that does it.
    pub(super) fn plan_ui(&self, ui: &mut Ui, why_not: Option<&str>) -> Option<DataRequest> {
        let (ask, reply) = self.plan.as_ref()?;
        for line in freed_lines(reply) {
            ui.label(line);
        }
        let nothing = (reply.blobs == 0).then_some("nothing can go just now: see above why it stays");
        act_ui(ui, "Free it …", why_not.or(nothing)).then(|| doing(ask.clone()))
    }

    /// Returns what is said before it is done.
    pub(super) fn question_lines(&self) -> Vec<String> {
        let plan = self.plan.as_ref().map(|(_, reply)| freed_lines(reply)).unwrap_or_default();
        let after = "It is asked for again from others when it is read. Proofs are made anew; what cannot be \
                     proven then stays."
            .to_owned();
        plan.into_iter().chain([after]).collect()
    }
}

/// Returns the request that does what another one looks at.
fn doing(ask: DataRequest) -> DataRequest {
    match ask {
        DataRequest::Free { target, bytes, drive, .. } => DataRequest::Free { target, bytes, go: true, drive },
        other => other,
    }
}

/// Reads a size such as `2 GB`, `500MB` or `1.5 GiB`; a number alone is bytes.
///
/// # Errors
/// What is wrong with it, in words.
pub(in crate::view::team) fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let (base, power) = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "b" => (1000_f64, 0),
        "kb" => (1000.0, 1),
        "mb" => (1000.0, 2),
        "gb" => (1000.0, 3),
        "tb" => (1000.0, 4),
        "kib" => (1024.0, 1),
        "mib" => (1024.0, 2),
        "gib" => (1024.0, 3),
        "tib" => (1024.0, 4),
        _ => return Err(format!("{text:?} is no size: write such as 2 GB")),
    };
    let number: f64 = number.parse().map_err(|error| format!("{text:?} is no size: {error}"))?;
    let bytes = number * base.powi(power);
    if !bytes.is_finite() || bytes >= 9e18 {
        return Err(format!("{text:?} is too large"));
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is between 0 and 9e18")]
    let bytes = bytes.round() as u64;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{DataRequest, FreedReply};

    use super::{Free, doing, size};

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [
            ("2 GB", 2_000_000_000),
            ("500MB", 500_000_000),
            ("1.5 GiB", 1_610_612_736),
            ("7", 7),
            ("0", 0),
            ("3kb", 3_000),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for text in ["", "GB", "2 parsecs", "-1 GB", "1e5", "1.2.3 MB", "99999999999999 TB"] {
            assert!(size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn looking_never_does_it_and_doing_is_of_the_same() {
        let mut free = Free { bytes: "2 GB".into(), ..Free::default() };
        let look = free.request("A1".into()).unwrap();
        let of = |go| DataRequest::Free { target: Some("A1".into()), bytes: Some(2_000_000_000), go, drive: None };
        assert_eq!(look, of(false));
        assert_eq!(doing(look.clone()), of(true));
        free.planned(look, FreedReply { done: false, blobs: 1, bytes: 9, kept: Vec::new() });
        assert!(free.question_lines()[0].contains("can go"));
        free.forget_plan();
        assert_eq!(free.question_lines().len(), 1);
    }

    #[test]
    fn a_stick_is_named_by_its_full_path() {
        let mut free = Free { drive: "stick".into(), ..Free::default() };
        assert!(free.request("A1".into()).is_err_and(|why| why.contains("full path")));
        "/media/stick".clone_into(&mut free.drive);
        assert!(free.request("A1".into()).is_ok());
    }
}
