//! What the server is and can do, as `GetSqlInfo` says it.
//!
//! Every item there is has a value: the JDBC driver fails over one that is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{
    SqlInfo, SqlNullOrdering, SqlOuterJoinsSupportLevel, SqlSupportedCaseSensitivity, SqlSupportedGroupBy,
    SqlSupportedResultSetConcurrency, SqlSupportedResultSetType, SqlSupportedSubqueries, SqlSupportedTransaction,
    SqlSupportedUnions, SqlSupportsConvert, SqlTransactionIsolationLevel, SupportedSqlGrammar,
};

/// The version of Arrow that is spoken.
const ARROW_VERSION: &str = "59.3.2";

/// Words that are not in SQL-92 and cannot stand as a name without quotes.
const KEYWORDS: [&str; 8] = ["ANTI", "ILIKE", "LIMIT", "OFFSET", "QUALIFY", "SEMI", "WINDOW", "LATERAL"];

/// Functions by what they work on; the engine has more, `show functions` lists all.
const NUMERIC: [&str; 15] = [
    "abs", "ceil", "exp", "floor", "ln", "log", "log10", "power", "round", "sign", "sqrt", "sin", "cos", "tan", "trunc",
];
const STRING: [&str; 12] =
    ["ascii", "btrim", "concat", "left", "lower", "lpad", "replace", "right", "substr", "trim", "upper", "strpos"];
const DATETIME: [&str; 6] = ["current_date", "date_bin", "date_part", "date_trunc", "now", "to_timestamp"];
const SYSTEM: [&str; 3] = ["coalesce", "nullif", "arrow_typeof"];

/// Bit of the lowest of the three levels of SQL-92; the crate keeps the names of them to itself.
const ENTRY_LEVEL: i32 = 0;

/// Returns the answer to `GetSqlInfo`, to be filtered. Prepared statements that are not used for
/// `keep_prepared` are forgotten.
pub(super) fn sql_info(keep_prepared: Duration) -> Result<SqlInfoData, FlightError> {
    let mut builder = SqlInfoDataBuilder::new();
    server(&mut builder, keep_prepared);
    names(&mut builder);
    queries(&mut builder);
    results(&mut builder);
    writing(&mut builder);
    lengths(&mut builder);
    builder.build()
}

fn server(builder: &mut SqlInfoDataBuilder, keep_prepared: Duration) {
    builder.append(SqlInfo::FlightSqlServerName, "DataForge");
    builder.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    builder.append(SqlInfo::FlightSqlServerArrowVersion, ARROW_VERSION);
    builder.append(SqlInfo::FlightSqlServerReadOnly, true);
    builder.append(SqlInfo::FlightSqlServerSql, true);
    builder.append(SqlInfo::FlightSqlServerSubstrait, false);
    builder.append(SqlInfo::FlightSqlServerSubstraitMinVersion, "");
    builder.append(SqlInfo::FlightSqlServerSubstraitMaxVersion, "");
    builder.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    builder.append(SqlInfo::FlightSqlServerCancel, true);
    builder.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    builder.append(SqlInfo::FlightSqlServerIngestTransactionsSupported, false);
    let keep_ms = i32::try_from(keep_prepared.as_millis()).unwrap_or(i32::MAX);
    builder.append(SqlInfo::FlightSqlServerStatementTimeout, keep_ms);
    builder.append(SqlInfo::FlightSqlServerTransactionTimeout, 0_i32);
}

fn names(builder: &mut SqlInfoDataBuilder) {
    builder.append(SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32);
    builder.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    // Quoted names are taken as they stand, for which the list has no word of its own.
    builder.append(SqlInfo::SqlQuotedIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityUnknown as i32);
    builder.append(SqlInfo::SqlAllTablesAreSelectable, true);
    builder.append(SqlInfo::SqlKeywords, KEYWORDS.as_slice());
    builder.append(SqlInfo::SqlNumericFunctions, NUMERIC.as_slice());
    builder.append(SqlInfo::SqlStringFunctions, STRING.as_slice());
    builder.append(SqlInfo::SqlDatetimeFunctions, DATETIME.as_slice());
    builder.append(SqlInfo::SqlSystemFunctions, SYSTEM.as_slice());
    builder.append(SqlInfo::SqlSearchStringEscape, "\\");
    builder.append(SqlInfo::SqlExtraNameCharacters, "");
    builder.append(SqlInfo::SqlSchemaTerm, "schema");
    builder.append(SqlInfo::SqlCatalogTerm, "catalog");
    builder.append(SqlInfo::SqlProcedureTerm, "procedure");
    builder.append(SqlInfo::SqlCatalogAtStart, true);
}

