//! Keywords of objects.

use serde_json::{Map, Value};

use super::{Evaluated, Failed, Outcome, Validator, list, part};
use crate::numeric;

impl<'s> Validator<'s> {
    pub(super) fn object(
        &mut self,
        map: &'s Map<String, Value>,
        whole: &Value,
        object: &Map<String, Value>,
        seen: &mut Evaluated,
    ) -> Outcome {
        if numeric::limit(map, "minProperties").is_some_and(|least| object.len() < least) {
            return self.fail("minProperties");
        }
        if numeric::limit(map, "maxProperties").is_some_and(|most| object.len() > most) {
            return self.fail("maxProperties");
        }
        for name in list(map, "required").iter().filter_map(Value::as_str) {
            self.step(1 + name.len() / 64)?;
            if !object.contains_key(name) {
                return self.failed(Failed::Missing(name));
            }
        }
        if !self.dependent(map, whole, object, seen)? {
            return Ok(false);
        }
        let named = map.get("properties").and_then(Value::as_object);
        let patterned = map.get("patternProperties").and_then(Value::as_object);
        let additional = map.get("additionalProperties");
        let names = map.get("propertyNames");
        for (name, value) in object {
            self.step(1 + name.len() / 16)?;
            let mut covered = false;
            if let Some(schema) = named.and_then(|named| named.get(name)) {
                covered = true;
                if !self.valid(schema, value, &mut Evaluated::default())? {
                    return self.within(part(name));
                }
            }
            for (pattern, schema) in patterned.into_iter().flatten() {
                if self.matches(pattern, name)? {
                    covered = true;
                    if !self.valid(schema, value, &mut Evaluated::default())? {
                        return self.within(part(name));
                    }
                }
            }
            if let Some(schema) = additional.filter(|_| !covered) {
                covered = true;
                if *schema == Value::Bool(false) {
                    self.failed(Failed::Unwanted)?;
                    return self.within(part(name));
                }
                if !self.valid(schema, value, &mut Evaluated::default())? {
                    return self.within(part(name));
                }
            }
            if covered {
                seen.properties.insert(name.clone());
            }
            if let Some(schema) = names {
                let name = Value::String(name.clone());
                if !self.valid(schema, &name, &mut Evaluated::default())? {
                    return self.fail("propertyNames");
                }
            }
        }
        if let Some(schema) = map
            .get("unevaluatedProperties")
            .filter(|_| !seen.every_property)
        {
            for (name, value) in object {
                if !seen.properties.contains(name)
                    && !self.valid(schema, value, &mut Evaluated::default())?
                {
                    return self.fail("unevaluatedProperties");
                }
            }
            seen.every_property = true;
        }
        Ok(true)
    }

    /// `dependentRequired`, `dependentSchemas`, and draft 7's `dependencies`.
    fn dependent(
        &mut self,
        map: &'s Map<String, Value>,
        whole: &Value,
        object: &Map<String, Value>,
        seen: &mut Evaluated,
    ) -> Outcome {
        for keyword in ["dependentRequired", "dependentSchemas", "dependencies"] {
            let Some(dependencies) = map.get(keyword).and_then(Value::as_object) else {
                continue;
            };
            for (name, needed) in dependencies {
                self.step(1 + name.len() / 64)?;
                if !object.contains_key(name) {
                    continue;
                }
                match needed {
                    Value::Array(names) => {
                        let read = |name: &Value| 1 + name.as_str().map_or(0, str::len) / 64;
                        self.step(names.iter().map(read).sum())?;
                        let present = names
                            .iter()
                            .filter_map(Value::as_str)
                            .all(|name| object.contains_key(name));
                        if !present {
                            return self.fail(keyword_name(keyword));
                        }
                    }
                    schema => {
                        if !self.valid(schema, whole, seen)? {
                            return Ok(false);
                        }
                    }
                }
            }
        }
        Ok(true)
    }
}

fn keyword_name(keyword: &str) -> &'static str {
    match keyword {
        "dependentRequired" => "dependentRequired",
        _ => "dependencies",
    }
}
