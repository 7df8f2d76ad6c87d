//! [`Reporter`]: collects notices within bounds, or turns the first into an error when strict.

use std::collections::BTreeMap;

use crate::error::ReadError;
use crate::model::{ImportReport, Notice, NoticeKind};

/// Collects the notices of one reading.
#[derive(Debug)]
pub(crate) struct Reporter {
    strict: bool,
    report: ImportReport,
    kept: BTreeMap<NoticeKind, usize>,
}

impl Reporter {
    /// Returns an empty one.
    pub(crate) fn new(strict: bool) -> Self {
        Self { strict, report: ImportReport::default(), kept: BTreeMap::new() }
    }

    /// Returns whether the first notice is an error.
    pub(crate) fn is_strict(&self) -> bool {
        self.strict
    }

    /// Notes an oddity. `message` is only called when the notice is kept, so that a file with
    /// a million oddities costs no million strings.
    ///
    /// # Errors
    ///
    /// [`ReadError::StrictViolation`] when strict.
    pub(crate) fn add(
        &mut self,
        line: u32,
        column: u32,
        kind: NoticeKind,
        message: impl FnOnce() -> String,
    ) -> Result<(), ReadError> {
        self.add_with(kind, || Notice { line, column, kind, message: message() })
    }

    /// Notes an oddity whose place is only looked for when the notice is kept.
    ///
    /// # Errors
    ///
    /// [`ReadError::StrictViolation`] when strict.
    pub(crate) fn add_with(&mut self, kind: NoticeKind, notice: impl FnOnce() -> Notice) -> Result<(), ReadError> {
        if self.strict {
            let Notice { line, column, kind, message } = notice();
            return Err(ReadError::StrictViolation { line, column, kind, message });
        }
        self.report.seen += 1;
        let kept = self.kept.entry(kind).or_default();
        if *kept < ImportReport::MAX_NOTICES {
            *kept += 1;
            self.report.notices.push(notice());
        }
        Ok(())
    }

    /// Returns the report, in file order.
    pub(crate) fn finish(mut self) -> ImportReport {
        self.report.notices.sort_by_key(|notice| (notice.line, notice.column));
        self.report
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_are_bounded_per_kind_and_counted() {
        let mut reporter = Reporter::new(false);
        for line in (1..=200).rev() {
            reporter.add(line, 0, NoticeKind::ShortRow, String::new).unwrap();
        }
        reporter.add(7, 0, NoticeKind::RunOn, String::new).unwrap();
        let report = reporter.finish();
        assert_eq!(report.seen, 201);
        assert_eq!(report.notices.len(), ImportReport::MAX_NOTICES + 1);
        assert!(report.notices.is_sorted_by_key(|notice| notice.line));
    }

    #[test]
    fn strict_makes_the_first_notice_an_error() {
        let error = Reporter::new(true).add(3, 4, NoticeKind::RunOn, || "x".to_owned());
        assert!(matches!(error, Err(ReadError::StrictViolation { line: 3, column: 4, .. })));
    }
}
