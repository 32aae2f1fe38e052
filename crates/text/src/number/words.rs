//! Numbers in words of other languages than English, as digits.
//!
//! Law: one pass, and a run of number words becomes one number or stays as it is. A word that is
//! an article as well ("ein", "une", "um", "一") is a number only beside a sign or a word of
//! arithmetic, or where nothing else is there.
//!
//! Tables of our own: alone, as wasm and gzipped, the crate `text2num` weighs 62 KB for four of the
//! languages and `chinese-number` 8 KB; these weigh 32 KB, of which 9 KB are more than what a worker
//! has of the standard library anyway.

mod chinese;
mod german;
mod romance;
mod scaled;

use std::borrow::Cow;

pub use scaled::scaled;

/// A language whose number words are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    German,
    French,
    Spanish,
    Portuguese,
    Chinese,
}

impl Tongue {
    pub const ALL: [Tongue; 5] = [
        Tongue::German,
        Tongue::French,
        Tongue::Spanish,
        Tongue::Portuguese,
        Tongue::Chinese,
    ];
}

/// What a word adds to the number that it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A number of its own: "seven", "twenty", and in German "three hundred and five".
    Value(u64),
    /// The same, in a word that is an article too.
    Article,
    /// Multiplies what stands before it: "thousand", "million".
    Scale(u64),
    /// Joins two parts: "und", "et", "y", "e".
    And,
    /// Begins the decimals.
    Point,
}

/// The text with its number words as digits, decimals after a point; `None` where it has none.
pub fn digits(text: &str, tongue: Tongue) -> Option<String> {
    if tongue == Tongue::Chinese {
        return chinese::digits(text);
    }
    let words = words(text);
    let lone = words.len() == 1;
    let mut out = String::with_capacity(text.len());
    let (mut copied, mut at) = (0, 0);
    while let Some(word) = words.get(at) {
        let mut run = Run::default();
        let mut next = at;
        // Where the longest number so far ends.
        let mut end = None;
        while let Some(word) = words.get(next) {
            let Some(part) = part(word.text, tongue).filter(|_| next == at || word.goes_on) else {
                break;
            };
            if !run.take(part, tongue) {
                break;
            }
            next += 1;
            if run.is_whole() {
                end = Some((next, run.shown()));
            }
        }
        let Some((next, number)) = end else {
            at += 1;
            continue;
        };
        let last = words.get(next - 1).unwrap_or(word);
        let article = next == at + 1 && part(word.text, tongue) == Some(Part::Article);
        let beside = |word: Option<&Word<'_>>| word.is_some_and(|word| is_operator(word.text));
        let calculates = beside(at.checked_sub(1).and_then(|at| words.get(at)))
            || beside(words.get(next))
            || beside_a_sign(text, word.start, last.end);
        if !article || lone || calculates {
            out.push_str(text.get(copied..word.start)?);
            out.push_str(&number);
            copied = last.end;
        }
        at = next;
    }
    out.push_str(text.get(copied..)?);
    (copied > 0).then_some(out)
}

fn part(word: &str, tongue: Tongue) -> Option<Part> {
    let word: Cow<'_, str> = if word.chars().any(char::is_uppercase) {
        word.to_lowercase().into()
    } else {
        word.into()
    };
    match tongue {
        Tongue::German => german::part(&word),
        Tongue::French => romance::french(&word),
        Tongue::Spanish => romance::spanish(&word),
        Tongue::Portuguese => romance::portuguese(&word),
        Tongue::Chinese => None,
    }
}

/// Words that calculate with the numbers beside them.
fn is_operator(word: &str) -> bool {
    const NAMES: [&str; 15] = [
        "plus", "minus", "mal", "geteilt", "durch", "hoch", "moins", "fois", "divisé", "más",
        "menos", "por", "entre", "mais", "vezes",
    ];
    NAMES.contains(&word.to_lowercase().as_str())
}

fn beside_a_sign(text: &str, start: usize, end: usize) -> bool {
    let sign = |c: char| matches!(c, '+' | '-' | '−' | '*' | '×' | '÷' | '=' | '/');
    let before = text.get(..start).unwrap_or_default().trim_end();
    let after = text.get(end..).unwrap_or_default().trim_start();
    before.ends_with(sign) || after.starts_with(sign)
}

