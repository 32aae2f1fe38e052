//! The linear model: a row of weights a feature, a softmax over the tasks.

use chat::Task;

use super::features::{DENSE, Feature, ROWS};

/// How many tasks there are.
pub const TASKS: usize = Task::ALL.len();
/// Length of the header of [`Model::parse`]'s format, bytes.
pub const HEADER: usize = 16;
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
    /// Divides the scores before the softmax, so that confidence is the share that is right.
    temperature: f32,
    /// Confidence from which the model's word is taken.
    pub threshold: f32,
}

impl<'a> Model<'a> {
    /// Reads the shipped format: four little-endian `f32` (step of the dense rows, step of the
    /// hashed rows, temperature, threshold), then `ROWS` × `KEPT` signed bytes.
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
pub fn pack(weights: &[f32], temperature: f32, threshold: f32) -> Vec<u8> {
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
    for number in [steps[0], steps[1], temperature, threshold] {
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
    fn what_is_packed_is_read_back() {
        let mut weights = vec![0.0f32; ROWS * TASKS];
        weights[3] = 2.0;
        weights[DENSE * TASKS + 1] = -0.5;
        let bytes = pack(&weights, 1.0, 0.6);
        let model = Model::parse(&bytes).unwrap();
        assert_eq!(model.threshold, 0.6);
        let likely = model.probabilities(&[(0, 1.0)]);
        assert!((likely[3] - 2f64.exp() / (4.0 + 2f64.exp())).abs() < 1e-2);
        let unlikely = model.probabilities(&[(DENSE as u32, 1.0)]);
        assert!(unlikely[1] < 0.2);
        assert!(Model::parse(&bytes[1..]).is_none());
    }
}
