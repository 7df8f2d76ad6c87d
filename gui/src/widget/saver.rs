//! Asks where a file is to go and in which format, and shows how it gets there.

use std::path::PathBuf;

use dataforge_node::api::Request;
use egui::{ComboBox, TextEdit, Ui};

use super::problem::problem_ui;
use crate::calls::{News, Ticket};
use crate::format;
use crate::save::{Saved, Saving};
use crate::view::Cx;
use crate::work::{Job, take};

/// A format that something can be written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileFormat {
    /// What people call it.
    pub name: &'static str,
    /// How names of files end.
    pub extension: &'static str,
}

/// Where a file goes, and how it gets there.
#[derive(Debug, Default)]
pub struct Saver {
    /// Whether it is shown.
    pub is_open: bool,
    chosen: usize,
    path: String,
    replaces: bool,
    saving: Option<Saving>,
    browsing: Option<Job<Option<PathBuf>>>,
}

/// Returns the folder of files whose place is not said in full.
fn home() -> Option<PathBuf> {
    let name = if cfg!(windows) { "USERPROFILE" } else { "HOME" };
    std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from)
}

impl Saver {
    /// Opens it, proposing a name.
    pub fn open(&mut self, stem: &str, formats: &[FileFormat]) {
        self.is_open = true;
        if self.is_running() {
            return;
        }
        self.saving = None;
        self.replaces = false;
        let plain: String = stem.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
        let extension = formats.get(self.chosen).map_or("", |format| format.extension);
        let name = format!("{plain}.{extension}");
        self.path = home().map_or_else(|| name.clone(), |home| home.join(&name).display().to_string());
    }

    /// Shows it no more, unless a file is on its way.
    pub fn put_away(&mut self) {
        self.is_open &= self.is_running();
    }

    fn is_running(&self) -> bool {
        self.saving.as_ref().is_some_and(|saving| saving.saved().is_none())
    }

    /// Whether news of this ticket belong here.
    #[must_use]
    pub fn awaits(&self, ticket: Ticket) -> bool {
        self.saving.as_ref().is_some_and(|saving| saving.awaits(ticket))
    }

    /// Takes news of its call.
    pub fn on_news(&mut self, news: News) {
        if let Some(saving) = &mut self.saving {
            saving.on_news(news);
        }
    }

    /// Draws it; `request` says what is asked of the node for the format at a place of `formats`.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &mut Cx<'_>,
        formats: &[FileFormat],
        request: impl FnOnce(usize, String) -> Request,
    ) {
        if let Some(Some(Some(path))) = take(&mut self.browsing) {
            // The dialogue has asked already.
            self.replaces = true;
            self.path = path.display().to_string();
        }
        if let Some(saving) = &mut self.saving {
            saving.pump(ui.ctx());
        }
        if !self.is_open {
            return;
        }
        ui.horizontal_wrapped(|ui| {
            self.format_ui(ui, formats);
            ui.label("File");
            let edit = TextEdit::singleline(&mut self.path)
                .id_salt("export file")
                .desired_width(320.0)
                .hint_text("/folder/name.csv");
            ui.add(edit).accessible_name("Export to file");
            if ui.button("Browse …").clicked() && self.browsing.is_none() {
                let path = PathBuf::from(&self.path);
                self.browsing = Some(Job::start(ui.ctx(), move || browse(path)));
            }
            ui.checkbox(&mut self.replaces, "Replace");
            let is_running = self.is_running();
            if is_running {
                self.running_ui(ui, cx);
            } else if ui.button("Write file").clicked() && !self.path.trim().is_empty() {
                let path = self.target();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let ticket = cx.call(request(self.chosen, name));
                self.saving = Some(Saving::new(ticket, path, self.replaces));
            }
            if ui.button("Close export").clicked() && !is_running {
                self.is_open = false;
            }
        });
        match self.saving.as_ref().and_then(Saving::saved) {
            Some(Saved::Done(path, bytes)) => {
                ui.label(format!("Wrote {}, {}", path.display(), format::bytes(*bytes)));
            }
            Some(Saved::Failed(error)) => problem_ui(ui, error),
            None => {}
        }
    }

    fn format_ui(&mut self, ui: &mut Ui, formats: &[FileFormat]) {
        let before = self.chosen;
        let name = formats.get(self.chosen).map_or("", |format| format.name);
        let combo = ComboBox::from_id_salt("export format").selected_text(name).show_ui(ui, |ui| {
            for (place, format) in formats.iter().enumerate() {
                ui.selectable_value(&mut self.chosen, place, format.name);
            }
        });
        combo.response.accessible_name("Export format");
        if before != self.chosen
            && let Some(format) = formats.get(self.chosen)
        {
            self.path = PathBuf::from(&self.path).with_extension(format.extension).display().to_string();
            // That was said of another file.
            self.replaces = false;
        }
    }

    fn running_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(saving) = &mut self.saving else { return };
        ui.spinner();
        ui.label(format!("{} so far", format::bytes(saving.bytes())));
        if ui.button("Cancel export").clicked() {
            saving.cancel(cx);
        }
    }

    fn target(&self) -> PathBuf {
        let path = PathBuf::from(self.path.trim());
        match home() {
            Some(home) if path.is_relative() => home.join(path),
            _ => path,
        }
    }
}

fn browse(path: PathBuf) -> Option<PathBuf> {
    let mut dialog = rfd::FileDialog::new();
    if let Some(folder) = path.parent().filter(|folder| folder.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = path.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    dialog.save_file()
}
