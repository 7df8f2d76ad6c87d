//! The words of a chart: what kinds of things there are.

use serde::{Deserialize, Serialize};

use super::field::{FieldType, FieldValue, Form};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $constant:ident { $($(#[$word_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum $name {
            $($(#[$word_doc])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word in documents, JSON and commands.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }

            /// Returns what a word stands for.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
            }
        }

        impl FieldValue for $name {
            fn from_text(text: &str) -> Option<Self> {
                Self::from_word(text)
            }
        }

        /// The field that holds it.
        pub(super) const $constant: FieldType = FieldType {
            form: Form::Text,
            expects: concat!("one of:" $(, " ", $word)+),
            check: |text| $name::from_word(text).is_some(),
        };
    };
}

words! {
    /// What a chart shows.
    ChartKind, CHART_KIND {
        /// Curves in tracks, against depth or time.
        LogTracks = "log_tracks",
        /// One thing against another.
        Crossplot = "crossplot",
        /// How often values occur.
        Histogram = "histogram",
        /// Where curves have values.
        Coverage = "coverage",
        /// Curves against depth or time that runs to the right.
        Line = "line",
    }
}

words! {
    /// What an axis is.
    AxisKind, AXIS_KIND {
        /// The depth or time that all tracks share.
        Depth = "depth",
        /// From left to right.
        X = "x",
        /// From bottom to top.
        Y = "y",
    }
}

words! {
    /// What depths are counted along.
    Domain, DOMAIN {
        /// Along the hole.
        Md = "md",
        /// Straight down, from the datum.
        Tvd = "tvd",
        /// Straight down, from mean sea level.
        Tvdss = "tvdss",
        /// No depth but time.
        Time = "time",
    }
}

words! {
    /// How values are spread over a length.
    Scale, SCALE {
        /// Evenly.
        Linear = "linear",
        /// By their logarithm.
        Log = "log",
    }
}

words! {
    /// What stands in a track.
    TrackKind, TRACK_KIND {
        /// The numbers of the depth axis.
        Depth = "depth",
        /// Curves.
        Curves = "curves",
    }
}

words! {
    /// What a series is made of.
    SeriesKind, SERIES_KIND {
        /// The values of one source, against the depth axis or as they are counted.
        Values = "values",
        /// Points of the sources of both axes.
        Points = "points",
    }
}

words! {
    /// How a line is drawn.
    LineStyle, LINE_STYLE {
        /// Without gaps.
        Solid = "solid",
        /// Short dashes.
        Dash = "dash",
        /// Long dashes.
        LongDash = "longdash",
        /// Dots.
        Dot = "dot",
        /// Dashes and dots in turn.
        DashDot = "dashdot",
        /// A mark at each sample.
        Points = "points",
        /// Not at all: only what is filled shows.
        None = "none",
    }
}

words! {
    /// The mark of a point.
    Mark, MARK {
        /// A circle.
        Circle = "circle",
        /// A square.
        Square = "square",
        /// A diamond.
        Diamond = "diamond",
        /// A triangle.
        Triangle = "triangle",
        /// A cross.
        Cross = "cross",
        /// A plus.
        Plus = "plus",
    }
}

words! {
    /// Where a fill ends that begins at a series.
    FillKind, FILL_KIND {
        /// At the left edge of the track.
        Left = "left",
        /// At the right edge of the track.
        Right = "right",
        /// At a value.
        Limit = "limit",
        /// At another series.
        Between = "between",
    }
}

words! {
    /// What an annotation is.
    AnnotationKind, ANNOTATION_KIND {
        /// A mark with a text at one position.
        Marker = "marker",
        /// A line: across at one depth, or from one position to another.
        Line = "line",
        /// What is between two positions.
        Region = "region",
    }
}

words! {
    /// The colours of a chart.
    Theme, THEME {
        /// As the program that shows it.
        Auto = "auto",
        /// Dark on light, as printed.
        Light = "light",
        /// Light on dark.
        Dark = "dark",
        /// Without colours: lines differ by style.
        Mono = "mono",
    }
}

words! {
    /// Where the legend stands.
    Legend, LEGEND {
        /// In the header of each track, as on paper.
        Header = "header",
        /// Above.
        Top = "top",
        /// Below.
        Bottom = "bottom",
        /// At the left.
        Left = "left",
        /// At the right.
        Right = "right",
        /// Nowhere.
        None = "none",
    }
}

words! {
    /// What a chart is printed on.
    Paper, PAPER {
        /// One long sheet, folded or not.
        Continuous = "continuous",
        /// 297 × 420 mm.
        A3 = "a3",
        /// 210 × 297 mm.
        A4 = "a4",
        /// 8.5 × 11 in.
        Letter = "letter",
        /// 11 × 17 in.
        Tabloid = "tabloid",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_as_they_are_written() {
        for kind in ChartKind::ALL {
            assert_eq!(ChartKind::from_word(kind.as_str()), Some(*kind));
        }
        assert_eq!(LineStyle::from_word("Solid"), None);
        assert_eq!(SCALE.expects, "one of: linear log");
    }
}
