//! Functions whose results are far larger than what goes in: they allocate without asking the memory
//! pool, so `repeat('x', 10000000000)` would end the process.
//!
//! Each is wrapped so that it says what it will make at most, and refuses above a bound. Where the
//! planner makes such calls itself (`a || b`, `[a, b]`), a rewrite puts the wrapped ones in their place.
//! Constants are folded by then, so their sizes are checked once the plan is optimised.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray as _, Int64Array};
use arrow::compute::kernels::length::length;
use arrow::compute::{cast, max};
use arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TreeNode, TreeNodeRecursion};
use datafusion::common::{DFSchema, ScalarValue};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::registry::FunctionRegistry as _;
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::expr::ScalarFunction;
use datafusion::logical_expr::expr_rewriter::FunctionRewrite;
use datafusion::logical_expr::{
    BinaryExpr, ColumnarValue, Documentation, Expr, LogicalPlan, Operator, ReturnFieldArgs, ScalarFunctionArgs,
    ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

use super::{BATCH_ROWS, TooLarge};

/// Bytes that one call may make of one batch.
const MOST_BYTES: u64 = 32 * 1024 * 1024;

/// Calls of such functions in one statement: what each makes of a batch is in memory at once.
const MOST_CALLS: usize = 64;

/// Bytes of all constants of a statement, once they are computed.
const MOST_CONSTANTS: u64 = 1024 * 1024;

/// Bytes of a compiled pattern at most: the limit of the crate that compiles it. One that repeats a part
/// (`a{1000}`) may have as many, however short it is.
const COMPILED: u64 = 10 * 1024 * 1024;

/// Bytes of what a letter of another pattern is compiled to, with room for a class of letters.
const COMPILED_LETTER: u64 = 16 * 1024;

/// Bytes of one value of an array of numbers.
const NUMBER: u64 = 8;

/// How the size of a result follows from the arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Growth {
    /// As large as all arguments together.
    Sum,
    /// The same with the first argument between the others.
    Separated,
    /// The first argument as often as the second says.
    Repeat,
    /// As many characters as the second argument says.
    Pad,
    /// As many values as the second argument says, and what is in the first.
    Resize,
    /// Every part of the first argument may become the third.
    Replace,
    /// What matches a pattern in the first argument becomes the third, which may have what matched in it.
    Pattern,
    /// Patterns in the second argument, compiled and kept for a batch.
    Compiled,
    /// The first argument as text, with the second between its values.
    Text,
    /// From the first argument to the second in steps of the third.
    Series,
    /// A table of the first argument's characters by the second's; costs time rather than memory.
    Product,
}

/// The functions, by their names.
const GROWING: [(&str, Growth); 26] = [
    ("repeat", Growth::Repeat),
    ("array_repeat", Growth::Repeat),
    ("lpad", Growth::Pad),
    ("rpad", Growth::Pad),
    ("array_resize", Growth::Resize),
    ("replace", Growth::Replace),
    ("regexp_replace", Growth::Pattern),
    ("regexp_like", Growth::Compiled),
    ("regexp_match", Growth::Compiled),
    ("regexp_count", Growth::Compiled),
    ("regexp_instr", Growth::Compiled),
    ("array_replace", Growth::Replace),
    ("array_replace_n", Growth::Replace),
    ("array_replace_all", Growth::Replace),
    ("array_to_string", Growth::Text),
    ("range", Growth::Series),
    ("generate_series", Growth::Series),
    ("concat", Growth::Sum),
    ("overlay", Growth::Sum),
    ("array_concat", Growth::Sum),
    ("array_append", Growth::Sum),
    ("array_prepend", Growth::Sum),
    ("make_array", Growth::Sum),
    ("map", Growth::Sum),
    ("concat_ws", Growth::Separated),
    ("levenshtein", Growth::Product),
];

/// Functions that are not offered: they name types of any size (`arrow_cast(NULL,
/// 'FixedSizeBinary(2000000000)')`).
const REMOVED: [&str; 2] = ["arrow_cast", "arrow_try_cast"];

/// Wraps the functions of a session.
///
/// # Errors
/// When a function cannot be registered.
pub(super) fn bounded(mut state: SessionState) -> Result<SessionState> {
    let mut wrapped = HashMap::new();
    for (name, growth) in GROWING {
        let Some(inner) = state.scalar_functions().get(name).cloned() else { continue };
        let function = Arc::new(ScalarUDF::new_from_impl(Bounded { inner, growth }));
        state.register_udf(Arc::clone(&function))?;
        wrapped.insert(function.name().to_owned(), function);
    }
    for name in REMOVED {
        state.deregister_udf(name)?;
    }
    let signature = Signature::any(1, Volatility::Immutable);
    let joined = Arc::new(ScalarUDF::new_from_impl(Joined { signature: signature.clone() }));
    let patterns = Arc::new(ScalarUDF::new_from_impl(Patterns { signature }));
    state.register_function_rewrite(Arc::new(Rewrite { wrapped, joined, patterns }))?;
    Ok(state)
}

