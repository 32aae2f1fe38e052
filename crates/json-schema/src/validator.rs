//! One run of a schema over an instance: how subschemas are applied, and what each costs.

mod array;
mod object;
mod value;

use std::collections::{BTreeSet, HashMap};

use regex_lite::Regex;
use serde_json::{Map, Value};

use crate::{numeric, quoted, references::References};

const MAX_DEPTH: u32 = 160;

/// Why a value does not fit.
#[derive(Clone, Copy)]
enum Failed<'s> {
    Keyword(&'static str),
    Missing(&'s str),
    Type(&'s Value),
    Unwanted,
}

/// Which parts of the instance some subschema has looked at, for `unevaluated…`.
#[derive(Clone, Debug, Default)]
struct Evaluated {
    every_property: bool,
    properties: BTreeSet<String>,
    every_item: bool,
    items: usize,
    item_set: BTreeSet<usize>,
}

impl Evaluated {
    fn absorb(&mut self, other: Evaluated) {
        self.every_property |= other.every_property;
        if self.properties.is_empty() {
            self.properties = other.properties;
        } else {
            self.properties.extend(other.properties);
        }
        self.every_item |= other.every_item;
        self.items = self.items.max(other.items);
        self.item_set.extend(other.item_set);
    }
}

pub type Outcome = Result<bool, &'static str>;

pub struct Validator<'s> {
    references: References<'s>,
    old: bool,
    steps: u32,
    depth: u32,
    patterns: HashMap<&'s str, Regex>,
    failed: Failed<'s>,
    /// Where in the instance, the innermost first.
    place: Vec<String>,
}

impl<'s> Validator<'s> {
    /// `old`: draft 7 and before.
    pub fn new(schema: &'s Value, old: bool, steps: u32) -> Validator<'s> {
        Validator {
            references: References::new(schema, old),
            old,
            steps,
            depth: 0,
            patterns: HashMap::new(),
            failed: Failed::Keyword("schema"),
            place: Vec::new(),
        }
    }

    /// Is the instance what the whole schema describes; `Err`: why that was not found out.
    pub fn whole(&mut self, schema: &'s Value, instance: &Value) -> Outcome {
        // The names of a document are collected anew each time.
        self.step(self.references.size() / 2)?;
        self.valid(schema, instance, &mut Evaluated::default())
    }

    /// Steps that were not taken.
    pub fn left(&self) -> u32 {
        self.steps
    }

    fn step(&mut self, cost: usize) -> Result<(), &'static str> {
        let cost = u32::try_from(cost).unwrap_or(u32::MAX);
        let left = self.steps.checked_sub(cost);
        // What was too dear leaves nothing: else a schema that is given up on is free, once a choice.
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or("the schema takes too long to check")
    }

    /// Charges a text by its length.
    fn read(&mut self, bytes: usize) -> Result<(), &'static str> {
        self.step(bytes / 64)
    }

    fn fail(&mut self, keyword: &'static str) -> Outcome {
        self.failed(Failed::Keyword(keyword))
    }

    fn failed(&mut self, why: Failed<'s>) -> Outcome {
        self.failed = why;
        self.place.clear();
        Ok(false)
    }

    /// A part does not fit: where it stands.
    fn within(&mut self, part: String) -> Outcome {
        self.place.push(part);
        Ok(false)
    }

    /// What does not fit, for people; after an [`Outcome`] of false.
    pub fn explanation(&self) -> String {
        let mut place: String = self.place.iter().rev().map(String::as_str).collect();
        if let Failed::Missing(name) = self.failed {
            place.push_str(&part(name));
        }
        let place = match place.trim_start_matches('.') {
            "" => "it".to_owned(),
            place => quoted(place),
        };
        match self.failed {
            Failed::Missing(_) => format!("{place} is missing"),
            Failed::Unwanted => format!("{place} is not allowed"),
            Failed::Type(Value::String(name)) => {
                format!("{place} is not of type {}", quoted(name))
            }
            Failed::Type(_) => format!("{place} is of none of the types allowed"),
            Failed::Keyword("enum") => format!("{place} is none of the values allowed"),
            Failed::Keyword("const") => format!("{place} is not the value required"),
            Failed::Keyword(keyword) => format!("{place} does not meet `{keyword}`"),
        }
    }

    fn valid(&mut self, schema: &'s Value, instance: &Value, seen: &mut Evaluated) -> Outcome {
        self.step(1)?;
        let map = match schema {
            Value::Bool(true) => return Ok(true),
            Value::Bool(false) => return self.fail("false"),
            Value::Object(map) => map,
            _ => return Err("a subschema is no object"),
        };
        if self.depth >= MAX_DEPTH {
            return Err("the schema refers to itself too deeply");
        }
        self.depth += 1;
        // A schema sees what its own parts looked at, not what its neighbours did.
        let mut own = Evaluated::default();
        let outcome = self.all(map, instance, &mut own);
        self.depth -= 1;
        if outcome == Ok(true) {
            self.step((own.properties.len() + own.item_set.len()) / 8)?;
            seen.absorb(own);
        }
        outcome
    }

    fn all(&mut self, map: &'s Map<String, Value>, value: &Value, seen: &mut Evaluated) -> Outcome {
        for keyword in ["$ref", "$dynamicRef", "$recursiveRef"] {
            if let Some(reference) = map.get(keyword).and_then(Value::as_str) {
                // Each step of a pointer is a look-up of its own.
                self.step(1 + reference.len() / 8)?;
                let target = self.references.resolve(map, reference, keyword)?;
                if !self.valid(target, value, seen)? {
                    return Ok(false);
                }
                if self.old {
                    return Ok(true);
                }
            }
        }
        if !self.generic(map, value)? || !self.combined(map, value, seen)? {
            return Ok(false);
        }
        let fits = match value {
            Value::Number(number) => {
                // Division of long numbers takes the square of their length.
                if let Some(Value::Number(step)) = map.get("multipleOf") {
                    let digits = digits(number) + digits(step);
                    self.step(6 + digits * digits / 200)?;
                }
                numeric::check(map, value).map_or(Ok(true), |k| self.fail(k))?
            }
            Value::String(text) => self.string(map, text)?,
            Value::Array(items) => self.array(map, items, seen)?,
            Value::Object(object) => self.object(map, value, object, seen)?,
            _ => true,
        };
        Ok(fits)
    }

    /// `allOf`, `anyOf`, `oneOf`, `not`, `if`.
    fn combined(
        &mut self,
        map: &'s Map<String, Value>,
        value: &Value,
        seen: &mut Evaluated,
    ) -> Outcome {
        for schema in list(map, "allOf") {
            if !self.valid(schema, value, seen)? {
                return Ok(false);
            }
        }
        for (keyword, only_one) in [("anyOf", false), ("oneOf", true)] {
            if !map.contains_key(keyword) {
                continue;
            }
            let mut matches = 0;
            for schema in list(map, keyword) {
                let mut own = Evaluated::default();
                if self.valid(schema, value, &mut own)? {
                    matches += 1;
                    seen.absorb(own);
                }
            }
            if matches == 0 || (only_one && matches > 1) {
                return self.fail(keyword);
            }
        }
        if let Some(schema) = map.get("not")
            && self.valid(schema, value, &mut Evaluated::default())?
        {
            return self.fail("not");
        }
        if let Some(condition) = map.get("if") {
            let mut own = Evaluated::default();
            let branch = if self.valid(condition, value, &mut own)? {
                seen.absorb(own);
                "then"
            } else {
                "else"
            };
            if let Some(schema) = map.get(branch)
                && !self.valid(schema, value, seen)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// How many digits a number has when it is written out, as far as numbers are read.
fn digits(number: &serde_json::Number) -> usize {
    let text = number.to_string();
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((&text, "0"));
    let exponent = exponent.trim_start_matches(['+', '-']).parse::<usize>();
    (mantissa.len() + exponent.unwrap_or(1_000)).min(2_000)
}

/// A step of a path into an instance.
fn part(name: &str) -> String {
    let name: String = name.chars().take(60).collect();
    format!(".{name}")
}

fn list<'s>(map: &'s Map<String, Value>, keyword: &str) -> &'s [Value] {
    map.get(keyword)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}
