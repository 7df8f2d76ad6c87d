//! The path of a well from its deviation survey, by minimum curvature. Pure.
//!
//! Between two stations the hole is taken as an arc of a circle that has the measured direction at
//! both ends; there is one. With `t1` and `t2` the unit vectors of direction at the ends (north,
//! east, down: `sin I cos A`, `sin I sin A`, `cos I`), `θ` the angle between them (the dogleg) and
//! `ΔMD` the length of the arc, the displacement along it is
//!
//! ```text
//! ΔP = ΔMD/2 · F(θ) · (t1 + t2),   F(θ) = tan(θ/2) / (θ/2)
//! sin²(θ/2) = sin²((I2 − I1)/2) + sin I1 · sin I2 · sin²((A2 − A1)/2)
//! ```
//!
//! `F` is the ratio factor. On the arc, at the share `s` of its length, the direction is
//! `t = (sin((1−s)θ) t1 + sin(sθ) t2) / sin θ`, and the displacement follows from `t1` and `t` as above.
//! S. J. Sawaryn and J. L. Thorogood, "A Compendium of Directional Calculations Based on the Minimum
//! Curvature Method", SPE Drilling & Completion 20(1), 2005, SPE-84246-PA. The half-angle form of the
//! dogleg keeps its digits where the law of cosines loses them, and `F` is a series near 0, where the
//! quotient would be 0/0.
//!
//! Depths are in metres; azimuths count clockwise from the survey's north, whatever that is.

#[cfg(test)]
mod tests;

/// Doglegs below this use the series of the ratio factor; its first term left out is below 1e-17.
const SMALL_RAD: f64 = 0.02;
/// Doglegs below this bend nothing that a double can tell.
const STRAIGHT_RAD: f64 = 1e-12;
/// Doglegs from here on turn the hole round: no arc is told from another.
const TURNED_DEG: f64 = 179.0;
/// The length over which dogleg severity is stated.
const SEVERITY_M: f64 = 30.0;

/// A measurement: where, and which way the hole goes there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Measured {
    /// Measured depth in metres.
    pub md_m: f64,
    /// Inclination in degrees, from 0 (down) to 180 (up).
    pub inclination_deg: f64,
    /// Azimuth in degrees.
    pub azimuth_deg: f64,
}

/// A point of the path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PathPoint {
    /// Measured depth in metres.
    pub md_m: f64,
    /// Depth below the datum in metres.
    pub tvd_m: f64,
    /// How far north of the top of the hole, in metres.
    pub north_m: f64,
    /// How far east of it, in metres.
    pub east_m: f64,
    /// Inclination in degrees.
    pub inclination_deg: f64,
    /// Azimuth in degrees, from 0 up to 360.
    pub azimuth_deg: f64,
    /// How sharply the hole bends here, in degrees per 30 m.
    pub dogleg_deg_per_30m: f64,
}

/// Stations make no path. They are numbered from 1, in the order given.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum PathError {
    /// There are none.
    #[error("there are no stations")]
    NoStations,
    /// A depth is above the datum, or no number.
    #[error("station {station}: measured depth {md_m} m is out of range")]
    Depth {
        /// Which.
        station: usize,
        /// Its depth.
        md_m: f64,
    },
    /// An inclination is out of range.
    #[error("station {station} at {md_m} m: inclination {inclination_deg}° is not from 0 to 180")]
    Inclination {
        /// Which.
        station: usize,
        /// Its depth.
        md_m: f64,
        /// Its inclination.
        inclination_deg: f64,
    },
    /// An azimuth is out of range.
    #[error("station {station} at {md_m} m: azimuth {azimuth_deg}° is not from -360 to 360")]
    Azimuth {
        /// Which.
        station: usize,
        /// Its depth.
        md_m: f64,
        /// Its azimuth.
        azimuth_deg: f64,
    },
    /// Two stations are at one depth.
    #[error("station {station}: its measured depth {md_m} m is that of the station before it")]
    Duplicate {
        /// The second.
        station: usize,
        /// Their depth.
        md_m: f64,
    },
    /// A station lies above the one before it.
    #[error("station {station} goes backwards: {md_m} m after {before_m} m")]
    Backwards {
        /// Which.
        station: usize,
        /// Its depth.
        md_m: f64,
        /// That of the one before it.
        before_m: f64,
    },
    /// The hole would turn round between two stations.
    #[error("station {station} at {md_m} m points back where the hole came from: no arc leads there")]
    Turned {
        /// The second.
        station: usize,
        /// Its depth.
        md_m: f64,
    },
    /// A depth is outside of the stations.
    #[error("{md_m} m is not within the survey, which goes from {from_m} to {to_m} m")]
    Outside {
        /// The depth.
        md_m: f64,
        /// Where the path begins.
        from_m: f64,
        /// Where it ends.
        to_m: f64,
    },
}

