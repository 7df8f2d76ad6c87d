//! A drawing as pixels: its SVG, painted with the font of the program and no other.

use std::sync::Arc;

use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::fontdb::{Database, Source};
use resvg::usvg::{Options, Tree};

use super::scene::Scene;
use super::{font, svg};

/// Pixels of an image at most: 400 MB while it is painted.
const MOST_PIXELS: f64 = 100_000_000.0;
/// Longest side of an image in pixels, which other programs can open.
const LONGEST: f64 = 32_000.0;

/// A drawing makes no image.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PngError {
    /// It would be too large.
    #[error("the image would have {width:.0} x {height:.0} pixels; use fewer dots per inch, a shorter interval or PDF")]
    Size {
        /// Pixels from left to right.
        width: f64,
        /// Pixels from top to bottom.
        height: f64,
    },
    /// The painter refuses it.
    #[error("it cannot be painted: {0}")]
    Paint(String),
}

/// Paints a drawing at so many dots per inch.
///
/// # Errors
/// [`PngError`].
pub fn write(scene: &Scene, dpi: f64) -> Result<Vec<u8>, PngError> {
    let scale = dpi / 72.0;
    let (width, height) = ((f64::from(scene.width) * scale).ceil(), (f64::from(scene.height) * scale).ceil());
    let fits = width >= 1.0 && height >= 1.0 && width.max(height) <= LONGEST && width * height <= MOST_PIXELS;
    if !fits {
        return Err(PngError::Size { width, height });
    }
    let failed = |error: String| PngError::Paint(error);
    let tree = Tree::from_str(&svg::write(scene), &options()).map_err(|error| failed(error.to_string()))?;
    let mut pixels =
        Pixmap::new(width as u32, height as u32).ok_or_else(|| failed("there is no room for the pixels".to_owned()))?;
    // The size of the tree is in pixels of 1/96 inch, whatever that of the drawing is.
    let across = width as f32 / tree.size().width();
    resvg::render(&tree, Transform::from_scale(across, across), &mut pixels.as_mut());
    pixels.encode_png().map_err(|error| failed(error.to_string()))
}

/// Options that know one font, whatever is asked for.
fn options() -> Options<'static> {
    let mut fonts = Database::new();
    fonts.load_font_source(Source::Binary(Arc::new(font::BYTES)));
    let family = fonts.faces().next().and_then(|face| face.families.first()).map(|(name, _)| name.clone());
    if let Some(family) = family {
        fonts.set_serif_family(family.clone());
        fonts.set_sans_serif_family(family);
    }
    Options { fontdb: Arc::new(fonts), ..Options::default() }
}

#[cfg(test)]
mod tests {
    use super::super::scene::{Align, Colour, Group, Item, Point, Rect, Text, What};
    use super::*;

    fn pixels(scene: &Scene, dpi: f64) -> Pixmap {
        Pixmap::decode_png(&write(scene, dpi).unwrap()).unwrap()
    }

    #[test]
    fn an_image_has_the_size_and_the_colours_of_the_drawing() {
        let bounds = Rect::new(0.0, 0.0, 72.0, 36.0);
        let mut root = Group::new(What::Plot, "plot", bounds);
        let half = Rect::new(0.0, 0.0, 36.0, 36.0);
        root.add(Item::Rect { rect: half, fill: Some(Colour::rgb(200, 10, 10)), stroke: None });
        let background = Colour::rgb(255, 255, 255);
        let mut scene =
            Scene { width: 72.0, height: 36.0, title: String::new(), description: String::new(), background, root };
        let image = pixels(&scene, 100.0);
        assert_eq!((image.width(), image.height()), (100, 50));
        let red = |image: &Pixmap, x, y| image.pixel(x, y).unwrap().demultiply();
        assert_eq!((red(&image, 20, 25).red(), red(&image, 20, 25).green()), (200, 10));
        assert_eq!(red(&image, 80, 25).green(), 255);
        // A text leaves ink: the font is there.
        let (text, colour) = ("WWWW".to_owned(), Colour::rgb(0, 0, 0));
        let at = Point::new(40.0, 24.0);
        scene.root.add(Text { at, text, size: 10.0, align: Align::Start, rotation: 0.0, colour, bold: true });
        let image = pixels(&scene, 100.0);
        let dark = image.pixels().iter().filter(|pixel| pixel.red() < 100 && pixel.green() < 100).count();
        assert!(dark > 50, "{dark} dark pixels");
    }

    #[test]
    fn everything_is_painted_and_what_is_too_large_is_refused() {
        let mut scene = super::super::svg::tests::scene();
        assert!(write(&scene, 150.0).is_ok());
        scene.height = 200_000.0;
        let error = write(&scene, 300.0).unwrap_err().to_string();
        assert!(error.contains("fewer dots"), "{error}");
    }
}
