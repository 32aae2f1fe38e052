//! Which sum does a question ask for, what does it come to, and which number does an answer end in?
//!
//! Exact rationals throughout. Law: linear in the text, of which a bounded part is read, and no number
//! grows past a bound; what is not understood is nothing, never a guess.

pub mod answer;
pub mod compare;
pub mod expression;
pub mod lexer;
pub mod numbers;
mod numeral;
pub mod question;
mod shapes;
pub mod style;
pub mod units;
mod vocabulary;
