//! Where a `$ref` leads: inside the document that it stands in, and nowhere else.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use serde_json::{Map, Value};

/// Subschemas looked at for `$id` and `$anchor`, at most.
const MAX_NODES: usize = 20_000;
const MAX_DEPTH: usize = 100;
/// Bytes of one `$id`, and of an address put together of several.
const MAX_NAME: usize = 500;

const ELSEWHERE: &str = "the schema refers to another document";

/// The places of a schema document that can be referred to.
pub struct References<'s> {
    root: &'s Value,
    /// By absolute address without an empty fragment, and by address `#` anchor.
    named: HashMap<String, &'s Value>,
    /// The base address of every object of the document, by where it stands in memory.
    bases: HashMap<*const Map<String, Value>, Rc<str>>,
    dynamic: HashSet<&'s str>,
    /// `$dynamicAnchor` names that stand more than once: what they mean depends on the path.
    ambiguous: bool,
    old: bool,
}

impl<'s> References<'s> {
    /// `old` for draft 7 and before, where a `$ref` hides an `$id` beside it.
    pub fn new(root: &'s Value, old: bool) -> Self {
        let mut references = References {
            root,
            named: HashMap::new(),
            bases: HashMap::new(),
            dynamic: HashSet::new(),
            ambiguous: false,
            old,
        };
        let mut budget = MAX_NODES;
        references.collect(root, Rc::from(""), 0, &mut budget);
        references
    }

    /// How many objects the document has, as far as they were looked at.
    pub fn size(&self) -> usize {
        self.bases.len()
    }

    fn collect(&mut self, value: &'s Value, base: Rc<str>, depth: usize, budget: &mut usize) {
        if depth > MAX_DEPTH || *budget == 0 {
            return;
        }
        *budget -= 1;
        match value {
            Value::Object(map) => {
                let base = self.register(value, map, base);
                for (keyword, inside) in map {
                    // Values, not schemas, stand in these.
                    if !matches!(keyword.as_str(), "enum" | "const" | "default" | "examples") {
                        self.collect(inside, base.clone(), depth + 1, budget);
                    }
                }
            }
            Value::Array(items) => {
                for inside in items {
                    self.collect(inside, base.clone(), depth + 1, budget);
                }
            }
            _ => {}
        }
    }

    /// Notes the names that an object gives itself; the base address inside it.
    fn register(
        &mut self,
        value: &'s Value,
        map: &'s Map<String, Value>,
        base: Rc<str>,
    ) -> Rc<str> {
        let text = |keyword: &str| {
            let name = map.get(keyword).and_then(Value::as_str)?;
            (name.len() <= MAX_NAME).then_some(name)
        };
        let mut base = base;
        let hidden = self.old && map.contains_key("$ref");
        if let Some(id) = text("$id").filter(|_| !hidden) {
            match id.strip_prefix('#') {
                // Draft 7 writes anchors so.
                Some(anchor) => {
                    self.named.insert(format!("{base}#{anchor}"), value);
                }
                None => {
                    base = Rc::from(join(&base, id.trim_end_matches('#')));
                    self.named.insert(base.to_string(), value);
                }
            }
        }
        for keyword in ["$anchor", "$dynamicAnchor"] {
            if let Some(anchor) = text(keyword) {
                self.named.insert(format!("{base}#{anchor}"), value);
                self.ambiguous |= keyword == "$dynamicAnchor" && !self.dynamic.insert(anchor);
            }
        }
        self.bases.insert(std::ptr::from_ref(map), base.clone());
        base
    }

    /// The schema that a reference in `from` leads to.
    ///
    /// # Errors
    /// It leads out of the document, to nothing, or depends on the dynamic scope.
    pub fn resolve(
        &self,
        from: &Map<String, Value>,
        reference: &str,
        keyword: &str,
    ) -> Result<&'s Value, &'static str> {
        if keyword == "$dynamicRef" && self.ambiguous {
            return Err("the schema uses dynamic references");
        }
        if keyword == "$recursiveRef" {
            return Ok(self.root);
        }
        // Most documents name nothing: then a pointer is one into the whole.
        if self.named.is_empty()
            && let Some(fragment) = reference.strip_prefix('#')
            && (fragment.is_empty() || fragment.starts_with('/'))
            && !fragment.contains('%')
        {
            let target = self.root.pointer(fragment);
            return target.ok_or("the schema refers to nothing");
        }
        let base = self
            .bases
            .get(&std::ptr::from_ref(from))
            .map_or("", |base| base.as_ref());
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        let absolute = if address.is_empty() {
            base.to_owned()
        } else {
            join(base, address)
        };
        let document = match self.named.get(&absolute) {
            Some(document) => *document,
            None if address.is_empty() => self.root,
            None => return Err(ELSEWHERE),
        };
        if fragment.is_empty() {
            return Ok(document);
        }
        if fragment.starts_with('/') {
            let pointer = percent_decoded(fragment);
            return document
                .pointer(&pointer)
                .ok_or("the schema refers to nothing");
        }
        self.named
            .get(&format!("{absolute}#{fragment}"))
            .copied()
            .ok_or("the schema refers to nothing")
    }
}

/// A relative address against a base: enough of RFC 3986 for the names inside a document.
fn join(base: &str, reference: &str) -> String {
    if base.len() > MAX_NAME
        || reference.contains("://")
        || reference.starts_with("urn:")
        || base.is_empty()
    {
        return reference.to_owned();
    }
    let scheme_end = base.find("://").map_or(0, |at| at + 3);
    if reference.starts_with('/') {
        let host_end = base
            .get(scheme_end..)
            .and_then(|rest| rest.find('/'))
            .map_or(base.len(), |at| scheme_end + at);
        return format!("{}{reference}", base.get(..host_end).unwrap_or(""));
    }
    match base.get(scheme_end..).and_then(|rest| rest.rfind('/')) {
        Some(at) => format!("{}{reference}", base.get(..=scheme_end + at).unwrap_or("")),
        None => format!("{base}/{reference}"),
    }
}

fn percent_decoded(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let hex = |b: Option<u8>| b.and_then(|b| char::from(b).to_digit(16));
        match (byte, hex(ahead.next()), hex(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                out.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
                bytes = ahead;
            }
            _ => out.push(byte),
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
