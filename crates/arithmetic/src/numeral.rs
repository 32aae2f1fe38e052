//! The parts of a numeral: grouped digits, exponents, raised digits, fractions in one character.

/// The digits before the point without their separators, and how many bytes they took.
pub fn whole_part(text: &str) -> (String, usize) {
    let bytes = text.as_bytes();
    let mut whole = digits_at(bytes, 0);
    let mut used = whole.len();
    if whole.is_empty() || whole.len() > 3 {
        return (whole, used);
    }
    while let Some(separator) = text.get(used..).and_then(|rest| rest.chars().next()) {
        let width = match separator {
            ',' | ' ' | '\u{a0}' | '\u{202f}' | '\u{2009}' | '\'' | '_' | '’' => {
                separator.len_utf8()
            }
            '{' if text.get(used..).is_some_and(|rest| rest.starts_with("{,}")) => 3,
            // Thin spaces of LaTeX.
            '\\' if text.get(used..).is_some_and(|rest| {
                ["\\,", "\\;", "\\ "]
                    .iter()
                    .any(|space| rest.starts_with(space))
            }) =>
            {
                2
            }
            _ => break,
        };
        let group = digits_at(bytes, used + width);
        let last_group_follows = separator == ','
            && group.len() == 2
            && bytes.get(used + width + 2) == Some(&b',')
            && matches!(digits_at(bytes, used + width + 3).len(), 2 | 3);
        if !(group.len() == 3 || last_group_follows) {
            break;
        }
        whole.push_str(&group);
        used += width + group.len();
    }
    (whole, used)
}

/// The run of digits at a byte.
pub fn digits_at(bytes: &[u8], from: usize) -> String {
    bytes
        .get(from..)
        .unwrap_or(&[])
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .map(|b| char::from(*b))
        .collect()
}

/// The power of ten of `1e6`, `2.5E-3`, and its length; nothing where letters follow.
pub fn exponent_at(bytes: &[u8], at: usize) -> (i32, usize) {
    if !matches!(bytes.get(at), Some(b'e' | b'E')) {
        return (0, 0);
    }
    let (sign, from) = match bytes.get(at + 1) {
        Some(b'-') => (-1, at + 2),
        Some(b'+') => (1, at + 2),
        _ => (1, at + 1),
    };
    let digits = digits_at(bytes, from);
    let letter_follows = bytes
        .get(from + digits.len())
        .is_some_and(u8::is_ascii_alphabetic);
    match digits.parse::<i32>() {
        Ok(exponent) if digits.len() <= 4 && !letter_follows => {
            (sign * exponent, from + digits.len() - at)
        }
        _ => (0, 0),
    }
}

/// The digit or sign that a raised character stands for.
pub fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁻' => '-',
        _ => return None,
    })
}

/// Numerator and denominator of a fraction in one character.
pub fn vulgar_fraction(c: char) -> Option<(i64, i64)> {
    Some(match c {
        '½' => (1, 2),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '¼' => (1, 4),
        '¾' => (3, 4),
        '⅕' => (1, 5),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        _ => return None,
    })
}
