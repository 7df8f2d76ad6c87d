//! Planes that wells lie in: degrees around the middle of the wells, or the metres of a projected
//! system. Wells of different systems are never drawn into one plane.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

use crate::sheet::Sheet;

/// Mean radius of the earth, in metres.
const EARTH_M: f64 = 6_371_008.8;

/// A well and where it is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Spot {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Latitude and longitude in degrees, north and east positive.
    pub degrees: Option<(f64, f64)>,
    /// Easting and northing in metres, with their system.
    pub metres: Option<(f64, f64, String)>,
}

/// A plane by what its positions are in.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plane {
    /// Latitude and longitude.
    Degrees,
    /// A projected system, as `EPSG:23031`.
    Projected(String),
}

impl Plane {
    /// Returns what people call it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Degrees => "Latitude and longitude".to_owned(),
            Self::Projected(crs) => format!("{crs} (x, y)"),
        }
    }
}

/// Reads wells of rows of id, name, latitude, longitude, x, y and system.
#[must_use]
pub fn spots(sheet: &Sheet) -> Vec<Spot> {
    let spot = |row: usize| {
        let text = |column: usize| sheet.text(row, column).unwrap_or_default();
        let number = |column: usize| sheet.number(row, column).filter(|value| value.is_finite());
        let latitude = number(2).filter(|latitude| latitude.abs() <= 90.0);
        let longitude = number(3).filter(|longitude| longitude.abs() <= 180.0);
        let crs = if text(6).is_empty() { "unnamed system".to_owned() } else { text(6) };
        Spot {
            id: text(0),
            name: text(1),
            degrees: latitude.zip(longitude),
            metres: number(4).zip(number(5)).map(|(x, y)| (x, y, crs)),
        }
    };
    (0..sheet.rows()).map(spot).collect()
}

/// Returns the planes that wells lie in, that with most wells first.
#[must_use]
pub fn planes(spots: &[Spot]) -> Vec<(Plane, usize)> {
    let mut counts = std::collections::BTreeMap::new();
    for spot in spots {
        if spot.degrees.is_some() {
            *counts.entry(Plane::Degrees).or_insert(0) += 1;
        }
        if let Some((_, _, crs)) = &spot.metres {
            *counts.entry(Plane::Projected(crs.clone())).or_insert(0) += 1;
        }
    }
    let mut planes: Vec<(Plane, usize)> = counts.into_iter().collect();
    planes.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    planes
}

/// Returns where wells lie in a plane, in metres east and north of its middle; none for those that
/// have no place in it.
#[must_use]
pub fn placed(spots: &[Spot], plane: &Plane) -> Vec<Option<[f64; 2]>> {
    let raw = |spot: &Spot| match (plane, &spot.degrees, &spot.metres) {
        (Plane::Degrees, Some((latitude, longitude)), _) => Some([*longitude, *latitude]),
        (Plane::Projected(crs), _, Some((x, y, of))) if of == crs => Some([*x, *y]),
        _ => None,
    };
    let mut found: Vec<Option<[f64; 2]>> = spots.iter().map(raw).collect();
    if *plane == Plane::Degrees {
        unroll(&mut found);
    }
    let ends = |axis: usize| {
        let none = (f64::INFINITY, f64::NEG_INFINITY);
        found.iter().flatten().fold(none, |(low, high), at| (low.min(at[axis]), high.max(at[axis])))
    };
    let middle = [0, 1].map(|axis| {
        let (low, high) = ends(axis);
        low.midpoint(high)
    });
    // Around the middle a degree of longitude is shorter than one of latitude.
    let scale = match plane {
        Plane::Degrees => {
            let degree = EARTH_M.to_radians();
            [degree * middle[1].to_radians().cos(), degree]
        }
        Plane::Projected(_) => [1.0, 1.0],
    };
    let place = |at: [f64; 2]| [(at[0] - middle[0]) * scale[0], (at[1] - middle[1]) * scale[1]];
    found.into_iter().map(|at| at.map(place)).collect()
}

