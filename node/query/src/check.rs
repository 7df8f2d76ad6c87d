//! The gate in front of the engine: size of the text, kind of the statement, tables of the plan.
//!
//! Three checks, each enough to keep a query from writing on its own: only statements that read are
//! planned; DataFusion refuses plans with side effects; and every scan must be of one of our tables.

use datafusion::catalog::TableProvider;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::tree_node::{TreeNode, TreeNodeRecursion};
use datafusion::datasource::cte_worktable::CteWorkTable;
use datafusion::datasource::empty::EmptyTable;
use datafusion::datasource::source_as_provider;
use datafusion::error::DataFusionError;
use datafusion::execution::context::SQLOptions;
use datafusion::functions_table::generate_series::GenerateSeriesTable;
use datafusion::logical_expr::{Expr, LogicalPlan, Volatility};
use datafusion::sql::parser::{DFParserBuilder, Statement};
use datafusion::sql::sqlparser::ast::{SetExpr, Statement as SqlStatement};
use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Token, Tokenizer};

use crate::error::{QueryError, QueryErrorKind};
use crate::functions;
use crate::limits::Limits;
use crate::meta::MetaProvider;
use crate::pg::PgTable;
use crate::run::RunTable;
use crate::samples::SamplesTable;
use crate::wide::WellTable;

/// Levels of the parser's recursion per level of nesting; a parenthesis costs a few.
const PARSER_LEVELS: usize = 8;

/// The largest size of an array that a type names.
const MOST_BRACKETED: u64 = 4_096;

/// Checks the size of the text, which bounds the size of the plan.
pub(crate) fn text(sql: &str, limits: &Limits) -> Result<(), QueryError> {
    if sql.len() > limits.max_sql_bytes {
        return Err(limit(format!("the query has {} bytes, the limit is {}", sql.len(), limits.max_sql_bytes)));
    }
    let tokens = Tokenizer::new(&GenericDialect {}, sql)
        .tokenize()
        .map_err(|error| QueryError::new(QueryErrorKind::Syntax, error.to_string()))?;
    let largest = bracketed(&tokens);
    if largest > MOST_BRACKETED {
        return Err(limit(format!("an array of {largest} values is too large, the limit is {MOST_BRACKETED}")));
    }
    let size = measure(&tokens);
    if size.operators > limits.max_operators {
        return Err(limit(format!(
            "the query has {} operators, the limit is {}; use IN lists, or split it",
            size.operators, limits.max_operators
        )));
    }
    if size.nesting > limits.max_nesting {
        return Err(limit(format!(
            "the query is nested {} deep, the limit is {}; split it with WITH",
            size.nesting, limits.max_nesting
        )));
    }
    Ok(())
}

/// Returns the largest size of an array in brackets. `CAST(NULL AS INT[2000000000])` is an array of that
/// many values, also when it is none; sizes that follow each other multiply.
fn bracketed(tokens: &[Token]) -> u64 {
    let mut tokens = tokens.iter().filter(|token| !matches!(token, Token::Whitespace(_))).peekable();
    let (mut largest, mut product) = (0, 1_u64);
    let mut is_size = false;
    let mut before = None;
    while let Some(token) = tokens.next() {
        match token {
            Token::LBracket => is_size = before.is_some_and(ends_type),
            Token::Number(text, _) if is_size && tokens.peek() == Some(&&Token::RBracket) => {
                // What does not fit is too large in any case.
                product = product.saturating_mul(text.parse().unwrap_or(u64::MAX).max(1));
                largest = largest.max(product);
                is_size = false;
            }
            Token::RBracket => {}
            _ => (is_size, product) = (false, 1),
        }
        before = Some(token);
    }
    largest
}

/// Whether a bracket after a token may be the size of an array: not after a name, nor where an array
/// itself begins.
const fn ends_type(token: &Token) -> bool {
    match token {
        Token::RParen | Token::RBracket => true,
        Token::Word(word) => {
            word.quote_style.is_none()
                && !matches!(
                    word.keyword,
                    Keyword::NoKeyword
                        | Keyword::ARRAY
                        | Keyword::SELECT
                        | Keyword::DISTINCT
                        | Keyword::ALL
                        | Keyword::WHERE
                        | Keyword::HAVING
                        | Keyword::AND
                        | Keyword::OR
                        | Keyword::NOT
                        | Keyword::BY
                        | Keyword::ON
                        | Keyword::CASE
                        | Keyword::WHEN
                        | Keyword::THEN
                        | Keyword::ELSE
                        | Keyword::BETWEEN
                )
        }
        _ => false,
    }
}

