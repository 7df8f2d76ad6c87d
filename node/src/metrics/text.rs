//! The text format of Prometheus, version 0.0.4.

/// What a family counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Only grows while the process lives.
    Counter,
    /// Goes up and down.
    Gauge,
}

/// One number, with labels that tell it from others of its family.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sample {
    labels: Vec<(&'static str, String)>,
    value: f64,
}

/// Numbers of one name.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    kind: Kind,
    samples: Vec<Sample>,
}

impl Family {
    /// Begins a family without numbers.
    pub(super) const fn new(kind: Kind, name: &'static str, help: &'static str) -> Self {
        Self { name, help, kind, samples: Vec::new() }
    }

    /// A family of one number.
    pub(super) fn one(kind: Kind, name: &'static str, help: &'static str, value: f64) -> Self {
        Self::new(kind, name, help).with([], value)
    }

    /// Adds a number.
    pub(super) fn with<const N: usize>(mut self, labels: [(&'static str, String); N], value: f64) -> Self {
        self.samples.push(Sample { labels: labels.into(), value });
        self
    }
}

/// Writes families in the order given; those without numbers are left out.
pub(super) fn write(families: &[Family]) -> String {
    let mut text = String::new();
    for Family { name, help, kind, samples } in families.iter().filter(|family| !family.samples.is_empty()) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
        };
        text.push_str(&format!("# HELP {name} {}\n# TYPE {name} {kind}\n", escaped(help, false)));
        for Sample { labels, value } in samples {
            let labels: Vec<_> = labels.iter().map(|(key, value)| format!("{key}=\"{}\"", escaped(value, true))).collect();
            let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
            text.push_str(&format!("{name}{labels} {value}\n"));
        }
    }
    text
}

fn escaped(text: &str, is_label: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if is_label => escaped.push_str("\\\""),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_are_written_as_the_format_has_it() {
        let families = [
            Family::one(Kind::Counter, "a_total", "Counts \\ and\nmore \"so\"", 3.0),
            Family::new(Kind::Gauge, "empty", "Nothing"),
            Family::new(Kind::Gauge, "b", "Sizes")
                .with([("peer", "x\"y\\z\n".to_owned()), ("path", "direct".to_owned())], 1.5)
                .with([("peer", "q".to_owned()), ("path", "relay".to_owned())], 1e15),
        ];
        let expected = "\
# HELP a_total Counts \\\\ and\\nmore \"so\"
# TYPE a_total counter
a_total 3
# HELP b Sizes
# TYPE b gauge
b{peer=\"x\\\"y\\\\z\\n\",path=\"direct\"} 1.5
b{peer=\"q\",path=\"relay\"} 1000000000000000
";
        assert_eq!(write(&families), expected);
    }
}