struct Word<'t> {
    text: &'t str,
    start: usize,
    end: usize,
    /// Only a blank or a hyphen parts it from the word before.
    goes_on: bool,
}

/// More words than any text has whose numbers are words.
const MOST: usize = 2_000;

fn words(text: &str) -> Vec<Word<'_>> {
    let mut found: Vec<Word<'_>> = Vec::new();
    let mut last = 0;
    let mut rest = text;
    while found.len() < MOST
        && let Some(at) = rest.find(char::is_alphabetic)
    {
        let start = text.len() - rest.len() + at;
        let from = rest.get(at..).unwrap_or_default();
        let length = from
            .find(|c: char| !c.is_alphabetic())
            .unwrap_or(from.len());
        let end = start + length;
        let gap = text.get(last..start).unwrap_or_default();
        found.push(Word {
            text: text.get(start..end).unwrap_or_default(),
            start,
            end,
            goes_on: matches!(gap, " " | "-" | "\u{a0}" | "\u{2011}"),
        });
        last = end;
        rest = text.get(end..).unwrap_or_default();
    }
    found
}

/// A number as its words come.
#[derive(Default)]
struct Run {
    /// What was multiplied already, and what was not yet.
    sum: u64,
    group: u64,
    /// The scale that stood last; 0 where none did.
    scale: u64,
    read: bool,
    /// A joining word stood last.
    joined: bool,
    decimals: Option<String>,
}

impl Run {
    /// Takes the next part where it can go on.
    fn take(&mut self, part: Part, tongue: Tongue) -> bool {
        let value = match part {
            Part::Value(value) => value,
            Part::Article => 1,
            Part::And => {
                let joins = self.read && !self.joined && self.decimals.is_none();
                self.joined = true;
                return joins;
            }
            Part::Point => {
                let begins = self.read && !self.joined && self.decimals.is_none();
                self.decimals = Some(String::new());
                return begins;
            }
            Part::Scale(scale) => return self.multiply(scale),
        };
        if let Some(decimals) = &mut self.decimals {
            decimals.push_str(&value.to_string());
            return decimals.len() < 20;
        }
        let joined = std::mem::take(&mut self.joined);
        if !self.read || (self.group == 0 && self.scale > 0) {
            // After a scale a smaller number follows, in German and Spanish without a word between.
            let fits = self.scale == 0 || (value > 0 && value < self.scale);
            self.group += value;
            self.read = true;
            return fits;
        }
        let taken = match tongue {
            Tongue::French => romance::french_sum(self.group, value, joined),
            Tongue::Spanish => romance::spanish_sum(self.group, value, joined),
            Tongue::Portuguese => romance::portuguese_sum(self.group, value, joined),
            Tongue::German | Tongue::Chinese => None,
        };
        self.group = taken.unwrap_or(self.group);
        taken.is_some()
    }

    fn multiply(&mut self, scale: u64) -> bool {
        if self.joined || self.decimals.is_some() || (scale > 1_000 && !self.read) {
            return false;
        }
        if scale == 100 {
            let fits = (self.group % 100 < 10) && self.group < 10;
            self.group = self.group.max(1) * 100;
            self.read = true;
            return fits;
        }
        let taken = if self.scale == 0 || scale < self.scale {
            let group = if self.group == 0 { 1 } else { self.group };
            group
                .checked_mul(scale)
                .and_then(|group| self.sum.checked_add(group))
        } else {
            // "mil millones"
            (self.sum + self.group)
                .checked_mul(scale)
                .filter(|_| self.sum < scale && scale > self.scale)
        };
        self.sum = taken.unwrap_or(0);
        self.group = 0;
        self.scale = scale;
        self.read = true;
        taken.is_some()
    }

    fn is_whole(&self) -> bool {
        self.read && !self.joined && self.decimals.as_ref().is_none_or(|d| !d.is_empty())
    }

