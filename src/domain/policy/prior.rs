//! Published benchmark figures of the pool's models: a weak warm start, worth less than one
//! graded call. A model or a task without a figure starts neutral.
//!
//! Only the difference from the mean of the same column counts. A column stands for the task
//! that it is closest to: HumanEval (pass@1) for code, MATH for math, MMLU for all else and where
//! the first is missing.
//!
//! Sources:
//! - gpt-4o (2024-08-06), gpt-4o-mini (2024-07-18), gpt-4.1 and gpt-4.1-mini (both 2025-04-14), Llama 3.1 70B
//!   Instruct: the results table of github.com/openai/simple-evals (README; the Llama row is
//!   quoted there from its maker's card; the gpt-4.1 rows' MATH is MATH-500, an even sample of MATH).
//! - Mistral Small 3.2 24B: the table "STEM" of its model card
//!   (huggingface.co/mistralai/Mistral-Small-3.2-24B-Instruct-2506). Its HumanEval Plus, pass@5, is
//!   another measure and is left out.
//! - DeepSeek-V3: the chat model's table of github.com/deepseek-ai/DeepSeek-V3 (README), MATH-500
//!   for MATH. Its HumanEval-Mul is another measure and is left out.
//! - Gemini 2.5 Flash and Pro: no figure for any of these benchmarks was found, so neutral.

use crate::domain::task::Task;

struct Published {
    model: &'static str,
    /// Percent.
    human_eval: Option<f64>,
    math: Option<f64>,
    mmlu: f64,
}

const PUBLISHED: [Published; 7] = [
    published("gpt-4o", Some(90.2), Some(75.9), 88.7),
    published("gpt-4o-mini", Some(87.2), Some(70.2), 82.0),
    published("gpt-4.1", Some(94.5), Some(82.1), 90.2),
    published("gpt-4.1-mini", Some(93.8), Some(81.4), 87.5),
    published("llama-3.1-70b-instruct", Some(80.5), Some(68.0), 82.0),
    published(
        "mistral-small-3.2-24b-instruct-2506",
        None,
        Some(69.42),
        80.5,
    ),
    published("deepseek-chat-v3", None, Some(90.2), 88.5),
];

const fn published(
    model: &'static str,
    human_eval: Option<f64>,
    math: Option<f64>,
    mmlu: f64,
) -> Published {
    Published {
        model,
        human_eval,
        math,
        mmlu,
    }
}

/// How far above the average of its peers the model is said to be, as a share (0.03: three
/// points); 0 where nothing is known.
pub(super) fn head_start(model: &str, task: Task) -> f64 {
    let Some(own) = PUBLISHED.iter().find(|entry| entry.model == model) else {
        return 0.0;
    };
    let special = |entry: &Published| match task {
        Task::Code => entry.human_eval,
        Task::Math => entry.math,
        _ => None,
    };
    let mmlu = |entry: &Published| Some(entry.mmlu);
    let over = |figure: &dyn Fn(&Published) -> Option<f64>| {
        let own = figure(own)?;
        let (sum, count) = PUBLISHED
            .iter()
            .filter_map(figure)
            .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        Some((own - sum / count) / 100.0)
    };
    over(&special).or_else(|| over(&mmlu)).unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry;

    #[test]
    fn every_model_with_a_published_figure_is_in_the_pool() {
        let pool = registry::pool("gpt-4o", 128_000);
        for entry in &PUBLISHED {
            assert!(
                pool.iter().any(|model| model.id == entry.model),
                "{}",
                entry.model
            );
        }
    }

    #[test]
    fn a_head_start_is_small_and_nothing_for_an_unknown_model() {
        for task in Task::ALL {
            assert_eq!(head_start("nobody-knows-me", task), 0.0);
            assert_eq!(head_start("gemini-2.5-pro", task), 0.0);
            for entry in &PUBLISHED {
                assert!(head_start(entry.model, task).abs() < 0.15);
            }
        }
        assert!(head_start("gpt-4.1", Task::Code) > head_start("gpt-4o-mini", Task::Code));
    }
}