fn limit(message: String) -> QueryError {
    QueryError::new(QueryErrorKind::Limit, message)
}

#[derive(Debug, Default)]
struct Size {
    operators: usize,
    nesting: usize,
}

/// Counts what makes a plan deep; the items of an `IN` list stay flat and do not count.
fn measure(tokens: &[Token]) -> Size {
    let mut size = Size::default();
    // For each open level, whether it is an IN list.
    let mut open: Vec<bool> = Vec::new();
    let mut after_in = false;
    // Prefix operators in a row, each a level of recursion.
    let mut prefixes = 0;
    for token in tokens {
        if matches!(token, Token::Whitespace(_)) {
            continue;
        }
        prefixes = if is_prefix(token) { prefixes + 1 } else { 0 };
        size.nesting = size.nesting.max(open.len() + prefixes);
        match token {
            Token::LParen | Token::LBracket | Token::LBrace => {
                open.push(after_in);
                size.nesting = size.nesting.max(open.len());
            }
            Token::RParen | Token::RBracket | Token::RBrace => {
                open.pop();
            }
            Token::Comma => size.operators += usize::from(open.last() != Some(&true)),
            Token::Word(word) if word.quote_style.is_none() => match word.keyword {
                Keyword::CASE => {
                    size.operators += 1;
                    open.push(false);
                    size.nesting = size.nesting.max(open.len());
                }
                Keyword::END => {
                    open.pop();
                }
                keyword => size.operators += usize::from(combines(keyword)),
            },
            Token::Number(..)
            | Token::SingleQuotedString(_)
            | Token::DoubleQuotedString(_)
            | Token::Word(_)
            | Token::Period
            | Token::SemiColon
            | Token::EOF => {}
            _ => size.operators += 1,
        }
        after_in = matches!(token, Token::Word(word)
            if word.quote_style.is_none() && word.keyword == Keyword::IN);
    }
    size
}

fn is_prefix(token: &Token) -> bool {
    match token {
        Token::Minus | Token::Plus | Token::Tilde | Token::ExclamationMark => true,
        Token::Word(word) => word.quote_style.is_none() && word.keyword == Keyword::NOT,
        _ => false,
    }
}

const fn combines(keyword: Keyword) -> bool {
    matches!(
        keyword,
        Keyword::AND
            | Keyword::OR
            | Keyword::NOT
            | Keyword::XOR
            | Keyword::LIKE
            | Keyword::ILIKE
            | Keyword::SIMILAR
            | Keyword::IS
            | Keyword::IN
            | Keyword::BETWEEN
            | Keyword::WHEN
            | Keyword::SELECT
            | Keyword::JOIN
            | Keyword::UNION
            | Keyword::INTERSECT
            | Keyword::EXCEPT
            | Keyword::COLLATE
            | Keyword::OVER
            | Keyword::INTERVAL
            | Keyword::AT
    )
}

/// Parses the text and takes exactly one statement that reads.
pub(crate) fn statement(sql: &str, limits: &Limits) -> Result<Statement, QueryError> {
    let sql = functions::callable(sql);
    let mut statements = DFParserBuilder::new(sql.as_ref())
        .with_dialect(&GenericDialect {})
        .with_recursion_limit(limits.max_nesting.saturating_mul(PARSER_LEVELS))
        .build()
        .and_then(|mut parser| parser.parse_statements())?;
    let Some(statement) = statements.pop_front() else {
        return Err(QueryError::new(
            QueryErrorKind::Syntax,
            "the query is empty; write something like SELECT * FROM wells",
        ));
    };
    if !statements.is_empty() {
        return Err(QueryError::new(
            QueryErrorKind::NotAllowed,
            "one statement at a time; remove what follows the first semicolon",
        ));
    }
    if reads(&statement) { Ok(statement) } else { Err(not_allowed()) }
}

fn not_allowed() -> QueryError {
    QueryError::new(QueryErrorKind::NotAllowed, "queries only read: use SELECT, WITH, EXPLAIN, SHOW or DESCRIBE")
}

fn reads(statement: &Statement) -> bool {
    match statement {
        Statement::Statement(statement) => sql_reads(statement),
        Statement::Explain(explain) => reads(&explain.statement),
        Statement::CreateExternalTable(_) | Statement::CopyTo(_) | Statement::Reset(_) => false,
    }
}

