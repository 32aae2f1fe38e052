//! How good the model is on what it has not seen: k-fold over questions, and with whole
//! families of sources left out. From the latter come temperature and threshold.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
    thread,
};

use chat::Task;
use classifier::model::{Calibration, Curve, TASKS, softmax};

use crate::{
    data::Sample,
    fit::{fit, scores},
    own::{WRITTEN, hash},
};

const FOLDS: u64 = 5;
const THREADS: usize = 2;
/// Share of prompts of sources never seen that is decided without asking.
const DECIDED: f64 = 0.9;

/// A score on a held-out sample.
#[derive(Clone)]
struct Scored {
    sample: usize,
    scores: [f64; TASKS],
}

/// Prints the figures and gives the calibration.
pub fn validate(samples: &[Sample], with_misses: bool) -> Calibration {
    let folds: Vec<String> = (0..FOLDS).map(|fold| fold.to_string()).collect();
    let fold = |sample: &Sample| (hash(&sample.question.to_string()) % FOLDS).to_string();
    let same = held_out(samples, &folds, &|sample| {
        (!sample.own).then(|| fold(sample))
    });
    let written = held_out(samples, &folds, &|sample| {
        (sample.source == WRITTEN).then(|| fold(sample))
    });
    let (unclear, written): (Vec<Scored>, Vec<Scored>) = written
        .into_iter()
        .partition(|one| samples[one.sample].task.is_none());
    let families: BTreeSet<String> = samples
        .iter()
        .filter(|sample| !sample.own)
        .map(|sample| family(&sample.source))
        .collect();
    let families: Vec<String> = families.into_iter().collect();
    let other = held_out(samples, &families, &|sample| {
        (!sample.own).then(|| family(&sample.source))
    });

    let mut pooled = same.clone();
    pooled.extend(other.iter().cloned());
    let temperature = best_temperature(samples, &pooled);
    let plain = Scale {
        temperature,
        curve: PLAIN,
    };
    // Each family by a curve that has not seen it.
    let others: BTreeMap<&String, Scale> = families
        .iter()
        .map(|left_out| {
            let seen = other
                .iter()
                .filter(|one| family(&samples[one.sample].source) != **left_out);
            (left_out, plain.bent(samples, seen))
        })
        .collect();
    let scale = plain.bent(samples, other.iter());
    let curve = scale.curve;
    println!(
        "temperature {temperature}, curve {} {} {}",
        curve.low, curve.high, curve.bias
    );
    for share in [1.0, 0.95, 0.9, 0.87, 0.84, 0.8] {
        let threshold = threshold_for(&other, scale, share);
        println!(
            "\nthreshold {threshold:.3}\n  k-fold            {}\n  sources left out  {}",
            figures(samples, &same, scale, threshold),
            figures(samples, &other, scale, threshold),
        );
        println!(
            "  own, k-fold       {}",
            figures(samples, &written, scale, threshold)
        );
        let decided = unclear
            .iter()
            .filter(|one| confidence(one, scale).1 >= f64::from(threshold))
            .count();
        println!("  unclear, k-fold   {:4} decided {decided}", unclear.len());
    }
    let threshold = threshold_for(&other, scale, DECIDED);
    println!("\nk-fold by source, threshold {threshold:.3}");
    by_family(samples, &same, scale, threshold);
    println!("\nfamilies left out, threshold {threshold:.3}");
    by_family(samples, &other, scale, threshold);
    println!("\nreliability: said and found");
    for (name, scored) in [
        ("k-fold", &same),
        ("sources left out", &other),
        ("own, k-fold", &written),
    ] {
        println!("  {name:18}{}", reliability(samples, scored, |_| scale));
        println!(
            "  – before the curve{}",
            reliability(samples, scored, |_| plain)
        );
    }
    let unseen = |one: &Scored| {
        let family = family(&samples[one.sample].source);
        others.get(&family).copied().unwrap_or(scale)
    };
    println!(
        "  – by unseen curves{}",
        reliability(samples, &other, unseen)
    );
    if with_misses {
        println!("\nwrong with the family left out");
        misses(samples, &other, scale);
        println!("\nwrong of the project's own, k-fold");
        misses(samples, &written, scale);
        println!("\nthat say too little, k-fold");
        misses(samples, &unclear, scale);
    }
    Calibration {
        temperature,
        threshold,
        curve,
    }
}

/// What makes scores a confidence.
#[derive(Clone, Copy)]
struct Scale {
    temperature: f32,
    curve: Curve,
}

/// The curve that changes nothing.
const PLAIN: Curve = Curve {
    low: 1.0,
    high: 1.0,
    bias: 0.0,
};