fn queries(builder: &mut SqlInfoDataBuilder) {
    builder.append(SqlInfo::SqlNullOrdering, SqlNullOrdering::SqlNullsSortedHigh as i32);
    builder.append(SqlInfo::SqlSupportsColumnAliasing, true);
    builder.append(SqlInfo::SqlNullPlusNullIsNull, true);
    builder.append(SqlInfo::SqlSupportsTableCorrelationNames, true);
    builder.append(SqlInfo::SqlSupportsDifferentTableCorrelationNames, false);
    builder.append(SqlInfo::SqlSupportsExpressionsInOrderBy, true);
    builder.append(SqlInfo::SqlSupportsOrderByUnrelated, true);
    builder.append(
        SqlInfo::SqlSupportedGroupBy,
        bits(&[SqlSupportedGroupBy::SqlGroupByUnrelated as i32, SqlSupportedGroupBy::SqlGroupByBeyondSelect as i32]),
    );
    builder.append(SqlInfo::SqlSupportsLikeEscapeClause, true);
    builder.append(SqlInfo::SqlSupportsNonNullableColumns, true);
    builder.append(
        SqlInfo::SqlSupportedGrammar,
        bits(&[SupportedSqlGrammar::SqlMinimumGrammar as i32, SupportedSqlGrammar::SqlCoreGrammar as i32]),
    );
    builder.append(SqlInfo::SqlAnsi92SupportedLevel, bits(&[ENTRY_LEVEL]));
    // Of the level that includes the others, where others are sums of bits.
    builder.append(SqlInfo::SqlOuterJoinsSupportLevel, SqlOuterJoinsSupportLevel::SqlFullOuterJoins as i32);
    builder.append(SqlInfo::SqlSupportsConvert, casts());
    builder.append(
        SqlInfo::SqlSupportedSubqueries,
        bits(&[
            SqlSupportedSubqueries::SqlSubqueriesInComparisons as i32,
            SqlSupportedSubqueries::SqlSubqueriesInExists as i32,
            SqlSupportedSubqueries::SqlSubqueriesInIns as i32,
        ]),
    );
    builder.append(SqlInfo::SqlCorrelatedSubqueriesSupported, true);
    builder.append(
        SqlInfo::SqlSupportedUnions,
        bits(&[SqlSupportedUnions::SqlUnion as i32, SqlSupportedUnions::SqlUnionAll as i32]),
    );
    builder.append(SqlInfo::SqlNamedParametersSupported, false);
}

/// Results are read once, forwards.
fn results(builder: &mut SqlInfoDataBuilder) {
    let forward_only = SqlSupportedResultSetType::SqlResultSetTypeForwardOnly as i32;
    builder.append(SqlInfo::SqlSupportedResultSetTypes, bits(&[forward_only]));
    let read_only = SqlSupportedResultSetConcurrency::SqlResultSetConcurrencyReadOnly as i32;
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetForwardOnly, bits(&[read_only]));
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetUnspecified, bits(&[]));
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollSensitive, bits(&[]));
    builder.append(SqlInfo::SqlSupportedConcurrenciesForResultSetScrollInsensitive, bits(&[]));
}

fn writing(builder: &mut SqlInfoDataBuilder) {
    for none in [
        SqlInfo::SqlDdlCatalog,
        SqlInfo::SqlDdlSchema,
        SqlInfo::SqlDdlTable,
        SqlInfo::SqlSelectForUpdateSupported,
        SqlInfo::SqlStoredProceduresSupported,
        SqlInfo::SqlSupportsIntegrityEnhancementFacility,
        SqlInfo::SqlTransactionsSupported,
        SqlInfo::SqlDataDefinitionCausesTransactionCommit,
        SqlInfo::SqlDataDefinitionsInTransactionsIgnored,
        SqlInfo::SqlBatchUpdatesSupported,
        SqlInfo::SqlSavepointsSupported,
        SqlInfo::SqlLocatorsUpdateCopy,
        SqlInfo::SqlStoredFunctionsUsingCallSyntaxSupported,
    ] {
        builder.append(none, false);
    }
    for none in [
        SqlInfo::SqlSupportedPositionedCommands,
        SqlInfo::SqlSchemasSupportedActions,
        SqlInfo::SqlCatalogsSupportedActions,
    ] {
        builder.append(none, bits(&[]));
    }
    let isolation = SqlTransactionIsolationLevel::SqlTransactionNone as i32;
    builder.append(SqlInfo::SqlDefaultTransactionIsolation, isolation);
    builder.append(SqlInfo::SqlSupportedTransactionsIsolationLevels, bits(&[isolation]));
}

