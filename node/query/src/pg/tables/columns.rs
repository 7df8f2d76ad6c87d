//! Which tables the catalogue has, with the columns of PostgreSQL 15.
//!
//! Numbers of objects are 64 bits wide here, and arrays are arrays of text, since they are only there to be
//! empty.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field};

/// A table: its name, and its columns as `name:kind` with the kinds of [`columns`].
pub(super) type Table = (&'static str, &'static str);

/// Returns the columns of a table, each with its type.
pub(super) fn columns(table: &Table) -> impl Iterator<Item = (&'static str, DataType)> {
    table.1.split_whitespace().filter_map(|column| column.split_once(':')).map(|(name, kind)| (name, kind_of(kind)))
}

/// Text unless it says whole number, truth, number or array.
fn kind_of(kind: &str) -> DataType {
    match kind {
        "i" => DataType::Int64,
        "b" => DataType::Boolean,
        "f" => DataType::Float64,
        "a" => DataType::List(Arc::new(Field::new("item", DataType::Utf8, true))),
        _ => DataType::Utf8,
    }
}

/// Tables that have rows, also those that [`rewrite`](super::super::rewrite) puts rows into.
pub(super) const FILLED: &[Table] = &[
    (
        "pg_class",
        "oid:i relname:t relnamespace:i reltype:i reloftype:i relowner:i relam:i relfilenode:i \
         reltablespace:i relpages:i reltuples:i relallvisible:i reltoastrelid:i relhasindex:b relisshared:b \
         relpersistence:t relkind:t relnatts:i relchecks:i relhasrules:b relhastriggers:b relhassubclass:b \
         relrowsecurity:b relforcerowsecurity:b relispopulated:b relreplident:t relispartition:b relrewrite:i \
         relfrozenxid:i relminmxid:i relacl:a reloptions:a relpartbound:t",
    ),
    ("pg_namespace", "oid:i nspname:t nspowner:i nspacl:a"),
    (
        "pg_attribute",
        "attrelid:i attname:t atttypid:i attstattarget:i attlen:i attnum:i attndims:i attcacheoff:i \
         atttypmod:i attbyval:b attalign:t attstorage:t attcompression:t attnotnull:b atthasdef:b \
         atthasmissing:b attidentity:t attgenerated:t attisdropped:b attislocal:b attinhcount:i \
         attcollation:i attacl:a attoptions:a attfdwoptions:a attmissingval:t",
    ),
    (
        "pg_type",
        "oid:i typname:t typnamespace:i typowner:i typlen:i typbyval:b typtype:t typcategory:t \
         typispreferred:b typisdefined:b typdelim:t typrelid:i typsubscript:t typelem:i typarray:i typinput:t \
         typoutput:t typreceive:t typsend:t typmodin:t typmodout:t typanalyze:t typalign:t typstorage:t \
         typnotnull:b typbasetype:i typtypmod:i typndims:i typcollation:i typdefaultbin:t typdefault:t \
         typacl:a",
    ),
    (
        "pg_tables",
        "schemaname:t tablename:t tableowner:t tablespace:t hasindexes:b hasrules:b hastriggers:b \
         rowsecurity:b",
    ),
    ("pg_am", "oid:i amname:t amhandler:t amtype:t"),
    (
        "pg_roles",
        "oid:i rolname:t rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b \
         rolconnlimit:i rolpassword:t rolvaliduntil:t rolbypassrls:b rolconfig:a",
    ),
    (
        "pg_authid",
        "oid:i rolname:t rolsuper:b rolinherit:b rolcreaterole:b rolcreatedb:b rolcanlogin:b rolreplication:b \
         rolconnlimit:i rolpassword:t rolvaliduntil:t rolbypassrls:b",
    ),
    (
        "pg_user",
        "usename:t usesysid:i usecreatedb:b usesuper:b userepl:b usebypassrls:b passwd:t valuntil:t \
         useconfig:a",
    ),
    ("pg_tablespace", "oid:i spcname:t spcowner:i spcacl:a spcoptions:a"),
    ("pg_keywords", "word:t catcode:t catdesc:t"),
    (
        "pg_database",
        "oid:i datname:t datdba:i encoding:i datlocprovider:t datistemplate:b datallowconn:b datconnlimit:i \
         datfrozenxid:i datminmxid:i dattablespace:i datcollate:t datctype:t daticulocale:t datcollversion:t \
         datacl:a",
    ),
    (
        "pg_settings",
        "name:t setting:t unit:t category:t short_desc:t extra_desc:t context:t vartype:t source:t min_val:t \
         max_val:t enumvals:a boot_val:t reset_val:t sourcefile:t sourceline:i pending_restart:b",
    ),
];

