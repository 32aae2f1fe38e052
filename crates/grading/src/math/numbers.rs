//! Exact numbers: rationals of any size up to a bound, so that no check hangs on `9^9^9^9`.
//!
//! Law: every operation either gives the exact result, or one marked inexact that is right to
//! at least 40 significant digits (roots that are not perfect, π), or nothing. The work of a
//! whole evaluation is bounded by a [`Budget`].

use num_bigint::BigInt;
use num_integer::Integer;
use num_rational::Ratio;
use num_traits::{One, Pow, Signed, ToPrimitive, Zero};

pub type BigRational = Ratio<BigInt>;

/// No numerator or denominator grows past this many bits (some 4,900 decimal digits).
const MAX_BITS: u64 = 16_384;
/// The longest run of digits that is read as a number.
pub const MAX_DIGITS: usize = 1_000;
/// Decimal digits kept of a root that is not rational.
const ROOT_DIGITS: u32 = 50;
/// 1,000! has 8,530 bits.
const MAX_FACTORIAL: u32 = 1_000;

/// How much work is left for one evaluation, in machine words touched.
#[derive(Clone, Debug)]
pub struct Budget(u64);

impl Default for Budget {
    fn default() -> Self {
        Budget(3_000_000)
    }
}

impl Budget {
    /// Takes what reducing a fraction of these many bits costs; `None` when nothing is left.
    pub fn take(&mut self, bits: u64) -> Option<()> {
        let words = bits / 64 + 1;
        self.0 = self.0.checked_sub(words.saturating_mul(bits + 16))?;
        Some(())
    }
}

/// A number, and whether it is the exact result.
#[derive(Clone, Debug, PartialEq)]
pub struct Value {
    pub ratio: BigRational,
    /// False where an irrational root or π was approximated to some 50 digits.
    pub exact: bool,
}

impl Value {
    pub fn exact(ratio: BigRational) -> Self {
        Value { ratio, exact: true }
    }

    pub fn integer(n: i64) -> Self {
        Value::exact(BigRational::from_integer(n.into()))
    }

    pub fn fraction(numerator: i64, denominator: i64) -> Option<Self> {
        (denominator != 0)
            .then(|| Value::exact(BigRational::new(numerator.into(), denominator.into())))
    }

    /// π to 50 decimal digits.
    pub fn pi() -> Option<Self> {
        let digits = "314159265358979323846264338327950288419716939937510";
        let numerator: BigInt = digits.parse().ok()?;
        let denominator = ten_to(ROOT_DIGITS);
        Some(Value {
            ratio: BigRational::new(numerator, denominator),
            exact: false,
        })
    }

    pub fn add(&self, other: &Value, budget: &mut Budget) -> Option<Value> {
        self.combine(other, budget, |a, b| Some(a + b))
    }

    pub fn subtract(&self, other: &Value, budget: &mut Budget) -> Option<Value> {
        self.combine(other, budget, |a, b| Some(a - b))
    }

    pub fn multiply(&self, other: &Value, budget: &mut Budget) -> Option<Value> {
        self.combine(other, budget, |a, b| Some(a * b))
    }

    /// `None` for a division by zero.
    pub fn divide(&self, other: &Value, budget: &mut Budget) -> Option<Value> {
        self.combine(other, budget, |a, b| (!b.is_zero()).then(|| a / b))
    }

    /// The remainder with the sign of the divisor, as in number theory; whole numbers only.
    pub fn modulo(&self, other: &Value, budget: &mut Budget) -> Option<Value> {
        if !self.is_integer() || !other.is_integer() {
            return None;
        }
        self.combine(other, budget, |a, b| {
            let divisor = b.to_integer();
            (!divisor.is_zero())
                .then(|| BigRational::from_integer(a.to_integer().mod_floor(&divisor)))
        })
    }

    pub fn negate(&self) -> Value {
        Value {
            ratio: -self.ratio.clone(),
            exact: self.exact,
        }
    }

    /// A power with a whole exponent, or a square or cube root for the exponents ½ and ⅓.
    pub fn power(&self, exponent: &Value, budget: &mut Budget) -> Option<Value> {
        if !exponent.is_integer() {
            let one_over = exponent.ratio.recip();
            let degree = one_over.is_integer().then(|| one_over.to_integer())?;
            return self.root(degree.to_u32()?, budget);
        }
        let e = exponent.ratio.to_integer().to_i64()?;
        let size = u32::try_from(e.unsigned_abs()).ok()?;
        // 1 and -1 have powers of any size without growing.
        if self.ratio.is_integer() && self.ratio.numer().magnitude().is_one() {
            let odd = size % 2 == 1;
            let ratio = if odd {
                self.ratio.clone()
            } else {
                BigRational::one()
            };
            return Some(Value {
                ratio,
                exact: self.exact,
            });
        }
        let bits = self.bits().saturating_mul(u64::from(size));
        if bits > MAX_BITS {
            return None;
        }
        budget.take(bits.min(MAX_BITS))?;
        if size > 1_000_000 || (self.ratio.is_zero() && e < 0) {
            return None;
        }
        let magnitude = self.ratio.clone().pow(size);
        let ratio = if e < 0 { magnitude.recip() } else { magnitude };
        Some(Value {
            ratio,
            exact: self.exact,
        })
    }

