//! What holds for a project: how much it may take, and which files belong into it.

use std::collections::BTreeSet;

use dataforge_node::api::{ApiError, ProjectInfo, ProjectRequest, Reply, Request};
use egui::{ComboBox, Ui};

use crate::state::Slot;
use crate::view::Cx;
use crate::view::team::role::{Need, why_not};
use crate::view::team::storage::size;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form;
use crate::widget::problem::problem_ui;

/// Bytes that a project should have at most.
const QUOTA: &str = "storage_quota";

/// Extensions of files that belong into it.
const TYPES: &str = "allowed_file_types";

/// What is done: for people, and as a request.
type Deed = (String, Request);

/// The projects, and what is typed about one.
#[derive(Debug, Default)]
pub(super) struct Projects {
    list: Slot<Vec<ProjectInfo>>,
    chosen: Option<String>,
    quota: String,
    types: String,
}

impl Projects {
    pub(super) fn load(&mut self, cx: &mut Cx<'_>, workspace: Option<String>) {
        let ask = ProjectRequest::List { archived: false, tag: None };
        self.list.load(cx, Request::Projects { workspace, ask });
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.list.awaits(ticket)
    }

    pub(super) fn take(&mut self, result: Result<Reply, ApiError>) -> bool {
        let before = self.project().map(|project| project.settings.clone());
        let is_untouched = self.changes().is_ok_and(|changes| changes.is_empty());
        let again = self.list.take(result, |reply| match reply {
            Reply::Projects { projects } => Some(projects),
            _ => None,
        });
        match self.project().map(|project| project.settings.clone()) {
            None => {
                let first = self.list.value().and_then(|list| list.first()).map(|project| project.id.clone());
                self.choose(first);
            }
            // What nobody typed over follows what others set; saved with the rest it would undo that.
            now if is_untouched && now != before => self.choose(self.chosen.clone()),
            Some(_) => {}
        }
        again
    }

    fn choose(&mut self, id: Option<String>) {
        self.chosen = id;
        let project = self.project();
        let told = |key: &str| project.and_then(|project| project.settings.get(key)).cloned().unwrap_or_default();
        (self.quota, self.types) = (told(QUOTA), told(TYPES));
    }

    fn project(&self) -> Option<&ProjectInfo> {
        let id = self.chosen.as_ref()?;
        self.list.value()?.iter().find(|project| project.id == *id)
    }

    /// Returns what is typed and differs, as fields with values.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    fn changes(&self) -> Result<Vec<(&'static str, String)>, String> {
        let quota = match self.quota.trim() {
            "" => String::new(),
            text => size(text)?.to_string(),
        };
        // As the node keeps them: else what was saved would differ from what is typed for ever.
        let words = self.types.split([',', ' ', ';']).map(|word| word.trim().trim_start_matches('.').to_lowercase());
        let types: BTreeSet<String> = words.filter(|word| !word.is_empty()).collect();
        let types = types.into_iter().collect::<Vec<_>>().join(",");
        let project = self.project();
        let differs = |key: &str, value: &str| {
            project.and_then(|project| project.settings.get(key)).map_or("", String::as_str) != value
        };
        Ok([(QUOTA, quota), (TYPES, types)].into_iter().filter(|(key, value)| differs(key, value)).collect())
    }

    /// Draws it; returns what is to be done.
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        role: Option<&str>,
        busy: Option<&str>,
        workspace: Option<String>,
    ) -> Vec<Deed> {
        form::head_ui(ui, "Projects");
        if let Some(error) = self.list.error() {
            problem_ui(ui, error);
        }
        let projects = self.list.value().cloned().unwrap_or_default();
        if projects.is_empty() {
            ui.weak("No projects yet. A quota and allowed file types are set for each project.");
            return Vec::new();
        }
        let mut chosen = self.chosen.clone();
        let name = self.project().map_or_else(String::new, |project| project.name.clone());
        ComboBox::from_label("Project").selected_text(name).truncate().show_ui(ui, |ui| {
            for project in &projects {
                ui.selectable_value(&mut chosen, Some(project.id.clone()), project.name.as_str());
            }
        });
        if chosen != self.chosen {
            self.choose(chosen);
        }
        form::text_ui(ui, "At most", &mut self.quota, "such as 20 GB; empty as the setting of each machine says");
        form::text_ui(ui, "Allowed file types", &mut self.types, "such as las, csv; empty for all");
        let changes = self.changes();
        if let Err(why) = &changes {
            badge_ui(ui, Mark::Bad, why);
        }
        let lacking = why_not(role, Need::Editor, "change projects");
        let wrong = changes.as_ref().err().map(String::as_str);
        let same = changes.as_ref().is_ok_and(Vec::is_empty).then_some("nothing is changed");
        let reason = busy.or(lacking.as_deref()).or(wrong).or(same);
        if !act_ui(ui, "Save the project", reason) {
            return Vec::new();
        }
        let Some(project) = self.chosen.clone() else {
            return Vec::new();
        };
        let set = |(field, value): (&str, String)| {
            let ask = ProjectRequest::Set { project: project.clone(), field: format!("settings.{field}"), value };
            (format!("setting {field}"), Request::Projects { workspace: workspace.clone(), ask })
        };
        changes.unwrap_or_default().into_iter().map(set).collect()
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{ProjectInfo, Reply};

    use super::Projects;

    #[test]
    fn a_project_is_saved_by_what_differs() {
        let mut projects = Projects::default();
        let mut info = ProjectInfo { id: "p".into(), name: "North".into(), ..ProjectInfo::default() };
        info.settings.insert("storage_quota".into(), "20000000000".into());
        projects.take(Ok(Reply::Projects { projects: vec![info] }));
        assert_eq!(projects.quota, "20000000000");
        assert_eq!(projects.changes(), Ok(Vec::new()));
        "20 GB".clone_into(&mut projects.quota);
        assert_eq!(projects.changes(), Ok(Vec::new()), "it is the same size");
        " .LAS , csv,".clone_into(&mut projects.types);
        assert_eq!(projects.changes(), Ok(vec![("allowed_file_types", "csv,las".to_owned())]));
        "".clone_into(&mut projects.quota);
        assert_eq!(projects.changes().map(|changes| changes.len()), Ok(2), "no quota any more");
        "much".clone_into(&mut projects.quota);
        assert!(projects.changes().is_err());
    }
}
