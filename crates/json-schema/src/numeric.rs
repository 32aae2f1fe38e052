//! How JSON Schema compares values: numbers by what they are worth, not by how they are written.

use num_bigint::BigInt;
use num_rational::Ratio;
use num_traits::{Pow, Zero};
use serde_json::{Map, Value};

/// The longest run of digits, and the largest power of ten, that is worth reading.
const MAX_DIGITS: usize = 1_000;
const MAX_EXPONENT: u32 = 400;

/// The keyword that a number fails, if any.
pub fn check(map: &Map<String, Value>, value: &Value) -> Option<&'static str> {
    let bound = |keyword: &str| map.get(keyword).filter(|bound| bound.is_number());
    let less = |a: &Value, b: &Value| compare(a, b) == Some(std::cmp::Ordering::Less);
    // Draft 4 says with a boolean that the bound itself is excluded.
    let flag = |keyword: &str| map.get(keyword) == Some(&Value::Bool(true));
    if let Some(least) = bound("minimum")
        && (less(value, least) || (flag("exclusiveMinimum") && !less(least, value)))
    {
        return Some("minimum");
    }
    if let Some(most) = bound("maximum")
        && (less(most, value) || (flag("exclusiveMaximum") && !less(value, most)))
    {
        return Some("maximum");
    }
    if bound("exclusiveMinimum").is_some_and(|least| !less(least, value)) {
        return Some("exclusiveMinimum");
    }
    if bound("exclusiveMaximum").is_some_and(|most| !less(value, most)) {
        return Some("exclusiveMaximum");
    }
    if let Some(step) = bound("multipleOf").and_then(exact)
        && !step.is_zero()
        && exact(value).is_some_and(|value| !(value / step).is_integer())
    {
        return Some("multipleOf");
    }
    None
}

/// A limit on a count: a whole number, which may be written with a fraction of zero.
pub fn limit(map: &Map<String, Value>, keyword: &str) -> Option<usize> {
    let value = map.get(keyword)?;
    let whole = value.as_u64().and_then(|n| usize::try_from(n).ok());
    // Exactness is dear, and no count is as large as what a float cannot hold.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    whole.or_else(|| value.as_f64().filter(|n| *n >= 0.0).map(|n| n as usize))
}

pub fn is_integer(value: &Value) -> bool {
    value.is_i64()
        || value.is_u64()
        || value
            .as_f64()
            .is_some_and(|n| n.is_finite() && n.fract() == 0.0)
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    if let (Some(a), Some(b)) = (a.as_i64(), b.as_i64()) {
        return Some(a.cmp(&b));
    }
    a.as_f64()?.partial_cmp(&b.as_f64()?)
}

/// The decimal as written, exactly: 0.3 is three tenths here.
fn exact(value: &Value) -> Option<Ratio<BigInt>> {
    decimal(&value.as_number()?.to_string())
}

/// The exact value of a JSON number's text; `None` where it is too long to be worth reading.
fn decimal(text: &str) -> Option<Ratio<BigInt>> {
    let (mantissa, exponent) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent: i32 = exponent.trim_start_matches('+').parse().ok()?;
    if whole.len() + fraction.len() > MAX_DIGITS || exponent.unsigned_abs() > MAX_EXPONENT {
        return None;
    }
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent - i32::try_from(fraction.len()).ok()?;
    let power = Pow::pow(BigInt::from(10), shift.unsigned_abs());
    Some(if shift < 0 {
        Ratio::new(digits, power)
    } else {
        Ratio::from_integer(digits * power)
    })
}

/// Equal as JSON values: 1 and 1.0 are the same number.
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(_), Value::Number(_)) => compare(a, b) == Some(std::cmp::Ordering::Equal),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter()
                    .all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// A text that two values share exactly if they are the same.
pub fn canonical(value: &Value) -> String {
    let mut text = String::new();
    write_canonical(value, &mut text);
    text
}

/// Into one text, however deep it nests: no part is copied once a level.
fn write_canonical(value: &Value, out: &mut String) {
    match value {
        Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(n), _) => out.push_str(&n.to_string()),
            #[allow(clippy::cast_possible_truncation)]
            (None, Some(n)) if n.fract() == 0.0 && n.abs() < 9e15 => {
                out.push_str(&(n as i64).to_string());
            }
            _ => out.push_str(&number.to_string()),
        },
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write_canonical(item, out);
                out.push(',');
            }
            out.push(']');
        }
        Value::Object(map) => {
            let mut fields: Vec<(&String, &Value)> = map.iter().collect();
            fields.sort_unstable_by_key(|(name, _)| *name);
            out.push('{');
            for (name, value) in fields {
                out.push_str(&Value::from(name.as_str()).to_string());
                out.push(':');
                write_canonical(value, out);
                out.push(',');
            }
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}
