//! Which format does the request ask for, and what has to be in it?

use serde_json::Value;
use text::{fence, window};

mod count;
mod keys;
mod outside;
mod talk;

pub use count::Count;
pub use outside::{Items, Outside};

use super::extract;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Json,
    JsonLines,
    Yaml,
    Toml,
    Xml,
    Csv,
    Tsv,
    MarkdownTable,
    List,
}

impl Format {
    pub fn name(self) -> &'static str {
        match self {
            Format::Json => "JSON",
            Format::JsonLines => "JSON Lines",
            Format::Yaml => "YAML",
            Format::Toml => "TOML",
            Format::Xml => "XML",
            Format::Csv => "CSV",
            Format::Tsv => "TSV",
            Format::MarkdownTable => "Markdown table",
            Format::List => "list",
        }
    }

    /// Whether a fence with this tag holds this format.
    pub fn has_tag(self, tag: &str) -> bool {
        let tag = tag.to_ascii_lowercase();
        match self {
            Format::Json => matches!(tag.as_str(), "json" | "json5" | "jsonc"),
            Format::JsonLines => matches!(tag.as_str(), "jsonl" | "ndjson" | "jsonlines" | "json"),
            Format::Yaml => matches!(tag.as_str(), "yaml" | "yml"),
            Format::Toml => tag == "toml",
            Format::Xml => matches!(
                tag.as_str(),
                "xml" | "html" | "svg" | "xsd" | "xsl" | "xslt" | "rss" | "plist" | "xaml" | "wsdl"
            ),
            Format::Csv | Format::Tsv => matches!(tag.as_str(), "csv" | "tsv"),
            Format::MarkdownTable | Format::List => matches!(tag.as_str(), "markdown" | "md"),
        }
    }
}

/// What a prompt asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    pub format: Format,
    /// A JSON Schema that the prompt gives.
    pub schema: Option<Value>,
    /// An example of the object wanted, its values placeholders.
    pub example: Option<Value>,
    /// Keys that the prompt names.
    pub keys: Vec<String>,
    /// How many records there shall be: rows, items, objects.
    pub records: Option<Count>,
    /// One item a line was asked for.
    pub one_a_line: bool,
    /// The columns that a table shall have, and how many.
    pub columns: Vec<String>,
    pub width: Option<Count>,
    /// What the JSON shall be at its outside.
    pub outside: Option<Outside>,
    /// What the items of an array shall be.
    pub items: Option<Items>,
}

impl Wanted {
    /// Whether a format is all that the prompt asks for.
    pub fn is_bare(&self) -> bool {
        !self.lays_down_a_form()
            && self.keys.is_empty()
            && self.records.is_none()
            && self.width.is_none()
            && self.columns.is_empty()
            && self.outside.is_none()
            && self.items.is_none()
    }

    /// Whether the prompt shows or describes the object that it wants.
    pub fn lays_down_a_form(&self) -> bool {
        self.schema.is_some() || self.example.is_some()
    }
}

/// Prompts longer than this are read at both ends only.
const WINDOW: usize = 24_000;

/// The format that a prompt asks for; `None` where it names none, or only one to read from.
pub fn wanted(prompt: &str) -> Option<Wanted> {
    let text = ends(prompt);
    let text = talk::without(&text);
    if asks_about(&text) {
        return None;
    }
    let words = words(&text);
    let format = named(&words)?;
    let mut wanted = Wanted {
        format,
        schema: None,
        example: None,
        keys: Vec::new(),
        records: count::records(&words, format),
        one_a_line: count::one_a_line(&words),
        columns: Vec::new(),
        width: None,
        outside: outside::outside(&words).filter(|_| format == Format::Json),
        items: outside::items(&words).filter(|_| format == Format::Json),
    };
    if matches!(format, Format::Csv | Format::Tsv | Format::MarkdownTable) {
        let lower = text.to_ascii_lowercase();
        let headless = [
            "no header",
            "without a header",
            "without header",
            "ohne kopfzeile",
            "sans en-t",
        ];
        if !headless.iter().any(|mark| lower.contains(mark)) {
            wanted.columns = keys::named(&text, format);
        }
        wanted.width = count::columns(&words);
    }
    if matches!(format, Format::Json | Format::Yaml | Format::JsonLines) {
        let given = given_object(&text, &words);
        match given {
            Some(object) if is_schema(&object) => wanted.schema = Some(object),
            Some(object) => wanted.example = Some(object),
            None => wanted.keys = keys::named(&text, format),
        }
    }
    Some(wanted)
}

