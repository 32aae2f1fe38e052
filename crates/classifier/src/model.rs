//! The linear model: a row of weights a feature, a softmax over the tasks.

use chat::Task;

use super::features::{DENSE, Feature, ROWS};

/// How many tasks there are.
pub const TASKS: usize = Task::ALL.len();
/// Length of the header of [`Model::parse`]'s format, bytes.
pub const HEADER: usize = 28;
/// How many weights of a row are kept.
pub const KEPT: usize = TASKS - 1;
/// So many steps reach the largest weight.
const DENSE_STEPS: f32 = 127.0;
const HASHED_STEPS: f32 = 24.0;

/// Weights as they are shipped: rows in order, a signed byte for each task but the last.
///
/// The softmax does not mind what is added to a whole row, so each is shifted to sum to zero: what
/// the last task has is what the others lack. Hashed rows, which are nearly all, take few steps: the
/// bytes are then worth compressing.
#[derive(Clone, Copy, Debug)]
pub struct Model<'a> {
    weights: &'a [u8],
    /// What one step of a byte is worth: for word classes and shapes, and for hashed features.
    dense_step: f32,
    hashed_step: f32,
    /// Divides the scores before the softmax.
    temperature: f32,
    /// Confidence from which the model's word is taken.
    pub threshold: f32,
    /// What makes the likeliest task's probability the share that is right.
    pub curve: Curve,
}

/// A probability as a confidence: `logit = bias + low · ln p − high · ln(1 − p)` (beta calibration; Kull,
/// Silva Filho, Flach 2017). It rises with `p`, so the order of what is sure stays.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Curve {
    pub low: f32,
    pub high: f32,
    pub bias: f32,
}

impl Curve {
    /// The share that is right of what has this probability.
    pub fn confidence(&self, probability: f64) -> f64 {
        let p = probability.clamp(1e-6, 1.0 - 1e-6);
        let logit = f64::from(self.bias) + f64::from(self.low) * p.ln()
            - f64::from(self.high) * (1.0 - p).ln();
        match logit > 0.0 {
            true => 1.0 / (1.0 + exp(-logit)),
            false => 1.0 - 1.0 / (1.0 + exp(logit)),
        }
    }
}

/// What a model says of itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibration {
    pub temperature: f32,
    pub threshold: f32,
    pub curve: Curve,
}

