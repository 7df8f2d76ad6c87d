//! Inputs to begin with: sound files of every dialect, and a few that are odd on purpose.

mod entries;
mod las;
mod parquet;
mod tables;
mod workbooks;

pub use self::entries::{bytes, programs};
pub use self::las::las;
pub use self::parquet::parquet;
pub use self::tables::{LOG_TABLE, WELLS_TABLE, mappings, tables};
pub use self::workbooks::workbooks;

/// Returns a text in an encoding of two bytes a character, with or without its mark.
fn utf16(text: &str, big: bool, mark: bool) -> Vec<u8> {
    let units = mark.then_some(0xFEFF).into_iter().chain(text.encode_utf16());
    units.flat_map(|unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
}

/// Returns a Russian text in windows-1251; other letters become question marks.
fn windows_1251(text: &str) -> Vec<u8> {
    let byte = |c: char| match u32::from(c) {
        letter @ 0x410..=0x44F => u8::try_from(letter - 0x410 + 0xC0).unwrap_or(b'?'),
        ascii => u8::try_from(ascii).ok().filter(u8::is_ascii).unwrap_or(b'?'),
    };
    text.chars().map(byte).collect()
}
