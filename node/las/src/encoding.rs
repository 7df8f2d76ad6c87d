//! Bytes → text: byte order marks, UTF-16 without one, UTF-8, and the legacy code pages.
//!
//! Most files are ASCII and are borrowed as they are. A file that is not UTF-8 is decoded as a
//! whole; what code page it is written in is guessed from the lines that are not ASCII.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use crate::error::ReadError;
use crate::lines::Lines;

#[cfg(test)]
mod tests;

/// Bytes looked at to find UTF-16 without a byte order mark.
const UTF16_SAMPLE: usize = 1024;

/// Most bytes of non-ASCII lines the guess of a code page is built on.
const DETECTION_SAMPLE: usize = 1 << 20;

/// High bytes that stand alone between ASCII ones are signs, not letters, when they are among
/// these of windows-1252: ° ± ² ³ µ · ¹ º ¼ ½ ¾ Ø. A guess by letter frequency would fail on them.
const SIGNS: &[u8] = &[0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB7, 0xB9, 0xBA, 0xBC, 0xBD, 0xBE, 0xD8];

/// A decoded file.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    /// The text, without byte order mark.
    pub(crate) text: Cow<'a, str>,
    /// How it was decoded, lower case.
    pub(crate) encoding: String,
    /// Whether bytes were not of the encoding and became U+FFFD.
    pub(crate) damaged: bool,
}

/// Returns the encoding called `name`, or the one that `bytes` seem to be written in.
///
/// # Errors
///
/// [`ReadError::UnknownEncoding`] when there is none of that name.
pub(crate) fn choose(bytes: &[u8], name: Option<&str>) -> Result<&'static Encoding, ReadError> {
    match name {
        Some(name) => Encoding::for_label(name.trim().as_bytes())
            .ok_or_else(|| ReadError::UnknownEncoding { name: name.to_owned() }),
        None => Ok(detect(bytes)),
    }
}

/// Decodes a file.
pub(crate) fn decode<'a>(bytes: &'a [u8], encoding: &'static Encoding) -> Decoded<'a> {
    let (text, damaged) = encoding.decode_with_bom_removal(bytes);
    Decoded { text, encoding: encoding.name().to_ascii_lowercase(), damaged }
}

/// Returns the encoding of `bytes`.
fn detect(bytes: &[u8]) -> &'static Encoding {
    if let Some((encoding, _)) = Encoding::for_bom(bytes) {
        return encoding;
    }
    if let Some(encoding) = utf16_without_bom(bytes) {
        return encoding;
    }
    match std::str::from_utf8(bytes) {
        Ok(_) => UTF_8,
        // The file ends within a character: truncated, but UTF-8 all the same.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            let valid = bytes.get(..error.valid_up_to()).unwrap_or_default();
            if valid.is_ascii() { code_page(bytes) } else { UTF_8 }
        }
        Err(_) => code_page(bytes),
    }
}

/// Returns which UTF-16 `bytes` are, by where the zero bytes of ASCII characters stand.
fn utf16_without_bom(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..UTF16_SAMPLE).unwrap_or(bytes);
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|&&b| b == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    if pairs < 2 {
        None
    } else if odd * 2 > pairs && even * 8 < pairs {
        Some(UTF_16LE)
    } else if even * 2 > pairs && odd * 8 < pairs {
        Some(UTF_16BE)
    } else {
        None
    }
}

/// Guesses the code page of bytes that are not UTF-8.
fn code_page(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let mut fed = 0;
    let mut only_signs = true;
    for line in Lines::new(bytes, 1).filter(|line| !line.bytes.is_ascii()) {
        let part = line.bytes.get(..DETECTION_SAMPLE - fed).unwrap_or(line.bytes);
        only_signs = only_signs && has_only_signs(part);
        detector.feed(part, false);
        detector.feed(b"\n", false);
        fed += part.len();
        if fed >= DETECTION_SAMPLE {
            break;
        }
    }
    detector.feed(b"", true);
    if only_signs { WINDOWS_1252 } else { detector.guess(None, Utf8Detection::Deny) }
}

/// Returns whether every high byte of `line` stands alone and is one of [`SIGNS`].
fn has_only_signs(line: &[u8]) -> bool {
    let mut after_high = false;
    line.iter().all(|&byte| {
        let high = !byte.is_ascii();
        let fine = !high || (!after_high && SIGNS.contains(&byte));
        after_high = high;
        fine
    })
}
