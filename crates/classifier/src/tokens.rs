//! Text cut into words, numbers and signs, each known by a hash.

/// What a token is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Letters, and digits or underscores after a letter.
    Word,
    /// Digits.
    Number,
    /// Digits that are no number: a date, a version, a telephone number, an ISBN.
    Label,
    /// One character of a script that is written without spaces.
    Ideograph,
    /// Any other single character that is not white space.
    Sign,
    /// A line break; several in a row are one.
    Break,
}

/// A piece of text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Token<'a> {
    pub kind: Kind,
    /// Hash of the text in lower case; numbers share a hash by their count of digits.
    pub hash: u64,
    pub text: &'a str,
}

const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// One more value into an FNV-1a hash.
pub fn mix(hash: u64, value: u64) -> u64 {
    (hash ^ value).wrapping_mul(PRIME)
}

/// The hash of a word in lower case (FNV-1a over its characters).
pub fn hash_of(word: &str) -> u64 {
    word.chars()
        .fold(SEED, |hash, letter| mix(hash, lower(letter)))
}

/// The hash of two tokens side by side.
pub fn pair(first: u64, second: u64) -> u64 {
    mix(first.rotate_left(23), second)
}

/// The first character of the lower case of `letter`, as a number.
pub fn lower(letter: char) -> u64 {
    if letter.is_ascii() {
        return u64::from(u32::from(letter.to_ascii_lowercase()));
    }
    letter
        .to_lowercase()
        .next()
        .map_or(0, |small| u64::from(u32::from(small)))
}

/// The tokens of a text, at most `limit`.
pub fn tokens(text: &str, limit: usize) -> Vec<Token<'_>> {
    let mut found = Vec::with_capacity(limit.min(text.len() / 4 + 4));
    let mut letters = text.char_indices().peekable();
    while let Some((start, letter)) = letters.next() {
        if found.len() >= limit {
            break;
        }
        let rest = text.get(start..).unwrap_or_default();
        if let Some(length) = label(rest, found.last()) {
            let end = start + length;
            while letters.next_if(|(at, _)| *at < end).is_some() {}
            found.push(Token {
                kind: Kind::Label,
                hash: mix(SEED, 0xffff_1000),
                text: text.get(start..end).unwrap_or_default(),
            });
            continue;
        }
        let kind = kind_of(letter);
        let mut hash = mix(SEED, lower(letter));
        let mut end = start + letter.len_utf8();
        match kind {
            None => continue,
            Some(Kind::Break) => {
                if matches!(
                    found.last(),
                    None | Some(Token {
                        kind: Kind::Break,
                        ..
                    })
                ) {
                    continue;
                }
            }
            Some(Kind::Word) => {
                while let Some(&(at, next)) = letters.peek() {
                    if !(matches!(kind_of(next), Some(Kind::Word | Kind::Number)) || next == '_') {
                        break;
                    }
                    hash = mix(hash, lower(next));
                    end = at + next.len_utf8();
                    letters.next();
                }
            }
            Some(Kind::Number) => {
                let mut digits = 1;
                while let Some(&(at, next)) = letters.peek() {
                    if kind_of(next) != Some(Kind::Number) {
                        break;
                    }
                    digits = 5.min(digits + 1);
                    end = at + next.len_utf8();
                    letters.next();
                }
                hash = mix(SEED, 0xffff_0000 + digits);
            }
            Some(Kind::Ideograph | Kind::Sign | Kind::Label) => {}
        }
        found.push(Token {
            kind: kind.unwrap_or(Kind::Sign),
            hash,
            text: text.get(start..end).unwrap_or_default(),
        });
    }
    found
}