/// Counts the calls of growing functions in a plan.
///
/// # Errors
/// When there are too many.
pub(super) fn calls(plan: &LogicalPlan) -> Result<()> {
    let mut count = 0_usize;
    each_part(plan, |_, part| match part {
        Expr::ScalarFunction(call) => {
            let grows = |(name, growth): &(&str, Growth)| *growth != Growth::Compiled && *name == call.func.name();
            count += usize::from(GROWING.iter().any(grows));
        }
        Expr::BinaryExpr(BinaryExpr { op: Operator::StringConcat, .. }) => count += 1,
        _ => {}
    })?;
    if count > MOST_CALLS {
        return Err(TooLarge::error(format!(
            "the query calls {count} functions that make texts or arrays longer, the limit is {MOST_CALLS}; split it"
        )));
    }
    Ok(())
}

/// Returns how many rows a batch may have, when it has to be fewer than usual: an operator repeats each
/// constant of an optimised plan for every row.
///
/// # Errors
/// When the constants are larger than they may be.
pub(super) fn batch_rows(plan: &LogicalPlan) -> Result<Option<usize>> {
    let mut bytes = 0_u64;
    each_part(plan, |node, part| {
        // Those of conditions and of VALUES stay single values.
        let repeats = !matches!(
            node,
            LogicalPlan::Filter(_) | LogicalPlan::TableScan(_) | LogicalPlan::Join(_) | LogicalPlan::Values(_)
        );
        if let (true, Expr::Literal(value, _)) = (repeats, part) {
            bytes = bytes.saturating_add(if value.data_type().is_numeric() { 0 } else { scalar_bytes(value) });
        }
    })?;
    if bytes > MOST_CONSTANTS {
        return Err(TooLarge::error(format!(
            "the constants of the query have {bytes} bytes together, the limit is {MOST_CONSTANTS}; make them shorter"
        )));
    }
    // With room for what is made of them.
    let rows = usize::try_from(MOST_BYTES / 4 / bytes.max(1)).unwrap_or(BATCH_ROWS);
    Ok((rows < BATCH_ROWS).then_some(rows.max(1)))
}

/// Looks at every part of every expression of a plan.
///
/// # Errors
/// When the plan cannot be walked.
pub(super) fn each_part(plan: &LogicalPlan, mut look: impl FnMut(&LogicalPlan, &Expr)) -> Result<()> {
    plan.apply_with_subqueries(|node| {
        node.apply_expressions(|expr| {
            expr.apply(|part| {
                look(node, part);
                Ok(TreeNodeRecursion::Continue)
            })
        })
    })?;
    Ok(())
}

/// A function that refuses to make too much.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    growth: Growth,
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        self.inner.schema_name(args)
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arg_types)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(args)
    }

    fn is_strict(&self) -> bool {
        self.inner.is_strict()
    }

    fn coerce_types(&self, arg_types: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arg_types)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let bytes = estimate(self.growth, &args)?;
        if bytes > MOST_BYTES {
            return Err(too_much(self.name(), bytes));
        }
        self.inner.invoke_with_args(args)
    }
}

fn too_much(name: &str, bytes: u64) -> DataFusionError {
    TooLarge::error(format!(
        "{name} would make up to {bytes} bytes at a time, the limit is {MOST_BYTES}; use shorter texts or arrays"
    ))
}

/// Gives its argument back, which is the result of `||`, unless it is too large.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Joined {
    signature: Signature,
}

impl ScalarUDFImpl for Joined {
    fn name(&self) -> &'static str {
        "joined"
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args.iter().map(|arg| arg.schema_name().to_string()).collect())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let bytes: u64 = args.args.iter().map(|arg| total(arg, 1)).sum();
        if bytes > MOST_BYTES {
            return Err(too_much("||", bytes));
        }
        Ok(args.args.pop().unwrap_or(ColumnarValue::Scalar(ScalarValue::Null)))
    }
}

/// Gives its argument back, which are patterns for `~`, unless they are too many.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Patterns {
    signature: Signature,
}

