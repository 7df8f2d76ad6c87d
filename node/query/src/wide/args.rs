//! The arguments of `well()`: by position, or by name behind those.
//!
//! DataFusion hands table functions values by position only, so names are put in their place before
//! it plans the call.

use arrow::datatypes::DataType;
use datafusion::common::{ScalarValue, plan_err};
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::planner::{RelationPlanner, RelationPlannerContext, RelationPlanning};
use datafusion::sql::sqlparser::ast::{
    Expr as SqlExpr, FunctionArg, FunctionArgExpr, Ident, ObjectName, ObjectNamePart, TableFactor, Value,
};

/// Names of the arguments, in the order of their positions.
const NAMES: [&str; 4] = ["name", "curves", "step", "max_gap"];

/// Most curves that are named: as many as a plan of columns can hold with ease.
const MAX_CURVES: usize = 1_000;

/// How the rows of a table are spaced when they are not the depths as delivered.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Spacing {
    /// Distance of rows in metres.
    pub(super) step: f64,
    /// Largest distance of samples that are joined, in metres; by their steps when none.
    pub(super) max_gap: Option<f64>,
}

/// What `well()` is asked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct WellArguments {
    pub(super) well: String,
    /// Names of properties and mnemonics; all preferred curves when none.
    pub(super) curves: Option<Vec<String>>,
    pub(super) spacing: Option<Spacing>,
}

impl WellArguments {
    /// Reads the arguments by position; null stands for one that is not given.
    pub(super) fn read(exprs: &[Expr]) -> Result<Self> {
        if exprs.len() > NAMES.len() {
            return usage("it takes four arguments at most");
        }
        let mut values = Vec::with_capacity(NAMES.len());
        for (expr, name) in exprs.iter().zip(NAMES) {
            let Expr::Literal(value, _) = expr else {
                return usage(&format!("{name} is not a constant"));
            };
            values.push(Some(value).filter(|value| !value.is_null()));
        }
        values.resize(NAMES.len(), None);
        let text = |at: usize| match values[at] {
            Some(value) => match value.try_as_str().flatten() {
                Some(text) => Ok(Some(text)),
                None => usage(&format!("{} is a text", NAMES[at])),
            },
            None => Ok(None),
        };
        let Some(well) = text(0)?.map(str::trim).filter(|name| !name.is_empty()) else {
            return usage("the well is missing");
        };
        let (step, max_gap) = (length(values[2], NAMES[2])?, length(values[3], NAMES[3])?);
        let spacing = match (step, max_gap) {
            (Some(step), max_gap) => Some(Spacing { step, max_gap }),
            (None, Some(_)) => return usage("max_gap says how far apart samples may be that a step is laid between"),
            (None, None) => None,
        };
        Ok(Self { well: well.to_owned(), curves: text(1)?.map(curves).transpose()?, spacing })
    }
}

fn usage<T>(what: &str) -> Result<T> {
    plan_err!("well() is called like well('15/9-F-1', 'gr,rhob', step => 0.5, max_gap => 2): {what}")
}

/// Reads a length in metres.
fn length(value: Option<&ScalarValue>, name: &str) -> Result<Option<f64>> {
    let Some(value) = value else { return Ok(None) };
    if value.data_type().is_numeric()
        && let Ok(ScalarValue::Float64(Some(metres))) = value.cast_to(&DataType::Float64)
        && metres.is_finite()
        && metres > 0.0
    {
        return Ok(Some(metres));
    }
    usage(&format!("{name} is a number of metres above zero"))
}

/// Reads a list of names.
fn curves(list: &str) -> Result<Vec<String>> {
    let names: Vec<String> = list.split(',').map(|name| name.trim().to_owned()).collect();
    if names.iter().any(String::is_empty) {
        return usage("curves are properties or mnemonics with commas between them; leave it out for all properties");
    }
    if names.len() > MAX_CURVES {
        return usage(&format!("{} curves are named, the limit is {MAX_CURVES}", names.len()));
    }
    Ok(names)
}

/// Puts named arguments of `well()` in their places, and folds names of table functions as SQL does.
#[derive(Debug)]
pub(crate) struct NamedArguments;

impl RelationPlanner for NamedArguments {
    fn plan_relation(
        &self,
        mut relation: TableFactor,
        _context: &mut dyn RelationPlannerContext,
    ) -> Result<RelationPlanning> {
        match &mut relation {
            TableFactor::Table { name, args: Some(arguments), .. } => spelled(name, &mut arguments.args)?,
            TableFactor::Function { name, args, .. } => spelled(name, args)?,
            _ => {}
        }
        Ok(RelationPlanning::Original(Box::new(relation)))
    }
}

