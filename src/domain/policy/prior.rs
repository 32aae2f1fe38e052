//! Published benchmark figures of known models: a weak warm start, which a few graded calls
//! outweigh. A model or a task without a figure starts neutral.
//!
//! Only the difference from the mean of the candidates at hand counts, column by column. A column
//! stands for the task that it is closest to: HumanEval (pass@1) for code, MATH for math, MMLU for all
//! else and where the first is missing. A dated snapshot without a row of its own is taken for its
//! model (`gpt-4o-2024-08-06` for `gpt-4o`), an id with a vendor before it for the id (`openai/gpt-4o`).
//!
//! Sources:
//! - GPT but 3.5 and 4 (0314, 0613), o1, Claude 3.5 Sonnet (2024-06-20), Claude 3 Opus, Llama 3.1, Grok 2,
//!   Gemini 1.5: the results table of github.com/openai/simple-evals (README), which quotes the other
//!   makers' own figures. The gpt-4o row is that of 2024-08-06; MATH of gpt-4.1 and o1 is MATH-500, an even
//!   sample of MATH.
//! - Llama 3: "Instruction tuned models" in github.com/meta-llama/llama3 (MODEL_CARD.md).
//! - Mistral Small 3.2 24B: the table "STEM" of its model card
//!   (huggingface.co/mistralai/Mistral-Small-3.2-24B-Instruct-2506). Its HumanEval Plus, pass@5, is
//!   another measure and is left out.
//! - DeepSeek-V3: the chat model's table of github.com/deepseek-ai/DeepSeek-V3 (README), MATH-500
//!   for MATH. Its HumanEval-Mul is another measure and is left out.
//! - Qwen2 72B, Mixtral 8x7B, Yi 1.5 34B: the table of instruction-tuned models in
//!   qwenlm.github.io/blog/qwen2. Qwen2.5, Gemma 2, MATH of Mistral Large 2: those in
//!   qwenlm.github.io/blog/qwen2.5-llm.
//! - All others: the makers' announcements and model cards as github.com/JonathanChavezTamales/LLMStats
//!   collects them (models/*/*/model.json, with links to the sources; none for GPT-3.5 Turbo).
//! - Gemini 2.5 Flash and Pro: no figure for any of these benchmarks was found, so neutral.

use chat::Task;

use super::Candidate;

/// Percent: HumanEval, MATH, MMLU.
type Figures = [Option<f64>; 3];

const HUMAN_EVAL: usize = 0;
const MATH: usize = 1;
const MMLU: usize = 2;

