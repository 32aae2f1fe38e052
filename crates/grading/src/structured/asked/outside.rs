//! What the JSON that is asked for shall be at its outside, and what an array of it holds.

/// What an array holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {
    Texts,
    Numbers,
    Objects,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outside {
    Array,
    Object,
}

/// "a JSON array of strings"; "of objects".
pub fn items(words: &[String]) -> Option<Items> {
    let of = |name: &str| {
        words.windows(4).any(|four| {
            matches!(four, [json, list, of, kind]
                if json == "json" && (list == "array" || list == "list") && of == "of" && kind == name)
        })
    };
    if of("strings") {
        Some(Items::Texts)
    } else if of("numbers") || of("integers") || of("floats") {
        Some(Items::Numbers)
    } else {
        of("objects").then_some(Items::Objects)
    }
}

/// "a JSON array of …", "a single JSON object": nothing else in the prompt may speak of the other.
pub fn outside(words: &[String]) -> Option<Outside> {
    let has = |names: &[&str]| words.iter().any(|word| names.contains(&word.as_str()));
    let follows = |phrase: &[&str]| {
        words
            .windows(phrase.len())
            .any(|window| window.iter().zip(phrase).all(|(a, b)| a == b))
    };
    // "a JSON array, not an object" says it outright.
    let not = |name: &str| {
        follows(&["not", "an", name]) || follows(&["not", "a", name]) || follows(&["no", name])
    };
    if not("object") && has(&["array", "list"]) {
        return Some(Outside::Array);
    }
    if not("array") && has(&["object"]) {
        return Some(Outside::Object);
    }
    let array = follows(&["json", "array"])
        || follows(&["json", "list", "of"])
        || follows(&["array", "of", "json", "objects"])
        || follows(&["list", "of", "json", "objects"])
        || follows(&["json", "an", "array", "of"])
        || follows(&["tableau", "json"])
        || follows(&["array", "json"])
        || follows(&["arreglo", "json"])
        || follows(&["lista", "json"])
        || follows(&["json", "数组"])
        || follows(&["json", "配列"])
        || follows(&["json", "배열"]);
    let plain_array =
        follows(&["array", "of", "json", "objects"]) || follows(&["list", "of", "json", "objects"]);
    if plain_array && !has(&["under", "wrapped", "inside", "containing"]) {
        return Some(Outside::Array);
    }
    if array
        && !has(&[
            "object", "key", "field", "property", "under", "wrapped", "inside",
        ])
    {
        return Some(Outside::Array);
    }
    let many = has(&[
        "array", "arrays", "list", "lists", "objects", "each", "every", "lines", "all", "multiple",
        "several", "rows", "records", "items", "entries", "people", "per",
    ]);
    let one = ["a", "an", "one", "single", "valid"]
        .iter()
        .any(|article| follows(&[article, "json", "object"]));
    let one = one
        || follows(&["json", "objekt"])
        || follows(&["objet", "json"])
        || follows(&["objeto", "json"])
        || follows(&["json", "对象"]);
    (one && !many).then_some(Outside::Object)
}