/// Length in bytes of the date, version or telephone number that `text` begins with. A plus after
/// an operand adds, so that no telephone number begins there.
fn label(text: &str, before: Option<&Token<'_>>) -> Option<usize> {
    const LONGEST: usize = 40;
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    let plus = byte(0) == b'+';
    let operand = before.is_some_and(|token| {
        matches!(token.kind, Kind::Number | Kind::Label) || token.text.len() == 1
    });
    if plus && operand {
        return None;
    }
    let mut at = usize::from(plus);
    let (mut digits, mut groups, mut dots, mut thousands) = (0, 0, 0, true);
    while at < LONGEST && byte(at).is_ascii_digit() {
        let begun = at;
        while at < LONGEST && byte(at).is_ascii_digit() {
            at += 1;
        }
        digits += at - begun;
        thousands &= groups == 0 || at - begun == 3;
        groups += 1;
        let joins = matches!(byte(at), b'-' | b'/' | b'.') || plus && byte(at) == b' ';
        if !(joins && byte(at + 1).is_ascii_digit()) {
            break;
        }
        dots += usize::from(byte(at) == b'.');
        at += 1;
    }
    let dotted = dots + 1 == groups;
    let is_label = if plus {
        digits >= 7
    } else {
        // 1.234.567 is a number, 10-5-3 a subtraction.
        groups >= 3 && if dotted { !thousands } else { digits >= 6 }
    };
    is_label.then_some(at)
}

/// `None` for white space.
fn kind_of(letter: char) -> Option<Kind> {
    match letter {
        'a'..='z' | 'A'..='Z' => Some(Kind::Word),
        '0'..='9' => Some(Kind::Number),
        '\n' => Some(Kind::Break),
        _ if letter.is_ascii_whitespace() => None,
        _ if letter.is_ascii() => Some(Kind::Sign),
        // Kana, Han, Thai, Lao, Khmer: no spaces between words. Hangul has them.
        '\u{0e00}'..='\u{0eff}'
        | '\u{1780}'..='\u{17ff}'
        | '\u{3040}'..='\u{30ff}'
        | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}'
        | '\u{f900}'..='\u{faff}' => Some(Kind::Ideograph),
        // Combining marks of Indic scripts belong to the word.
        '\u{0300}'..='\u{036f}' | '\u{0900}'..='\u{0dff}' => Some(Kind::Word),
        _ if letter.is_whitespace() => None,
        _ if letter.is_alphabetic() => Some(Kind::Word),
        _ if letter.is_numeric() => Some(Kind::Number),
        _ => Some(Kind::Sign),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<&str> {
        tokens(text, 100).iter().map(|token| token.text).collect()
    }

    #[test]
    fn words_numbers_and_signs_are_told_apart() {
        assert_eq!(
            texts("Solve x_1+22 =\n\n«für»"),
            ["Solve", "x_1", "+", "22", "=", "\n", "«", "für", "»"]
        );
    }

    #[test]
    fn scripts_without_spaces_are_cut_by_character() {
        assert_eq!(texts("写代码 hi"), ["写", "代", "码", "hi"]);
        assert_eq!(texts("हिन्दी भाषा"), ["हिन्दी", "भाषा"]);
    }

    #[test]
    fn case_does_not_matter_and_numbers_count_by_length() {
        let hashes = |text| tokens(text, 9).iter().map(|t| t.hash).collect::<Vec<_>>();
        assert_eq!(hashes("Größe 12"), hashes("größe 99"));
        assert_ne!(hashes("12"), hashes("123"));
        assert_eq!(hashes("json"), [hash_of("JSON")]);
    }

    #[test]
    fn dates_versions_and_telephone_numbers_are_one_token() {
        for text in [
            "2024-05-01",
            "05/01/2024",
            "1.20.3",
            "030-123-4567",
            "+49 30 1234567",
            "978-3-16-148410-0",
        ] {
            let found = tokens(text, 9);
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].kind, Kind::Label, "{text}");
        }
        for text in [
            "10-5-3",
            "1.234.567",
            "3.14",
            "x +1234567",
            "12+1234567",
            "1/2",
        ] {
            let found = tokens(text, 9);
            assert!(
                found.iter().all(|token| token.kind != Kind::Label),
                "{text}"
            );
        }
    }

    #[test]
    fn no_more_tokens_than_asked_for() {
        assert_eq!(tokens(&"a ".repeat(1000), 10).len(), 10);
    }
}