/// Tables that never have any, because there is nothing of the kind here.
pub(super) const EMPTY: &[Table] = &[
    ("pg_aggregate", "aggfnoid:i"),
    ("pg_attrdef", "oid:i adrelid:i adnum:i adbin:t"),
    ("pg_auth_members", "oid:i roleid:i member:i grantor:i admin_option:b"),
    ("pg_cast", "oid:i castsource:i casttarget:i castfunc:i castcontext:t castmethod:t"),
    (
        "pg_collation",
        "oid:i collname:t collnamespace:i collowner:i collprovider:t collisdeterministic:b collencoding:i \
         collcollate:t collctype:t colliculocale:t collversion:t",
    ),
    (
        "pg_constraint",
        "oid:i conname:t connamespace:i contype:t condeferrable:b condeferred:b convalidated:b conrelid:i \
         contypid:i conindid:i conparentid:i confrelid:i confupdtype:t confdeltype:t confmatchtype:t \
         conislocal:b coninhcount:i connoinherit:b conkey:a confkey:a conbin:t",
    ),
    ("pg_conversion", "oid:i conname:t"),
    ("pg_db_role_setting", "setdatabase:i setrole:i setconfig:a"),
    ("pg_default_acl", "oid:i defaclrole:i defaclnamespace:i defaclobjtype:t defaclacl:a"),
    ("pg_depend", "classid:i objid:i objsubid:i refclassid:i refobjid:i refobjsubid:i deptype:t"),
    ("pg_description", "objoid:i classoid:i objsubid:i description:t"),
    ("pg_enum", "oid:i enumtypid:i enumsortorder:f enumlabel:t"),
    ("pg_event_trigger", "oid:i evtname:t evtevent:t evtowner:i evtfoid:i evtenabled:t evttags:a"),
    (
        "pg_extension",
        "oid:i extname:t extowner:i extnamespace:i extrelocatable:b extversion:t extconfig:a extcondition:a",
    ),
    ("pg_foreign_data_wrapper", "oid:i fdwname:t fdwowner:i fdwhandler:i fdwvalidator:i fdwacl:a fdwoptions:a"),
    ("pg_foreign_server", "oid:i srvname:t srvowner:i srvfdw:i srvtype:t srvversion:t srvacl:a srvoptions:a"),
    ("pg_foreign_table", "ftrelid:i ftserver:i ftoptions:a"),
    (
        "pg_index",
        "indexrelid:i indrelid:i indnatts:i indnkeyatts:i indisunique:b indnullsnotdistinct:b indisprimary:b \
         indisexclusion:b indimmediate:b indisclustered:b indisvalid:b indcheckxmin:b indisready:b \
         indislive:b indisreplident:b indkey:a indcollation:a indclass:a indoption:a indexprs:t indpred:t",
    ),
    ("pg_indexes", "schemaname:t tablename:t indexname:t tablespace:t indexdef:t"),
    ("pg_inherits", "inhrelid:i inhparent:i inhseqno:i inhdetachpending:b"),
    (
        "pg_language",
        "oid:i lanname:t lanowner:i lanispl:b lanpltrusted:b lanplcallfoid:i laninline:i lanvalidator:i \
         lanacl:a",
    ),
    ("pg_largeobject_metadata", "oid:i lomowner:i lomacl:a"),
    ("pg_locks", "locktype:t database:i relation:i pid:i mode:t granted:b"),
    ("pg_matviews", "schemaname:t matviewname:t matviewowner:t tablespace:t hasindexes:b ispopulated:b definition:t"),
    ("pg_opclass", "oid:i opcname:t"),
    ("pg_operator", "oid:i oprname:t oprnamespace:i oprowner:i oprkind:t oprleft:i oprright:i oprresult:i oprcode:t"),
    ("pg_opfamily", "oid:i opfname:t"),
    (
        "pg_partitioned_table",
        "partrelid:i partstrat:t partnatts:i partdefid:i partattrs:a partclass:a partcollation:a partexprs:t",
    ),
    ("pg_policies", "schemaname:t tablename:t policyname:t"),
    ("pg_policy", "oid:i polname:t polrelid:i polcmd:t polpermissive:b polroles:a polqual:t polwithcheck:t"),
    ("pg_prepared_statements", "name:t statement:t"),
    ("pg_prepared_xacts", "transaction:i gid:t owner:t database:t"),
    (
        "pg_proc",
        "oid:i proname:t pronamespace:i proowner:i prolang:i procost:f prorows:f provariadic:i prosupport:t \
         prokind:t prosecdef:b proleakproof:b proisstrict:b proretset:b provolatile:t proparallel:t \
         pronargs:i pronargdefaults:i prorettype:i proargtypes:a proallargtypes:a proargmodes:a proargnames:a \
         proargdefaults:t protrftypes:a prosrc:t probin:t prosqlbody:t proconfig:a proacl:a",
    ),
    (
        "pg_publication",
        "oid:i pubname:t pubowner:i puballtables:b pubinsert:b pubupdate:b pubdelete:b pubtruncate:b \
         pubviaroot:b",
    ),
    ("pg_publication_namespace", "oid:i pnpubid:i pnnspid:i"),
    ("pg_publication_rel", "oid:i prpubid:i prrelid:i prqual:t prattrs:a"),
    ("pg_publication_tables", "pubname:t schemaname:t tablename:t"),
    ("pg_range", "rngtypid:i rngsubtype:i rngmultitypid:i"),
    ("pg_replication_slots", "slot_name:t"),
    ("pg_rewrite", "oid:i rulename:t ev_class:i ev_type:t ev_enabled:t is_instead:b ev_qual:t ev_action:t"),
    ("pg_rules", "schemaname:t tablename:t rulename:t definition:t"),
    ("pg_seclabel", "objoid:i classoid:i objsubid:i provider:t label:t"),
    ("pg_sequence", "seqrelid:i seqtypid:i seqstart:i seqincrement:i seqmax:i seqmin:i seqcache:i seqcycle:b"),
    ("pg_sequences", "schemaname:t sequencename:t sequenceowner:t data_type:t last_value:i"),
    ("pg_shdepend", "dbid:i classid:i objid:i"),
    ("pg_shdescription", "objoid:i classoid:i description:t"),
    ("pg_stat_activity", "datid:i datname:t pid:i usesysid:i usename:t application_name:t state:t query:t"),
    ("pg_stat_user_tables", "relid:i schemaname:t relname:t n_live_tup:i"),
    ("pg_stat_all_tables", "relid:i schemaname:t relname:t n_live_tup:i"),
    ("pg_stat_database", "datid:i datname:t numbackends:i"),
    ("pg_stat_gssapi", "pid:i gss_authenticated:b principal:t encrypted:b"),
    ("pg_stat_ssl", "pid:i ssl:b"),
    ("pg_statio_user_tables", "relid:i schemaname:t relname:t"),
    (
        "pg_statistic_ext",
        "oid:i stxrelid:i stxname:t stxnamespace:i stxowner:i stxstattarget:i stxkeys:a stxkind:a stxexprs:t",
    ),
    ("pg_stats", "schemaname:t tablename:t attname:t null_frac:f"),
    ("pg_subscription", "oid:i subname:t"),
    ("pg_timezone_names", "name:t abbrev:t is_dst:b"),
    ("pg_transform", "oid:i trftype:i"),
    (
        "pg_trigger",
        "oid:i tgrelid:i tgparentid:i tgname:t tgfoid:i tgtype:i tgenabled:t tgisinternal:b tgconstrrelid:i \
         tgconstrindid:i tgconstraint:i tgdeferrable:b tginitdeferred:b tgnargs:i tgattr:a tgargs:t tgqual:t \
         tgoldtable:t tgnewtable:t",
    ),
    ("pg_ts_config", "oid:i cfgname:t"),
    ("pg_ts_dict", "oid:i dictname:t"),
    ("pg_ts_parser", "oid:i prsname:t"),
    ("pg_ts_template", "oid:i tmplname:t"),
    ("pg_user_mapping", "oid:i umuser:i umserver:i umoptions:a"),
    ("pg_user_mappings", "umid:i srvid:i srvname:t"),
    ("pg_views", "schemaname:t viewname:t viewowner:t definition:t"),
];