/// North, east, down.
type Vector = [f64; 3];

/// A station with its place.
#[derive(Debug, Clone, Copy)]
struct Station {
    measured: Measured,
    direction: Vector,
    place: Vector,
    /// The dogleg from here to the next station, in radians.
    dogleg: f64,
}

/// The path of a well.
#[derive(Debug, Clone)]
pub struct Trajectory {
    stations: Vec<Station>,
    starts_vertical: bool,
}

impl Trajectory {
    /// Makes a path of stations in order of depth. Where they begin below the datum, the hole is taken to
    /// start at it, vertically: see [`Trajectory::starts_vertical`].
    ///
    /// # Errors
    /// [`PathError`].
    pub fn new(measured: &[Measured]) -> Result<Self, PathError> {
        let first = measured.first().ok_or(PathError::NoStations)?;
        check(measured)?;
        let starts_vertical = first.md_m > 0.0;
        let start = Measured { md_m: 0.0, inclination_deg: 0.0, ..*first };
        let mut stations: Vec<Station> = Vec::with_capacity(measured.len() + 1);
        for (station, next) in starts_vertical.then_some(&start).into_iter().chain(measured).enumerate() {
            let direction = direction(next);
            let mut place = [0.0; 3];
            if let Some(last) = stations.last_mut() {
                last.dogleg = dogleg(&last.measured, next);
                if last.dogleg.to_degrees() >= TURNED_DEG {
                    let station = station + usize::from(!starts_vertical);
                    return Err(PathError::Turned { station, md_m: next.md_m });
                }
                let length = next.md_m - last.measured.md_m;
                place = moved(last.place, last.direction, direction, last.dogleg, length);
            }
            stations.push(Station { measured: *next, direction, place, dogleg: 0.0 });
        }
        Ok(Self { stations, starts_vertical })
    }

    /// Whether the hole is taken to be vertical at its top, because no station says.
    #[must_use]
    pub const fn starts_vertical(&self) -> bool {
        self.starts_vertical
    }

    /// Returns the point at a measured depth, on the arc between the stations around it.
    ///
    /// # Errors
    /// [`PathError::Outside`]: beyond the last station nothing is known.
    pub fn at(&self, md_m: f64) -> Result<PathPoint, PathError> {
        let ends = self.stations.first().zip(self.stations.last());
        let (first, last) = ends.ok_or(PathError::NoStations)?;
        let (from_m, to_m) = (first.measured.md_m, last.measured.md_m);
        if !(from_m..=to_m).contains(&md_m) {
            return Err(PathError::Outside { md_m, from_m, to_m });
        }
        // The first station is at or above the depth.
        let above = self.stations.partition_point(|station| station.measured.md_m <= md_m).saturating_sub(1);
        let here = self.stations[above];
        let Some(next) = self.stations.get(above + 1) else {
            // The arc ends here: it bends as the one that leads here does.
            let bend = above.checked_sub(1).map_or(0.0, |before| self.severity(before));
            return Ok(point(here.measured, here.place, bend));
        };
        let bend = self.severity(above);
        let length = md_m - here.measured.md_m;
        if length <= 0.0 {
            return Ok(point(here.measured, here.place, bend));
        }
        let share = length / (next.measured.md_m - here.measured.md_m);
        let direction = turned(here.direction, next.direction, here.dogleg, share);
        let place = moved(here.place, here.direction, direction, here.dogleg * share, length);
        let [north, east, down] = direction;
        let plan = north.hypot(east);
        let azimuth_deg = if plan > 0.0 { east.atan2(north).to_degrees() } else { here.measured.azimuth_deg };
        let measured = Measured { md_m, inclination_deg: plan.atan2(down).to_degrees(), azimuth_deg };
        Ok(point(measured, place, bend))
    }

