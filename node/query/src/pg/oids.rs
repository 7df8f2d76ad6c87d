//! Numbers of types, schemas and relations, the same in every session.

use arrow::datatypes::DataType;

/// The schema of the catalogue itself.
pub(super) const PG_CATALOG: i64 = 11;
/// The schema of the workspace's tables.
pub(super) const PUBLIC: i64 = 2_200;
/// The schema that SQL describes itself in.
pub(super) const INFORMATION_SCHEMA: i64 = 13_183;
/// The one user.
pub(super) const OWNER: i64 = 10;
/// The way tables are kept, as far as clients need one.
pub(super) const HEAP: i64 = 2;

/// Where numbers of relations begin; PostgreSQL keeps those below for itself.
const FIRST: i64 = 16_384;

/// How many there can be, so that they fit in 31 bits.
const SPAN: u64 = 2_000_000_000;

/// A type as the catalogue has it.
#[derive(Debug)]
pub(super) struct PgType {
    pub(super) oid: i64,
    pub(super) name: &'static str,
    /// As it is written for people.
    pub(super) words: &'static str,
    /// Bytes of a value; -1 when they vary.
    pub(super) bytes: i64,
    pub(super) category: &'static str,
    /// The type of arrays of it; 0 for arrays themselves.
    pub(super) array: i64,
    /// The type of the items of an array; 0 for others.
    pub(super) item: i64,
}

const fn plain(
    oid: i64,
    name: &'static str,
    words: &'static str,
    bytes: i64,
    category: &'static str,
    array: i64,
) -> PgType {
    PgType { oid, name, words, bytes, category, array, item: 0 }
}

const fn array(oid: i64, name: &'static str, words: &'static str, item: i64) -> PgType {
    PgType { oid, name, words, bytes: -1, category: "A", array: 0, item }
}

/// The types that columns and parameters can have, and arrays of them, with the numbers of PostgreSQL's
/// `pg_type.dat`.
pub(super) const TYPES: &[PgType] = &[
    plain(16, "bool", "boolean", 1, "B", 1_000),
    plain(17, "bytea", "bytea", -1, "U", 1_001),
    plain(18, "char", "\"char\"", 1, "Z", 1_002),
    plain(19, "name", "name", 64, "S", 1_003),
    plain(20, "int8", "bigint", 8, "N", 1_016),
    plain(21, "int2", "smallint", 2, "N", 1_005),
    plain(23, "int4", "integer", 4, "N", 1_007),
    plain(25, "text", "text", -1, "S", 1_009),
    plain(26, "oid", "oid", 4, "N", 1_028),
    plain(700, "float4", "real", 4, "N", 1_021),
    plain(701, "float8", "double precision", 8, "N", 1_022),
    plain(1_042, "bpchar", "character", -1, "S", 1_014),
    plain(1_043, "varchar", "character varying", -1, "S", 1_015),
    plain(1_082, "date", "date", 4, "D", 1_182),
    plain(1_083, "time", "time without time zone", 8, "D", 1_183),
    plain(1_114, "timestamp", "timestamp without time zone", 8, "D", 1_115),
    plain(1_184, "timestamptz", "timestamp with time zone", 8, "D", 1_185),
    plain(1_700, "numeric", "numeric", -1, "N", 1_231),
    array(1_005, "_int2", "smallint[]", 21),
    array(1_007, "_int4", "integer[]", 23),
    array(1_009, "_text", "text[]", 25),
    array(1_015, "_varchar", "character varying[]", 1_043),
    array(1_016, "_int8", "bigint[]", 20),
    array(1_022, "_float8", "double precision[]", 701),
];

/// Relations of the catalogue that clients name by `::regclass`.
const CATALOGUES: &[(&str, i64)] = &[
    ("pg_attrdef", 2_604),
    ("pg_attribute", 1_249),
    ("pg_class", 1_259),
    ("pg_constraint", 2_606),
    ("pg_database", 1_262),
    ("pg_description", 2_609),
    ("pg_extension", 3_079),
    ("pg_index", 2_610),
    ("pg_namespace", 2_615),
    ("pg_proc", 1_255),
    ("pg_roles", 12_000),
    ("pg_shdescription", 2_396),
    ("pg_tablespace", 1_213),
    ("pg_trigger", 2_620),
    ("pg_type", 1_247),
];

/// Returns the number of a column's type; as the faces give it to clients.
pub(super) fn type_oid(of: &DataType) -> i64 {
    match of {
        DataType::Boolean => 16,
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => 21,
        DataType::UInt16 | DataType::Int32 => 23,
        DataType::UInt32 | DataType::Int64 => 20,
        DataType::Float16 | DataType::Float32 => 700,
        DataType::Float64 => 701,
        DataType::UInt64
        | DataType::Decimal32(..)
        | DataType::Decimal64(..)
        | DataType::Decimal128(..)
        | DataType::Decimal256(..) => 1_700,
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView | DataType::FixedSizeBinary(_) => 17,
        DataType::Date32 | DataType::Date64 => 1_082,
        DataType::Timestamp(_, None) => 1_114,
        DataType::Timestamp(_, Some(_)) => 1_184,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _)
            if matches!(item.data_type(), DataType::Float32 | DataType::Float64) =>
        {
            1_022
        }
        DataType::Dictionary(_, values) => type_oid(values),
        _ => 25,
    }
}

/// Returns the type with a number.
pub(super) fn type_of(oid: i64) -> Option<&'static PgType> {
    TYPES.iter().find(|known| known.oid == oid)
}

/// Returns the number of a type by either of its names.
pub(super) fn type_named(name: &str) -> Option<i64> {
    TYPES.iter().find(|known| known.name == name || known.words == name).map(|known| known.oid)
}

/// Returns the number of a schema.
pub(super) fn schema_oid(name: &str) -> i64 {
    match name {
        "pg_catalog" => PG_CATALOG,
        "public" => PUBLIC,
        "information_schema" => INFORMATION_SCHEMA,
        other => numbered(&["schema", other]),
    }
}

/// Returns the number of a relation.
pub(super) fn relation_oid(schema: &str, name: &str) -> i64 {
    let catalogue = CATALOGUES.iter().find(|(known, _)| *known == name && matches!(schema, "pg_catalog" | "public"));
    catalogue.map_or_else(|| numbered(&[schema, name]), |(_, oid)| *oid)
}

/// Returns a number that follows from names alone (FNV-1a), so that it is the same everywhere.
fn numbered(names: &[&str]) -> i64 {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for byte in names.iter().flat_map(|name| name.bytes().chain([0])) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    FIRST + i64::try_from(hash % SPAN).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_stable_and_fit() {
        let wells = relation_oid("public", "wells");
        assert_eq!(wells, relation_oid("public", "wells"));
        assert_ne!(wells, relation_oid("public", "runs"));
        assert!((FIRST..=i64::from(i32::MAX)).contains(&wells));
        assert_eq!(relation_oid("pg_catalog", "pg_class"), 1_259);
        assert_eq!(schema_oid("public"), 2_200);
    }

    #[test]
    fn types_are_found_by_both_names() {
        assert_eq!(type_named("float8"), Some(701));
        assert_eq!(type_named("double precision"), Some(701));
        assert_eq!(type_of(type_oid(&DataType::Utf8)).map(|found| found.name), Some("text"));
        let mut oids: Vec<i64> = TYPES.iter().map(|known| known.oid).collect();
        oids.sort_unstable();
        oids.dedup();
        assert_eq!(oids.len(), TYPES.len());
    }
}
