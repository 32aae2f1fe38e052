//! Names of Python that a whole program uses and that nothing defines.
//!
//! Law: a name counts as defined wherever it may be: bound anywhere in the answer's code, whatever
//! the scope, a word of the request, or one that an interpreter brings along. What is only a part
//! of a program, or can make names as it runs, is not asked.

use std::collections::HashSet;

use rustpython_ruff_python_ast::{
    Alias, ExceptHandler, Expr, ExprContext, Parameter, Pattern, Stmt, TypeParam,
    visitor::{self, Visitor},
};

/// The first name that the program uses and nothing defines, and its line. `request` is what was
/// asked, `beside` what the answer says besides.
pub fn undefined(program: &str, request: &str, beside: &str) -> Option<(String, usize)> {
    if may_be_a_part(program) || speaks_of_more(beside) {
        return None;
    }
    let parsed = rustpython_ruff_python_parser::parse_module(program).ok()?;
    let mut names = Names::default();
    names.visit_body(parsed.suite());
    // Python knows several spellings of a name beyond ASCII for one.
    if names.open || !names.defines || !names.bound.iter().all(|name| name.is_ascii()) {
        return None;
    }
    let words = |text| str::split(text, |c: char| !(c.is_alphanumeric() || c == '_'));
    let said: HashSet<&str> = words(request).chain(words(beside)).collect();
    let (name, at) = names.used.iter().find(|(name, _)| {
        !names.bound.contains(name) && !said.contains(name) && !comes_along(name)
    })?;
    let before = program.get(..*at).unwrap_or_default();
    Some(((*name).to_owned(), before.matches('\n').count() + 1))
}

/// Whether a request asks for a whole function or program, and speaks of no code that there is.
pub fn asks_for_all(request: &str) -> bool {
    const BEFORE: [&str; 10] = [
        "existing",
        "above",
        "previous",
        "already",
        "snippet",
        "fragment",
        "my code",
        "my class",
        "this code",
        "notebook",
    ];
    const VERBS: [&str; 14] = [
        "write",
        "implement",
        "create",
        "define",
        "complete",
        "make",
        "code",
        "schreibe",
        "schreib",
        "erstelle",
        "écris",
        "escribe",
        "escreva",
        "写",
    ];
    const WHOLES: [&str; 11] = [
        "function",
        "functions",
        "program",
        "class",
        "method",
        "funktion",
        "fonction",
        "función",
        "função",
        "programa",
        "函数",
    ];
    /// Words from the verb to what it asks for.
    const NEAR: usize = 8;
    let lower = request.to_lowercase();
    if BEFORE.iter().any(|word| lower.contains(word)) {
        return false;
    }
    let mut left = 0;
    lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .any(|word| {
            left = match VERBS.contains(&word) {
                true => NEAR,
                false => usize::saturating_sub(left, 1),
            };
            left > 0 && WHOLES.contains(&word)
        })
        || (lower.contains('写') && lower.contains("函数"))
}

/// Marks that something stands elsewhere, or that names are made as the program runs.
fn may_be_a_part(program: &str) -> bool {
    const MARKS: [&str; 16] = [
        "import *",
        "exec(",
        "eval(",
        "globals(",
        "locals(",
        "vars(",
        "setattr(",
        "__import__",
        "__builtins__",
        "builtins",
        "NameError",
        "__getattr__",
        "__dict__",
        "execfile",
        "%load",
        "runpy",
    ];
    let comments = program
        .lines()
        .filter_map(|line| line.split_once('#'))
        .any(|(_, comment)| {
            speaks_of_more(comment) || comment.contains("...") || comment.contains('…')
        });
    let dots = program
        .lines()
        .any(|line| matches!(line.trim(), "..." | "…"));
    comments || dots || MARKS.iter().any(|mark| program.contains(mark))
}

/// Whether words say that there is more than is shown.
fn speaks_of_more(text: &str) -> bool {
    const WORDS: [&str; 18] = [
        "assum",
        "existing",
        "elsewhere",
        "previous",
        "above",
        "unchanged",
        "omitted",
        "your own",
        "replace",
        "same as",
        "the rest",
        "already",
        "earlier",
        "given function",
        "provided",
        "snippet",
        "fragment",
        "placeholder",
    ];
    let lower = text.to_lowercase();
    WORDS.iter().any(|word| lower.contains(word))
}

