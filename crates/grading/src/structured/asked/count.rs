//! How many records a prompt asks for: "5 rows", "a JSON array of ten objects", "at least 3 items".
//!
//! Law: a number counts only where it stands before a word for records and all that the prompt
//! says of their number agrees. "About ten", "3 for each", "these 5 lines" ask for no number.

use text::number::{
    self,
    words::{Tongue, digits},
};

use super::Format;

/// How many there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    pub least: usize,
    pub most: usize,
    /// A header stands before them, and is not one of them.
    pub header: bool,
    /// What they are is named by what they stand for ("5 cities"): other lists may stand beside them.
    pub by_name: bool,
}

impl Count {
    pub fn holds(self, found: usize) -> bool {
        (self.least..=self.most).contains(&found)
    }

    /// For people: "5", "at least 5", "3 to 5".
    pub fn shown(self) -> String {
        match (self.least, self.most) {
            (least, most) if least == most => least.to_string(),
            (least, usize::MAX) => format!("at least {least}"),
            (0, most) => format!("at most {most}"),
            (least, most) => format!("{least} to {most}"),
        }
    }
}

/// Words for records in any format, and in some; those of other languages than English apart.
const RECORDS: [&str; 5] = ["items", "entries", "elements", "records", "examples"];
const ELSEWHERE: [&str; 16] = [
    "einträge",
    "einträgen",
    "elementen",
    "datensätzen",
    "objekten",
    "objets",
    "objetos",
    "elemente",
    "datensätze",
    "objekte",
    "éléments",
    "entrées",
    "elementos",
    "entradas",
    "registros",
    "itens",
];
const ROWS: [&str; 2] = ["rows", "lines"];
const ROWS_ELSEWHERE: [&str; 4] = ["zeilen", "lignes", "filas", "linhas"];
const POINTS: [&str; 4] = ["bullet", "bullets", "points", "tips"];

fn is_record(word: &str, format: Format) -> bool {
    let of_its_own = match format {
        Format::Csv | Format::Tsv => ROWS.contains(&word),
        Format::MarkdownTable => word == "rows",
        Format::Json => word == "objects",
        Format::JsonLines => ROWS.contains(&word) || word == "objects",
        Format::List => POINTS.contains(&word),
        _ => false,
    };
    of_its_own || RECORDS.contains(&word) || is_record_elsewhere(word, format)
}

fn is_record_elsewhere(word: &str, format: Format) -> bool {
    let table = matches!(
        format,
        Format::Csv | Format::Tsv | Format::MarkdownTable | Format::JsonLines
    );
    ELSEWHERE.contains(&word) || (table && ROWS_ELSEWHERE.contains(&word))
}

/// Before a number that is that of the material, not of the answer.
const GIVEN: [&str; 18] = [
    "the",
    "these",
    "those",
    "this",
    "following",
    "first",
    "last",
    "all",
    "my",
    "our",
    "next",
    "other",
    "line",
    "row",
    "has",
    "have",
    "contains",
    "from",
];
/// Words of a prompt in which a count by any noun is believed.
const MOST_BY_NAME: usize = 60;
/// Longer prompts bring material along, whose numbers are not those of the answer.
const MOST_WORDS: usize = 300;
/// Verbs that ask for so many of something.
const MAKING: [&str; 14] = [
    "list", "give", "me", "generate", "create", "make", "provide", "return", "write", "name",
    "output", "produce", "exactly", "with",
];

/// The number of records asked for; `None` where none is, or it is not plain.
pub fn records(words: &[String], format: Format) -> Option<Count> {
    let each = |word: &String| {
        matches!(
            word.as_str(),
            "each" | "every" | "per" | "jeweils" | "chaque"
        )
    };
    if words.len() > MOST_WORDS {
        return None;
    }
    let mut found: Option<(Count, Option<&String>)> = None;
    for at in 0..words.len() {
        let next = at + 1;
        let Some(n) = number(words, at, format) else {
            continue;
        };
        // "3 pros and 3 cons" are six.
        let joined = at
            .checked_sub(1)
            .and_then(|at| words.get(at))
            .is_some_and(|word| word == "and");
        let noun = words
            .get(next)
            .is_some_and(|word| word.len() > 3 && word.ends_with('s'));
        if found.is_some() && joined && noun {
            return None;
        }
        if !stands_for_records(words, at, next, format) {
            continue;
        }
        let near = words.get(at.saturating_sub(3)..(next + 5).min(words.len()));
        if near.is_some_and(|near| near.iter().any(each) && !one_a_line(near)) {
            return None;
        }
        let count = Count {
            by_name: !names_records(words, next, format),
            ..bounds(words, at, next, n)?
        };
        // "3 pros and 3 cons" are six.
        let what = words.get(next);
        if found.is_some_and(|found| found != (count, what)) {
            return None;
        }
        found = Some((count, what));
    }
    let (count, _) = found?;
    // Longer prompts, and others that count more than one thing, may put all of it into one list.
    if count.by_name && format == Format::Json && (words.len() > MOST_BY_NAME || counted(words) > 1)
    {
        return None;
    }
    Some(Count {
        header: speaks_of_a_header(words),
        ..count
    })
}

