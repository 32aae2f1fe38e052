//! The numbers in a text, with the scales that stand beside them.

/// A number in a reply, with the scale that stands beside it.
#[derive(Clone, Copy, Debug)]
pub struct Figure {
    value: f64,
    /// `8/10`, `80%`: what counts as full marks.
    scale: Option<f64>,
    /// A bare 0 or 1, or `2 of 5`: may as well count something.
    weak: bool,
    /// In parentheses.
    aside: bool,
    pub start: usize,
    /// Behind the scale.
    pub end: usize,
}

impl Figure {
    /// 0..=1
    pub fn score(self) -> Option<f64> {
        let score = self.value / self.scale.unwrap_or(1.0);
        (0.0..=1.0).contains(&score).then_some(score)
    }

    pub fn is_weak(self) -> bool {
        self.weak
    }
}

/// The numbers of a text, but for those of a phrase such as "from 0 to 1", those that number the
/// items of a list, and those in parentheses where others stand outside.
pub fn figures(text: &str) -> Vec<Figure> {
    let mut found: Vec<Figure> = Vec::new();
    let mut at = 0;
    while let Some((start, end, value)) = next_number(text, at) {
        at = end;
        let rest = text.get(end..).unwrap_or("");
        let before = text.get(..start).unwrap_or("");
        let whole = !text.get(start..end).unwrap_or("").contains(['.', ',']);
        let scale = scale_after(rest);
        if let Some(length) = range_after(rest).filter(|_| value == 0.0 && scale.is_none()) {
            at = end + length;
            continue;
        }
        let part_of_a_word = |c: char| c.is_alphabetic() && u32::from(c) < FIRST_WITHOUT_SPACES;
        if scale.is_none()
            && (before.ends_with(part_of_a_word) || (whole && numbers_an_item(before, rest)))
        {
            continue;
        }
        at += scale.as_ref().map_or(0, |scale| scale.length);
        found.push(Figure {
            value,
            scale: scale.as_ref().map(|scale| scale.full_marks),
            weak: scale.as_ref().map_or(whole, |scale| scale.weak),
            aside: is_aside(before),
            start,
            end: at,
        });
        if found.len() > 50 {
            break;
        }
    }
    if found.iter().any(|figure| !figure.aside) {
        found.retain(|figure| !figure.aside);
    }
    found
}

/// From here on scripts mostly write no spaces: a number right behind a word is none of it.
const FIRST_WITHOUT_SPACES: u32 = 0x2E80;

/// `1. ` or `1) ` at the beginning of a line, with words behind it.
fn numbers_an_item(before: &str, rest: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("");
    let words = rest
        .strip_prefix([')', '.'])
        .filter(|it| it.starts_with(' '));
    line.chars().all(|c| matches!(c, ' ' | '*' | '#' | '-'))
        && words.is_some_and(|it| {
            let line = it.split('\n').next().unwrap_or("");
            line.contains(char::is_alphabetic)
        })
}

/// Is a parenthesis open on this line.
fn is_aside(before: &str) -> bool {
    let line = before.rsplit('\n').next().unwrap_or("");
    line.rfind('(') > line.rfind(')')
}

/// The next decimal number at or after a byte: where it begins and ends, and its value. A minus
/// sign right before it belongs to it; a comma between digits is a decimal comma.
fn next_number(text: &str, from: usize) -> Option<(usize, usize, f64)> {
    let bytes = text.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let mut start = from;
    while start < bytes.len()
        && !(digit(start) || (bytes.get(start) == Some(&b'.') && digit(start + 1)))
    {
        start += 1;
    }
    if start >= bytes.len() {
        return None;
    }
    let mut end = start;
    while digit(end) {
        end += 1;
    }
    if matches!(bytes.get(end), Some(b'.' | b',')) && digit(end + 1) {
        end += 1;
        while digit(end) {
            end += 1;
        }
    }
    let text_of = text.get(start..end)?.replace(',', ".");
    let value: f64 = text_of.parse().ok()?;
    let sign_at = start
        .checked_sub(1)
        .filter(|at| bytes.get(*at) == Some(&b'-'));
    let negative = sign_at.is_some_and(|at| {
        at.checked_sub(1)
            .and_then(|before| bytes.get(before))
            .is_none_or(|before| !before.is_ascii_alphanumeric())
    });
    Some((start, end, if negative { -value } else { value }))
}

/// What counts as full marks, as it stands behind a number.
struct Scale {
    full_marks: f64,
    /// Bytes of what says so.
    length: usize,
    weak: bool,
}

/// `/10`, ` out of 5`, `%`.
fn scale_after(rest: &str) -> Option<Scale> {
    let trimmed = rest.trim_start_matches([' ', '*', '`', '_']);
    let trimmed = ["stars ", "points "]
        .iter()
        .find_map(|unit| trimmed.strip_prefix(unit))
        .unwrap_or(trimmed);
    let skipped = rest.len() - trimmed.len();
    if let Some(sign) = ["%", "percent"]
        .iter()
        .find(|sign| trimmed.starts_with(**sign))
    {
        return Some(Scale {
            full_marks: 100.0,
            length: skipped + sign.len(),
            weak: false,
        });
    }
    let lead = ["/", "out of", "of"]
        .iter()
        .find(|lead| trimmed.starts_with(**lead))?;
    let (start, end, full_marks) = next_number(trimmed, lead.len())?;
    let gap = trimmed.get(lead.len()..start)?.trim().is_empty();
    let known = [1.0, 5.0, 10.0, 20.0, 100.0].contains(&full_marks);
    (gap && known).then_some(Scale {
        full_marks,
        length: skipped + end,
        weak: *lead == "of",
    })
}

/// "0 to 1", "0-10", "0 and 1": the rest of a scale that is only being named.
fn range_after(rest: &str) -> Option<usize> {
    let trimmed = rest.trim_start_matches([' ', '(', ')']);
    let skipped = rest.len() - trimmed.len();
    let lead = ["to ", "-", "–", "and ", ".."]
        .iter()
        .find(|lead| trimmed.starts_with(**lead))?;
    let (start, end, top) = next_number(trimmed, lead.len())?;
    let gap = trimmed.get(lead.len()..start)?.trim().is_empty();
    (gap && [1.0, 5.0, 10.0, 100.0].contains(&top)).then_some(skipped + end)
}
