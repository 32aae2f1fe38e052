//! Can a schema be met, and can it be missed: what a match tells of whoever wrote the instance.
//!
//! A schema that nothing fits, and one that everything fits, tell nothing. Whether one can be met
//! is told by building an instance that fits; where none is found within bounds, it is not known
//! to be possible.

use serde_json::{Map, Value, json};

use crate::{Verdict, validate_within};

const MAX_DEPTH: u32 = 24;
/// Subschemas that are built, items of a list, and characters of a text, at most.
const MAX_PARTS: u32 = 400;
const MAX_ITEMS: u64 = 64;
const MAX_TEXT: u64 = 4_096;
/// Branches that are tried of an `anyOf`, and values of an `enum`.
const MAX_TRIED: usize = 8;
/// Texts of the usual forms, for patterns.
const TEXTS: [&str; 12] = [
    "x",
    "abc",
    "0",
    "12345",
    "A1",
    "2024-05-01",
    "2024-05-01T00:00:00Z",
    "a@b.co",
    "https://a.co",
    "123e4567-e89b-42d3-a456-426614174000",
    "12:30",
    "+15550100",
];

/// Whether an object can fail to fit.
pub fn object_can_miss(schema: &Value, steps: &mut u32) -> bool {
    let objects = [
        json!({}),
        json!({"a": null, "b": []}),
        json!({"a": "x", "b": 1, "c": true}),
    ];
    objects.iter().any(|it| misses(schema, it, steps))
}

/// Whether a value of some kind can fail to fit.
pub fn can_miss(schema: &Value, steps: &mut u32) -> bool {
    others().iter().any(|it| misses(schema, it, steps)) || object_can_miss(schema, steps)
}

/// An instance that fits; `None` where none was found.
pub fn fitting(schema: &Value, steps: &mut u32) -> Option<Value> {
    let mut builder = Builder {
        root: schema,
        parts: MAX_PARTS,
        steps,
    };
    if let Some(built) = builder.build(schema, 0)
        && builder.fits(schema, &built)
    {
        return Some(built);
    }
    let usual = others().into_iter().chain([json!({}), json!({"a": "x"})]);
    usual.into_iter().find(|it| builder.fits(schema, it))
}

fn others() -> Vec<Value> {
    vec![
        json!("x"),
        json!(0),
        json!(-1.5),
        json!(true),
        json!([]),
        json!([null, "x"]),
        Value::Null,
    ]
}

fn misses(schema: &Value, instance: &Value, steps: &mut u32) -> bool {
    matches!(
        validate_within(schema, instance, steps),
        Verdict::Invalid(_)
    )
}

struct Builder<'s, 'b> {
    root: &'s Value,
    parts: u32,
    steps: &'b mut u32,
}

