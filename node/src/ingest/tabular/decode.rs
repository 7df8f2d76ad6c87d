//! Bytes of a text file → text: byte order marks, UTF-16 without one, UTF-8, legacy code pages.
//!
//! Most files are ASCII or UTF-8 and are borrowed as they are. Bytes that are in no text, such as
//! zeros, tell a file that was never a table.

use std::borrow::Cow;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252};

use super::error::ReadTableError;
use super::limits::MAX_TEXT_BYTES;

/// Bytes looked at to find UTF-16 without a byte order mark.
const UTF16_SAMPLE: usize = 1024;

/// Most bytes of lines that are not ASCII on which the guess of a code page is built.
const DETECTION_SAMPLE: usize = 1 << 20;

/// High bytes that are signs, not letters, when they stand alone between ASCII ones: ° ± ² ³ µ ·
/// ¹ º ¼ ½ ¾ Ø of windows-1252. A guess by the frequency of letters fails on them.
const SIGNS: &[u8] = &[0xB0, 0xB1, 0xB2, 0xB3, 0xB5, 0xB7, 0xB9, 0xBA, 0xBC, 0xBD, 0xBE, 0xD8];

/// The byte that ended text files under DOS.
const DOS_END: u8 = 0x1A;

/// A decoded file.
#[derive(Debug)]
pub(super) struct Decoded<'a> {
    /// The text, without byte order mark.
    pub(super) text: Cow<'a, str>,
    /// How it was decoded, lower case.
    pub(super) encoding: String,
    /// 1-based line of the first byte that is not of the encoding.
    pub(super) damaged: Option<u32>,
}

/// Decodes a file in the encoding called `name`, or the one it seems to be written in.
///
/// # Errors
/// When it is too large or no text, or there is no such encoding.
pub(super) fn decode<'a>(bytes: &'a [u8], name: Option<&str>) -> Result<Decoded<'a>, ReadTableError> {
    if bytes.len() > MAX_TEXT_BYTES {
        return Err(ReadTableError::TooLarge { bytes: bytes.len() });
    }
    let encoding = match name {
        Some(name) => Encoding::for_label(name.trim().as_bytes())
            .ok_or_else(|| ReadTableError::UnknownEncoding { name: name.to_owned() })?,
        None => detect(bytes),
    };
    let (text, damaged) = encoding.decode_with_bom_removal(bytes);
    if let Some(at) = text.bytes().position(|byte| byte == 0) {
        return Err(ReadTableError::Binary { at });
    }
    let damaged = damaged.then(|| {
        let before = text.find('\u{fffd}').unwrap_or_default();
        let line = text.as_bytes()[..before].iter().filter(|&&byte| byte == b'\n').count() + 1;
        u32::try_from(line).unwrap_or(u32::MAX)
    });
    let text = without_dos_end(unix_lines(text));
    Ok(Decoded { text, encoding: encoding.name().to_ascii_lowercase(), damaged })
}

/// Returns a text whose lines end in a lone CR, as on old Macs, with LF instead.
fn unix_lines(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.contains('\n') || !text.contains('\r') { text } else { Cow::Owned(text.replace('\r', "\n")) }
}

fn without_dos_end(text: Cow<'_, str>) -> Cow<'_, str> {
    let kept = text.trim_end_matches(char::from(DOS_END)).len();
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[..kept]),
        Cow::Owned(mut text) => {
            text.truncate(kept);
            Cow::Owned(text)
        }
    }
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
        Err(error) if error.error_len().is_none() && !bytes[..error.valid_up_to()].is_ascii() => UTF_8,
        Err(_) => code_page(bytes),
    }
}

/// Returns which UTF-16 `bytes` are, by where the zero bytes of ASCII characters stand.
fn utf16_without_bom(bytes: &[u8]) -> Option<&'static Encoding> {
    let sample = bytes.get(..UTF16_SAMPLE).unwrap_or(bytes);
    let zeros = |offset: usize| sample.iter().skip(offset).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd, pairs) = (zeros(0), zeros(1), sample.len() / 2);
    match pairs {
        0 | 1 => None,
        _ if odd * 2 > pairs && even * 8 < pairs => Some(UTF_16LE),
        _ if even * 2 > pairs && odd * 8 < pairs => Some(UTF_16BE),
        _ => None,
    }
}