/// Spells a call of a table function as it is looked up, which is letter by letter.
fn spelled(name: &mut ObjectName, arguments: &mut Vec<FunctionArg>) -> Result<()> {
    let [part] = name.0.as_slice() else { return Ok(()) };
    let Some(ident) = part.as_ident() else { return Ok(()) };
    let called = if ident.quote_style.is_none() { ident.value.to_lowercase() } else { ident.value.clone() };
    if called == "well" {
        *arguments = in_place(std::mem::take(arguments))?;
    }
    *name = ObjectName(vec![ObjectNamePart::Identifier(Ident::new(called))]);
    Ok(())
}

fn in_place(arguments: Vec<FunctionArg>) -> Result<Vec<FunctionArg>> {
    let mut places: [Option<FunctionArgExpr>; NAMES.len()] = Default::default();
    let mut named = false;
    for (position, argument) in arguments.into_iter().enumerate() {
        let (place, value) = match argument {
            FunctionArg::Unnamed(_) if named => return usage("an argument without a name follows one with a name"),
            FunctionArg::Unnamed(value) => (position, value),
            FunctionArg::Named { name, arg, .. } => {
                named = true;
                let Some(place) = NAMES.iter().position(|known| name.value.eq_ignore_ascii_case(known)) else {
                    return usage(&format!("there is no argument {name}, they are {}", NAMES.join(", ")));
                };
                (place, arg)
            }
            FunctionArg::ExprNamed { name, .. } => return usage(&format!("{name} is not the name of an argument")),
        };
        match places.get_mut(place) {
            None => return usage("it takes four arguments at most"),
            Some(Some(_)) => return usage(&format!("{} is given twice", NAMES[place])),
            Some(free) => *free = Some(value),
        }
    }
    let given = places.iter().rposition(Option::is_some).map_or(0, |last| last + 1);
    let null = || FunctionArgExpr::Expr(SqlExpr::value(Value::Null));
    Ok(places.into_iter().take(given).map(|place| FunctionArg::Unnamed(place.unwrap_or_else(null))).collect())
}

#[cfg(test)]
mod tests {
    use datafusion::logical_expr::lit;
    use datafusion::sql::sqlparser::ast::{SetExpr, Statement};
    use datafusion::sql::sqlparser::dialect::GenericDialect;
    use datafusion::sql::sqlparser::parser::Parser;

    use super::*;

    fn read(exprs: &[Expr]) -> WellArguments {
        WellArguments::read(exprs).unwrap()
    }

    #[test]
    fn arguments_are_read_by_position_and_null_is_none() {
        let all = read(&[lit(" Alpha "), lit("GR, rhob"), lit(1_i64), lit(2.5)]);
        assert_eq!(all.well, "Alpha");
        assert_eq!(all.curves, Some(vec!["GR".to_owned(), "rhob".to_owned()]));
        assert_eq!(all.spacing, Some(Spacing { step: 1.0, max_gap: Some(2.5) }));
        let few = read(&[lit("Alpha"), lit(ScalarValue::Null), lit(0.5)]);
        assert_eq!((few.curves, few.spacing), (None, Some(Spacing { step: 0.5, max_gap: None })));
    }

    #[test]
    fn calls_are_spelled_as_they_are_looked_up() {
        for (sql, expected) in [
            ("WELL('A', max_gap => 2, step => 1)", "well('A', NULL, 1, 2)"),
            ("LATERAL Well('A', step => 1)", "LATERAL well('A', NULL, 1)"),
            ("\"well\"('A')", "well('A')"),
            ("RUN('aa', 'gridded') AS r", "run('aa', 'gridded') AS r"),
            ("Wells", "Wells"),
        ] {
            let mut parsed = Parser::parse_sql(&GenericDialect {}, &format!("SELECT * FROM {sql}")).unwrap();
            let Some(Statement::Query(query)) = parsed.pop() else { panic!("no query") };
            let query = *query;
            let SetExpr::Select(mut select) = *query.body else { panic!("no select") };
            let mut relation = select.from.remove(0).relation;
            match &mut relation {
                TableFactor::Table { name, args: Some(arguments), .. } => spelled(name, &mut arguments.args).unwrap(),
                TableFactor::Function { name, args, .. } => spelled(name, args).unwrap(),
                _ => {}
            }
            assert_eq!(relation.to_string(), expected);
        }
    }

    #[test]
    fn what_cannot_be_read_is_told() {
        for (exprs, part) in [
            (vec![], "the well is missing"),
            (vec![lit("  ")], "the well is missing"),
            (vec![lit(7_i64)], "name is a text"),
            (vec![lit("A"), lit("gr,,rhob")], "commas between"),
            (vec![lit("A"), lit("")], "commas between"),
            (vec![lit("A"), lit("gr"), lit(0.0)], "step is a number"),
            (vec![lit("A"), lit("gr"), lit(f64::NAN)], "step is a number"),
            (vec![lit("A"), lit("gr"), lit("0.5")], "step is a number"),
            (vec![lit("A"), lit("gr"), lit(ScalarValue::Null), lit(2.0)], "max_gap says"),
            (vec![lit("A"), lit("gr"), lit(1.0), lit(2.0), lit(3.0)], "four arguments"),
        ] {
            let error = WellArguments::read(&exprs).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }
}
