//! Tests of decoding.

use super::*;

fn decoded(bytes: &[u8]) -> (String, String) {
    let decoded = decode(bytes, choose(bytes, None).unwrap());
    (whole(&decoded), decoded.encoding)
}

/// Returns all of the text.
fn whole(decoded: &Decoded<'_>) -> String {
    decoded.text.piece(0..decoded.text.bytes().len()).0.into_owned()
}

fn utf16(text: &str, bytes_of: fn(u16) -> [u8; 2]) -> Vec<u8> {
    text.encode_utf16().flat_map(bytes_of).collect()
}

#[test]
fn ascii_and_utf8_are_borrowed() {
    let decoded = decode("UNIT .µs/m : слева".as_bytes(), choose(b"", None).unwrap());
    assert!(matches!(decoded.text, Text::Whole(Cow::Borrowed(_))));
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
fn utf32_is_found_with_and_without_mark() {
    let bytes = |text: &str, bytes_of: fn(u32) -> [u8; 4]| -> Vec<u8> {
        text.chars().flat_map(|character| bytes_of(u32::from(character))).collect()
    };
    let text = "~Version\r\n VERS. 2.0 : CWLS log ASCII standard µ Глубина 𝛄\r\n";
    let marked = format!("\u{FEFF}{text}");
    for text_as_is in [text, &marked] {
        assert_eq!(decoded(&bytes(text_as_is, u32::to_le_bytes)), (text.into(), "utf-32le".into()));
        assert_eq!(decoded(&bytes(text_as_is, u32::to_be_bytes)), (text.into(), "utf-32be".into()));
    }
    let big = bytes(text, u32::to_be_bytes);
    let named = decode(&big, choose(b"", Some("UTF-32BE")).unwrap());
    assert_eq!(whole(&named), text);
    assert!(!named.damaged);
    let torn = decode(b"~\0\0\0V\0", choose(b"", Some("utf-32")).unwrap());
    assert!(torn.damaged);
    assert_eq!(whole(&torn), "~\u{FFFD}");
}

/// Header lines as real files have them.
const RUSSIAN: [&str; 3] = [
    " STRT.М    1250.4000 : Начальная глубина\n COMP.  ОАО Сургутнефтегаз : Компания\n",
    " WELL.  Примерная-101 / бис : Скважина\n FLD . Самотлорское : Месторождение\n",
    " DEPT.М : Глубина\n ГК  .МКР/Ч : Гамма-каротаж\n ПС  .МВ : Потенциал собственной поляризации\n",
];

const WESTERN: [&str; 3] = [
    " COMP.  Société Générale des Pétroles : Compañía\n FLD. Côte d'Émeraude : Champ\n",
    " LOC.  München-Süd : Örtlichkeit\n SRVC.  Bohrgerät GmbH für Tiefbohrungen : Ausführung\n",
    " FLD.  Frøy Sør : Område\n COMP. Norsk Oljeselskap på Åsgård : Selskap\n",
];

#[test]
fn code_pages_are_found_by_their_words() {
    use encoding_rs::{IBM866, KOI8_U, WINDOWS_1251};
    for (encoding, texts) in [
        (WINDOWS_1251, RUSSIAN),
        (IBM866, RUSSIAN),
        // What chardetng calls KOI8-U is KOI8-R and four more letters.
        (KOI8_U, RUSSIAN),
        (WINDOWS_1252, WESTERN),
    ] {
        for source in texts {
            let (bytes, _, unmappable) = encoding.encode(source);
            assert!(!unmappable, "{source}");
            let name = encoding.name().to_ascii_lowercase();
            assert_eq!(decoded(&bytes), (source.into(), name));
        }
    }
}

#[test]
fn the_caller_may_name_the_encoding() {
    let decoded = decode(b"\x8C\xA5\xE2\xE0", choose(b"", Some("ibm866")).unwrap());
    assert_eq!(whole(&decoded), "Метр");
    for (name, bytes) in [("cp866", b"\x8C"), ("cp1251", b"\xCC"), ("KOI8-R", b"\xED"), ("latin1", b"M")] {
        let decoded = decode(bytes, choose(b"", Some(name)).unwrap());
        let text = whole(&decoded);
        assert!(["М", "M"].contains(&&*text), "{name}: {text}");
    }
    assert_eq!(choose(b"", Some("klingon")).unwrap_err(), ReadError::UnknownEncoding { name: "klingon".into() });
}

#[test]
fn bytes_of_no_encoding_are_reported_as_damage() {
    let decoded = decode(b"caf\xC3", Charset::Web(UTF_8));
    assert!(decoded.damaged);
    assert_eq!(whole(&decoded), "caf\u{FFFD}");
}
