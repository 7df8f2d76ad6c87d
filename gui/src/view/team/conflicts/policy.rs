//! How conflicts of each kind of field are decided in the workspace.

use dataforge_node::api::{ApiError, ConflictPolicyReply, ConflictsRequest, Reply, Request};
use egui::{ComboBox, Ui};

use crate::state::Slot;
use crate::view::Cx;
use crate::view::team::role::{Need, why_not};
use crate::widget::problem::problem_ui;

/// Strategies by their words, and as people call them.
const STRATEGIES: [(&str, &str); 5] = [
    ("manual", "by hand"),
    ("last_writer", "last written"),
    ("merge", "merged"),
    ("mine", "mine on wish"),
    ("theirs", "theirs on wish"),
];

/// What takes a kind's own strategy away, and names that of all kinds without one.
const DEFAULT: &str = "default";

/// The strategies of the workspace.
#[derive(Debug, Default)]
pub(super) struct Policy {
    told: Slot<ConflictPolicyReply>,
}

impl Policy {
    pub(super) fn load(&mut self, cx: &mut Cx<'_>, workspace: Option<String>) {
        let ask = ConflictsRequest::Policy { kind: None, strategy: None };
        self.told.load(cx, Request::Conflicts { workspace, ask });
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.told.awaits(ticket)
    }

    pub(super) fn take(&mut self, result: Result<Reply, ApiError>, cx: &mut Cx<'_>, workspace: Option<String>) {
        let again = self.told.take(result, |reply| match reply {
            Reply::ConflictPolicy(policy) => Some(policy),
            _ => None,
        });
        if again {
            self.load(cx, workspace);
        }
    }

    /// Draws the strategies; returns a kind and the strategy that it shall have.
    pub(super) fn ui(&self, ui: &mut Ui, role: Option<&str>) -> Option<(String, String)> {
        let mut wanted = None;
        ui.collapsing("How conflicts are decided here", |ui| {
            ui.label(
                "By hand: somebody chooses. Last written and merged: nodes decide by themselves, and what cannot \
                 be joined waits. Mine and theirs: what “by strategy” means; nothing happens by itself.",
            );
            if let Some(error) = self.told.error() {
                problem_ui(ui, error);
            }
            let Some(policy) = self.told.value() else {
                return;
            };
            let reason = why_not(role, Need::Editor, "set strategies");
            if let Some(reason) = &reason {
                ui.weak(reason);
            }
            ui.add_enabled_ui(reason.is_none(), |ui| {
                if let Some(strategy) = strategy_ui(ui, "all that have no strategy of their own", &policy.default, None)
                {
                    wanted = Some((DEFAULT.to_owned(), strategy));
                }
                for kind in &policy.kinds {
                    let (current, default) = (&kind.strategy, (!kind.own).then_some(policy.default.as_str()));
                    if let Some(strategy) = strategy_ui(ui, &kind.kind, current, Some(default)) {
                        wanted = Some((kind.kind.clone(), strategy));
                    }
                }
            });
        });
        wanted
    }
}

/// Draws the choice for a kind, which may follow the default; returns another one that was taken.
fn strategy_ui(ui: &mut Ui, kind: &str, current: &str, follows: Option<Option<&str>>) -> Option<String> {
    let mut chosen = if follows.is_some_and(|default| default.is_some()) { DEFAULT } else { current }.to_owned();
    let before = chosen.clone();
    let told = match follows {
        Some(Some(default)) => format!("as all: {}", strategy_name(default)),
        _ => strategy_name(current).to_owned(),
    };
    let width = (0.5 * ui.max_rect().width()).min(180.0);
    ComboBox::from_label(kind.replace('_', " ")).selected_text(told).width(width).truncate().show_ui(ui, |ui| {
        if follows.is_some() {
            ui.selectable_value(&mut chosen, DEFAULT.to_owned(), "as all");
        }
        for (word, name) in STRATEGIES {
            ui.selectable_value(&mut chosen, word.to_owned(), name);
        }
    });
    (chosen != before).then_some(chosen)
}

/// Returns what people call a strategy.
pub(super) fn strategy_name(word: &str) -> &str {
    STRATEGIES.iter().find(|(known, _)| *known == word).map_or(word, |(_, name)| name)
}
