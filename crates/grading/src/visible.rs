//! What of an answer is the answer: without the thinking that some models write into it.

use text::draft;

/// End marks of a model's own vocabulary that some servers let through.
const END_MARKS: [&str; 13] = [
    "<|return|>",
    "<|END_RESPONSE|>",
    "<|END_TEXT|>",
    "<|end_of_solution|>",
    "<|eom_id|>",
    "<turn|>",
    "</s>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
];

/// The same before an answer that a draft precedes.
const BEGIN_MARKS: [&str; 3] = [
    "<|START_RESPONSE|>",
    "<|START_TEXT|>",
    "<|begin_of_solution|>",
];

/// The answer without drafts and without end marks; empty where a draft never ends.
pub fn visible(text: &str) -> &str {
    // Blanks at both ends are passed once, not by each of the steps below.
    let begun = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    let text = draft::answer(begun.trim_end()).unwrap_or_default();
    let mut text = text.trim().trim_start_matches('\u{feff}').trim();
    if let Some(rest) = BEGIN_MARKS.iter().find_map(|mark| text.strip_prefix(mark)) {
        text = rest.trim_start();
    }
    while let Some(rest) = END_MARKS.iter().find_map(|mark| text.strip_suffix(mark)) {
        text = rest.trim_end();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinking_is_no_part_of_an_answer() {
        for (text, answer) in [
            ("<think>a</think> b", "b"),
            ("<thinking>\na\n</thinking>\n<think>c</think>\nb", "b"),
            ("a, not sent open\n</think>\n\nb", "b"),
            ("<think>a</think>b\n</think>\nc", "c"),
            ("<think>never ends", ""),
            ("plain</s>", "plain"),
            (
                "<|START_THINKING|>a<|END_THINKING|><|START_RESPONSE|>b<|END_RESPONSE|>",
                "b",
            ),
            ("<|channel|>final<|message|>b<|return|>", "b"),
            (
                "re.sub('<think>.*</think>', '')",
                "re.sub('<think>.*</think>', '')",
            ),
            ("x.split('</think>')[1]", "x.split('</think>')[1]"),
            (
                "<think>a</think>\ncut at `<think>` and\n</think>\nhere",
                "cut at `<think>` and\n</think>\nhere",
            ),
            ("", ""),
        ] {
            assert_eq!(visible(text), answer, "{text}");
        }
    }
}
