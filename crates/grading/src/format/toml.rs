//! TOML 1.1, checked without building its values: the grammar, and that nothing is defined twice.

use std::collections::BTreeMap;

use super::{Fault, MAX_DEPTH};

/// Whether the text is TOML.
///
/// # Errors
/// The line where it breaks, or that it is nested too deeply.
pub fn toml(text: &str) -> Result<(), Fault> {
    let mut reader = Reader {
        rest: text.strip_prefix('\u{feff}').unwrap_or(text),
        defined: BTreeMap::new(),
        nodes: vec![Node::new(Kind::Explicit)],
        depth: 0,
    };
    reader.document().map_err(|misfit| match misfit {
        Misfit::Deep => Fault::Beyond("nested too deeply"),
        Misfit::Here => {
            let read = text.len().saturating_sub(reader.rest.len());
            let before = text.get(..read).unwrap_or(text);
            let line = before.bytes().filter(|&byte| byte == b'\n').count() + 1;
            Fault::Broken(format!("line {line}"))
        }
    })
}

enum Misfit {
    Here,
    Deep,
}
type Checked<T = ()> = Result<T, Misfit>;

/// How a key came to be: that says who may add to it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A value, inline tables among them: closed.
    Value,
    /// By a header of its own.
    Explicit,
    /// By the header of a table below it.
    Implicit,
    /// By a dotted key.
    Dotted,
    /// By `[[…]]`.
    Array,
}

struct Node {
    kind: Kind,
    /// Of an array of tables the last one.
    last: usize,
}

impl Node {
    fn new(kind: Kind) -> Node {
        Node { kind, last: 0 }
    }
}

struct Reader<'a> {
    rest: &'a str,
    /// Which node a key of a node is: by its number, a blank and the key.
    defined: BTreeMap<String, u64>,
    nodes: Vec<Node>,
    depth: usize,
}

