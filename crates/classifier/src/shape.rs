//! What a text looks like, whatever its words: digits, signs, lines, fences, choices.

use super::{
    lexicon::{ASKING, classes},
    reading::Reading,
    tokens::{Kind, Token},
};

/// How many shapes there are; every one is either there or not.
pub const SHAPES: usize = 160;

/// The shapes of a conversation, as indices below [`SHAPES`], in ascending order.
/// `words` are the tokens of the last user message's windows.
pub fn shapes(reading: &Reading<'_>, words: &[Token<'_>]) -> Vec<u32> {
    let mut found = Levels::default();
    let counts = Counts::of(words);
    let total = words.len().max(1);
    let share = |part: usize| part * 1000 / total;

    found.level(reading.length, &[20, 40, 80, 160, 320, 700, 1500, 3000]);
    found.level(total, &[5, 9, 16, 30, 60, 120, 250]);
    found.level(share(counts.numbers), &[1, 30, 80, 150, 300]);
    found.level(share(counts.signs), &[1, 60, 120, 200, 300, 450]);
    found.level(counts.numbers, &[1, 2, 3, 5, 9]);
    found.level(share(counts.operators), &[1, 30, 80, 150]);
    found.level(counts.sums, &[1, 2, 4]);
    found.level(counts.latex, &[1, 3, 8]);
    found.level(counts.dollars, &[1, 2, 4]);
    found.level(share(counts.brackets), &[1, 30, 80]);
    found.level(counts.keys, &[1, 2, 5, 12]);
    found.level(counts.calls, &[1, 2, 5]);
    found.level(counts.arrows, &[1, 3]);
    found.level(counts.money, &[1, 2]);
    found.level(counts.letters, &[1, 2, 4, 8]);
    found.level(share(counts.ideographs), &[1, 300]);

    let lines = Lines::of(reading);
    found.level(lines.all, &[2, 3, 6, 15, 40]);
    found.level(lines.choices, &[2, 3, 4, 6]);
    found.level(lines.bullets, &[1, 3]);
    found.level(lines.code, &[1, 2, 5, 12]);
    found.level(lines.indented, &[1, 3]);
    found.level(lines.records, &[2, 4]);
    found.level(lines.fences, &[1, 2, 3]);

    let end = if reading.tail.is_empty() {
        reading.head
    } else {
        reading.tail
    };
    found.flag(matches!(end.chars().next_back(), Some('?' | '？' | '؟')));
    found.flag(end.ends_with([':', '：']));
    found.flag(end.ends_with('.'));
    found.flag(counts.questions > 0);
    found.flag(reading.head.starts_with(char::is_lowercase));
    found.flag(reading.head.starts_with(['"', '\'', '“', '«']));
    found.flag(!reading.before.is_empty());
    found.flag(!reading.system.is_empty());
    found.flag(!reading.tail.is_empty());
    found.flag(!reading.head.is_ascii());
    found.flag(counts.blanks > 0);
    thin(reading, words, &mut found);
    found.found
}

/// A few words, none of which asks for anything: with nothing said before they tell no task.
fn thin(reading: &Reading<'_>, words: &[Token<'_>], found: &mut Levels) {
    let asks = words.iter().any(|token| classes(token.hash) & ASKING != 0);
    let alone = reading.before.is_empty();
    for few in [2, 4, 7, 11] {
        let thin = words.len() <= few && !asks;
        found.flag(thin && alone);
        found.flag(thin && !alone);
    }
}

/// Hands out indices: as many per measure as it has levels, in a fixed order.
#[derive(Default)]
struct Levels {
    next: usize,
    found: Vec<u32>,
}

impl Levels {
    /// One index for each step that the value reaches, so that steps add up.
    fn level(&mut self, value: usize, steps: &[usize]) {
        for &step in steps {
            self.flag(value >= step);
        }
    }

    fn flag(&mut self, there: bool) {
        if there && self.next < SHAPES {
            self.found.extend(u32::try_from(self.next));
        }
        self.next += 1;
    }
}

/// Tokens counted by what they say about a text.
#[derive(Default)]
struct Counts {
    numbers: usize,
    signs: usize,
    ideographs: usize,
    operators: usize,
    brackets: usize,
    /// A number or a variable, an operator, a number or a variable.
    sums: usize,
    latex: usize,
    dollars: usize,
    /// `"key":`
    keys: usize,
    /// `name(`
    calls: usize,
    /// `->`, `=>`, `::`, `==`, `</`
    arrows: usize,
    money: usize,
    /// Single letters, as variables are.
    letters: usize,
    questions: usize,
    /// `__`, as in a cloze.
    blanks: usize,
}

