//! psql: its own commands, exact numbers, places of errors, and what it may not do.

use std::process::Command;
use std::time::Duration;

use dataforge_tests::program::{has_tool, skip, wait_until};

use super::{Served, assert_same_cells, cells, finish, said};

/// A statement that takes hours, and stops at once when it is asked to.
const LONG: &str = "select count(*) from generate_series(1, 1000000000000) where value % 7 = 3";

fn psql(served: &Served, token: &str, args: &[&str]) -> Command {
    let (host, port) = served.host_and_port("postgres");
    let mut command = Command::new("psql");
    command.args(["-X", "-A", "-v", "ON_ERROR_STOP=1"]).args(args);
    for (key, value) in [
        ("PGHOST", host),
        ("PGPORT", port),
        ("PGUSER", "dataforge"),
        ("PGPASSWORD", token),
        ("PGDATABASE", "Field"),
        ("PGCONNECT_TIMEOUT", "60"),
        ("PGPASSFILE", "/dev/null"),
        ("LC_ALL", "C.UTF-8"),
    ] {
        command.env(key, value);
    }
    command
}

/// Runs psql, which must succeed; returns what it printed.
fn ok(served: &Served, args: &[&str]) -> String {
    let output = finish(psql(served, &served.token, args));
    assert!(output.status.success(), "{args:?}: {}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Runs psql, which must be told of an error; returns what it said.
fn fails(served: &Served, sql: &str) -> String {
    let output = finish(psql(served, &served.token, &["-c", sql]));
    let said = said(&output);
    assert!(!output.status.success() && said.contains("ERROR"), "{sql}: {said}");
    said
}

#[test]
fn psql_lists_describes_and_reads_the_very_numbers() {
    if !has_tool("psql") {
        return skip("psql_lists_describes_and_reads_the_very_numbers", "psql");
    }
    let served = Served::new();
    let databases = ok(&served, &["-t", "-c", r"\l"]);
    assert!(databases.lines().any(|line| line.starts_with("Field|")), "{databases}");
    let tables = ok(&served, &["-t", "-c", r"\dt"]);
    for table in ["wells", "runs", "curves", "tops", "samples"] {
        assert!(tables.contains(&format!("|{table}|table|")), "{table} is not among {tables}");
    }
    let columns = ok(&served, &["-t", "-c", r"\d wells"]);
    for column in ["well_id|text", "name|text", "runs|bigint", "top_m|double precision"] {
        assert!(columns.lines().any(|line| line.starts_with(column)), "{column} is not among {columns}");
    }
    for sql in [
        "select well, run, curve, depth_m, time_s, value from samples order by well, run, curve, index_value",
        "select name, top_m, base_m, runs from wells order by name",
        "select well, name, depth_m from tops order by well, depth_m",
        "select well, avg(value), sum(value), stddev(value) from samples group by well order by well",
    ] {
        let theirs = cells(&ok(&served, &["--csv", "-c", sql]));
        assert!(theirs.len() > 7, "{sql}: {} rows", theirs.len());
        assert_same_cells(&theirs, &served.csv(sql));
    }
    // Rows that come in parts, as large results are fetched.
    let sql = "select well, value from samples where curve = 'RHOB' order by well, run, index_value";
    let parts = cells(&ok(&served, &["--csv", "-v", "FETCH_COUNT=100", "-c", sql]));
    assert_same_cells(&parts, &served.csv(sql));
}

#[test]
fn psql_is_told_where_an_error_is() {
    if !has_tool("psql") {
        return skip("psql_is_told_where_an_error_is", "psql");
    }
    let served = Served::new();
    for (sql, at, word) in [
        ("select well_id, nmae from wells", "nmae", "name"),
        ("select name from wells where uwi = = 'a'", "= 'a'", "ERROR"),
    ] {
        let said = fails(&served, sql);
        assert!(said.contains(word), "{said}");
        let lines: Vec<_> = said.lines().collect();
        let line = lines.iter().position(|line| line.starts_with("LINE 1: ")).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(lines[line + 1].find('^'), lines[line].find(at), "{said}");
    }
    assert!(fails(&served, "select 1 from welles").contains("wells"), "a table's name is suggested");
}

#[test]
fn psql_copies_and_changes_nothing() {
    if !has_tool("psql") {
        return skip("psql_copies_and_changes_nothing", "psql");
    }
    let served = Served::new();
    let (out, ran, input) = (served.file("out.csv"), served.file("ran"), served.file("in.csv"));
    std::fs::write(&input, "x\n").unwrap();
    let before = served.value("select count(*) from wells");
    for sql in [
        format!("copy wells to '{}'", out.display()),
        format!(r"\copy wells to '{}'", out.display()),
        format!(r"\copy wells from '{}'", input.display()),
        format!("copy wells from '{}'", input.display()),
        format!("copy (select 1) to program 'touch {}'", ran.display()),
        "insert into wells (name) values ('x')".to_owned(),
        "delete from wells".to_owned(),
        "update wells set name = 'x'".to_owned(),
        "drop table wells".to_owned(),
        "create table mine as select * from wells".to_owned(),
        "begin; delete from wells; commit".to_owned(),
    ] {
        fails(&served, &sql);
    }
    // psql itself makes the file that \copy is to fill.
    assert!(std::fs::metadata(&out).map_or(0, |found| found.len()) == 0, "nothing is written");
    assert!(!ran.exists(), "nothing is run");
    assert_eq!(served.value("select count(*) from wells"), before);
}

#[test]
fn psql_without_the_token_gets_nothing() {
    if !has_tool("psql") {
        return skip("psql_without_the_token_gets_nothing", "psql");
    }
    let served = Served::new();
    for (token, more) in [(served.wrong_token(), None), (String::new(), None), (served.token.clone(), Some("require"))]
    {
        let mut command = psql(&served, &token, &["-w", "-c", "select name from wells"]);
        if let Some(mode) = more {
            // There is no certificate: who insists on encryption is told so, and not served without.
            command.env("PGSSLMODE", mode);
        }
        let output = finish(command);
        let said = said(&output);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(!said.contains("Well 0") && !said.contains(&served.token), "{said}");
    }
    // With one workspace any name will do.
    served.place.json(&["init", "Second"]);
    let other = finish({
        let mut command = psql(&served, &served.token, &["-c", "select 1"]);
        command.env("PGDATABASE", "Elsewhere");
        command
    });
    assert!(!other.status.success() && said(&other).contains("Elsewhere"), "{}", said(&other));
}

#[cfg(unix)]
#[test]
fn psql_is_stopped_by_ctrl_c() {
    use std::process::Stdio;

    if !has_tool("psql") {
        return skip("psql_is_stopped_by_ctrl_c", "psql");
    }
    let served = Served::new();
    let connected = served.file("connected");
    let tell = format!(r"\! touch '{}'", connected.display());
    let mut command = psql(&served, &served.token, &["-c", &tell, "-c", LONG]);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    wait_until("psql has connected", || connected.exists());
    std::thread::sleep(Duration::from_secs(2));
    assert!(child.try_wait().unwrap().is_none(), "it is still at it");
    wait_until("psql is stopped", || {
        // What comes before the statement has begun stops nothing, so it comes again.
        drop(Command::new("kill").args(["-INT", &child.id().to_string()]).status());
        std::thread::sleep(Duration::from_secs(1));
        child.try_wait().unwrap().is_some()
    });
    let output = child.wait_with_output().unwrap();
    let said = said(&output);
    assert!(!output.status.success() && said.contains("ERROR") && said.contains("cancel"), "{said}");
    // Nothing computes on: others get their turn, more of them than run at a time.
    for _ in 0..6 {
        assert_eq!(ok(&served, &["-t", "-c", "select count(*) from wells"]).trim(), super::WELLS.to_string());
    }
}
