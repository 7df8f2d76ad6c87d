//! `dataforge groups`.

use clap::{Args, Subcommand};
use dataforge_node::api::{ApiError, ErrorKind, GroupInfo, GroupRequest, Reply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table};

const EXAMPLES: &str = "\
Examples:
  dataforge groups create logging Bob Carol
  dataforge groups add logging Dora
  dataforge role @logging editor               # each of them, all or nobody";

/// Lists groups of people: names for several, which grant nothing by themselves.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Groups {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List them, with their people
    List,
    /// Make one
    Create {
        /// Its name
        name: String,
        /// Who belongs to it: names, words or starts of ids
        #[arg(value_name = "PERSON")]
        people: Vec<String>,
    },
    /// Give one another name
    Rename {
        /// Name or start of the id
        group: String,
        /// New name
        name: String,
    },
    /// Take one away; its people stay what they are
    Delete {
        /// Name or start of the id
        group: String,
    },
    /// Put people into one
    Add {
        /// Name or start of the id
        group: String,
        /// Names, words or starts of ids
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
    /// Take people out of one
    Remove {
        /// Name or start of the id
        group: String,
        /// Names, words or starts of ids
        #[arg(required = true, value_name = "PERSON")]
        people: Vec<String>,
    },
}

impl Groups {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let ask = match self.action {
            None | Some(Action::List) => GroupRequest::List,
            Some(Action::Create { name, people }) => GroupRequest::Create { name, people },
            Some(Action::Rename { group, name }) => GroupRequest::Rename { group, name },
            Some(Action::Delete { group }) => GroupRequest::Delete { group },
            Some(Action::Add { group, people }) => GroupRequest::Put { group, people, on: true },
            Some(Action::Remove { group, people }) => GroupRequest::Put { group, people, on: false },
        };
        context.ask(Request::Groups { workspace: context.workspace.clone(), ask }).await
    }
}

/// Returns the one group that a text names, as the node would find it.
pub(super) async fn named(context: &Context, text: &str) -> Result<GroupInfo, Failure> {
    let request = Request::Groups { workspace: context.workspace.clone(), ask: GroupRequest::List };
    let Reply::Groups { groups } = context.call(request).await? else {
        return Err(Failure::Api(ApiError::new(ErrorKind::Internal, "the node answered something else")));
    };
    let text = text.trim_start_matches('@');
    let is_start = |id: &str| text.len() >= 4 && id.starts_with(&text.to_ascii_lowercase());
    let exact = groups.iter().find(|group| group.name == text);
    let found =
        exact.or_else(|| groups.iter().find(|group| group.name.eq_ignore_ascii_case(text) || is_start(&group.id)));
    found.cloned().ok_or_else(|| {
        let names: Vec<_> = groups.iter().map(|group| group.name.as_str()).collect();
        let error = ApiError::new(ErrorKind::NotFound, format!("there is no group {text:?}"));
        Failure::Api(error.hint(format!("dataforge groups lists them; there are: {}", names.join(", "))))
    })
}

impl Human for Vec<GroupInfo> {
    fn human(&self) -> String {
        let columns = [("group", Align::Left), ("person", Align::Left), ("role", Align::Left), ("words", Align::Left)];
        let mut table = Table::new(&columns);
        for group in self {
            if group.people.is_empty() {
                table.row([&group.name, "nobody yet", "", ""]);
            }
            for person in &group.people {
                let role = if person.role == "none" { "no member any more" } else { &person.role };
                table.row([&group.name, &person.name, role, &person.fingerprint]);
            }
        }
        table.or("no groups yet: dataforge groups create NAME PERSON…")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::GroupPerson;

    use super::*;

    #[test]
    fn who_is_no_member_any_more_is_shown_as_such() {
        let person = |name: &str, role: &str| GroupPerson {
            person_id: name.into(),
            name: name.into(),
            fingerprint: "a b c d".into(),
            role: role.into(),
        };
        let people = vec![person("Bob", "editor"), person("Carol", "none")];
        let groups = vec![
            GroupInfo { id: "1".into(), name: "crew".into(), people },
            GroupInfo { id: "2".into(), name: "later".into(), people: Vec::new() },
        ];
        let expected = "\
GROUP  PERSON      ROLE                WORDS
crew   Bob         editor              a b c d
crew   Carol       no member any more  a b c d
later  nobody yet";
        assert_eq!(groups.human(), expected);
    }
}