impl<'s> Builder<'s, '_> {
    /// Applied by itself a part may refer to what stands in the whole.
    fn fits(&mut self, schema: &Value, instance: &Value) -> bool {
        validate_within(schema, instance, self.steps) == Verdict::Valid
    }

    fn build(&mut self, schema: &'s Value, depth: u32) -> Option<Value> {
        self.parts = self.parts.checked_sub(1)?;
        if depth > MAX_DEPTH || *self.steps == 0 {
            return None;
        }
        let map = match schema {
            Value::Bool(true) => return Some(json!("x")),
            Value::Object(map) => map,
            _ => return None,
        };
        if let Some(constant) = map.get("const") {
            return self.copied(constant);
        }
        if let Some(values) = map.get("enum").and_then(Value::as_array) {
            return self.copied(values.first()?);
        }
        if let Some(reference) = map.get("$ref").and_then(Value::as_str) {
            let pointer = reference.strip_prefix('#')?;
            let target = self.root.pointer(pointer)?;
            return self.build(target, depth + 1);
        }
        let mut built = self.plain(map, depth);
        for word in ["allOf", "anyOf", "oneOf"] {
            let branches = map.get(word).and_then(Value::as_array);
            let branches = branches.map_or(&[][..], Vec::as_slice);
            let most = if word == "allOf" { MAX_TRIED } else { 1 };
            for branch in branches.iter().take(most) {
                let more = self.build(branch, depth + 1);
                built = merged(built, more);
            }
        }
        built
    }

    /// A value that the schema holds: charged by its size, since it may stand there once and be wanted often.
    fn copied(&mut self, value: &Value) -> Option<Value> {
        self.charge(size(value) / 2)?;
        Some(value.clone())
    }

    fn charge(&mut self, steps: u32) -> Option<()> {
        let left = self.steps.checked_sub(steps);
        *self.steps = left.unwrap_or(0);
        left.map(|_| ())
    }

    /// By the keywords of the schema itself.
    fn plain(&mut self, map: &'s Map<String, Value>, depth: u32) -> Option<Value> {
        match kind(map)? {
            "object" => self.object(map, depth),
            "array" => self.array(map, depth),
            "string" => Some(self.text(map)),
            "number" | "integer" => Some(number(map)),
            "boolean" => Some(json!(true)),
            "null" => Some(Value::Null),
            _ => None,
        }
    }

    fn object(&mut self, map: &'s Map<String, Value>, depth: u32) -> Option<Value> {
        let mut object = Map::new();
        let properties = map.get("properties").and_then(Value::as_object);
        let required = map.get("required").and_then(Value::as_array);
        for name in required.into_iter().flatten().filter_map(Value::as_str) {
            let schema = properties
                .and_then(|properties| properties.get(name))
                .or_else(|| map.get("additionalProperties"));
            let value = match schema {
                Some(schema) => self.build(schema, depth + 1)?,
                None => json!("x"),
            };
            self.charge(stretches(name))?;
            object.insert(name.to_owned(), value);
        }
        let least = length(map, "minProperties").min(MAX_ITEMS);
        for (name, schema) in properties.into_iter().flatten() {
            if (object.len() as u64) < least && !object.contains_key(name) {
                let value = self.build(schema, depth + 1)?;
                object.insert(name.clone(), value);
            }
        }
        for n in (object.len() as u64)..least {
            let value = match map.get("additionalProperties") {
                Some(schema @ Value::Object(_)) => self.build(schema, depth + 1)?,
                _ => json!("x"),
            };
            object.insert(format!("k{n}"), value);
        }
        Some(Value::Object(object))
    }

    fn array(&mut self, map: &'s Map<String, Value>, depth: u32) -> Option<Value> {
        let mut items = Vec::new();
        let first = map.get("prefixItems").or_else(|| map.get("items"));
        for schema in first.and_then(Value::as_array).into_iter().flatten() {
            items.push(self.build(schema, depth + 1)?);
        }
        if let Some(schema) = map.get("contains") {
            items.push(self.build(schema, depth + 1)?);
        }
        let least = length(map, "minItems").min(MAX_ITEMS);
        let unique = map.get("uniqueItems") == Some(&Value::Bool(true));
        while (items.len() as u64) < least {
            let item = match map.get("items") {
                Some(schema @ Value::Object(_)) => self.build(schema, depth + 1)?,
                _ => json!("x"),
            };
            let n = items.len();
            items.push(match item {
                Value::String(text) if unique => json!(format!("{text}{n}")),
                Value::Number(number) if unique => {
                    json!(number.as_i64().unwrap_or(0) + n as i64)
                }
                item => item,
            });
        }
        Some(Value::Array(items))
    }

    fn text(&mut self, map: &Map<String, Value>) -> Value {
        let least = length(map, "minLength").clamp(1, MAX_TEXT) as usize;
        let most = map.get("maxLength").and_then(Value::as_u64);
        if let Some(pattern) = map.get("pattern") {
            let schema = json!({"pattern": pattern, "minLength": least});
            let usual = TEXTS.iter().map(|text| json!(text));
            if let Some(text) = usual.into_iter().find(|text| self.fits(&schema, text)) {
                return text;
            }
        }
        match most {
            Some(0) => json!(""),
            _ => json!("x".repeat(least)),
        }
    }
}

/// How many values there are in one, and stretches of text.
fn size(value: &Value) -> u32 {
    match value {
        Value::String(it) => stretches(it),
        Value::Array(items) => items.iter().map(size).fold(1, u32::saturating_add),
        Value::Object(map) => map.iter().fold(1, |all, (name, it)| {
            all.saturating_add(stretches(name)).saturating_add(size(it))
        }),
        _ => 1,
    }
}

fn stretches(text: &str) -> u32 {
    1 + u32::try_from(text.len() / 32).unwrap_or(u32::MAX - 1)
}

fn length(map: &Map<String, Value>, word: &str) -> u64 {
    map.get(word).and_then(Value::as_u64).unwrap_or(0)
}

fn number(map: &Map<String, Value>) -> Value {
    let of = |word: &str| map.get(word).and_then(Value::as_f64);
    let low = of("minimum").or_else(|| of("exclusiveMinimum").map(|low| low.floor() + 1.0));
    let high = of("maximum").or_else(|| of("exclusiveMaximum").map(|high| high.ceil() - 1.0));
    let mut number = match (low, high) {
        (Some(low), _) => low,
        (None, Some(high)) => high.min(1.0),
        (None, None) => 1.0,
    };
    if let Some(step) = of("multipleOf").filter(|step| *step > 0.0) {
        number = (number / step).ceil() * step;
    }
    let whole = number.fract() == 0.0 && number.abs() < 9e15;
    if whole {
        json!(number as i64)
    } else if map.get("type") == Some(&json!("integer")) {
        json!(number.ceil() as i64)
    } else {
        json!(number)
    }
}

