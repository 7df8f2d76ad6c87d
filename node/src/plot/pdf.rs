//! Drawings as the pages of a PDF.
//!
//! Sizes are exact: one point of the drawing is 1/72 inch of the page. Texts are texts, in the font of the
//! program, so that they can be searched and copied. Nothing of the file depends on when or where it was made:
//! the same drawings give the same bytes.

use krilla::color::rgb;
use krilla::geom::{Path, PathBuilder, Point as At, Rect as Bounds, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke as Pen, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, TextDirection};
use krilla::{Document, SerializeSettings};

use super::font;
use super::scene::{
    Align, Band, Colour, Group, Image, Item, Lines, MarkShape, Marks, Point, Rect, SOLID, Scene, Stroke, Text,
};
use super::svg::BOLD;

/// Longest side of a page in points: the limit of PDF readers, 200 inches.
pub const LONGEST: f32 = 14_400.0;

/// Drawings make no PDF.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PdfError {
    /// A page has no size, or more than readers show.
    #[error("page {page} has no size that a PDF can have")]
    Size {
        /// Which, from 1.
        page: usize,
    },
    /// The writer refuses it.
    #[error("the PDF cannot be written: {0}")]
    Write(String),
}

/// What a PDF says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Its title.
    pub title: String,
    /// What it shows.
    pub description: String,
    /// The program that made it.
    pub program: String,
}

/// Writes drawings, each as a page of its size.
///
/// # Errors
/// [`PdfError`].
pub fn write(pages: &[Scene], about: &About) -> Result<Vec<u8>, PdfError> {
    write_with(pages, about, true)
}

/// Writes drawings, with or without compressing them.
pub(super) fn write_with(pages: &[Scene], about: &About, compress: bool) -> Result<Vec<u8>, PdfError> {
    let settings =
        SerializeSettings { compress_content_streams: compress, enable_tagging: false, ..SerializeSettings::default() };
    let mut document = Document::new_with(settings);
    let font = Font::new(font::BYTES.into(), 0).ok_or_else(|| PdfError::Write("the font cannot be read".to_owned()))?;
    document.set_metadata(
        Metadata::new()
            .title(about.title.clone())
            .description(about.description.clone())
            .creator(about.program.clone())
            .producer(about.program.clone())
            .language("en".to_owned()),
    );
    for (number, scene) in pages.iter().enumerate() {
        let wrong = PdfError::Size { page: number + 1 };
        let fits = |side: f32| side > 0.0 && side <= LONGEST;
        let settings = PageSettings::from_wh(scene.width, scene.height);
        let settings = settings.filter(|_| fits(scene.width) && fits(scene.height)).ok_or(wrong)?;
        let mut page = document.start_page_with(settings);
        // The surface ends before the page does.
        {
            let mut painter = Painter { surface: page.surface(), font: font.clone() };
            let sheet = Rect::new(0.0, 0.0, scene.width, scene.height);
            painter.rect(&sheet, Some(scene.background), None);
            painter.group(&scene.root);
        }
        page.finish();
    }
    document.finish().map_err(|error| PdfError::Write(error.to_string()))
}

struct Painter<'a> {
    surface: Surface<'a>,
    font: Font,
}

fn share(alpha: u8) -> NormalizedF32 {
    NormalizedF32::new(f32::from(alpha) / 255.0).unwrap_or(NormalizedF32::ONE)
}

fn filled(colour: Colour) -> Fill {
    Fill {
        paint: rgb::Color::new(colour.red, colour.green, colour.blue).into(),
        opacity: share(colour.alpha),
        rule: FillRule::NonZero,
    }
}

fn stroked(stroke: &Stroke, cap: LineCap) -> Pen {
    let dash = StrokeDash { array: stroke.dash.to_vec(), offset: 0.0 };
    Pen {
        paint: rgb::Color::new(stroke.colour.red, stroke.colour.green, stroke.colour.blue).into(),
        width: stroke.width,
        opacity: share(stroke.colour.alpha),
        line_cap: cap,
        line_join: LineJoin::Round,
        dash: (!stroke.dash.is_empty()).then_some(dash),
        ..Pen::default()
    }
}

fn path_of(points: &[Point], close: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    let (first, rest) = points.split_first()?;
    path.move_to(first.x, first.y);
    for point in rest {
        path.line_to(point.x, point.y);
    }
    if close {
        path.close();
    }
    path.finish()
}

fn rect_of(rect: &Rect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Bounds::from_ltrb(rect.left, rect.top, rect.right, rect.bottom)?);
    path.finish()
}