/// How many things a prompt gives numbers of, a range once.
fn counted(words: &[String]) -> usize {
    let plural = |word: &&String| {
        word.len() > 3 && word.ends_with('s') && !MEASURES.contains(&word.as_str())
    };
    let number = |at: usize| {
        words
            .get(at)
            .is_some_and(|word| number::count(word).is_some())
    };
    (0..words.len())
        .filter(|at| number(*at) && !number(at + 1))
        .filter(|at| {
            let after = words.get(at + 1..).unwrap_or_default();
            let ranges = after
                .first()
                .is_some_and(|word| matches!(word.as_str(), "to" | "and" | "or"));
            !(ranges && number(at + 2)) && after.iter().take(4).any(|word| plural(&word))
        })
        .count()
}

/// Whether there is to be a header that is no record.
fn speaks_of_a_header(words: &[String]) -> bool {
    let named = |word: &str| matches!(word, "header" | "headers" | "columns" | "spalten");
    let denied = |at: usize| {
        let before = words.get(at.saturating_sub(2)..at).unwrap_or_default();
        before
            .iter()
            .any(|word| matches!(word.as_str(), "no" | "without"))
    };
    let mut heads = words
        .iter()
        .enumerate()
        .filter(|(_, word)| named(word))
        .peekable();
    let data = words
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a == "data" && ROWS.contains(&b.as_str())));
    (heads.peek().is_some() && heads.all(|(at, _)| !denied(at))) || data
}

/// A number of two or more; in other languages than English only right before a word for records.
fn number(words: &[String], at: usize, format: Format) -> Option<usize> {
    const MOST: usize = 1_000;
    let word = words.get(at)?;
    let read = number::count(word).or_else(|| {
        let next = words.get(at + 1)?;
        if !is_record_elsewhere(next, format) {
            return None;
        }
        let mut tongues = Tongue::ALL.into_iter();
        tongues.find_map(|tongue| digits(word, tongue)?.parse().ok())
    });
    read.filter(|n| (2..=MOST).contains(n))
}

/// Words that end what a number counts.
const STOPS: [&str; 24] = [
    "of",
    "in",
    "with",
    "and",
    "for",
    "to",
    "each",
    "per",
    "columns",
    "column",
    "words",
    "keys",
    "fields",
    "sentences",
    "characters",
    "or",
    "properties",
    "attributes",
    "as",
    "letters",
    "digits",
    "paragraphs",
    "levels",
    "decimals",
];

/// What is measured and not listed.
const MEASURES: [&str; 14] = [
    "minutes", "seconds", "hours", "days", "weeks", "months", "years", "times", "dollars", "euros",
    "points", "stars", "tokens", "lines",
];

/// Whether a word for records follows a number.
fn names_records(words: &[String], next: usize, format: Format) -> bool {
    words
        .iter()
        .skip(next)
        .take(3)
        .map(String::as_str)
        .take_while(|word| !STOPS.contains(word) && number::count(word).is_none())
        .any(|word| is_record(word, format))
}

