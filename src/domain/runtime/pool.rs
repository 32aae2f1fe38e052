//! The pool as data: one row a model, written by operators, and what a catalogue would change of it.
//!
//! Its law: a price that is not known is null and never 0; a model that is taken off keeps its book;
//! an import changes no row that an operator priced.

use std::collections::BTreeSet;

use runtimes::{catalogue::Entry, charge::Prices};
use serde::Serialize;
use serde_json::{Map, Value};

use super::registry::{Model, PriceFrom, Tier};
use crate::domain::refusal::Refusal;

pub const MOST_ROWS: usize = 200;
const MOST_TAGS: usize = 8;
const MOST_TOKENS: u64 = 1_000_000_000;
/// More than any price of 1M tokens, USD.
const DEAREST: f64 = 100_000.0;
/// What a model's output is taken to cost a million at least, by tier, where only its price is known.
const TIERS: [(f64, Tier); 2] = [(1.0, Tier::Small), (5.0, Tier::Mid)];

impl Model {
    /// Reads a row as an operator wrote it. `runtimes` are the names that are known, the default one
    /// first. Refuses with 422, naming the field.
    pub fn read(id: &str, value: &Value, runtimes: &[&str]) -> Result<Model, Refusal> {
        let fields = value
            .as_object()
            .ok_or_else(|| Refusal::invalid(None, "a model must be an object"))?;
        const KNOWN: [&str; 14] = [
            "id",
            "runtime",
            "upstream_id",
            "enabled",
            "tier",
            "context",
            "max_output",
            "in_price",
            "out_price",
            "cached_in_price",
            "accepts",
            "tags",
            "price_from",
            "position",
        ];
        if fields.keys().any(|name| !KNOWN.contains(&name.as_str())) {
            let message = format!("a model has no other fields than {}", KNOWN.join(", "));
            return Err(Refusal::invalid(None, message));
        }
        if !is_id(id) {
            return Err(wrong(
                "id",
                "must be 1 to 200 printable ASCII characters without spaces",
            ));
        }
        let read = Fields(fields);
        if read.text("id")?.is_some_and(|own| own != id) {
            return Err(wrong("id", "is another one than that of the path"));
        }
        let default = runtimes.first().copied().unwrap_or_default();
        let runtime = read.text("runtime")?.unwrap_or(default);
        if !runtimes.contains(&runtime) {
            return Err(wrong(
                "runtime",
                &format!("must be one of: {}", runtimes.join(", ")),
            ));
        }
        let upstream_id = read.text("upstream_id")?.unwrap_or(id);
        if !is_id(upstream_id) {
            return Err(wrong(
                "upstream_id",
                "must be 1 to 200 printable ASCII characters without spaces",
            ));
        }
        let (in_price, out_price) = (read.price("in_price")?, read.price("out_price")?);
        Ok(Model {
            id: id.to_owned(),
            runtime: runtime.to_owned(),
            upstream_id: upstream_id.to_owned(),
            enabled: read.typed("enabled", "must be true or false")?.unwrap_or(true),
            tier: read
                .typed("tier", "must be one of: small, mid, large")?
                .unwrap_or_else(|| tier_of(out_price)),
            context: read.tokens("context")?,
            max_output: read.tokens("max_output")?,
            in_price,
            out_price,
            cached_in_price: read.price("cached_in_price")?,
            accepts: read
                .typed("accepts", "must be an object of tools, images, audio, files, json_schema and reasoning: true, false or null each")?
                .unwrap_or_default(),
            tags: read.tags()?,
            price_from: read
                .typed("price_from", "must be one of: operator, catalogue, built-in")?
                .unwrap_or_default(),
            position: read.typed("position", "must be a whole number, 0 or more")?.unwrap_or(0),
        })
    }

    fn listed(entry: &Entry, runtime: &str, position: u64) -> Model {
        Model {
            id: entry.id.clone(),
            runtime: runtime.to_owned(),
            upstream_id: entry.id.clone(),
            enabled: true,
            tier: tier_of(entry.prices.output),
            context: entry.context.map(|it| it.min(MOST_TOKENS)),
            max_output: entry.max_output,
            in_price: entry.prices.input,
            out_price: entry.prices.output,
            cached_in_price: entry.prices.cached,
            accepts: entry.accepts,
            tags: Vec::new(),
            price_from: PriceFrom::Catalogue,
            position,
        }
    }
}

