use super::*;
use crate::pg::oids::relation_oid;

fn context() -> Context {
    Context {
        database: "North Sea".to_owned(),
        databases: vec!["North Sea".to_owned(), "O'Hara".to_owned()],
        settings: [("search_path".to_owned(), "public".to_owned())].into(),
    }
}

fn rewritten(sql: &str) -> String {
    rewrite(sql, &context()).unwrap_or_else(|| sql.to_owned())
}

#[test]
fn what_is_no_concern_stays_as_it_is() {
    for sql in [
        "SELECT  well , count(*) FROM samples GROUP BY well",
        "select $1::float8 + 1",
        "not sql at all",
        "SELECT 1; SELECT pg_backend_pid()",
        "DELETE FROM pg_class",
    ] {
        assert_eq!(rewrite(sql, &context()), None, "{sql}");
        assert_eq!(crate::pg::rewrite(sql, &context()), sql);
    }
}

#[test]
fn functions_of_a_session_become_its_values() {
    assert_eq!(rewritten("SELECT current_database()"), "SELECT 'North Sea' AS \"current_database\"");
    assert_eq!(rewritten("SELECT pg_catalog.version()").split('(').next(), Some("SELECT 'PostgreSQL 15.0 "));
    assert_eq!(
        rewritten("SELECT current_schema(),session_user"),
        "SELECT 'public' AS \"current_schema\", 'dataforge' AS \"session_user\""
    );
    assert_eq!(rewritten("SELECT current_schema"), "SELECT 'public' AS \"current_schema\"");
    assert_eq!(rewritten("SELECT current_setting('search_path')"), "SELECT 'public' AS \"current_setting\"");
    assert!(rewritten("SELECT has_table_privilege('wells', 'SELECT')").contains("SELECT true"));
    assert!(rewritten("SELECT has_table_privilege('wells', 'INSERT')").contains("SELECT false"));
}

#[test]
fn names_become_numbers() {
    let wells = relation_oid("public", "wells");
    assert!(rewritten("SELECT 'wells'::regclass").starts_with(&format!("SELECT {wells} ")));
    assert!(rewritten("SELECT 'public.\"wells\"'::regclass::oid").contains(&format!("CAST({wells} AS BIGINT)")));
    assert!(rewritten("SELECT 'pg_class'::regclass").starts_with("SELECT 1259 "));
    assert!(rewritten("SELECT '4711'::pg_catalog.regclass").starts_with("SELECT 4711 "));
    assert!(rewritten("SELECT 'float8'::regtype").starts_with("SELECT 701 "));
    assert!(rewritten("SELECT t.x::regtype::text FROM t").contains("WHEN 701 THEN 'double precision'"));
    assert!(rewritten("SELECT c.oid::regclass FROM pg_class c").contains("WHERE pg_lookup.oid = c.oid"));
}

#[test]
fn names_that_come_later_are_looked_up() {
    let sql = "SELECT typname AS name, oid, oid::regtype::text AS regtype FROM pg_type t WHERE t.oid = to_regtype($1) ORDER BY t.oid";
    let found = rewritten(sql);
    assert!(found.contains("t.oid = (SELECT max(pg_lookup.oid) FROM pg_catalog.pg_type AS pg_lookup"), "{found}");
    assert!(
        rewritten("SELECT 1 FROM pg_class c WHERE c.oid = $1::regclass::oid")
            .contains("pg_lookup.relname = CAST($1 AS VARCHAR)")
    );
}

#[test]
fn operators_and_collations_lose_their_schema() {
    let sql =
        "SELECT c.oid FROM pg_class c WHERE c.relname OPERATOR(pg_catalog.~) '^(wells)$' COLLATE pg_catalog.default";
    assert_eq!(rewritten(sql), "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relname ~ '^(wells)$'");
}

#[test]
fn arrays_become_lists() {
    assert!(rewritten("SELECT 1 WHERE 'r' = ANY('{r,p}')").ends_with("'r' IN ('r', 'p')"));
    assert!(rewritten("SELECT 1 WHERE 'r' <> ALL ('{r,p}')").ends_with("'r' NOT IN ('r', 'p')"));
    assert!(rewritten("SELECT 1 WHERE 'r' = ANY (ARRAY['r'])").ends_with("'r' IN ('r')"));
    assert!(
        rewritten("SELECT 1 WHERE 'a' = ANY(current_schemas(false))").ends_with("array_has(make_array('public'), 'a')")
    );
    assert!(rewritten("SELECT 1 WHERE 'r' = ANY('{}')").ends_with("WHERE false"));
}

#[test]
fn subqueries_for_many_values_stay_whole() {
    let among = rewritten("SELECT c.relname FROM pg_class c WHERE c.oid = ANY (SELECT t.typrelid FROM pg_type t)");
    assert!(among.ends_with("c.oid IN (SELECT t.typrelid FROM pg_catalog.pg_type t)"), "{among}");
    let above = rewritten("SELECT c.relname FROM pg_class c WHERE c.oid > ANY (SELECT t.typrelid FROM pg_type t)");
    assert!(!above.contains("max("), "{above}");
    let none = rewritten("SELECT c.relname FROM pg_class c WHERE c.oid <> ALL (SELECT i.indrelid FROM pg_index i)");
    assert!(none.ends_with("WHERE true"), "{none}");
}

