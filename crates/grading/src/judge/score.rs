//! The number in a judge's reply. Judges are told to write nothing else, and write much else.

use serde_json::{Map, Value};
use text::{draft, window};

use super::figures::{Figure, figures};

/// Replies are read no further than this, in bytes from the end.
const REPLY_WINDOW: usize = 8_000;
/// Bytes before a number in which its name is looked for.
const NAME_WINDOW: usize = 60;
/// JSON replies are searched this many levels deep.
const LEVELS: usize = 4;

/// Words that say of the number right behind them that it is the score.
const TITLES: [&str; 19] = [
    "score",
    "rating",
    "grade",
    "note",
    "nota",
    "bewertung",
    "punktzahl",
    "puntuación",
    "puntuacion",
    "pontuação",
    "punteggio",
    "valutazione",
    "оценка",
    "评分",
    "得分",
    "分数",
    "評価",
    "スコア",
    "점수",
];
/// Words that name a number as the score from further off.
const NAMES: [&str; 8] = [
    "score", "rating", "rate", "quality", "grade", "give", "overall", "final",
];
/// Names of a score in JSON, the likeliest first.
const FIELDS: [&str; 10] = [
    "score",
    "rating",
    "overall_score",
    "final_score",
    "total_score",
    "overall",
    "quality",
    "grade",
    "note",
    "value",
];

/// The score in a judge's reply, 0..=1; `None` where there is none, or more than one candidate.
///
/// Understood are `0.8`, `8/10`, `4 out of 5`, `80%`, `Score: 0.8`, `{"score": 0.8}`, with
/// thinking in `<think>` before it and remarks around it. A bare number over 1 has no known scale
/// and is none; a bare 0 or 1 counts only where it is plainly no count of something.
pub fn read_score(reply: &str) -> Option<f64> {
    let reply = window::tail(draft::answer(reply)?.trim(), REPLY_WINDOW);
    if let Some(score) = json_score(reply) {
        return score;
    }
    let figures = figures(reply);
    let titled = figures
        .iter()
        .rev()
        .filter(|figure| is_titled(reply, figure))
        .find_map(|figure| figure.score());
    let apart = apart(reply, &figures);
    if titled.is_some() || apart.is_some() {
        // Where both are there they have to agree.
        return titled
            .xor(apart)
            .or(titled.filter(|score| Some(*score) == apart));
    }
    if let [only] = figures.as_slice()
        && !is_refusal(reply)
        && (!only.is_weak() || ends_there(reply, only) && is_last(reply, only))
    {
        return only.score();
    }
    let names: &[&str] = if is_refusal(reply) {
        &["score", "rating"]
    } else {
        &NAMES
    };
    figures
        .iter()
        .rev()
        .filter(|figure| !figure.is_weak() || ends_there(reply, figure))
        .find(|figure| is_named(reply, figure, names))?
        .score()
}

/// The score of JSON objects, bare or in a fence: `Some(None)` where it is out of range, or where
/// they differ.
fn json_score(reply: &str) -> Option<Option<f64>> {
    let text = reply.get(reply.find('{')?..)?;
    let objects = serde_json::Deserializer::from_str(text).into_iter::<Map<String, Value>>();
    let mut scores = objects
        .map_while(Result::ok)
        .filter_map(|object| field_score(&object, LEVELS));
    let first = scores.next()?;
    Some(first.filter(|_| scores.all(|other| other == first)))
}

fn field_score(object: &Map<String, Value>, levels: usize) -> Option<Option<f64>> {
    let named = |wanted: &str| {
        object
            .iter()
            .find(|(name, _)| name.to_lowercase().replace([' ', '-'], "_") == wanted)
            .map(|(_, value)| value)
            .filter(|value| !value.is_object())
    };
    if let Some(value) = FIELDS.iter().find_map(|field| named(field)) {
        return Some(match value {
            Value::Number(number) => number.as_f64().filter(|score| (0.0..=1.0).contains(score)),
            Value::String(text) => match figures(text).as_slice() {
                [only] => only.score(),
                _ => None,
            },
            _ => None,
        });
    }
    let deeper = levels.checked_sub(1)?;
    object
        .values()
        .filter_map(Value::as_object)
        .find_map(|object| field_score(object, deeper))
}

