//! What `STRT`, `STOP` and `STEP` should say, and whether they do.

use crate::data::cell::{Cell, understand};
use crate::model::{Column, Values};
use crate::write::number::{self, NumberForm};

/// What the index of a log is like.
#[derive(Debug)]
pub(super) struct Bounds<'a> {
    index: &'a Column,
    numbers: NumberForm,
    /// How the index steps; `None` when it is text or irregular.
    step: Option<Step>,
}

/// A regular step.
#[derive(Debug, Clone, Copy)]
struct Step {
    /// On average.
    mean: f64,
    /// The last place of the index as written: no step is known better than this.
    place: f64,
    /// How well the mean is known.
    tolerance: f64,
}

/// Steps may differ by this share of the step.
const REGULAR: f64 = 0.01;

/// Rows of an index of uneven steps from which on it can be said that it was rounded.
const ROUNDED_ROWS: usize = 10;

/// Numbers of headers that differ by no more than this share are the same.
const EQUAL: f64 = 1e-9;

impl<'a> Bounds<'a> {
    /// Looks at an index.
    pub(super) fn of(index: &'a Column, numbers: NumberForm) -> Self {
        let step = match &index.values {
            Values::Number(values) => Step::of(values),
            Values::Text(_) => None,
        };
        Self { index, numbers, step }
    }

    /// Returns its unit.
    pub(super) fn unit(&self) -> String {
        self.index.definition.unit.clone()
    }

    /// Returns the first value; `None` when there is none.
    pub(super) fn start(&self) -> Option<String> {
        self.text(Some(0))
    }

    /// Returns the last value.
    pub(super) fn stop(&self) -> Option<String> {
        self.text(self.index.values.len().checked_sub(1))
    }

    /// Returns the step as few places as say it; 0 when there is none.
    pub(super) fn step(&self) -> Option<String> {
        let Some(step) = self.step else { return Some("0".to_owned()) };
        let near = |places: &u8| {
            let text = number::text(step.mean, NumberForm::Decimals(*places));
            text.parse::<f64>().is_ok_and(|value| (value - step.mean).abs() <= step.tolerance)
        };
        let places = (0..=15).find(near);
        Some(number::text(step.mean, places.map_or(NumberForm::Shortest, NumberForm::Decimals)))
    }

    fn text(&self, row: Option<usize>) -> Option<String> {
        let at = row?;
        match &self.index.values {
            Values::Number(values) => {
                let value = values.get(at).filter(|value| value.is_finite())?;
                Some(number::text(*value, self.numbers))
            }
            Values::Text(texts) => texts.get(at)?.clone(),
        }
    }

    /// Returns whether a `STRT` line is true.
    pub(super) fn is_start(&self, text: &str) -> bool {
        self.is_bound(text, self.start())
    }

    /// Returns whether a `STOP` line is true.
    pub(super) fn is_stop(&self, text: &str) -> bool {
        self.is_bound(text, self.stop())
    }

    fn is_bound(&self, text: &str, bound: Option<String>) -> bool {
        let Some(bound) = bound else { return true };
        match &self.index.values {
            Values::Number(_) => parse(text).zip(parse(&bound)).is_some_and(|(said, is)| agrees(text, said, is)),
            // A line may say more than the index does, such as the date beside the time; it is
            // wrong only if it is another value of the index.
            Values::Text(texts) => text == bound || !texts.iter().flatten().any(|other| other == text),
        }
    }

    /// Returns whether a `STEP` line is true; 0 says nothing.
    pub(super) fn is_step(&self, text: &str) -> bool {
        if matches!(self.index.values, Values::Text(_)) || self.index.values.len() < 2 {
            return true;
        }
        let Some(said) = parse(text) else { return false };
        if said == 0.0 {
            return true;
        }
        self.step.is_some_and(|step| {
            let close = (said - step.mean).abs() <= step.tolerance.max(step.place.min(said.abs() * REGULAR));
            close || agrees(text, said, step.mean)
        })
    }
}

