//! What a call cost: where a runtime says it, and what is worked out where it does not say.
//!
//! Its law: a charge is what the runtime named, computed is tokens that it counted times a known
//! price, estimated is neither. A figure that is no cost is none, never 0.

use completion::Usage;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Where the figure of a call's cost is from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CostSource {
    Charge,
    Computed,
    Estimated,
}

impl CostSource {
    pub fn name(self) -> &'static str {
        match self {
            CostSource::Charge => "charge",
            CostSource::Computed => "computed",
            CostSource::Estimated => "estimated",
        }
    }
}

/// What the runtime says a call cost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Charge {
    /// USD, finite and not negative.
    pub usd: f64,
    /// Value of the last digit written, USD: `0.000012` has 1e-6.
    pub quantum: f64,
}

impl Charge {
    /// No single call costs more, USD: a header that says so is not a cost.
    pub const CEILING: f64 = 10_000.0;
    /// A number of more characters than this is not a cost either.
    const MAX_LEN: usize = 40;

    /// Reads a cost header. `None` for whatever is not one plain number within bounds: the cost
    /// is then unknown, never zero.
    pub fn parse(header: &str) -> Option<Charge> {
        let text = header.trim();
        let looks_right = text.len() <= Self::MAX_LEN
            && text.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && text
                .bytes()
                .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'-' | b'+'));
        if !looks_right {
            return None;
        }
        let usd: f64 = text.parse().ok()?;
        if !(0.0..=Self::CEILING).contains(&usd) {
            return None;
        }
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let decimals = mantissa.split_once('.').map_or(0, |(_, frac)| frac.len()) as i32;
        // 1e-12 is the resolution of the books; nothing finer is kept.
        let quantum = 10f64.powi((exponent - decimals).clamp(-12, 4));
        Some(Charge { usd, quantum })
    }

    /// The charge under a simulated price multiplier; no more than the ceiling, whatever that is.
    pub fn times(self, multiplier: f64) -> Charge {
        Charge {
            usd: (self.usd * multiplier).min(Self::CEILING),
            quantum: (self.quantum * multiplier).min(Self::CEILING),
        }
    }
}

/// Where a runtime's charge is looked for.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum ChargeFrom {
    /// Wherever runtimes are known to say it.
    #[default]
    Auto,
    Header(String),
    /// A path of names in `usage`, and what the figure is divided by to be USD.
    Usage(Vec<String>, f64),
    /// Tokens times list price, whatever the runtime says.
    Prices,
    /// Nothing is charged: calls cost what is estimated.
    None,
}

/// Headers that name a charge in USD, and who sends them. `x-litellm-response-cost-original` and
/// `x-litellm-key-spend` are something else.
pub const HEADERS: [&str; 3] = [
    "x-btl-customer-charge",
    "x-litellm-response-cost",
    "x-edenai-cost",
];
/// What LiteLLM writes before the headers of whoever is behind it.
pub const BEHIND: &str = "llm_provider-";
/// xAI counts in ticks of that many to the dollar.
const TICKS: f64 = 1e10;

impl ChargeFrom {
    /// Reads the setting: `auto`, `header:NAME`, `usage.PATH` with `/DIVISOR` or without, `prices`,
    /// `none`.
    pub fn parse(text: &str) -> Option<ChargeFrom> {
        match text {
            "auto" => return Some(ChargeFrom::Auto),
            "prices" => return Some(ChargeFrom::Prices),
            "none" => return Some(ChargeFrom::None),
            _ => {}
        }
        if let Some(name) = text.strip_prefix("header:") {
            let name = name.trim().to_ascii_lowercase();
            let fine = !name.is_empty()
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
            return fine.then_some(ChargeFrom::Header(name));
        }
        let path = text.strip_prefix("usage.")?;
        let (path, divisor) = match path.split_once('/') {
            Some((path, divisor)) => (path, divisor.parse::<f64>().ok()?),
            None => (path, 1.0),
        };
        let names: Vec<String> = path.split('.').map(str::to_owned).collect();
        let fine = names.len() <= 4 && names.iter().all(|name| !name.is_empty());
        (fine && divisor.is_finite() && divisor >= 1.0).then_some(ChargeFrom::Usage(names, divisor))
    }