/// What every interpreter knows, notebooks and Python 2 among them, and the names that courses and
/// judges of contests define for what is handed in.
fn comes_along(name: &str) -> bool {
    const NAMES: &str = " ArithmeticError AssertionError AttributeError BaseException \
        BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning \
        ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError \
        ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning \
        EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError \
        FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning \
        IndentationError IndexError InterruptedError IsADirectoryError KeyError \
        KeyboardInterrupt LookupError MemoryError ModuleNotFoundError None NotADirectoryError \
        NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning \
        PermissionError ProcessLookupError PythonFinalizationError RecursionError \
        ReferenceError ResourceWarning RuntimeError RuntimeWarning StandardError \
        StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit \
        TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError \
        UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning \
        ValueError Warning WindowsError ZeroDivisionError abs aiter all anext any apply ascii \
        basestring bin bool breakpoint buffer bytearray bytes callable chr classmethod cmp \
        coerce compile complex copyright credits delattr dict dir display divmod enumerate exit \
        file filter float format frozenset get_ipython getattr hasattr hash help hex id input \
        int intern isinstance issubclass iter len license list long map max memoryview min next \
        object oct open ord pow print property quit range raw_input reduce reload repr \
        reveal_type reversed round set slice sorted spark dbutils sc staticmethod str sum super \
        tuple type unichr unicode xrange zip ListNode TreeNode Node _ self cls ";
    let dunder = name.starts_with("__") && name.ends_with("__");
    dunder
        || NAMES.match_indices(name).any(|(at, _)| {
            let free = |sign: Option<&u8>| sign.is_some_and(u8::is_ascii_whitespace);
            let bytes = NAMES.as_bytes();
            free(at.checked_sub(1).and_then(|at| bytes.get(at))) && free(bytes.get(at + name.len()))
        })
}

fn is_bare(expr: &Expr) -> bool {
    match expr {
        Expr::Name(_) => true,
        Expr::Attribute(attribute) => is_bare(&attribute.value),
        _ => false,
    }
}

#[derive(Default)]
struct Names<'a> {
    bound: HashSet<&'a str>,
    /// Names and where they stand, in order.
    used: Vec<(&'a str, usize)>,
    /// Whether a function or a class stands at the outside.
    defines: bool,
    /// Whether it is a part of something: a method without its class, a star.
    open: bool,
    depth: u32,
}

