//! Keywords of arrays.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Evaluated, Outcome, Validator, list};
use crate::numeric;

impl<'s> Validator<'s> {
    pub(super) fn array(
        &mut self,
        map: &'s Map<String, Value>,
        items: &[Value],
        seen: &mut Evaluated,
    ) -> Outcome {
        if numeric::limit(map, "minItems").is_some_and(|least| items.len() < least) {
            return self.fail("minItems");
        }
        if numeric::limit(map, "maxItems").is_some_and(|most| items.len() > most) {
            return self.fail("maxItems");
        }
        if map.get("uniqueItems") == Some(&Value::Bool(true)) {
            let mut found = BTreeSet::new();
            for item in items {
                let canonical = numeric::canonical(item);
                self.step(1 + canonical.len() / 12)?;
                if !found.insert(canonical) {
                    return self.fail("uniqueItems");
                }
            }
        }
        // A list under `items` is draft 7's name for `prefixItems`.
        let listed = map.get("items").is_some_and(Value::is_array);
        let first = list(map, if listed { "items" } else { "prefixItems" });
        for (i, (schema, item)) in first.iter().zip(items).enumerate() {
            if !self.valid(schema, item, &mut Evaluated::default())? {
                return self.within(format!("[{i}]"));
            }
        }
        seen.items = seen.items.max(first.len().min(items.len()));
        let rest = map.get(if listed { "additionalItems" } else { "items" });
        if let Some(schema) = rest {
            for (i, item) in items.iter().enumerate().skip(first.len()) {
                if !self.valid(schema, item, &mut Evaluated::default())? {
                    return self.within(format!("[{i}]"));
                }
            }
            seen.every_item = true;
        }
        if let Some(schema) = map.get("contains") {
            let mut matches = 0;
            for (i, item) in items.iter().enumerate() {
                if self.valid(schema, item, &mut Evaluated::default())? {
                    matches += 1;
                    seen.item_set.insert(i);
                }
            }
            let (least, most) = if self.old {
                (1, usize::MAX)
            } else {
                (
                    numeric::limit(map, "minContains").unwrap_or(1),
                    numeric::limit(map, "maxContains").unwrap_or(usize::MAX),
                )
            };
            if matches < least || matches > most {
                return self.fail("contains");
            }
        }
        if let Some(schema) = map.get("unevaluatedItems").filter(|_| !seen.every_item) {
            for (i, item) in items.iter().enumerate().skip(seen.items) {
                if !seen.item_set.contains(&i)
                    && !self.valid(schema, item, &mut Evaluated::default())?
                {
                    return self.fail("unevaluatedItems");
                }
            }
            seen.every_item = true;
        }
        Ok(true)
    }
}