impl Painter<'_> {
    fn draw(&mut self, path: Option<Path>, fill: Option<Fill>, stroke: Option<Pen>) {
        let Some(path) = path.filter(|_| fill.is_some() || stroke.is_some()) else { return };
        self.surface.set_fill(fill);
        self.surface.set_stroke(stroke);
        self.surface.draw_path(&path);
    }

    fn group(&mut self, group: &Group) {
        let Some(clip) = &group.clip else {
            return group.items.iter().for_each(|item| self.item(item));
        };
        // Nothing shows within an empty clip.
        let Some(path) = rect_of(clip) else { return };
        self.surface.push_clip_path(&path, &FillRule::NonZero);
        for item in &group.items {
            self.item(item);
        }
        self.surface.pop();
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Rect { rect, fill, stroke } => self.rect(rect, *fill, *stroke),
            Item::Line { from, to, stroke } => {
                self.draw(path_of(&[*from, *to], false), None, Some(stroked(stroke, LineCap::Butt)));
            }
            Item::Polyline { points, stroke } => {
                self.draw(path_of(points, false), None, Some(stroked(stroke, LineCap::Butt)));
            }
            Item::Polygon { points, fill } => self.draw(path_of(points, true), Some(filled(*fill)), None),
            Item::Band(band) => self.band(band),
            Item::Area(area) => self.draw(path_of(&area.outline(), true), Some(filled(area.fill)), None),
            Item::Lines(lines) => self.lines(lines),
            Item::Marks(marks) => self.marks(marks),
            Item::Image(image) => self.image(image),
            Item::Text(text) => self.text(text),
            Item::Group(group) => self.group(group),
        }
    }

    fn rect(&mut self, rect: &Rect, fill: Option<Colour>, stroke: Option<Stroke>) {
        let pen = stroke.map(|stroke| stroked(&stroke, LineCap::Butt));
        self.draw(rect_of(rect), fill.map(filled), pen);
    }

    fn band(&mut self, band: &Band) {
        let stroke = Stroke { dash: SOLID, ..band.shown_stroke() };
        let pen = Some(stroked(&stroke, LineCap::Round));
        self.draw(path_of(&band.outline(), true), Some(filled(stroke.colour)), pen);
    }

    fn lines(&mut self, lines: &Lines) {
        let mut path = PathBuilder::new();
        for (from, to) in &lines.ends {
            path.move_to(from.x, from.y);
            path.line_to(to.x, to.y);
        }
        let cap = if lines.are_dots() { LineCap::Round } else { LineCap::Butt };
        self.draw(path.finish(), None, Some(stroked(&lines.stroke, cap)));
    }

    fn marks(&mut self, marks: &Marks) {
        let mut path = PathBuilder::new();
        let shape = marks.shape();
        for at in &marks.points {
            match &shape {
                MarkShape::Filled(corners) => {
                    let mut corners = corners.iter().map(|corner| (at.x + corner.x, at.y + corner.y));
                    let Some((x, y)) = corners.next() else { continue };
                    path.move_to(x, y);
                    corners.for_each(|(x, y)| path.line_to(x, y));
                    path.close();
                }
                MarkShape::Lines(lines) => {
                    for (from, to) in lines {
                        path.move_to(at.x + from.x, at.y + from.y);
                        path.line_to(at.x + to.x, at.y + to.y);
                    }
                }
            }
        }
        match shape {
            MarkShape::Filled(_) => self.draw(path.finish(), Some(filled(marks.colour)), None),
            MarkShape::Lines(_) => {
                let stroke = Stroke::solid(marks.colour, marks.thickness());
                self.draw(path.finish(), None, Some(stroked(&stroke, LineCap::Butt)));
            }
        }
    }

    fn image(&mut self, image: &Image) {
        for (colour, cells) in image.by_colour() {
            let mut path = PathBuilder::new();
            for cell in cells {
                if let Some(cell) = Bounds::from_ltrb(cell.left, cell.top, cell.right, cell.bottom) {
                    path.push_rect(cell);
                }
            }
            self.draw(path.finish(), Some(filled(colour)), None);
        }
    }

    fn text(&mut self, text: &Text) {
        // A control character has no glyph and no meaning on paper.
        let words: String = text.text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
        if words.trim().is_empty() || text.size <= 0.0 {
            return;
        }
        let width = font::width(&words, text.size);
        let left = match text.align {
            Align::Start => text.at.x,
            Align::Middle => text.at.x - width / 2.0,
            Align::End => text.at.x - width,
        };
        let strong = Stroke::solid(text.colour, text.size * BOLD);
        self.surface.set_fill(Some(filled(text.colour)));
        self.surface.set_stroke(text.bold.then(|| stroked(&strong, LineCap::Butt)));
        let is_turned = text.rotation != 0.0;
        if is_turned {
            self.surface.push_transform(&Transform::from_rotate_at(text.rotation, text.at.x, text.at.y));
        }
        let at = At::from_xy(left, text.at.y);
        self.surface.draw_text(at, self.font.clone(), text.size, &words, false, TextDirection::Auto);
        if is_turned {
            self.surface.pop();
        }
    }
}

#[cfg(test)]
mod tests;
