//! Recovery words as they are shown, once: in a frame, as a QR code, as a sheet to print.
//!
//! Nothing keeps them but the sheet, which is made on request only.

use std::io::IsTerminal as _;
use std::path::PathBuf;

use clap::Args;
use dataforge_node::api::{ErrorKind, Reply};
use dataforge_node::key;
use qrcode::EcLevel;

use crate::context::Context;
use crate::directory::absolute;
use crate::error::Failure;
use crate::output::{self, clean};
use crate::private::PrivateFile;
use crate::qr;

/// How the recovery words are shown, besides in words.
#[derive(Debug, Args)]
pub(super) struct Shown {
    /// Write the recovery words as a sheet to print, with a QR code; the file must not exist
    #[arg(long, value_name = "FILE.svg")]
    qr: Option<PathBuf>,
    /// Show no QR code of the recovery words on the terminal
    #[arg(long, conflicts_with = "qr")]
    no_qr: bool,
}

/// A sheet that waits for the words; removed with the value unless they came.
#[derive(Debug)]
pub(super) struct Sheet {
    file: Option<PrivateFile>,
    on_terminal: bool,
}

impl Shown {
    /// Makes the file of the sheet before the words exist, so that they are not made for nothing.
    pub(super) fn begin(self, context: &Context) -> Result<Sheet, Failure> {
        let on_terminal = !context.json && !self.no_qr && std::io::stdout().is_terminal();
        let Some(path) = self.qr else { return Ok(Sheet { file: None, on_terminal }) };
        let path = absolute(&path)?;
        if path.extension().is_none_or(|extension| !extension.eq_ignore_ascii_case("svg")) {
            return Err(Failure::usage(
                format!("{} is no name of a drawing", path.display()),
                "name a file that ends with .svg: browsers and office programs print it",
            ));
        }
        match key::status(&context.dir) {
            Err(error) if error.kind == ErrorKind::NotFound => {}
            _ => {
                return Err(Failure::usage(
                    "there is an identity here already: its recovery words were shown when it was made",
                    "leave --qr out",
                ));
            }
        }
        Ok(Sheet { file: Some(PrivateFile::create(&path)?), on_terminal: false })
    }
}

impl Sheet {
    /// Shows a reply with its recovery words, if it has any. Whatever becomes of the sheet, the words
    /// are shown: they are nowhere else.
    pub(super) fn show(mut self, context: &Context, reply: &Reply) -> Result<(), Failure> {
        let words = match reply {
            Reply::Init(reply) => reply.recovery_words.as_deref().map(|words| (words, reply.person.as_str())),
            Reply::Identity(reply) => reply.recovery_words.as_deref().map(|words| (words, reply.person.name.as_str())),
            Reply::Join(reply) => reply.recovery_words.as_deref().map(|words| (words, reply.fingerprint.as_str())),
            Reply::JoinPending(reply) => {
                reply.recovery_words.as_deref().map(|words| (words, reply.fingerprint.as_str()))
            }
            _ => None,
        };
        let Some((words, whose)) = words else { return context.show(reply) };
        let written = self.write(words, whose);
        context.show(reply)?;
        if let Some(path) = written? {
            context.note(&clean(&format!(
                "{} has them to print: then delete it, whoever has it can act as you",
                path.display()
            )));
        }
        if self.on_terminal {
            let code = qr::half_blocks(&scanned(words), EcLevel::M);
            output::write_text(&format!("\nThe same words as a QR code:\n{}", code.unwrap_or_default()))?;
        }
        Ok(())
    }

    fn write(&mut self, words: &str, whose: &str) -> Result<Option<PathBuf>, Failure> {
        self.file.take().map(|file| file.write(draw(words, whose).as_bytes())).transpose()
    }
}

/// The words as the code has them: capitals make it smaller, and whoever reads words takes both.
fn scanned(words: &str) -> String {
    words.split_whitespace().collect::<Vec<_>>().join(" ").to_ascii_uppercase()
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

/// Draws the sheet, in millimetres: the words in four columns, the code below.
fn draw(words: &str, whose: &str) -> String {
    const WIDTH: usize = 180;
    const CODE: usize = 80;
    let mut body = String::new();
    let mut line = |x: usize, y: usize, size: f32, text: &str| {
        let text = escaped(text);
        body.push_str(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" xml:space=\"preserve\">{text}</text>\n"
        ));
    };
    line(10, 14, 6.0, &format!("DataForge recovery words of {}", clean(whose)));
    line(10, 22, 4.0, "With them you take your identity back; whoever has them can act as you.");
    for (at, word) in words.split_whitespace().enumerate() {
        line(10 + at / 6 * 42, 36 + at % 6 * 8, 5.0, &format!("{:>2} {word}", at + 1));
    }
    line(10, 86, 3.2, "The code has the same words. dataforge device renew, device link and recover take them.");
    let height = 92 + CODE;
    if let Some((path, modules)) = qr::path(&scanned(words), EcLevel::Q) {
        let modules = modules + 2 * qr::QUIET;
        body.push_str(&format!(
            "<svg x=\"10\" y=\"90\" width=\"{CODE}\" height=\"{CODE}\" viewBox=\"-{0} -{0} {modules} {modules}\">\
             <path d=\"{path}\" shape-rendering=\"crispEdges\"/></svg>\n",
            qr::QUIET
        ));
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}mm\" height=\"{height}mm\" \
         viewBox=\"0 0 {WIDTH} {height}\" font-family=\"monospace\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n{body}</svg>\n"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
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

    #[test]
    fn a_sheet_has_every_word_and_no_markup_of_a_name() {
        let words: Vec<_> = (1..=24).map(|at| format!("word{at}")).collect();
        let text = draw(&words.join(" "), "A <b> & \"C\"");
        assert!(text.contains("A &lt;b&gt; &amp; &quot;C&quot;"), "{text}");
        assert!(words.iter().enumerate().all(|(at, word)| text.contains(&format!(">{:>2} {word}<", at + 1))), "{text}");
    }
}
