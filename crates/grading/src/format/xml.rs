//! XML 1.0, well formed with namespaces. No external entity is ever fetched.

use roxmltree::{Document, ParsingOptions};

use super::{Fault, MAX_DEPTH};

/// More nodes than any answer has; bounds what entities can blow up to.
const MAX_NODES: u32 = 200_000;
/// More attributes of one element, or namespaces in all, than any answer has: each is compared
/// with the others.
const MAX_ATTRIBUTES: usize = 400;

/// One well-formed document: one root, tags closed in order, prefixes declared.
///
/// # Errors
/// Where it breaks, or that it is nested too deeply to be followed.
pub fn xml(text: &str) -> Result<(), Fault> {
    let text = text.trim_start_matches('\u{feff}');
    if deepest(text) > MAX_DEPTH {
        return Err(Fault::Beyond("nested too deeply"));
    }
    if most_attributes(text) > MAX_ATTRIBUTES || text.matches("xmlns").count() > MAX_ATTRIBUTES {
        return Err(Fault::Beyond("too many attributes"));
    }
    if expands(text) {
        return Err(Fault::Beyond("entities that may expand too far"));
    }
    let options = ParsingOptions {
        allow_dtd: true,
        nodes_limit: MAX_NODES,
        entity_resolver: None,
    };
    match Document::parse_with_options(text, options) {
        Ok(_) => Ok(()),
        Err(roxmltree::Error::NodesLimitReached) => Err(Fault::Beyond("too many elements")),
        Err(error) => Err(Fault::Broken(format!("line {}", error.pos().row))),
    }
}

/// How many attributes one element has at most: equals signs between two brackets.
fn most_attributes(text: &str) -> usize {
    let (mut count, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'<' => count = 0,
            b'=' => count += 1,
            _ => {}
        }
        most = most.max(count);
    }
    most
}

/// Whether what its entities stand for may be much longer than the text itself: each reference may be to
/// all that is declared, and where entities refer to others to 255 times that.
fn expands(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("<!ENTITY") else {
        return false;
    };
    // All declarations end before this one.
    let (declared, _) = rest.rsplit_once(']').unwrap_or((rest, ""));
    let own = |name: &&str| {
        !["#", "amp;", "lt;", "gt;", "quot;", "apos;"]
            .iter()
            .any(|known| name.starts_with(known))
    };
    let references = |part: &str| part.split('&').skip(1).filter(own).count();
    let nested = if references(declared) > 0 { 256 } else { 1 };
    declared.len() * references(rest) * nested > 16 * text.len() + 4_096
}

/// An upper bound of how deep elements nest, told by the tags alone.
fn deepest(text: &str) -> usize {
    let bytes = text.as_bytes();
    let (mut depth, mut most) = (0_usize, 0);
    let mut last = 0_u8;
    for (index, &byte) in bytes.iter().enumerate() {
        match (byte, bytes.get(index + 1)) {
            (b'<', Some(b'/')) => depth = depth.saturating_sub(1),
            (b'<', Some(b'!' | b'?')) => {}
            (b'<', _) => depth += 1,
            (b'>', _) if last == b'/' => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
        last = byte;
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_root_with_its_tags_closed_is_xml() {
        for text in [
            "<a/>",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a b='1'><c>&lt;x&gt;</c><!-- c --></a>",
            "<!DOCTYPE note [<!ENTITY w \"me\">]><note>&w;</note>",
            "<x:a xmlns:x=\"urn:x\"><![CDATA[ <b> ]]></x:a>",
        ] {
            assert_eq!(xml(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_not_well_formed_is_refused() {
        for text in [
            "",
            "text",
            "<a>",
            "<a><b></a></b>",
            "<a/><b/>",
            "<a b=1/>",
            "<x:a/>",
            "<a>&nope;</a>",
        ] {
            assert!(xml(text).is_err(), "{text}");
        }
    }

    #[test]
    fn entities_that_multiply_are_refused() {
        let mut text = String::from("<!DOCTYPE a [<!ENTITY e0 \"aaaaaaaaaa\">");
        for n in 1..15 {
            let inner = format!("&e{};", n - 1).repeat(10);
            text.push_str(&format!("<!ENTITY e{n} \"{inner}\">"));
        }
        text.push_str("]><a>&e14;</a>");
        assert!(xml(&text).is_err());
    }

    #[test]
    fn one_entity_that_is_long_and_used_often_is_refused() {
        let long = "x".repeat(30_000);
        for body in [
            "<a>&e;</a>".replace("&e;", &"&e;".repeat(20_000)),
            format!("<a b='{}'/>", "&e;".repeat(20_000)),
        ] {
            let text = format!("<!DOCTYPE a [<!ENTITY e '{long}'>]>{body}");
            assert_eq!(
                xml(&text),
                Err(Fault::Beyond("entities that may expand too far"))
            );
        }
        // What documents have is neither long nor used that often.
        let few = format!(
            "<!DOCTYPE a [<!ENTITY co \"Acme &amp; Sons\"><!ENTITY y \"2026\">]><a>{}</a>",
            "&co; &y; ".repeat(2)
        );
        assert_eq!(xml(&few), Ok(()));
    }

    #[test]
    fn elements_without_end_are_refused() {
        assert!(xml(&"<a>".repeat(300_000)).is_err());
    }
}
