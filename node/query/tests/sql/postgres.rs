//! What clients of PostgreSQL ask of its catalogue, in their own words, and what they are answered.

use dataforge_query::pg::{Context, concerns, rewrite};

use super::fixture::Fixture;

fn context() -> Context {
    Context {
        database: "Field".to_owned(),
        databases: vec!["Field".to_owned(), "Other".to_owned()],
        settings: [("standard_conforming_strings".to_owned(), "on".to_owned())].into(),
    }
}

async fn ask(fixture: &Fixture, sql: &str) -> String {
    assert!(concerns(sql), "{sql}");
    fixture.csv(&rewrite(sql, &context())).await
}

/// The number that psql puts into its further questions.
async fn wells_oid(fixture: &Fixture) -> String {
    let found = ask(
        fixture,
        "SELECT c.oid, n.nspname, c.relname FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         WHERE c.relname OPERATOR(pg_catalog.~) '^(wells)$' COLLATE pg_catalog.default \
           AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 2, 3;",
    )
    .await;
    let row = found.lines().nth(1).unwrap();
    assert!(row.ends_with(",public,wells"), "{found}");
    assert_eq!(found.lines().count(), 2);
    row.split(',').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_information_schema_calls_the_own_schema_as_clients_do() {
    let fixture = Fixture::new();
    let tables = "SELECT table_schema, table_name FROM information_schema.tables \
                  WHERE table_schema = 'public' AND table_name = 'wells'";
    assert_eq!(ask(&fixture, tables).await, "table_schema,table_name\npublic,wells\n");
    let columns = "SELECT count(*) AS n FROM INFORMATION_SCHEMA.columns c JOIN information_schema.tables t \
                   ON t.table_schema = c.table_schema AND t.table_name = c.table_name \
                   WHERE c.table_schema = ANY(current_schemas(true)) AND c.table_name = 'wells' AND column_name = 'name'";
    assert_eq!(ask(&fixture, columns).await, "n\n1\n");
    let schemas = ask(&fixture, "SELECT schema_name FROM information_schema.schemata").await;
    assert!(schemas.contains("\npublic\n") && !schemas.contains("\nworkspace\n"), "{schemas}");
    for table in ["tables", "views", "columns", "schemata"] {
        let sql = format!("SELECT * FROM information_schema.{table} LIMIT 1");
        let header = |found: &str| found.lines().next().map(str::to_owned);
        assert_eq!(header(&ask(&fixture, &sql).await), header(&fixture.csv(&sql).await), "{table} has all its columns");
    }
}

#[tokio::test]
async fn psql_lists_databases_schemas_and_tables() {
    let fixture = Fixture::new();
    let databases = ask(
        &fixture,
        "SELECT d.datname as \"Name\", pg_catalog.pg_get_userbyid(d.datdba) as \"Owner\", \
         pg_catalog.pg_encoding_to_char(d.encoding) as \"Encoding\", d.datcollate as \"Collate\", \
         d.datctype as \"Ctype\", d.daticulocale as \"ICU Locale\", \
         CASE d.datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' END AS \"Locale Provider\", \
         pg_catalog.array_to_string(d.datacl, E'\\n') AS \"Access privileges\" \
         FROM pg_catalog.pg_database d ORDER BY 1;",
    )
    .await;
    let expected = "Name,Owner,Encoding,Collate,Ctype,ICU Locale,Locale Provider,Access privileges\n\
                    Field,dataforge,UTF8,C,C,,libc,\n\
                    Other,dataforge,UTF8,C,C,,libc,\n";
    assert_eq!(databases, expected);
    let schemas = ask(
        &fixture,
        "SELECT n.nspname AS \"Name\", pg_catalog.pg_get_userbyid(n.nspowner) AS \"Owner\" \
         FROM pg_catalog.pg_namespace n WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema' ORDER BY 1;",
    )
    .await;
    assert!(schemas.starts_with("Name,Owner\n") && schemas.contains("public,dataforge\n"), "{schemas}");
    let tables = ask(
        &fixture,
        "SELECT n.nspname as \"Schema\", c.relname as \"Name\", CASE c.relkind WHEN 'r' THEN 'table' \
         WHEN 'v' THEN 'view' WHEN 'p' THEN 'partitioned table' END as \"Type\", \
         pg_catalog.pg_get_userbyid(c.relowner) as \"Owner\" FROM pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace \
         LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam WHERE c.relkind IN ('r','p','') \
         AND n.nspname <> 'pg_catalog' AND n.nspname !~ '^pg_toast' AND n.nspname <> 'information_schema' \
         AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1,2;",
    )
    .await;
    assert!(tables.contains("public,samples,table,dataforge\n"), "{tables}");
    assert!(tables.contains("public,wells,table,dataforge\n"), "{tables}");
    assert!(!tables.contains("pg_class"), "{tables}");
}

#[tokio::test]
async fn psql_describes_a_table() {
    let fixture = Fixture::new();
    let oid = wells_oid(&fixture).await;
    let head = ask(
        &fixture,
        &format!(
            "SELECT c.relchecks, c.relkind, c.relhasindex, c.relhasrules, c.relhastriggers, c.relrowsecurity, \
             c.relforcerowsecurity, false AS relhasoids, c.relispartition, '', c.reltablespace, \
             CASE WHEN c.reloftype = 0 THEN '' ELSE c.reloftype::pg_catalog.regtype::pg_catalog.text END, \
             c.relpersistence, c.relreplident, am.amname FROM pg_catalog.pg_class c \
             LEFT JOIN pg_catalog.pg_class tc ON (c.reltoastrelid = tc.oid) \
             LEFT JOIN pg_catalog.pg_am am ON (c.relam = am.oid) WHERE c.oid = '{oid}';"
        ),
    )
    .await;
    assert!(head.ends_with("\n0,r,false,false,false,false,false,false,false,,0,,p,n,heap\n"), "{head}");
    let columns = ask(
        &fixture,
        &format!(
            "SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod), \
             (SELECT pg_catalog.pg_get_expr(d.adbin, d.adrelid, true) FROM pg_catalog.pg_attrdef d \
              WHERE d.adrelid = a.attrelid AND d.adnum = a.attnum AND a.atthasdef), a.attnotnull, \
             (SELECT c.collname FROM pg_catalog.pg_collation c, pg_catalog.pg_type t \
              WHERE c.oid = a.attcollation AND t.oid = a.atttypid AND a.attcollation <> t.typcollation) AS attcollation, \
             a.attidentity, a.attgenerated FROM pg_catalog.pg_attribute a \
             WHERE a.attrelid = '{oid}' AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum;"
        ),
    )
    .await;
    assert!(columns.contains("\nname,text,,false,,,\n"), "{columns}");
    assert!(columns.contains("\ntop_m,double precision,,false,,,\n"), "{columns}");
    assert!(columns.contains("\nruns,bigint,,false,,,\n"), "{columns}");
}

#[tokio::test]
async fn what_psql_asks_of_a_table_besides_has_no_rows() {
    let fixture = Fixture::new();
    for sql in [
        "SELECT pol.polname, pol.polpermissive, CASE WHEN pol.polroles = '{0}' THEN NULL ELSE \
         pg_catalog.array_to_string(array(select rolname from pg_catalog.pg_roles where oid = any (pol.polroles) \
         order by 1),',') END, pg_catalog.pg_get_expr(pol.polqual, pol.polrelid), \
         pg_catalog.pg_get_expr(pol.polwithcheck, pol.polrelid), CASE pol.polcmd WHEN 'r' THEN 'SELECT' END AS cmd \
         FROM pg_catalog.pg_policy pol WHERE pol.polrelid = '16384' ORDER BY 1;",
        "SELECT oid, stxrelid::pg_catalog.regclass, stxnamespace::pg_catalog.regnamespace::pg_catalog.text AS nsp, \
         stxname, pg_catalog.pg_get_statisticsobjdef_columns(oid) AS columns, 'd' = any(stxkind) AS ndist_enabled, \
         'f' = any(stxkind) AS deps_enabled, 'm' = any(stxkind) AS mcv_enabled, stxstattarget \
         FROM pg_catalog.pg_statistic_ext WHERE stxrelid = '16384' ORDER BY nsp, stxname;",
        "SELECT pubname, NULL, NULL FROM pg_catalog.pg_publication p \
         JOIN pg_catalog.pg_publication_namespace pn ON p.oid = pn.pnpubid \
         JOIN pg_catalog.pg_class pc ON pc.relnamespace = pn.pnnspid \
         WHERE pc.oid ='16384' and pg_catalog.pg_relation_is_publishable('16384') \
         UNION SELECT pubname, pg_get_expr(pr.prqual, c.oid), (CASE WHEN pr.prattrs IS NOT NULL THEN \
         (SELECT string_agg(attname, ', ') FROM pg_catalog.generate_series(0, pg_catalog.array_upper(pr.prattrs::pg_catalog.int2[], 1)) s, \
          pg_catalog.pg_attribute WHERE attrelid = pr.prrelid AND attnum = prattrs[s]) ELSE NULL END) \
         FROM pg_catalog.pg_publication p JOIN pg_catalog.pg_publication_rel pr ON p.oid = pr.prpubid \
         JOIN pg_catalog.pg_class c ON c.oid = pr.prrelid WHERE pr.prrelid = '16384' \
         UNION SELECT pubname, NULL, NULL FROM pg_catalog.pg_publication p \
         WHERE p.puballtables AND pg_catalog.pg_relation_is_publishable('16384') ORDER BY 1;",
        "SELECT c.oid::pg_catalog.regclass FROM pg_catalog.pg_class c, pg_catalog.pg_inherits i \
         WHERE c.oid = i.inhparent AND i.inhrelid = '16384' AND c.relkind != 'p' AND c.relkind != 'I' ORDER BY inhseqno;",
        "SELECT c.oid::pg_catalog.regclass, c.relkind, inhdetachpending, pg_catalog.pg_get_expr(c.relpartbound, c.oid) \
         FROM pg_catalog.pg_class c, pg_catalog.pg_inherits i WHERE c.oid = i.inhrelid AND i.inhparent = '16384' \
         ORDER BY pg_catalog.pg_get_expr(c.relpartbound, c.oid) = 'DEFAULT', c.oid::pg_catalog.regclass::pg_catalog.text;",
        "SELECT conname, conrelid::pg_catalog.regclass AS ontable, pg_catalog.pg_get_constraintdef(oid, true) AS condef \
         FROM pg_catalog.pg_constraint c WHERE confrelid IN (SELECT pg_catalog.pg_partition_ancestors('16384') \
         UNION ALL VALUES ('16384'::pg_catalog.regclass)) AND contype = 'f' AND conparentid = 0 ORDER BY conname;",
    ] {
        let found = ask(&fixture, sql).await;
        assert!(found.lines().count() <= 1, "{sql}\n{found}");
    }
}

#[tokio::test]
async fn jdbc_finds_tables_columns_and_no_keys() {
    let fixture = Fixture::new();
    let tables = ask(
        &fixture,
        "SELECT NULL AS TABLE_CAT, n.nspname AS TABLE_SCHEM, c.relname AS TABLE_NAME, \
         CASE n.nspname ~ '^pg_' OR n.nspname = 'information_schema' WHEN true THEN CASE c.relkind \
         WHEN 'r' THEN 'SYSTEM TABLE' ELSE NULL END WHEN false THEN CASE c.relkind WHEN 'r' THEN 'TABLE' \
         WHEN 'v' THEN 'VIEW' ELSE NULL END ELSE NULL END AS TABLE_TYPE, d.description AS REMARKS, '' as TYPE_CAT, \
         '' as TYPE_SCHEM, '' as TYPE_NAME FROM pg_catalog.pg_namespace n, pg_catalog.pg_class c \
         LEFT JOIN pg_catalog.pg_description d ON (c.oid = d.objoid AND d.objsubid = 0 and d.classoid = 'pg_class'::regclass) \
         WHERE c.relnamespace = n.oid AND c.relname LIKE 'well%' AND (false OR ( c.relkind = 'r' AND n.nspname !~ '^pg_' \
         AND n.nspname <> 'information_schema' ) ) ORDER BY TABLE_TYPE,TABLE_SCHEM,TABLE_NAME",
    )
    .await;
    assert!(tables.contains("\n,public,wells,TABLE,,"), "{tables}");
    let columns = ask(
        &fixture,
        "SELECT * FROM (SELECT n.nspname,c.relname,a.attname,a.atttypid,\
         a.attnotnull OR (t.typtype = 'd' AND t.typnotnull) AS attnotnull,a.atttypmod,a.attlen,t.typtypmod,\
         row_number() OVER (PARTITION BY a.attrelid ORDER BY a.attnum) AS attnum, nullif(a.attidentity, '') as attidentity,\
         nullif(a.attgenerated, '') as attgenerated,pg_catalog.pg_get_expr(def.adbin, def.adrelid) AS adsrc,\
         dsc.description,t.typbasetype,t.typtype FROM pg_catalog.pg_namespace n \
         JOIN pg_catalog.pg_class c ON (c.relnamespace = n.oid) JOIN pg_catalog.pg_attribute a ON (a.attrelid=c.oid) \
         JOIN pg_catalog.pg_type t ON (a.atttypid = t.oid) \
         LEFT JOIN pg_catalog.pg_attrdef def ON (a.attrelid=def.adrelid AND a.attnum = def.adnum) \
         LEFT JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid) \
         LEFT JOIN pg_catalog.pg_class dc ON (dc.oid=dsc.classoid AND dc.relname='pg_class') \
         LEFT JOIN pg_catalog.pg_namespace dn ON (dc.relnamespace=dn.oid AND dn.nspname='pg_catalog') \
         WHERE c.relkind in ('r','p','v','f','m') and a.attnum > 0 AND NOT a.attisdropped AND c.relname LIKE 'wells') c \
         WHERE true ORDER BY nspname,c.relname,attnum",
    )
    .await;
    assert!(columns.contains("\npublic,wells,well_id,25,false,-1,-1,-1,1,,,,,0,b\n"), "{columns}");
    let keys = ask(
        &fixture,
        "SELECT result.TABLE_CAT, result.TABLE_NAME, result.COLUMN_NAME, result.KEY_SEQ FROM \
         (SELECT NULL AS TABLE_CAT, ct.relname AS TABLE_NAME, a.attname AS COLUMN_NAME, \
         (information_schema._pg_expandarray(i.indkey)).n AS KEY_SEQ, \
         information_schema._pg_expandarray(i.indkey) AS KEYS, a.attnum AS A_ATTNUM FROM pg_catalog.pg_class ct \
         JOIN pg_catalog.pg_attribute a ON (ct.oid = a.attrelid) \
         JOIN pg_catalog.pg_index i ON ( a.attrelid = i.indrelid) WHERE true AND i.indisprimary ) result \
         where result.A_ATTNUM = (result.KEYS).x ORDER BY result.table_name, result.key_seq",
    )
    .await;
    assert!(keys.lines().count() <= 1, "{keys}");
    let schemas = ask(
        &fixture,
        "SELECT nspname AS TABLE_SCHEM, NULL AS TABLE_CATALOG FROM pg_catalog.pg_namespace WHERE nspname <> 'pg_toast' \
         AND (nspname !~ '^pg_temp_' OR nspname = (pg_catalog.current_schemas(true))[1]) ORDER BY TABLE_SCHEM",
    )
    .await;
    assert!(schemas.contains("\npublic,\n"), "{schemas}");
}

#[tokio::test]
async fn types_are_listed_with_their_schema() {
    let fixture = Fixture::new();
    let types = ask(
        &fixture,
        "SELECT t.typname,t.oid FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON (t.typnamespace = n.oid) \
         WHERE n.nspname != 'pg_toast' AND (t.typrelid = 0 OR \
         (SELECT c.relkind = 'c' FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid))",
    )
    .await;
    assert!(types.contains("\nfloat8,701\n") && types.contains("\n_float8,1022\n"), "{types}");
    // What JDBC asks next, to know all of them.
    let types = ask(
        &fixture,
        "SELECT typinput='pg_catalog.array_in'::regproc as is_array, typtype, typname, pg_type.oid   \
         FROM pg_catalog.pg_type   LEFT JOIN (select ns.oid as nspoid, ns.nspname, r.r \
         from pg_namespace as ns join ( select s.r, (current_schemas(false))[s.r] as nspname \
         from generate_series(1, array_upper(current_schemas(false), 1)) as s(r) ) as r \
         using ( nspname ) ) as sp ON sp.nspoid = typnamespace  ORDER BY sp.r, pg_type.oid DESC",
    )
    .await;
    assert!(types.starts_with("is_array,typtype,typname,oid\n"), "{types}");
    assert!(types.contains("\nfalse,b,float8,701\n") && types.contains("\ntrue,b,_float8,1022\n"), "{types}");
}

#[tokio::test]
async fn psycopg_finds_a_type_and_that_there_is_none() {
    let fixture = Fixture::new();
    let asked = |name: &str| {
        format!(
            "SELECT typname AS name, oid, typarray AS array_oid, oid::regtype::text AS regtype, typdelim AS delimiter \
             FROM pg_type t WHERE t.oid = to_regtype('{name}') ORDER BY t.oid"
        )
    };
    let found = ask(&fixture, &asked("float8")).await;
    assert_eq!(found, "name,oid,array_oid,regtype,delimiter\nfloat8,701,1022,double precision,\",\"\n");
    assert_eq!(ask(&fixture, &asked("hstore")).await.lines().count(), 1);
}

#[tokio::test]
async fn odbc_and_dbeaver_find_columns() {
    let fixture = Fixture::new();
    let odbc = ask(
        &fixture,
        "select n.nspname, c.relname, a.attname, a.atttypid, t.typname, a.attnum, a.attlen, a.atttypmod, a.attnotnull, \
         c.relhasrules, c.relkind, c.oid, pg_get_expr(d.adbin, d.adrelid), case t.typtype when 'd' then t.typbasetype \
         else 0 end, t.typtypmod, 0, attidentity, c.relhassubclass from (((pg_catalog.pg_class c inner join \
         pg_catalog.pg_namespace n on n.oid = c.relnamespace and c.relname = E'wells' and n.nspname = E'public') \
         inner join pg_catalog.pg_attribute a on (not a.attisdropped) and a.attnum > 0 and a.attrelid = c.oid) \
         inner join pg_catalog.pg_type t on t.oid = a.atttypid) left outer join pg_attrdef d on a.atthasdef \
         and d.adrelid = a.attrelid and d.adnum = a.attnum order by n.nspname, c.relname, attnum",
    )
    .await;
    assert!(odbc.contains("\npublic,wells,well_id,25,text,1,"), "{odbc}");
    let dbeaver = rewrite(
        "SELECT n.oid,n.*,d.description FROM pg_catalog.pg_namespace n LEFT OUTER JOIN pg_catalog.pg_description d \
         ON d.objoid=n.oid AND d.objsubid=0 AND d.classoid='pg_namespace'::regclass ORDER BY nspname",
        &context(),
    );
    // CSV has no form for the list of rights, which is among `n.*`.
    let dbeaver =
        fixture.csv(&format!("SELECT oid_2, oid, nspname, nspowner, description FROM ({dbeaver}) AS q")).await;
    assert!(dbeaver.contains("\n2200,2200,public,10,\n"), "{dbeaver}");
    let setting = ask(&fixture, "SELECT * FROM pg_catalog.pg_settings where name='standard_conforming_strings'").await;
    assert!(setting.contains("\nstandard_conforming_strings,on,"), "{setting}");
    let words = ask(
        &fixture,
        "SELECT string_agg(word, ',' ) from pg_catalog.pg_get_keywords() where word <> ALL ('{limit,offset}')",
    )
    .await;
    assert!(words.contains("ilike") && !words.contains("offset"), "{words}");
    let session = ask(&fixture, "SELECT current_schema(),session_user").await;
    assert_eq!(session, "current_schema,session_user\npublic,dataforge\n");
}

#[tokio::test]
async fn the_catalogue_cannot_be_a_way_to_write() {
    let fixture = Fixture::new();
    for sql in ["DELETE FROM pg_catalog.pg_class", "INSERT INTO pg_catalog.pg_class (relname) VALUES ('x')"] {
        let error = fixture.engine.query(rewrite(sql, &context())).await.unwrap_err();
        assert_eq!(error.kind, dataforge_query::QueryErrorKind::NotAllowed, "{sql}");
    }
}
