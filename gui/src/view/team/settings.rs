//! Settings: of this window, of this machine, and of the workspace. What is typed is checked in place; the node
//! has the last word.

mod keys;
mod projects;

use std::collections::BTreeMap;

use dataforge_node::api::{ApiError, Reply, Request};
use egui::{ScrollArea, Ui};

use self::keys::{Group, KEYS, Kind, Setting};
use self::projects::Projects;
use super::deeds::{Deeds, Ended};
use super::{Follows, follows, own_role};
use crate::action::Action;
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::state::{Slot, State};
use crate::theme::Choice;
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::problem::problem_ui;
use crate::widget::{form, hint};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("settings.save", "Settings: save what is changed"),
    CommandInfo::new("settings.reset", "Settings: take changes back"),
];

/// Scales of the window.
const SCALES: [(&str, f32); 5] = [("75 %", 0.75), ("100 %", 1.0), ("125 %", 1.25), ("150 %", 1.5), ("200 %", 2.0)];

/// A part of the settings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Tab {
    #[default]
    General,
    Members,
    Sync,
    Storage,
    Workspace,
}

impl Tab {
    const ALL: [(Self, &'static str); 5] = [
        (Self::General, "General"),
        (Self::Members, "Members"),
        (Self::Sync, "Sync"),
        (Self::Storage, "Storage"),
        (Self::Workspace, "Workspace"),
    ];

    const fn group(self) -> Option<Group> {
        match self {
            Self::General => Some(Group::General),
            Self::Sync => Some(Group::Sync),
            Self::Storage => Some(Group::Storage),
            Self::Members | Self::Workspace => None,
        }
    }
}

/// What is done here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Key(String),
    Project,
}

/// The settings.
#[derive(Debug, Default)]
pub struct SettingsView {
    workspace: Option<String>,
    tab: Tab,
    values: Slot<BTreeMap<String, String>>,
    /// What is typed and not saved, by key.
    typed: BTreeMap<&'static str, String>,
    /// What the node refused, by key.
    refused: BTreeMap<String, ApiError>,
    projects: Projects,
    deeds: Deeds<Deed>,
}

impl SettingsView {
    fn load(&mut self, cx: &mut Cx<'_>) {
        self.values.load(cx, Request::ConfigGet { key: None });
        if self.workspace.is_some() {
            self.projects.load(cx, self.workspace.clone());
        }
    }

    /// Returns what a setting is now, as it is typed.
    fn now(&self, setting: &Setting) -> Option<String> {
        self.values.value()?.get(setting.key).map(|value| setting.kind.text(value))
    }

    /// Returns settings that were changed, each with its value in TOML or what is wrong with it.
    fn changed(&self) -> Vec<(&'static Setting, Result<String, String>)> {
        let typed = |setting: &Setting| self.typed.get(setting.key).cloned();
        KEYS.iter()
            .filter_map(|setting| typed(setting).map(|text| (setting, text)))
            .filter(|(setting, text)| self.now(setting).as_ref() != Some(text))
            .map(|(setting, text)| (setting, setting.kind.value(&text)))
            .collect()
    }

    fn why_not_save(&self) -> Option<String> {
        let changed = self.changed();
        if changed.is_empty() {
            return Some("nothing is changed".to_owned());
        }
        changed.iter().find_map(|(setting, value)| value.as_ref().err().map(|why| format!("{}: {why}", setting.name)))
    }

    fn save(&mut self, cx: &mut Cx<'_>) {
        if self.why_not_save().is_some() {
            return;
        }
        self.refused.clear();
        for (setting, value) in self.changed() {
            if let Ok(value) = value {
                let key = setting.key.to_owned();
                let request = Request::ConfigSet { key: key.clone(), value };
                self.deeds.begin(cx, format!("setting {key}"), Deed::Key(key), request);
            }
        }
    }

    fn reset(&mut self) {
        self.typed.clear();
        self.refused.clear();
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        if let Deed::Key(key) = ended.tag {
            match ended.result {
                Ok(_) => {
                    self.typed.remove(key.as_str());
                    self.deeds.tell(format!("{key} is set"));
                }
                Err(error) => {
                    self.refused.insert(key, error);
                }
            }
        }
        self.load(cx);
    }

    fn keys_ui(&mut self, ui: &mut Ui, group: Group) {
        if let Some(error) = self.values.error() {
            problem_ui(ui, error);
        }
        if self.values.value().is_none() {
            if self.values.error().is_none() {
                hint::loading_ui(ui, "Loading settings …");
            }
            return;
        }
        for setting in KEYS.iter().filter(|setting| setting.group == group) {
            self.key_ui(ui, setting);
        }
    }

    fn key_ui(&mut self, ui: &mut Ui, setting: &'static Setting) {
        let Some(now) = self.now(setting) else {
            return;
        };
        let text = self.typed.entry(setting.key).or_insert_with(|| now.clone());
        match setting.kind {
            Kind::Flag => {
                let mut on = text == "true";
                if form::tick_ui(ui, setting.name, &mut on) {
                    *text = on.to_string();
                }
            }
            Kind::Choice(choices) => {
                form::choice_ui(ui, setting.name, text, choices);
            }
            _ => {
                form::text_ui(ui, setting.name, text, "");
            }
        }
        ui.weak(setting.hint);
        let value = setting.kind.value(text);
        if let Err(why) = &value {
            badge_ui(ui, Mark::Bad, why);
        } else if *text != now {
            badge_ui(ui, Mark::Plain, &format!("not saved; was {}", if now.is_empty() { "empty" } else { &now }));
        }
        if *text == now {
            // What is not changed follows what others set.
            self.typed.remove(setting.key);
        }
        if let Some(error) = self.refused.get(setting.key) {
            problem_ui(ui, error);
        }
        ui.add_space(4.0);
    }