impl ScalarUDFImpl for Patterns {
    fn name(&self) -> &'static str {
        "patterns"
    }

    fn schema_name(&self, args: &[Expr]) -> Result<String> {
        Ok(args.iter().map(|arg| arg.schema_name().to_string()).collect())
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arg_types: &[DataType]) -> Result<DataType> {
        Ok(arg_types.first().cloned().unwrap_or(DataType::Null))
    }

    fn invoke_with_args(&self, mut args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let bytes = compiled(args.args.first());
        if bytes > MOST_BYTES {
            return Err(too_much("~", bytes));
        }
        Ok(args.args.pop().unwrap_or(ColumnarValue::Scalar(ScalarValue::Null)))
    }
}

/// Whether an operator compares with a pattern.
const fn takes_pattern(op: Operator) -> bool {
    matches!(op, Operator::RegexMatch | Operator::RegexIMatch | Operator::RegexNotMatch | Operator::RegexNotIMatch)
}

/// Puts wrapped functions where the planner made calls of its own.
#[derive(Debug)]
struct Rewrite {
    wrapped: HashMap<String, Arc<ScalarUDF>>,
    joined: Arc<ScalarUDF>,
    patterns: Arc<ScalarUDF>,
}

impl FunctionRewrite for Rewrite {
    fn name(&self) -> &'static str {
        "bounded_functions"
    }

    fn rewrite(&self, expr: Expr, _schema: &DFSchema, _config: &ConfigOptions) -> Result<Transformed<Expr>> {
        Ok(match expr {
            Expr::BinaryExpr(BinaryExpr { op: Operator::StringConcat, .. }) => {
                Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(&self.joined), vec![expr])))
            }
            Expr::BinaryExpr(BinaryExpr { left, op, right })
                if takes_pattern(op) && !matches!(right.as_ref(), Expr::Literal(..)) =>
            {
                let right = ScalarFunction::new_udf(Arc::clone(&self.patterns), vec![*right]);
                let right = Box::new(Expr::ScalarFunction(right));
                Transformed::yes(Expr::BinaryExpr(BinaryExpr { left, op, right }))
            }
            Expr::ScalarFunction(call) => match self.wrapped.get(call.func.name()) {
                Some(wrapped) if !Arc::ptr_eq(wrapped, &call.func) => {
                    Transformed::yes(Expr::ScalarFunction(ScalarFunction::new_udf(Arc::clone(wrapped), call.args)))
                }
                _ => Transformed::no(Expr::ScalarFunction(call)),
            },
            other => Transformed::no(other),
        })
    }
}

/// Returns the bytes that a call makes at most.
fn estimate(growth: Growth, args: &ScalarFunctionArgs) -> Result<u64> {
    let is_constant = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    let rows = if is_constant { 1 } else { args.number_rows };
    let values = args.args.as_slice();
    let of = |at: usize, read: fn(&ColumnarValue, usize) -> u64| values.get(at).map_or(0, |value| read(value, rows));
    let sum = values.iter().fold(0_u64, |sum, value| sum.saturating_add(total(value, rows)));
    let counted = |at: usize| values.get(at).map_or(Ok(0), |value| counts(value, rows));
    Ok(match growth {
        Growth::Sum => sum,
        Growth::Separated => {
            let between = u64::try_from(values.len()).unwrap_or(u64::MAX);
            sum.saturating_add(of(0, total).saturating_mul(between))
        }
        Growth::Repeat => of(0, largest).saturating_mul(counted(1)?),
        // A character has up to four bytes.
        Growth::Pad => counted(1)?.saturating_mul(4),
        Growth::Resize => {
            let value = of(2, largest).max(NUMBER);
            of(0, total).saturating_add(counted(1)?.saturating_mul(value))
        }
        Growth::Replace => {
            let shortest = match values.get(1) {
                Some(ColumnarValue::Scalar(from)) => scalar_bytes(from).max(1),
                _ => 1,
            };
            let places = of(0, total).saturating_add(u64::try_from(rows).unwrap_or(u64::MAX)) / shortest;
            of(0, total).saturating_add(places.saturating_mul(of(2, largest)))
        }
        Growth::Pattern => replaced(values, rows).saturating_add(compiled(values.get(1))),
        Growth::Compiled => compiled(values.get(1)),
        Growth::Text => of(0, total).saturating_mul(of(1, largest).saturating_add(4)),
        Growth::Series => series(values, rows)?,
        Growth::Product => of(0, total).saturating_mul(of(1, largest)),
    })
}