/// Brings longitudes on both sides of the date line together.
fn unroll(found: &mut [Option<[f64; 2]>]) {
    let (mut west, mut east) = (false, false);
    for at in found.iter().flatten() {
        west |= at[0] < -90.0;
        east |= at[0] > 90.0;
    }
    let near_greenwich = found.iter().flatten().any(|at| at[0].abs() <= 90.0);
    if west && east && !near_greenwich {
        for at in found.iter_mut().flatten().filter(|at| at[0] < 0.0) {
            at[0] += 360.0;
        }
    }
}

/// What of a plane is in sight: its middle, and how many points a metre has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sight {
    /// In the middle of the view, in metres east and north.
    pub middle: [f64; 2],
    /// Points on screen per metre.
    pub scale: f64,
}

impl Sight {
    /// Returns one that has all these in a space.
    #[must_use]
    pub fn of_all(places: &[[f64; 2]], space: Vec2) -> Self {
        let ends = |axis: usize| {
            let none = (f64::INFINITY, f64::NEG_INFINITY);
            places.iter().fold(none, |(low, high), at| (low.min(at[axis]), high.max(at[axis])))
        };
        let ((left, right), (bottom, top)) = (ends(0), ends(1));
        if places.is_empty() {
            return Self { middle: [0.0, 0.0], scale: 0.01 };
        }
        let fit = |length: f64, room: f32| f64::from(room) * 0.85 / length.max(100.0);
        let scale = fit(right - left, space.x).min(fit(top - bottom, space.y));
        Self { middle: [left.midpoint(right), bottom.midpoint(top)], scale: scale.max(1e-9) }
    }

    /// Returns where a place is on screen.
    #[must_use]
    pub fn on_screen(&self, at: [f64; 2], space: Rect) -> Pos2 {
        let east = (at[0] - self.middle[0]) * self.scale;
        let north = (at[1] - self.middle[1]) * self.scale;
        space.center() + vec2(east as f32, -north as f32)
    }

    /// Returns what is at a point on screen.
    #[must_use]
    pub fn at(&self, point: Pos2, space: Rect) -> [f64; 2] {
        let off = point - space.center();
        [self.middle[0] + f64::from(off.x) / self.scale, self.middle[1] - f64::from(off.y) / self.scale]
    }

    /// Moves by so many points.
    pub fn pan(&mut self, by: Vec2) {
        self.middle[0] -= f64::from(by.x) / self.scale;
        self.middle[1] += f64::from(by.y) / self.scale;
    }

    /// Makes all larger by a factor; what is at this point stays there.
    pub fn zoom(&mut self, factor: f64, around: Pos2, space: Rect) {
        let before = self.at(around, space);
        self.scale = (self.scale * factor).clamp(1e-9, 100.0);
        let after = self.at(around, space);
        self.middle[0] += before[0] - after[0];
        self.middle[1] += before[1] - after[1];
    }

    /// Returns a round length that is at most so many points long, in metres.
    #[must_use]
    pub fn bar_m(&self, points: f32) -> f64 {
        let most = f64::from(points) / self.scale;
        let decade = 10.0_f64.powf(most.log10().floor());
        [5.0, 2.0, 1.0].into_iter().map(|part| part * decade).find(|length| *length <= most).unwrap_or(decade)
    }
}

/// Returns which labels can be shown without lying over another or over a spot: those that come first
/// win. Each is the place of a spot and the size of its text; it stands right of the spot.
#[must_use]
pub fn declutter(labels: &[(Pos2, Vec2)], gap: f32) -> Vec<Option<Rect>> {
    const CELL: f32 = 64.0;
    let mut taken: std::collections::HashMap<(i32, i32), Vec<Rect>> = std::collections::HashMap::new();
    let cells = |rect: Rect| {
        let cell = |value: f32| (value / CELL).floor() as i32;
        let (left, right) = (cell(rect.left()), cell(rect.right()));
        let (top, bottom) = (cell(rect.top()), cell(rect.bottom()));
        (left..=right).flat_map(move |x| (top..=bottom).map(move |y| (x, y)))
    };
    let mut shown = Vec::with_capacity(labels.len());
    for (at, size) in labels {
        let corner = pos2(at.x + gap, at.y - size.y / 2.0);
        let rect = Rect::from_min_size(corner, *size);
        let is_free = cells(rect)
            .all(|cell| taken.get(&cell).is_none_or(|there| there.iter().all(|other| !other.intersects(rect))));
        if is_free {
            for cell in cells(rect) {
                taken.entry(cell).or_default().push(rect);
            }
        }
        shown.push(is_free.then_some(rect));
    }
    shown
}

