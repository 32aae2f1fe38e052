//! How the world writes numbers: digits of other scripts, decimal commas, thousands by point.
//!
//! Law: a text is rewritten into western digits and points before it is read, in one pass; where
//! its language does not tell which of point and comma is the decimal one, both readings count.

use std::borrow::Cow;

use text::number::{
    self,
    words::{self, Tongue},
};

/// Zeros of the scripts whose ten digits follow each other.
const ZEROS: [u32; 20] = [
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xe50,
    0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xff10, 0x1946,
];

/// Words of languages that write a decimal comma.
const COMMA: [&str; 52] = [
    "berechne",
    "berechnen",
    "rechne",
    "wieviel",
    "viel",
    "ergibt",
    "ist",
    "sind",
    "wie",
    "was",
    "calcule",
    "calculez",
    "calculer",
    "combien",
    "font",
    "quel",
    "quelle",
    "quanto",
    "quantos",
    "resultado",
    "calcola",
    "qual",
    "bereken",
    "hoeveel",
    "wat",
    "сколько",
    "вычисли",
    "вычислите",
    "посчитай",
    "равно",
    "будет",
    "oblicz",
    "ile",
    "beräkna",
    "vad",
    "beregn",
    "hvad",
    "hva",
    "laske",
    "paljonko",
    "vypočítej",
    "kolik",
    "hesapla",
    "kaç",
    "hitung",
    "berapa",
    "tính",
    "обчисли",
    "скільки",
    "υπολόγισε",
    "calculează",
    "mennyi",
];
/// Words of languages that write a decimal point.
const POINT: [&str; 26] = [
    "what",
    "what's",
    "whats",
    "calculate",
    "compute",
    "evaluate",
    "how",
    "solve",
    "find",
    "add",
    "multiply",
    "divide",
    "subtract",
    "the",
    "please",
    "simplify",
    "reply",
    "answer",
    "计算",
    "请计算",
    "計算",
    "等于多少",
    "是多少",
    "计算一下",
    "गणना",
    "answer:",
];

/// Which sign parts whole from fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Point,
    Comma,
    /// It can't be told.
    Either,
}

/// The style of the language that a text is written in, as far as its words tell.
pub fn of(text: &str) -> Style {
    let lower = text.to_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '\''));
    let (mut comma, mut point) = (false, false);
    for word in words.filter(|word| !word.is_empty()).take(200) {
        comma |= COMMA.contains(&word);
        point |= POINT.contains(&word);
    }
    match (comma, point) {
        (true, false) => Style::Comma,
        (false, true) => Style::Point,
        _ => Style::Either,
    }
}

/// The text with western digits and signs.
pub fn western(text: &str) -> Cow<'_, str> {
    if text.is_ascii() || !text.chars().any(|c| plain(c) != c) {
        return text.into();
    }
    text.chars().map(plain).collect::<String>().into()
}

fn plain(c: char) -> char {
    let code = c as u32;
    if code < 0x600 {
        return c;
    }
    let digit = ZEROS
        .iter()
        .find_map(|zero| code.checked_sub(*zero).filter(|digit| *digit < 10))
        .and_then(|digit| char::from_digit(digit, 10));
    match c {
        '٫' => '.',
        '٬' | '،' => ',',
        '٪' => '%',
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(code - 0xfee0).unwrap_or(c),
        _ => digit.unwrap_or(c),
    }
}

/// The text with decimal commas as points and without points between thousands; `None` where
/// that changes nothing.
pub fn with_points(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut glued = false;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, from) = rest.split_at_checked(at)?;
        out.push_str(before);
        glued = before
            .chars()
            .next_back()
            .map_or(glued, |c| c.is_alphabetic() || c == '.' || c == ',');
        let end = from
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','))
            .unwrap_or(from.len());
        let run = from.get(..end)?;
        let numeral = run.trim_end_matches(['.', ',']);
        match decimal_comma(numeral).filter(|_| !glued) {
            Some(points) => out.push_str(&points),
            None => out.push_str(numeral),
        }
        out.push_str(run.get(numeral.len()..)?);
        rest = from.get(end..)?;
        glued = false;
    }
    out.push_str(rest);
    (out != text).then_some(out)
}

/// `1.234.567,89` → `1234567.89`; `None` for what is written otherwise.
fn decimal_comma(numeral: &str) -> Option<String> {
    let (whole, fraction) = match numeral.split_once(',') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (numeral, None),
    };
    if fraction.is_some_and(|fraction| fraction.contains([',', '.'])) {
        return None;
    }
    let mut groups = whole.split('.');
    let first = groups.next()?;
    let grouped = whole.contains('.');
    let thousands = (1..=3).contains(&first.len()) && groups.all(|group| group.len() == 3);
    if (grouped && !thousands) || (!grouped && fraction.is_none()) {
        return None;
    }
    let whole = whole.replace('.', "");
    Some(match fraction {
        Some(fraction) => format!("{whole}.{fraction}"),
        None => whole,
    })
}