/// Bytes of the different patterns of a column, once compiled; one alone is no matter.
fn compiled(patterns: Option<&ColumnarValue>) -> u64 {
    let Some(ColumnarValue::Array(patterns)) = patterns else { return 0 };
    let Ok(texts) = cast(patterns, &DataType::Utf8) else { return 0 };
    let different: BTreeSet<&str> = texts.as_string::<i32>().iter().flatten().collect();
    if different.len() < 2 {
        return 0;
    }
    let sizes = different.iter().map(|pattern| {
        let letters = u64::try_from(pattern.len()).unwrap_or(u64::MAX);
        if pattern.contains('{') { COMPILED } else { letters.saturating_mul(COMPILED_LETTER).min(COMPILED) }
    });
    sizes.fold(0, u64::saturating_add)
}

/// Bytes of texts in which matches of a pattern are replaced: once a row, or wherever they are.
fn replaced(values: &[ColumnarValue], rows: usize) -> u64 {
    let count = u64::try_from(rows).unwrap_or(u64::MAX);
    let texts = values.first().map_or(0, |texts| total(texts, rows));
    let with = values.get(2).map_or(0, |with| largest(with, rows));
    let is_everywhere = match values.get(3) {
        None => false,
        Some(ColumnarValue::Scalar(flags)) => flags.try_as_str().flatten().is_some_and(|flags| flags.contains('g')),
        Some(ColumnarValue::Array(_)) => true,
    };
    let places = if is_everywhere { texts.saturating_add(count) } else { count };
    // Each of them stands for a part of what matched.
    let groups = match values.get(2) {
        Some(ColumnarValue::Scalar(with)) => with
            .try_as_str()
            .flatten()
            .map_or(0, |with| u64::try_from(with.matches(['$', '\\']).count()).unwrap_or(u64::MAX)),
        _ => with,
    };
    texts.saturating_add(places.saturating_mul(with)).saturating_add(texts.saturating_mul(groups))
}

/// Bytes of an argument over all rows.
fn total(value: &ColumnarValue, rows: usize) -> u64 {
    match value {
        ColumnarValue::Array(array) => array_bytes(array),
        ColumnarValue::Scalar(scalar) => scalar_bytes(scalar).saturating_mul(u64::try_from(rows).unwrap_or(u64::MAX)),
    }
}

/// Bytes of the largest value of an argument; of one that is no text, a bound of it.
fn largest(value: &ColumnarValue, _rows: usize) -> u64 {
    let array = match value {
        ColumnarValue::Scalar(scalar) => return scalar_bytes(scalar),
        ColumnarValue::Array(array) => array,
    };
    if let Some(width) = array.data_type().primitive_width() {
        return u64::try_from(width).unwrap_or(u64::MAX);
    }
    let lengths = length(array.as_ref()).ok().filter(|_| is_text(array.data_type()));
    let lengths = lengths.and_then(|lengths| cast(&lengths, &DataType::Int64).ok());
    match lengths {
        Some(lengths) => {
            let longest = max(lengths.as_primitive::<Int64Type>()).unwrap_or(0);
            u64::try_from(longest).unwrap_or(0)
        }
        None => array_bytes(array),
    }
}

const fn is_text(data_type: &DataType) -> bool {
    matches!(data_type, DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Binary)
}

