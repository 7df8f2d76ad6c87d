//! Sizes as people write them: `500MB`, `2 GB`, plain bytes. Units are decimal, as they are printed.

/// Units with their bytes, as powers of ten.
const UNITS: [(&str, u32); 6] = [("", 0), ("B", 0), ("kB", 3), ("MB", 6), ("GB", 9), ("TB", 12)];
const HINT: &str = "write bytes, or a number with kB, MB, GB or TB, e.g. 500MB";

/// Reads a size in bytes.
pub(crate) fn parse(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let unit_at = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(unit_at);
    let unit = unit.trim_start();
    let power = match UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) {
        Some((_, power)) => *power,
        None if unit.to_ascii_lowercase().ends_with("ib") => {
            return Err(format!("units are decimal here, 1 GB is 1,000,000,000 bytes: {HINT}"));
        }
        None => return Err(format!("{unit:?} is no unit of size: {HINT}")),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    let is_number = !whole.is_empty() && !part.contains('.') && (part.is_empty() != number.contains('.'));
    if !is_number {
        return Err(HINT.to_owned());
    }
    let part = part.trim_end_matches('0');
    let digits = u32::try_from(part.len()).ok().filter(|digits| *digits <= power);
    let Some(digits) = digits else { return Err("that is finer than a byte".to_owned()) };
    let too_large = || "that is more than there can be".to_owned();
    let scaled: u64 = format!("{whole}{part}").parse().map_err(|_error| too_large())?;
    scaled.checked_mul(10_u64.pow(power - digits)).ok_or_else(too_large)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::bytes;

    #[test]
    fn sizes_are_read_as_they_are_printed() {
        let cases = [
            ("0", 0),
            ("4096", 4096),
            ("17 B", 17),
            ("500MB", 500_000_000),
            ("2GB", 2_000_000_000),
            ("2 gb", 2_000_000_000),
            (" 1.5TB ", 1_500_000_000_000),
            ("0.001kB", 1),
            ("18446744073709551615", u64::MAX),
        ];
        for (text, size) in cases {
            assert_eq!(parse(text), Ok(size), "{text}");
        }
        for size in [0, 999, 1000, 4_500_000, 2_000_000_000] {
            assert_eq!(parse(&bytes(size)), Ok(size));
        }
    }

    #[test]
    fn what_is_no_size_is_told_with_what_is() {
        let cases = [
            ("", "500MB"),
            ("GB", "500MB"),
            ("1.", "500MB"),
            (".5GB", "500MB"),
            ("1.2.3GB", "500MB"),
            ("-5", "no unit"),
            ("1,000", "no unit"),
            ("5 lots", "\"lots\" is no unit"),
            ("2GiB", "decimal"),
            ("1.50", "finer than a byte"),
            ("0.0001kB", "finer than a byte"),
            ("18446744073709551616", "more than there can be"),
            ("99999999TB", "more than there can be"),
            ("٣", "no unit"),
        ];
        for (text, part) in cases {
            let said = parse(text).unwrap_err();
            assert!(said.contains(part), "{text}: {said}");
        }
    }
}
