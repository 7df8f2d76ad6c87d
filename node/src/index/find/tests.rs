use dataforge_protocol::id::WorkspaceId;

use super::*;
use crate::store::Store;

const WORKSPACE: WorkspaceId = WorkspaceId([9; 32]);

/// An id that begins with some digits.
fn id(digits: &str) -> DocId {
    DocId(ids_from(digits).unwrap().0)
}

/// A database with rows put in as they are.
struct Rows {
    store: Store,
    _dir: tempfile::TempDir,
}

impl Rows {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        Self { store: Store::open(dir.path()).unwrap(), _dir: dir }
    }

    /// Puts a row in; columns that must have something and are not named are empty.
    fn put(&self, table: &str, id: DocId, columns: &[(&str, &str)]) {
        self.put_in(&WORKSPACE, table, id, columns);
    }

    fn put_in(&self, workspace: &WorkspaceId, table: &str, id: DocId, columns: &[(&str, &str)]) {
        let connection = self.store.connection();
        let sql = format!("SELECT name, type FROM pragma_table_info('{table}') WHERE \"notnull\" = 1");
        let mut statement = connection.prepare(&sql).unwrap();
        let needed = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
        let (mut names, mut values) = (vec!["workspace".to_owned(), "id".to_owned()], vec!["?1".into(), "?2".into()]);
        for (name, kind) in needed.map(Result::unwrap) {
            if name != "workspace" && name != "id" && !columns.iter().any(|(column, _)| *column == name) {
                names.push(name);
                values.push(match kind.as_str() {
                    "TEXT" => "''".to_owned(),
                    "BLOB" => "x''".to_owned(),
                    _ => "0".to_owned(),
                });
            }
        }
        for (column, value) in columns {
            names.push((*column).to_owned());
            values.push(if *column == "deleted" { (*value).to_owned() } else { format!("'{value}'") });
        }
        let sql = format!("INSERT INTO {table} ({}) VALUES ({})", names.join(", "), values.join(", "));
        connection.execute(&sql, params![workspace.as_bytes(), id.as_bytes()]).unwrap();
    }

    fn index(&self) -> Index<'_> {
        Index::new(self.store.connection(), WORKSPACE)
    }

    fn find(&self, target: &str) -> Result<Found, ErrorKind> {
        self.index().find(target, false).map_err(|error| error.kind)
    }
}

#[test]
fn things_are_found_by_each_of_their_names() {
    let rows = Rows::new();
    let (well, run, file, project) = (id("aaaa1"), id("aaaa2"), id("aaaa3"), id("aaaa4"));
    rows.put("wells", well, &[("name", "North 1"), ("uwi", "UWI-1")]);
    rows.put("runs", run, &[("name", "Main pass"), ("source_name", "n1.las")]);
    rows.put("attachments", file, &[("name", "report.pdf")]);
    rows.put("projects", project, &[("name", "Pad")]);
    for (name, expected) in [
        ("North 1", Found::Well(well)),
        ("UWI-1", Found::Well(well)),
        ("Main pass", Found::Run(run)),
        ("n1.las", Found::Run(run)),
        ("n1.las:3", Found::Curve(run, 3)),
        ("report.pdf", Found::Attachment(file)),
        ("Pad", Found::Project(project)),
    ] {
        assert_eq!(rows.find(name), Ok(expected), "{name}");
        assert_eq!(rows.find(&expected.doc().to_string()).map(Found::doc), Ok(expected.doc()), "{name}");
    }
    assert_eq!((rows.index().find_well("UWI-1"), rows.index().find_run("n1.las")), (Ok(well), Ok(run)));
    assert_eq!(rows.find("north 1"), Err(ErrorKind::NotFound), "names are told letter by letter");
    assert!(rows.index().find_well(&run.to_string()).is_err(), "it is no well");
}

#[test]
fn what_names_several_things_is_refused() {
    let rows = Rows::new();
    let (one, other, run) = (id("abcd1"), id("abcd2"), id("abce"));
    rows.put("wells", one, &[("name", "North"), ("uwi", "same")]);
    rows.put("wells", other, &[("name", "North")]);
    rows.put("wells", id("7777"), &[("name", "same")]);
    rows.put("runs", run, &[("name", "Main"), ("source_name", "Main")]);
    rows.put("attachments", id("7888"), &[("name", "Main")]);
    for target in ["North", "same", "Main", "abcd", "ABCD"] {
        assert_eq!(rows.find(target), Err(ErrorKind::Usage), "{target}");
    }
    assert!(rows.index().find_well("North").unwrap_err().message.contains("2 wells"));
    assert_eq!(rows.index().find_run("Main"), Ok(run), "a name and a source that are the same are one");
    assert_eq!(
        (rows.find("abcd1"), rows.find("ABCD2"), rows.find("abce")),
        (Ok(Found::Well(one)), Ok(Found::Well(other)), Ok(Found::Run(run)))
    );
    assert_eq!((rows.find("abc"), rows.find("abcd3")), (Err(ErrorKind::NotFound), Err(ErrorKind::NotFound)));
}

