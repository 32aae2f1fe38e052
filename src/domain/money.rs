//! Money that adds up: sums without rounding.

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

    /// What is left, at least nothing.
    pub fn minus(self, other: Pico) -> Pico {
        Pico(self.0.saturating_sub(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
