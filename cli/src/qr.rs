//! QR codes: in half blocks for a terminal, as a path for a drawing, as an image.

pub(crate) mod image;

use qrcode::render::unicode::Dense1x2;
use qrcode::{Color, EcLevel, QrCode};

/// Modules of white that a code needs around it.
pub(crate) const QUIET: usize = 4;

/// Draws a code with half blocks, light on dark as terminals are; none when the text is too long.
pub(crate) fn half_blocks(text: &str, level: EcLevel) -> Option<String> {
    let code = QrCode::with_error_correction_level(text, level).ok()?;
    Some(code.render::<Dense1x2>().dark_color(Dense1x2::Light).light_color(Dense1x2::Dark).quiet_zone(true).build())
}

/// Draws a code as the data of an SVG path, one unit a module, without white around it; with its
/// width in modules. None when the text is too long.
pub(crate) fn path(text: &str, level: EcLevel) -> Option<(String, usize)> {
    let code = QrCode::with_error_correction_level(text, level).ok()?;
    let width = code.width();
    let mut path = String::new();
    for (y, row) in code.to_colors().chunks(width).enumerate() {
        let mut x = 0;
        // Runs instead of squares: printers leave hairlines between these.
        for run in row.chunk_by(|one, other| one == other) {
            if run[0] == Color::Dark {
                path.push_str(&format!("M{x} {y}h{0}v1h-{0}z", run.len()));
            }
            x += run.len();
        }
    }
    Some((path, width))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_framed_in_light() {
        let text = half_blocks(&"dforge".repeat(20), EcLevel::L).unwrap();
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        assert!(lines.len() > 20 && lines.iter().all(|line| line.len() == lines[0].len()), "{text}");
        assert_eq!(lines.len(), lines[0].len().div_ceil(2));
        assert!(lines[0].iter().all(|&block| block == '█'), "{text}");
        assert_eq!(half_blocks(&"x".repeat(5000), EcLevel::L), None);
    }

    #[test]
    fn a_path_begins_with_the_finder_of_seven_modules() {
        let (path, width) = path("ABANDON", EcLevel::Q).unwrap();
        assert_eq!(width, 21);
        assert!(path.starts_with("M0 0h7v1h-7z"), "{path}");
        assert!(path.contains("M14 0h7v1h-7z") && path.contains("M0 20h7v1h-7z"), "{path}");
    }
}
