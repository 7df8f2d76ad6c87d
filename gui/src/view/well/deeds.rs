//! What can be done with a well: open it in other views, export, copy, delete and restore.

use dataforge_node::api::{
    ApiError, CopyRequest, ExportFormat, ExportOptions, Reply, Request, RunInfo, WellInfo, WorkspaceInfo,
};
use egui::{ComboBox, Ui};

use crate::action::Action;
use crate::calls::{News, Ticket};
use crate::state::{State, expect};
use crate::view::well::TEMPLATE;
use crate::view::{Cx, Place};
use crate::widget::hint::boxed_ui;
use crate::widget::problem::problem_ui;
use crate::widget::saver::{FileFormat, Saver};
use crate::{format, theme};

/// Formats a run is exported in.
const FORMATS: [(FileFormat, ExportFormat); 5] = [
    (FileFormat { name: "LAS", extension: "las" }, ExportFormat::Las),
    (FileFormat { name: "CSV", extension: "csv" }, ExportFormat::Csv),
    (FileFormat { name: "Excel", extension: "xlsx" }, ExportFormat::Xlsx),
    (FileFormat { name: "Parquet", extension: "parquet" }, ExportFormat::Parquet),
    (FileFormat { name: "As delivered", extension: "las" }, ExportFormat::Original),
];

/// What a call on its way does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Copy,
    /// Workspace, id and name.
    Delete(String, String, String),
    Restore,
}

/// What is being done.
#[derive(Debug, Default)]
pub(super) struct Deeds {
    saver: Saver,
    is_copying: bool,
    copy_to: Option<String>,
    asks_delete: bool,
    call: Option<(Ticket, Deed)>,
    told: Option<String>,
    error: Option<ApiError>,
    /// Workspace, id and name of a well that was deleted here.
    deleted: Option<(String, String, String)>,
}

/// Whether the person may delete in a workspace.
fn may_delete(state: &State, workspace: &str) -> bool {
    let role = state.workspaces().find(|held| held.id == workspace).map(|held| held.role.as_str());
    matches!(role, Some("owner" | "admin"))
}

impl Deeds {
    pub(super) fn awaits(&self, ticket: Ticket) -> bool {
        self.saver.awaits(ticket) || self.call.as_ref().is_some_and(|(awaited, _)| *awaited == ticket)
    }