fn sql_reads(statement: &SqlStatement) -> bool {
    match statement {
        SqlStatement::Query(query) => body_reads(&query.body),
        SqlStatement::ExplainTable { .. }
        | SqlStatement::ShowTables { .. }
        | SqlStatement::ShowColumns { .. }
        | SqlStatement::ShowFunctions { .. }
        | SqlStatement::ShowVariable { .. } => true,
        SqlStatement::Explain { statement, .. } => sql_reads(statement),
        _ => false,
    }
}

/// `WITH … INSERT` is a query to the parser.
fn body_reads(body: &SetExpr) -> bool {
    match body {
        SetExpr::Insert(_) | SetExpr::Update(_) | SetExpr::Delete(_) | SetExpr::Merge(_) => false,
        SetExpr::Query(query) => body_reads(&query.body),
        SetExpr::SetOperation { left, right, .. } => body_reads(left) && body_reads(right),
        SetExpr::Select(_) | SetExpr::Values(_) | SetExpr::Table(_) => true,
    }
}

/// Checks that a plan has no side effects and scans only tables of this crate.
pub(crate) fn plan(plan: &LogicalPlan) -> Result<(), QueryError> {
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(plan)
        .map_err(|_reason: DataFusionError| not_allowed())?;
    let mut refused = None;
    plan.apply_with_subqueries(|node| {
        refused = match node {
            LogicalPlan::Ddl(_)
            | LogicalPlan::Dml(_)
            | LogicalPlan::Copy(_)
            | LogicalPlan::Statement(_)
            | LogicalPlan::Extension(_) => Some(not_allowed()),
            LogicalPlan::TableScan(scan) => {
                let provider = source_as_provider(&scan.source)?;
                (!is_ours(provider.as_ref())).then(|| {
                    QueryError::new(
                        QueryErrorKind::NotAllowed,
                        format!("only the workspace's own tables can be read, not {}", scan.table_name),
                    )
                })
            }
            _ => None,
        };
        Ok(if refused.is_some() { TreeNodeRecursion::Stop } else { TreeNodeRecursion::Continue })
    })?;
    refused.map_or(Ok(()), Err)
}

/// Tables of metadata that change only when the catalog's state does; others show what goes on.
const OF_DATA: [&str; 18] = [
    "wells",
    "tables",
    "projects",
    "wellbores",
    "runs",
    "curves",
    "notices",
    "lineage",
    "attachments",
    "dictionary",
    "units",
    "members",
    "entries",
    "tops",
    "surveys",
    "selections",
    "charts",
    "properties",
];

/// Whether a plan gives the same rows as long as the state of the catalog is the same.
pub(crate) fn is_repeatable(plan: &LogicalPlan) -> bool {
    let mut repeats = true;
    let walked = plan.apply_with_subqueries(|node| {
        repeats &= match node {
            LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) | LogicalPlan::DescribeTable(_) => false,
            LogicalPlan::TableScan(scan) => is_of_data(source_as_provider(&scan.source)?.as_ref()),
            _ => true,
        };
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                repeats &= !varies(part);
                Ok(TreeNodeRecursion::Continue)
            })
        })?;
        Ok(if repeats { TreeNodeRecursion::Continue } else { TreeNodeRecursion::Stop })
    });
    walked.is_ok() && repeats
}

fn is_of_data(table: &dyn TableProvider) -> bool {
    if let Some(table) = table.downcast_ref::<MetaProvider>() {
        return OF_DATA.contains(&table.table().name());
    }
    table.is::<SamplesTable>()
        || table.is::<RunTable>()
        || table.is::<WellTable>()
        || table.is::<EmptyTable>()
        || table.is::<CteWorkTable>()
}

/// Whether a function gives another value each time, such as `now()` or `random()`.
fn varies(expr: &Expr) -> bool {
    let volatility = match expr {
        Expr::ScalarFunction(call) => call.func.signature().volatility,
        Expr::AggregateFunction(call) => call.func.signature().volatility,
        Expr::WindowFunction(call) => call.fun.signature().volatility,
        Expr::ScalarVariable(..) => return true,
        _ => return false,
    };
    volatility != Volatility::Immutable
}

/// Ours, or one that DataFusion makes from nothing: `information_schema`, series, recursive CTEs.
fn is_ours(table: &dyn TableProvider) -> bool {
    table.is::<SamplesTable>()
        || table.is::<MetaProvider>()
        || table.is::<RunTable>()
        || table.is::<WellTable>()
        || table.is::<PgTable>()
        || table.is::<StreamingTable>()
        || table.is::<GenerateSeriesTable>()
        || table.is::<CteWorkTable>()
        || table.is::<EmptyTable>()
}