/// Guesses the code page of bytes that are not UTF-8 from the lines that are not ASCII.
fn code_page(bytes: &[u8]) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    let (mut fed, mut only_signs) = (0, true);
    for line in bytes.split(|&byte| byte == b'\n').filter(|line| !line.is_ascii()) {
        let part = &line[..line.len().min(DETECTION_SAMPLE - fed)];
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

/// Whether every high byte of `line` stands alone and is one of [`SIGNS`].
fn has_only_signs(line: &[u8]) -> bool {
    let mut after_high = false;
    line.iter().all(|&byte| {
        let high = !byte.is_ascii();
        let fine = !high || (!after_high && SIGNS.contains(&byte));
        after_high = high;
        fine
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> (String, String) {
        let decoded = decode(bytes, None).unwrap();
        assert_eq!(decoded.damaged, None);
        (decoded.text.into_owned(), decoded.encoding)
    }

    fn utf16(text: &str, bytes: fn(u16) -> [u8; 2]) -> Vec<u8> {
        text.encode_utf16().flat_map(bytes).collect()
    }

    #[test]
    fn byte_order_marks_are_taken_off() {
        let with_mark = [b"\xEF\xBB\xBF".as_slice(), "MD,ГК\n".as_bytes()].concat();
        assert_eq!(text(&with_mark), ("MD,ГК\n".into(), "utf-8".into()));
        let wide = utf16("\u{feff}MD\tGR\r\n1\t2\r\n", u16::to_le_bytes);
        assert_eq!(text(&wide), ("MD\tGR\r\n1\t2\r\n".into(), "utf-16le".into()));
        let wide = utf16("\u{feff}MD\n", u16::to_be_bytes);
        assert_eq!(text(&wide), ("MD\n".into(), "utf-16be".into()));
    }

    #[test]
    fn utf_16_is_known_without_a_mark() {
        assert_eq!(text(&utf16("MD;GR\r\n", u16::to_le_bytes)).1, "utf-16le");
        assert_eq!(text(&utf16("MD;GR\r\n", u16::to_be_bytes)).1, "utf-16be");
    }

    #[test]
    fn code_pages_are_guessed_or_given() {
        let (russian, _, _) = encoding_rs::WINDOWS_1251.encode("Скважина;Глубина;Пористость открытая\n12;1000;0,2\n");
        assert_eq!(text(&russian).1, "windows-1251");
        // A guess by the frequency of letters takes these signs for others.
        let signs = text(b"BHT .\xB0C,DT \xB5s/m\n20,30\n");
        assert_eq!(signs, ("BHT .°C,DT µs/m\n20,30\n".into(), "windows-1252".into()));
        let dos = [0x83, 0x8A, b';', b'1'];
        assert_eq!(decode(&dos, Some("ibm866")).unwrap().text, "ГК;1");
        assert!(matches!(decode(&dos, Some("klingon")), Err(ReadTableError::UnknownEncoding { .. })));
    }

    #[test]
    fn damaged_bytes_are_located() {
        let decoded = decode(b"a,b\n1,2\n\xFF,3\n", Some("utf-8")).unwrap();
        assert_eq!(decoded.damaged, Some(3));
        assert!(decoded.text.contains('\u{fffd}'));
    }

    #[test]
    fn line_ends_of_old_machines_are_understood() {
        assert_eq!(text(b"a,b\r1,2\r").0, "a,b\n1,2\n");
        assert_eq!(text(b"a,b\r\n1,2\r\n\x1A").0, "a,b\r\n1,2\r\n");
    }

    #[test]
    fn binary_data_are_no_table() {
        assert!(matches!(decode(b"MZ\0\0\x01", None), Err(ReadTableError::Binary { at: 2 })));
    }
}