    /// What a head says that the call was charged. On a stream a zero is no charge: it was written
    /// before anybody knew.
    pub fn of_head(&self, stream: bool, header: impl Fn(&str) -> Option<String>) -> Option<Charge> {
        let read = |name: &str| {
            let charge = header(name).and_then(|text| Charge::parse(&text));
            charge.filter(|charge| !stream || charge.usd > 0.0)
        };
        match self {
            ChargeFrom::Auto => HEADERS.iter().find_map(|name| read(name)).or_else(|| {
                HEADERS
                    .iter()
                    .find_map(|name| read(&format!("{BEHIND}{name}")))
            }),
            ChargeFrom::Header(name) => read(name),
            _ => None,
        }
    }

    /// What the `usage` of an answer, or of a stream's last chunk, says.
    pub fn of_usage(&self, usage: &Value) -> Option<Charge> {
        let fields = usage.as_object()?;
        match self {
            ChargeFrom::Auto => named(fields),
            ChargeFrom::Usage(path, divisor) => {
                let mut value = usage;
                for name in path {
                    value = value.get(name)?;
                }
                divided(value, *divisor)
            }
            _ => None,
        }
    }

    /// What a whole answer says beside its `usage`, in a field `cost` of its own, as Eden AI writes it.
    pub fn of_field(&self, cost: &Value) -> Option<Charge> {
        match self {
            ChargeFrom::Auto => divided(cost, 1.0),
            _ => None,
        }
    }
}

fn named(fields: &Map<String, Value>) -> Option<Charge> {
    if let Some(ticks) = fields.get("cost_in_usd_ticks") {
        return divided(ticks, TICKS);
    }
    let cost = match fields.get("cost")? {
        Value::Object(parts) => divided(parts.get("total_cost")?, 1.0),
        cost => divided(cost, 1.0),
    }?;
    // With a key of one's own, OpenRouter's cost is its fee and the provider's comes on top.
    let own_key = fields.get("is_byok").and_then(Value::as_bool) == Some(true);
    let provider = fields
        .get("cost_details")
        .filter(|_| own_key)
        .and_then(|details| divided(details.get("upstream_inference_cost")?, 1.0));
    match provider {
        Some(provider) => Some(Charge {
            usd: cost.usd + provider.usd,
            quantum: cost.quantum.min(provider.quantum),
        }),
        None => Some(cost),
    }
}

/// A figure of any type as a charge.
fn divided(value: &Value, divisor: f64) -> Option<Charge> {
    let text = match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return None,
    };
    if divisor == 1.0 {
        return Charge::parse(&text);
    }
    let usd = text.trim().parse::<f64>().ok()? / divisor;
    (0.0..=Charge::CEILING).contains(&usd).then_some(Charge {
        usd,
        quantum: 1.0 / divisor,
    })
}

/// USD per 1M tokens; `None`: not known.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Prices {
    pub input: Option<f64>,
    pub output: Option<f64>,
    pub cached: Option<f64>,
}

impl Prices {
    /// What so many tokens cost, USD; `None` where a count or a price that is needed is unknown.
    /// Cached tokens whose price is unknown are taken at the full one.
    pub fn of(&self, usage: &Usage) -> Option<f64> {
        let (input, output) = (usage.input? as f64, usage.output? as f64);
        let (in_price, out_price) = (self.input?, self.output?);
        let cached = usage.cached.unwrap_or(0) as f64;
        let cached_price = self.cached.unwrap_or(in_price);
        let usd = ((input - cached) * in_price + cached * cached_price + output * out_price)
            / 1_000_000.0;
        usd.is_finite().then_some(usd)
    }
}

/// What a call cost, by the first source that knows: what was charged; tokens × list price × the
/// factor learned between charge and list price; the mean, or what the characters come to.
pub fn cost(
    charge: Option<Charge>,
    computed: Option<f64>,
    factor: f64,
    estimate: f64,
) -> (f64, CostSource) {
    if let Some(charge) = charge {
        return (charge.usd, CostSource::Charge);
    }
    let computed = computed
        .map(|usd| usd * factor)
        .filter(|usd| (0.0..=Charge::CEILING).contains(usd));
    match computed {
        Some(usd) => (usd, CostSource::Computed),
        None => (estimate, CostSource::Estimated),
    }
}

#[cfg(test)]
mod tests;
