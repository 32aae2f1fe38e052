//! Tells a language by the shape of a text, and by what the request names.

use std::sync::LazyLock;

use text::window;

use super::{
    language::{Language, Tag},
    sheet,
};
use Language::{
    Bash, Csv, Go, Java, JavaScript, Json, JsonLines, Python, Rust, Sql, TypeScript, Xml, Yaml,
};

/// Prompts longer than this are read at both ends only.
pub const WINDOW: usize = 20_000;

/// The languages that a request names, in the order in which they first occur.
pub fn named(prompt: &str) -> Vec<Language> {
    let between = |c: char| !(c.is_alphanumeric() || matches!(c, '#' | '+'));
    let (head, tail) = match window::ends(prompt, WINDOW) {
        None => (prompt, ""),
        // What is left of a word that is cut through may be the name of a language.
        Some((head, tail)) => (
            head.rsplit_once(between).map_or("", |(whole, _)| whole),
            tail.split_once(between).map_or("", |(_, whole)| whole),
        ),
    };
    let mut found: Vec<Language> = Vec::new();
    for word in head.split(between).chain(tail.split(between)) {
        // Short names are words too: `go`, `ts` and `node` name a language only as they are written.
        let plain = match word {
            "Go" | "Golang" | "golang" => Some(Go),
            "JS" | "TS" | "js" | "ts" | "SQL" | "sql" => match Tag::of_word(word) {
                Tag::Known(language) => Some(language),
                _ => None,
            },
            _ if (3..=16).contains(&word.len()) => match Tag::of_word(word) {
                // No dot, slash or dash is in a word here: it is the whole tag.
                Tag::Known(language) if !is_plain_word(word) => Some(language),
                _ => None,
            },
            _ => None,
        };
        if let Some(language) = plain
            && !found.contains(&language)
        {
            found.push(language);
        }
    }
    found
}

fn is_plain_word(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    matches!(
        word.as_str(),
        "console" | "terminal" | "react" | "node" | "shell" | "rust" | "rss"
    ) && word != "rust"
}

/// How a mark has to stand in a line, blanks at the ends cut off.
enum At {
    Start,
    End,
    Inside,
}
use At::{End, Inside, Start};

