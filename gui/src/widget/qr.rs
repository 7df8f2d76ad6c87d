//! QR codes: on the screen, and as PNG images to be sent or printed.

use egui::{Mesh, Rect, Role, Sense, Ui, WidgetInfo, vec2};
use png::{BitDepth, ColorType, Encoder};
use qrcode::{Color, EcLevel, QrCode};

use crate::theme::{QR_DARK, QR_LIGHT};

/// Modules of white that a code needs around it.
const QUIET: usize = 4;

/// Pixels of a module in an image; eight bits of one make a byte.
const SCALE: usize = 8;

/// A code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Modules in a row, the quiet zone included.
    width: usize,
    /// Runs of dark modules: row, first column, length.
    runs: Vec<(usize, usize, usize)>,
}

impl Code {
    /// Encodes a text; none when it is too long. Takes the stronger error correction where there is room.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let levels = [EcLevel::M, EcLevel::L];
        let code = levels.iter().find_map(|level| QrCode::with_error_correction_level(text, *level).ok())?;
        let modules = code.width();
        let mut runs = Vec::new();
        for (row, colours) in code.to_colors().chunks(modules).enumerate() {
            let mut column = 0;
            for run in colours.chunk_by(|one, other| one == other) {
                if run.first() == Some(&Color::Dark) {
                    runs.push((row + QUIET, column + QUIET, run.len()));
                }
                column += run.len();
            }
        }
        Some(Self { width: modules + 2 * QUIET, runs })
    }

    /// Returns how many modules a row has, the quiet zone included.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Returns the modules row by row, dark ones as true.
    #[must_use]
    pub fn modules(&self) -> Vec<bool> {
        let mut modules = vec![false; self.width * self.width];
        for &(row, column, length) in &self.runs {
            let first = row * self.width + column;
            modules[first..first + length].fill(true);
        }
        modules
    }

    /// Returns it as a PNG image, black on white.
    ///
    /// # Errors
    /// What the encoder says.
    pub fn png(&self) -> Result<Vec<u8>, String> {
        let modules = self.modules();
        let mut pixels = Vec::with_capacity(self.width * self.width * SCALE);
        for row in modules.chunks(self.width) {
            let bytes: Vec<u8> = row.iter().map(|&is_dark| if is_dark { 0 } else { u8::MAX }).collect();
            for _ in 0..SCALE {
                pixels.extend_from_slice(&bytes);
            }
        }
        let size = u32::try_from(self.width * SCALE).map_err(|error| error.to_string())?;
        let mut image = Vec::new();
        let mut encoder = Encoder::new(&mut image, size, size);
        encoder.set_color(ColorType::Grayscale);
        encoder.set_depth(BitDepth::One);
        let mut writer = encoder.write_header().map_err(|error| error.to_string())?;
        writer.write_image_data(&pixels).map_err(|error| error.to_string())?;
        writer.finish().map_err(|error| error.to_string())?;
        Ok(image)
    }

    /// Draws it, as large as fits into `size` points, in whole points a module.
    pub fn ui(&self, ui: &mut Ui, size: f32, name: &str) {
        #[expect(clippy::cast_precision_loss, reason = "a code has at most 185 modules a row")]
        let module = (size / self.width as f32).floor().max(2.0);
        #[expect(clippy::cast_precision_loss, reason = "see above")]
        let at = |modules: usize| modules as f32 * module;
        let (rect, response) = ui.allocate_exact_size(vec2(at(self.width), at(self.width)), Sense::hover());
        let mut mesh = Mesh::default();
        mesh.add_colored_rect(rect, QR_LIGHT);
        for &(row, column, length) in &self.runs {
            let corner = rect.min + vec2(at(column), at(row));
            mesh.add_colored_rect(Rect::from_min_size(corner, vec2(at(length), module)), QR_DARK);
        }
        ui.painter().add(mesh);
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, name));
    }
}

#[cfg(test)]
mod tests {
    use super::Code;

    fn read(code: &Code) -> String {
        let (width, modules) = (code.width(), code.modules());
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width * 4, width * 4, |x, y| {
            if modules[y / 4 * width + x / 4] { 0 } else { 255 }
        });
        let grids = image.detect_grids();
        grids.first().expect("a code").decode().expect("it can be read").1
    }

    #[test]
    fn a_code_reads_as_what_was_encoded() {
        let ticket = format!("dforge{}", "abcdefghijklmnop234567".repeat(18));
        assert_eq!(read(&Code::of(&ticket).unwrap()), ticket);
        assert_eq!(read(&Code::of("short").unwrap()), "short");
    }

    #[test]
    fn what_is_too_long_has_no_code() {
        assert_eq!(Code::of(&"x".repeat(5_000)), None);
    }

    #[test]
    fn the_image_has_eight_pixels_a_module_and_the_same_text() {
        let code = Code::of("dforgeticket").unwrap();
        let image = code.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&image)).read_info().unwrap();
        let mut row = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut row).unwrap();
        assert_eq!(frame.width as usize, code.width() * 8);
        let line = frame.line_size;
        let bits: Vec<bool> = (0..code.width())
            .flat_map(|y| (0..code.width()).map(move |x| (x, y)))
            .map(|(x, y)| row[y * 8 * line + x] == 0)
            .collect();
        assert_eq!(bits, code.modules());
    }
}