impl<'a> Visitor<'a> for Names<'a> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        let outside = self.depth == 0;
        match stmt {
            Stmt::FunctionDef(function) => {
                self.bound.insert(function.name.as_str());
                self.defines |= outside;
                let mut first = function.parameters.iter().map(|it| it.name().as_str());
                self.open |= outside && matches!(first.next(), Some("self" | "cls"));
                self.depth += 1;
                visitor::walk_stmt(self, stmt);
                self.depth -= 1;
                return;
            }
            Stmt::ClassDef(class) => {
                self.bound.insert(class.name.as_str());
                self.defines |= outside;
                self.depth += 1;
                visitor::walk_stmt(self, stmt);
                self.depth -= 1;
                return;
            }
            Stmt::Global(names) => self
                .bound
                .extend(names.names.iter().map(|name| name.as_str())),
            // A name alone does nothing: a title, the name of a file.
            Stmt::Expr(alone) if is_bare(&alone.value) => return,
            Stmt::Nonlocal(names) => {
                self.bound
                    .extend(names.names.iter().map(|name| name.as_str()));
            }
            _ => {}
        }
        visitor::walk_stmt(self, stmt);
    }

    /// Types may be named in words, and many names of theirs are left to be imported.
    fn visit_annotation(&mut self, _: &'a Expr) {}

    fn visit_expr(&mut self, expr: &'a Expr) {
        if let Expr::Name(name) = expr {
            match name.ctx {
                ExprContext::Load => self
                    .used
                    .push((name.id.as_str(), name.range.start().to_usize())),
                _ => {
                    self.bound.insert(name.id.as_str());
                }
            }
        }
        visitor::walk_expr(self, expr);
    }

    fn visit_alias(&mut self, alias: &'a Alias) {
        let name = alias.asname.as_ref().unwrap_or(&alias.name).as_str();
        self.open |= name == "*";
        self.bound.insert(name.split('.').next().unwrap_or(name));
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.bound.insert(parameter.name.as_str());
        visitor::walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(inside) = handler;
        self.bound
            .extend(inside.name.as_ref().map(|name| name.as_str()));
        visitor::walk_except_handler(self, handler);
    }

    fn visit_type_param(&mut self, parameter: &'a TypeParam) {
        self.bound.insert(parameter.name().as_str());
        visitor::walk_type_param(self, parameter);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        let name = match pattern {
            Pattern::MatchAs(it) => it.name.as_ref(),
            Pattern::MatchStar(it) => it.name.as_ref(),
            Pattern::MatchMapping(it) => it.rest.as_ref(),
            _ => None,
        };
        self.bound.extend(name.map(|name| name.as_str()));
        visitor::walk_pattern(self, pattern);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(program: &str) -> Option<String> {
        undefined(program, "", "").map(|(name, _)| name)
    }

    #[test]
    fn a_name_that_may_be_spelled_otherwise_is_not_missed() {
        assert_eq!(name("def f(ﬁx):\n    return fix"), None);
        assert_eq!(name("def f(fax):\n    return fix"), Some("fix".to_owned()));
    }

    #[test]
    fn a_name_that_nothing_defines_is_found_with_its_line() {
        for (program, missing, line) in [
            ("def f(x):\n    return math.sqrt(x)", "math", 2),
            ("def add(a, b):\n    return a + c", "c", 2),
            (
                "import os\n\ndef f():\n    return [y for x in range(3)]",
                "y",
                4,
            ),
            (
                "class A:\n    def f(self):\n        return helper(self)",
                "helper",
                3,
            ),
            ("def f(s):\n    return f'{s} {t}'", "t", 2),
            ("@cache\ndef f(n):\n    return n", "cache", 1),
        ] {
            assert_eq!(
                undefined(program, "", ""),
                Some((missing.to_owned(), line)),
                "{program}"
            );
        }
    }

    #[test]
    fn what_is_bound_anywhere_or_comes_along_is_defined() {
        for program in [
            "import math, os.path as p\nfrom a import b as c\ndef f():\n    return math.pi, p, c",
            "def f(a, *b, c=1, **d):\n    return a, b, c, d",
            "def f():\n    global n\n    n = 1\n\ndef g():\n    return n",
            "def f(x):\n    if (y := x):\n        return y\n    return [z for z in x]",
            "def f(x):\n    try:\n        return int(x)\n    except ValueError as e:\n        print(e)",
            "def f(x):\n    with open(x) as h:\n        return h.read()",
            "def f(x):\n    for i, (a, b) in enumerate(x):\n        print(i, a, b, __name__)",
            "def f(x):\n    match x:\n        case [a, *b]:\n            return a, b\n        case {'k': v, **r}:\n            return v, r",
            "def f(x: List[int]) -> Optional[T]:\n    return lambda y: x + y",
            "def f[T](x: T):\n    return T",
            "class A:\n    k = 1\n    def f(self):\n        return super().f() + self.k",
            "main.py\ndef f(x):\n    return x",
        ] {
            assert_eq!(name(program), None, "{program}");
        }
    }

    #[test]
    fn parts_of_programs_are_not_asked() {
        for program in [
            "df = df.dropna()",
            "x = compute(y)\nprint(x)",
            "from m import *\ndef f():\n    return g()",
            "def f(self):\n    return helper(self)",
            "# ... existing code ...\ndef f():\n    return g()",
            "def f():\n    exec(code)\n    return g",
            "def f():\n    return g()  # defined elsewhere",
        ] {
            assert_eq!(name(program), None, "{program}");
        }
        let program = "def f():\n    return helper()";
        for (request, beside) in [
            ("Use my function helper.", ""),
            ("", "This assumes that there is one."),
            ("", "def helper(): pass"),
        ] {
            assert_eq!(
                undefined(program, request, beside),
                None,
                "{request} {beside}"
            );
        }
    }

    #[test]
    fn only_who_asks_for_a_whole_function_is_held_to_get_one() {
        for request in [
            "Write a Python function that sums.",
            "Implement a small class for a stack",
            "Schreibe eine Python-Funktion, die zählt.",
            "用python写一个函数",
        ] {
            assert!(asks_for_all(request), "{request}");
        }
        for request in [
            "How do I sum a list?",
            "Suggest functions for this.",
            "Write a function for my class.",
            "Why does the function fail?",
            "Write something about how a cell in the body has its own function",
        ] {
            assert!(!asks_for_all(request), "{request}");
        }
    }
}