/// In the order of the ids, for the search.
const PUBLISHED: [(&str, Figures); 46] = [
    ("claude-3-5-haiku", [Some(88.1), Some(69.4), None]),
    ("claude-3-5-sonnet", [Some(92.0), Some(71.1), Some(88.3)]),
    ("claude-3-haiku", [Some(75.9), Some(38.9), Some(75.2)]),
    ("claude-3-opus", [Some(84.9), Some(60.1), Some(86.8)]),
    ("claude-3-sonnet", [Some(73.0), Some(43.1), Some(79.0)]),
    ("command-r-plus", [None, None, Some(75.7)]),
    ("deepseek-chat-v3", [None, Some(90.2), Some(88.5)]),
    ("deepseek-v2.5", [Some(89.0), Some(74.7), Some(80.4)]),
    ("deepseek-v3", [None, Some(90.2), Some(88.5)]),
    ("gemini-1.5-flash", [Some(71.5), Some(40.9), Some(77.9)]),
    ("gemini-1.5-pro", [Some(71.9), Some(58.5), Some(81.9)]),
    ("gemma-2-27b-it", [Some(78.7), Some(54.4), None]),
    ("gemma-2-9b-it", [Some(68.9), Some(44.3), None]),
    ("gpt-3.5-turbo", [Some(68.0), Some(43.1), Some(69.8)]),
    ("gpt-4", [Some(67.0), Some(42.0), Some(86.4)]),
    ("gpt-4-0125-preview", [Some(86.6), Some(64.5), Some(85.4)]),
    ("gpt-4-1106-preview", [Some(83.7), Some(64.3), Some(84.7)]),
    ("gpt-4-turbo", [Some(88.2), Some(73.4), Some(86.7)]),
    ("gpt-4.1", [Some(94.5), Some(82.1), Some(90.2)]),
    ("gpt-4.1-mini", [Some(93.8), Some(81.4), Some(87.5)]),
    ("gpt-4o", [Some(90.2), Some(75.9), Some(88.7)]),
    ("gpt-4o-2024-05-13", [Some(91.0), Some(76.6), Some(87.2)]),
    ("gpt-4o-mini", [Some(87.2), Some(70.2), Some(82.0)]),
    ("grok-2", [Some(88.4), Some(76.1), Some(87.5)]),
    ("jamba-1.5-large", [None, None, Some(81.2)]),
    ("llama-3-70b-instruct", [Some(81.7), Some(50.4), Some(82.0)]),
    ("llama-3-8b-instruct", [Some(62.2), Some(30.0), Some(68.4)]),
    (
        "llama-3.1-405b-instruct",
        [Some(89.0), Some(73.8), Some(88.6)],
    ),
    (
        "llama-3.1-70b-instruct",
        [Some(80.5), Some(68.0), Some(82.0)],
    ),
    (
        "llama-3.1-8b-instruct",
        [Some(72.6), Some(51.9), Some(68.4)],
    ),
    (
        "llama-3.3-70b-instruct",
        [Some(88.4), Some(77.0), Some(86.0)],
    ),
    ("mistral-large", [Some(92.0), Some(69.9), Some(84.0)]),
    ("mistral-nemo", [None, None, Some(68.0)]),
    (
        "mistral-small-3.2-24b-instruct",
        [None, Some(69.42), Some(80.5)],
    ),
    (
        "mixtral-8x7b-instruct",
        [Some(45.1), Some(30.7), Some(71.4)],
    ),
    ("o1-mini", [Some(92.4), Some(90.0), Some(85.2)]),
    ("o1-preview", [Some(92.4), Some(85.5), Some(90.8)]),
    (
        "phi-3.5-mini-instruct",
        [Some(62.8), Some(48.5), Some(69.0)],
    ),
    ("qwen1.5-72b-chat", [Some(71.3), Some(42.5), Some(75.6)]),
    ("qwen2-72b-instruct", [Some(86.0), Some(59.7), Some(82.3)]),
    ("qwen2-7b-instruct", [Some(79.9), Some(49.6), Some(70.5)]),
    ("qwen2.5-14b-instruct", [Some(83.5), Some(80.0), None]),
    ("qwen2.5-32b-instruct", [Some(88.4), Some(83.1), None]),
    ("qwen2.5-72b-instruct", [Some(86.6), Some(83.1), None]),
    ("qwen2.5-7b-instruct", [Some(84.8), Some(75.5), None]),
    ("yi-1.5-34b-chat", [Some(75.2), Some(50.1), Some(76.8)]),
];

/// The model that an id names: without a vendor before it and a date behind it.
fn undated(id: &str) -> &str {
    let mut id = id.rsplit('/').next().unwrap_or(id);
    // -2024-08-06, -20240307, -0125
    for digits in [2, 2, 4] {
        id = without_number(id, digits);
    }
    without_number(id, 8)
}

fn without_number(id: &str, digits: usize) -> &str {
    match id.rsplit_once('-') {
        Some((rest, end)) if end.len() == digits && end.bytes().all(|b| b.is_ascii_digit()) => rest,
        _ => id,
    }
}

fn figures(model: &str) -> Option<&'static Figures> {
    let row = |id: &str| {
        PUBLISHED
            .binary_search_by_key(&id, |&(known, _)| known)
            .ok()
    };
    let bare = undated(model);
    let snapshot = || if bare == model { None } else { row(bare) };
    let at = row(model).or_else(snapshot)?;
    PUBLISHED.get(at).map(|(_, figures)| figures)
}

