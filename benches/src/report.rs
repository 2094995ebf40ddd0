//! Collects figures and lays them out as tables: a row for each subject, a column for each engine, ratios beneath.

use std::fmt::Write;
use std::process::Command;

use crate::tools::Tools;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// Seconds.
    Seconds,
    /// Bytes.
    Bytes,
}

impl Unit {
    /// The figure as a person reads it.
    pub(crate) fn show(self, value: f64) -> String {
        let scales: &[(f64, &str)] = match self {
            Self::Seconds => &[(1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")],
            Self::Bytes => &[(1e6, "MB"), (1e3, "kB"), (1.0, "B")],
        };
        let (scale, name) = scales.iter().find(|(scale, _)| value >= *scale).unwrap_or(&scales[scales.len() - 1]);
        format!("{:.3} {name}", value / scale)
    }
}

/// One figure.
pub(crate) struct Figure {
    /// What is measured; figures of one measure make one table.
    pub(crate) measure: String,
    /// What it is measured on.
    pub(crate) subject: String,
    /// Whose figure it is.
    pub(crate) engine: String,
    /// The figure; smaller is better.
    pub(crate) value: f64,
    /// What it counts.
    pub(crate) unit: Unit,
}

/// All figures of a run.
pub(crate) struct Report {
    heading: String,
    /// In the order in which they were measured.
    pub(crate) figures: Vec<Figure>,
}

impl Report {
    /// An empty report that names the engines' versions.
    pub(crate) fn new(tools: &Tools) -> Self {
        let version = |path: &std::path::Path| {
            let done = Command::new(path).arg("--version").output().ok()?;
            Some(String::from_utf8_lossy(&done.stdout).trim().to_owned())
        };
        let engines = [Some(tools.wasmc.as_path()), tools.wasmtime.as_deref()];
        let versions: Vec<String> = engines.into_iter().flatten().filter_map(version).collect();
        Self { heading: versions.join(", "), figures: Vec::new() }
    }

    /// Adds one figure.
    pub(crate) fn add(&mut self, measure: &str, subject: &str, engine: &str, value: f64, unit: Unit) {
        self.figures.push(Figure {
            measure: measure.to_owned(),
            subject: subject.to_owned(),
            engine: engine.to_owned(),
            value,
            unit,
        });
    }

    /// The distinct measures, in order.
    pub(crate) fn measures(&self) -> Vec<&str> {
        distinct(self.figures.iter().map(|figure| figure.measure.as_str()))
    }

    /// The distinct engines of a measure, in order.
    pub(crate) fn engines<'a>(&'a self, measure: &'a str) -> Vec<&'a str> {
        distinct(self.of(measure).map(|figure| figure.engine.as_str()))
    }

    /// The distinct subjects of a measure, in order.
    pub(crate) fn subjects<'a>(&'a self, measure: &'a str) -> Vec<&'a str> {
        distinct(self.of(measure).map(|figure| figure.subject.as_str()))
    }

    /// The figure of an engine for a subject.
    pub(crate) fn find<'a>(&'a self, measure: &'a str, subject: &str, engine: &str) -> Option<&'a Figure> {
        self.of(measure).find(|figure| figure.subject == subject && figure.engine == engine)
    }

    /// The geometric mean of `engine`'s ratios to `base` over all subjects that both have.
    pub(crate) fn ratio(&self, measure: &str, engine: &str, base: &str) -> Option<f64> {
        let logarithms: Vec<f64> = self
            .subjects(measure)
            .into_iter()
            .filter_map(|subject| {
                let ours = self.find(measure, subject, engine)?.value;
                Some((ours / self.find(measure, subject, base)?.value).ln())
            })
            .collect();
        (!logarithms.is_empty()).then(|| (logarithms.iter().sum::<f64>() / logarithms.len() as f64).exp())
    }

    fn of<'a>(&'a self, measure: &'a str) -> impl Iterator<Item = &'a Figure> {
        self.figures.iter().filter(move |figure| figure.measure == measure)
    }

    /// The whole report as Markdown.
    pub(crate) fn table(&self) -> String {
        let mut text = format!("# Measurements\n\n{}; medians of alternating runs.\n", self.heading);
        for measure in self.measures() {
            let engines = self.engines(measure);
            let _ = writeln!(text, "\n## {measure}\n\n| |{}|", engines.join("|"));
            let _ = writeln!(text, "|---|{}", "---:|".repeat(engines.len()));
            for subject in self.subjects(measure) {
                let cells: Vec<String> = engines
                    .iter()
                    .map(|engine| self.find(measure, subject, engine).map_or(String::new(), |f| f.unit.show(f.value)))
                    .collect();
                let _ = writeln!(text, "|{subject}|{}|", cells.join("|"));
            }
            for base in ["native", "wasmtime"].into_iter().filter(|base| engines.contains(base)) {
                let ratio =
                    |engine: &&str| self.ratio(measure, engine, base).map_or(String::new(), |r| format!("{r:.2}"));
                let cells: Vec<String> = engines.iter().map(ratio).collect();
                let _ = writeln!(text, "|*× {base}, geometric mean*|{}|", cells.join("|"));
            }
        }
        text
    }
}

fn distinct<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut list = Vec::new();
    for name in names {
        if !list.contains(&name) {
            list.push(name);
        }
    }
    list
}
