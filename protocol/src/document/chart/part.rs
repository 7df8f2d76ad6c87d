//! The parts of a chart, as they are read: axes, tracks, series, fills, annotations.
//!
//! One declaration gives a part's struct, its reading and the list of its fields, which the JSON
//! form, commands and their help go by. What is malformed reads as absent.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::field::{
    BINS, COLOUR, DATUM, DIVISIONS, DOC, FACTOR, FLAG, FieldSpec, FieldType, FieldValue, ITEM, NAME, NUMBER, PATTERN,
    POSITIVE, PROSE, SHARE, SOURCE, THICKNESS, UNIT, WIDTH, WRAPS,
};
use super::source::Source;
use super::words::{
    ANNOTATION_KIND, AXIS_KIND, AnnotationKind, AxisKind, CHART_KIND, ChartKind, DOMAIN, Domain, FILL_KIND, FillKind,
    LEGEND, LINE_STYLE, Legend, LineStyle, MARK, Mark, PAPER, Paper, SCALE, SERIES_KIND, Scale, SeriesKind, THEME,
    TRACK_KIND, Theme, TrackKind,
};

/// The field that every part has: written once, when an item is made, and never changed. An item
/// exists while it is there.
pub const KIND: &str = "kind";
/// The field that says where an item stands among those of its part.
pub const ORDER: &str = "order";

/// A kind of item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// An axis.
    Axis,
    /// A track.
    Track,
    /// A series.
    Series,
    /// A fill.
    Fill,
    /// An annotation.
    Annotation,
}

impl Part {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Axis, Self::Track, Self::Series, Self::Fill, Self::Annotation];

    /// Returns the word in keys and commands.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Axis => "axis",
            Self::Track => "track",
            Self::Series => "series",
            Self::Fill => "fill",
            Self::Annotation => "annotation",
        }
    }

    /// Returns the name of the list in JSON.
    #[must_use]
    pub const fn list(self) -> &'static str {
        match self {
            Self::Axis => "axes",
            Self::Track => "tracks",
            Self::Series => "series",
            Self::Fill => "fills",
            Self::Annotation => "annotations",
        }
    }

    /// Returns what a word stands for.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|part| part.as_str() == word)
    }

    /// Returns how many a chart may have; what comes behind them is not read.
    #[must_use]
    pub const fn most(self) -> usize {
        match self {
            Self::Axis => 8,
            Self::Track => 64,
            Self::Series => 256,
            Self::Fill => 256,
            Self::Annotation => 1000,
        }
    }

    /// Returns its fields; the first is [`KIND`].
    #[must_use]
    pub const fn fields(self) -> &'static [FieldSpec] {
        match self {
            Self::Axis => Axis::FIELDS,
            Self::Track => Track::FIELDS,
            Self::Series => Series::FIELDS,
            Self::Fill => Fill::FIELDS,
            Self::Annotation => Annotation::FIELDS,
        }
    }

    /// Returns what the ids in a field are of, in whichever part it is.
    #[must_use]
    pub fn referred(field: &str) -> Option<Self> {
        match field {
            "track" => Some(Self::Track),
            "axis" => Some(Self::Axis),
            "series" | "other" | "when" => Some(Self::Series),
            _ => None,
        }
    }

    /// Returns a field by its name.
    #[must_use]
    pub fn field(self, name: &str) -> Option<&'static FieldSpec> {
        self.fields().iter().find(|field| field.name == name)
    }
}

/// Reads a field, as absent when it is malformed.
fn value<T: FieldValue>(fields: &BTreeMap<String, String>, name: &str, of: &FieldType) -> Option<T> {
    fields.get(name).filter(|text| (of.check)(text)).and_then(|text| T::from_text(text))
}