fn only(fits: bool) -> Checked {
    if fits { Ok(()) } else { Err(Misfit::Here) }
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Checked {
        let mut table = 0;
        loop {
            self.blank_lines()?;
            if self.rest.is_empty() {
                return Ok(());
            }
            if self.eat("[[") {
                table = self.header(true)?;
                only(self.eat("]]"))?;
            } else if self.eat("[") {
                table = self.header(false)?;
                only(self.eat("]"))?;
            } else {
                self.pair(table)?;
            }
            self.blanks();
            self.comment()?;
            only(self.rest.is_empty() || self.line_end())?;
        }
    }

    fn first(&self) -> Option<u8> {
        self.rest.as_bytes().first().copied()
    }

    fn eat(&mut self, sign: &str) -> bool {
        let rest = self.rest.strip_prefix(sign);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    /// Takes what stands before the first byte that does not fit.
    fn run(&mut self, fits: fn(u8) -> bool) -> &'a str {
        let length = self.rest.bytes().take_while(|&byte| fits(byte)).count();
        let (taken, rest) = self.rest.split_at_checked(length).unwrap_or_default();
        self.rest = rest;
        taken
    }

    fn blanks(&mut self) {
        self.run(|byte| matches!(byte, b' ' | b'\t'));
    }

    fn line_end(&mut self) -> bool {
        self.eat("\n") || self.eat("\r\n")
    }

    fn comment(&mut self) -> Checked {
        if self.eat("#") {
            self.run(|byte| byte == b'\t' || (byte >= b' ' && byte != 0x7f));
            only(self.rest.is_empty() || self.rest.starts_with(['\n', '\r']))?;
        }
        Ok(())
    }

    /// Blanks, comments and ends of lines.
    fn blank_lines(&mut self) -> Checked {
        loop {
            self.blanks();
            self.comment()?;
            if !self.line_end() {
                return Ok(());
            }
        }
    }

    /// One part of a key, and whether another follows.
    fn key(&mut self) -> Checked<(String, bool)> {
        self.blanks();
        let key = match self.first() {
            Some(b'"') if !self.rest.starts_with("\"\"\"") => self.basic()?,
            Some(b'\'') if !self.rest.starts_with("'''") => self.literal()?.to_string(),
            _ => {
                let bare = self.run(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
                only(!bare.is_empty())?;
                bare.to_string()
            }
        };
        self.blanks();
        Ok((key, self.eat(".")))
    }

    /// The node that a key of `parent` is, made as `kind` where there is none, and whether it was made.
    fn child(&mut self, parent: usize, key: &str, kind: Kind) -> (usize, bool) {
        let made = self.nodes.len();
        let name = format!("{parent} {key}");
        let node = *self.defined.entry(name).or_insert(made as u64);
        let node = usize::try_from(node).unwrap_or(0);
        if node == made {
            self.nodes.push(Node::new(kind));
        }
        (node, node == made)
    }

    fn kind(&self, node: usize) -> Kind {
        self.nodes.get(node).map_or(Kind::Value, |node| node.kind)
    }

    /// The table that a header opens.
    fn header(&mut self, of_array: bool) -> Checked<usize> {
        let mut table = 0;
        for _ in 0..MAX_DEPTH {
            let (key, more) = self.key()?;
            if more {
                let (node, _) = self.child(table, &key, Kind::Implicit);
                table = match self.kind(node) {
                    Kind::Value => return Err(Misfit::Here),
                    Kind::Array => self.nodes.get(node).map_or(0, |node| node.last),
                    _ => node,
                };
                continue;
            }
            if of_array {
                let (node, made) = self.child(table, &key, Kind::Array);
                only(made || self.kind(node) == Kind::Array)?;
                let item = self.nodes.len();
                self.nodes.push(Node::new(Kind::Explicit));
                if let Some(node) = self.nodes.get_mut(node) {
                    node.last = item;
                }
                return Ok(item);
            }
            let (node, made) = self.child(table, &key, Kind::Explicit);
            only(made || self.kind(node) == Kind::Implicit)?;
            if let Some(node) = self.nodes.get_mut(node) {
                node.kind = Kind::Explicit;
            }
            return Ok(node);
        }
        Err(Misfit::Deep)
    }

    /// `key = value` in a table.
    fn pair(&mut self, table: usize) -> Checked {
        let mut table = table;
        for _ in 0..MAX_DEPTH {
            let (key, more) = self.key()?;
            let kind = if more { Kind::Dotted } else { Kind::Value };
            let (node, made) = self.child(table, &key, kind);
            if more {
                only(made || matches!(self.kind(node), Kind::Dotted | Kind::Implicit))?;
                table = node;
                continue;
            }
            only(made)?;
            only(self.eat("="))?;
            self.blanks();
            return self.value();
        }
        Err(Misfit::Deep)
    }

    fn value(&mut self) -> Checked {
        if self.depth >= MAX_DEPTH {
            return Err(Misfit::Deep);
        }
        self.depth += 1;
        match self.first() {
            Some(b'"') if self.rest.starts_with("\"\"\"") => self.lines("\"\"\"")?,
            Some(b'\'') if self.rest.starts_with("'''") => self.lines("'''")?,
            Some(b'"') => self.basic().map(|_| ())?,
            Some(b'\'') => self.literal().map(|_| ())?,
            Some(b'[') => {
                self.eat("[");
                self.items("]", |reader| reader.value())?;
            }
            Some(b'{') => {
                self.eat("{");
                // A table that no key leads to: what is in it is told apart by its number.
                let table = self.nodes.len();
                self.nodes.push(Node::new(Kind::Value));
                self.items("}", move |reader| reader.pair(table))?;
            }
            _ => self.scalar()?,
        }
        self.depth -= 1;
        Ok(())
    }

    /// Items with commas between them, to the closing bracket.
    fn items(&mut self, close: &str, item: impl Fn(&mut Self) -> Checked) -> Checked {
        loop {
            self.blank_lines()?;
            if self.eat(close) {
                return Ok(());
            }
            item(self)?;
            self.blank_lines()?;
            if !self.eat(",") {
                return only(self.eat(close));
            }
        }
    }

    /// What stands in single quotes.
    fn literal(&mut self) -> Checked<&'a str> {
        self.eat("'");
        let text = self.run(|b| b != b'\'' && b != 0x7f && (b >= b' ' || b == b'\t'));
        only(self.eat("'"))?;
        Ok(text)
    }

    /// What stands in double quotes, its escapes resolved.
    fn basic(&mut self) -> Checked<String> {
        self.eat("\"");
        let mut text = String::new();
        loop {
            text.push_str(
                self.run(|b| !matches!(b, b'"' | b'\\' | 0x7f) && (b >= b' ' || b == b'\t')),
            );
            if self.eat("\"") {
                return Ok(text);
            }
            only(self.eat("\\"))?;
            text.push(self.escaped()?);
        }
    }

    fn escaped(&mut self) -> Checked<char> {
        let mut chars = self.rest.chars();
        let sign = chars.next().ok_or(Misfit::Here)?;
        let digits = match sign {
            'x' => 2,
            'u' => 4,
            'U' => 8,
            _ => 0,
        };
        let plain = match sign {
            'b' => '\u{8}',
            't' => '\t',
            'n' => '\n',
            'f' => '\u{c}',
            'r' => '\r',
            'e' => '\u{1b}',
            '"' | '\\' => sign,
            _ if digits > 0 => ' ',
            _ => return Err(Misfit::Here),
        };
        self.rest = chars.as_str();
        if digits == 0 {
            return Ok(plain);
        }
        let (code, rest) = self.rest.split_at_checked(digits).ok_or(Misfit::Here)?;
        only(code.bytes().all(|b| b.is_ascii_hexdigit()))?;
        self.rest = rest;
        let code = u32::from_str_radix(code, 16).map_err(|_| Misfit::Here)?;
        char::from_u32(code).ok_or(Misfit::Here)
    }

    /// A string of several lines, between three quotes of a kind.
    fn lines(&mut self, quotes: &str) -> Checked {
        let basic = quotes.starts_with('"');
        self.eat(quotes);
        loop {
            self.run(|b| {
                !matches!(b, b'"' | b'\'' | b'\\' | b'\r' | 0x7f)
                    && (b >= b' ' || b == b'\t' || b == b'\n')
            });
            if self.eat(quotes) {
                // Two more quotes belong to what they end.
                let quote = quotes.get(..1).unwrap_or_default();
                let _ = self.eat(quote) && self.eat(quote);
                return Ok(());
            }
            if basic && self.eat("\\") {
                // At the end of a line it swallows the blanks up to the next word.
                let at = self.rest;
                self.blanks();
                if self.line_end() {
                    continue;
                }
                self.rest = at;
                self.escaped()?;
                continue;
            }
            let taken = self.eat("\"") || self.eat("'") || self.eat("\\") || self.eat("\r\n");
            only(taken)?;
        }
    }

    /// A number, a truth value or a time.
    fn scalar(&mut self) -> Checked {
        let from = self.rest;
        let is_part =
            |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'_' | b'.' | b':');
        let mut word = self.run(is_part);
        let mut after = self.rest.bytes();
        let spaced = after.next() == Some(b' ') && after.next().is_some_and(|b| b.is_ascii_digit());
        if spaced && is_date(word) {
            self.eat(" ");
            let time = self.run(is_part);
            word = from.get(..word.len() + 1 + time.len()).unwrap_or(word);
        }
        let fits = matches!(word, "true" | "false") || is_number(word) || is_time(word);
        if !fits {
            self.rest = from;
        }
        only(fits)
    }
}