impl Scale {
    /// The same with the curve under which what was right and what was not is likeliest: logistic
    /// regression on `ln p` and `-ln(1 - p)`, by Newton's method, to thousandths.
    fn bent<'a>(self, samples: &[Sample], scored: impl Iterator<Item = &'a Scored>) -> Scale {
        let seen: Vec<([f64; 3], f64)> = scored
            .map(|one| {
                let (task, p) = confidence(
                    one,
                    Scale {
                        curve: PLAIN,
                        ..self
                    },
                );
                let p = p.clamp(1e-6, 1.0 - 1e-6);
                let right = samples[one.sample].task == Some(task);
                ([p.ln(), -(1.0 - p).ln(), 1.0], f64::from(u8::from(right)))
            })
            .collect();
        let mut weights = [1.0, 1.0, 0.0];
        for _ in 0..30 {
            let (mut slope, mut bend) = ([0.0; 3], [[0.0; 3]; 3]);
            for (row, right) in &seen {
                let logit: f64 = row.iter().zip(weights).map(|(x, w)| x * w).sum();
                let likely = 1.0 / (1.0 + (-logit).exp());
                for i in 0..3 {
                    slope[i] += row[i] * (right - likely);
                    for j in 0..3 {
                        bend[i][j] += row[i] * row[j] * likely * (1.0 - likely);
                    }
                }
            }
            for (weight, step) in weights.iter_mut().zip(solved(bend, slope)) {
                *weight += step;
            }
        }
        let [low, high, bias] = weights.map(|weight| ((weight * 1000.0).round() / 1000.0) as f32);
        // A curve that fell would turn the order of what is sure.
        let rises = low >= 0.0 && high >= 0.0;
        Scale {
            curve: if rises {
                Curve { low, high, bias }
            } else {
                PLAIN
            },
            ..self
        }
    }
}

/// What solves three linear equations, by Cramer's rule.
fn solved(rows: [[f64; 3]; 3], right: [f64; 3]) -> [f64; 3] {
    let volume = |[a, b, c]: [[f64; 3]; 3]| {
        a[0] * (b[1] * c[2] - b[2] * c[1]) - a[1] * (b[0] * c[2] - b[2] * c[0])
            + a[2] * (b[0] * c[1] - b[1] * c[0])
    };
    let all = volume(rows);
    [0, 1, 2].map(|column| {
        let mut changed = rows;
        for (row, value) in changed.iter_mut().zip(right) {
            row[column] = value;
        }
        if all == 0.0 {
            0.0
        } else {
            volume(changed) / all
        }
    })
}

/// Lists what was got wrong, the surest first.
fn misses(samples: &[Sample], scored: &[Scored], scale: Scale) {
    let mut wrong: Vec<(f64, usize, &Sample)> = scored
        .iter()
        .map(|one| (confidence(one, scale), &samples[one.sample]))
        .filter(|((task, _), sample)| Some(*task) != sample.task)
        .map(|((task, sure), sample)| (sure, task, sample))
        .collect();
    wrong.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (sure, task, sample) in wrong {
        println!(
            "  {sure:.2} {} taken for {}, {}: {:?}",
            sample.task.map_or("unclear", |task| Task::ALL[task].name()),
            Task::ALL[task].name(),
            sample.source,
            sample.text
        );
    }
}

/// Sources whose prompts look alike, so that leaving out one alone would say little.
fn family(source: &str) -> String {
    let name = match source {
        "llmrouter/gsm8k" | "llmrouter/agentverse-mgsm" => "word problems",
        "llmrouter/math" | "math-level5" => "competition math",
        "llmrouter/arc_challenge"
        | "llmrouter/commonsense_qa"
        | "llmrouter/openbook_qa"
        | "llmrouter/mmlu" => "choices",
        _ if source.starts_with("mmlu-pro") => "mmlu-pro",
        _ if source.starts_with("bfcl") => "bfcl",
        _ if source.starts_with("mt-bench") => "mt-bench",
        _ if source.starts_with("multi-turn") => "multi-turn",
        _ => source,
    };
    name.to_owned()
}