/// Marks of a language in a line, and how much each says.
static MARKS: &[Mark] = &[
    (Python, Start, "def ", 4),
    (Python, Start, "async def ", 5),
    (Python, Start, "from ", 1),
    (Python, Inside, "self.", 2),
    (Python, Inside, "__", 2),
    (Python, Start, "elif ", 5),
    (Python, Start, "except ", 3),
    (Python, Start, "with open(", 4),
    (Python, Start, "print(", 2),
    (Python, Inside, " import ", 1),
    (Python, Start, "import ", 1),
    (Python, End, ":", 1),
    (Python, Start, "# ", 1),
    (Python, Inside, " not in ", 2),
    (Python, Inside, "lambda ", 2),
    (Python, Inside, "None", 1),
    (Python, Inside, "True", 1),
    (Python, Inside, "\"\"\"", 1),
    (Python, Start, "@", 1),
    (Python, Inside, " = ", 1),
    (Python, End, ")", 1),
    (JavaScript, Start, "const ", 4),
    (JavaScript, Start, "let ", 2),
    (JavaScript, Start, "var ", 2),
    (JavaScript, Start, "function ", 3),
    (JavaScript, Start, "async function ", 5),
    (JavaScript, Start, "export default", 5),
    (JavaScript, Start, "export const", 5),
    (JavaScript, Start, "export function", 5),
    (JavaScript, Start, "export class", 5),
    (JavaScript, Start, "export async", 5),
    (JavaScript, Start, "export {", 5),
    (JavaScript, Start, "export interface", 3),
    (JavaScript, Start, "export type", 3),
    (JavaScript, Inside, "=> ", 2),
    (JavaScript, Inside, "=> {", 2),
    (JavaScript, Inside, "console.log", 4),
    (JavaScript, Inside, "document.", 3),
    (JavaScript, Inside, "require(", 3),
    (JavaScript, Inside, "===", 3),
    (JavaScript, Inside, "} from '", 4),
    (JavaScript, Inside, "} from \"", 4),
    (JavaScript, Inside, " from '", 3),
    (JavaScript, Start, "//", 1),
    (JavaScript, End, "});", 3),
    (JavaScript, End, "},", 1),
    (JavaScript, Inside, "await ", 1),
    (JavaScript, Inside, "this.", 1),
    (JavaScript, End, ";", 1),
    (TypeScript, Start, "interface ", 5),
    (TypeScript, Start, "type ", 3),
    (TypeScript, Start, "enum ", 2),
    (TypeScript, Inside, ": string", 5),
    (TypeScript, Inside, ": number", 5),
    (TypeScript, Inside, ": boolean", 5),
    (TypeScript, Inside, ": void", 5),
    (TypeScript, Inside, ": any", 5),
    (TypeScript, Inside, ": Promise<", 5),
    (TypeScript, Inside, "private ", 2),
    (TypeScript, Inside, "readonly ", 3),
    (TypeScript, Inside, " as const", 4),
    (TypeScript, Inside, "import type", 5),
    (TypeScript, Start, "@Component", 5),
    (TypeScript, Start, "@Injectable", 5),
    (Rust, Start, "fn ", 5),
    (Rust, Start, "pub ", 4),
    (Rust, Start, "use ", 3),
    (Rust, Start, "let mut ", 5),
    (Rust, Start, "let ", 1),
    (Rust, Start, "impl", 5),
    (Rust, Start, "mod ", 3),
    (Rust, Start, "#[", 5),
    (Rust, Start, "#![", 5),
    (Rust, Start, "match ", 3),
    (Rust, Inside, "println!(", 5),
    (Rust, Inside, ".unwrap()", 3),
    (Rust, Inside, "&mut ", 4),
    (Rust, Inside, "&self", 5),
    (Rust, Inside, "-> ", 1),
    (Rust, Inside, "::<", 3),
    (Rust, Inside, "Some(", 2),
    (Rust, Inside, "self.", 1),
    (Rust, Start, "///", 3),
    (Rust, Start, "//", 1),
    (Rust, End, ";", 1),
    (Rust, Inside, "::", 1),
    (Go, Start, "package ", 5),
    (Go, Start, "func ", 5),
    (Go, Start, "func (", 3),
    (Go, Inside, " := ", 4),
    (Go, Inside, "fmt.", 4),
    (Go, Inside, "err != nil", 5),
    (Go, Inside, " nil", 1),
    (Go, Start, "type ", 2),
    (Go, End, "struct {", 3),
    (Go, Start, "defer ", 4),
    (Go, Inside, "chan ", 2),
    (Go, Inside, "[]string", 4),
    (Go, Inside, "[]byte", 4),
    (Go, Start, "import (", 5),
    (Go, Start, "//", 1),
    (Java, Start, "public class ", 6),
    (Java, Start, "public static ", 5),
    (Java, Start, "public interface ", 5),
    (Java, Start, "import java", 6),
    (Java, Start, "import org.", 4),
    (Java, Start, "import com.", 4),
    (Java, Start, "public ", 2),
    (Java, Start, "private ", 2),
    (Java, Start, "private final ", 3),
    (Java, Start, "protected ", 2),
    (Java, Inside, "System.out", 5),
    (Java, Start, "@Override", 5),
    (Java, Start, "@Autowired", 5),
    (Java, Start, "String ", 4),
    (Java, Start, "int ", 2),
    (Java, Inside, " = new ", 2),
    (Java, Start, "package ", 3),
    (Java, Inside, " throws ", 4),
    (Java, Start, "//", 1),
    (Java, End, ";", 1),
    (Java, Inside, "String ", 1),
    (Bash, Start, "#!/", 9),
    (Bash, Start, "echo ", 4),
    (Bash, Start, "sudo ", 6),
    (Bash, Start, "apt", 4),
    (Bash, Start, "npm ", 6),
    (Bash, Start, "npx ", 6),
    (Bash, Start, "yarn ", 6),
    (Bash, Start, "pip", 5),
    (Bash, Start, "git ", 6),
    (Bash, Start, "cd ", 5),
    (Bash, Start, "docker", 6),
    (Bash, Start, "kubectl ", 6),
    (Bash, Start, "curl ", 6),
    (Bash, Start, "ssh", 5),
    (Bash, Start, "scp ", 6),
    (Bash, Start, "ffmpeg ", 6),
    (Bash, Start, "mkdir ", 5),
    (Bash, Start, "export ", 3),
    (Bash, Start, "source ", 5),
    (Bash, Start, "awk ", 6),
    (Bash, Start, "grep ", 6),
    (Bash, Start, "sed ", 6),
    (Bash, Start, "ip ", 5),
    (Bash, Start, "iptables ", 6),
    (Bash, Start, "systemctl ", 6),
    (Bash, Start, "cat ", 5),
    (Bash, Start, "mv ", 5),
    (Bash, Start, "cp ", 5),
    (Bash, Start, "rm ", 5),
    (Bash, Start, "chmod ", 6),
    (Bash, Start, "find ", 4),
    (Bash, Start, "for i in", 2),
    (Bash, Start, "python ", 5),
    (Bash, Start, "python3 ", 5),
    (Bash, Start, "go get ", 7),
    (Bash, Start, "cargo ", 6),
    (Bash, Start, "./", 4),
    (Bash, Start, "$ ", 5),
    (Bash, Start, "if [", 5),
    (Bash, End, "; then", 6),
    (Bash, End, "; do", 6),
    (Bash, Start, "fi", 3),
    (Bash, Start, "done", 4),
    (Bash, Start, "esac", 4),
    (Bash, Inside, "$(", 4),
    (Bash, Inside, " | ", 2),
    (Bash, Inside, "\"$", 2),
    (Bash, Inside, " --", 2),
    (Bash, Start, "# ", 1),
    (Bash, End, "\\", 2),
];