/// The beginning and the end of a long prompt: what is asked stands there.
fn ends(prompt: &str) -> String {
    match window::ends(prompt, WINDOW) {
        None => prompt.to_owned(),
        Some((head, tail)) => format!("{head}\n{tail}"),
    }
}

fn words(text: &str) -> Vec<String> {
    let lower = text.to_lowercase();
    let parts = lower.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '\''));
    let mut words = Vec::new();
    for mut part in parts.filter(|part| !part.is_empty()) {
        // Scripts without blanks write a foreign word straight beside their own.
        while let Some(at) = script_ends(part) {
            let (head, rest) = part.split_at_checked(at).unwrap_or((part, ""));
            words.push(head.to_owned());
            part = rest;
        }
        words.push(part.to_owned());
    }
    words
}

/// Where a word goes over from Latin letters to those of East Asia, or back.
fn script_ends(word: &str) -> Option<usize> {
    if word.is_ascii() {
        return None;
    }
    let eastern = |c: char| c >= '\u{2e80}';
    let first = word.chars().next().map(eastern)?;
    word.find(|c| eastern(c) != first)
}

/// The format with the strongest request for it; of equals the one named last.
fn named(words: &[String]) -> Option<Format> {
    let mut best: Option<(i32, Format)> = None;
    for (at, word) in words.iter().enumerate() {
        let next = |i: usize| words.get(at + i).map(String::as_str);
        let format = match word.as_str() {
            "json" if matches!(next(1), Some("lines")) => Format::JsonLines,
            "jsonl" | "ndjson" => Format::JsonLines,
            "json" => Format::Json,
            "yaml" | "yml" => Format::Yaml,
            "toml" => Format::Toml,
            "xml" => Format::Xml,
            "csv" => Format::Csv,
            "comma" if next(1) == Some("separated") => Format::Csv,
            "tsv" => Format::Tsv,
            "tab" if next(1) == Some("separated") => Format::Tsv,
            "markdown" if next(1) == Some("table") => Format::MarkdownTable,
            "table"
                if words
                    .get(at.wrapping_sub(1))
                    .is_none_or(|w| w != "markdown") =>
            {
                Format::MarkdownTable
            }
            "list" | "bullet" | "bullets" | "bulleted" | "numbered" => Format::List,
            _ => continue,
        };
        let weak = matches!(
            word.as_str(),
            "table" | "list" | "bullet" | "bullets" | "bulleted" | "numbered"
        );
        let score = request(words, at) - if weak { 2 } else { 0 };
        if score >= 1 && best.is_none_or(|(best, _)| score >= best) {
            best = Some((score, format));
        }
    }
    let list = count::one_a_line(words).then_some(Format::List);
    best.map(|(_, format)| format).or(list)
}