    /// The real root of that degree (2 or 3): exact where it is rational.
    pub fn root(&self, degree: u32, budget: &mut Budget) -> Option<Value> {
        if !(degree == 2 || degree == 3) || self.ratio.is_negative() {
            return None;
        }
        let scale = ten_to(ROOT_DIGITS * degree);
        let bits = self.bits() + scale.bits();
        budget.take(bits.saturating_mul(4))?;
        let (n, d) = (self.ratio.numer(), self.ratio.denom());
        let (root_n, root_d) = (n.nth_root(degree), d.nth_root(degree));
        if Pow::pow(&root_n, degree) == *n && Pow::pow(&root_d, degree) == *d {
            return Some(Value {
                ratio: BigRational::new(root_n, root_d),
                exact: self.exact,
            });
        }
        let scaled = (n * &scale).div_floor(d).nth_root(degree);
        Some(Value {
            ratio: BigRational::new(scaled, ten_to(ROOT_DIGITS)),
            exact: false,
        })
    }

    pub fn factorial(&self, budget: &mut Budget) -> Option<Value> {
        if !self.is_integer() || !self.exact || self.ratio.is_negative() {
            return None;
        }
        let n = self.ratio.to_integer().to_u32()?;
        if n > MAX_FACTORIAL {
            return None;
        }
        budget.take(9_000)?;
        let product = (2..=n).fold(BigInt::one(), |product, k| product * k);
        Some(Value::exact(BigRational::from_integer(product)))
    }

    pub fn is_integer(&self) -> bool {
        self.ratio.is_integer()
    }

    /// How many decimals the exact value has; `None` where it does not terminate within
    /// `limit` decimals.
    pub fn decimals(&self, limit: u32) -> Option<u32> {
        if !self.exact {
            return None;
        }
        let mut scaled = self.ratio.clone();
        let ten = BigRational::from_integer(10.into());
        for decimals in 0..=limit {
            if scaled.is_integer() {
                return Some(decimals);
            }
            scaled *= &ten;
        }
        None
    }

    fn bits(&self) -> u64 {
        self.ratio.numer().bits().max(self.ratio.denom().bits())
    }

    fn combine(
        &self,
        other: &Value,
        budget: &mut Budget,
        operation: impl Fn(&BigRational, &BigRational) -> Option<BigRational>,
    ) -> Option<Value> {
        budget.take(self.bits() + other.bits())?;
        let ratio = operation(&self.ratio, &other.ratio)?;
        let value = Value {
            ratio,
            exact: self.exact && other.exact,
        };
        (value.bits() <= MAX_BITS).then_some(value)
    }
}

/// 10 to that power, for powers a caller has bounded.
pub fn ten_to(exponent: u32) -> BigInt {
    Pow::pow(BigInt::from(10), exponent)
}

/// A decimal numeral: its digits without separators, the digits after the point, and a power
/// of ten. `None` where it is too long to be worth reading.
pub fn decimal(whole: &str, fraction: &str, exponent: i32) -> Option<BigRational> {
    if whole.len() + fraction.len() > MAX_DIGITS || exponent.unsigned_abs() > 400 {
        return None;
    }
    let digits: BigInt = format!("{whole}{fraction}").parse().ok()?;
    let shift = exponent - i32::try_from(fraction.len()).ok()?;
    let power = ten_to(shift.unsigned_abs());
    Some(if shift < 0 {
        BigRational::new(digits, power)
    } else {
        BigRational::from_integer(digits * power)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(i: i64) -> Value {
        Value::integer(i)
    }

    #[test]
    fn a_perfect_root_is_exact_and_another_is_right_to_many_digits() {
        let mut budget = Budget::default();
        assert_eq!(n(7225).root(2, &mut budget), Some(n(85)));
        assert_eq!(
            Value::fraction(1, 4).unwrap().root(2, &mut budget),
            Value::fraction(1, 2)
        );
        let root = n(2).root(2, &mut budget).unwrap();
        assert!(!root.exact);
        let square = root.multiply(&root, &mut budget).unwrap();
        let off = (square.ratio - n(2).ratio).abs();
        assert!(off < BigRational::new(1.into(), ten_to(45)));
    }

    #[test]
    fn a_tower_of_powers_gives_nothing_rather_than_hanging() {
        let mut budget = Budget::default();
        let inner = n(9).power(&n(9), &mut budget).unwrap();
        assert_eq!(n(9).power(&inner, &mut budget), None);
        assert_eq!(n(1).power(&n(1_000_000), &mut budget), Some(n(1)));
        assert_eq!(n(0).power(&n(-1), &mut budget), None);
    }

    #[test]
    fn terminating_decimals_are_counted() {
        assert_eq!(Value::fraction(1, 8).unwrap().decimals(9), Some(3));
        assert_eq!(Value::fraction(1, 3).unwrap().decimals(9), None);
        assert_eq!(n(12).decimals(9), Some(0));
    }

    #[test]
    fn remainders_and_factorials_are_whole() {
        let mut budget = Budget::default();
        assert_eq!(n(6447).modulo(&n(14), &mut budget), Some(n(7)));
        assert_eq!(n(-7).modulo(&n(3), &mut budget), Some(n(2)));
        assert_eq!(n(7).modulo(&n(0), &mut budget), None);
        assert_eq!(n(5).factorial(&mut budget), Some(n(120)));
        assert_eq!(n(100_000).factorial(&mut budget), None);
    }
}
