//! Stands in for the crate `unicode-normalization`, where only the well-formedness of code is asked for.
//!
//! Python's parser takes two spellings of a name beyond ASCII for one by its tables, which weigh more
//! than the parser. Whether code is well formed does not hang on it; who compares names must take no
//! two for different ones where one is beyond ASCII.

/// What a name is by any of its spellings: here what it is written like.
pub trait UnicodeNormalization {
    fn nfkc(self) -> impl Iterator<Item = char>;
}

impl UnicodeNormalization for &str {
    fn nfkc(self) -> impl Iterator<Item = char> {
        self.chars()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_it_is_written() {
        assert_eq!("größe".nfkc().collect::<String>(), "größe");
    }
}
