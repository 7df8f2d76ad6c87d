//! Tests of decoding.

use super::*;

fn decoded(bytes: &[u8]) -> (String, String) {
    let decoded = decode(bytes, choose(bytes, None).unwrap());
    (decoded.text.into_owned(), decoded.encoding)
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

#[test]
fn ascii_and_utf8_are_borrowed() {
    let decoded = decode("UNIT .µs/m : слева".as_bytes(), choose(b"", None).unwrap());
    assert!(matches!(decoded.text, Cow::Borrowed(_)));
    assert_eq!(decoded.encoding, "utf-8");
}

#[test]
fn a_byte_order_mark_is_removed() {
    assert_eq!(decoded(b"\xEF\xBB\xBF~V"), ("~V".to_owned(), "utf-8".to_owned()));
}

#[test]
fn utf16_is_found_with_and_without_mark() {
    let text = "~Version\r\n VERS. 2.0 : CWLS log ASCII standard µ\r\n";
    assert_eq!(decoded(&utf16(text, u16::to_le_bytes)), (text.into(), "utf-16le".into()));
    assert_eq!(decoded(&utf16(text, u16::to_be_bytes)), (text.into(), "utf-16be".into()));
    let marked = format!("\u{FEFF}{text}");
    assert_eq!(decoded(&utf16(&marked, u16::to_le_bytes)).0, text);
    assert_eq!(decoded(&utf16(&marked, u16::to_be_bytes)).0, text);
}

#[test]
fn a_lone_sign_is_western() {
    let (text, encoding) = decoded(b"BHT .\xB0C 35 : temperature\nDT .\xB5s/m : sonic");
    assert_eq!(encoding, "windows-1252");
    assert!(text.contains("°C") && text.contains("µs/m"));
}

#[test]
fn cyrillic_letters_are_cyrillic() {
    let source = " DEPT.метер : Глубина скважины\n COMP. Газпромнефть : Компания\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1251.encode(source);
    assert_eq!(decoded(&bytes), (source.into(), "windows-1251".into()));
}

#[test]
fn the_caller_may_name_the_encoding() {
    let decoded = decode(b"\x8C\xA5\xE2\xE0", choose(b"", Some("ibm866")).unwrap());
    assert_eq!(decoded.text, "Метр");
    assert_eq!(choose(b"", Some("klingon")).unwrap_err(), ReadError::UnknownEncoding { name: "klingon".into() });
}

#[test]
fn bytes_of_no_encoding_are_reported_as_damage() {
    let decoded = decode(b"caf\xC3", UTF_8);
    assert!(decoded.damaged);
    assert_eq!(decoded.text, "caf\u{FFFD}");
}