impl Step {
    /// Returns the step of an index, if it is regular.
    fn of(values: &[f64]) -> Option<Self> {
        let (first, last) = (values.first()?, values.last()?);
        let steps = values.len().checked_sub(1).filter(|&steps| steps > 0)? as f64;
        let mean = (last - first) / steps;
        let place = last_place(values);
        let is_even = values.windows(2).all(|pair| match pair {
            [before, after] => (after - before - mean).abs() <= mean.abs() * REGULAR,
            _ => false,
        });
        // An index that was rounded steps unevenly, but stays with the line of even steps.
        let stays =
            values.iter().zip(0_u32..).all(|(value, row)| (value - first - mean * f64::from(row)).abs() <= place);
        let is_regular = is_even || stays && values.len() >= ROUNDED_ROWS;
        let tolerance = place / steps + mean.abs() * EQUAL;
        (is_regular && mean != 0.0).then_some(Self { mean, place, tolerance })
    }
}

/// Returns the unit of the last place that any of the values has.
fn last_place(values: &[f64]) -> f64 {
    let places = |value: &f64| {
        let text = number::text(*value, NumberForm::Shortest);
        text.split_once('.').map_or(0, |(_, places)| places.len())
    };
    // Places beyond these are noise of arithmetic.
    let most = values.iter().take(1000).filter(|value| value.is_finite()).map(places).max().unwrap_or(0).min(9);
    10_f64.powi(-(i32::try_from(most).unwrap_or(9)))
}

/// Returns whether a header that says `text`, the number `said`, agrees with `is`: it may round.
fn agrees(text: &str, said: f64, is: f64) -> bool {
    let places = text.trim().split_once(['.', ',']).map_or(0, |(_, places)| places.len());
    let rounds = places > 0 && text.trim().bytes().all(|byte| !byte.is_ascii_alphabetic());
    let half = if rounds { 0.5 * 10_f64.powi(-(i32::try_from(places).unwrap_or(0))) } else { 0.0 };
    (said - is).abs() <= half.max(is.abs() * EQUAL)
}

fn parse(text: &str) -> Option<f64> {
    match understand(text.trim().as_bytes()) {
        Cell::Number(number) | Cell::Comma(number) => Some(number),
        _ => None,
    }
}

/// Returns whether two units are spelled alike; what none is said of agrees with any.
pub(super) fn same_unit(one: &str, other: &str) -> bool {
    one.is_empty() || other.is_empty() || one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::HeaderItem;

    fn column(values: Values) -> Column {
        Column { definition: HeaderItem::new("DEPT", "M", "", ""), values }
    }

    fn step(values: &[f64]) -> String {
        Bounds::of(&column(Values::Number(values.to_vec())), NumberForm::Shortest).step().unwrap()
    }

    #[test]
    fn steps_are_said_in_few_places() {
        let by = |step: f64, places: i32| -> Vec<f64> {
            let round = 10_f64.powi(places);
            (0..1000).map(|row| ((1000.0 + step * f64::from(row)) * round).round() / round).collect()
        };
        assert_eq!(step(&by(0.1524, 4)), "0.1524");
        assert_eq!(step(&by(0.1, 1)), "0.1");
        assert_eq!(step(&by(-0.125, 3)), "-0.125");
        assert_eq!(step(&by(0.1524, 1)), "0.1524", "rounded depths still tell it");
        assert_eq!(step(&[1.0, 2.0, 4.0]), "0");
        assert_eq!(step(&[1.0, 1.0, 1.0]), "0");
        assert_eq!(step(&[1.0, f64::NAN, 3.0]), "0");
        assert_eq!(step(&[1.0]), "0");
    }

    #[test]
    fn lines_that_round_are_true() {
        let index = column(Values::Number((0..100).map(|row| 10.0 + f64::from(row) * 0.1524).collect()));
        let bounds = Bounds::of(&index, NumberForm::Shortest);
        assert!(bounds.is_start("10.000") && bounds.is_start("10") && bounds.is_start("10,0"));
        assert!(bounds.is_stop("25.0876") && bounds.is_stop("25.09") && !bounds.is_stop("25.1876"));
        assert!(
            bounds.is_step("0.1524")
                && bounds.is_step("0.152")
                && bounds.is_step("0")
                && bounds.is_step("0.1524000001")
        );
        assert!(!bounds.is_step("-0.1524") && !bounds.is_step("0.5") && !bounds.is_step(""));
    }

    #[test]
    fn lines_about_words_are_wrong_only_if_they_are_another_word() {
        let texts = ["a", "b", "c"].map(|text| Some(text.to_owned())).to_vec();
        let index = column(Values::Text(texts));
        let bounds = Bounds::of(&index, NumberForm::Shortest);
        assert!(bounds.is_start("a") && bounds.is_start("1 a") && !bounds.is_start("b"));
        assert_eq!(bounds.stop().as_deref(), Some("c"));
    }
}