impl<'a> Model<'a> {
    /// Reads the shipped format: seven little-endian `f32` (step of the dense rows, step of the
    /// hashed rows, temperature, threshold, the three of the curve), then `ROWS` × `KEPT` signed bytes.
    /// `None` for bytes of any other length.
    pub fn parse(bytes: &'a [u8]) -> Option<Model<'a>> {
        let (header, weights) = bytes.split_at_checked(HEADER)?;
        if weights.len() != ROWS * KEPT {
            return None;
        }
        let number = |at: usize| {
            let bytes = header.get(at * 4..at * 4 + 4)?;
            Some(f32::from_le_bytes(bytes.try_into().ok()?))
        };
        Some(Model {
            weights,
            dense_step: number(0)?,
            hashed_step: number(1)?,
            temperature: number(2)?,
            threshold: number(3)?,
            curve: Curve {
                low: number(4)?,
                high: number(5)?,
                bias: number(6)?,
            },
        })
    }

    /// The probability of each task, in the order of [`Task::ALL`].
    pub fn probabilities(&self, features: &[Feature]) -> [f64; TASKS] {
        let mut dense = [0.0f32; TASKS];
        let mut hashed = [0.0f32; TASKS];
        for &(row, value) in features {
            let row = row as usize;
            let scores = if row < DENSE { &mut dense } else { &mut hashed };
            let weights = self.weights.get(row * KEPT..(row + 1) * KEPT);
            let mut last = 0.0;
            for (score, weight) in scores.iter_mut().zip(weights.unwrap_or_default()) {
                let weight = f32::from(weight.cast_signed());
                *score += value * weight;
                last -= weight;
            }
            scores[KEPT] += value * last;
        }
        let mut scores = [0.0; TASKS];
        for ((score, dense), hashed) in scores.iter_mut().zip(dense).zip(hashed) {
            *score = f64::from(dense * self.dense_step + hashed * self.hashed_step)
                / f64::from(self.temperature);
        }
        softmax(scores)
    }
}

/// Bytes in the format that [`Model::parse`] reads, from weights of full precision
/// (`ROWS` × `TASKS`, rows in order).
pub fn pack(weights: &[f32], calibration: Calibration) -> Vec<u8> {
    let level: Vec<f32> = weights
        .chunks(TASKS)
        .flat_map(|row| {
            let mean = row.iter().sum::<f32>() / TASKS as f32;
            row.iter().map(move |weight| weight - mean)
        })
        .collect();
    let (dense, hashed) = level.split_at(level.len().min(DENSE * TASKS));
    let steps = [step(dense, DENSE_STEPS), step(hashed, HASHED_STEPS)];
    let mut bytes = Vec::with_capacity(HEADER + ROWS * KEPT);
    let Calibration {
        temperature,
        threshold,
        curve,
    } = calibration;
    let told = [temperature, threshold, curve.low, curve.high, curve.bias];
    for number in steps.into_iter().chain(told) {
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    for (part, step) in [dense, hashed].into_iter().zip(steps) {
        let kept = part.chunks(TASKS).flat_map(|row| row.iter().take(KEPT));
        // Saturating by definition of `as`.
        bytes.extend(kept.map(|weight| ((weight / step).round() as i8).cast_unsigned()));
    }
    bytes
}

/// One step of a byte, of which `many` reach the largest weight.
fn step(weights: &[f32], many: f32) -> f32 {
    let largest = weights
        .iter()
        .fold(0.0f32, |most, weight| most.max(weight.abs()));
    if largest > 0.0 { largest / many } else { 1.0 }
}

/// Scores to probabilities.
pub fn softmax(scores: [f64; TASKS]) -> [f64; TASKS] {
    let most = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let parts = scores.map(|score| exp(score - most));
    let sum: f64 = parts.iter().sum();
    parts.map(|part| part / sum)
}

/// e to the power of `x` ≤ 0, by halving the argument and a Taylor series: the platform's own
/// differs in its last digit from machine to machine, and training is to be reproducible.
pub fn exp(x: f64) -> f64 {
    if !(-700.0..=0.0).contains(&x) {
        return if x > 0.0 { f64::INFINITY } else { 0.0 };
    }
    let small = x / 1024.0;
    let mut term = 1.0;
    let mut sum = 1.0;
    for order in 1..10 {
        term *= small / f64::from(order);
        sum += term;
    }
    (0..10).fold(sum, |power, _| power * power)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_exact_to_eleven_digits() {
        for step in 0..3000 {
            let x = -f64::from(step) / 100.0;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-11, "{x}");
        }
        assert_eq!(exp(-1e9), 0.0);
    }

    #[test]
    fn a_curve_rises_and_the_plain_one_changes_nothing() {
        let plain = Curve {
            low: 1.0,
            high: 1.0,
            bias: 0.0,
        };
        let bent = Curve {
            low: 1.9,
            high: 0.7,
            bias: 0.95,
        };
        let mut last = 0.0;
        for step in 1..100 {
            let p = f64::from(step) / 100.0;
            assert!((plain.confidence(p) - p).abs() < 1e-6);
            let next = bent.confidence(p);
            assert!(next > last && next < 1.0);
            last = next;
        }
        assert!(bent.confidence(0.0) >= 0.0 && bent.confidence(1.0) <= 1.0);
    }

    #[test]
    fn what_is_packed_is_read_back() {
        let mut weights = vec![0.0f32; ROWS * TASKS];
        weights[3] = 2.0;
        weights[DENSE * TASKS + 1] = -0.5;
        let curve = Curve {
            low: 1.0,
            high: 1.0,
            bias: 0.0,
        };
        let bytes = pack(
            &weights,
            Calibration {
                temperature: 1.0,
                threshold: 0.6,
                curve,
            },
        );
        let model = Model::parse(&bytes).unwrap();
        assert_eq!((model.threshold, model.curve), (0.6, curve));
        let likely = model.probabilities(&[(0, 1.0)]);
        assert!((likely[3] - 2f64.exp() / (4.0 + 2f64.exp())).abs() < 1e-2);
        let unlikely = model.probabilities(&[(DENSE as u32, 1.0)]);
        assert!(unlikely[1] < 0.2);
        assert!(Model::parse(&bytes[1..]).is_none());
    }
}