/// How long and how many things may be. 0 stands for no bound, or for one that no number here could say: that of
/// statements is one of bytes, operators and nesting.
fn lengths(builder: &mut SqlInfoDataBuilder) {
    for unknown in [
        SqlInfo::SqlMaxBinaryLiteralLength,
        SqlInfo::SqlMaxCharLiteralLength,
        SqlInfo::SqlMaxColumnNameLength,
        SqlInfo::SqlMaxColumnsInGroupBy,
        SqlInfo::SqlMaxColumnsInIndex,
        SqlInfo::SqlMaxColumnsInOrderBy,
        SqlInfo::SqlMaxColumnsInSelect,
        SqlInfo::SqlMaxColumnsInTable,
        SqlInfo::SqlMaxConnections,
        SqlInfo::SqlMaxCursorNameLength,
        SqlInfo::SqlMaxIndexLength,
        SqlInfo::SqlDbSchemaNameLength,
        SqlInfo::SqlMaxProcedureNameLength,
        SqlInfo::SqlMaxCatalogNameLength,
        SqlInfo::SqlMaxRowSize,
        SqlInfo::SqlMaxStatementLength,
        SqlInfo::SqlMaxStatements,
        SqlInfo::SqlMaxTableNameLength,
        SqlInfo::SqlMaxTablesInSelect,
        SqlInfo::SqlMaxUsernameLength,
    ] {
        builder.append(unknown, 0_i64);
    }
    builder.append(SqlInfo::SqlMaxRowSizeIncludesBlobs, false);
}

/// Returns what `CAST` makes of what.
fn casts() -> BTreeMap<i32, Vec<i32>> {
    let text = SqlSupportsConvert::SqlConvertVarchar as i32;
    let times = [SqlSupportsConvert::SqlConvertDate as i32, SqlSupportsConvert::SqlConvertTimestamp as i32];
    let numbers = [
        SqlSupportsConvert::SqlConvertBigint as i32,
        SqlSupportsConvert::SqlConvertBit as i32,
        SqlSupportsConvert::SqlConvertDecimal as i32,
        SqlSupportsConvert::SqlConvertFloat as i32,
        SqlSupportsConvert::SqlConvertInteger as i32,
        SqlSupportsConvert::SqlConvertReal as i32,
        SqlSupportsConvert::SqlConvertSmallint as i32,
        SqlSupportsConvert::SqlConvertTinyint as i32,
    ];
    let with_text = |to: &[i32]| to.iter().copied().chain([text]).collect::<Vec<i32>>();
    let mut casts: BTreeMap<i32, Vec<i32>> = numbers.into_iter().map(|from| (from, with_text(&numbers))).collect();
    casts.extend(times.into_iter().map(|from| (from, with_text(&times))));
    casts.insert(text, [numbers.as_slice(), times.as_slice(), &[text]].concat());
    casts
}

/// Returns the mask whose bits have these numbers.
fn bits(numbers: &[i32]) -> i32 {
    numbers.iter().fold(0, |mask, number| mask | (1 << number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_for_is_answered_and_nothing_else() {
        let info = sql_info(Duration::from_secs(60)).unwrap();
        let some = info.record_batch([SqlInfo::FlightSqlServerReadOnly as u32, SqlInfo::SqlKeywords as u32]).unwrap();
        assert_eq!(some.num_rows(), 2);
        assert_eq!(some.schema().as_ref(), SqlInfoDataBuilder::schema());
    }

    #[test]
    fn nothing_that_can_be_asked_for_is_missing() {
        let info = sql_info(Duration::from_secs(60)).unwrap();
        let missing = |code: &i32| {
            let code = u32::try_from(*code).unwrap();
            info.record_batch([code]).unwrap().num_rows() == 0
        };
        let all = (0..2_000).filter(|code| SqlInfo::try_from(*code).is_ok());
        let (missing, there): (Vec<i32>, Vec<i32>) = all.partition(missing);
        assert!(missing.is_empty(), "{missing:?}");
        assert!(there.len() > 80);
    }

    #[test]
    fn the_version_of_arrow_is_that_of_the_workspace() {
        let manifest = include_str!("../../../../Cargo.toml");
        assert!(manifest.contains(&format!("arrow-flight = {{ version = \"={ARROW_VERSION}\"")));
    }

    #[test]
    fn bits_have_the_numbers_of_their_places() {
        assert_eq!(bits(&[]), 0);
        assert_eq!(bits(&[0, 2]), 0b101);
    }
}