/// The text with number words as digits, in each language in which it has some.
pub fn in_words(text: &str) -> impl Iterator<Item = String> {
    Tongue::ALL
        .into_iter()
        .filter_map(|tongue| words::digits(text, tongue))
}

/// Whether a text calculates in the words of a language whose number words are read.
pub fn calculates(text: &str) -> bool {
    const WORDS: [&str; 20] = [
        " hoch ",
        " mal ",
        "plus",
        "minus",
        "geteilt",
        "dividiert",
        "fois",
        "moins",
        "divisé",
        "más",
        "menos",
        " por ",
        "dividido",
        "vezes",
        " mais ",
        "乘",
        "加",
        "减",
        "減",
        "除以",
    ];
    WORDS.iter().any(|word| text.contains(word))
}

/// Whether points stand between more than one group of thousands: no other number is written so.
pub fn has_grouping_points(text: &str) -> bool {
    let mut runs = text.split(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
    runs.any(|run| {
        run.matches('.').count() >= 2 && decimal_comma(run.trim_end_matches(['.', ','])).is_some()
    })
}

/// Whether an answer gives a value in a form that is not read here: a fraction in words, a
/// quotient with its remainder, digits that repeat, so many millions.
pub fn has_a_form_of_its_own(answer: &str) -> bool {
    const FRACTIONS: [&str; 21] = [
        "half", "halves", "third", "thirds", "quarter", "quarters", "fifth", "fifths", "eighth",
        "tenth", "halb", "demi", "medio", "media", "meio", "meia", "tercio", "cuarto", "tiers",
        "quart", "mezzo",
    ];
    const SCALES: [&str; 8] = [
        "million",
        "millions",
        "billion",
        "trillion",
        "lakh",
        "crore",
        "millionen",
        "milliarden",
    ];
    const REST: [&str; 6] = ["remainder", "rest", "reste", "resto", "r", "余"];
    let lower = answer.to_lowercase();
    let repeats = ["\\overline", "\u{305}", "repeating", "recurring", ".("]
        .iter()
        .any(|mark| answer.contains(mark));
    let mut words = lower.split(|c: char| !c.is_alphanumeric());
    let digits = answer.contains(|c: char| c.is_ascii_digit());
    repeats
        || answer.contains(['万', '萬', '亿', '億', '만', '억'])
        || words.any(|word| match digits {
            true => REST.contains(&word) || SCALES.contains(&word),
            // "dreieinhalb", "ein Viertel", "zwei Drittel"
            false => {
                FRACTIONS.contains(&word)
                    || word.ends_with("einhalb")
                    || ["viertel", "drittel", "fünftel", "achtel", "zehntel"].contains(&word)
            }
        })
}

/// Whether a text says that a number is only near.
pub fn says_about(text: &str) -> bool {
    const WORDS: [&str; 12] = [
        "about", "approx", "roughly", "around", "nearly", "almost", "over ", "≈", "~", "etwa",
        "rund", "environ",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word)) || lower.contains('约')
}

/// Whether an answer without a number may name one in a language whose number words are not read:
/// it is of another script, or the question is of no language that is.
pub fn may_be_a_number_in_words(question: &str, answer: &str) -> bool {
    /// Words of the languages that are read besides English.
    const READ: [&str; 19] = [
        "was",
        "ist",
        "berechne",
        "rechne",
        "viel",
        "ergibt",
        "combien",
        "calculez",
        "font",
        "quel",
        "cuánto",
        "cuanto",
        "calcula",
        "cuál",
        "é",
        "calcule",
        "résultat",
        "wieviel",
        "sind",
    ];
    let other = |c: char| c.is_alphabetic() && c > '\u{24f}';
    if answer.contains(other) {
        return true;
    }
    let lower = question.to_lowercase();
    let mut words = lower
        .split(|c: char| !(c.is_alphanumeric() || c == '\''))
        .filter(|word| word.starts_with(char::is_alphabetic))
        .peekable();
    let spoken = words.peek().is_some();
    let read = words.any(|word| READ.contains(&word) || POINT.contains(&word));
    // Signs alone are of no language: then a word or two may be the number.
    !read && (spoken || (1..=3).contains(&answer.split_whitespace().count()))
}