impl Counts {
    fn of(words: &[Token<'_>]) -> Counts {
        let mut counts = Counts::default();
        for (at, token) in words.iter().enumerate() {
            let next = words.get(at + 1);
            let follows = |sign: &str| next.is_some_and(|next| next.text == sign);
            match token.kind {
                Kind::Number => counts.numbers += 1,
                Kind::Ideograph => counts.ideographs += 1,
                Kind::Word => {
                    counts.calls += usize::from(follows("("));
                    counts.letters += usize::from(
                        token.text.len() == 1 && !matches!(token.text, "a" | "A" | "I" | "i" | "s"),
                    );
                }
                Kind::Sign => {
                    counts.signs += 1;
                    counts.sign(token.text, words.get(at.wrapping_sub(1)), next);
                }
                Kind::Label | Kind::Break => {}
            }
        }
        counts
    }

    fn sign(&mut self, sign: &str, before: Option<&Token<'_>>, next: Option<&Token<'_>>) {
        let follows = |sign: &str| next.is_some_and(|next| next.text == sign);
        match sign {
            "+" | "*" | "=" | "^" | "/" | "-" | "<" | ">" | "%" | "×" | "÷" | "·" | "−" | "√"
            | "²" | "³" | "≤" | "≥" | "∫" | "∑" => {
                self.operators += 1;
                let operand = |token: Option<&Token<'_>>| {
                    token.is_some_and(|token| {
                        token.kind == Kind::Number
                            || token.text.len() == 1 && token.kind == Kind::Word
                            || matches!(token.text, ")" | "(")
                    })
                };
                // A hyphen or a slash alone may be a date or a pair of words.
                self.sums += usize::from(
                    !matches!(sign, "-" | "/" | "<" | ">" | "%")
                        && operand(before)
                        && operand(next),
                );
                self.arrows += usize::from(
                    matches!(sign, "-" | "=") && follows(">")
                        || sign == "=" && follows("=")
                        || sign == "<" && follows("/"),
                );
            }
            ":" => self.arrows += usize::from(follows(":")),
            "\\" => self.latex += 1,
            "$" | "€" | "£" | "₹" | "¥" => {
                let number = next.is_some_and(|next| next.kind == Kind::Number);
                self.money += usize::from(number);
                self.dollars += usize::from(sign == "$" && !number);
            }
            "(" | ")" | "[" | "]" | "{" | "}" => self.brackets += 1,
            "\"" => self.keys += usize::from(follows(":")),
            "?" | "？" | "؟" => self.questions += 1,
            "_" => self.blanks += usize::from(follows("_")),
            _ => {}
        }
    }
}

/// Lines counted by what they look like.
#[derive(Default)]
struct Lines {
    all: usize,
    /// Begin as answers to choose from do: `A.`, `(b)`, `C)`.
    choices: usize,
    bullets: usize,
    /// Begin or end as lines of code do.
    code: usize,
    indented: usize,
    /// Several fields with the same sign between them.
    records: usize,
    fences: usize,
}

impl Lines {
    fn of(reading: &Reading<'_>) -> Lines {
        let mut lines = Lines::default();
        for line in reading.head.lines().chain(reading.tail.lines()) {
            let text = line.trim();
            if text.is_empty() {
                continue;
            }
            lines.all += 1;
            lines.choices += usize::from(is_choice(text));
            lines.bullets += usize::from(text.starts_with(['-', '*', '•']));
            lines.fences += usize::from(text.starts_with("```"));
            lines.code += usize::from(is_code(text));
            lines.indented += usize::from(line.starts_with("  ") || line.starts_with('\t'));
            lines.records += usize::from(
                text.bytes().filter(|byte| *byte == b',').count() > 2 && !text.contains(", ")
                    || text
                        .bytes()
                        .filter(|byte| matches!(byte, b'|' | b'\t'))
                        .count()
                        > 1,
            );
        }
        lines
    }
}

fn is_choice(line: &str) -> bool {
    let mut letters = line.trim_start_matches(['-', ' ', '(']).chars();
    matches!(letters.next(), Some('A'..='J' | 'a'..='j'))
        && matches!(letters.next(), Some('.' | ')' | ':'))
}

fn is_code(line: &str) -> bool {
    const STARTS: [&str; 26] = [
        "def ",
        "class ",
        "import ",
        "from ",
        "return ",
        "#include",
        "public ",
        "private ",
        "function ",
        "const ",
        "let ",
        "var ",
        "for (",
        "if (",
        "while (",
        "SELECT ",
        "@",
        "//",
        "fn ",
        "func ",
        "using ",
        "package ",
        "</",
        "<div",
        "#!/",
        "$ ",
    ];
    line.ends_with([';', '{', '}'])
        || line.ends_with("):")
        || line.ends_with("});")
        || STARTS.iter().any(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::tokens;

    fn counts(text: &str) -> Counts {
        Counts::of(&tokens(text, 500))
    }

    #[test]
    fn a_date_or_a_phone_number_is_no_sum() {
        assert_eq!(counts("what happened on 2024-05-01 or 05/01/2024?").sums, 0);
        assert_eq!(counts("call +49 30 1234-567").sums, 0);
        assert_eq!(counts("what is 12 * 7 + x").sums, 2);
    }

    #[test]
    fn choices_and_code_lines_are_told() {
        let reading = Reading {
            head: "Which?\nA. one\n(B) two\nC) three\nint x = 3;\ndef f():",
            ..Reading::default()
        };
        let lines = Lines::of(&reading);
        assert_eq!((lines.choices, lines.code), (3, 2));
    }

    #[test]
    fn every_shape_has_room() {
        let mut levels = Levels::default();
        levels.level(9, &[1, 10]);
        assert_eq!((levels.next, levels.found), (2, vec![0]));
        let text = "x = 1; {\"a\": f(2)} \\frac $3 __ ?\n".repeat(90);
        let reading = Reading {
            head: &text,
            length: text.len(),
            ..Reading::default()
        };
        let found = shapes(&reading, &tokens(&text, 900));
        assert!(found.iter().all(|shape| (*shape as usize) < SHAPES));
        assert!(found.is_sorted());
    }
}