#[test]
fn what_cannot_have_rows_keeps_its_names_only() {
    let sql =
        "SELECT pol.polname, array(SELECT 1), NULL, NULL FROM pg_catalog.pg_policy pol WHERE 'd' = any(x) ORDER BY 1";
    let found = rewritten(sql);
    assert!(found.starts_with("SELECT NULL AS \"polname\", NULL AS "), "{found}");
    assert!(found.ends_with("NULL AS \"?column?\", NULL AS \"?column?_2\" WHERE false"), "{found}");
    // A row of an outer join is there without the other side; one of a count always.
    for sql in [
        "SELECT c.relname FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_index i ON i.indrelid = c.oid",
        "SELECT count(*) FROM pg_catalog.pg_index",
    ] {
        assert!(!rewritten(sql).contains("WHERE false"), "{sql}");
    }
    assert!(rewritten("SELECT count(*) FROM pg_catalog.pg_index GROUP BY indrelid").ends_with("WHERE false"));
    // An aggregate of a subquery is none of the query.
    let inner = "SELECT (SELECT count(*) FROM pg_class) FROM pg_catalog.pg_index";
    assert_eq!(rewritten(inner), "SELECT NULL AS \"count\" WHERE false");
    let nested = "SELECT r.a FROM (SELECT 1 AS a FROM pg_class c JOIN pg_index i ON c.oid = i.indrelid) r ORDER BY r.a";
    assert_eq!(rewritten(nested), "SELECT NULL AS \"a\" WHERE false");
    let value = "SELECT (SELECT d.adbin FROM pg_attrdef d WHERE d.adrelid = a.attrelid) FROM pg_attribute a";
    assert_eq!(rewritten(value), "SELECT NULL AS \"adbin\" FROM pg_catalog.pg_attribute a");
}

#[test]
fn lists_of_rights_and_options_are_not_there() {
    let sql = "SELECT pg_catalog.array_to_string(d.datacl, E'\\n') AS \"Access privileges\" FROM pg_catalog.pg_class d";
    assert_eq!(rewritten(sql), "SELECT CAST(NULL AS VARCHAR) AS \"Access privileges\" FROM pg_catalog.pg_class d");
    let options = "SELECT array_to_string(c.reloptions || array(select 'toast.' || x from pg_catalog.unnest(tc.reloptions) x), ', ') \
                   FROM pg_class c LEFT JOIN pg_class tc ON c.reltoastrelid = tc.oid";
    assert!(
        rewritten(options).starts_with("SELECT CAST(NULL AS VARCHAR) AS \"array_to_string\" FROM"),
        "{}",
        rewritten(options)
    );
    let members = "SELECT r.rolname, ARRAY(SELECT b.rolname FROM pg_auth_members m JOIN pg_roles b ON (m.roleid = b.oid)) as memberof FROM pg_roles r";
    assert!(rewritten(members).contains("CAST(NULL AS VARCHAR[]) AS memberof"), "{}", rewritten(members));
}

#[test]
fn a_subquery_for_one_value_gives_one() {
    let sql = "SELECT 1 FROM pg_type t WHERE t.typrelid = 0 OR (SELECT c.relkind = 'c' FROM pg_class c WHERE c.oid = t.typrelid)";
    assert!(
        rewritten(sql).contains("SELECT max(c.relkind = 'c') AS \"max\" FROM pg_catalog.pg_class c"),
        "{}",
        rewritten(sql)
    );
}

#[test]
fn columns_get_names_once() {
    let found = rewritten("SELECT n.oid, n.*, '', '' FROM pg_namespace n");
    let other = rewritten(
        "SELECT n.oid, n.*, d.description FROM pg_namespace n LEFT JOIN pg_description d ON d.objoid = n.oid",
    );
    assert!(other.starts_with("SELECT n.oid AS \"oid_2\", n.*, d.description FROM"), "{other}");
    assert!(
        found.starts_with("SELECT n.oid AS \"oid_2\", n.*, '' AS \"?column?\", '' AS \"?column?_2\" FROM"),
        "{found}"
    );
}

#[test]
fn databases_and_settings_are_those_of_the_session() {
    let found = rewritten("SELECT d.datname FROM pg_catalog.pg_database d ORDER BY 1");
    assert!(found.contains("'North Sea' AS datname") && found.contains("'O''Hara' AS datname"), "{found}");
    assert!(found.contains(") AS d ") || found.contains(") d "), "{found}");
    assert!(rewritten("SELECT * FROM pg_settings").contains("'search_path' AS name"));
    assert!(rewritten("SELECT word FROM pg_catalog.pg_get_keywords()").contains("pg_catalog.pg_keywords"));
}

#[test]
fn a_statement_as_deep_as_allowed_is_read() {
    let deep = format!("SELECT {}pg_backend_pid(){}", "(".repeat(38), ")".repeat(38));
    assert!(crate::pg::rewrite(&deep, &context()).contains('1'));
    let long = format!("SELECT pg_backend_pid(){}", " + 1".repeat(990));
    assert!(!crate::pg::rewrite(&long, &context()).contains("pg_backend_pid"));
    let too_long = format!("SELECT pg_backend_pid(){}", " + 1".repeat(5_000));
    assert_eq!(crate::pg::rewrite(&too_long, &context()), too_long);
}
