//! `dataforge ticket`, and how the other commands take tickets and give them out: as text, in a
//! file, as an image of a QR code.

use std::io::{IsTerminal as _, Read as _};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use dataforge_node::api::{ApiError, ErrorKind, Reply, TicketReply};
use dataforge_node::ticket::{self, PREFIX};
use qrcode::EcLevel;

use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, Human, clean};
use crate::private::PrivateFile;
use crate::qr::image::NoCode;
use crate::qr::{self, image};

/// Bytes of a text that is looked at: a ticket with all its addresses is far shorter.
const MAX_TEXT: usize = 64 << 10;
/// Bytes of an image that is looked at.
const MAX_IMAGE: u64 = 32 << 20;
/// How the files of cameras begin that hold no PNG.
const OTHER_IMAGES: [(&[u8], &str); 4] =
    [(b"\xff\xd8\xff", "JPEG"), (b"GIF8", "GIF"), (b"BM", "BMP"), (b"RIFF", "WebP")];

/// Looks at tickets.
#[derive(Debug, Args)]
pub(crate) struct Ticket {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Say what a ticket says; nothing is done, and nobody asked
    Show {
        /// The ticket, a file with it or with its QR code (PNG), or - for standard input
        ticket: String,
    },
}

impl Ticket {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let Action::Show { ticket } = self.action;
        context.show(&Reply::Ticket(shown(&read(&ticket).await?)?))
    }
}

/// Says what a ticket says, without a data directory.
pub(super) fn shown(text: &str) -> Result<TicketReply, Failure> {
    Ok(ticket::show(text)?)
}

/// Reads a ticket as it is given: itself, the name of a file with it or with its code, or `-`.
pub(super) async fn read(given: &str) -> Result<String, Failure> {
    let path = Path::new(given);
    if given == "-" {
        return text_of("standard input", &piped().await?);
    }
    if path.is_file() {
        let mut bytes = Vec::new();
        let file = std::fs::File::open(path).and_then(|file| file.take(MAX_IMAGE + 1).read_to_end(&mut bytes));
        file.map_err(|error| Failure::from_file("read", path, &error))?;
        return text_of(given, &bytes);
    }
    let is_path = given.contains(['/', '\\', '.']) && !given.to_ascii_lowercase().starts_with(PREFIX);
    if is_path {
        let missing = format!("{} is neither a ticket nor a file", clean(given));
        return Err(ApiError::new(ErrorKind::NotFound, missing).hint("check its name and folder").into());
    }
    // Tickets are copied from mails and chats, which break lines.
    Ok(given.split_whitespace().collect())
}

/// Reads standard input off the async threads, so that Ctrl-C still works.
async fn piped() -> Result<Vec<u8>, Failure> {
    if std::io::stdin().is_terminal() {
        output::write_note("Paste the ticket, then end with Enter and Ctrl-D (on Windows Ctrl-Z and Enter).");
    }
    let read = tokio::task::spawn_blocking(|| {
        let mut bytes = Vec::new();
        std::io::stdin().take(MAX_IMAGE + 1).read_to_end(&mut bytes).map(|_| bytes)
    });
    let failed = |error: &dyn std::fmt::Display| {
        Failure::Api(ApiError::new(ErrorKind::Input, format!("the ticket cannot be read: {error}")))
    };
    read.await.map_err(|error| failed(&error))?.map_err(|error| failed(&error))
}

fn text_of(name: &str, bytes: &[u8]) -> Result<String, Failure> {
    let bad = |message: String, hint: &str| Failure::from(ApiError::new(ErrorKind::Input, message).hint(hint));
    let name = clean(name);
    if bytes.starts_with(image::SIGNATURE) {
        return image::read(bytes).map_err(|why| {
            let (what, hint) = match why {
                NoCode::Damaged(error) => (format!("is no whole PNG image: {error}"), "copy it again"),
                NoCode::TooLarge => ("is too large an image".to_owned(), "cut it to the code"),
                NoCode::None => {
                    ("shows no QR code".to_owned(), "the whole code with some white around it must be on it")
                }
                NoCode::Unclear => {
                    ("shows a QR code that cannot be made out".to_owned(), "take it sharper, straight and larger")
                }
            };
            bad(format!("{name} {what}"), hint)
        });
    }
    if let Some((_, format)) = OTHER_IMAGES.iter().find(|(start, _)| bytes.starts_with(start)) {
        return Err(bad(
            format!("{name} is a {format} image, and only PNG is read"),
            "save it as PNG, or copy the ticket as text",
        ));
    }
    let text = std::str::from_utf8(bytes).ok().filter(|_| bytes.len() <= MAX_TEXT);
    let text =
        text.ok_or_else(|| bad(format!("{name} is no ticket"), "dataforge invite --out FILE.dfticket writes one"))?;
    if text.trim().is_empty() {
        return Err(bad(format!("{name} is empty"), "copy the ticket again in full"));
    }
    // Some editors put a mark before the text.
    Ok(text.trim_start_matches('\u{feff}').split_whitespace().collect())
}

