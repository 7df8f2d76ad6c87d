//! A Java program with PostgreSQL's JDBC driver, which DBeaver and others have too.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};

use dataforge_tests::program::skip;

use super::{Served, client_file, finish, said};

/// The driver of Debian's libpostgresql-jdbc-java.
const DRIVER: &str = "/usr/share/java/postgresql.jar";

/// Whether a Java that compiles a source file by itself, and the driver, are here.
fn is_here() -> bool {
    let modules = Command::new("java").arg("--list-modules").stderr(Stdio::null()).output();
    let compiles = modules.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains("jdk.compiler"));
    compiles && Path::new(DRIVER).exists()
}

#[test]
fn jdbc_lists_prepares_and_fetches_in_parts() {
    if !is_here() {
        return skip("jdbc_lists_prepares_and_fetches_in_parts", "a JDK and libpostgresql-jdbc-java");
    }
    let served = Served::new();
    let mut command = Command::new("java");
    // A source file is compiled and run by one command.
    command.args(["-Xmx256m", "-cp", DRIVER]).arg(client_file("Client.java"));
    command.arg(format!("jdbc:postgresql://{}/Field", served.at["postgres"]));
    command.args([&served.token, &served.wrong_token()]);
    let output = finish(command);
    assert!(output.status.success(), "{}", said(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    let told: BTreeMap<_, _> = text.lines().filter_map(|line| line.split_once('=')).collect();
    let number = |key: &str| told[key].parse::<f64>().unwrap_or_else(|error| panic!("{key}: {error}: {text}"));
    for table in ["wells", "runs", "curves", "tops", "samples"] {
        assert!(told["tables"].split(' ').any(|one| one == table), "{table}: {text}");
    }
    for column in ["well_id:12", "name:12", "runs:-5", "top_m:8"] {
        assert!(told["columns"].split(' ').any(|one| one == column), "{column}: {text}");
    }
    assert!(told["catalogs"].split(' ').any(|one| one == "Field"), "{text}");
    let prepared = "select count(*) as n, sum(value) as total from samples \
                    where well = 'Well 0001' and curve = 'GR' and depth_m between 1050.0 and 1100.0";
    let row = &served.rows(prepared)[0];
    assert_eq!(number("prepared.count"), row["n"].as_f64().unwrap());
    assert_eq!(number("prepared.sum").to_bits(), row["total"].as_f64().unwrap().to_bits());
    // Prepared again and again, which the driver then does by name and in binary.
    assert_eq!(told["prepared.again"], "same", "{text}");
    let rows = served.rows("select value from samples where curve = 'RHOB' order by well, run, index_value");
    let values = rows.iter().map(|row| row["value"].as_f64());
    assert_eq!(number("fetched.rows"), rows.len() as f64);
    assert_eq!(number("fetched.nulls"), values.clone().filter(Option::is_none).count() as f64);
    let sum: f64 = values.flatten().sum();
    assert_eq!(number("fetched.sum").to_bits(), sum.to_bits());
    assert_eq!(told["delete"], "refused", "{text}");
    assert_eq!(told["position"], "17", "{text}");
    assert_eq!(told["cancelled"], "57014", "{text}");
    assert!(told["wrong"].starts_with("28"), "{text}");
    assert_eq!(told["held"], "true", "{text}");
    assert!(told["claimed"].starts_with("20"), "{text}");
}
