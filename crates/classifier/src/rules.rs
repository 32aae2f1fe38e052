//! The few cases that are beyond doubt, decided without the model.
//!
//! Law: a rule may be silent, but where it speaks it is right nearly always; whatever needs
//! weighing is the model's. What looks like arithmetic and is none (dates, telephone numbers,
//! versions) is left alone.

mod aside;
mod sums;

use chat::Task;
use text::fence::Fence;

use super::{
    Verdict,
    lexicon::{ASKING, classes},
    reading::Reading,
    tokens::{Kind, tokens},
};

pub use aside::shows_form;
use aside::side_request;
use sums::is_arithmetic;

/// A bare expression is no longer than this, bytes.
const EXPRESSION_BYTES: usize = 300;

/// What a rule makes of a conversation; `None` where none applies.
pub fn decide(reading: &Reading<'_>) -> Option<Verdict> {
    let verdict = |task, confidence| Some(Verdict { task, confidence });
    if reading.length <= EXPRESSION_BYTES && is_arithmetic(reading.head) {
        return verdict(Task::Math, 0.99);
    }
    if let Some(task) = side_request(reading) {
        return verdict(task, 0.96);
    }
    if asks_for_data(reading) {
        return verdict(Task::Structured, 0.97);
    }
    if reading.before.is_empty() && (is_contest(reading.head) || is_contest(reading.tail)) {
        return verdict(Task::Code, 0.96);
    }
    if has_code_fence(reading.head) && reading.before.is_empty() && !asks_for_text(reading) {
        return verdict(Task::Code, 0.95);
    }
    None
}

/// The statement of a programming contest: its answer is a program, whatever is to be counted.
fn is_contest(text: &str) -> bool {
    const MARKS: [&str; 33] = [
        "示例 1",
        "输入：",
        "输出：",
        "time limit",
        "memory limit",
        "input format",
        "output format",
        "sample input",
        "sample output",
        "example input",
        "example output",
        "input specification",
        "output specification",
        "line contains",
        "line of input",
        "lines of input",
        "each test case",
        "number of test cases",
        "standard input",
        "standard output",
        "stdin",
        "stdout",
        "输入格式",
        "输出格式",
        "输入描述",
        "输出描述",
        "输入样例",
        "输出样例",
        "题目描述",
        "входные данные",
        "выходные данные",
        "формат ввода",
        "dữ liệu vào",
    ];
    // Marks that say the more where they stand alone on a line.
    const TITLES: [&str; 6] = [
        "input",
        "output",
        "constraints",
        "examples",
        "example 1",
        "note",
    ];
    let lower = text.to_lowercase();
    let marks = MARKS.iter().filter(|mark| lower.contains(*mark)).count();
    let title = |line: &str| TITLES.contains(&line.trim_matches([' ', '#', '*', ':', '-', '>']));
    let titles = lower.lines().filter(|line| title(line)).take(3).count();
    // What only a program is told: a bound of its time, a modulus of contests beside its limits.
    let limits = text.contains('≤') || lower.contains("<=");
    let modulus = ["10^9+7", "10^9 + 7", "10^{9}+7", "998244353", "1000000007"]
        .iter()
        .any(|mark| lower.contains(mark));
    let limit = lower.contains("time limit") || lower.contains("memory limit");
    marks >= 2
        || (limits && (limit || (modulus && titles >= 2)))
        || (marks >= 1 && titles >= 2)
        || titles >= 3
}

/// No word and no operation, or a single letter: a bare date, version or telephone number asks
/// for nothing that could be told from it, and neither does "x" or "b)".
pub fn says_nothing(reading: &Reading<'_>) -> bool {
    let mut letters = reading.head.chars().filter(|sign| sign.is_alphanumeric());
    if letters.next().is_none_or(char::is_alphabetic) && letters.next().is_none() {
        return true;
    }
    if is_bare_name(reading) {
        return true;
    }
    reading.tail.is_empty()
        && !reading.head.chars().any(|sign| {
            sign.is_alphabetic() || matches!(sign, '*' | '=' | '^' | '\\' | '×' | '÷' | '√' | '∫')
        })
}