/// Scores every sample that is in a group by a model that has not seen that group.
fn held_out(
    samples: &[Sample],
    groups: &[String],
    group_of: &(dyn Fn(&Sample) -> Option<String> + Sync),
) -> Vec<Scored> {
    let next = Mutex::new(groups.iter());
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(group) = next.lock().ok().and_then(|mut groups| groups.next()) {
                    let weights = fit(samples, |sample| group_of(sample).as_ref() != Some(group));
                    let scored = samples
                        .iter()
                        .enumerate()
                        .filter(|(_, sample)| group_of(sample).as_ref() == Some(group))
                        .map(|(at, sample)| Scored {
                            sample: at,
                            scores: scores(sample, &weights),
                        });
                    if let Ok(mut found) = found.lock() {
                        found.extend(scored);
                    }
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_default();
    found.sort_by_key(|scored| scored.sample);
    found
}

fn confidence(scored: &Scored, scale: Scale) -> (usize, f64) {
    let temperature = f64::from(scale.temperature);
    let likely = softmax(scored.scores.map(|score| score / temperature));
    let mut best = (0, 0.0);
    for (task, likely) in likely.into_iter().enumerate() {
        if likely > best.1 {
            best = (task, likely);
        }
    }
    (best.0, scale.curve.confidence(best.1))
}

/// The temperature under which the truth is likeliest, out of a fixed row.
fn best_temperature(samples: &[Sample], scored: &[Scored]) -> f32 {
    let mut best = (f64::INFINITY, 1.0);
    for step in 2..60 {
        let temperature = step as f32 * 0.05;
        let loss: f64 = scored
            .iter()
            .map(|scored| {
                let likely = softmax(scored.scores.map(|score| score / f64::from(temperature)));
                let truth = samples[scored.sample].task.map_or(1.0, |task| likely[task]);
                -truth.max(1e-9).ln()
            })
            .sum();
        if loss < best.0 {
            best = (loss, temperature);
        }
    }
    best.1
}

/// The confidence that this share of the samples reaches, rounded down to a thousandth.
fn threshold_for(scored: &[Scored], scale: Scale, share: f64) -> f32 {
    let mut sure: Vec<f64> = scored.iter().map(|one| confidence(one, scale).1).collect();
    sure.sort_by(f64::total_cmp);
    let at = ((1.0 - share) * sure.len() as f64) as usize;
    let value = sure.get(at).copied().unwrap_or(0.0);
    if share >= 1.0 {
        0.0
    } else {
        ((value * 1000.0).floor() / 1000.0) as f32
    }
}

/// Share decided, share of those right, macro-F1 of those.
fn figures(samples: &[Sample], scored: &[Scored], scale: Scale, threshold: f32) -> String {
    let mut table = [[0usize; TASKS]; TASKS];
    for one in scored {
        let (task, sure) = confidence(one, scale);
        if let (true, Some(truth)) = (sure >= f64::from(threshold), samples[one.sample].task) {
            table[truth][task] += 1;
        }
    }
    let decided: usize = table.iter().flatten().sum();
    let right: usize = (0..TASKS).map(|task| table[task][task]).sum();
    let f1s: Vec<Option<f64>> = (0..TASKS)
        .map(|task| {
            let truth: usize = table[task].iter().sum();
            let said: usize = table.iter().map(|row| row[task]).sum();
            (truth > 0).then(|| 2.0 * table[task][task] as f64 / (truth + said) as f64)
        })
        .collect();
    let there: Vec<f64> = f1s.iter().flatten().copied().collect();
    let macro_f1 = there.iter().sum::<f64>() / there.len().max(1) as f64;
    let each: Vec<String> = Task::ALL
        .iter()
        .zip(&f1s)
        .filter_map(|(task, f1)| f1.map(|f1| format!("{} {f1:.2}", task.name())))
        .collect();
    format!(
        "{:4} decided {:5.1} %  right {:.3}  macro-F1 {macro_f1:.3}  ({})",
        scored.len(),
        100.0 * decided as f64 / scored.len().max(1) as f64,
        right as f64 / decided.max(1) as f64,
        each.join(", ")
    )
}

/// Mean confidence and share that is right, in bands of confidence; then how far they lie apart in
/// the mean, weighed by how many fall into each.
fn reliability(
    samples: &[Sample],
    scored: &[Scored],
    scale_of: impl Fn(&Scored) -> Scale,
) -> String {
    const BANDS: usize = 5;
    let mut bands = [(0usize, 0.0, 0.0); BANDS];
    for one in scored {
        let (task, sure) = confidence(one, scale_of(one));
        let right = samples[one.sample].task == Some(task);
        // Of five tasks the likeliest has a fifth at least; half of that range says little.
        let at = ((sure - 0.5).max(0.0) * 2.0 * BANDS as f64) as usize;
        let band = &mut bands[at.min(BANDS - 1)];
        *band = (
            band.0 + 1,
            band.1 + sure,
            band.2 + f64::from(u8::from(right)),
        );
    }
    let mut out = String::new();
    let mut apart = 0.0;
    for (count, sure, right) in bands {
        let all = count.max(1) as f64;
        apart += (sure - right).abs() / scored.len().max(1) as f64;
        out.push_str(&format!("  {:.3} {:.3} ({count})", sure / all, right / all));
    }
    format!("{out}  apart {apart:.3}")
}

fn by_family(samples: &[Sample], scored: &[Scored], scale: Scale, threshold: f32) {
    let mut families: BTreeMap<String, Vec<Scored>> = BTreeMap::new();
    for one in scored {
        families
            .entry(family(&samples[one.sample].source))
            .or_default()
            .push(one.clone());
    }
    for (family, scored) in families {
        println!(
            "  {family:18} {}",
            figures(samples, &scored, scale, threshold)
        );
    }
}
