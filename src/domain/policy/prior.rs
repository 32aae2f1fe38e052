//! Published benchmark figures of the pool's models: a weak warm start, worth less than one
//! graded call. A model or a task without a figure starts neutral.
//!
//! Only the difference from the mean of the same column counts, and only figures that the
//! model's maker published for that benchmark. They stand for the task as it is closest:
//! HumanEval (pass@1) for code, MATH for math, MMLU for all else and where the first is missing.
//!
//! Sources: gpt-4o and gpt-4o-mini, OpenAI's announcements (May and July 2024); gpt-4.1 and
//! gpt-4.1-mini, OpenAI's announcement (April 2025); Llama 3.1 70B Instruct, Meta's model card
//! (July 2024); Mistral Small 3.2, Mistral's model card (June 2025); DeepSeek-V3, its technical
//! report (December 2024). Gemini 2.5: none of these figures was published, so neutral.

use crate::domain::task::Task;

struct Published {
    model: &'static str,
    /// Percent.
    human_eval: Option<f64>,
    math: Option<f64>,
    mmlu: f64,
}

const PUBLISHED: [Published; 7] = [
    published("gpt-4o", Some(90.2), Some(76.6), 88.7),
    published("gpt-4o-mini", Some(87.2), Some(70.2), 82.0),
    published("gpt-4.1", None, None, 90.2),
    published("gpt-4.1-mini", None, None, 87.5),
    published("llama-3.1-70b-instruct", Some(80.5), Some(68.0), 83.6),
    published(
        "mistral-small-3.2-24b-instruct-2506",
        None,
        Some(69.4),
        80.5,
    ),
    published("deepseek-chat-v3", None, None, 88.5),
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
