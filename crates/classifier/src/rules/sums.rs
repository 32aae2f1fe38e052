//! Bare sums, told from dates, telephone numbers and versions.

/// Nothing but an expression, and perhaps words that ask for its value.
pub fn is_arithmetic(text: &str) -> bool {
    // A bare "9/11" is as well a date: these ask for a number.
    const ORDERS: [&str; 9] = [
        "calculate",
        "compute",
        "evaluate",
        "solve",
        "work out",
        "simplify",
        "berechne",
        "=",
        "计算",
    ];
    const LEADS: [&str; 20] = [
        "احسب",
        "محاسبه کن",
        "请计算",
        "計算",
        "calculate",
        "compute",
        "evaluate",
        "what is",
        "what's",
        "whats",
        "how much is",
        "solve",
        "work out",
        "simplify",
        "please",
        "the value of",
        "berechne",
        "calcule",
        "calcula",
        "计算",
    ];
    let lower = text.to_lowercase();
    let mut rest = lower.trim();
    // Each pass takes one lead away.
    for _ in 0..4 {
        for lead in LEADS {
            rest = rest.strip_prefix(lead).unwrap_or(rest).trim_start();
        }
        rest = rest.strip_prefix([':', '：']).unwrap_or(rest).trim_start();
    }
    for end in ["की गणना करें", "等于多少", "是多少", "等于几"] {
        rest = rest.trim_end_matches(['?', '？', '。', ' ']);
        rest = rest.strip_suffix(end).unwrap_or(rest);
    }
    let rest = rest
        .trim_end_matches(['?', '.', '=', ' ', '!', '？', '＝', '。'])
        .trim_end_matches("please")
        .trim_end_matches([',', ' ', '=', '?']);
    is_expression(rest, ORDERS.iter().any(|order| lower.contains(order)))
}

/// Two numbers at least, with an operator between them, and no date or telephone number.
fn is_expression(text: &str, ordered: bool) -> bool {
    let mut operators = 0;
    let mut numbers = 0;
    // Hyphens and slashes alone may be a date, a telephone number, a score, a range.
    let mut sure = false;
    let mut in_number = false;
    for sign in text.chars() {
        let digit = sign.is_numeric() && !matches!(sign, '一'..='龥')
            || in_number && matches!(sign, '.' | ',' | '٫' | '٬');
        numbers += usize::from(digit && !in_number);
        in_number = digit;
        match sign {
            _ if digit => {}
            '+' | '＋' | '*' | '×' | '÷' | '·' | '^' | '−' => {
                // A plus in front of everything is a telephone number's.
                sure |= numbers > 0;
                operators += 1;
            }
            '-' | '/' => operators += 1,
            ' ' => {}
            '(' | ')' => {}
            _ => return false,
        }
    }
    let spaced = text.contains(" - ") || text.contains(" / ");
    numbers >= 2
        && operators >= 1
        && (sure || spaced || ordered && numbers == 2 && text.contains('/'))
}