#[cfg(test)]
mod tests {
    use egui::{Rect, pos2, vec2};

    use super::{Plane, Sight, Spot, declutter, placed, planes};

    fn degrees(latitude: f64, longitude: f64) -> Spot {
        Spot { degrees: Some((latitude, longitude)), ..Spot::default() }
    }

    fn metres(x: f64, y: f64, crs: &str) -> Spot {
        Spot { metres: Some((x, y, crs.to_owned())), ..Spot::default() }
    }

    const SPACE: Rect = Rect::from_min_max(pos2(0.0, 0.0), pos2(400.0, 200.0));

    #[test]
    fn each_system_is_a_plane_of_its_own() {
        let spots =
            [degrees(60.0, 2.0), metres(1.0, 2.0, "EPSG:23031"), metres(5.0, 2.0, "EPSG:23031"), Spot::default()];
        let planes = planes(&spots);
        assert_eq!(planes, [(Plane::Projected("EPSG:23031".to_owned()), 2), (Plane::Degrees, 1)]);
        let places = placed(&spots, &planes[0].0);
        assert_eq!(places, [None, Some([-2.0, 0.0]), Some([2.0, 0.0]), None]);
    }

    #[test]
    fn a_degree_of_longitude_is_half_as_long_at_sixty_north() {
        let places = placed(&[degrees(60.0, 2.0), degrees(60.0, 3.0)], &Plane::Degrees);
        let length = places[1].unwrap()[0] - places[0].unwrap()[0];
        assert!((length - 55_597.5).abs() < 1.0, "{length}");
    }

    #[test]
    fn wells_at_the_date_line_are_neighbours() {
        let places = placed(&[degrees(0.0, 179.9), degrees(0.0, -179.9)], &Plane::Degrees);
        let length = places[1].unwrap()[0] - places[0].unwrap()[0];
        assert!((length - 22_239.0).abs() < 1.0, "{length}");
    }

    #[test]
    fn zooming_keeps_what_is_under_the_pointer_and_all_fits_at_first() {
        let places = [[-1000.0, 0.0], [1000.0, 500.0]];
        let mut sight = Sight::of_all(&places, SPACE.size());
        assert!(places.iter().all(|at| SPACE.contains(sight.on_screen(*at, SPACE))));
        assert!(sight.on_screen(places[1], SPACE).y < sight.on_screen(places[0], SPACE).y, "north is up");
        let point = pos2(130.0, 40.0);
        let before = sight.at(point, SPACE);
        sight.zoom(3.0, point, SPACE);
        let after = sight.at(point, SPACE);
        assert!((before[0] - after[0]).abs() < 1e-6 && (before[1] - after[1]).abs() < 1e-6);
        sight.pan(vec2(10.0, 0.0));
        assert!((sight.at(point + vec2(10.0, 0.0), SPACE)[0] - before[0]).abs() < 1e-3);
    }

    #[test]
    fn one_well_alone_is_in_the_middle() {
        let sight = Sight::of_all(&[[7.0, 7.0]], SPACE.size());
        assert_eq!(sight.on_screen([7.0, 7.0], SPACE), SPACE.center());
    }

    #[test]
    fn the_scale_bar_is_a_round_length_that_fits() {
        let bar = |scale| Sight { middle: [0.0, 0.0], scale }.bar_m(100.0);
        assert_eq!(bar(1.0), 100.0);
        assert_eq!(bar(0.03), 2000.0);
        assert_eq!(bar(0.011), 5000.0);
    }

    #[test]
    fn labels_never_lie_over_each_other_and_the_first_wins() {
        let size = vec2(60.0, 14.0);
        let labels: Vec<_> =
            (0..200).map(|place| (pos2((place * 13 % 400) as f32, (place * 7 % 200) as f32), size)).collect();
        let shown = declutter(&labels, 6.0);
        assert!(shown[0].is_some());
        let rects: Vec<Rect> = shown.iter().flatten().copied().collect();
        assert!(rects.len() > 10 && rects.len() < 200, "{}", rects.len());
        for (place, one) in rects.iter().enumerate() {
            assert!(rects[place + 1..].iter().all(|other| !one.intersects(*other)));
        }
    }
}
