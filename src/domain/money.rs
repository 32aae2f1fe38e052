//! Money that adds up: charges as the runtime wrote them, sums without rounding.

use serde::{Deserialize, Serialize};

/// An amount in picodollars (1e-12 USD). Sums of up to 9.2 million USD are exact.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Pico(pub i64);

impl Pico {
    const PER_USD: f64 = 1e12;

    /// The nearest amount; 0 for what is not a finite number, clamped to what fits.
    pub fn from_usd(usd: f64) -> Pico {
        // A float-to-int cast saturates and takes NaN to 0.
        Pico((usd * Self::PER_USD).round() as i64)
    }

    /// The nearest double, which prints with the digits that were charged.
    pub fn usd(self) -> f64 {
        self.0 as f64 / Self::PER_USD
    }

    pub fn plus(self, other: Pico) -> Pico {
        Pico(self.0.saturating_add(other.0))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_charge_is_read_with_its_last_digit() {
        let charge = Charge::parse("0.000012").unwrap();
        assert_eq!(charge.usd, 0.000012);
        assert!((charge.quantum - 1e-6).abs() < 1e-18);
        let charge = Charge::parse(" 2e-06 ").unwrap();
        assert_eq!(charge.usd, 2e-6);
        assert!((charge.quantum - 1e-6).abs() < 1e-18);
        assert_eq!(Charge::parse("0").unwrap().usd, 0.0);
    }

    #[test]
    fn what_is_not_one_plain_number_is_not_a_cost() {
        for header in [
            "NaN",
            "-0.5",
            "inf",
            "1e308",
            "1, 2",
            "0.1,0.1",
            "",
            " ",
            "abc",
            "1e",
            "0x10",
            "1e400",
            "+1",
            "1_000",
            "²",
            "0.0000000000000000000000000000000000000001",
        ] {
            assert_eq!(Charge::parse(header), None, "{header}");
        }
    }

    #[test]
    fn sums_keep_every_digit() {
        let sum = (0..100_000).fold(Pico::default(), |sum, _| {
            sum.plus(Pico::from_usd(0.000_003))
        });
        assert_eq!(sum.usd(), 0.3);
        assert_eq!(Pico::from_usd(f64::NAN), Pico(0));
        assert_eq!(Pico(i64::MAX).plus(Pico(1)), Pico(i64::MAX));
    }
}
