//! Bytes → text: byte order marks, UTF-16 and UTF-32 without one, UTF-8, and the legacy code pages.
//!
//! Most files are ASCII and are borrowed as they are. Bytes of a code page are decoded section by
//! section, so that rows, which are ASCII nearly always, are borrowed as well; what code page it is
//! is guessed from the lines that are not ASCII. Only UTF-16 and UTF-32 are decoded as a whole.

use std::borrow::Cow;
use std::ops::Range;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use self::utf32::Utf32;
use crate::error::ReadError;
use crate::lines::Lines;

#[cfg(test)]
mod tests;
mod utf32;

/// How bytes are text.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Charset {
    /// An encoding of the web.
    Web(&'static Encoding),
    /// UTF-32, which is not one.
    Utf32(Utf32),
}

/// Bytes looked at to find UTF-16 and UTF-32 without a byte order mark.
pub(crate) const SAMPLE: usize = 1024;

/// Most bytes of non-ASCII lines the guess of a code page is built on.
const DETECTION_SAMPLE: usize = 1 << 20;

/// High bytes that stand alone between ASCII ones are signs, not letters, when they are among
/// these of windows-1252: ° ± ² ³ µ · ¹ º ¼ ½ ¾ Ø. A guess by letter frequency would fail on them.
const SIGNS: &[u8] = &[0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB7, 0xB9, 0xBA, 0xBC, 0xBD, 0xBE, 0xD8];

/// A decoded file.
#[derive(Debug)]
pub(crate) struct Decoded<'a> {
    /// The text, without byte order mark.
    pub(crate) text: Text<'a>,
    /// How it was decoded, lower case.
    pub(crate) encoding: String,
    /// Whether bytes were not of the encoding and became U+FFFD; of pages it is told by the piece.
    pub(crate) damaged: bool,
}

/// The text of a file.
#[derive(Debug)]
pub(crate) enum Text<'a> {
    /// All of it.
    Whole(Cow<'a, str>),
    /// Bytes whose ASCII is ASCII, to be decoded by the piece.
    Pages(&'a [u8], &'static Encoding),
}

impl Text<'_> {
    /// Returns bytes in which titles, blanks and line ends are those of ASCII.
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Whole(text) => text.as_bytes(),
            Self::Pages(bytes, _) => bytes,
        }
    }

    /// Returns the text of the bytes in `range`, which divides no character, and whether some were
    /// replaced by U+FFFD.
    pub(crate) fn piece(&self, range: Range<usize>) -> (Cow<'_, str>, bool) {
        match self {
            Self::Whole(text) => (Cow::Borrowed(text.get(range).unwrap_or_default()), false),
            Self::Pages(bytes, encoding) => encoding.decode_without_bom_handling(bytes.get(range).unwrap_or_default()),
        }
    }

    /// Drops what follows the last line end, which may be part of a character.
    pub(crate) fn drop_last_line(&mut self) {
        let end = memchr::memrchr2(b'\n', b'\r', self.bytes()).map_or(0, |end| end + 1);
        match self {
            Self::Whole(Cow::Borrowed(text)) => *text = text.get(..end).unwrap_or_default(),
            Self::Whole(Cow::Owned(text)) => text.truncate(end),
            Self::Pages(bytes, _) => *bytes = bytes.get(..end).unwrap_or_default(),
        }
    }
}

/// Returns the encoding called `name`, or the one that `bytes` seem to be written in.
///
/// # Errors
///
/// [`ReadError::UnknownEncoding`] when there is none of that name.
pub(crate) fn choose(bytes: &[u8], name: Option<&str>) -> Result<Charset, ReadError> {
    let Some(name) = name else { return Ok(detect(bytes)) };
    let label = name.trim();
    let page = CODE_PAGES.into_iter().find(|(page, _)| label.eq_ignore_ascii_case(page));
    let web = Encoding::for_label(page.map_or(label, |(_, label)| label).as_bytes());
    let utf32 = || Utf32::for_label(label).map(Charset::Utf32);
    web.map(Charset::Web).or_else(utf32).ok_or_else(|| ReadError::UnknownEncoding { name: name.to_owned() })
}

/// Names that other programs use for code pages, beside those of the web.
const CODE_PAGES: [(&str, &str); 3] = [("cp1251", "windows-1251"), ("cp1252", "windows-1252"), ("cp866", "ibm866")];

/// Decodes a file.
pub(crate) fn decode(bytes: &[u8], charset: Charset) -> Decoded<'_> {
    match charset {
        Charset::Web(encoding) => {
            let name = encoding.name().to_ascii_lowercase();
            if encoding != UTF_8 && encoding.is_ascii_compatible() {
                // Where the caller names a code page, a mark of UTF-8 only hides the first title.
                let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
                return Decoded { text: Text::Pages(bytes, encoding), encoding: name, damaged: false };
            }
            let (text, damaged) = encoding.decode_with_bom_removal(bytes);
            Decoded { text: Text::Whole(text), encoding: name, damaged }
        }
        Charset::Utf32(order) => {
            let (text, damaged) = order.decode(bytes);
            Decoded { text: Text::Whole(Cow::Owned(text)), encoding: order.name().to_owned(), damaged }
        }
    }
}

/// Returns the encoding of `bytes`.
fn detect(bytes: &[u8]) -> Charset {
    // Before UTF-16, whose mark is the beginning of the other's.
    if let Some(order) = Utf32::for_bom(bytes).or_else(|| Utf32::without_bom(bytes)) {
        return Charset::Utf32(order);
    }
    let marked = Encoding::for_bom(bytes).map(|(encoding, _)| encoding);
    Charset::Web(marked.or_else(|| utf16_without_bom(bytes)).unwrap_or_else(|| ascii_based(bytes)))
}

/// Returns whether UTF-8 that begins with `bytes` would be taken for something else, or lose its
/// first character for a byte order mark.
pub(crate) fn is_ambiguous(bytes: &[u8]) -> bool {
    let utf32 = Utf32::for_bom(bytes).or_else(|| Utf32::without_bom(bytes));
    utf32.is_some() || Encoding::for_bom(bytes).is_some() || utf16_without_bom(bytes).is_some()
}

/// Returns the encoding of bytes that are those of ASCII where the text is.
fn ascii_based(bytes: &[u8]) -> &'static Encoding {
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
    let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
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
