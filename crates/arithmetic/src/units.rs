//! Units of measure and of money, with exact factors to a base unit of their dimension.

use num_traits::Zero;

use super::numbers::BigRational;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dimension {
    Length,
    Mass,
    Time,
    Volume,
    Area,
    Speed,
    Temperature,
    Money,
}

/// A unit: `base = (value + offset) × factor`, all exact.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub dimension: Dimension,
    pub factor: BigRational,
    offset: BigRational,
}

impl Unit {
    /// A value in this unit, said in another of the same dimension.
    pub fn convert(&self, value: &BigRational, to: &Unit) -> Option<BigRational> {
        (self.dimension == to.dimension)
            .then(|| (value + &self.offset) * &self.factor / &to.factor - &to.offset)
    }
}

/// The unit of that name: singular, plural or abbreviation, in lower case. Money is one unit
/// whatever the currency: amounts are not exchanged.
pub fn named(word: &str) -> Option<Unit> {
    let (dimension, numerator, denominator) = lookup(word).or_else(|| {
        let singular = word.strip_suffix('s').filter(|s| s.len() > 2)?;
        lookup(singular)
    })?;
    let mut unit = Unit {
        dimension,
        factor: BigRational::new(numerator.into(), denominator.into()),
        offset: BigRational::zero(),
    };
    if matches!(word, "fahrenheit" | "°f") {
        unit.offset = BigRational::new((45_967).into(), 100.into());
    } else if matches!(word, "celsius" | "centigrade" | "°c") {
        unit.offset = BigRational::new((27_315).into(), 100.into());
    }
    Some(unit)
}

/// Does a text speak of more than one currency: nobody here knows what one is in the other.
pub fn are_exchanged(text: &str) -> bool {
    const CURRENCIES: [(&str, [&str; 3]); 6] = [
        ("$", ["usd", "dollar", "dollars"]),
        ("€", ["eur", "euro", "euros"]),
        ("£", ["gbp", "sterling", "quid"]),
        ("¥", ["jpy", "yen", "cny"]),
        ("₹", ["inr", "rupee", "rupees"]),
        ("₩", ["krw", "₩", "₩"]),
    ];
    let lower = text.to_lowercase();
    let named = |names: &[&str; 3]| {
        lower
            .split(|c: char| !c.is_alphabetic())
            .any(|word| names.contains(&word))
    };
    let beside_a_digit = |sign: &str| {
        lower.match_indices(sign).any(|(at, _)| {
            let before = lower
                .get(..at)
                .and_then(|head| head.trim_end().chars().next_back());
            let after = lower
                .get(at + sign.len()..)
                .and_then(|rest| rest.trim_start().chars().next());
            [before, after]
                .into_iter()
                .flatten()
                .any(|c| c.is_ascii_digit())
        })
    };
    let all = CURRENCIES
        .iter()
        .filter(|(sign, names)| beside_a_digit(sign) || named(names));
    all.count() > 1
}

/// Does a text end with a number of inches under their short name, which is a word like any other.
pub fn ends_in_inches(text: &str) -> bool {
    let text = text.trim_end_matches(|c: char| !c.is_alphanumeric());
    let number = text.strip_suffix("in").map(str::trim_end);
    number.is_some_and(|text| text.ends_with(|c: char| c.is_ascii_digit()))
}

/// Dimension and factor to metre, gram, second, litre, square metre, metre per second,
/// kelvin. Feet, pounds and gallons are those of the United States.
fn lookup(word: &str) -> Option<(Dimension, i64, i64)> {
    use Dimension::{Area, Length, Mass, Money, Speed, Temperature, Time, Volume};
    Some(match word {
        "mm" | "millimeter" | "millimetre" => (Length, 1, 1_000),
        "cm" | "centimeter" | "centimetre" => (Length, 1, 100),
        "dm" | "decimeter" | "decimetre" => (Length, 1, 10),
        "m" | "meter" | "metre" => (Length, 1, 1),
        "km" | "kilometer" | "kilometre" => (Length, 1_000, 1),
        "inch" | "inches" => (Length, 254, 10_000),
        "ft" | "foot" | "feet" => (Length, 3_048, 10_000),
        "yd" | "yard" => (Length, 9_144, 10_000),
        "mi" | "mile" => (Length, 1_609_344, 1_000),
        "mg" | "milligram" => (Mass, 1, 1_000),
        "g" | "gram" | "gramme" => (Mass, 1, 1),
        "kg" | "kilo" | "kilogram" => (Mass, 1_000, 1),
        "tonne" => (Mass, 1_000_000, 1),
        "oz" | "ounce" => (Mass, 28_349_523_125, 1_000_000_000),
        "lb" | "pound" => (Mass, 45_359_237, 100_000),
        "ms" | "millisecond" => (Time, 1, 1_000),
        "s" | "sec" | "second" => (Time, 1, 1),
        "min" | "minute" => (Time, 60, 1),
        "h" | "hr" | "hour" => (Time, 3_600, 1),
        "day" => (Time, 86_400, 1),
        "week" => (Time, 604_800, 1),
        "ml" | "milliliter" | "millilitre" => (Volume, 1, 1_000),
        "cl" | "centiliter" | "centilitre" => (Volume, 1, 100),
        "dl" | "deciliter" | "decilitre" => (Volume, 1, 10),
        "l" | "liter" | "litre" => (Volume, 1, 1),
        "cup" => (Volume, 2_365_882_365, 10_000_000_000),
        "pint" => (Volume, 473_176_473, 1_000_000_000),
        "quart" => (Volume, 946_352_946, 1_000_000_000),
        "gallon" => (Volume, 3_785_411_784, 1_000_000_000),
        "cm²" | "cm2" => (Area, 1, 10_000),
        "m²" | "m2" => (Area, 1, 1),
        "km²" | "km2" => (Area, 1_000_000, 1),
        "hectare" => (Area, 10_000, 1),
        "kmh" | "kph" => (Speed, 1_000, 3_600),
        "mph" => (Speed, 1_609_344, 3_600_000),
        "kelvin" => (Temperature, 1, 1),
        "celsius" | "centigrade" | "°c" => (Temperature, 1, 1),
        "fahrenheit" | "°f" => (Temperature, 5, 9),
        "dollar" | "usd" | "euro" | "eur" | "gbp" | "yen" | "rupee" => (Money, 1, 1),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: i64, from: &str, to: &str) -> BigRational {
        let (from, to) = (named(from).unwrap(), named(to).unwrap());
        from.convert(&BigRational::from_integer(value.into()), &to)
            .unwrap()
    }

    #[test]
    fn conversions_are_exact() {
        assert_eq!(said(397, "miles", "feet").to_string(), "2096160");
        assert_eq!(said(86, "days", "hours").to_string(), "2064");
        assert_eq!(said(1060, "ml", "liters").to_string(), "53/50");
        assert_eq!(said(100, "celsius", "fahrenheit").to_string(), "212");
        assert!(named("apples").is_none());
    }

    #[test]
    fn no_conversion_crosses_dimensions() {
        let (kg, km) = (named("kg").unwrap(), named("km").unwrap());
        assert_eq!(kg.convert(&BigRational::zero(), &km), None);
    }
}
