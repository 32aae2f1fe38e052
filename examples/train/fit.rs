//! Multinomial logistic regression by stochastic gradient descent with a step per weight
//! (AdaGrad; Duchi, Hazan, Singer 2011), weights of the last epochs averaged.

use classifier::{
    features::ROWS,
    model::{TASKS, softmax},
};

use crate::{data::Sample, own::Dice};

const EPOCHS: usize = 12;
/// Epochs at the end whose weights are averaged.
const AVERAGED: usize = 4;
const RATE: f32 = 0.25;
/// Pull towards zero, per sample and touched weight.
const DECAY: f32 = 2e-5;

/// Weights (`ROWS` × `TASKS`) learned from the samples that are chosen.
pub fn fit(samples: &[Sample], chosen: impl Fn(&Sample) -> bool) -> Vec<f32> {
    let mut order: Vec<&Sample> = samples.iter().filter(|sample| chosen(sample)).collect();
    let mut weights = vec![0.0f32; ROWS * TASKS];
    let mut squares = vec![1e-2f32; ROWS * TASKS];
    let mut mean = vec![0.0f32; ROWS * TASKS];
    let mut dice = Dice::new(7);
    for epoch in 0..EPOCHS {
        dice.shuffle(&mut order);
        for sample in &order {
            step(sample, &mut weights, &mut squares);
        }
        if epoch + AVERAGED >= EPOCHS {
            for (mean, weight) in mean.iter_mut().zip(&weights) {
                *mean += weight / AVERAGED as f32;
            }
        }
    }
    mean
}

fn step(sample: &Sample, weights: &mut [f32], squares: &mut [f32]) {
    let likely = softmax(scores(sample, weights));
    let mut errors = [0.0f32; TASKS];
    for (task, (error, likely)) in errors.iter_mut().zip(likely).enumerate() {
        let truth = match sample.task {
            Some(right) if right == task => 0.97,
            Some(_) => 0.03 / (TASKS - 1) as f64,
            // What says too little is to leave the model in doubt.
            None => 1.0 / TASKS as f64,
        };
        *error = (likely - truth) as f32 * sample.weight;
    }
    for &(row, value) in &sample.features {
        let at = row as usize * TASKS;
        for (task, error) in errors.iter().enumerate() {
            let slope = error * value + DECAY * weights[at + task];
            squares[at + task] += slope * slope;
            weights[at + task] -= RATE * slope / squares[at + task].sqrt();
        }
    }
}

/// The score of each task, before the softmax.
pub fn scores(sample: &Sample, weights: &[f32]) -> [f64; TASKS] {
    let mut scores = [0.0f32; TASKS];
    for &(row, value) in &sample.features {
        let at = row as usize * TASKS;
        for (score, weight) in scores.iter_mut().zip(&weights[at..at + TASKS]) {
            *score += value * weight;
        }
    }
    scores.map(f64::from)
}
