//! Arithmetic tokens to an exact value: signs, words and LaTeX by one grammar.
//!
//! ```text
//! sum     = product (("+" | "-") product)* ("mod" power)?
//! product = power (("*" | "/" | "of" | nothing before "(") power)*
//! power   = sign* postfix ("^" power)?
//! postfix = primary ("!" | "%" | "squared" | "cubed")*
//! primary = number | number fraction | "(" sum ")" | root | \frac | list of words
//! ```
//!
//! Law: bounded depth ([`MAX_DEPTH`]), bounded work ([`Budget`]); what does not parse is
//! `None`. `a + b%` has two readings and is refused.

use num_traits::{Signed, Zero};

pub mod words;

use super::{
    lexer::{Lexeme, Token},
    numbers::{BigRational, Budget, Value},
    units::{self, Unit},
};

const MAX_DEPTH: u32 = 40;

/// A value, how it came to be, and the unit it is in.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    pub value: Value,
    /// Operations carried out: 0 for a bare number.
    pub operations: u32,
    /// Written as a percentage (`15%`), and divided by 100 already.
    pub percent: bool,
    /// The unit that stood with its numbers, if it was one and the same.
    pub unit: Option<Unit>,
}

impl Term {
    pub fn of(value: Value) -> Self {
        Term {
            value,
            operations: 0,
            percent: false,
            unit: None,
        }
    }

    pub fn done(mut self, operations: u32) -> Self {
        self.operations += operations;
        self.percent = false;
        self
    }
}

/// Reads expressions from tokens, one budget for all that it reads.
pub struct Parser<'a> {
    pub tokens: &'a [Lexeme],
    pub at: usize,
    pub budget: Budget,
    depth: u32,
}

impl<'a> Parser<'a> {
    pub fn new(tokens: &'a [Lexeme]) -> Self {
        Parser {
            tokens,
            at: 0,
            budget: Budget::default(),
            depth: 0,
        }
    }

