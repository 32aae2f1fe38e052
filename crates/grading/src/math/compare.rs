//! Does a final answer agree with the exact value, to the precision that it claims?
//!
//! Law: a whole number or a short decimal has to be met exactly, unless the answer says that it
//! rounds; a value that does not end may be cut wherever the answer cuts it, within half a unit
//! of its last place and with three digits at least.

use num_bigint::BigInt;
use num_traits::{Signed, Zero};

use super::{
    answer::Final,
    numbers::{BigRational, Value, ten_to},
    question::{Question, Rounding},
    units::Dimension,
};

/// Decimals up to which an exact value has to be given in full.
const SHORT: u32 = 3;

/// Whether the answer is right.
pub fn agrees(question: &Question, found: &Final) -> bool {
    let (value, half_unit) = in_asked_unit(question, found);
    if close(question, found, &value, &half_unit) {
        return true;
    }
    // "50%" for one half.
    let hundred = BigRational::from_integer(100.into());
    found.percent
        && !question.percent
        && close(question, found, &(value / &hundred), &(half_unit / hundred))
}

/// The answer's value and half unit, said in the unit that was asked for.
fn in_asked_unit(question: &Question, found: &Final) -> (BigRational, BigRational) {
    let value = found.value.ratio.clone();
    let half_unit = found.half_unit.clone();
    match (&question.unit, &found.unit) {
        (Some(asked), Some(given))
            if asked != given && asked.dimension != Dimension::Temperature =>
        {
            match (
                given.convert(&value, asked),
                given.convert(&half_unit, asked),
            ) {
                (Some(value), Some(half_unit)) => (value, half_unit),
                _ => (value, half_unit),
            }
        }
        _ => (value, half_unit),
    }
}

fn close(question: &Question, found: &Final, value: &BigRational, half_unit: &BigRational) -> bool {
    let expected = &question.value.ratio;
    let off = (value - expected).abs();
    off <= tolerance(question, found, half_unit)
}

fn tolerance(question: &Question, found: &Final, half_unit: &BigRational) -> BigRational {
    let expected = &question.value;
    // Approximated roots are right to 40 digits.
    let exact = if expected.exact && found.value.exact {
        BigRational::zero()
    } else {
        expected.ratio.abs() / BigRational::from_integer(ten_to(40))
    };
    if let Some(rounding) = question.rounding {
        let asked = half_of(match rounding {
            Rounding::Decimals(decimals) => -decimals,
            Rounding::Significant(digits) => {
                magnitude(expected) - i32::try_from(digits).unwrap_or(0)
            }
        });
        return exact.max(asked);
    }
    let said_to_round = found.approximate || (found.scientific && found.digits >= 3);
    let money = question
        .unit
        .as_ref()
        .or(found.unit.as_ref())
        .is_some_and(|unit| unit.dimension == Dimension::Money);
    let cents = half_of(-2);
    let long = expected.decimals(SHORT).is_none();
    let rounds = if expected.is_integer() && expected.exact {
        found.scientific && found.digits >= 3
    } else if long {
        said_to_round || found.digits >= 3 || (money && *half_unit <= cents)
    } else {
        said_to_round || (money && *half_unit == cents)
    };
    if rounds {
        exact.max(half_unit.clone())
    } else {
        exact
    }
}

/// Half of 10 to that power.
fn half_of(exponent: i32) -> BigRational {
    let power = ten_to(exponent.unsigned_abs().min(400));
    let half = BigRational::new(BigInt::from(1), BigInt::from(2));
    if exponent < 0 {
        half / BigRational::from_integer(power)
    } else {
        half * BigRational::from_integer(power)
    }
}

/// The digits before the decimal point (0.05 has -1).
fn magnitude(value: &Value) -> i32 {
    /// Smaller numbers than this are not told apart: no answer writes their zeros.
    const MOST: u32 = 400;
    let ratio = value.ratio.abs();
    if ratio.is_zero() {
        return 1;
    }
    let whole = ratio.to_integer();
    if !whole.is_zero() {
        return i32::try_from(whole.to_string().len()).unwrap_or(i32::MAX);
    }
    // One division: how many digits the number has once its zeros are whole ones.
    let scaled = (ratio * BigRational::from_integer(ten_to(MOST))).to_integer();
    if scaled.is_zero() {
        return -i32::try_from(MOST).unwrap_or(0);
    }
    let digits = i32::try_from(scaled.to_string().len()).unwrap_or(0);
    digits - i32::try_from(MOST).unwrap_or(0)
}