    pub(super) fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if self.saver.awaits(ticket) {
            return self.saver.on_news(news);
        }
        let News::Ended(result) = news else { return };
        let Some((_, deed)) = self.call.take() else { return };
        let told = expect(*result, |reply| match reply {
            Reply::Done { message } => Some(message),
            Reply::Copied(copied) => Some(copied.wells.first().map_or_else(String::new, |well| {
                let documents = format::counted(well.written, "document");
                format!("copied {} to {}: {documents} written", well.name, copied.to)
            })),
            _ => None,
        });
        if told.is_ok() {
            // Of what the window does itself it hears no news.
            cx.actions.push(Action::Refresh);
        }
        match told {
            Ok(message) => match deed {
                Deed::Copy => {
                    self.is_copying = false;
                    self.told = Some(message);
                }
                // Of these the node says the id; people know the name.
                Deed::Delete(workspace, id, name) => self.deleted = Some((workspace, id, name)),
                Deed::Restore => self.told = self.deleted.take().map(|(.., name)| format!("{name} is restored")),
            },
            Err(error) => self.error = Some(error),
        }
    }

    pub(super) fn open_export(&mut self, run: Option<&str>) {
        match run {
            Some(run) => self.saver.open(run, &FORMATS.map(|(format, _)| format)),
            None => self.told = Some("choose a run first".to_owned()),
        }
    }

    pub(super) const fn open_copy(&mut self) {
        self.is_copying = true;
    }

    pub(super) const fn open_delete(&mut self) {
        self.asks_delete = true;
    }

    /// Puts away what was asked of a well that is not shown any more; one that was deleted can still be
    /// restored.
    pub(super) fn put_away(&mut self) {
        self.is_copying = false;
        self.asks_delete = false;
        self.told = None;
        self.error = None;
        self.saver.put_away();
    }

    /// Offers to bring back what was deleted here.
    pub(super) fn gone_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some((workspace, id, name)) = self.deleted.clone() else { return };
        let palette = theme::palette(ui);
        boxed_ui(ui, palette.warn, |ui| {
            ui.label(format!("{name} is deleted. Its data stay for 30 days."));
            if ui.add_enabled(self.call.is_none(), egui::Button::new("Restore")).clicked() {
                let request = Request::Restore { workspace: Some(workspace), target: id };
                self.start(cx, request, Deed::Restore);
            }
            if ui.button("Forget about it").clicked() {
                self.deleted = None;
            }
        });
        if let Some(error) = &self.error {
            problem_ui(ui, error);
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>, request: Request, deed: Deed) {
        self.told = None;
        self.error = None;
        self.call = Some((cx.call(request), deed));
    }

    /// Draws what can be done.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, workspace: &str, well: &WellInfo, run: Option<&RunInfo>) {
        ui.horizontal_wrapped(|ui| {
            self.views_ui(ui, cx, workspace, well, run);
            if ui.add_enabled(run.is_some(), egui::Button::new("Export run …")).clicked() {
                self.open_export(run.map(|run| run.name.as_str()));
            }
            if cx.state.workspaces().nth(1).is_some() && ui.button("Copy to …").clicked() {
                self.is_copying = true;
            }
            if may_delete(cx.state, workspace) && ui.button("Delete …").clicked() {
                self.asks_delete = true;
            }
            if self.call.is_some() {
                ui.spinner();
                ui.weak("pending …");
            }
            if let Some(told) = &self.told {
                ui.weak(told);
            }
        });
        if self.is_copying {
            self.copy_ui(ui, cx, workspace, well);
        }
        if self.asks_delete {
            self.delete_ui(ui, cx, workspace, well);
        }
        if let Some(run) = run {
            let (workspace, target) = (workspace.to_owned(), run.id.clone());
            self.saver.ui(ui, cx, &FORMATS.map(|(format, _)| format), |place, file| {
                let format = FORMATS.get(place).map_or(ExportFormat::Las, |(_, format)| *format);
                Request::Export { workspace: Some(workspace), target, format, options: ExportOptions::default(), file }
            });
        }
        if let Some(error) = &self.error {
            problem_ui(ui, error);
        }
    }

    fn views_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, workspace: &str, well: &WellInfo, run: Option<&RunInfo>) {
        let (at, id) = (|| workspace.to_owned(), || well.id.clone());
        let places = [
            ("Log", Some(Place::LogOf { workspace: at(), well: id(), template: TEMPLATE.to_owned() })),
            ("Charts", Some(Place::Charts { workspace: at() })),
            ("Coverage", Some(Place::Coverage { workspace: at(), well: id() })),
            ("Plot", Some(Place::Crossplot { workspace: at(), well: id() })),
            ("Samples", run.map(|run| Place::Grid { workspace: at(), run: run.id.clone() })),
            ("Map", Some(Place::Map { workspace: at() })),
        ];
        for (name, place) in places {
            let response = ui.add_enabled(place.is_some(), egui::Button::new(name));
            if response.accessible_name(format!("Open {}", name.to_lowercase())).clicked()
                && let Some(place) = place
            {
                cx.open(place);
            }
        }
    }

    fn copy_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, workspace: &str, well: &WellInfo) {
        let others: Vec<WorkspaceInfo> = cx.state.workspaces().filter(|other| other.id != workspace).cloned().collect();
        ui.horizontal_wrapped(|ui| {
            ui.label(format!("Copy {} to", well.name));
            let name = |id: &Option<String>| {
                let found = others.iter().find(|other| Some(&other.id) == id.as_ref());
                found.map_or("choose a workspace", |other| other.name.as_str())
            };
            let combo = ComboBox::from_id_salt("copy to").selected_text(name(&self.copy_to)).show_ui(ui, |ui| {
                for other in &others {
                    ui.selectable_value(&mut self.copy_to, Some(other.id.clone()), other.name.as_str());
                }
            });
            combo.response.accessible_name("Workspace to copy to");
            let is_ready = self.copy_to.is_some() && self.call.is_none();
            if ui.add_enabled(is_ready, egui::Button::new("Copy well")).clicked()
                && let Some(to) = self.copy_to.clone()
            {
                let ask = CopyRequest { wells: vec![well.id.clone()], to, moves: false };
                self.start(cx, Request::Copy { workspace: Some(workspace.to_owned()), ask }, Deed::Copy);
            }
            if ui.button("Do not copy").clicked() {
                self.is_copying = false;
            }
        });
    }

    fn delete_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, workspace: &str, well: &WellInfo) {
        let palette = theme::palette(ui);
        if !may_delete(cx.state, workspace) {
            self.asks_delete = false;
            self.told = Some("deleting needs an admin".to_owned());
            return;
        }
        boxed_ui(ui, palette.warn, |ui| {
            let runs = format::counted(well.runs, "run");
            ui.label(format!("Delete {} with {runs}, for everybody? It can be restored.", well.name));
            ui.horizontal(|ui| {
                if ui.add_enabled(self.call.is_none(), egui::Button::new("Delete well")).clicked() {
                    self.asks_delete = false;
                    let request = Request::Delete { workspace: Some(workspace.to_owned()), target: well.id.clone() };
                    let deed = Deed::Delete(workspace.to_owned(), well.id.clone(), well.name.clone());
                    self.start(cx, request, deed);
                }
                if ui.button("Keep it").clicked() {
                    self.asks_delete = false;
                }
            });
        });
    }
}
