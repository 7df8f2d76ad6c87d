//! How the key of this device is kept, sealing it by a passphrase, and taking the seal off.

use dataforge_node::api::{ApiError, KeyRequest, KeyStatus, Passphrase, Reply, Request};
use egui::Ui;

use crate::format;
use crate::state::Slot;
use crate::view::Cx;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form::{self, Secret};
use crate::widget::problem::problem_ui;

/// Fewest characters of a passphrase, as the node has it.
const FEWEST: usize = 8;

/// The key, and what is typed about it. Passphrases leave their fields when they are used.
#[derive(Debug, Default)]
pub(super) struct Key {
    status: Slot<KeyStatus>,
    current: Secret,
    first: Secret,
    second: Secret,
}

impl Key {
    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.status.load(cx, Request::Key { ask: KeyRequest::Status });
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.status.awaits(ticket)
    }

    pub(super) fn take(&mut self, cx: &mut Cx<'_>, result: Result<Reply, ApiError>) {
        self.status.follow(cx, result, |reply| match reply {
            Reply::Key(status) => Some(status),
            _ => None,
        });
    }

    /// Returns why what is typed seals nothing.
    fn seal_why_not(&self) -> Option<&'static str> {
        let sealed = self.status.value().is_some_and(|status| status.sealed);
        match (sealed && self.current.is_empty(), self.first.0.chars().count() < FEWEST, self.first == self.second) {
            (true, ..) => Some("type the passphrase that it has now"),
            (_, true, _) => Some("a passphrase has 8 characters or more"),
            (_, _, false) => Some("the two passphrases are not the same"),
            _ => None,
        }
    }

    fn seal(&mut self) -> Request {
        let current = (!self.current.is_empty()).then(|| Passphrase(self.current.take()));
        self.second = Secret::default();
        Request::Key { ask: KeyRequest::Seal { passphrase: Passphrase(self.first.take()), current } }
    }

    /// Draws it; returns what is to be done about it.
    pub(super) fn ui(&mut self, ui: &mut Ui, busy: Option<&str>) -> Option<(String, Request)> {
        form::head_ui(ui, "The key of this device");
        if let Some(error) = self.status.error() {
            problem_ui(ui, error);
        }
        let status = self.status.value()?.clone();
        match (status.sealed, status.cost) {
            (true, Some(cost)) => {
                badge_ui(ui, Mark::Good, "sealed by a passphrase");
                let memory = format::bytes(u64::from(cost.memory_kib) << 10);
                form::fact_ui(ui, "a guess costs", &format!("{memory} of memory, {} passes", cost.passes));
            }
            (true, None) => drop(badge_ui(ui, Mark::Good, "sealed by a passphrase")),
            (false, _) => drop(badge_ui(ui, Mark::Warn, "not sealed: whoever can read the directory has it")),
        }
        form::fact_ui(ui, "file", &status.file.display().to_string());
        form::fact_ui(ui, "your four words", &status.fingerprint);
        ui.weak("A lost passphrase is lost; the 24 recovery words make a new key.");
        let mut deed = None;
        if status.sealed {
            form::secret_ui(ui, "Passphrase now", &mut self.current, "");
            let untyped = self.current.is_empty().then_some("type the passphrase that it has now");
            if act_ui(ui, "Take the seal off", busy.or(untyped)) {
                let passphrase = Passphrase(self.current.take());
                deed = Some(("taking the seal off", Request::Key { ask: KeyRequest::Unseal { passphrase } }));
            }
        }
        form::secret_ui(ui, "New passphrase", &mut self.first, "");
        form::secret_ui(ui, "New passphrase again", &mut self.second, "");
        let label = if status.sealed { "Change the passphrase" } else { "Seal the key" };
        if act_ui(ui, label, busy.or_else(|| self.seal_why_not())) {
            deed = Some(("sealing the key", self.seal()));
        }
        deed.map(|(what, request)| (what.to_owned(), request))
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use dataforge_node::api::{KeyRequest, KeyStatus, Request};

    use super::Key;

    fn key(sealed: bool) -> Key {
        let mut key = Key::default();
        let status = KeyStatus {
            file: PathBuf::from("/data/keys/device.key"),
            sealed,
            cost: None,
            device_id: String::new(),
            person: String::new(),
            fingerprint: String::new(),
        };
        key.status.end(Ok(status));
        key
    }

    #[test]
    fn a_passphrase_is_long_enough_and_typed_twice() {
        let mut key = key(false);
        "short".clone_into(&mut key.first.0);
        assert!(key.seal_why_not().is_some_and(|why| why.contains("8 characters")));
        "long enough".clone_into(&mut key.first.0);
        assert!(key.seal_why_not().is_some_and(|why| why.contains("not the same")));
        "long enough".clone_into(&mut key.second.0);
        assert_eq!(key.seal_why_not(), None);
        let Request::Key { ask: KeyRequest::Seal { passphrase, current } } = key.seal() else {
            panic!("it seals");
        };
        assert_eq!((passphrase.0.as_str(), current), ("long enough", None));
        assert!(key.first.is_empty() && key.second.is_empty(), "what was typed is gone");
    }

    #[test]
    fn a_sealed_key_needs_its_passphrase_too() {
        let mut key = key(true);
        "long enough".clone_into(&mut key.first.0);
        "long enough".clone_into(&mut key.second.0);
        assert!(key.seal_why_not().is_some_and(|why| why.contains("has now")));
        "old one".clone_into(&mut key.current.0);
        assert_eq!(key.seal_why_not(), None);
    }
}
