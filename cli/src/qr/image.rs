//! QR codes as PNG images: drawn so that a phone or webcam reads them off a screen, and read back
//! from a screenshot or scan.

use std::io::Cursor;

use png::{BitDepth, ColorType, Decoder, Encoder, Limits, Transformations};
use qrcode::{Color, EcLevel, QrCode};

use super::QUIET;

/// How every PNG begins.
pub(crate) const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Pixels of a module: eight bits of one make a byte, and a screen shows them large enough.
const SCALE: usize = 8;
/// Pixels of an image that is read.
const MAX_PIXELS: u64 = 64 << 20;
/// Bytes that reading an image may take.
const MAX_BYTES: usize = 512 << 20;

/// Why an image gives no text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum NoCode {
    /// It cannot be read as a PNG.
    Damaged(String),
    /// It is larger than what is looked at.
    TooLarge,
    /// There is no QR code in it.
    None,
    /// There is one, and it cannot be made out.
    Unclear,
}

/// Draws a code, black on white with a quiet zone; none when the text is too long. It takes the
/// stronger error correction where the text leaves room for it.
pub(crate) fn png(text: &str) -> Option<Vec<u8>> {
    let code = [EcLevel::M, EcLevel::L].iter().find_map(|level| QrCode::with_error_correction_level(text, *level).ok());
    let code = code?;
    let (modules, colors) = (code.width(), code.to_colors());
    let width = modules + 2 * QUIET;
    let byte = |x: usize, y: usize| {
        let inside = |at: usize| (QUIET..QUIET + modules).contains(&at);
        let is_dark = inside(x) && inside(y) && colors.get((y - QUIET) * modules + x - QUIET) == Some(&Color::Dark);
        if is_dark { 0 } else { u8::MAX }
    };
    let mut pixels = Vec::with_capacity(width * width * SCALE);
    for y in 0..width {
        let row: Vec<u8> = (0..width).map(|x| byte(x, y)).collect();
        (0..SCALE).for_each(|_| pixels.extend_from_slice(&row));
    }
    let size = u32::try_from(width * SCALE).ok()?;
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, size, size);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_depth(BitDepth::One);
    let mut writer = encoder.write_header().ok()?;
    writer.write_image_data(&pixels).ok()?;
    writer.finish().ok()?;
    Some(bytes)
}

/// Reads the first code of a PNG.
pub(crate) fn read(bytes: &[u8]) -> Result<String, NoCode> {
    let damaged = |error: png::DecodingError| match error {
        png::DecodingError::LimitsExceeded => NoCode::TooLarge,
        error => NoCode::Damaged(error.to_string()),
    };
    let mut decoder = Decoder::new_with_limits(Cursor::new(bytes), Limits { bytes: MAX_BYTES });
    decoder.set_transformations(Transformations::normalize_to_color8());
    let mut reader = decoder.read_info().map_err(damaged)?;
    let (width, height) = (reader.info().width, reader.info().height);
    if u64::from(width) * u64::from(height) > MAX_PIXELS {
        return Err(NoCode::TooLarge);
    }
    let mut pixels = vec![0; reader.output_buffer_size().ok_or(NoCode::TooLarge)?];
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
        return Err(NoCode::None);
    }
    grids.iter().find_map(|grid| grid.decode().ok()).map(|(_, text)| text).ok_or(NoCode::Unclear)
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
    use super::*;

    /// A picture of a code on a grey table, turned upside down, in colours with transparency.
    fn photographed(code: &[u8]) -> Vec<u8> {
        let mut reader = Decoder::new(Cursor::new(code)).read_info().unwrap();
        let mut packed = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut packed).unwrap();
        let (size, margin) = (frame.width as usize, 90);
        let whole = size + 2 * margin;
        let mut pixels = Vec::new();
        for y in 0..whole {
            for x in 0..whole {
                let inside = |at: usize| (margin..margin + size).contains(&at);
                let bit = |x: usize, y: usize| (packed[y * frame.line_size + x / 8] >> (7 - x % 8)) & 1;
                let white = inside(x) && inside(y) && bit(whole - margin - 1 - x, whole - margin - 1 - y) == 1;
                let dark = inside(x) && inside(y) && !white;
                // Not quite black, not quite white, and a little noise.
                let noise = u8::try_from((x * 7 + y * 13) % 16).unwrap();
                let grey = if dark {
                    40 + noise
                } else if white {
                    220 + noise
                } else {
                    150 + noise
                };
                pixels.extend_from_slice(&[grey, grey - 10, grey - 20, 255]);
            }
        }
        let mut bytes = Vec::new();
        let size = u32::try_from(whole).unwrap();
        let mut encoder = Encoder::new(&mut bytes, size, size);
        encoder.set_color(ColorType::Rgba);
        encoder.write_header().unwrap().write_image_data(&pixels).unwrap();
        bytes
    }

    #[test]
    fn a_code_is_read_back_also_from_a_picture_of_it() {
        let text = format!("DFORGE{}", "AB23".repeat(90));
        let drawn = png(&text).unwrap();
        assert!(drawn.starts_with(SIGNATURE));
        assert_eq!(read(&drawn), Ok(text.clone()));
        assert_eq!(read(&photographed(&drawn)), Ok(text));
        assert_eq!(png(&"x".repeat(5000)), None);
    }

    #[test]
    fn what_is_no_code_is_told() {
        assert!(matches!(read(b"\x89PNG\r\n\x1a\nand nothing"), Err(NoCode::Damaged(_))));
        let drawn = png("DFORGE").unwrap();
        assert!(matches!(read(&drawn[..drawn.len() / 2]), Err(NoCode::Damaged(_))));
        let mut blank = Vec::new();
        let mut encoder = Encoder::new(&mut blank, 40, 40);
        encoder.set_color(ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[255; 1600]).unwrap();
        assert_eq!(read(&blank), Err(NoCode::None));
        let mut vast = Vec::new();
        let mut encoder = Encoder::new(&mut vast, 8200, 8200);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        encoder.write_header().unwrap().write_image_data(&vec![255; 8200 * 1025]).unwrap();
        assert_eq!(read(&vast), Err(NoCode::TooLarge));
    }
}