fn array_bytes(array: &ArrayRef) -> u64 {
    let bytes = array.to_data().get_slice_memory_size().unwrap_or_else(|_unknown| array.get_array_memory_size());
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

fn scalar_bytes(scalar: &ScalarValue) -> u64 {
    let bytes = match scalar.try_as_str() {
        Some(text) => text.map_or(0, str::len),
        None if matches!(scalar, ScalarValue::Null | ScalarValue::Boolean(_)) => 1,
        None => scalar.data_type().primitive_width().unwrap_or_else(|| scalar.size()),
    };
    u64::try_from(bytes).unwrap_or(u64::MAX)
}

/// Whole numbers of an argument, one per row.
fn numbers(value: &ColumnarValue, rows: usize) -> Result<Int64Array> {
    let array = value.to_array(rows)?;
    Ok(cast(&array, &DataType::Int64)?.as_primitive::<Int64Type>().clone())
}

/// The sum of an argument that counts.
fn counts(value: &ColumnarValue, rows: usize) -> Result<u64> {
    let counts = numbers(value, rows)?;
    Ok(counts.iter().flatten().fold(0, |sum: u64, count| sum.saturating_add(u64::try_from(count).unwrap_or(0))))
}

/// Bytes of the arrays that a series makes.
fn series(values: &[ColumnarValue], rows: usize) -> Result<u64> {
    if values.iter().any(|value| !value.data_type().is_integer() && !value.data_type().is_null()) {
        return Err(TooLarge::error(
            "arrays of dates and times are not made; use the table function: FROM generate_series(…)".to_owned(),
        ));
    }
    let (start, stop, step) = match values {
        [stop] => (None, stop, None),
        [start, stop] => (Some(start), stop, None),
        [start, stop, step] => (Some(start), stop, Some(step)),
        _ => return Ok(0),
    };
    let stops = numbers(stop, rows)?;
    let starts = start.map(|start| numbers(start, rows)).transpose()?;
    let steps = step.map(|step| numbers(step, rows)).transpose()?;
    let at =
        |array: &Option<Int64Array>, row: usize, default: i64| array.as_ref().map_or(default, |array| array.value(row));
    let bytes = (0..stops.len()).fold(0_u64, |sum, row| {
        let span = stops.value(row).abs_diff(at(&starts, row, 0));
        let count = (span / at(&steps, row, 1).unsigned_abs().max(1)).saturating_add(1);
        sum.saturating_add(count.saturating_mul(NUMBER))
    });
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use arrow::array::StringArray;
    use arrow::datatypes::Field;

    use super::*;

    fn made(growth: Growth, args: Vec<ColumnarValue>, number_rows: usize) -> u64 {
        let fields = args.iter().map(|arg| Arc::new(Field::new("x", arg.data_type(), true))).collect();
        let return_field = Arc::new(Field::new("x", DataType::Utf8, true));
        let config_options = Arc::new(ConfigOptions::default());
        let args = ScalarFunctionArgs { args, arg_fields: fields, number_rows, return_field, config_options };
        estimate(growth, &args).unwrap()
    }

    fn text(text: &str) -> ColumnarValue {
        ColumnarValue::Scalar(ScalarValue::from(text))
    }

    fn number(number: i64) -> ColumnarValue {
        ColumnarValue::Scalar(ScalarValue::from(number))
    }

    fn column(texts: &[&str]) -> ColumnarValue {
        ColumnarValue::Array(Arc::new(StringArray::from(texts.to_vec())))
    }

    #[test]
    fn the_bound_is_never_below_what_is_made() {
        assert_eq!(made(Growth::Repeat, vec![text("abc"), number(1000)], 8192), 3000);
        assert_eq!(made(Growth::Repeat, vec![column(&["a", "abc"]), number(10)], 2), 60);
        assert_eq!(made(Growth::Repeat, vec![text("abc"), number(-5)], 1), 0);
        assert_eq!(made(Growth::Repeat, vec![text("abc"), number(i64::MAX)], 1), u64::MAX);
        assert_eq!(made(Growth::Pad, vec![column(&["a", "b"]), number(50)], 2), 400);
        assert!(made(Growth::Replace, vec![text("aaaa"), text("a"), text("bbb")], 1) >= 12);
        assert!(made(Growth::Replace, vec![text("aaaa"), text(""), text("b")], 1) >= 9);
        assert!(made(Growth::Pattern, vec![text("aaaa"), text("a"), text("bb"), text("g")], 1) >= 8);
        assert!(made(Growth::Pattern, vec![text("aaaa"), text(".*"), text(r"\0\0\0")], 1) >= 12);
        assert!(made(Growth::Separated, vec![text(", "), text("a"), text("b")], 1) >= 4);
        assert!(made(Growth::Sum, vec![text("abc"), column(&["a", "b"])], 2) >= 8);
    }

    #[test]
    fn different_patterns_of_a_column_are_counted_as_compiled() {
        let like = |patterns: ColumnarValue| made(Growth::Compiled, vec![text("aaa"), patterns], 3);
        assert_eq!(like(text("(a{100}){100}")), 0, "one is bounded by the crate that compiles it");
        assert_eq!(like(column(&["a{9}", "a{9}", "a{9}"])), 0);
        assert_eq!(like(column(&["a{9}", "b{9}", "b{9}"])), 2 * COMPILED);
        assert_eq!(like(column(&["ab", "b", "b"])), 3 * COMPILED_LETTER);
    }

    #[test]
    fn a_series_counts_its_values_whatever_its_direction() {
        assert_eq!(made(Growth::Series, vec![number(9)], 1), 80);
        assert_eq!(made(Growth::Series, vec![number(1), number(10)], 1), 80);
        assert_eq!(made(Growth::Series, vec![number(10), number(1), number(-1)], 1), 80);
        assert_eq!(made(Growth::Series, vec![number(1), number(10), number(0)], 1), 80);
        assert_eq!(made(Growth::Series, vec![number(i64::MIN), number(i64::MAX)], 1), u64::MAX);
    }
}
