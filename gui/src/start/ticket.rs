//! A ticket from a file: text as `invite --out` writes it, or a PNG with a QR code in it.

use std::io::Cursor;
use std::path::Path;

use png::{Decoder, Limits, Transformations};

use crate::files::read_small;

/// How every PNG begins.
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Bytes of a file that is read: a screenshot of a large screen.
const MAX_FILE: u64 = 64 << 20;

/// Pixels of an image that is looked at.
const MAX_PIXELS: u64 = 64 << 20;

/// Bytes that reading an image may take.
const MAX_BYTES: usize = 512 << 20;

/// Reads a ticket. Blocks.
///
/// # Errors
/// In words, with the path.
pub(super) fn read(path: &Path) -> Result<String, String> {
    let bytes = read_small(path, MAX_FILE)?;
    let told = |why: String| format!("{why} ({})", path.display());
    if bytes.starts_with(SIGNATURE) {
        return code(&bytes).map_err(told);
    }
    let text = String::from_utf8(bytes).map_err(|error| told(format!("it is no text and no PNG image: {error}")))?;
    let text = text.trim();
    if text.is_empty() {
        return Err(told("it is empty".to_owned()));
    }
    Ok(text.to_owned())
}

/// Reads the first QR code of a PNG.
fn code(bytes: &[u8]) -> Result<String, String> {
    let damaged = |error: png::DecodingError| format!("the image cannot be read: {error}");
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_BYTES });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width, reader.info().height);
    let large = || "the image is too large".to_owned();
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(large());
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or_else(large)?];
    let frame = reader.next_frame(&mut pixels).map_err(damaged)?;
    let samples = frame.color_type.samples();
    let grey = |x: usize, y: usize| {
        let at = y * frame.line_size + x * samples;
        match pixels.get(at..at + samples) {
            Some([grey]) => *grey,
            Some([grey, alpha]) => on_white(u32::from(*grey), *alpha),
            Some([r, g, b]) => on_white(luma(*r, *g, *b), u8::MAX),
            Some([r, g, b, alpha]) => on_white(luma(*r, *g, *b), *alpha),
            _ => u8::MAX,
        }
    };
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, grey);
    let grids = image.detect_grids();
    if grids.is_empty() {
        return Err("there is no QR code in the image".to_owned());
    }
    let read = grids.iter().find_map(|grid| grid.decode().ok());
    read.map(|(_, text)| text).ok_or_else(|| "the QR code cannot be made out; take a sharper image".to_owned())
}

fn luma(r: u8, g: u8, b: u8) -> u32 {
    (u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000
}

/// Lays a grey over white paper.
fn on_white(grey: u32, alpha: u8) -> u8 {
    let alpha = u32::from(alpha);
    u8::try_from((grey * alpha + 255 * (255 - alpha)) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::read;

    /// Draws a code, black on white, eight pixels a module and four modules around it.
    fn drawn(text: &str) -> Vec<u8> {
        let code = qrcode::QrCode::new(text).unwrap();
        let (modules, colors) = (code.width(), code.to_colors());
        let size = (modules + 8) * 8;
        let inside = |at: usize| (at / 8).checked_sub(4).filter(|at| *at < modules);
        let dark = |x, y| inside(x).zip(inside(y)).is_some_and(|(x, y)| colors[y * modules + x] == qrcode::Color::Dark);
        let pixels: Vec<u8> = (0..size * size).map(|at| if dark(at % size, at / size) { 0 } else { u8::MAX }).collect();
        let mut bytes = Vec::new();
        let size = u32::try_from(size).unwrap();
        let mut encoder = png::Encoder::new(&mut bytes, size, size);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        bytes
    }

    #[test]
    fn a_ticket_is_read_from_text_and_from_an_image() {
        let dir = tempfile::tempdir().unwrap();
        let (text, image) = (dir.path().join("ada.dfticket"), dir.path().join("ada.png"));
        std::fs::write(&text, " dforgeabc\n").unwrap();
        std::fs::write(&image, drawn("DFORGEABC")).unwrap();
        assert_eq!(read(&text), Ok("dforgeabc".to_owned()));
        assert_eq!(read(&image), Ok("DFORGEABC".to_owned()));
    }

    #[test]
    fn what_holds_no_ticket_is_told_with_its_path() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x.png");
        for (bytes, word) in [
            (&b""[..], "empty"),
            (&b"\xff\xfe"[..], "no text"),
            (&b"\x89PNG\r\n\x1a\n and no more"[..], "cannot be read"),
        ] {
            std::fs::write(&path, bytes).unwrap();
            let told = read(&path).unwrap_err();
            assert!(told.contains(word) && told.contains("x.png"), "{told}");
        }
    }
}