/// Digits of a kind with single `_` between them.
fn digits(text: &str, fits: fn(&u8) -> bool) -> bool {
    !text.is_empty()
        && text
            .split('_')
            .all(|part| !part.is_empty() && part.as_bytes().iter().all(fits))
}

/// Whether 64 bits hold the integer: what they don't hold has to be refused.
fn is_held(digits: &str, radix: u32) -> bool {
    i64::from_str_radix(&digits.replace('_', ""), radix).is_ok()
}

fn is_number(word: &str) -> bool {
    if let Some(hex) = word.strip_prefix("0x") {
        return digits(hex, u8::is_ascii_hexdigit) && is_held(hex, 16);
    }
    if let Some(octal) = word.strip_prefix("0o") {
        return digits(octal, |b| (b'0'..=b'7').contains(b)) && is_held(octal, 8);
    }
    if let Some(binary) = word.strip_prefix("0b") {
        return digits(binary, |b| matches!(b, b'0' | b'1')) && is_held(binary, 2);
    }
    let bare = word.strip_prefix(['+', '-']).unwrap_or(word);
    if matches!(bare, "inf" | "nan") {
        return true;
    }
    if digits(bare, u8::is_ascii_digit) && !is_held(word, 10) {
        return false;
    }
    let (mantissa, exponent) = match bare.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (bare, None),
    };
    let exponent = exponent
        .is_none_or(|e| digits(e.strip_prefix(['+', '-']).unwrap_or(e), u8::is_ascii_digit));
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    let led = whole.len() > 1 && whole.starts_with('0');
    let fits = |text| digits(text, u8::is_ascii_digit);
    exponent && !led && fits(whole) && fraction.is_none_or(fits)
}

