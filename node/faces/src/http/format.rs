//! In which format a result is sent: as the request names it, else as `Accept` does.

use axum::http::{HeaderMap, StatusCode, header};
use dataforge_node::Format;
use dataforge_node::api::ErrorKind;

use super::problem::Problem;

/// What browsers and spreadsheets call a workbook.
const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The formats that `Accept` can name. Where it leaves a choice the first that fits is sent.
const BY_MEDIA_TYPE: [(&str, Format); 6] = [
    ("application/json", Format::Json),
    ("text/csv", Format::Csv),
    ("application/vnd.apache.arrow.stream", Format::Arrow),
    ("application/vnd.apache.parquet", Format::Parquet),
    ("application/x-ndjson", Format::Ndjson),
    (XLSX, Format::Xlsx),
];

/// Says what a result in this format is.
pub(super) const fn media_type(format: Format) -> &'static str {
    match format {
        Format::Table => "text/plain; charset=utf-8",
        Format::Csv | Format::CsvRaw => "text/csv; charset=utf-8",
        Format::Xlsx => XLSX,
        Format::Json => "application/json",
        Format::Ndjson => "application/x-ndjson",
        Format::Parquet => "application/vnd.apache.parquet",
        Format::Arrow => "application/vnd.apache.arrow.stream",
    }
}

/// Chooses the format of a result; JSON when nobody says anything.
///
/// # Errors
/// Usage for a word that is no format, 406 when nothing there is is accepted.
pub(super) fn choose(named: Option<&str>, headers: &HeaderMap) -> Result<Format, Problem> {
    if let Some(word) = named {
        // A table for people is cut; a program would take it for the whole.
        return word.parse().ok().filter(|format| *format != Format::Table).ok_or_else(|| {
            Problem::usage(format!("no such format: {word:?}"))
                .hint("use arrow, parquet, csv, csv-raw, json, ndjson or xlsx")
        });
    }
    let mut accepted = headers.get_all(header::ACCEPT).iter().peekable();
    if accepted.peek().is_none() {
        return Ok(Format::Json);
    }
    let accepted: Vec<_> = accepted.filter_map(|accept| accept.to_str().ok()).collect();
    accept(&accepted.join(",")).ok_or_else(|| {
        let kinds: Vec<_> = BY_MEDIA_TYPE.iter().map(|(media, _)| *media).collect();
        Problem::new(StatusCode::NOT_ACCEPTABLE, ErrorKind::Usage, "a result cannot be had as what Accept names")
            .hint(format!("accept one of these, or give format: {}", kinds.join(", ")))
    })
}

/// Returns what is liked best; of equals what is named outright, then what is named first.
fn accept(text: &str) -> Option<Format> {
    let mut best: Option<(f32, bool, Format)> = None;
    for range in text.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let media = parts.next().unwrap_or_default().to_ascii_lowercase();
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        let quality: f32 = quality.map_or(1.0, |quality| quality.parse().unwrap_or(0.0));
        let Some(format) = fitting(&media) else { continue };
        let is_exact = !media.ends_with('*');
        if quality > 0.0 && best.is_none_or(|(liked, exact, _)| (quality, is_exact) > (liked, exact)) {
            best = Some((quality, is_exact, format));
        }
    }
    best.map(|(_, _, format)| format)
}

fn fitting(media: &str) -> Option<Format> {
    let fits = |known: &str| match media.strip_suffix('*') {
        Some("*/") => true,
        Some(kind) => kind.ends_with('/') && known.starts_with(kind),
        None => known == media,
    };
    BY_MEDIA_TYPE.into_iter().find(|(known, _)| fits(known)).map(|(_, format)| format)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn chosen(named: Option<&str>, accepted: &[&'static str]) -> Option<Format> {
        let mut headers = HeaderMap::new();
        for &accept in accepted {
            headers.append(header::ACCEPT, HeaderValue::from_static(accept));
        }
        choose(named, &headers).ok()
    }

    #[test]
    fn the_word_counts_before_what_is_accepted() {
        for (word, format) in [("arrow", Format::Arrow), ("csv-raw", Format::CsvRaw), ("xlsx", Format::Xlsx)] {
            assert_eq!(chosen(Some(word), &["application/json"]), Some(format));
        }
        for word in ["table", "CSV", "", "pdf"] {
            assert_eq!(chosen(Some(word), &[]), None, "{word:?}");
        }
    }

    #[test]
    fn what_is_liked_best_is_sent() {
        let cases: [(&[&'static str], Option<Format>); 14] = [
            (&[], Some(Format::Json)),
            (&["*/*"], Some(Format::Json)),
            (&["text/csv"], Some(Format::Csv)),
            (&["Text/CSV;q=0.5, application/json;q=0.4"], Some(Format::Csv)),
            (&["text/html, */*;q=0.8"], Some(Format::Json)),
            (&["*/*, application/vnd.apache.arrow.stream"], Some(Format::Arrow)),
            (&["text/*"], Some(Format::Csv)),
            (&["application/vnd.apache.parquet;q=0.1", "text/csv; header=present; q=0.2"], Some(Format::Csv)),
            (&["application/json;q=0, text/csv;q=0.001"], Some(Format::Csv)),
            (&["text/html"], None),
            (&["application/json;q=0"], None),
            (&["application/json;q=much"], None),
            (&["*"], None),
            (&[""], None),
        ];
        for (accepted, format) in cases {
            assert_eq!(chosen(None, accepted), format, "{accepted:?}");
        }
    }
}