/// Numbers with a slash, a hyphen or an `x` and no blank between, and nothing that asks to work it
/// out: a date, a score, a saying ("9/11", "20/20", "4-4-2", "2x4") as well as a sum.
pub fn is_saying(question: &str) -> bool {
    const ASKS: [&str; 11] = [
        "calculate",
        "compute",
        "evaluate",
        "divide",
        "decimal",
        "percent",
        "fraction",
        "simplify",
        "solve",
        "value",
        "=",
    ];
    let lower = question.to_lowercase();
    if question.len() > 120 || ASKS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let numbers =
        lower.split(|c: char| c.is_whitespace() || matches!(c, '?' | '!' | ':' | '"' | '\''));
    let mut slashed = 0;
    for word in numbers.filter(|word| word.contains(|c: char| c.is_ascii_digit())) {
        let word = word.trim_end_matches(['.', ',']);
        // A date, a score, a line-up, a size: "9/11", "4-4-2", "2x4".
        let sign = word.find(|c: char| !c.is_ascii_digit());
        let sign = sign.and_then(|at| word.get(at..)?.chars().next());
        let Some(sign @ ('/' | '-' | '–' | 'x' | '×')) = sign else {
            return false;
        };
        let parts: Vec<&str> = word.split(sign).collect();
        let plain =
            |part: &&str| (1..=4).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        if !(2..=5).contains(&parts.len()) || !parts.iter().all(plain) {
            return false;
        }
        slashed += 1;
    }
    slashed == 1
}

/// Whether an answer explains in words, and gives no result.
pub fn is_in_words(answer: &str) -> bool {
    const RESULTS: [&str; 12] = [
        "=",
        "≈",
        "answer",
        "result",
        "equals",
        "equal to",
        "decimal",
        "divided",
        "fraction",
        "approximately",
        "\\boxed",
        "####",
    ];
    /// Words that stand around a bare result.
    const AROUND: [&str; 16] = [
        "it", "it's", "its", "is", "the", "a", "an", "that", "that's", "this", "sum", "value",
        "so", "number", "exactly", "about",
    ];
    let lower = answer.to_lowercase();
    if RESULTS.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '\''));
    let telling = words.filter(|word| {
        let number = number::small(word).is_some() || number::scale(word).is_some();
        word.starts_with(char::is_alphabetic) && !number && !AROUND.contains(word)
    });
    let ideographs = answer
        .chars()
        .filter(|c| ('\u{2e80}'..='\u{ffef}').contains(c))
        .count();
    answer.split_whitespace().count() >= 5 || telling.count() >= 2 || ideographs >= 5
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_of_other_scripts_are_digits() {
        for (text, western_text) in [
            ("٥ × ٧", "5 × 7"),
            ("۴۲", "42"),
            ("１２＋３０＝？", "12+30=?"),
            ("५ + ७", "5 + 7"),
            ("٣٫٥", "3.5"),
            ("héé 5", "héé 5"),
        ] {
            assert_eq!(western(text), western_text);
        }
    }

    #[test]
    fn decimal_commas_and_points_between_thousands_are_rewritten() {
        for (text, points) in [
            ("2,5 * 4", Some("2.5 * 4")),
            ("1.234,56 + 1", Some("1234.56 + 1")),
            ("1.234.567", Some("1234567")),
            ("x = 3,75.", Some("x = 3.75.")),
            ("12.5 + 1", None),
            ("1,234,567", None),
            ("v1.234", None),
            ("1.2.3", None),
            ("a, b", None),
        ] {
            assert_eq!(with_points(text).as_deref(), points, "{text}");
        }
    }

    #[test]
    fn the_language_tells_the_style() {
        assert_eq!(of("Berechne 2,5 * 4"), Style::Comma);
        assert_eq!(of("What is 2,500 + 1?"), Style::Point);
        assert_eq!(of("2,500 + 1 ="), Style::Either);
        assert_eq!(of("¿Cuánto es 2,5 + 1?"), Style::Either);
    }

    #[test]
    fn dates_and_sayings_are_told_from_divisions() {
        for text in [
            "What is 9/11?",
            "24/7",
            "What is 20/20?",
            "what's 4/20",
            "What is 05/01/2024?",
            "What is 4-4-2?",
            "What is 10-4?",
            "What is a 2x4?",
        ] {
            assert!(is_saying(text), "{text}");
        }
        for text in [
            "Calculate 20/4",
            "What is 20 / 4?",
            "9/3 =",
            "What is 1/2 + 1/3?",
            "2 + 2",
            "What is 12 - 5?",
            "2*4",
        ] {
            assert!(!is_saying(text), "{text}");
        }
    }
}