    pub fn peek(&self) -> Option<&'a Token> {
        self.token(self.at)
    }

    fn token(&self, at: usize) -> Option<&'a Token> {
        self.tokens.get(at).map(|lexeme| &lexeme.token)
    }

    pub fn eat(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    /// Takes these words if they come next.
    pub fn eat_words(&mut self, phrase: &[&str]) -> bool {
        let found = phrase.iter().enumerate().all(
            |(i, word)| matches!(self.token(self.at + i), Some(Token::Word(next)) if next == word),
        );
        self.at += if found { phrase.len() } else { 0 };
        found
    }

    fn eat_any(&mut self, phrases: &[&[&str]]) -> bool {
        phrases.iter().any(|phrase| self.eat_words(phrase))
    }

    /// The longest sum that begins here; where there is none the position is kept.
    pub fn sum(&mut self) -> Option<Term> {
        let start = self.at;
        self.depth += 1;
        let found = if self.depth > MAX_DEPTH {
            None
        } else {
            self.sum_inside()
        };
        self.depth -= 1;
        if found.is_none() {
            self.at = start;
        }
        found
    }

    fn sum_inside(&mut self) -> Option<Term> {
        let mut left = self.product()?;
        let mut terms = 1;
        loop {
            let before = self.at;
            let minus = if self.eat(&Token::Plus) || self.eat_any(words::PLUS) {
                false
            } else if self.eat(&Token::Minus) || self.eat_any(words::MINUS) {
                true
            } else {
                return self.modulo(left, terms);
            };
            terms += 1;
            let Some(right) = self.product() else {
                self.at = before;
                return Some(left);
            };
            if right.percent != left.percent {
                return None;
            }
            let unit = same_unit(&left, &right)?;
            let value = if minus {
                left.value.subtract(&right.value, &mut self.budget)?
            } else {
                left.value.add(&right.value, &mut self.budget)?
            };
            left = Term {
                value,
                operations: left.operations + right.operations + 1,
                percent: left.percent,
                unit,
            };
        }
    }

    /// "… mod 7" after a sum. Mathematicians mean the whole sum, programmers its last term:
    /// of more terms than one only the whole word "modulo" is read.
    fn modulo(&mut self, left: Term, terms: u32) -> Option<Term> {
        let whole_word = self.eat_words(&["modulo"]);
        if !whole_word && !self.eat_any(words::MODULO) {
            return Some(left);
        }
        if terms > 1 && !whole_word {
            return None;
        }
        let divisor = self.power()?;
        let value = left.value.modulo(&divisor.value, &mut self.budget)?;
        Some(Term::of(value).done(left.operations + 1))
    }

    pub fn product(&mut self) -> Option<Term> {
        let mut left = self.power()?;
        loop {
            let before = self.at;
            let operation = self.product_sign(&left);
            let Some(operation) = operation else {
                return Some(left);
            };
            let Some(right) = self.power() else {
                self.at = before;
                return Some(left);
            };
            let unit = match operation {
                Operation::Divide if left.unit == right.unit => None,
                _ => left.unit.clone().or(right.unit.clone()),
            };
            let value = match operation {
                Operation::Multiply => left.value.multiply(&right.value, &mut self.budget)?,
                Operation::Divide => left.value.divide(&right.value, &mut self.budget)?,
            };
            left = Term {
                value,
                operations: left.operations + right.operations + 1,
                percent: false,
                unit,
            };
        }
    }

    fn product_sign(&mut self, left: &Term) -> Option<Operation> {
        if self.eat(&Token::Times) || self.eat_any(words::TIMES) {
            return Some(Operation::Multiply);
        }
        if self.eat(&Token::Divide) || self.eat_any(words::DIVIDED_BY) {
            return Some(Operation::Divide);
        }
        // "15% of 80", "3/4 of 20": only of a part can there be an "of".
        let part = left.percent || left.operations > 0 && !left.value.is_integer();
        if part
            && self.eat_any(&[
                &["of"],
                &["von"],
                &["de"],
                &["di"],
                &["van"],
                &["от"],
                &["z"],
                &["av"],
            ])
        {
            return Some(Operation::Multiply);
        }
        let implied = matches!(self.peek(), Some(Token::Open | Token::Sqrt))
            && matches!(
                self.at.checked_sub(1).and_then(|before| self.token(before)),
                Some(Token::Close | Token::Number(_))
            );
        implied.then_some(Operation::Multiply)
    }

    fn power(&mut self) -> Option<Term> {
        let mut negative = false;
        loop {
            if self.eat(&Token::Minus) || self.eat_any(&[&["minus"], &["negative"]]) {
                negative = !negative;
            } else if !self.eat(&Token::Plus) {
                break;
            }
        }
        let mut base = self.postfix()?;
        if self.eat(&Token::Power) || self.eat_any(words::TO_THE_POWER_OF) {
            self.depth += 1;
            let exponent = if self.depth > MAX_DEPTH {
                None
            } else {
                self.power()
            };
            self.depth -= 1;
            let exponent = exponent?;
            // "to the 5th power" ends in words of its own.
            self.eat_any(&[&["th", "power"], &["rd", "power"], &["power"]]);
            base = Term {
                value: base.value.power(&exponent.value, &mut self.budget)?,
                operations: base.operations + exponent.operations + 1,
                percent: false,
                unit: base.unit,
            };
        }
        if negative {
            base.value = base.value.negate();
        }
        Some(base)
    }

    fn postfix(&mut self) -> Option<Term> {
        let mut term = self.primary()?;
        loop {
            if self.eat(&Token::Factorial) || self.eat_words(&["factorial"]) {
                term = Term::of(term.value.factorial(&mut self.budget)?).done(1 + term.operations);
            } else if self.eat(&Token::Percent) || self.eat_any(words::PERCENT) {
                term.value = term.value.divide(&Value::integer(100), &mut self.budget)?;
                term.percent = true;
            } else if self.peek() == Some(&Token::Currency)
                && !matches!(self.token(self.at + 1), Some(Token::Number(_)))
            {
                // "15,50 € + 4,50 €"
                self.at += 1;
                term.unit = units::named("dollar");
            } else if self.eat_words(&["squared"]) {
                term = self.raised(term, 2)?;
            } else if self.eat_words(&["cubed"]) {
                term = self.raised(term, 3)?;
            } else {
                return Some(term);
            }
        }
    }

    pub fn raised(&mut self, term: Term, exponent: i64) -> Option<Term> {
        let value = term
            .value
            .power(&Value::integer(exponent), &mut self.budget)?;
        Some(Term { value, ..term }.done(1))
    }

    fn primary(&mut self) -> Option<Term> {
        self.eat_words(&["the"]);
        match self.peek()? {
            Token::Currency => {
                self.at += 1;
                let mut term = self.power()?;
                term.unit = units::named("dollar");
                Some(term)
            }
            Token::Number(_) => self.number(),
            Token::Open => {
                self.at += 1;
                let inside = self.sum()?;
                self.eat(&Token::Close).then_some(inside)
            }
            Token::Sqrt => {
                self.at += 1;
                self.root()
            }
            Token::Fraction => {
                self.at += 1;
                let over = self.group()?;
                let under = self.group()?;
                let value = over.value.divide(&under.value, &mut self.budget)?;
                Some(Term::of(value).done(over.operations + under.operations + 1))
            }
            Token::Word(_) => words::primary(self),
            _ => None,
        }
    }

    /// `\sqrt{2}`, `sqrt(2)`, `√2`.
    fn root(&mut self) -> Option<Term> {
        self.eat_words(&["of"]);
        let inside = self.postfix_bounded()?;
        let value = inside.value.root(2, &mut self.budget)?;
        Some(Term::of(value).done(1 + inside.operations))
    }

    /// A postfix expression below this one, counted against the depth.
    pub fn postfix_bounded(&mut self) -> Option<Term> {
        self.depth += 1;
        let found = if self.depth > MAX_DEPTH {
            None
        } else {
            self.postfix()
        };
        self.depth -= 1;
        found
    }

    fn group(&mut self) -> Option<Term> {
        self.eat(&Token::Open).then_some(())?;
        let inside = self.sum()?;
        self.eat(&Token::Close).then_some(inside)
    }

    fn number(&mut self) -> Option<Term> {
        let Some(Token::Number(literal)) = self.peek() else {
            return None;
        };
        self.at += 1;
        let mut term = Term::of(Value::exact(literal.value.clone()));
        if literal.decimals == 0
            && literal.exponent == 0
            && let Some(part) = self.mixed_part()
        {
            term.value = term.value.add(&part, &mut self.budget)?;
        }
        let skipped = usize::from(self.peek() == Some(&Token::Currency));
        let named = match self.token(self.at + skipped) {
            Some(Token::Word(word)) => units::named(word),
            _ => None,
        };
        if let Some(unit) = named {
            self.at += 1 + skipped;
            term.unit = Some(unit);
        }
        Some(term)
    }

    /// The fraction of a mixed number, `1/2` in `2 1/2` or `\frac{1}{2}` in `2\frac{1}{2}`:
    /// proper, of whole positive numbers.
    fn mixed_part(&mut self) -> Option<Value> {
        let start = self.at;
        let (over, under) = match self.peek() {
            Some(Token::Fraction) => {
                self.at += 1;
                match (self.group(), self.group()) {
                    (Some(over), Some(under)) => (over.value, under.value),
                    _ => {
                        self.at = start;
                        return None;
                    }
                }
            }
            Some(Token::Number(over)) if over.decimals == 0 => {
                match (self.token(self.at + 1), self.token(self.at + 2)) {
                    (Some(Token::Divide), Some(Token::Number(under))) if under.decimals == 0 => {
                        self.at += 3;
                        (
                            Value::exact(over.value.clone()),
                            Value::exact(under.value.clone()),
                        )
                    }
                    _ => return None,
                }
            }
            _ => return None,
        };
        let zero = BigRational::zero();
        let proper = over.ratio > zero && over.ratio < under.ratio && !under.ratio.is_negative();
        if !proper {
            self.at = start;
            return None;
        }
        over.divide(&under, &mut self.budget)
    }
}

#[derive(Clone, Copy)]
enum Operation {
    Multiply,
    Divide,
}

/// The unit of a sum: of one side where the other has none; `None` where they differ.
fn same_unit(left: &Term, right: &Term) -> Option<Option<Unit>> {
    match (&left.unit, &right.unit) {
        (Some(a), Some(b)) if a != b => None,
        (Some(unit), _) | (_, Some(unit)) => Some(Some(unit.clone())),
        (None, None) => Some(None),
    }
}

/// The value of tokens that are one expression and nothing else.
pub fn whole(tokens: &[Lexeme]) -> Option<Term> {
    let mut parser = Parser::new(tokens);
    let term = parser.sum()?;
    (parser.at == tokens.len()).then_some(term)
}