    fn general_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "Who and where");
        if let Some(status) = cx.state.status.value() {
            form::fact_ui(ui, "person", status.person.as_deref().unwrap_or("no identity yet"));
            form::fact_ui(ui, "device", status.device_id.as_deref().unwrap_or("no identity yet"));
            form::fact_ui(ui, "data directory", &status.directory.display().to_string());
            form::fact_ui(ui, "version", &status.version);
        }
        ui.horizontal_wrapped(|ui| {
            if ui.button("Label, key and recovery words").clicked() {
                cx.open(Place::Devices);
            }
        });
        form::head_ui(ui, "How it looks");
        ui.horizontal_wrapped(|ui| {
            for choice in Choice::ALL {
                let response = ui.radio(cx.state.theme == choice, choice.name());
                if response.accessible_name(format!("Theme of the window: {}", choice.name())).clicked() {
                    cx.actions.push(Action::ChooseTheme(choice));
                }
            }
        });
        let zoom = ui.ctx().zoom_factor();
        ui.horizontal_wrapped(|ui| {
            for (name, scale) in SCALES {
                let response = ui.radio((zoom - scale).abs() < 0.01, name);
                if response.accessible_name(format!("Scale of the window: {name}")).clicked() {
                    ui.ctx().set_zoom_factor(scale);
                }
            }
        });
    }

    fn members_ui(ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.label("Roles, groups and invites are those of the selected workspace.");
        ui.horizontal_wrapped(|ui| {
            let places = [
                ("Members, groups and invites", Place::Members),
                ("Devices and the key", Place::Devices),
                ("Late work", Place::LateWork),
            ];
            for (name, place) in places {
                if ui.button(name).clicked() {
                    cx.open(place);
                }
            }
        });
    }

    fn workspace_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.label("These hold for everybody in the workspace.");
        if ui.button("How conflicts are decided").clicked() {
            cx.open(Place::Conflicts);
        }
        let busy = self.deeds.why_busy();
        for (what, request) in self.projects.ui(ui, own_role(cx), busy.as_deref(), self.workspace.clone()) {
            self.deeds.begin(cx, what, Deed::Project, request);
        }
    }

    fn saving_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal_wrapped(|ui| {
            let why_not = self.deeds.why_busy().or_else(|| self.why_not_save());
            if act_ui(ui, "Save", why_not.as_deref()) {
                self.save(cx);
            }
            let none = self.changed().is_empty().then_some("nothing is changed");
            if act_ui(ui, "Take changes back", none) {
                self.reset();
            }
        });
    }
}

impl View for SettingsView {
    fn title(&self, _state: &State) -> String {
        "Settings".to_owned()
    }

    fn place(&self) -> Place {
        Place::Settings
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.workspace = cx.workspace();
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if let Some(ended) = self.deeds.take(ticket, news.clone(), cx) {
            return self.on_ended(ended, cx);
        }
        let News::Ended(result) = news else { return };
        if self.values.awaits(ticket) {
            self.values.follow(cx, *result, |reply| match reply {
                Reply::Config { values } => Some(values.into_iter().collect()),
                _ => None,
            });
        } else if self.projects.awaits(ticket) && self.projects.take(*result) {
            self.projects.load(cx, self.workspace.clone());
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing => {}
            Follows::Again => self.load(cx),
            Follows::Anew => {
                // What is typed about this machine stays: it is of no workspace.
                self.projects = Projects::default();
                self.refresh(cx);
            }
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "settings.save" => self.save(cx),
            "settings.reset" => self.reset(),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal_wrapped(|ui| {
            for (tab, name) in Tab::ALL {
                let response = ui.selectable_label(self.tab == tab, name);
                if response.accessible_name(format!("Settings: {name}")).clicked() {
                    self.tab = tab;
                }
            }
        });
        ui.separator();
        ScrollArea::vertical().id_salt("settings view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            match self.tab {
                Tab::General => Self::general_ui(ui, cx),
                Tab::Members => Self::members_ui(ui, cx),
                Tab::Workspace => self.workspace_ui(ui, cx),
                Tab::Sync | Tab::Storage => {}
            }
            if let Some(group) = self.tab.group() {
                self.keys_ui(ui, group);
                self.saving_ui(ui, cx);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::SettingsView;

    fn view(values: &[(&str, &str)]) -> SettingsView {
        let mut view = SettingsView::default();
        let values = values.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
        view.values.end(Ok(values.collect()));
        view
    }

    #[test]
    fn only_what_differs_is_saved_and_only_when_all_is_right() {
        let mut view = view(&[("cache.min_copies", "1"), ("network.listen", "\"0.0.0.0:7411\"")]);
        assert_eq!(view.why_not_save().as_deref(), Some("nothing is changed"));
        view.typed.insert("network.listen", "0.0.0.0:7411".into());
        assert!(view.changed().is_empty(), "it is what it was");
        view.typed.insert("cache.min_copies", "2".into());
        let changed: Vec<_> = view.changed().into_iter().map(|(setting, value)| (setting.key, value)).collect();
        assert_eq!(changed, [("cache.min_copies", Ok("2".to_owned()))]);
        assert_eq!(view.why_not_save(), None);
        view.typed.insert("network.listen", "nowhere".into());
        assert!(view.why_not_save().is_some_and(|why| why.contains("IP:PORT")));
        view.reset();
        assert!(view.changed().is_empty());
    }
}
