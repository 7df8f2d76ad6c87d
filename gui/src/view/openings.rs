//! Commands that open the views of tables and plots, from wherever the user is: of what is selected.

use super::Place;
use crate::commands::CommandInfo;
use crate::state::State;

/// Commands that open views.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("open.grid", "Open the samples of the selected run"),
    CommandInfo::new("open.sql", "Open the SQL browser"),
    CommandInfo::new("open.sql_more", "Open another SQL browser"),
    CommandInfo::new("open.coverage", "Open the coverage of the selected well"),
    CommandInfo::new("open.crossplot", "Open a crossplot of the selected well"),
    CommandInfo::new("open.well_page", "Open the selected well in a view of its own"),
    CommandInfo::new("open.map", "Open the map of wells"),
];

/// Returns what a command opens, or why it cannot; none for commands of others. `open` is what is open.
pub fn place(command: &str, state: &State, open: &[Place]) -> Option<Result<Place, &'static str>> {
    if !COMMANDS.iter().any(|info| info.id == command) {
        return None;
    }
    let Some(workspace) = state.selection.workspace.clone() else {
        return Some(Err("select a workspace first"));
    };
    let well = || state.selection.well.clone().ok_or("select a well first");
    Some(match command {
        "open.grid" => {
            let run = state.selection.run.clone().ok_or("select a run first");
            run.map(|run| Place::Grid { workspace, run })
        }
        "open.sql" => Ok(Place::Sql { workspace, number: 1 }),
        "open.sql_more" => {
            let number = (1..).find(|&number| !open.contains(&Place::Sql { workspace: workspace.clone(), number }));
            Ok(Place::Sql { workspace, number: number.unwrap_or(1) })
        }
        "open.coverage" => well().map(|well| Place::Coverage { workspace, well }),
        "open.crossplot" => well().map(|well| Place::Crossplot { workspace, well }),
        "open.well_page" => well().map(|well| Place::WellPage { workspace, well }),
        _ => Ok(Place::Map { workspace }),
    })
}

#[cfg(test)]
mod tests {
    use super::{COMMANDS, Place, place};
    use crate::state::State;

    fn state() -> State {
        State::new("/data".into(), "dataforge".to_owned())
    }

    #[test]
    fn without_a_selection_it_is_said_what_to_select() {
        let mut state = state();
        for command in COMMANDS {
            assert_eq!(place(command.id, &state, &[]), Some(Err("select a workspace first")));
        }
        state.selection.workspace = Some("ws".to_owned());
        assert_eq!(place("open.coverage", &state, &[]), Some(Err("select a well first")));
        assert_eq!(place("open.grid", &state, &[]), Some(Err("select a run first")));
        assert_eq!(place("open.map", &state, &[]), Some(Ok(Place::Map { workspace: "ws".to_owned() })));
        assert_eq!(place("window.refresh", &state, &[]), None);
    }

    #[test]
    fn another_sql_browser_gets_the_first_number_that_is_free() {
        let mut state = state();
        state.selection.workspace = Some("ws".to_owned());
        let sql = |number| Place::Sql { workspace: "ws".to_owned(), number };
        assert_eq!(place("open.sql_more", &state, &[sql(1), sql(3)]), Some(Ok(sql(2))));
        assert_eq!(place("open.sql", &state, &[sql(1)]), Some(Ok(sql(1))));
    }
}
