//! A look at a workbook's bytes before its reader gets them.
//!
//! Pure: bytes in, verdict out. A zip says how large its parts are, and may lie; so sizes are
//! first taken as declared, which refuses an honest bomb at once, and then every part is inflated,
//! which ends with an error at the first byte more than declared. XML is walked for its depth
//! and for entities, of which workbooks have none.

mod xml;

use std::collections::BTreeSet;
use std::io::{Cursor, Read};

use zip::{CompressionMethod, ZipArchive};

#[cfg(test)]
mod tests;

/// Most parts of a workbook; the largest have some thousands of drawings.
pub const MAX_PARTS: usize = 10_000;

/// Most bytes of all parts together, inflated.
pub const MAX_INFLATED: u64 = 1 << 30;

/// How many times its size a part may inflate to. Sheets of equal rows come to 100; a bomb of
/// zeros to 1,030.
pub const MAX_RATIO: u64 = 250;

/// Bytes of a part that the ratio is not asked of.
const FREE_BYTES: u64 = 1 << 20;

/// Longest name of a part, in bytes.
const MAX_NAME: usize = 1_024;

/// Deepest nesting of XML.
pub const MAX_DEPTH: usize = 128;

/// What the old binary workbooks begin with; encrypted new ones stand in the same container.
const COMPOUND: &[u8] = b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1";

/// What a zip begins with.
const ZIP: &[u8] = b"PK\x03\x04";

/// What each part's line in the list of a zip begins with.
const LISTED: &[u8] = b"PK\x01\x02";

/// The kind of a workbook.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Excel since 2007, with or without macros.
    Xlsx,
    /// The same, binary.
    Xlsb,
    /// Excel before 2007.
    Xls,
    /// OpenDocument.
    Ods,
}

/// A workbook that its reader does not get.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// It begins like no workbook.
    #[error("not a workbook: neither xlsx, xlsb, xls nor ods")]
    NotAWorkbook,
    /// The zip is damaged or uses what no workbook does.
    #[error("the workbook is not a sound zip file: {0}")]
    Zip(String),
    /// A part is encrypted.
    #[error("the workbook is protected by a password: save it without one")]
    Encrypted,
    /// More parts than [`MAX_PARTS`].
    #[error("the workbook has more than {MAX_PARTS} parts")]
    TooManyParts,
    /// A part is named so that it would stand outside.
    #[error("the workbook has a part with a name that leads out of it: {0:?}")]
    Name(String),
    /// Two parts share bytes or a name.
    #[error("the workbook has parts that overlap")]
    Overlap,
    /// Its parts are larger than [`MAX_INFLATED`].
    #[error("the workbook would inflate to more than {} MiB", MAX_INFLATED >> 20)]
    TooLarge,
    /// A part inflates to more than [`MAX_RATIO`] times its size.
    #[error("a part of the workbook would inflate to more than {MAX_RATIO} times its size: {0}")]
    Ratio(String),
    /// XML nested deeper than [`MAX_DEPTH`].
    #[error("a part of the workbook nests deeper than {MAX_DEPTH} elements: {0}")]
    Depth(String),
    /// XML with a document type, which is where entities are declared.
    #[error("a part of the workbook declares a document type, which none has: {0}")]
    DocumentType(String),
}

/// Says what kind of workbook it is, unless its reader should not get it.
///
/// # Errors
/// When it is no workbook, or made to harm.
pub fn check(bytes: &[u8]) -> Result<Kind, Refusal> {
    if bytes.starts_with(COMPOUND) {
        return Ok(Kind::Xls);
    }
    if !bytes.starts_with(ZIP) {
        return Err(Refusal::NotAWorkbook);
    }
    if count(bytes) > MAX_PARTS {
        return Err(Refusal::TooManyParts);
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(zip_refusal)?;
    let kind = check_directory(&mut archive)?;
    for part in 0..archive.len() {
        inflate(&mut archive, part)?;
    }
    Ok(kind)
}

type Archive<'a> = ZipArchive<Cursor<&'a [u8]>>;

fn zip_refusal(error: zip::result::ZipError) -> Refusal {
    Refusal::Zip(error.to_string())
}

/// Returns how many parts a zip has at most, up to one more than is allowed: a list of millions
/// costs much memory before its first line can be judged.
fn count(bytes: &[u8]) -> usize {
    bytes.windows(LISTED.len()).filter(|bytes| *bytes == LISTED).take(MAX_PARTS + 1).count()
}

/// Checks what the list of parts says.
fn check_directory(archive: &mut Archive<'_>) -> Result<Kind, Refusal> {
    let mut names = BTreeSet::new();
    let mut total = 0_u64;
    for part in 0..archive.len() {
        let entry = archive.by_index_raw(part).map_err(zip_refusal)?;
        let name = entry.name().map_err(zip_refusal)?.into_owned();
        if !is_inside(&name) {
            return Err(Refusal::Name(name.chars().take(80).collect()));
        }
        if entry.encrypted() {
            return Err(Refusal::Encrypted);
        }
        if !matches!(entry.compression(), CompressionMethod::Stored | CompressionMethod::Deflated) {
            return Err(Refusal::Zip(format!("compressed by {}: {name}", entry.compression())));
        }
        total = total.saturating_add(entry.size());
        if total > MAX_INFLATED {
            return Err(Refusal::TooLarge);
        }
        if entry.size() > FREE_BYTES && entry.size() / MAX_RATIO > entry.compressed_size() {
            return Err(Refusal::Ratio(name));
        }
        // Readers look names up without regard to case.
        if !names.insert(name.to_lowercase()) {
            return Err(Refusal::Overlap);
        }
    }
    if archive.has_duplicate_names() || archive.has_overlapping_entries().map_err(zip_refusal)? {
        return Err(Refusal::Overlap);
    }
    [("xl/workbook.xml", Kind::Xlsx), ("xl/workbook.bin", Kind::Xlsb), ("content.xml", Kind::Ods)]
        .into_iter()
        .find(|(name, _)| names.contains(*name))
        .map(|(_, kind)| kind)
        .ok_or(Refusal::NotAWorkbook)
}

/// Whether a name stays within its archive on every system.
fn is_inside(name: &str) -> bool {
    let plain = !name.contains(['\0', '\\', ':']) && name.len() <= MAX_NAME;
    plain && !name.is_empty() && !name.starts_with('/') && name.split('/').all(|part| part != "..")
}

/// Inflates a part to its end. The reader of zips holds it to its declared size and checksum.
fn inflate(archive: &mut Archive<'_>, part: usize) -> Result<(), Refusal> {
    let mut entry = archive.by_index(part).map_err(zip_refusal)?;
    let name = entry.name().map_err(zip_refusal)?.into_owned();
    let mut walk = is_xml(&name).then(xml::Walk::default);
    let mut buffer = vec![0; 64 << 10];
    loop {
        let count = entry.read(&mut buffer).map_err(|error| Refusal::Zip(format!("{error}: {name}")))?;
        if count == 0 {
            return Ok(());
        }
        if let Some(walk) = &mut walk {
            walk.feed(&buffer[..count]).map_err(|fault| match fault {
                xml::Fault::Depth => Refusal::Depth(name.clone()),
                xml::Fault::DocumentType => Refusal::DocumentType(name.clone()),
            })?;
        }
    }
}

fn is_xml(name: &str) -> bool {
    let name = name.to_lowercase();
    [".xml", ".rels", ".vml"].iter().any(|ending| name.ends_with(ending))
}
