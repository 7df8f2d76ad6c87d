//! Bundles: files that carry entries and data between machines without a network.

use std::path::PathBuf;

use dataforge_node::api::{BundleRequest, BundleSince, ExportBundle};
use egui::Ui;

use crate::widget::act::act_ui;
use crate::widget::form;

/// What is done: for people, and as a request.
type Deed = (String, BundleRequest);

/// What is typed.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    drive: String,
    file: String,
    member: String,
    encrypt: bool,
    metadata: bool,
    salvage: bool,
}

/// Returns a full path, or what is wrong with it.
fn full(text: &str) -> Result<PathBuf, &'static str> {
    let path = PathBuf::from(text.trim());
    if path.is_absolute() { Ok(path) } else { Err("type a full path first") }
}

impl Bundles {
    fn export(&self, file: PathBuf) -> BundleRequest {
        let member = self.member.trim();
        let since = match member.is_empty() {
            true => BundleSince::All,
            false => BundleSince::Member { member: member.to_owned() },
        };
        let blobs = if self.metadata { vec!["metadata".to_owned()] } else { Vec::new() };
        BundleRequest::Export(ExportBundle {
            file,
            since,
            blobs,
            max_bytes: None,
            encrypt: self.encrypt,
            replace: false,
        })
    }

    /// Draws it; returns what is to be done.
    pub(super) fn ui(&mut self, ui: &mut Ui, busy: Option<&str>) -> Option<Deed> {
        form::head_ui(ui, "Without a network");
        ui.label("Exchange by a stick that goes round: takes what is new on it, puts on it what others lack.");
        let mut deed = None;
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "Where the stick is", &mut self.drive, "a full path, such as /media/stick");
            let drive = full(&self.drive);
            if act_ui(ui, "Exchange with the stick", busy.or(drive.as_ref().err().copied()))
                && let Ok(drive) = drive
            {
                let ask = BundleRequest::DriveSync { drive, encrypt: self.encrypt, max_bytes: None };
                deed = Some(("exchanging with the stick".to_owned(), ask));
            }
        });
        ui.horizontal_wrapped(|ui| {
            form::tick_ui(ui, "Encrypt to members' devices", &mut self.encrypt);
            form::tick_ui(ui, "Entries only, no data", &mut self.metadata);
            form::tick_ui(ui, "Take what is whole of a damaged one", &mut self.salvage);
        });
        form::text_ui(ui, "Bundle file", &mut self.file, "a full path");
        form::text_ui(ui, "Only what this member lacks", &mut self.member, "everything when empty");
        let file = full(&self.file);
        let why_not = busy.or(file.as_ref().err().copied());
        ui.horizontal_wrapped(|ui| {
            let pressed = [
                act_ui(ui, "Write the bundle", why_not),
                act_ui(ui, "Take the bundle", why_not),
                act_ui(ui, "Say what is in it", why_not),
            ];
            let Ok(file) = file else { return };
            deed = match pressed {
                [true, ..] => Some(("writing the bundle".to_owned(), self.export(file))),
                [_, true, _] => {
                    let ask = BundleRequest::Import { file, blobs: None, salvage: self.salvage };
                    Some(("taking the bundle".to_owned(), ask))
                }
                [_, _, true] => Some(("reading the bundle".to_owned(), BundleRequest::Show { file, check: true })),
                _ => deed.take(),
            };
        });
        deed
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataforge_node::api::{BundleRequest, BundleSince};

    use super::{Bundles, full};

    #[test]
    fn a_bundle_is_of_everything_unless_a_member_is_named() {
        let file = PathBuf::from("/media/b.dfb");
        let mut bundles = Bundles::default();
        let since = |request| match request {
            BundleRequest::Export(ask) => (ask.since, ask.blobs, ask.replace),
            other => panic!("{other:?}"),
        };
        assert_eq!(since(bundles.export(file.clone())), (BundleSince::All, Vec::new(), false));
        " Bob ".clone_into(&mut bundles.member);
        bundles.metadata = true;
        let expected = (BundleSince::Member { member: "Bob".into() }, vec!["metadata".to_owned()], false);
        assert_eq!(since(bundles.export(file)), expected);
    }

    #[test]
    fn paths_are_full() {
        assert_eq!(full(" /media/stick "), Ok(PathBuf::from("/media/stick")));
        assert!(full("stick").is_err() && full("").is_err());
    }
}