/// The marks by the byte that each begins with, or ends with: of a line each byte is looked at once, however
/// many marks there are.
struct Index {
    starts: Vec<Vec<&'static Mark>>,
    ends: Vec<Vec<&'static Mark>>,
    /// Those that may stand anywhere, each with a bit of its own.
    inside: Vec<Vec<(u128, &'static Mark)>>,
}

type Mark = (Language, At, &'static str, i32);

static INDEX: LazyLock<Index> = LazyLock::new(|| {
    let mut index = Index {
        starts: vec![Vec::new(); 128],
        ends: vec![Vec::new(); 128],
        inside: vec![Vec::new(); 128],
    };
    let mut bit = 1;
    for entry in MARKS {
        let bytes = entry.2.as_bytes();
        let at = |byte: Option<&u8>| usize::from(byte.map_or(0, |byte| byte & 127));
        let (first, last) = (at(bytes.first()), at(bytes.last()));
        match entry.1 {
            Start => index.starts.get_mut(first).map(|marks| marks.push(entry)),
            End => index.ends.get_mut(last).map(|marks| marks.push(entry)),
            Inside => {
                let marks = index.inside.get_mut(first);
                marks.map(|marks| marks.push((bit, entry)))
            }
        };
        if matches!(entry.1, Inside) {
            bit <<= 1;
        }
    }
    index
});

impl Index {
    /// Tells each mark of a line, once.
    fn hits(&self, line: &str, add: &mut impl FnMut(Language, i32)) {
        let bytes = line.as_bytes();
        let begun = |byte: Option<&u8>| {
            byte.filter(|byte| byte.is_ascii())
                .map(|it| usize::from(*it))
        };
        let starts = begun(bytes.first()).and_then(|byte| self.starts.get(byte));
        let ends = begun(bytes.last()).and_then(|byte| self.ends.get(byte));
        for (language, _, mark, weight) in starts.into_iter().flatten() {
            if bytes.starts_with(mark.as_bytes()) {
                add(*language, *weight);
            }
        }
        for (language, _, mark, weight) in ends.into_iter().flatten() {
            if bytes.ends_with(mark.as_bytes()) {
                add(*language, *weight);
            }
        }
        let mut seen = 0;
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            let marks = begun(Some(byte)).and_then(|byte| self.inside.get(byte));
            for (bit, (language, _, mark, weight)) in marks.into_iter().flatten() {
                if seen & bit == 0 && rest.starts_with(mark.as_bytes()) {
                    seen |= bit;
                    add(*language, *weight);
                }
            }
            rest = after;
        }
    }
}

/// Words that start a statement of SQL.
const SQL_STARTS: [&str; 18] = [
    "SELECT ",
    "INSERT ",
    "UPDATE ",
    "DELETE ",
    "CREATE ",
    "ALTER ",
    "DROP ",
    "WITH ",
    "FROM ",
    "WHERE ",
    "GROUP BY",
    "ORDER BY",
    "JOIN ",
    "LEFT JOIN",
    "INNER JOIN",
    "VALUES",
    "BEGIN",
    "--",
];

/// The language of an untagged text; `None` where its shape says too little. `wanted` are the
/// languages that the request names: they weigh, they don't decide.
pub fn by_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    sheet::by_shape(lines(text))
        .or_else(|| data_shape(text, wanted))
        .or_else(|| code_shape(text, wanted))
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty()).take(300)
}