/// How far above the average of the others with a figure each candidate is said to be, as a
/// share (0.03: three points); `None` where nothing is published of it.
pub(super) fn head_starts(candidates: &[Candidate<'_>], task: Task) -> Vec<Option<f64>> {
    let special = match task {
        Task::Code => Some(HUMAN_EVAL),
        Task::Math => Some(MATH),
        _ => None,
    };
    let known: Vec<Option<&Figures>> = candidates
        .iter()
        .map(|candidate| figures(candidate.model))
        .collect();
    let mut starts = vec![None; candidates.len()];
    for column in special.into_iter().chain([MMLU]) {
        let values: Vec<Option<f64>> = known.iter().map(|row| *(*row)?.get(column)?).collect();
        let (sum, count) = values
            .iter()
            .flatten()
            .fold((0.0, 0.0), |(sum, count), value| (sum + value, count + 1.0));
        for (start, value) in starts.iter_mut().zip(values) {
            *start = start.or(value.map(|value| (value - sum / count) / 100.0));
        }
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        policy::Load,
        runtime::registry::{self, Tier},
    };

    fn candidates<'a>(models: &[&'a str]) -> Vec<Candidate<'a>> {
        let candidate = |&model: &&'a str| Candidate {
            model,
            tier: Tier::Mid,
            estimate: 1e-3,
            load: Load::default(),
            narrowed: false,
            ahead: None,
            pending: 0,
        };
        models.iter().map(candidate).collect()
    }

    #[test]
    fn the_rows_are_in_order_and_hold_percentages() {
        assert!(PUBLISHED.is_sorted_by_key(|&(id, _)| id));
        for (id, figures) in &PUBLISHED {
            let known: Vec<f64> = figures.iter().flatten().copied().collect();
            assert!(!known.is_empty(), "{id}");
            assert!(known.iter().all(|v| (10.0..100.0).contains(v)), "{id}");
        }
    }

    #[test]
    fn a_snapshot_and_a_vendor_are_taken_for_the_model() {
        for (id, row) in [
            ("gpt-4o", "gpt-4o"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("gpt-4o-2024-05-13", "gpt-4o-2024-05-13"),
            ("openai/gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
            ("claude-3-haiku-20240307", "claude-3-haiku"),
            ("gpt-3.5-turbo-0125", "gpt-3.5-turbo"),
            ("mistral-large-2407", "mistral-large"),
            (
                "mistral-small-3.2-24b-instruct-2506",
                "mistral-small-3.2-24b-instruct",
            ),
        ] {
            let at = PUBLISHED.binary_search_by_key(&row, |&(known, _)| known);
            assert_eq!(figures(id), Some(&PUBLISHED[at.unwrap()].1), "{id}");
        }
        for id in [
            "gpt-4o-turbo",
            "o1-2024-12-17",
            "gemini-2.5-pro",
            "-",
            "",
            "4",
            "a/",
        ] {
            assert_eq!(figures(id), None, "{id}");
        }
    }

    #[test]
    fn the_pool_has_head_starts_but_for_what_nothing_is_known_of() {
        let pool = registry::pool("gpt-4o", 128_000);
        let ids: Vec<&str> = pool.iter().map(|model| model.id.as_str()).collect();
        for task in Task::ALL {
            let starts = head_starts(&candidates(&ids), task);
            assert!(starts.iter().flatten().all(|start| start.abs() < 0.15));
            let of = |id: &str| starts[ids.iter().position(|&other| other == id).unwrap()];
            assert!(of("gpt-4.1") > of("gpt-4o-mini"));
            for id in ids.iter().filter(|id| id.starts_with("gemini-2.5")) {
                assert_eq!(of(id), None);
            }
            assert_eq!(starts.iter().flatten().count(), 7);
        }
    }

    #[test]
    fn only_differences_between_those_at_hand_count() {
        let two = candidates(&["gpt-4o", "nobody-knows-me"]);
        assert_eq!(head_starts(&two, Task::Code), [Some(0.0), None]);
        let three = candidates(&["gpt-4o", "nobody-knows-me", "claude-3-haiku-20240307"]);
        let starts = head_starts(&three, Task::Code);
        let (first, last) = (starts[0].unwrap(), starts[2].unwrap());
        assert!((first - 0.0715).abs() < 1e-9 && (first + last).abs() < 1e-9);
        // Without MATH of its own a model is compared by MMLU.
        let mixed = candidates(&["mistral-nemo-2407", "gpt-4o"]);
        assert!(head_starts(&mixed, Task::Math)[0] < Some(-0.05));
        assert!(head_starts(&[], Task::Open).is_empty());
    }
}