/// Whether what follows a number, or stands before it, says that it counts records.
fn stands_for_records(words: &[String], at: usize, next: usize, format: Format) -> bool {
    let before = |back: usize| {
        at.checked_sub(back)
            .and_then(|at| words.get(at))
            .map_or("", String::as_str)
    };
    let material = |back| {
        matches!(
            before(back),
            "has" | "have" | "contains" | "these" | "those"
        )
    };
    if GIVEN.contains(&before(1)) || material(2) || material(3) {
        return false;
    }
    let named = names_records(words, next, format);
    let counts_parts = words
        .get(next)
        .is_none_or(|word| STOPS.contains(&word.as_str()));
    let of_list = matches!(
        before(1),
        "of" | "with" | "containing" | "mit" | "aus" | "con" | "com" | "avec"
    ) && matches!(
        before(2),
        "list" | "array" | "table" | "csv" | "file" | "liste" | "lista"
    ) && (before(1) == "of" || !counts_parts);
    let plural = words
        .get(next..)
        .unwrap_or_default()
        .iter()
        .take(3)
        .take_while(|word| !STOPS.contains(&word.as_str()) && number::count(word).is_none())
        .any(|word| {
            (word.len() > 3 && word.ends_with('s') && !MEASURES.contains(&word.as_str()))
                || word == "people"
                || word == "countries"
        });
    let list = format == Format::List
        && MAKING.contains(&before(1))
        && plural
        && (before(1) == "list" || one_a_line(words));
    // "three capitals as a JSON array", "exactly 4 tags": an order stands before the number, or before the
    // words that bound it.
    let bounds = |word: &&str| {
        matches!(
            *word,
            "to" | "and" | "or" | "between" | "least" | "most" | "at" | "up" | "exactly"
        ) || number::count(word).is_some()
    };
    let lead = (1..=5).map(before).find(|word| !bounds(word));
    let asked =
        lead.is_some_and(|word| ["give", "me", "generate", "return", "list"].contains(&word));
    let array = format == Format::Json && asked && plural && !counts_parts;
    named || of_list || list || array
}

/// "one a line", "one per line", "each on its own line".
pub fn one_a_line(words: &[String]) -> bool {
    const PHRASES: [[&str; 3]; 8] = [
        ["one", "a", "line"],
        ["one", "per", "line"],
        ["one", "each", "line"],
        ["to", "a", "line"],
        ["its", "own", "line"],
        ["a", "new", "line"],
        ["on", "separate", "lines"],
        ["line", "by", "line"],
    ];
    words.windows(3).any(
        |three| matches!(three, [a, b, c] if c.starts_with("line") && PHRASES.contains(&[a, b, c])),
    )
}

/// What stands before the number, or another number after it, makes of it; `None` where it is
/// only about so many.
fn bounds(words: &[String], at: usize, next: usize, n: usize) -> Option<Count> {
    let before = |back: usize| {
        at.checked_sub(back)
            .and_then(|at| words.get(at))
            .map_or("", String::as_str)
    };
    let after = words.get(next).map_or("", String::as_str);
    let exact = Count {
        least: n,
        most: n,
        header: false,
        by_name: false,
    };
    // "3 to 5", "3-5", "between 3 and 5": the second number comes by here.
    let low = match (before(1), before(2)) {
        ("to" | "and" | "or" | "bis" | "à" | "a", low) => number::count(low),
        (low, _) => number::count(low),
    };
    if let Some(low) = low.filter(|low| *low < n) {
        return Some(Count {
            least: low,
            ..exact
        });
    }
    Some(match (before(2), before(1)) {
        ("at", "least") | (_, "minimum" | "mindestens") | ("minimum", "of") => Count {
            most: usize::MAX,
            ..exact
        },
        ("fewer" | "less", "than") if before(3) == "no" || before(3) == "not" => Count {
            most: usize::MAX,
            ..exact
        },
        ("more", "than") if before(3) == "no" || before(3) == "not" => Count { least: 0, ..exact },
        ("at", "most") | ("up", "to") | (_, "maximum" | "höchstens") | ("maximum", "of") => {
            Count { least: 0, ..exact }
        }
        (
            _,
            "than" | "about" | "around" | "roughly" | "approximately" | "some" | "over" | "under",
        ) => {
            return None;
        }
        (_, "circa" | "ca" | "etwa" | "nearly" | "almost" | "to" | "least" | "most") => {
            return None;
        }
        _ if matches!(after, "or" | "plus" | "ish") => return None,
        _ => exact,
    })
}

/// The number of columns asked for.
pub fn columns(words: &[String]) -> Option<Count> {
    let mut found: Option<Count> = None;
    for (at, word) in words.iter().enumerate().take(MOST_WORDS) {
        let given = |back: &usize| {
            let before = at.checked_sub(*back).and_then(|at| words.get(at));
            before.is_some_and(|before| GIVEN.contains(&before.as_str()))
        };
        if words.get(at + 1).is_none_or(|next| next != "columns") {
            continue;
        }
        let Some(n) = number::count(word).filter(|_| ![1, 2, 3].iter().any(given)) else {
            continue;
        };
        let count = bounds(words, at, at + 1, n)?;
        if found.is_some_and(|found| found != count) {
            return None;
        }
        found = Some(count);
    }
    found
}