/// How strongly the words around a format ask for it as the form of the answer.
fn request(words: &[String], at: usize) -> i32 {
    const TO: [&str; 17] = [
        "to", "into", "as", "in", "en", "als", "im", "em", "au", "в", "return", "output",
        "produce", "reply", "respond", "generate", "give",
    ];
    const VERBS: [&str; 74] = [
        "write",
        "create",
        "make",
        "provide",
        "present",
        "format",
        "print",
        "show",
        "answer",
        "convert",
        "return",
        "extract",
        "erstelle",
        "schreibe",
        "schreib",
        "gib",
        "erzeuge",
        "liefere",
        "antworte",
        "crée",
        "écris",
        "génère",
        "donne",
        "renvoie",
        "crea",
        "genera",
        "devuelve",
        "escribe",
        "crie",
        "gere",
        "retorne",
        "responda",
        "gebe",
        "antworten",
        "wandle",
        "konvertiere",
        "formatiere",
        "réponds",
        "répondez",
        "retourne",
        "retournez",
        "renvoyez",
        "donnez",
        "convertis",
        "convertissez",
        "responde",
        "dame",
        "convierte",
        "convierta",
        "converta",
        "gera",
        "extraia",
        "rispondi",
        "restituisci",
        "converti",
        "верни",
        "верните",
        "выведи",
        "выведите",
        "ответь",
        "ответьте",
        "отвечай",
        "отвечайте",
        "создай",
        "создайте",
        "сгенерируй",
        "сгенерируйте",
        "преобразуй",
        "преобразуйте",
        "дай",
        "дайте",
        "напиши",
        "выдай",
        "предоставь",
    ];
    // What hands out data by itself: a sentence about it, or the form of the verb that tells.
    const TELLS: [&str; 22] = [
        "api",
        "server",
        "serveur",
        "servidor",
        "endpoint",
        "service",
        "servicio",
        "serviço",
        "fonction",
        "función",
        "funzione",
        "função",
        "méthode",
        "método",
        "parser",
        "script",
        "il",
        "elle",
        "qui",
        "que",
        "который",
        "сервер",
    ];
    const NOT: [&str; 19] = [
        "don't", "not", "without", "no", "never", "avoid", "nicht", "kein", "keine", "sin", "sem",
        "pas", "ne", "não", "non", "не", "без", "jamais", "nunca",
    ];
    const FROM: [&str; 9] = [
        "from",
        "this",
        "these",
        "that",
        "given",
        "following",
        "parse",
        "read",
        "my",
    ];
    const FILLER: [&str; 80] = [
        "формате",
        "виде",
        "массив",
        "nur",
        "ausschließlich",
        "lediglich",
        "bitte",
        "reines",
        "valides",
        "das",
        "es",
        "mit",
        "uniquement",
        "seulement",
        "exclusivement",
        "juste",
        "du",
        "avec",
        "ceci",
        "cela",
        "solo",
        "sólo",
        "solamente",
        "únicamente",
        "unicamente",
        "con",
        "formato",
        "esto",
        "isto",
        "apenas",
        "somente",
        "só",
        "com",
        "para",
        "válido",
        "только",
        "исключительно",
        "um",
        "array",
        "list",
        "tableau",
        "lista",
        "liste",
        "arreglo",
        "objet",
        "objeto",
        "archivo",
        "fichier",
        "arquivo",
        "a",
        "an",
        "one",
        "the",
        "valid",
        "single",
        "raw",
        "plain",
        "only",
        "with",
        "of",
        "me",
        "just",
        "form",
        "structured",
        "pure",
        "well",
        "formed",
        "single",
        "strict",
        "minified",
        "simple",
        "matching",
        "format",
        "ein",
        "eine",
        "un",
        "une",
        "una",
        "uma",
        "gültiges",
    ];
    let mut score = 0;
    let mut back = at;
    for _ in 0..5 {
        let Some(word) = back.checked_sub(1).and_then(|i| words.get(i)) else {
            break;
        };
        back -= 1;
        let word = word.as_str();
        if NOT.contains(&word) {
            score -= 6;
            break;
        }
        let eastern = [
            "返回",
            "输出",
            "用",
            "以",
            "生成",
            "给",
            "出力",
            "返して",
            "반환",
            "转换",
            "转为",
            "转成",
        ];
        if EASTERN_NOT.iter().any(|mark| word.contains(mark)) {
            score -= 6;
            break;
        }
        if TO.contains(&word)
            || VERBS.contains(&word)
            || eastern.iter().any(|verb| word.contains(verb))
        {
            score += 3;
            let before = words.get(back.saturating_sub(2)..back).unwrap_or_default();
            let told = |word: &String| NOT.contains(&word.as_str());
            let subject = words.get(back.wrapping_sub(1)).map_or("", String::as_str);
            let tells = VERBS.contains(&word) && TELLS.contains(&subject);
            if tells || before.iter().any(told) {
                score -= 6;
            }
            break;
        }
        // A word that says what kind of data, in scripts without blanks.
        if word.ends_with('的') {
            continue;
        }
        if FROM.contains(&word) {
            score -= 3;
            break;
        }
        if !FILLER.contains(&word) && word.parse::<u32>().is_err() {
            break;
        }
    }
    let after = words.iter().skip(at + 1).take(3);
    let after = after.take_while(|word| !word.is_ascii());
    score += after
        .map(|word| ordered_after(word))
        .find(|it| *it != 0)
        .unwrap_or(0);
    match words.get(at + 1).map(String::as_str) {
        Some(
            "object" | "objects" | "array" | "format" | "output" | "document" | "response" | "only"
            | "with" | "containing" | "matching" | "list",
        ) => score += 1,
        Some("file" | "data" | "string" | "below" | "above" | "parser" | "column") => score -= 1,
        _ => {}
    }
    score
}

/// Marks that a language of East Asia says no with, or speaks of a program by.
const EASTERN_NOT: [&str; 13] = [
    "不要",
    "请勿",
    "不用",
    "无需",
    "不是",
    "别用",
    "别输出",
    "接口",
    "服务器",
    "程序",
    "函数",
    "方法",
    "为什么",
];

