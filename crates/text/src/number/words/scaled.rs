//! Digits before a word or a sign for thousands and more.

/// The text with digits before a word or sign for thousands and more as one number: `2万`, `3万5000`,
/// `1.5 million`, `2 crore`; `None` where it has none.
pub fn scaled(text: &str) -> Option<String> {
    /// Longer numbers nobody writes so.
    const LONGEST: usize = 24;
    let mut out = String::with_capacity(text.len());
    let mut copied = 0;
    let mut at = 0;
    while let Some(start) = text
        .get(at..)?
        .find(|c: char| c.is_ascii_digit())
        .map(|n| at + n)
    {
        let (mut end, mut total, mut whole) = (start, 0_u128, None);
        // Each scale is smaller than the one before.
        let mut below = u128::MAX;
        loop {
            let rest = text.get(end..)?;
            let blank = usize::from(end > start && rest.starts_with(' '));
            let figures = rest.get(blank..)?;
            let length = figures
                .find(|c: char| !(c.is_ascii_digit() || c == '.'))
                .unwrap_or(figures.len());
            let numeral = figures.get(..length)?;
            if numeral.is_empty()
                || length > LONGEST
                || !numeral.starts_with(|c: char| c.is_ascii_digit())
            {
                break;
            }
            let after = figures.get(length..)?;
            let Some((scale, word)) = scale_word(after) else {
                // The rest of `3万5000`.
                if let (Ok(value), true) = (numeral.parse::<u128>(), whole.is_some() && blank == 0)
                    && value < below
                {
                    total += value;
                    end += length;
                    whole = Some(end);
                }
                break;
            };
            let (units, fraction) = numeral.split_once('.').unwrap_or((numeral, ""));
            let digits = format!("{units}{fraction}");
            let parts = 10_u128.pow(u32::try_from(fraction.len()).ok()?);
            let Some(value) = digits
                .parse::<u128>()
                .ok()
                .and_then(|n| n.checked_mul(scale))
            else {
                break;
            };
            if scale >= below || value % parts != 0 {
                break;
            }
            total = total.checked_add(value / parts)?;
            below = scale;
            end += blank + length + word;
            whole = Some(end);
        }
        match whole {
            Some(end) => {
                out.push_str(text.get(copied..start)?);
                out.push_str(&total.to_string());
                copied = end;
                at = end;
            }
            None => {
                let run = text.get(start..)?;
                let length = run.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == ','));
                at = start + length.unwrap_or(run.len());
            }
        }
    }
    out.push_str(text.get(copied..)?);
    (copied > 0).then_some(out)
}

/// What a word right behind a number multiplies it by, and how long it is.
fn scale_word(after: &str) -> Option<(u128, usize)> {
    const SIGNS: [(char, u128); 9] = [
        ('千', 1_000),
        ('万', 10_000),
        ('萬', 10_000),
        ('亿', 100_000_000),
        ('億', 100_000_000),
        ('천', 1_000),
        ('만', 10_000),
        ('억', 100_000_000),
        ('兆', 1_000_000_000_000),
    ];
    const WORDS: [(&str, u128); 26] = [
        ("thousand", 1_000),
        ("million", 1_000_000),
        ("millions", 1_000_000),
        ("billion", 1_000_000_000),
        ("trillion", 1_000_000_000_000),
        ("lakh", 100_000),
        ("lakhs", 100_000),
        ("lac", 100_000),
        ("crore", 10_000_000),
        ("crores", 10_000_000),
        ("लाख", 100_000),
        ("करोड़", 10_000_000),
        ("tausend", 1_000),
        ("mio", 1_000_000),
        ("millionen", 1_000_000),
        ("milliarden", 1_000_000_000),
        ("mille", 1_000),
        ("mil", 1_000),
        ("millón", 1_000_000),
        ("millones", 1_000_000),
        ("milhão", 1_000_000),
        ("milhões", 1_000_000),
        ("тысяч", 1_000),
        ("миллиона", 1_000_000),
        ("миллионов", 1_000_000),
        ("млн", 1_000_000),
    ];
    let first = after.chars().next()?;
    if let Some((sign, scale)) = SIGNS.into_iter().find(|(sign, _)| *sign == first) {
        return Some((scale, sign.len_utf8()));
    }
    let rest = after.strip_prefix([' ', '\u{a0}'])?;
    let length = rest.find(|c: char| !(c.is_alphabetic() || matches!(c, '\u{93c}'..='\u{94d}')));
    let word = rest.get(..length.unwrap_or(rest.len()))?;
    if word.len() > 24 {
        return None;
    }
    let lower = word.to_lowercase();
    let (_, scale) = WORDS.into_iter().find(|(name, _)| *name == lower)?;
    Some((scale, after.len() - rest.len() + word.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_before_a_word_for_thousands_are_one_number() {
        for (text, number) in [
            ("2万", Some("20000")),
            ("3万5000円", Some("35000円")),
            ("3만 5천", Some("35000")),
            ("1亿", Some("100000000")),
            ("1.5 million and 2", Some("1500000 and 2")),
            ("2 crore 5 lakh", Some("20500000")),
            ("12 Millionen.", Some("12000000.")),
            ("1.2345 thousand", None),
            ("5 apples", None),
            ("5 mill", None),
            ("万", None),
        ] {
            assert_eq!(scaled(text).as_deref(), number, "{text}");
        }
        for unit in [
            "9万",
            "9 million ",
            "1.",
            "9千 ",
            "99999999999999999999999999亿",
        ] {
            let _ = scaled(&unit.repeat(20_000));
        }
    }
}
