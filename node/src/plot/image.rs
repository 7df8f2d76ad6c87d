//! Array curves as images: a cell for each value, its colour by where the value stands in the scale.

use super::body::Scope;
use super::data::Array;
use super::layout::SeriesLayout;
use super::scene::{Group, Image, Rect};
use super::theme;
use crate::series::View;

/// Samples of a row that are averaged at most; they are taken at equal distances.
const MOST_PER_ROW: usize = 4;
/// Columns that are drawn at most: more than a track has pixels.
const MOST_COLUMNS: usize = 512;

/// Draws the values of an array curve over its track.
pub(super) fn draw(group: &mut Group, scope: &Scope<'_>, series: &SeriesLayout, array: &Array<'_>) {
    let Some(view) = scope.window.rows(array.per_index, series.shift) else { return };
    if array.columns == 0 || array.values.len() < array.index.len().saturating_mul(array.columns) {
        return;
    }
    let columns = array.columns.min(MOST_COLUMNS);
    let mut cells = Vec::with_capacity(columns * view.rows());
    let mono = scope.layout.palette.is_mono;
    for row in 0..view.rows() {
        let samples = samples(array.index, &view, row);
        for column in 0..columns {
            let column = column * array.columns / columns;
            let mean = mean(samples.iter().filter_map(|sample| array.values.get(sample * array.columns + column)));
            let share = mean.and_then(|value| series.share(value));
            let colour = share.map(theme::mapped);
            cells.push(colour.map(|colour| if mono { colour.grey() } else { colour }));
        }
    }
    let y = |edge: usize| scope.window.y(view.edge(edge).mul_add(array.per_index, series.shift));
    let (upper, lower) = (y(0), y(view.rows()));
    if scope.window.reversed {
        cells = cells.chunks(columns).rev().flatten().copied().collect();
    }
    let rect = Rect::new(scope.track.left, upper.min(lower), scope.track.right, upper.max(lower));
    group.add(Image { rect, columns, cells });
}

/// Returns the samples that a row shows: those in it, or between samples the nearer one, unless the row is
/// beyond the ends.
fn samples(index: &[f64], view: &View, row: usize) -> Vec<usize> {
    let (top, bottom) = (view.edge(row), view.edge(row + 1));
    let from = index.partition_point(|at| *at < top);
    let to = index.partition_point(|at| *at < bottom).max(from);
    if to > from {
        let step = (to - from).div_ceil(MOST_PER_ROW);
        return (from..to).step_by(step).collect();
    }
    let middle = top.midpoint(bottom);
    match (from.checked_sub(1), index.get(from)) {
        (Some(before), Some(next)) => {
            let is_before = index.get(before).is_some_and(|before| middle - before < next - middle);
            vec![if is_before { before } else { from }]
        }
        _ => Vec::new(),
    }
}

fn mean<'a>(values: impl Iterator<Item = &'a f64>) -> Option<f64> {
    let (sum, count) =
        values.filter(|value| value.is_finite()).fold((0.0, 0), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_show_the_samples_in_them_or_the_nearer_one() {
        let index = [10.0, 11.0, 12.0, 12.1, 12.2];
        let view = View::from_top(10.0, 0.25, 12).unwrap();
        assert_eq!(samples(&index, &view, 0), [0]);
        assert_eq!(samples(&index, &view, 1), [0], "10.375 is nearer to 10");
        assert_eq!(samples(&index, &view, 3), [1], "10.875 is nearer to 11");
        assert_eq!(samples(&index, &view, 8), [2, 3, 4]);
        assert!(samples(&index, &view, 11).is_empty(), "nothing is below the last");
        assert_eq!(mean([1.0, f64::NAN, 3.0].iter()), Some(2.0));
        assert_eq!(mean([f64::NAN].iter()), None);
    }
}
