//! The report as one SVG: for each measure, a bar for each engine, as a ratio to the first engine's figures.

use std::fmt::Write;

use crate::report::Report;

const BAR_HEIGHT: usize = 18;
const LABEL_WIDTH: usize = 190;
const BARS_WIDTH: f64 = 480.0;
const COLOURS: [&str; 5] = ["#8a8f98", "#c77d3a", "#2f6fb3", "#7fb0dd", "#3a9a6a"];

/// Draws the geometric means of all measures.
pub(crate) fn draw(report: &Report) -> String {
    let mut body = String::new();
    let mut y = 20;
    for measure in report.measures() {
        let engines = report.engines(measure);
        let base = engines[0];
        let ratios: Vec<f64> =
            engines.iter().map(|engine| report.ratio(measure, engine, base).unwrap_or(0.0)).collect();
        let largest = ratios.iter().copied().fold(f64::MIN_POSITIVE, f64::max);
        let _ = writeln!(body, "<text x='8' y='{y}' font-weight='bold'>{measure} (× {base}, smaller is better)</text>");
        y += 8;
        for (index, (engine, ratio)) in engines.iter().zip(&ratios).enumerate() {
            let (width, text_y) = (ratio / largest * BARS_WIDTH, y + BAR_HEIGHT - 5);
            let colour = COLOURS[index % COLOURS.len()];
            let _ = writeln!(body, "<text x='{}' y='{text_y}' text-anchor='end'>{engine}</text>", LABEL_WIDTH - 6);
            let bar = BAR_HEIGHT - 3;
            let _ =
                writeln!(body, "<rect x='{LABEL_WIDTH}' y='{y}' width='{width:.1}' height='{bar}' fill='{colour}'/>");
            let _ = writeln!(body, "<text x='{:.1}' y='{text_y}'>{ratio:.2}</text>", LABEL_WIDTH as f64 + width + 5.0);
            y += BAR_HEIGHT;
        }
        y += 26;
    }
    let width = LABEL_WIDTH + BARS_WIDTH as usize + 60;
    format!(
        "<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{y}' font-family='sans-serif' \
         font-size='12'>\n<rect width='100%' height='100%' fill='white'/>\n{body}</svg>\n"
    )
}
