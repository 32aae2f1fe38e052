//! CSV as of RFC 4180, with any of the usual delimiters.

/// How large a table is, its header counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Table {
    pub rows: usize,
    pub width: usize,
}

/// Rows of equally many fields, quotes closed. The delimiter is the one that the first row uses
/// most: comma, semicolon, tab or bar. Blank lines are skipped; at least one row is needed.
///
/// # Errors
/// The row that has another number of fields than the first, or a quote that is out of place.
pub fn csv(text: &str) -> Result<Table, String> {
    let mut reader = Reader::new(text.trim_start_matches('\u{feff}'));
    let mut table: Option<Table> = None;
    while let Some(width) = reader.row()? {
        let known = table.get_or_insert(Table { rows: 0, width });
        known.rows += 1;
        if known.width != width {
            return Err(format!(
                "row {} has {width} fields, the first has {}",
                known.rows, known.width
            ));
        }
    }
    table.ok_or_else(|| "no row".into())
}

struct Reader<'a> {
    bytes: std::iter::Peekable<std::str::Bytes<'a>>,
    delimiter: u8,
    line: usize,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        let header = text.lines().find(|line| !line.trim().is_empty());
        let header = header.unwrap_or_default();
        let count = |d: u8| outside_quotes(header, d);
        // The last of equals wins, so the comma stands last.
        let delimiter = [b'|', b'\t', b';', b',']
            .into_iter()
            .max_by_key(|&d| count(d))
            .unwrap_or(b',');
        Reader {
            bytes: text.bytes().peekable(),
            delimiter,
            line: 1,
        }
    }

    /// The number of fields of the next row; `None` at the end.
    fn row(&mut self) -> Result<Option<usize>, String> {
        while self.end_of_line() {}
        if self.bytes.peek().is_none() {
            return Ok(None);
        }
        let mut fields = 1;
        loop {
            self.field()?;
            if self.bytes.peek() == Some(&self.delimiter) {
                self.bytes.next();
                fields += 1;
            } else if self.end_of_line() || self.bytes.peek().is_none() {
                return Ok(Some(fields));
            } else {
                return Err(format!("line {}: text after a closing quote", self.line));
            }
        }
    }

    /// Takes one line end, if one is next.
    fn end_of_line(&mut self) -> bool {
        match self.bytes.peek() {
            Some(b'\r') => {
                self.bytes.next();
                self.bytes.next_if_eq(&b'\n');
            }
            Some(b'\n') => {
                self.bytes.next();
            }
            _ => return false,
        }
        self.line += 1;
        true
    }

    fn field(&mut self) -> Result<(), String> {
        let delimiter = self.delimiter;
        if self.bytes.next_if_eq(&b'"').is_none() {
            let inside = |b: &u8| *b != delimiter && *b != b'\n' && *b != b'\r';
            while self.bytes.next_if(inside).is_some() {}
            return Ok(());
        }
        let opened = self.line;
        loop {
            match self.bytes.next() {
                Some(b'"') if self.bytes.next_if_eq(&b'"').is_none() => return Ok(()),
                Some(b'\n') => self.line += 1,
                Some(_) => {}
                None => return Err(format!("line {opened}: a quote is not closed")),
            }
        }
    }
}

fn outside_quotes(line: &str, wanted: u8) -> usize {
    let mut quoted = false;
    line.bytes()
        .filter(|&byte| {
            quoted ^= byte == b'"';
            !quoted && byte == wanted
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_equal_width_are_csv_whatever_the_delimiter() {
        for (text, width) in [
            ("a,b\n1,2\n", 2),
            ("a;b\r\n1,5;2\r\n", 2),
            ("a\tb\n\n1\t2", 2),
            ("a,b\n\"x,\n\"\"y\"\"\",2", 2),
            ("one column\nonly", 1),
            ("\u{feff}a,b\n,", 2),
        ] {
            assert_eq!(csv(text), Ok(Table { rows: 2, width }), "{text:?}");
        }
    }

    #[test]
    fn ragged_rows_and_stray_quotes_are_not() {
        for text in [
            "",
            "a,b\n1",
            "a,b\n1,2,3",
            "a,b\n\"1,2",
            "a,b\n\"1\"x,2",
            "a,b\n...",
        ] {
            assert!(csv(text).is_err(), "{text:?}");
        }
        assert_eq!(
            csv("a,b\n1"),
            Err("row 2 has 1 fields, the first has 2".into())
        );
    }
}