/// The same strength, of a word after the format: where verbs come last.
fn ordered_after(word: &str) -> i32 {
    const ORDERS: [&str; 19] = [
        "出力して",
        "返して",
        "答えて",
        "回答して",
        "変換して",
        "生成して",
        "作成して",
        "書いて",
        "まとめて",
        "作って",
        "출력하세",
        "출력해",
        "반환하세",
        "반환해",
        "변환하세",
        "변환해",
        "답해",
        "작성해",
        "만들어",
    ];
    const NOT: [&str; 6] = ["ではなく", "じゃなく", "せずに", "ないで", "말고", "아닌"];
    let has = |marks: &[&str]| marks.iter().any(|mark| word.contains(mark));
    if has(&NOT) {
        return -6;
    }
    let ordered = has(&ORDERS) || (word.starts_with("形式") && word.ends_with("出力"));
    if ordered { 3 } else { 0 }
}

/// Whether a text asks why a format is as it is, or what for: it is no order to answer in it.
fn asks_about(text: &str) -> bool {
    /// A longer text holds such a word by chance.
    const MOST: usize = 300;
    const MARKS: [&str; 27] = [
        "warum",
        "wieso",
        "weshalb",
        "pourquoi",
        "comment faire",
        "por qué",
        "por que",
        "cómo",
        "perché",
        "почему",
        "зачем",
        "为什么",
        "为何",
        "怎么",
        "好处",
        "缺点",
        "优点",
        "优势",
        "区别",
        "什么意思",
        "なぜ",
        "どうして",
        "利点",
        "違い",
        "왜 ",
        "장점",
        "차이",
    ];
    let lower = text.to_lowercase();
    text.len() <= MOST && MARKS.iter().any(|mark| lower.contains(mark))
}

/// The JSON object that the prompt shows as the form of the answer: the last one in a fence or
/// in the text, provided the prompt speaks of a schema, a form or a template.
fn given_object(text: &str, words: &[String]) -> Option<Value> {
    let about = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let fenced: Vec<Value> = fence::blocks(text)
        .into_iter()
        .filter(|block| block.tag.is_empty() || block.tag.eq_ignore_ascii_case("json"))
        .filter_map(|block| extract::json(block.body.trim()))
        .filter(Value::is_object)
        .collect();
    let candidates = if fenced.is_empty() {
        let mut found: Vec<Value> = text
            .lines()
            .rev()
            .take(200)
            .filter_map(line_object)
            .collect();
        found.extend(extract::longest_span(text).and_then(extract::json));
        found.retain(Value::is_object);
        found.truncate(4);
        found
    } else {
        fenced.into_iter().rev().collect()
    };
    if let Some(schema) = candidates.iter().find(|object| is_schema(object))
        && about(&["schema", "schéma", "esquema"])
    {
        return Some(schema.clone());
    }
    let shown = about(&[
        "format",
        "structure",
        "template",
        "schema",
        "like",
        "form",
        "shape",
        "following",
    ]);
    candidates
        .into_iter()
        .find(|object| shown && is_template(object))
}

fn line_object(line: &str) -> Option<Value> {
    let span = extract::longest_span(line)?;
    span.starts_with('{').then(|| extract::json(span))?
}

fn is_schema(object: &Value) -> bool {
    let has = |name: &str| object.get(name).is_some();
    has("$schema")
        || (has("properties") && object.get("properties").is_some_and(Value::is_object))
        || (object.get("type").is_some_and(|kind| {
            kind.as_str().is_some_and(|kind| {
                matches!(
                    kind,
                    "object" | "array" | "string" | "number" | "integer" | "boolean"
                )
            })
        }) && (has("items") || has("required") || has("enum") || has("additionalProperties")))
}

/// Whether an object shows a form rather than data: some value is a placeholder.
fn is_template(object: &Value) -> bool {
    object
        .as_object()
        .is_some_and(|map| !map.is_empty() && map.values().any(has_placeholder))
}

fn has_placeholder(value: &Value) -> bool {
    match value {
        Value::String(text) => is_placeholder(text),
        Value::Array(items) => items.is_empty() || items.iter().any(has_placeholder),
        Value::Object(map) => map.values().any(has_placeholder),
        _ => false,
    }
}

/// "___", "...", "<name>", "string", "your answer here", "".
pub fn is_placeholder(text: &str) -> bool {
    let text = text.trim().to_lowercase();
    let bare = text
        .chars()
        .all(|c| matches!(c, '_' | '.' | '…' | '-' | '?' | '*' | 'x'));
    let wrapped = (text.starts_with('<') && text.ends_with('>'))
        || (text.starts_with('[') && text.ends_with(']'))
        || (text.starts_with('{') && text.ends_with('}'));
    let typed = matches!(
        text.as_str(),
        "string"
            | "str"
            | "number"
            | "int"
            | "integer"
            | "float"
            | "boolean"
            | "bool"
            | "array"
            | "list"
            | "text"
            | "value"
    );
    bare || wrapped || typed || text.starts_with("your ") || text.ends_with(" here")
}