macro_rules! part {
    ($(#[$doc:meta])* $name:ident: $kind:ty = $kind_type:ident {
        $($(#[$field_doc:meta])* $field:ident: $type:ty = $of:ident,)+
    }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
        pub struct $name {
            /// Its id: 8 bytes in hex.
            pub id: String,
            /// What it is; never changes.
            pub kind: $kind,
            $($(#[$field_doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)+
        }

        impl $name {
            /// Its fields.
            pub(super) const FIELDS: &'static [FieldSpec] =
                &[FieldSpec::new(KIND, $kind_type), $(FieldSpec::new(stringify!($field), $of)),+];

            /// Reads one; `None` without a kind.
            pub(super) fn read(id: &str, fields: &BTreeMap<String, String>) -> Option<Self> {
                Some(Self {
                    id: id.to_owned(),
                    kind: value(fields, KIND, &$kind_type)?,
                    $($field: value(fields, stringify!($field), &$of),)+
                })
            }
        }
    };
}

part! {
    /// An axis.
    Axis: AxisKind = AXIS_KIND {
        /// What is written along it.
        label: String = NAME,
        /// Of a depth axis: what depths are counted along; along the hole when left out.
        domain: Domain = DOMAIN,
        /// Of an x or y axis: what it shows.
        source: Source = SOURCE,
        /// Its unit; that of the well's grid or of the property when left out.
        unit: String = UNIT,
        /// Where it begins: the top of a depth axis, the left or lower end of another; that of the
        /// data when left out.
        from: f64 = NUMBER,
        /// Where it ends.
        to: f64 = NUMBER,
        /// What depths are measured from; as delivered when left out.
        datum: String = DATUM,
        /// Of an axis of vertical depths: the survey they follow from; that of the well when left out.
        survey: String = DOC,
        /// How values are spread.
        scale: Scale = SCALE,
        /// Whether it runs the other way.
        reversed: bool = FLAG,
        /// How far heavy grid lines with numbers are apart, in its unit.
        major: f64 = POSITIVE,
        /// How far light grid lines are apart.
        minor: f64 = POSITIVE,
        /// Of a histogram: how many bins the range has.
        bins: u32 = BINS,
        /// Of a depth axis on paper: one of it stands for so many, e.g. 240 for 1:240.
        print_scale: f64 = POSITIVE,
    }
}

part! {
    /// A track of a log.
    Track: TrackKind = TRACK_KIND {
        /// What stands above it.
        title: String = NAME,
        /// How wide it is, in centimetres on paper.
        width: f64 = WIDTH,
        /// How its grid is spread, and its series that say nothing else.
        scale: Scale = SCALE,
        /// The value at its left edge, of a grid of decades and of series that say nothing else.
        left: f64 = NUMBER,
        /// The value at its right edge.
        right: f64 = NUMBER,
        /// Whether it has grid lines; as the chart when left out.
        grid: bool = FLAG,
        /// Into how many parts heavy lines divide a linear track.
        major: u32 = DIVISIONS,
        /// Into how many parts light lines divide each of these.
        minor: u32 = DIVISIONS,
        /// Whether it has a header with names and scales.
        header: bool = FLAG,
        /// What it is filled with.
        background: String = COLOUR,
        /// Whether it shows.
        visible: bool = FLAG,
    }
}

part! {
    /// A series: something that is drawn.
    Series: SeriesKind = SERIES_KIND {
        /// Of a log: the track it stands in.
        track: String = ITEM,
        /// Elsewhere: the axis it is read against, where there are several.
        axis: String = ITEM,
        /// Where its values come from; points have those of the axes.
        source: Source = SOURCE,
        /// The well whose property it is; the chart's when left out.
        well: String = DOC,
        /// Of points: what gives them their colours.
        colour_by: Source = SOURCE,
        /// What it is called; as its curve when left out.
        label: String = NAME,
        /// Shown in this unit; that of the property when left out.
        unit: String = UNIT,
        /// Shown so much deeper, or later.
        shift: f64 = NUMBER,
        /// The unit of the shift; that of the depth axis when left out.
        shift_unit: String = UNIT,
        /// Shown multiplied by this.
        factor: f64 = FACTOR,
        /// The colour of its line or marks.
        colour: String = COLOUR,
        /// How its line is drawn.
        line: LineStyle = LINE_STYLE,
        /// How thick it is, in points of 1/72 inch.
        line_width: f64 = THICKNESS,
        /// The mark of its points.
        mark: Mark = MARK,
        /// How large marks are, in points of 1/72 inch.
        mark_size: f64 = THICKNESS,
        /// The value at the left edge of the track; larger than at the right where it runs backwards.
        left: f64 = NUMBER,
        /// The value at the right edge.
        right: f64 = NUMBER,
        /// How values are spread between these.
        scale: Scale = SCALE,
        /// How often it comes in again at the other side when it leaves the track.
        wrap: u32 = WRAPS,
        /// Whether each value holds until the next, as codes do.
        steps: bool = FLAG,
        /// Whether it shows.
        visible: bool = FLAG,
    }
}

part! {
    /// A fill between a series and something else.
    Fill: FillKind = FILL_KIND {
        /// The series.
        series: String = ITEM,
        /// Of `between`: the other series.
        other: String = ITEM,
        /// Of `limit`: the value, in the unit the series is shown in.
        limit: f64 = NUMBER,
        /// The colour where the series is left of where the fill ends; no fill there without one.
        colour_left: String = COLOUR,
        /// The colour where it is right of that.
        colour_right: String = COLOUR,
        /// The pattern where it is left of that.
        pattern_left: String = PATTERN,
        /// The pattern where it is right of that.
        pattern_right: String = PATTERN,
        /// How much of what is below does not show through.
        opacity: f64 = SHARE,
        /// Only where a series lies within the next two: this one, or the fill's own.
        when: String = ITEM,
        /// Only where that is at least this, in the unit it is shown in.
        above: f64 = NUMBER,
        /// Only where it is at most this.
        below: f64 = NUMBER,
        /// What it is called in the legend.
        label: String = NAME,
        /// Whether it shows.
        visible: bool = FLAG,
    }
}

part! {
    /// A remark at a place of the chart.
    Annotation: AnnotationKind = ANNOTATION_KIND {
        /// What it says.
        text: String = PROSE,
        /// Of a log: the track it stands in; all of them when left out.
        track: String = ITEM,
        /// Of a log or line chart: its depth or time, the top of a region.
        depth: f64 = NUMBER,
        /// The base of a region, or the other end of a line.
        depth_to: f64 = NUMBER,
        /// Their unit; that of the depth axis when left out.
        depth_unit: String = UNIT,
        /// What they are measured from; as the depth axis when left out.
        datum: String = DATUM,
        /// The series in whose scale x is, in a log.
        series: String = ITEM,
        /// The value from left to right.
        x: f64 = NUMBER,
        /// The other end.
        x_to: f64 = NUMBER,
        /// Their unit; that of the axis or series when left out.
        x_unit: String = UNIT,
        /// The value from bottom to top.
        y: f64 = NUMBER,
        /// The other end.
        y_to: f64 = NUMBER,
        /// Their unit; that of the axis when left out.
        y_unit: String = UNIT,
        /// The colour of mark, line and text.
        colour: String = COLOUR,
        /// What a region is filled with.
        background: String = COLOUR,
        /// The pattern of a region.
        pattern: String = PATTERN,
        /// How its line is drawn.
        line: LineStyle = LINE_STYLE,
        /// How thick that is, in points of 1/72 inch.
        line_width: f64 = THICKNESS,
        /// The mark.
        mark: Mark = MARK,
        /// How large its text is, in points of 1/72 inch.
        text_size: f64 = THICKNESS,
        /// Whether it shows.
        visible: bool = FLAG,
    }
}

macro_rules! look {
    ($($(#[$field_doc:meta])* $field:ident: $type:ty = $of:ident,)+) => {
        /// What is said of a chart as a whole.
        #[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
        pub struct Look {
            $($(#[$field_doc])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $field: Option<$type>,)+
        }

        impl Look {
            /// The fields of a chart as a whole; the first is [`KIND`].
            pub const FIELDS: &'static [FieldSpec] =
                &[FieldSpec::new(KIND, CHART_KIND), $(FieldSpec::new(stringify!($field), $of)),+];

            /// Returns a field by its name.
            #[must_use]
            pub fn field(name: &str) -> Option<&'static FieldSpec> {
                Self::FIELDS.iter().find(|field| field.name == name)
            }

            pub(super) fn read(fields: &BTreeMap<String, String>) -> Self {
                Self { $($field: value(fields, stringify!($field), &$of),)+ }
            }
        }
    };
}

look! {
    /// The well it shows.
    well: String = DOC,
    /// The project it belongs to.
    project: String = DOC,
    /// Whether it is a template: of no well, to make others from.
    template: bool = FLAG,
    /// Whether it is put away.
    archived: bool = FLAG,
    /// Its colours.
    theme: Theme = THEME,
    /// Whether it has grid lines.
    grid: bool = FLAG,
    /// Where its legend stands.
    legend: Legend = LEGEND,
    /// Whether the tops of its well are drawn across it.
    tops: bool = FLAG,
    /// Whether the zones between them are coloured.
    zones: bool = FLAG,
    /// What it is printed on.
    paper: Paper = PAPER,
    /// Whether the sheet lies on its side.
    landscape: bool = FLAG,
    /// Whether what is known of well and logs is printed above it.
    heading: bool = FLAG,
}

/// Returns what a chart is, from its fields; what says nothing is a log.
pub(super) fn chart_kind(fields: &BTreeMap<String, String>) -> ChartKind {
    value(fields, KIND, &CHART_KIND).unwrap_or(ChartKind::LogTracks)
}