/// Reads a whole pool: an array of rows with an id each.
pub fn read_all(value: &Value, runtimes: &[&str]) -> Result<Vec<Model>, Refusal> {
    let items = match value {
        Value::Object(fields) => fields.get("models").and_then(Value::as_array),
        value => value.as_array(),
    }
    .ok_or_else(|| wrong("models", "must be an array of models"))?;
    if items.is_empty() || items.len() > MOST_ROWS {
        return Err(wrong(
            "models",
            &format!("must have 1 to {MOST_ROWS} entries"),
        ));
    }
    let mut ids = BTreeSet::new();
    let mut rows = Vec::new();
    for (index, item) in items.iter().enumerate() {
        let at = |field: &str, message: &str| wrong(&format!("models[{index}].{field}"), message);
        let id = item
            .get("id")
            .and_then(Value::as_str)
            .ok_or_else(|| at("id", "must be a string"))?;
        if !ids.insert(id) {
            return Err(at("id", "stands there more than once"));
        }
        let mut row = Model::read(id, item, runtimes).map_err(|refusal| placed(refusal, index))?;
        if item.get("position").is_none() {
            row.position = index as u64;
        }
        rows.push(row);
    }
    Ok(rows)
}

fn placed(refusal: Refusal, index: usize) -> Refusal {
    match refusal {
        Refusal::Invalid { field, message } => {
            let field = match field {
                Some(field) => format!("models[{index}].{field}"),
                None => format!("models[{index}]"),
            };
            Refusal::invalid(Some(field.clone()), format!("`{field}`: {message}"))
        }
        refusal => refusal,
    }
}

struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    fn get(&self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    fn typed<T: serde::de::DeserializeOwned>(
        &self,
        name: &str,
        expected: &str,
    ) -> Result<Option<T>, Refusal> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let read = serde_json::from_value(value.clone()).map_err(|_| wrong(name, expected))?;
        Ok(Some(read))
    }

    fn text(&self, name: &str) -> Result<Option<&'a str>, Refusal> {
        self.get(name)
            .map(|value| {
                value
                    .as_str()
                    .ok_or_else(|| wrong(name, "must be a string"))
            })
            .transpose()
    }

    fn price(&self, name: &str) -> Result<Option<f64>, Refusal> {
        let message = "must be USD per 1M tokens, 0 or more, or null where it is not known";
        let price: Option<f64> = self.typed(name, message)?;
        match price {
            Some(price) if !(0.0..=DEAREST).contains(&price) => Err(wrong(name, message)),
            price => Ok(price),
        }
    }

    fn tokens(&self, name: &str) -> Result<Option<u64>, Refusal> {
        let message = "must be a whole number of tokens, 1 or more";
        let tokens: Option<u64> = self.typed(name, message)?;
        match tokens {
            Some(tokens) if !(1..=MOST_TOKENS).contains(&tokens) => Err(wrong(name, message)),
            tokens => Ok(tokens),
        }
    }

    fn tags(&self) -> Result<Vec<String>, Refusal> {
        let message = "must be at most 8 texts of 1 to 64 letters, digits, `-`, `_`, `.` or `:`";
        let tags: Vec<String> = self.typed("tags", message)?.unwrap_or_default();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:".contains(&byte);
        let fine = |tag: &String| (1..=64).contains(&tag.len()) && tag.bytes().all(fits);
        if tags.len() > MOST_TAGS || !tags.iter().all(fine) {
            return Err(wrong("tags", message));
        }
        Ok(tags)
    }
}

fn is_id(id: &str) -> bool {
    (1..=200).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

fn tier_of(out_price: Option<f64>) -> Tier {
    let Some(price) = out_price else {
        return Tier::Mid;
    };
    let below = TIERS.iter().find(|(most, _)| price < *most);
    below.map_or(Tier::Large, |(_, tier)| *tier)
}

fn wrong(name: &str, message: &str) -> Refusal {
    Refusal::invalid(Some(name.to_owned()), format!("`{name}` {message}"))
}

/// What a catalogue would change of a runtime's part of the pool.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Changes {
    pub added: Vec<Model>,
    pub repriced: Vec<Repriced>,
    pub filled: Vec<Filled>,
    /// Ids of ours that the runtime no longer lists.
    pub gone: Vec<String>,
}

/// A model whose price is another by now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repriced {
    pub id: String,
    /// USD per 1M tokens: in, out, in from a cache.
    pub from: [Option<f64>; 3],
    pub to: [Option<f64>; 3],
}

impl Repriced {
    /// What a token cost by the list and costs now, the mean of one in and one out, USD; `None` where
    /// that is the same, or was not known.
    pub fn units(&self) -> Option<(f64, f64)> {
        let unit = |[input, output, _]: [Option<f64>; 3]| Some((input? + output?) / 2.0 / 1e6);
        let (old, new) = (unit(self.from)?, unit(self.to)?);
        (old != new).then_some((old, new))
    }
}

