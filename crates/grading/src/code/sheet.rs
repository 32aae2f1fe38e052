//! Whether an untagged text looks like a style sheet.

use super::language::Language;

/// Elements that selectors start with.
const ELEMENTS: &[&str] = &[
    "a", "article", "body", "button", "div", "footer", "form", "h1", "h2", "h3", "header", "html",
    "i", "img", "input", "label", "li", "main", "nav", "ol", "p", "pre", "section", "select",
    "small", "span", "strong", "table", "td", "textarea", "th", "ul",
];

/// Rules that only style sheets have.
const RULES: [&str; 9] = [
    "@media ",
    "@media(",
    "@import ",
    "@keyframes ",
    "@-webkit-keyframes ",
    "@font-face",
    "@supports ",
    "@layer ",
    "@container ",
];

/// Marks of Sass at the start of a line.
const SASS: [&str; 14] = [
    "@mixin ",
    "@include ",
    "@use ",
    "@forward ",
    "@extend ",
    "@function ",
    "@return ",
    "@if ",
    "@else",
    "@each ",
    "@for ",
    "@debug ",
    "&",
    "%",
];

/// The language of a style sheet: nearly all lines are declarations, selectors or braces, and one
/// at least is a head or a rule that nothing else looks like. Comments don't count.
pub fn by_shape<'a>(lines: impl Iterator<Item = &'a str>) -> Option<Language> {
    let (mut all, mut fitting, mut declared, mut selected) = (0_usize, 0_usize, 0_usize, 0_usize);
    let (mut sass, mut commented) = (false, false);
    for line in lines.map(str::trim) {
        if commented || line.starts_with("/*") {
            commented = !line.contains("*/");
            continue;
        }
        if line.starts_with("//") {
            sass = true;
            continue;
        }
        let declares = declaration(line);
        let mixes = SASS.iter().any(|mark| line.starts_with(mark));
        let selects = selector(line) || (mixes && line.starts_with('@'));
        sass |= mixes || (declares && line.starts_with('$')) || line.contains("#{");
        declared += usize::from(declares);
        selected += usize::from(selects);
        all += 1;
        let other = line.ends_with(['{', ',', ';']) || line.starts_with(['}', '@', ')']);
        fitting += usize::from(declares || selects || mixes || other);
    }
    // Where nothing is declared, rules of Sass stand alone: `@import`, `@forward`.
    let certain = selected > 0 && (declared > 0 || selected * 2 >= all);
    let sheet = certain && fitting * 10 >= all * 8;
    sheet.then_some(if sass { Language::Scss } else { Language::Css })
}

/// `name: value;`, its name in lower case or a variable's.
fn declaration(line: &str) -> bool {
    // In braces on one line the last needs no semicolon.
    let (line, closed) = match line.strip_suffix('}') {
        Some(inside) => (inside.trim_end(), inside.contains('{')),
        None => (line, false),
    };
    let line = line.rsplit_once('{').map_or(line, |(_, rest)| rest.trim());
    let ended = line.strip_suffix(';').or(closed.then_some(line));
    let Some((name, value)) = ended.and_then(|line| line.split_once(':')) else {
        return false;
    };
    let custom = name.starts_with("--") || name.starts_with('$');
    let name = name.trim_start_matches(['$', '-']);
    !value.trim().is_empty()
        && !name.is_empty()
        && name.chars().all(|c| {
            c.is_ascii_lowercase() || c == '-' || (custom && (c.is_alphanumeric() || c == '_'))
        })
}

/// The head of a rule: `.a > b {`.
fn selector(line: &str) -> bool {
    if RULES.iter().any(|rule| line.starts_with(rule)) {
        return true;
    }
    let Some((head, _)) = line.split_once('{') else {
        return false;
    };
    let head = head.trim();
    let marked = head.split([' ', ',']).any(|part| {
        part.strip_prefix(['.', '#'])
            .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '-'))
    });
    let named = head.split([' ', ',', ':', '.', '#', '[', '>']).next();
    let element = named.is_some_and(|name| ELEMENTS.contains(&name)) && !head.contains(['(', '=']);
    marked || element || head == "*" || head.starts_with(":root") || head.starts_with("::")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_sheets_are_told_from_what_looks_like_them() {
        for (text, wanted) in [
            (".a {\n  color: red;\n}", Some(Language::Css)),
            ("body { margin: 0; }\n#x { top: 1px; }", Some(Language::Css)),
            (
                "@media print {\n  a, p {\n    color: #000;\n  }\n}",
                Some(Language::Css),
            ),
            (
                "$a: 1px;\n.b {\n  @include m($a);\n  top: 0;\n}",
                Some(Language::Scss),
            ),
            ("interface A {\n  b: string;\n}", None),
            ("const a = {\n  b: 1,\n};", None),
            ("struct body {\n  int x;\n};", None),
            ("a: 1\nb: 2", None),
            ("class A {\n  b: number;\n  c() { return 1; }\n}", None),
            ("$ ls -l\n$ cd a", None),
            ("/* a\n   b: c */\n.d {\n  top: 0;\n}", Some(Language::Css)),
            ("@use 'a';\n// b\n@include c;", Some(Language::Scss)),
            ("@Component\nclass A {\n  b: string;\n}", None),
            ("#include <a.h>\nint main() {\n  return 0;\n}", None),
            ("a {\n  return b ? c : d;\n}", None),
            (
                ".a { color: red }\npre code.b { top: 0 }",
                Some(Language::Css),
            ),
            ("foo.each { |a| b }\nc: d;", None),
            ("", None),
        ] {
            assert_eq!(by_shape(text.lines()), wanted, "{text}");
        }
    }
}
