//! YAML: a stream of documents that a parser of YAML reads without complaint.

use saphyr_parser::{Event, Parser};
use text::nesting;

use super::{Fault, MAX_DEPTH};

/// One or more documents. Aliases are not expanded, so they cost nothing.
///
/// # Errors
/// Where it breaks, or that it is nested too deeply to be followed.
pub fn yaml(text: &str) -> Result<(), Fault> {
    if nesting::brackets(text) > MAX_DEPTH {
        return Err(Fault::Beyond("nested too deeply"));
    }
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text.trim_start_matches('\u{feff}')) {
        let (event, _) =
            event.map_err(|error| Fault::Broken(format!("line {}", error.marker().line())))?;
        match event {
            Event::SequenceStart(..) | Event::MappingStart(..) => depth += 1,
            Event::SequenceEnd | Event::MappingEnd => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return Err(Fault::Beyond("nested too deeply"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mappings_sequences_and_several_documents_are_yaml() {
        for text in [
            "a: 1\nb:\n  - x\n  - y: {z: [1, 2]}\n",
            "---\na: |\n  text: with colon\n...\n---\n- b\n",
            "base: &b {x: 1}\nuse:\n  <<: *b\n",
            "url: http://example.com:80/x # comment\n",
        ] {
            assert_eq!(yaml(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn broken_structure_is_refused() {
        for text in [
            "a: b: c",
            "a: [1, 2",
            "a: 'x",
            "a:\n  - b\n c: d",
            "a: 1\nb\nc: 2",
            "x: *nowhere",
            "key: @at",
        ] {
            assert!(yaml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert!(yaml(&"[".repeat(500_000)).is_err());
        assert!(yaml(&"- ".repeat(300_000)).is_err());
    }
}