/// A model of which the catalogue says what nobody had said.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Filled {
    pub id: String,
    /// The fields that were empty, as they are by that.
    pub fields: Map<String, Value>,
    #[serde(skip)]
    row: Model,
}

impl Filled {
    /// `None` where nothing is wanting, or the catalogue does not know it either.
    fn of(row: &Model, entry: &Entry) -> Option<Filled> {
        let mut full = row.clone();
        full.context = row
            .context
            .or(entry.context.map(|tokens| tokens.min(MOST_TOKENS)));
        full.max_output = row.max_output.or(entry.max_output);
        full.accepts = row.accepts.or(entry.accepts);
        // Its own prices are repriced as a whole.
        if row.price_from != PriceFrom::Catalogue {
            let prices = entry.prices;
            full.in_price = row.in_price.or(prices.input);
            full.out_price = row.out_price.or(prices.output);
            let nothing_said = row.in_price.is_none() && row.out_price.is_none();
            if nothing_said && prices.input.is_some() && prices.output.is_some() {
                full.price_from = PriceFrom::Catalogue;
            }
            // Beside another price than the catalogue's its discount says nothing.
            if full.in_price == prices.input {
                full.cached_in_price = row.cached_in_price.or(prices.cached);
            }
        }
        let fields = |model: &Model| serde_json::to_value(model).unwrap_or_default();
        let (was, is) = (fields(row), fields(&full));
        let fields: Map<String, Value> = is
            .as_object()?
            .iter()
            .filter(|(name, value)| was.get(name.as_str()) != Some(value))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        (!fields.is_empty()).then(|| Filled {
            id: row.id.clone(),
            fields,
            row: full,
        })
    }
}

/// Compares the pool with a runtime's catalogue. `ids` are those to be added; `None`: only what is
/// there is repriced, and filled in where nobody has said a thing. What an operator said stands.
pub fn changes(
    rows: &[Model],
    runtime: &str,
    entries: &[Entry],
    ids: Option<&[String]>,
) -> Changes {
    let mut changes = Changes::default();
    let of_runtime = || rows.iter().filter(|row| row.runtime == runtime);
    let prices = |prices: Prices| [prices.input, prices.output, prices.cached];
    for row in of_runtime() {
        match entries.iter().find(|entry| entry.id == row.upstream_id) {
            None => changes.gone.push(row.id.clone()),
            Some(entry) => {
                let (from, to) = (prices(row.prices()), prices(entry.prices));
                let said = entry.prices.input.is_some() && entry.prices.output.is_some();
                changes.filled.extend(Filled::of(row, entry));
                if row.price_from == PriceFrom::Catalogue && said && from != to {
                    changes.repriced.push(Repriced {
                        id: row.id.clone(),
                        from,
                        to,
                    });
                }
            }
        }
    }
    let mut position = rows.iter().map(|row| row.position + 1).max().unwrap_or(0);
    for entry in entries {
        let wanted = ids.is_some_and(|ids| ids.contains(&entry.id));
        let known = of_runtime().any(|row| row.upstream_id == entry.id);
        if !wanted || known || !is_id(&entry.id) {
            continue;
        }
        let mut row = Model::listed(entry, runtime, position);
        // Two runtimes may call theirs alike.
        if rows.iter().any(|other| other.id == row.id) {
            row.id = format!("{runtime}/{}", row.id);
        }
        if rows.iter().any(|other| other.id == row.id) {
            continue;
        }
        position += 1;
        changes.added.push(row);
    }
    changes
}

/// The pool with the changes made. What is gone is taken off, but kept.
pub fn applied(mut rows: Vec<Model>, changes: &Changes) -> Vec<Model> {
    for row in &mut rows {
        if let Some(new) = changes.filled.iter().find(|new| new.id == row.id) {
            row.clone_from(&new.row);
        }
        if let Some(new) = changes.repriced.iter().find(|new| new.id == row.id) {
            [row.in_price, row.out_price, row.cached_in_price] = new.to;
        }
        row.enabled &= !changes.gone.contains(&row.id);
    }
    rows.extend(changes.added.iter().cloned());
    rows
}

/// Ids of rows that are another by now, or new, as far as they are routed to.
pub fn changed(before: &[Model], after: &[Model]) -> BTreeSet<String> {
    let other = |row: &&Model| row.enabled && !before.contains(row);
    after
        .iter()
        .filter(other)
        .map(|row| row.id.clone())
        .collect()
}

#[cfg(test)]
mod tests;
