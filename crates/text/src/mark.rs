//! Where a mark of a few signs stands.

/// Where `mark` begins first. What the standard library prepares for each search takes longer than a
/// search of a line, and is dear where the code is built for size.
pub fn find(text: &str, mark: &str) -> Option<usize> {
    let (first, rest) = mark.as_bytes().split_first()?;
    let bytes = text.as_bytes();
    memchr::memchr_iter(*first, bytes).find(|at| {
        let after = bytes.get(at + 1..).unwrap_or_default();
        after.starts_with(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::find;

    #[test]
    fn a_mark_is_found_where_it_begins_first() {
        for (text, mark) in [
            ("a {{b}} {{", "{{"),
            ("{ {", "{{"),
            ("aab", "ab"),
            ("é´´", "´´"),
            ("", "a"),
            ("<?ph", "<?php"),
        ] {
            assert_eq!(find(text, mark), text.find(mark), "{text} {mark}");
        }
        assert_eq!(find("a", ""), None);
    }
}