/// What kind of value a schema speaks of: by its type, else by its words.
fn kind(map: &Map<String, Value>) -> Option<&str> {
    match map.get("type") {
        Some(Value::String(kind)) => return Some(kind),
        Some(Value::Array(kinds)) => return kinds.first().and_then(Value::as_str),
        _ => {}
    }
    let has = |words: &[&str]| words.iter().any(|word| map.contains_key(*word));
    if has(&["properties", "required", "minProperties"]) {
        Some("object")
    } else if has(&["items", "prefixItems", "minItems", "contains"]) {
        Some("array")
    } else if has(&["pattern", "minLength", "maxLength", "format"]) {
        Some("string")
    } else if has(&["minimum", "maximum", "multipleOf", "exclusiveMinimum"]) {
        Some("number")
    } else {
        None
    }
}

/// Objects put together; else the one that is there.
fn merged(one: Option<Value>, other: Option<Value>) -> Option<Value> {
    match (one, other) {
        (Some(Value::Object(mut one)), Some(Value::Object(other))) => {
            one.extend(other);
            Some(Value::Object(one))
        }
        (Some(one), _) => Some(one),
        (None, other) => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(schema: Value) -> bool {
        fitting(&schema, &mut { 60_000 }).is_some()
    }

    #[test]
    fn usual_schemas_can_be_met_and_missed() {
        for schema in [
            json!({"type": "object", "properties": {"age": {"type": "integer", "minimum": 0}}, "required": ["age"]}),
            json!({"type": "object", "properties": {"tags": {"type": "array", "items": {"enum": ["a", "b"]}, "minItems": 2}},
                   "required": ["tags"], "additionalProperties": false}),
            json!({"$ref": "#/$defs/p", "$defs": {"p": {"type": "object", "required": ["n"],
                   "properties": {"n": {"type": "string", "pattern": "^\\d{4}-\\d{2}-\\d{2}$"}}}}}),
            json!({"anyOf": [{"type": "object", "required": ["a"]}, {"type": "null"}]}),
            json!({"type": "array", "items": {"type": "number", "exclusiveMinimum": 3, "multipleOf": 0.5}, "minItems": 3, "uniqueItems": true}),
            json!({"type": "object", "properties": {"x": {"not": {"type": "string"}}}}),
            json!({"type": ["string", "null"], "maxLength": 3}),
            json!({"allOf": [{"required": ["a"], "properties": {"a": {"type": "integer"}}}, {"required": ["b"]}], "type": "object"}),
        ] {
            assert!(fits(schema.clone()), "{schema}");
            assert!(can_miss(&schema, &mut { 60_000 }), "{schema}");
        }
    }

    #[test]
    fn what_nothing_fits_is_not_met_and_what_everything_fits_is_not_missed() {
        for schema in [
            json!(false),
            json!({"not": {}}),
            json!({"type": "object", "required": ["a"], "properties": {"a": false}}),
            json!({"allOf": [{"type": "string"}, {"type": "number"}]}),
            json!({"type": "integer", "minimum": 5, "maximum": 4}),
            json!({"enum": []}),
            json!({"type": "object", "required": ["a"], "maxProperties": 0}),
        ] {
            assert!(!fits(schema.clone()), "{schema}");
        }
        for schema in [
            json!(true),
            json!({}),
            json!({"title": "anything"}),
            json!({"anyOf": [{}, false]}),
        ] {
            assert!(!can_miss(&schema, &mut { 60_000 }), "{schema}");
        }
        let any_object = json!({"type": "object", "properties": {"q": {"type": "string"}}});
        assert!(can_miss(&any_object, &mut { 60_000 }));
        assert!(!object_can_miss(&any_object, &mut { 60_000 }));
    }

    #[test]
    fn a_hostile_schema_takes_bounded_work() {
        let mut deep = json!({"type": "string"});
        for _ in 0..90 {
            deep = json!({"type": "object", "required": ["a"], "properties": {"a": deep}});
        }
        let knot = json!({"$ref": "#"});
        let wide = json!({"type": "array", "minItems": 1_000_000_000_u64, "items": {"type": "string", "minLength": 1_000_000_000_u64}});
        // 380 times a value of 300 KB would be more than an isolate may hold.
        let many = json!({"$defs": {"c": {"const": vec![1; 100_000]}}, "type": "array",
                          "prefixItems": vec![json!({"$ref": "#/$defs/c"}); 380]});
        // So would 64 objects of 20,000 members that only their names tell of.
        let names: Vec<String> = (0..20_000).map(|n| format!("n{n}")).collect();
        let named = json!({"type": "array", "minItems": 64, "items": {"type": "object", "required": names}});
        for schema in [deep, knot, wide, many, named] {
            let mut steps = 60_000;
            assert_eq!(fitting(&schema, &mut steps), None);
        }
    }
}