#[test]
fn a_full_id_counts_before_a_name_and_a_name_before_the_start_of_an_id() {
    let rows = Rows::new();
    let (begins, named, misleading) = (id("cafe"), id("1111"), id("2222"));
    rows.put("wells", begins, &[("name", "One")]);
    rows.put("wells", named, &[("name", "cafe")]);
    rows.put("wells", misleading, &[("name", begins.to_string().as_str())]);
    assert_eq!(rows.find("cafe"), Ok(Found::Well(named)));
    assert_eq!(rows.find("cafe0"), Ok(Found::Well(begins)));
    assert_eq!(rows.find(&begins.to_string()), Ok(Found::Well(begins)));
    assert_eq!(rows.find(&begins.to_string().to_uppercase()), Ok(Found::Well(begins)));
    assert_eq!(rows.index().find_well(&begins.to_string()), Ok(begins));
}

#[test]
fn deleted_things_and_other_workspaces_are_found_only_where_they_are_meant() {
    let rows = Rows::new();
    let (gone, elsewhere) = (id("dead"), id("beef"));
    rows.put("wells", gone, &[("name", "Gone"), ("deleted", "1")]);
    rows.put_in(&WorkspaceId([8; 32]), "wells", elsewhere, &[("name", "Elsewhere")]);
    for target in ["Gone", "dead", &gone.to_string()] {
        assert_eq!(rows.find(target), Err(ErrorKind::NotFound), "{target}");
        assert_eq!(rows.index().find(target, true), Ok(Found::Well(gone)), "{target}");
    }
    for target in ["Elsewhere", "beef", &elsewhere.to_string()] {
        assert_eq!(rows.find(target), Err(ErrorKind::NotFound), "{target}");
    }
}

#[test]
fn what_has_a_title_is_found_by_kind() {
    let rows = Rows::new();
    let (chart, tops) = (id("f00d1"), id("f00d2"));
    rows.put("described", chart, &[("kind", "chart"), ("name", "Triple")]);
    rows.put("described", tops, &[("kind", "tops"), ("name", "Triple")]);
    rows.put("wells", id("3333"), &[("name", "Well 1")]);
    rows.put("described", id("4444"), &[("kind", "chart"), ("name", "Well 1")]);
    assert_eq!(rows.find("Triple"), Err(ErrorKind::Usage));
    assert_eq!(rows.find("f00d"), Err(ErrorKind::Usage));
    assert_eq!(rows.find("Well 1"), Ok(Found::Well(id("3333"))), "a chart may be called like its well");
    assert_eq!(rows.find(&tops.to_string()), Ok(Found::Described(DocKind::Tops, tops)));
    let of = |kind, target: &str| rows.index().find_described(kind, target, false).map_err(|error| error.kind);
    for target in ["Triple", "f00d", &chart.to_string()] {
        let expected = if target.len() == 64 { Err(ErrorKind::NotFound) } else { Ok(tops) };
        assert_eq!((of(DocKind::Chart, target), of(DocKind::Tops, target)), (Ok(chart), expected), "{target}");
    }
}

#[test]
fn nothing_is_looked_for_by_reading_a_table() {
    let rows = Rows::new();
    let plan = |sql: &str| -> String {
        let mut statement = rows.store.connection().prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
        let count = statement.parameter_count();
        let values = rusqlite::params_from_iter(vec![""; count]);
        let steps = statement.query_map(values, |row| row.get::<_, String>(3)).unwrap();
        let steps: Vec<_> = steps.map(Result::unwrap).collect();
        steps.join("; ")
    };
    let all = [WELLS, RUNS, ATTACHMENTS, PROJECTS].into_iter().chain(DESCRIBED.map(Named::described));
    for named in all {
        let found = plan(&named.by_id());
        assert!(
            found.starts_with("SEARCH") && found.contains("PRIMARY KEY (workspace=? AND id>? AND id<?)"),
            "{found}"
        );
        assert!(!found.contains(';'), "{found}");
        for (column, index) in named.columns {
            let found = plan(&named.by_name(column, index));
            assert!(found.contains(index) && found.contains(&format!("{column}=?")), "{found}");
        }
    }
    assert!(plan(BY_SPELLING).contains("name_key=?"), "{}", plan(BY_SPELLING));
}
