//! How busy the busiest of each kind is, over requests a second, as an SVG.

use std::fmt::Write;

use super::queues::Played;

const WIDTH: f64 = 560.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 52.0;
const TOP: f64 = 40.0;

type Line = (&'static str, &'static str, fn(&Played) -> f64);

const LINES: [Line; 3] = [
    ("the database", "#b45309", |played| played.database.busy),
    ("the hottest Learner", "#0f766e", |played| {
        played.learner.busy
    }),
    ("the busiest key's account", "#6d28d9", |played| {
        played.account.busy
    }),
];

/// Both axes grow by powers of ten; what is above 100 % is full.
pub fn svg(played: &[Played]) -> String {
    let rates = || played.iter().map(|it| it.rate);
    let (first, last) = (
        rates().fold(f64::INFINITY, f64::min).log10(),
        rates().fold(0.0, f64::max).log10(),
    );
    let x_of = |rate: f64| LEFT + WIDTH * (rate.log10() - first) / (last - first);
    // From a thousandth to ten times full.
    let y_of = |busy: f64| TOP + HEIGHT * (1.0 - busy.clamp(1e-3, 10.0).log10()) / 4.0;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {}\" \
         font-family=\"system-ui, sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"13\" fill=\"#111\">Share of the time in which it serves, by requests a second</text>\n",
        LEFT + WIDTH + 30.0,
        TOP + HEIGHT + 62.0
    );
    for (busy, label) in [
        (0.001, "0.1 %"),
        (0.01, "1 %"),
        (0.1, "10 %"),
        (1.0, "100 %"),
        (10.0, "full ×10"),
    ] {
        let colour = if busy == 1.0 { "#999" } else { "#ddd" };
        let y = y_of(busy);
        let _ = writeln!(
            out,
            "<path d=\"M{LEFT} {y:.1}h{WIDTH}\" stroke=\"{colour}\"/><text x=\"{}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{label}</text>",
            LEFT - 6.0,
            y + 4.0
        );
    }
    for rate in rates() {
        let _ = writeln!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\" fill=\"#555\">{rate}</text>",
            x_of(rate),
            TOP + HEIGHT + 18.0
        );
    }
    for (at, (name, colour, value)) in LINES.into_iter().enumerate() {
        let points: Vec<String> = played
            .iter()
            .map(|it| format!("{:.1} {:.1}", x_of(it.rate), y_of(value(it))))
            .collect();
        let x = LEFT + at as f64 * 190.0;
        let y = TOP + HEIGHT + 44.0;
        let _ = writeln!(
            out,
            "<path d=\"M{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <path d=\"M{x} {y}h18\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"{}\" fill=\"#333\">{name}</text>",
            points.join("L"),
            x + 24.0,
            y + 4.0
        );
    }
    out.push_str("</svg>\n");
    out
}
