//! Stands in for the crate `unicode_names2` where only the well-formedness of code is asked for.
//!
//! Python's parser looks up the character behind `\N{LATIN SMALL LETTER A}`. The tables of all
//! names weigh more than the parser itself; here any text that has the shape of a name is taken
//! for one. A string with a misspelt name counts as well formed.

/// Longer than any name in Unicode (88 letters), aliases and sequences included.
const LONGEST: usize = 100;

/// Some character, if `name` has the shape of a character's name: ASCII letters of either case,
/// digits, spaces and hyphens, beginning with a letter. Never the character that is named.
pub fn character(name: &str) -> Option<char> {
    let shaped = name.len() <= LONGEST
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b' ' | b'-'));
    shaped.then_some(char::REPLACEMENT_CHARACTER)
}

#[cfg(test)]
mod tests {
    use super::character;

    #[test]
    fn a_text_shaped_like_a_name_is_a_name() {
        for name in [
            "LATIN SMALL LETTER A",
            "hyphen-minus",
            "CJK UNIFIED IDEOGRAPH-4E00",
        ] {
            assert!(character(name).is_some(), "{name}");
        }
    }

    #[test]
    fn other_text_is_none() {
        for name in ["", "1", "a_b", "é", "LATIN {SMALL", &"A".repeat(101)] {
            assert!(character(name).is_none(), "{name}");
        }
    }
}
