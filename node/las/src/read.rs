//! [`read`] and [`read_header`]: a file's bytes → [`Reading`], section by section.

use crate::encoding::{self, Decoded, Text};
use crate::error::ReadError;
use crate::lines::is_blank;
use crate::model::{ImportReport, LogFile, NoticeKind, Section, SectionKind};
use crate::nulls::NullPolicy;
use crate::report::Reporter;
use crate::section::{self, RawSection, Role, Sections};
use crate::sets::{self, SetPlan};
use crate::{data, header, version};

#[cfg(test)]
mod tests;

/// Bytes [`read_header`] looks at first; headers are rarely longer.
const HEADER_SAMPLE: usize = 1 << 16;

/// Bytes of rows of a LAS 3.0 data set other than the log after which [`read_header`] does not
/// look for sections behind them.
const OTHER_ROWS: usize = 1 << 20;

/// How a file is read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReadOptions {
    /// Makes the first oddity an error.
    pub strict: bool,
    /// Name of the encoding, such as `windows-1251`; `None` finds it out.
    pub encoding: Option<String>,
    /// What counts as no value.
    pub nulls: NullPolicy,
}

/// A file as read, and what was odd about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Reading {
    /// What the file says.
    pub file: LogFile,
    /// What was odd.
    pub report: ImportReport,
}

/// Reads a file.
///
/// # Errors
///
/// [`ReadError`]; a file without rows is [`ReadError::NoData`], and [`read_header`] still reads it.
pub fn read(bytes: &[u8], options: &ReadOptions) -> Result<Reading, ReadError> {
    check_magic(bytes)?;
    let encoding = encoding::choose(bytes, options.encoding.as_deref())?;
    let decoded = encoding::decode(bytes, encoding);
    check_not_blank(&decoded)?;
    let parts = Parts::new(section::split(&decoded.text, false)?)?;
    let mut reporter = Reporter::new(options.strict);
    let mut file = read_sections(&decoded, &parts.sections, &mut reporter)?;
    file.data = data::read(&parts.sections.all, parts.plans, &file, &options.nulls, &mut reporter)?;
    Ok(Reading { file, report: reporter.finish() })
}

/// Reads the sections in front of the rows. The rows are not touched, whatever their length, so
/// sections that stand behind them are not read either, and there are no data sets.
///
/// Of LAS 3.0, the sections in front of the log's rows are read, passing over data sets before it
/// unless they are large (1 MiB).
///
/// # Errors
///
/// [`ReadError`]
pub fn read_header(bytes: &[u8], options: &ReadOptions) -> Result<Reading, ReadError> {
    check_magic(bytes)?;
    let mut length = HEADER_SAMPLE;
    loop {
        let whole = length >= bytes.len();
        let part = bytes.get(..length).unwrap_or(bytes);
        let encoding = encoding::choose(part, options.encoding.as_deref())?;
        let mut decoded = encoding::decode(part, encoding);
        if whole {
            check_not_blank(&decoded)?;
        } else {
            drop_last_line(&mut decoded);
        }
        let sections = section::split(&decoded.text, true);
        let complete = sections.as_ref().is_ok_and(|sections| sections.all.last().is_some_and(ends_header));
        if whole || complete {
            let mut reporter = Reporter::new(options.strict);
            let file = read_sections(&decoded, &Parts::new(sections?)?.sections, &mut reporter)?;
            return Ok(Reading { file, report: reporter.finish() });
        }
        length = length.saturating_mul(4);
    }
}

/// Reads the header sections of a text without looking at rows; returns which sections make a data
/// set as well, in terms of those header sections.
///
/// # Errors
///
/// [`ReadError`]
pub(crate) fn header_of(text: &str) -> Result<(LogFile, Vec<SetPlan>), ReadError> {
    let text = Text::Whole(text.into());
    let parts = Parts::new(section::split(&text, false)?)?;
    let decoded = Decoded { text: Text::Whole("".into()), encoding: String::new(), damaged: false };
    let file = read_sections(&decoded, &parts.sections, &mut Reporter::new(false))?;
    let plans = data::placed(&parts.sections.all, parts.plans);
    Ok((file, plans))
}