/// The score that stands apart: alone on its line, or at the beginning of the reply with remarks
/// behind it. `None` where several do that differ.
fn apart(reply: &str, figures: &[Figure]) -> Option<f64> {
    let mut scores = figures
        .iter()
        .filter(|figure| is_alone(reply, figure) || leads(reply, figure))
        .map(|figure| figure.score());
    let first = scores.next()??;
    scores.all(|score| score == Some(first)).then_some(first)
}

fn is_alone(reply: &str, figure: &Figure) -> bool {
    let (before, after) = around(reply, figure);
    let before = before.rsplit('\n').next().unwrap_or("");
    let after = after.split('\n').next().unwrap_or("");
    is_markup(before) && is_markup(after)
}

fn leads(reply: &str, figure: &Figure) -> bool {
    let (before, after) = around(reply, figure);
    if !is_markup(before) {
        return false;
    }
    let rest = after.trim_start_matches(['*', '`', '_', '"', ' ']);
    if rest.starts_with(|c: char| c.is_alphabetic()) {
        // "0.7 to 0.8" is two candidates.
        let second = rest.split_whitespace().nth(1).unwrap_or("");
        return !figure.is_weak() && !second.starts_with(|c: char| c.is_ascii_digit());
    }
    let mut next = rest.chars();
    let mark = next.next();
    let digit = |c: Option<char>| c.is_some_and(|c| c.is_ascii_digit());
    mark.is_none_or(|mark| !mark.is_alphanumeric()) && !digit(next.find(|c| *c != ' '))
}

/// Does a title stand right before the number: `Score: 0.8`, `Score (0 to 1): 0.8`.
fn is_titled(reply: &str, figure: &Figure) -> bool {
    let before = name_window(reply, figure);
    TITLES.iter().any(|title| {
        let Some(at) = before.rfind(title) else {
            return false;
        };
        let mut inside = false;
        let between: String = before
            .get(at + title.len()..)
            .unwrap_or("")
            .chars()
            .filter(|c| {
                inside = (inside || *c == '(') && *c != ')';
                !inside
            })
            .collect();
        let between = between.trim();
        let mut words = between
            .split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty());
        words.all(|word| matches!(word, "is" | "est" | "ist" | "es"))
    })
}

/// Does one of the names stand before a number, on its line, with no other number between.
fn is_named(reply: &str, figure: &Figure, names: &[&str]) -> bool {
    let before = name_window(reply, figure);
    let at = names.iter().filter_map(|name| before.rfind(name)).max();
    at.is_some_and(|at| figures(before.get(at..).unwrap_or("")).is_empty())
}

fn name_window(reply: &str, figure: &Figure) -> String {
    let from = reply.floor_char_boundary(figure.start.saturating_sub(NAME_WINDOW));
    let before = reply.get(from..figure.start).unwrap_or("");
    before.rsplit('\n').next().unwrap_or(before).to_lowercase()
}

/// Is what was said with the number over behind it: "a 1, since" and not "1 mistake".
fn ends_there(reply: &str, figure: &Figure) -> bool {
    let (_, after) = around(reply, figure);
    let rest = after.trim_start_matches(['*', '`', '_', '"', ' ']);
    let word = rest.split(|c: char| !c.is_alphanumeric()).next();
    matches!(word, None | Some("" | "because" | "since" | "as" | "for"))
}

/// Is it what the reply ends with.
fn is_last(reply: &str, figure: &Figure) -> bool {
    let (_, after) = around(reply, figure);
    !after.contains(char::is_alphanumeric)
}

fn around<'a>(reply: &'a str, figure: &Figure) -> (&'a str, &'a str) {
    let before = reply.get(..figure.start).unwrap_or("");
    (before, reply.get(figure.end..).unwrap_or(""))
}

/// Nothing but what a number is dressed in.
fn is_markup(text: &str) -> bool {
    text.chars().all(|c| {
        matches!(
            c,
            '*' | '`' | '_' | '"' | '\'' | '#' | '.' | '[' | ']' | '(' | ')'
        ) || c.is_whitespace()
    })
}