/// How a ticket is given out, besides as text.
#[derive(Debug, Args)]
pub(super) struct Forms {
    /// Write the ticket into a file that only you may read; it must not exist
    #[arg(long, value_name = "FILE.dfticket")]
    out: Option<PathBuf>,
    /// Write a QR code as an image; without a name print one also when the output is no terminal
    #[arg(long, value_name = "FILE.png", num_args = 0..=1, conflicts_with = "no_qr")]
    qr: Option<Option<PathBuf>>,
    /// Print no QR code
    #[arg(long)]
    no_qr: bool,
}

/// The files of a ticket that is about to be made; removed with the value unless it came.
#[derive(Debug)]
pub(super) struct Files {
    out: Option<PrivateFile>,
    image: Option<PrivateFile>,
    on_screen: bool,
}

impl Forms {
    /// Makes the files before the ticket exists, so that it is not made for nothing.
    pub(super) fn begin(self, context: &Context) -> Result<Files, Failure> {
        let image = self.qr.as_ref().and_then(Option::as_deref);
        if let Some(path) = image.filter(|path| path.extension().is_none_or(|end| !end.eq_ignore_ascii_case("png"))) {
            return Err(Failure::usage(
                format!("{} is no name of a PNG image", path.display()),
                "name a file that ends with .png",
            ));
        }
        let wanted = matches!(self.qr, Some(None)) || (self.qr.is_none() && std::io::stdout().is_terminal());
        Ok(Files {
            image: image.map(PrivateFile::create).transpose()?,
            out: self.out.as_deref().map(PrivateFile::create).transpose()?,
            on_screen: wanted && !context.json && !self.no_qr,
        })
    }
}

impl Files {
    /// Puts a ticket into them.
    pub(super) fn write(self, context: &Context, ticket: &str) -> Result<(), Failure> {
        // In capitals a code is smaller, and whoever reads a ticket takes both.
        let scanned = ticket.to_ascii_uppercase();
        if let Some(file) = self.out {
            let path = file.write(format!("{ticket}\n").as_bytes())?;
            context.note(&clean(&format!("{} has the ticket: dataforge join takes that file", path.display())));
        }
        if let Some(file) = self.image {
            let drawn = image::png(&scanned).ok_or_else(|| {
                Failure::usage("the ticket is too long for a QR code", "write it into a file with --out FILE.dfticket")
            })?;
            let path = file.write(&drawn)?;
            context.note(&clean(&format!("{} has it as a QR code: delete it once they have joined", path.display())));
        }
        if self.on_screen {
            // It may have more addresses than a code can hold; the text is the ticket all the same.
            let code = qr::half_blocks(&scanned, EcLevel::L);
            output::write_text(&code.unwrap_or_else(|| "(the ticket is too long for a QR code)".to_owned()))?;
        }
        Ok(())
    }
}

impl Human for TicketReply {
    fn human(&self) -> String {
        let gives = match (&self.person, &self.role) {
            (Some(person), _) => format!("another machine of {}", clean(person)),
            (None, Some(role)) if self.form == "approval" => format!("{role}, once an admin approves"),
            (None, role) => role.clone().unwrap_or_default(),
        };
        let addresses =
            if self.addresses.is_empty() { "no address is named".to_owned() } else { self.addresses.join(", ") };
        let until = if self.expired {
            format!("{}: expired by the clock of this machine, which says {}", self.expires, self.clock)
        } else {
            self.expires.clone()
        };
        let mut text = format!(
            "workspace   {}\ninvited by  {}\nas          {gives}\nuntil       {until}\nwords       {}\nhost        {} at {addresses}",
            clean(&self.workspace),
            clean(&self.inviter),
            self.words,
            super::workspaces::short(&self.host),
        );
        if !self.relays.is_empty() {
            text.push_str(&format!("\nrelays      {}", clean(&self.relays.join(", "))));
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(failure: Failure) -> String {
        match failure {
            Failure::Api(error) => error.message,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_ticket_is_read_from_what_carries_it() {
        assert_eq!(text_of("a", b"\xef\xbb\xbfdforge abc\r\ndef\n").unwrap(), "dforgeabcdef");
        assert_eq!(text_of("a", &image::png("DFORGEABC").unwrap()).unwrap(), "DFORGEABC");
        let long = [b'd'; MAX_TEXT + 1];
        for (bytes, what) in [
            (&b"\xff\xd8\xff\xe0"[..], "JPEG"),
            (&b" \n"[..], "empty"),
            (&b"\xff\xfe\x00"[..], "no ticket"),
            (&long[..], "no ticket"),
            (image::SIGNATURE, "no whole PNG"),
        ] {
            let said = message(text_of("a", bytes).unwrap_err());
            assert!(said.contains(what), "{said}");
        }
    }

    #[tokio::test]
    async fn a_file_that_is_not_there_is_told_from_a_ticket() {
        assert_eq!(read(" dforge ab\ncd ").await.unwrap(), "dforgeabcd");
        assert!(message(read("tickets/ada.dfticket").await.unwrap_err()).contains("nor a file"));
    }
}