/// Data formats are told by how the text starts and by what most of its lines are.
fn data_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    let text = text.trim();
    let all = lines(text).count().max(1);
    let share =
        |test: &dyn Fn(&str) -> bool| lines(text).filter(|line| test(line)).count() * 100 / all;
    if text.starts_with("<?xml") || starts_with_tag(text) {
        let code = lines(text).any(|line| line.starts_with("<script"));
        return (!code && !text.to_ascii_lowercase().starts_with("<!doctype html")).then_some(Xml);
    }
    if wanted.contains(&Csv) && !wanted.contains(&Python) && share(&|line| line.contains(',')) >= 50
    {
        return Some(Csv);
    }
    let pair = |line: &str| {
        let quoted = line.strip_prefix(['"', '“', '”', '\'']);
        quoted.is_some_and(|rest| {
            rest.contains("\":")
                || rest.contains("\" :")
                || rest.contains("”:")
                || rest.contains("':")
        })
    };
    let closer = |line: &str| line.chars().all(|c| "{}[],".contains(c));
    let first = lines(text).next().unwrap_or_default();
    let json_start = text.starts_with(['{', '[']) || pair(first);
    let comment = first.starts_with("//");
    let second = lines(text).nth(1).unwrap_or_default();
    if comment && second.starts_with('{') && share(&|line| pair(line) || closer(line)) >= 50 {
        return Some(Json);
    }
    let plain_start = text.starts_with('{') || text.starts_with('[');
    if json_start && (share(&|line| pair(line) || closer(line)) >= 50 || whole_json_line(text)) {
        let rows = lines(text)
            .filter(|line| line.starts_with('{') && line.ends_with('}'))
            .count();
        let jsonl = rows == all && rows > 1;
        return Some(if jsonl && wanted.contains(&JsonLines) {
            JsonLines
        } else {
            Json
        });
    }
    if plain_start && wanted.contains(&Json) {
        return Some(Json);
    }
    let fields = |line: &str| line.matches(',').count();
    if all >= 3
        && fields(first) >= 1
        && !first.contains(['(', '{', ';', '=', ':'])
        && !first.starts_with("//")
        && !first.starts_with(['#', '*'])
        && share(&|line| fields(line).abs_diff(fields(first)) <= 1 && !line.ends_with(',')) >= 80
    {
        return Some(Csv);
    }
    let key = |line: &str| {
        let line = line.trim_start_matches("- ");
        line.starts_with('#')
            || line == "---"
            || line.split_once(':').is_some_and(|(key, rest)| {
                (rest.is_empty() || rest.starts_with(' '))
                    && !key.is_empty()
                    && key
                        .chars()
                        .all(|c| c.is_alphanumeric() || "_-./\"' ".contains(c))
                    && key.split(' ').count() <= 3
            })
    };
    let item = |line: &str| line.starts_with("- ");
    let code = |line: &str| {
        line.ends_with([';', '{', ')', ','])
            || ["if ", "for ", "def ", "class ", "else:", "try:", "while "]
                .iter()
                .any(|word| line.starts_with(word))
    };
    let keyed = lines(text)
        .filter(|line| key(line) && !line.starts_with('#'))
        .count();
    if keyed > 0 && share(&|line| (key(line) || item(line)) && !code(line)) >= 65 {
        return Some(Yaml);
    }
    None
}