    fn shown(&self) -> String {
        let whole = self.sum.saturating_add(self.group);
        match &self.decimals {
            Some(decimals) => format!("{whole}.{decimals}"),
            None => whole.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_words_become_digits_in_each_language() {
        for (tongue, cases) in [
            (
                Tongue::German,
                &[
                    ("Was ist sieben mal acht?", "Was ist 7 mal 8?"),
                    ("sechsundfünfzig", "56"),
                    ("Fünfundsechzig.", "65."),
                    ("eintausendzweihundertvierunddreißig", "1234"),
                    ("dreihundertfünf", "305"),
                    ("hundertundeins", "101"),
                    ("zwei Millionen dreihunderttausend", "2300000"),
                    ("eine Million", "1000000"),
                    ("drei Komma eins vier", "3.14"),
                    ("zwölf und dreizehn", "12 und 13"),
                    ("ein", "1"),
                    ("eins plus eins", "1 plus 1"),
                ][..],
            ),
            (
                Tongue::French,
                &[
                    ("Combien font sept fois huit ?", "Combien font 7 fois 8 ?"),
                    ("cinquante-six", "56"),
                    ("soixante et onze", "71"),
                    ("soixante-dix-sept", "77"),
                    ("quatre-vingts", "80"),
                    ("quatre-vingt-dix-neuf", "99"),
                    ("vingt et un", "21"),
                    ("nonante-trois", "93"),
                    ("deux cent quatre", "204"),
                    ("mille neuf cent quatre-vingt-quatre", "1984"),
                    ("trois millions deux cent mille", "3200000"),
                    ("sept, huit et neuf", "7, 8 et 9"),
                    ("trois virgule cinq", "3.5"),
                    ("C'est cent.", "C'est 100."),
                ],
            ),
            (
                Tongue::Spanish,
                &[
                    ("¿Cuánto es siete por ocho?", "¿Cuánto es 7 por 8?"),
                    ("cincuenta y seis", "56"),
                    ("veintidós", "22"),
                    ("ciento cinco", "105"),
                    ("dos mil quinientos cuarenta y tres", "2543"),
                    ("mil millones", "1000000000"),
                    ("diez y seis", "16"),
                    ("siete y ocho", "7 y 8"),
                    ("veinte y treinta", "20 y 30"),
                    ("tres coma cinco", "3.5"),
                ],
            ),
            (
                Tongue::Portuguese,
                &[
                    ("Quanto é sete vezes oito?", "Quanto é 7 vezes 8?"),
                    ("cinquenta e seis", "56"),
                    ("cento e vinte e um", "121"),
                    ("mil e duzentos", "1200"),
                    ("dezesseis", "16"),
                    ("sete e oito", "7 e 8"),
                    ("um mais um", "1 mais 1"),
                ],
            ),
            (
                Tongue::Chinese,
                &[
                    ("七乘以八等于多少？", "7×8等于多少？"),
                    ("五十六", "56"),
                    ("十二加三十", "12+30"),
                    ("一百零五", "105"),
                    ("一万二千三百", "12300"),
                    ("二〇二四", "2024"),
                    ("三点五", "3.5"),
                    ("两千零六", "2006"),
                    ("三亿", "300000000"),
                    ("答案是五十六。", "答案是56。"),
                    ("12除以4", "12÷4"),
                    ("壹佰贰拾叁", "123"),
                ],
            ),
        ] {
            for (words, number) in cases {
                assert_eq!(digits(words, tongue).as_deref(), Some(*number), "{words}");
            }
        }
    }

    #[test]
    fn what_is_no_number_stays() {
        for text in [
            "ein Apfel und eine Birne",
            "une pomme",
            "um livro",
            "una casa",
            "一个苹果",
            "",
            "sechsund",
            "et",
            "y",
        ] {
            for tongue in Tongue::ALL {
                assert_eq!(digits(text, tongue), None, "{text}");
            }
        }
    }

    #[test]
    fn runs_without_end_are_read_in_bounded_time() {
        for word in [
            "mille ", "e ", "un et ", "million ", "九", "亿", "hundert", "sept-",
        ] {
            for tongue in Tongue::ALL {
                let _ = digits(&word.repeat(2_000), tongue);
            }
        }
    }
}
