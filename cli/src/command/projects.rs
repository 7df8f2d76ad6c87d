//! `dataforge projects`.

use clap::{Args, Subcommand};
use dataforge_node::api::{ProjectInfo, ProjectReply, ProjectRequest, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, bytes, clean, count, plural};
use crate::size;

/// The setting that is a size.
const STORAGE_QUOTA: &str = "settings.storage_quota";

const EXAMPLES: &str = "\
Examples:
  dataforge projects create \"North Infill\" --description \"Wells of 2026\"
  dataforge projects file \"North Infill\" \"15/9-F-1\" \"15/9-F-4\"
  dataforge projects set \"North Infill\" settings.storage_quota 5GB
  dataforge projects set \"North Infill\" settings.allowed_file_types las,csv
  dataforge import ~/logs --project \"North Infill\"
  dataforge pin \"North Infill\"                 # keep its data here";

/// Lists projects, which organise wells: everybody in the workspace sees all of them.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Projects {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: List,
}

#[derive(Debug, Args)]
struct List {
    /// Archived ones too
    #[arg(long)]
    archived: bool,
    /// Only those with this tag
    #[arg(long, value_name = "TAG")]
    tag: Option<String>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them
    List(List),
    /// Show one: its wells and attachments, what it takes, who made it
    Show {
        /// Name, id or start of the id
        project: String,
    },
    /// Make one; you are its owner
    Create {
        /// Its name; it may be that of another
        name: String,
        /// What it is about
        #[arg(long, value_name = "TEXT")]
        description: Option<String>,
    },
    /// Set a field: name, description, owner, settings.storage_quota, settings.allowed_file_types,
    /// settings.NAME
    Set {
        /// Name, id or start of the id
        project: String,
        /// The field
        field: String,
        /// New value; an empty one takes it away
        #[arg(allow_hyphen_values = true)]
        value: String,
    },
    /// Add tags
    Tag {
        /// Name, id or start of the id
        project: String,
        /// The tags
        #[arg(required = true, value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Take tags off
    Untag {
        /// Name, id or start of the id
        project: String,
        /// The tags
        #[arg(required = true, value_name = "TAG")]
        tags: Vec<String>,
    },
    /// Archive one: it is kept, and nothing more goes into it
    Archive {
        /// Name, id or start of the id
        project: String,
    },
    /// Take that back
    Unarchive {
        /// Name, id or start of the id
        project: String,
    },
    /// File wells under one, instead of the one they are in
    File {
        /// Name, id or start of the id
        project: String,
        /// Names, ids or starts of ids
        #[arg(required = true, value_name = "WELL")]
        wells: Vec<String>,
    },
    /// Take wells out of their projects
    Unfile {
        /// Names, ids or starts of ids
        #[arg(required = true, value_name = "WELL")]
        wells: Vec<String>,
    },
    /// Mark one as deleted; needs admin. Its wells stay
    Delete {
        /// Name, id or start of the id
        project: String,
    },
}

impl List {
    fn ask(self) -> ProjectRequest {
        ProjectRequest::List { archived: self.archived, tag: self.tag }
    }
}

impl Action {
    fn ask(self) -> Result<ProjectRequest, Failure> {
        Ok(match self {
            Self::List(list) => list.ask(),
            Self::Show { project } => ProjectRequest::Show { project },
            Self::Create { name, description } => ProjectRequest::Create { name, description },
            Self::Set { project, field, value } => {
                let value = if field == STORAGE_QUOTA && !value.is_empty() {
                    let bytes = size::parse(&value);
                    bytes.map_err(|why| Failure::usage(format!("{value:?} is no size"), why))?.to_string()
                } else {
                    value
                };
                ProjectRequest::Set { project, field, value }
            }
            Self::Tag { project, tags } => ProjectRequest::Tag { project, tags, on: true },
            Self::Untag { project, tags } => ProjectRequest::Tag { project, tags, on: false },
            Self::Archive { project } => ProjectRequest::Archive { project, on: true },
            Self::Unarchive { project } => ProjectRequest::Archive { project, on: false },
            Self::File { project, wells } => ProjectRequest::File { project: Some(project), wells },
            Self::Unfile { wells } => ProjectRequest::File { project: None, wells },
            Self::Delete { project } => ProjectRequest::Delete { project },
        })
    }
}

impl Projects {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = self.action.unwrap_or(Action::List(self.list)).ask()?;
        context.ask(Request::Projects { workspace: context.workspace.clone(), ask }).await
    }
}