    /// Returns the points at the stations, the assumed one at the top included.
    #[must_use]
    pub fn points(&self) -> Vec<PathPoint> {
        let bend = |at: usize| self.severity(at.min(self.stations.len().saturating_sub(2)));
        self.stations.iter().enumerate().map(|(at, here)| point(here.measured, here.place, bend(at))).collect()
    }

    /// Returns how sharply the hole bends from a station to the next.
    fn severity(&self, at: usize) -> f64 {
        let Some([here, next]) = self.stations.get(at..at + 2) else { return 0.0 };
        here.dogleg.to_degrees() * SEVERITY_M / (next.measured.md_m - here.measured.md_m)
    }
}

/// Checks stations one by one, and their order.
fn check(measured: &[Measured]) -> Result<(), PathError> {
    let mut before: Option<f64> = None;
    for (station, &Measured { md_m, inclination_deg, azimuth_deg }) in (1..).zip(measured) {
        if !(0.0..=f64::MAX).contains(&md_m) {
            return Err(PathError::Depth { station, md_m });
        }
        if !(0.0..=180.0).contains(&inclination_deg) {
            return Err(PathError::Inclination { station, md_m, inclination_deg });
        }
        if !(-360.0..=360.0).contains(&azimuth_deg) {
            return Err(PathError::Azimuth { station, md_m, azimuth_deg });
        }
        // Depths are no NaN; 0 and -0 are one.
        match before.and_then(|before| Some((before, md_m.partial_cmp(&before)?))) {
            Some((_, std::cmp::Ordering::Equal)) => return Err(PathError::Duplicate { station, md_m }),
            Some((before_m, std::cmp::Ordering::Less)) => {
                return Err(PathError::Backwards { station, md_m, before_m });
            }
            _ => before = Some(md_m),
        }
    }
    Ok(())
}

/// Returns the unit vector of a station.
fn direction(station: &Measured) -> Vector {
    let (sin_i, cos_i) = station.inclination_deg.to_radians().sin_cos();
    let (sin_a, cos_a) = station.azimuth_deg.to_radians().sin_cos();
    [sin_i * cos_a, sin_i * sin_a, cos_i]
}

/// Returns the angle between the directions of two stations, in radians.
fn dogleg(one: &Measured, other: &Measured) -> f64 {
    let half = |from: f64, to: f64| ((to - from) / 2.0).to_radians().sin().powi(2);
    let sines = one.inclination_deg.to_radians().sin() * other.inclination_deg.to_radians().sin();
    let square = half(one.inclination_deg, other.inclination_deg) + sines * half(one.azimuth_deg, other.azimuth_deg);
    2.0 * square.clamp(0.0, 1.0).sqrt().asin()
}

/// Returns `tan(θ/2) / (θ/2)`.
fn ratio_factor(dogleg: f64) -> f64 {
    let half = dogleg / 2.0;
    if dogleg < SMALL_RAD {
        let square = half * half;
        return 1.0 + square * (1.0 / 3.0 + square * (2.0 / 15.0 + square * 17.0 / 315.0));
    }
    half.tan() / half
}

/// Returns where an arc from a place leads to.
fn moved(place: Vector, from: Vector, to: Vector, dogleg: f64, length: f64) -> Vector {
    let scale = length / 2.0 * ratio_factor(dogleg);
    std::array::from_fn(|axis| scale.mul_add(from[axis] + to[axis], place[axis]))
}

/// Returns the direction at a share of an arc.
fn turned(from: Vector, to: Vector, dogleg: f64, share: f64) -> Vector {
    let (near, far) = if dogleg < STRAIGHT_RAD {
        (1.0 - share, share)
    } else {
        let sine = dogleg.sin();
        (((1.0 - share) * dogleg).sin() / sine, (share * dogleg).sin() / sine)
    };
    std::array::from_fn(|axis| near.mul_add(from[axis], far * to[axis]))
}

fn point(measured: Measured, place: Vector, dogleg_deg_per_30m: f64) -> PathPoint {
    let [north_m, east_m, tvd_m] = place;
    // A tiny negative azimuth would otherwise become 360.
    let azimuth = measured.azimuth_deg.rem_euclid(360.0);
    let azimuth_deg = if azimuth < 360.0 { azimuth } else { 0.0 };
    let Measured { md_m, inclination_deg, .. } = measured;
    PathPoint { md_m, tvd_m, north_m, east_m, inclination_deg, azimuth_deg, dogleg_deg_per_30m }
}