/// Refuses what is clearly no well log.
fn check_magic(bytes: &[u8]) -> Result<(), ReadError> {
    if bytes.is_empty() {
        return Err(ReadError::Empty);
    }
    if bytes.starts_with(b"LASF") { Err(ReadError::Lidar) } else { Ok(()) }
}

/// Refuses a file that has nothing but blanks.
fn check_not_blank(decoded: &Decoded<'_>) -> Result<(), ReadError> {
    if decoded.text.bytes().iter().all(|&byte| is_blank(byte)) { Err(ReadError::Empty) } else { Ok(()) }
}

/// Drops the last line, which the end of a sample may have cut, even within a character.
fn drop_last_line(decoded: &mut Decoded<'_>) {
    decoded.text.drop_last_line();
    if let Text::Whole(text) = &decoded.text {
        decoded.damaged = text.contains(char::REPLACEMENT_CHARACTER);
    }
}

/// Returns whether nothing behind a section has to be read for the header: the rows of a log, or so
/// many of another data set that what follows is better not waited for.
fn ends_header(section: &RawSection<'_>) -> bool {
    section.role == Role::Data || section.role == Role::OtherData && section.body.len() >= OTHER_ROWS
}

/// A file split into sections, and which of them make a data set.
struct Parts<'a> {
    sections: Sections<'a>,
    plans: Vec<SetPlan>,
}

impl<'a> Parts<'a> {
    fn new(mut sections: Sections<'a>) -> Result<Self, ReadError> {
        data::check_sets(&sections.all)?;
        let mut plans = sets::find(&sections.all);
        if !version::declares_3(&sections.all) {
            // Before LAS 3.0 there are no data sets but the log, only titles that sound like one.
            plans.retain(|plan| {
                let section = sections.all.get_mut(plan.data);
                let Some(section) = section.filter(|section| section.role == Role::OtherData) else { return true };
                if plan.definition.is_empty() {
                    section.role = Role::Header(SectionKind::Custom);
                }
                !plan.definition.is_empty()
            });
        }
        Ok(Self { sections, plans })
    }
}

/// Reads the header sections and understands them.
fn read_sections(decoded: &Decoded<'_>, raw: &Sections<'_>, reporter: &mut Reporter) -> Result<LogFile, ReadError> {
    if decoded.damaged || raw.damaged {
        reporter.add(0, 0, NoticeKind::Encoding, || {
            format!("bytes that are not {} were replaced by U+FFFD", decoded.encoding)
        })?;
    }
    let mut sections: Vec<Section> = Vec::new();
    let mut lines = raw.all.len();
    for section in &raw.all {
        if let Some(kind) = section.role.header() {
            sections.push(header::section(section, kind, &mut lines, reporter)?);
        }
    }
    let version = version::understand(&mut sections, reporter)?;
    report_places(&raw.all, version::is_3(&version), reporter)?;
    Ok(LogFile { version, sections, data: Vec::new(), encoding: decoded.encoding.clone() })
}

/// Reports sections that stand in an odd place or have an odd title. LAS 3.0 allows any number of
/// data sets, each with its own header.
fn report_places(sections: &[RawSection<'_>], is_3: bool, reporter: &mut Reporter) -> Result<(), ReadError> {
    let (mut after_data, mut singles) = (false, Vec::new());
    for section in sections {
        let mut report = |kind, message: &str| {
            reporter.add(section.line, 0, kind, || format!("{message}: {}", header::shorten(&section.title)))
        };
        if section.guessed {
            report(NoticeKind::SectionTitle, "no title of the standard, taken for ~A")?;
        }
        match section.role {
            Role::Header(kind @ (SectionKind::Version | SectionKind::Well)) => {
                if singles.contains(&kind) {
                    report(NoticeKind::SectionOrder, "the section is there twice")?;
                } else {
                    singles.push(kind);
                }
            }
            Role::Data if after_data && !is_3 => {
                report(NoticeKind::SectionOrder, "a second data section, read as a data set")?;
            }
            _ => {}
        }
        if section.role.header().is_some() && after_data && !is_3 {
            report(NoticeKind::SectionOrder, "the section stands behind the rows")?;
        }
        after_data = after_data || section.role == Role::Data;
    }
    Ok(())
}