impl Human for Vec<ProjectInfo> {
    fn human(&self) -> String {
        let columns = [
            ("project", Align::Left),
            ("name", Align::Left),
            ("wells", Align::Right),
            ("files", Align::Right),
            ("owner", Align::Left),
            ("tags", Align::Left),
            ("", Align::Left),
        ];
        let mut table = Table::new(&columns);
        for project in self {
            let (owner, tags) = (project.owner.as_deref().unwrap_or_default(), project.tags.join(", "));
            let state = if project.archived { "archived" } else { "" };
            let (wells, files) = (count(project.wells), count(project.attachments));
            table.row([&project.short, &project.name, &wells, &files, owner, &tags, state]);
        }
        table.or("no projects yet: dataforge projects create NAME")
    }
}

impl Human for ProjectReply {
    fn human(&self) -> String {
        let project = &self.project;
        let mut lines = vec![format!("{} ({})", clean(&project.name), project.short)];
        let mut line = |name: &str, value: &str| {
            if !value.is_empty() {
                lines.push(format!("{name:<12} {}", clean(value)));
            }
        };
        line("about", project.description.as_deref().unwrap_or_default());
        line("owner", project.owner.as_deref().unwrap_or_default());
        line("tags", &project.tags.join(", "));
        line("state", if project.archived { "archived" } else { "" });
        let used =
            format!("{} of {}, {} held here", bytes(self.bytes), bytes(self.quota_bytes), bytes(self.held_bytes));
        line("takes", &used);
        line("made", &format!("{} by {}", project.created_at, project.created_by));
        line("changed", &project.updated_at);
        for (name, value) in &project.settings {
            line("setting", &format!("{name} = {value}"));
        }
        for (field, values) in &project.conflicts {
            line("conflict", &format!("{field}: {}", values.join(" or ")));
        }
        let wells = if self.wells.is_empty() {
            "no wells yet: dataforge projects file PROJECT WELL".to_owned()
        } else {
            self.wells.human()
        };
        let mut parts = vec![lines.join("\n"), wells];
        if !self.attachments.is_empty() {
            let files = plural(self.attachments.len() as u64, "file");
            parts.push(format!("{files} of the project itself\n{}", self.attachments.human()));
        }
        parts.join("\n\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn project() -> ProjectInfo {
        ProjectInfo {
            short: "0123456789".into(),
            name: "North".into(),
            owner: Some("Ada".into()),
            tags: vec!["2026".into(), "infill".into()],
            archived: true,
            settings: [("allowed_file_types".to_owned(), "las".to_owned())].into(),
            wells: 2,
            created_by: "Ada".into(),
            created_at: "2026-01-02T03:04:05Z".into(),
            updated_at: "2026-01-03T03:04:05Z".into(),
            ..ProjectInfo::default()
        }
    }

    #[test]
    fn projects_are_listed_with_what_is_in_them() {
        let expected = "\
PROJECT     NAME   WELLS  FILES  OWNER  TAGS
0123456789  North      2      0  Ada    2026, infill  archived";
        assert_eq!(vec![project()].human(), expected);
        assert!(Vec::<ProjectInfo>::new().human().starts_with("no projects yet"));
    }

    #[test]
    fn a_project_says_what_it_takes() {
        let reply = ProjectReply {
            project: project(),
            bytes: 1_500_000,
            quota_bytes: 5_000_000_000,
            ..ProjectReply::default()
        };
        let text = reply.human();
        assert!(text.starts_with("North (0123456789)\nowner        Ada\n"), "{text}");
        for part in ["1.5 MB of 5.0 GB", "setting      allowed_file_types = las", "no wells yet"] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_quota_is_a_size_and_nothing_else_is() {
        let set = |field: &str, value: &str| {
            let (project, field, value) = ("North".to_owned(), field.to_owned(), value.to_owned());
            Action::Set { project, field, value }.ask()
        };
        let Ok(ProjectRequest::Set { value, .. }) = set(STORAGE_QUOTA, "5GB") else { panic!("a request") };
        assert_eq!(value, "5000000000");
        assert!(set(STORAGE_QUOTA, "much").is_err());
        let Ok(ProjectRequest::Set { value, .. }) = set("name", "5GB") else { panic!("a request") };
        assert_eq!(value, "5GB");
    }
}
