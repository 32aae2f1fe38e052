//! The beginning and the end of a text that is too long to be read whole.

/// The longest prefix of no more than `bytes` bytes.
pub fn head(text: &str, bytes: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes))
        .unwrap_or_default()
}

/// The longest suffix of no more than `bytes` bytes.
pub fn tail(text: &str, bytes: usize) -> &str {
    text.get(text.ceil_char_boundary(text.len().saturating_sub(bytes))..)
        .unwrap_or_default()
}

/// A head and a tail of `bytes` bytes together; `None` where the whole text is no longer.
pub fn ends(text: &str, bytes: usize) -> Option<(&str, &str)> {
    (text.len() > bytes).then(|| (head(text, bytes / 2), tail(text, bytes / 2)))
}

/// A text cut to so many characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cut<'a> {
    pub head: &'a str,
    /// Characters left out.
    pub omitted: usize,
    pub tail: &'a str,
}

/// A head and a tail of `characters` characters together, for readers that count in these;
/// `None` where the whole text is no longer.
pub fn cut(text: &str, characters: usize) -> Option<Cut<'_>> {
    let half = characters / 2;
    let head_end = text.char_indices().nth(half)?.0;
    let tail_start = match half {
        0 => text.len(),
        _ => text.char_indices().rev().nth(half - 1)?.0,
    };
    let middle = text.get(head_end..tail_start)?;
    (!middle.is_empty()).then(|| Cut {
        head: text.get(..head_end).unwrap_or_default(),
        omitted: middle.chars().count(),
        tail: text.get(tail_start..).unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_window_never_cuts_a_character() {
        assert_eq!((head("aé", 2), tail("éa", 2)), ("a", "a"));
        assert_eq!((head("aé", 9), tail("aé", 9)), ("aé", "aé"));
        assert_eq!(ends("aébc", 4), Some(("a", "bc")));
        assert_eq!(ends("abcd", 4), None);
    }

    #[test]
    fn a_cut_says_what_it_left_out() {
        let cut = cut("üüabcdéé", 4).unwrap();
        assert_eq!((cut.head, cut.omitted, cut.tail), ("üü", 4, "éé"));
        assert_eq!(super::cut("üüéé", 4), None);
        assert_eq!(super::cut("", 4), None);
    }

    proptest! {
        #[test]
        fn a_cut_has_all_characters_and_no_more_than_asked_for(text in "\\PC{0,40}", most in 0usize..20) {
            if let Some(cut) = cut(&text, most) {
                let kept = cut.head.chars().count() + cut.tail.chars().count();
                prop_assert!(kept <= most);
                prop_assert_eq!(kept + cut.omitted, text.chars().count());
            } else {
                prop_assert!(text.chars().count() <= most);
            }
        }
    }
}
