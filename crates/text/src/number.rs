//! Numbers in words: English here, other languages in [`words`].

pub mod words;

/// The number that one word names: "seven", "nineteen", "forty".
pub fn small(word: &str) -> Option<u8> {
    const NAMES: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = [
        "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety",
    ];
    let position = |names: &[&str]| names.iter().position(|name| *name == word);
    let number = position(&NAMES).or_else(|| position(&TENS).map(|at| 10 * (at + 2)))?;
    u8::try_from(number).ok()
}

/// What a word multiplies the number before it by: "hundred", "million".
pub fn scale(word: &str) -> Option<i64> {
    Some(match word {
        "hundred" => 100,
        "thousand" => 1_000,
        "million" => 1_000_000,
        "billion" => 1_000_000_000,
        "trillion" => 1_000_000_000_000,
        _ => return None,
    })
}

/// A count as it stands in a sentence: digits or one word.
pub fn count(word: &str) -> Option<usize> {
    word.parse()
        .ok()
        .or_else(|| small(word).map(usize::from))
        .or_else(|| (word == "dozen").then_some(12))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_names_a_number_or_none() {
        for (word, number) in [
            ("zero", 0),
            ("twelve", 12),
            ("nineteen", 19),
            ("ninety", 90),
        ] {
            assert_eq!(small(word), Some(number));
        }
        assert_eq!((small("tens"), scale("million")), (None, Some(1_000_000)));
        assert_eq!(
            (count("15"), count("fifteen"), count("-1")),
            (Some(15), Some(15), None)
        );
    }
}
