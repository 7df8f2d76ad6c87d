//! `dataforge init`.

use clap::Args;
use dataforge_node::api::{InitReply, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, clean};

/// Makes a workspace, and this device's identity the first time.
#[derive(Debug, Args)]
pub(crate) struct Init {
    /// Name of the workspace
    #[arg(value_name = "WORKSPACE")]
    workspace_name: String,
    /// Your display name; by default the login name
    #[arg(long, alias = "person", value_name = "NAME")]
    name: Option<String>,
    /// Label of this device; by default the host name
    #[arg(long, value_name = "LABEL")]
    device: Option<String>,
}

impl Init {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Init { name: self.workspace_name, person: self.name, device: self.device }).await
    }
}

impl Human for InitReply {
    fn human(&self) -> String {
        let mut text = format!(
            "workspace   {}\nyou         {} ({})\nyour words  {}\nid          {}",
            clean(&self.workspace.name),
            clean(&self.person),
            self.workspace.role,
            self.fingerprint,
            self.workspace.id,
        );
        if let Some(words) = &self.recovery_words {
            text = format!("{text}\n\n{}", recovery(words));
        }
        text.push_str("\n\nNext: dataforge import PATH, or dataforge invite while dataforge up runs.");
        text
    }
}

/// The recovery words with what they are for, so that nobody passes over them.
pub(super) fn recovery(words: &str) -> String {
    const COLUMNS: usize = 4;
    let words: Vec<_> =
        words.split_whitespace().enumerate().map(|(at, word)| format!("{:>2} {word:<10}", at + 1)).collect();
    let mut lines =
        vec!["WRITE THESE WORDS DOWN NOW. They are shown once and stored nowhere.".to_owned(), String::new()];
    lines.extend(words.chunks(COLUMNS).map(|row| row.join(" ").trim_end().to_owned()));
    lines.push(String::new());
    lines.push("They are your identity: with them you take it back when this machine is lost.".to_owned());
    lines.push("Whoever has them can act as you. Keep them on paper, not in a file or a chat.".to_owned());
    let width = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let rule = "─".repeat(width + 2);
    let body: Vec<_> = lines.iter().map(|line| format!("│ {line:<width$} │")).collect();
    format!("┌{rule}┐\n{}\n└{rule}┘", body.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recovery_words_are_numbered_in_a_frame() {
        let words: Vec<_> = (1..=24).map(|at| format!("word{at}")).collect();
        let text = recovery(&words.join(" "));
        assert!(text.contains(" 1 word1 ") && text.contains("24 word24"), "{text}");
        let widths: Vec<_> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
    }
}