fn starts_with_tag(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_alphabetic() || c == '!') && rest.contains('>')
            || rest.starts_with(|c: char| c.is_alphabetic())
    })
}

fn whole_json_line(text: &str) -> bool {
    text.lines().count() <= 3
        && (text.contains("\":") || text.starts_with("[\"") || text.starts_with("[{"))
}

fn code_shape(text: &str, wanted: &[Language]) -> Option<Language> {
    let mut scores: Vec<(Language, i32)> =
        [Python, JavaScript, TypeScript, Rust, Go, Java, Sql, Bash]
            .into_iter()
            .map(|language| (language, 0))
            .collect();
    let mut add = |language: Language, weight: i32| {
        if let Some(entry) = scores.iter_mut().find(|(l, _)| *l == language) {
            entry.1 += weight;
        }
    };
    for line in lines(text) {
        INDEX.hits(line, &mut add);
        let head: String = line
            .chars()
            .take(12)
            .collect::<String>()
            .to_ascii_uppercase();
        if SQL_STARTS
            .iter()
            .any(|start| head.starts_with(start) || head == start.trim_end())
        {
            add(Sql, if head.starts_with("--") { 2 } else { 4 });
        }
        let flag = line.split(' ').skip(1).any(|word| {
            let name = word.trim_start_matches('-');
            name.len() < word.len() && name.starts_with(|c: char| c.is_ascii_alphabetic())
        });
        if flag && !line.contains(['(', '=', ';']) {
            add(Bash, 2);
        }
        // A shell's assignment has no blanks around its sign.
        if line.contains(" = ") {
            add(Bash, -3);
        }
        let semicolon = line.ends_with(';') || line.ends_with('{');
        if semicolon {
            add(Python, -2);
            add(Bash, -1);
        }
        if line.ends_with(';') {
            add(Go, -2);
        }
    }
    let of = |scores: &[(Language, i32)], language| {
        scores
            .iter()
            .find(|(l, _)| *l == language)
            .map_or(0, |(_, n)| *n)
    };
    // TypeScript is JavaScript and more: its own marks come on top.
    let (plain, typed) = (of(&scores, JavaScript), of(&scores, TypeScript));
    for (language, score) in &mut scores {
        if *language == TypeScript {
            *score = if typed >= 2 || wanted.contains(&TypeScript) {
                plain + typed
            } else {
                0
            };
        }
        if wanted.iter().any(|w| w.akin(*language)) {
            *score += if *score > 0 { 3 + *score / 4 } else { 1 };
            if wanted.contains(language) {
                *score += 1;
            }
        }
    }
    let (language, score) = scores.into_iter().max_by_key(|(_, score)| *score)?;
    (score >= 2).then_some(language)
}
