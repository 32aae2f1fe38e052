//! Stands in for the crate `unic-ucd-category`, which nobody keeps any more, where only the
//! well-formedness of code is asked for.
//!
//! Go's parser asks of a character beyond ASCII whether it is a letter or a digit. The standard
//! library knows that of newer characters than the crate did. Of a few it says letter that Unicode
//! calls marks, and digit that it calls numbers: such an identifier counts as well formed.

/// What a character is, as far as it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GeneralCategory {
    Letter,
    DecimalNumber,
    Other,
}

impl GeneralCategory {
    pub fn of(character: char) -> GeneralCategory {
        if character.is_alphabetic() {
            GeneralCategory::Letter
        } else if character.is_numeric() {
            GeneralCategory::DecimalNumber
        } else {
            GeneralCategory::Other
        }
    }

    pub fn is_letter(self) -> bool {
        self == GeneralCategory::Letter
    }
}

#[cfg(test)]
mod tests {
    use super::GeneralCategory;

    #[test]
    fn letters_and_digits_of_any_script_are_told_from_the_rest() {
        for letter in ['é', 'ß', '世', 'Ж', 'ａ'] {
            assert!(GeneralCategory::of(letter).is_letter(), "{letter}");
        }
        for digit in ['٣', '९', '３'] {
            let category = GeneralCategory::of(digit);
            assert_eq!(category, GeneralCategory::DecimalNumber, "{digit}");
        }
        for other in ['→', '“', '\u{200b}', '€', '\u{feff}'] {
            assert_eq!(GeneralCategory::of(other), GeneralCategory::Other);
        }
    }
}