/// A number of that many digits at a place, at most `most`.
fn field(text: &str, at: usize, length: usize, most: u32) -> Option<u32> {
    let field = text.get(at..at + length)?;
    let plain = field.bytes().all(|b| b.is_ascii_digit());
    let value = field.parse::<u32>().ok()?;
    (plain && value <= most).then_some(value)
}

fn is_date(text: &str) -> bool {
    let parts = (
        field(text, 0, 4, 9999),
        field(text, 5, 2, 12),
        field(text, 8, 2, 31),
    );
    let (Some(year), Some(month), Some(day)) = parts else {
        return false;
    };
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let longest = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    };
    let dashes = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
    text.len() == 10 && dashes && month > 0 && (1..=longest).contains(&day)
}

/// A date, a time of day, or both, then with a zone or without.
fn is_time(word: &str) -> bool {
    let Some(date) = word.get(..10).filter(|date| is_date(date)) else {
        return is_of_day(word);
    };
    let Some(rest) = word.get(date.len()..).filter(|rest| !rest.is_empty()) else {
        return true;
    };
    let Some(time) = rest.strip_prefix(['T', 't', ' ']) else {
        return false;
    };
    if let Some(time) = time.strip_suffix(['Z', 'z']) {
        return is_of_day(time);
    }
    match time
        .rfind(['+', '-'])
        .and_then(|at| time.split_at_checked(at))
    {
        Some((time, zone)) => {
            let fits = field(zone, 1, 2, 23).is_some() && field(zone, 4, 2, 59).is_some();
            fits && zone.len() == 6 && zone.get(3..4) == Some(":") && is_of_day(time)
        }
        None => is_of_day(time),
    }
}

/// `hh:mm`, `hh:mm:ss`, `hh:mm:ss.fraction`
fn is_of_day(text: &str) -> bool {
    let colon = |at: usize| text.get(at..=at) == Some(":");
    let minutes = field(text, 0, 2, 23).is_some() && colon(2) && field(text, 3, 2, 59).is_some();
    let seconds = colon(5) && field(text, 6, 2, 60).is_some();
    let fraction = match text.get(8..) {
        Some("") => true,
        Some(rest) => rest
            .strip_prefix('.')
            .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit())),
        None => false,
    };
    minutes && (text.len() == 5 || (seconds && fraction))
}

#[cfg(test)]
mod tests;