fn is_refusal(reply: &str) -> bool {
    let lower = reply.to_lowercase();
    [
        "cannot",
        "can't",
        "unable to",
        "won't",
        "not able to",
        "i refuse",
    ]
    .iter()
    .any(|words| lower.contains(words))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn scores_are_read_in_the_forms_that_judges_use() {
        for (reply, score) in [
            ("0.8", 0.8),
            (" 1 ", 1.0),
            ("0", 0.0),
            ("1.", 1.0),
            (".75", 0.75),
            ("0,7", 0.7),
            ("[0.8]", 0.8),
            ("8/10", 0.8),
            ("1.0/1.0", 1.0),
            ("**8/10**", 0.8),
            ("4 out of 5", 0.8),
            ("8 of 10", 0.8),
            ("80%", 0.8),
            ("Score: 0.8", 0.8),
            ("**Score:** 0.8", 0.8),
            ("Score - 0.8", 0.8),
            ("Rating: **4/5**", 0.8),
            ("Rating: 4 stars out of 5", 0.8),
            ("{\"score\": 0.8}", 0.8),
            ("{\"score\":\"0.8\"}", 0.8),
            ("[{\"score\": 0.8}]", 0.8),
            ("{\"result\":{\"score\":0.8}}", 0.8),
            ("{\"step\":1}\n{\"Final Score\":0.8}", 0.8),
            ("{\"criteria\":{\"score\":0.2},\"score\":0.8}", 0.8),
            ("{\"score\":0.8} since {x} holds", 0.8),
            (
                "```json\n{\"rating\": \"8/10\", \"why\": \"2 faults\"}\n```",
                0.8,
            ),
            ("<think>maybe 0.2, or 0.9?</think>\n0.8", 0.8),
            ("On a scale from 0 to 1, I rate it 0.8.", 0.8),
            ("It gets 2 of 3 points right.\n\nScore: 0.6", 0.6),
            ("0.8 (out of 1)", 0.8),
            ("Score (0 = bad, 1 = perfect): 0.8", 0.8),
            ("I give it 0.8 because 2 of 3 steps are right", 0.8),
            ("I give it a 1 because it is right", 1.0),
            ("**0.85**\n\nThe answer has 3 faults", 0.85),
            ("0.6\nThe code won't compile where n is 2", 0.6),
            ("0.6. It cannot handle 1 case.", 0.6),
            ("1 (correct and complete)", 1.0),
            ("1. The sum is right.\n2. The form is not.\n\n0.5", 0.5),
            ("First 3 steps hold, 2 do not.\n\n**0.4**", 0.4),
            ("Note : 0,8", 0.8),
            ("Note : 0,8\nLa réponse contient 2 erreurs", 0.8),
            ("评分：0.8，共有2处错误", 0.8),
            ("评分0.8", 0.8),
            ("The answer deserves a 1.", 1.0),
        ] {
            let read = read_score(reply);
            assert!(
                read.is_some_and(|read| (read - score).abs() < 1e-9),
                "{reply}: {read:?}"
            );
        }
    }

    #[test]
    fn a_reply_without_one_number_in_range_is_no_score() {
        for reply in [
            "",
            "I cannot rate this.",
            "I can't rate this answer above 0 without more context",
            "8",
            "-0.5",
            "1.5",
            "11/10",
            "NaN",
            "nine out of ten",
            "{\"score\": 7}",
            "{\"score\": null}",
            "{\"score\": 0.2} {\"score\": 0.8}",
            "{\"verdict\": \"good\"}",
            "<think>it looks like 0.9 to me",
            "0.3 0.9",
            "0.3\n0.9",
            "0.7-0.8",
            "0.7 to 0.8",
            "0.8\n\nA rating: 0.4",
            "good",
            // Cut off before its number, a reply still holds numbers.
            "1. The answer is correct, but it",
            "Step 1 is right, and the rest",
            "The answer makes 1 mistake",
            "Overall, 1 of the claims is wrong",
            "It gets 2 of 5 points right",
        ] {
            assert_eq!(read_score(reply), None, "{reply}");
        }
    }

    proptest! {
        #[test]
        fn every_reply_is_read_without_panic_and_in_range(reply in "\\PC{0,300}") {
            if let Some(score) = read_score(&reply) {
                prop_assert!((0.0..=1.0).contains(&score));
            }
        }

        #[test]
        fn a_plain_score_is_always_read(score in 0u32..=100) {
            let value = f64::from(score) / 100.0;
            for reply in [format!("{value}"), format!("Score: {value:.2}"), format!("{score}%"), format!("{score}/100")] {
                let read = read_score(&reply).unwrap();
                prop_assert!((read - value).abs() < 1e-9, "{reply}");
            }
        }
    }
}
