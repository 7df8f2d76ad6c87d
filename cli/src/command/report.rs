//! `dataforge report`.

use clap::Args;
use dataforge_node::api::{ReportReply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean, count, plural};

/// Lists what was odd about a run's source: line, column, kind, and what was done about it.
#[derive(Debug, Args)]
pub(crate) struct Report {
    /// A run: name, id or start of the id
    run: String,
}

impl Report {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Report { workspace: context.workspace.clone(), run: self.run }).await
    }
}

impl Human for ReportReply {
    fn human(&self) -> String {
        if self.seen == 0 {
            return format!("nothing odd about {}", clean(&self.source));
        }
        let source = clean(&self.source);
        let mut lines = vec![format!("{} about {source}", plural(self.seen, "oddity").replace("odditys", "oddities"))];
        for notice in &self.notices {
            let place = match (notice.line, notice.column) {
                (0, _) => source.clone(),
                (line, 0) => format!("{source}:{line}"),
                (line, column) => format!("{source}:{line}:{column}"),
            };
            lines.push(format!("{place}: {} ({})", clean(&notice.message), clean(&notice.kind)));
        }
        let more = self.seen.saturating_sub(self.notices.len() as u64);
        if more > 0 {
            lines.push(format!("and {} more", count(more)));
        }
        lines.join("\n")
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::NoticeInfo;

    use super::*;

    #[test]
    fn every_oddity_is_located() {
        let notice = |line, column| NoticeInfo { line, column, kind: "run-on".into(), message: "glued".into() };
        let report = ReportReply {
            run: "ab".into(),
            source: "a.las".into(),
            seen: 5,
            notices: vec![notice(0, 0), notice(7, 0), notice(9, 3)],
        };
        let expected = "5 oddities about a.las\na.las: glued (run-on)\na.las:7: glued (run-on)\na.las:9:3: glued (run-on)\nand 2 more";
        assert_eq!(report.human(), expected);
        let clean = ReportReply { seen: 0, notices: Vec::new(), ..report };
        assert_eq!(clean.human(), "nothing odd about a.las");
    }
}