/// A word or two that ask for nothing, with nothing said before; or a few that are in no dictionary here.
fn is_bare_name(reading: &Reading<'_>) -> bool {
    /// Tokens of a word or two, with a sign at their end.
    const FEW: usize = 3;
    const UNKNOWN: usize = 6;
    if !reading.before.is_empty() || reading.length > 60 {
        return false;
    }
    let said = tokens(reading.head, UNKNOWN + 1);
    let words = said.iter().filter(|token| token.kind == Kind::Word);
    let unknown = words.clone().all(|word| classes(word.hash) == 0)
        && said.len() <= UNKNOWN
        && reading.head.is_ascii();
    (said.len() <= FEW && (1..=2).contains(&words.clone().count())
        || unknown && (1..UNKNOWN).contains(&words.clone().count()))
        && words.clone().all(|word| classes(word.hash) & ASKING == 0)
        && said
            .iter()
            .all(|token| token.kind == Kind::Word || matches!(token.text, "." | "!" | "?" | "…"))
}

/// The first or the last sentence tells to answer in a data format.
fn asks_for_data(reading: &Reading<'_>) -> bool {
    let end = if reading.tail.is_empty() {
        reading.head
    } else {
        reading.tail
    };
    let ends = [
        text::window::head(reading.head, 240),
        text::window::tail(end, 240),
    ];
    ends.into_iter().any(|text| {
        let words: Vec<String> = text
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        words.iter().enumerate().any(|(at, word)| {
            is_order(word)
                && at
                    .checked_sub(1)
                    .and_then(|before| words.get(before))
                    .is_none_or(|before| starts_order(before))
                && words
                    .iter()
                    .skip(at + 1)
                    .take(5)
                    .take_while(|word| !about_code(word))
                    .any(|word| matches!(word.as_str(), "json" | "yaml" | "csv" | "xml" | "tsv"))
        }) && !words.iter().any(|word| about_code(word))
    })
}

fn is_order(word: &str) -> bool {
    matches!(
        word,
        "return"
            | "respond"
            | "reply"
            | "answer"
            | "output"
            | "antworte"
            | "réponds"
            | "répondez"
            | "responde"
            | "responda"
            | "rispondi"
            | "ответь"
            | "отвечай"
            | "верни"
            | "выведи"
    )
}

/// An order stands at the beginning of a sentence, not in "a function to return JSON".
fn starts_order(before: &str) -> bool {
    !matches!(
        before,
        "to" | "that"
            | "which"
            | "must"
            | "should"
            | "can"
            | "will"
            | "and"
            | "the"
            | "an"
            | "my"
            | "your"
            | "not"
            | "t"
            | "api"
            | "server"
            | "endpoint"
            | "i"
            | "it"
    )
}

fn about_code(word: &str) -> bool {
    matches!(
        word,
        "function"
            | "functions"
            | "code"
            | "script"
            | "program"
            | "parse"
            | "parser"
            | "class"
            | "method"
            | "endpoint"
            | "api"
            | "library"
            | "error"
            | "python"
            | "javascript"
            | "java"
            | "rust"
            | "php"
            | "bash"
            | "sql"
            | "how"
            | "why"
            | "bug"
            | "regex"
    )
}

/// A fence that names a programming language.
fn has_code_fence(text: &str) -> bool {
    text.lines().any(|line| {
        Fence::opens(line).is_some_and(|fence| {
            matches!(
                fence.tag.to_ascii_lowercase().as_str(),
                "python"
                    | "py"
                    | "javascript"
                    | "js"
                    | "typescript"
                    | "ts"
                    | "jsx"
                    | "tsx"
                    | "java"
                    | "c"
                    | "cpp"
                    | "c++"
                    | "csharp"
                    | "cs"
                    | "c#"
                    | "go"
                    | "golang"
                    | "rust"
                    | "rs"
                    | "ruby"
                    | "rb"
                    | "php"
                    | "kotlin"
                    | "swift"
                    | "scala"
                    | "r"
                    | "lua"
                    | "perl"
                    | "haskell"
                    | "bash"
                    | "sh"
                    | "shell"
                    | "powershell"
                    | "sql"
                    | "css"
                    | "html"
                    | "vue"
                    | "svelte"
                    | "dart"
                    | "asm"
                    | "dockerfile"
            )
        })
    })
}

/// What is to be done with the code is of another kind.
fn asks_for_text(reading: &Reading<'_>) -> bool {
    const OTHER: [&str; 14] = [
        "json",
        "yaml",
        "csv",
        "table",
        "poem",
        "story",
        "email",
        "e-mail",
        "letter",
        "extract",
        "classify",
        "who ",
        "translate",
        "label",
    ];
    let lower = reading.head.to_lowercase();
    OTHER.iter().any(|word| lower.contains(word))
}

#[cfg(test)]
mod tests;
