//! Pixel rows over an index.

/// A stretch of index cut into rows of equal height.
///
/// Row `n` of a view covers `edge(n)..edge(n + 1)`. Edges are whole multiples of the height, computed as
/// `(first + n) · height`, so a view that was moved by some rows has the very same edges, and what is
/// drawn does not change while it is panned. Draw with [`View::edge`] or with the index itself, never
/// with edges computed in another way.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct View {
    /// Number of the first row, counted from index 0.
    first: i64,
    /// Height of a row in the unit of the index; finite and above 0.
    height: f64,
    rows: usize,
}

/// Rows that a view has at most: more than any screen or sheet.
const MOST_ROWS: usize = 1 << 20;
/// Row numbers up to here are exact in a double.
const FARTHEST: f64 = 9_007_199_254_740_992.0;

impl View {
    /// Returns the rows of a height from the one that contains `top` on; `None` when the height is not
    /// above 0, or something is not finite or so large that rows cannot be told apart.
    #[must_use]
    pub fn from_top(top: f64, height: f64, rows: usize) -> Option<Self> {
        if !(height.is_finite() && height > 0.0 && top.is_finite()) || rows > MOST_ROWS {
            return None;
        }
        let first = (top / height).floor();
        if first.abs() >= FARTHEST - MOST_ROWS as f64 {
            return None;
        }
        let mut view = Self { first: first as i64, height, rows };
        // The quotient is rounded, so it may be off by one.
        if view.edge(0) > top {
            view.first -= 1;
        } else if view.edge(1) <= top {
            view.first += 1;
        }
        Some(view)
    }

    /// Returns the rows of a height that cover `top..bottom`; `None` as [`View::from_top`], or when
    /// there are very many.
    #[must_use]
    pub fn covering(top: f64, bottom: f64, height: f64) -> Option<Self> {
        let mut view = Self::from_top(top, height, 0)?;
        let rows = ((bottom - view.edge(0)) / height).ceil();
        if !(0.0..=MOST_ROWS as f64).contains(&rows) {
            return None;
        }
        view.rows = rows as usize;
        while view.rows < MOST_ROWS && view.edge(view.rows) < bottom {
            view.rows += 1;
        }
        Some(view)
    }

    /// Number of rows.
    #[must_use]
    pub const fn rows(&self) -> usize {
        self.rows
    }

    /// Height of a row, in the unit of the index.
    #[must_use]
    pub const fn height(&self) -> f64 {
        self.height
    }

    /// Returns where row `n` begins; `n` may be the number of rows, which is the end.
    #[must_use]
    pub fn edge(&self, n: usize) -> f64 {
        // Both are far below 2^53, so the sum is exact.
        (self.first + n as i64) as f64 * self.height
    }

    /// Where the first row begins.
    #[must_use]
    pub fn top(&self) -> f64 {
        self.edge(0)
    }

    /// Where the last row ends.
    #[must_use]
    pub fn bottom(&self) -> f64 {
        self.edge(self.rows)
    }

    /// Returns the row that an index lies in; `None` outside of the view.
    #[must_use]
    pub fn row_of(&self, index: f64) -> Option<usize> {
        if !(self.top() <= index && index < self.bottom()) {
            return None;
        }
        let mut row = ((index - self.top()) / self.height) as usize;
        row = row.min(self.rows - 1);
        while self.edge(row) > index {
            row -= 1;
        }
        while self.edge(row + 1) <= index {
            row += 1;
        }
        Some(row)
    }
}
