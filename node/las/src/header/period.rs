//! Where the mnemonic of a header line ends.

/// Splits the part of a line before its description into mnemonic and the rest after the period.
pub(super) fn split(left: &str, is_curve: bool) -> Option<(&str, &str)> {
    if let Some(rest) = left.strip_prefix('.') {
        return Some(leading(rest));
    }
    let first = left.find('.')?;
    let double = left.match_indices("..").map(|(at, _)| at).find(|&at| {
        // `DEPT..1IN` has the unit `.1IN`; `Cond..MS/M` is the abbreviation `Cond.`.
        left.as_bytes().get(at + 2).is_some_and(|byte| !byte.is_ascii_digit())
    });
    match double {
        // `I. Res..OHM-M`: the doubled period says where the name ends, wherever the first is.
        Some(at) if is_curve => Some((left.get(..=at)?, left.get(at + 2..)?)),
        _ => Some((left.get(..first)?, left.get(first + 1..)?)),
    }
}

/// Splits a line that begins with a period: `.ILM .OHMM` is a name with a stray period, while
/// `.OHMM` and `.OHMM 2.5` lack a name.
fn leading(rest: &str) -> (&str, &str) {
    match rest.split_once('.') {
        Some((name, unit)) if !name.is_empty() && !name.trim_end().contains(char::is_whitespace) => (name, unit),
        _ => ("", rest),
    }
}
