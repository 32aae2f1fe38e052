//! What of an answer is the answer: without the thinking that some models write into it.

/// Names of the tags that thinking stands in.
const NAMES: [&str; 5] = ["think", "thinking", "thought", "thoughts", "reasoning"];
/// Most stretches of thinking that are taken away.
const MAX_STRETCHES: usize = 16;
/// End marks of a model's own vocabulary that some servers let through.
const END_MARKS: [&str; 7] = [
    "</s>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|end|>",
    "<|endoftext|>",
    "<|end_of_text|>",
    "<end_of_turn>",
];

/// The answer without its thinking and without end marks. Thinking that never ends has no answer
/// after it; a closing tag whose opening one was not sent ends thinking where it stands alone at
/// the beginning or the end of a line. Tags further on are what the answer speaks of.
pub fn visible(text: &str) -> &str {
    let mut text = text.trim_start_matches('\u{feff}').trim();
    for _ in 0..MAX_STRETCHES {
        match NAMES.iter().find_map(|name| after(text, name)) {
            Some(rest) => text = rest.trim(),
            None => break,
        }
    }
    while let Some(rest) = END_MARKS.iter().find_map(|mark| text.strip_suffix(mark)) {
        text = rest.trim_end();
    }
    text
}

/// What follows the thinking that the text begins with; `None` where it begins with none.
fn after<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    let rest = |at: usize| text.get(at + close.len()..).unwrap_or_default();
    let end = text.find(&close);
    if text.starts_with(&open) {
        return Some(end.map_or("", rest));
    }
    let end = end?;
    let before = text.get(..end)?;
    let alone = before.ends_with('\n') || rest(end).starts_with(['\n', '\r']) || end == 0;
    (alone && !before.contains(&open)).then(|| rest(end))
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
