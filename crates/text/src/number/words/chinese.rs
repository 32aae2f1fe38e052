//! Chinese numerals, which Japanese shares, and the words of arithmetic between them.

/// The text with runs of numerals as digits, and words between two numbers that add, subtract,
/// multiply or divide as signs.
pub fn digits(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut changed = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some((sign, after)) = operator(rest)
            && out
                .trim_end()
                .ends_with(|c: char| c.is_ascii_digit() || c == ')')
            && begins_number(after.trim_start())
        {
            out.push(sign);
            changed = true;
            rest = after;
            continue;
        }
        let end = rest.find(|c| !is_numeral(c)).unwrap_or(rest.len());
        let (run, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        match number(run).filter(|_| stands_free(run, &out, after)) {
            Some(number) => {
                out.push_str(&number);
                changed = true;
                rest = after;
            }
            None => {
                let length = run.len().max(first.len_utf8());
                let (kept, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
                out.push_str(kept);
                rest = after;
            }
        }
    }
    changed.then_some(out)
}

/// One numeral alone is an article too, or a part of another word.
fn stands_free(run: &str, before: &str, after: &str) -> bool {
    const LEADS: [char; 12] = [
        '+', '-', '×', '÷', '*', '/', '=', '是', '为', '于', '得', '：',
    ];
    let after = after.trim_start();
    run.chars().count() > 1
        || operator(after).is_some()
        || before.trim_end().ends_with(LEADS)
        || after.starts_with(['+', '-', '×', '÷', '*', '/', '='])
        || before.trim().is_empty() && after.trim_end_matches(['。', '.']).is_empty()
}

/// The sign of a word of arithmetic, and what follows it.
fn operator(text: &str) -> Option<(char, &str)> {
    const NAMES: [(&str, char); 12] = [
        ("乘以", '×'),
        ("乘", '×'),
        ("加上", '+'),
        ("加", '+'),
        ("减去", '-'),
        ("減去", '-'),
        ("减", '-'),
        ("減", '-'),
        ("除以", '÷'),
        ("かける", '×'),
        ("足す", '+'),
        ("引く", '-'),
    ];
    NAMES
        .into_iter()
        .find_map(|(name, sign)| Some((sign, text.strip_prefix(name)?)))
}

fn begins_number(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit() || c == '(' || is_numeral(c))
}

fn is_numeral(c: char) -> bool {
    digit(c).is_some() || scale(c).is_some() || matches!(c, '点' | '點')
}

fn digit(c: char) -> Option<u64> {
    Some(match c {
        '零' | '〇' => 0,
        '一' | '壹' => 1,
        '二' | '两' | '兩' | '贰' | '貳' => 2,
        '三' | '叁' | '參' => 3,
        '四' | '肆' => 4,
        '五' | '伍' => 5,
        '六' | '陆' | '陸' => 6,
        '七' | '柒' => 7,
        '八' | '捌' => 8,
        '九' | '玖' => 9,
        _ => return None,
    })
}

fn scale(c: char) -> Option<u64> {
    Some(match c {
        '十' | '拾' => 10,
        '百' | '佰' => 100,
        '千' | '仟' => 1_000,
        '万' | '萬' => 10_000,
        '亿' | '億' => 100_000_000,
        _ => return None,
    })
}

/// The number that a run of numerals is.
fn number(run: &str) -> Option<String> {
    /// Bytes of the longest number that anybody writes so.
    const LONGEST: usize = 90;
    if run.is_empty() || run.len() > LONGEST {
        return None;
    }
    let (whole, decimals) = match run.split_once(['点', '點']) {
        Some((whole, decimals)) => (whole, Some(in_turn(decimals)?)),
        None => (run, None),
    };
    let whole = if whole.chars().any(|c| scale(c).is_some()) {
        by_scales(whole)?.to_string()
    } else {
        in_turn(whole)?
    };
    Some(match decimals {
        Some(decimals) => format!("{whole}.{decimals}"),
        None => whole,
    })
}

/// Digits one after the other: 二〇二四.
fn in_turn(run: &str) -> Option<String> {
    let digits: Option<String> = run
        .chars()
        .map(|c| char::from_digit(u32::try_from(digit(c)?).ok()?, 10))
        .collect();
    digits.filter(|digits| !digits.is_empty())
}

/// Digits with their places: 一万二千三百.
fn by_scales(run: &str) -> Option<u64> {
    let (mut total, mut group, mut last) = (0_u64, 0_u64, None);
    for c in run.chars() {
        if let Some(value) = digit(c) {
            // A zero only fills a gap; two other digits have a place between them.
            if last.is_some_and(|last| last > 0) {
                return None;
            }
            last = Some(value);
            continue;
        }
        let scale = scale(c)?;
        if scale < 10_000 {
            group += last.take().filter(|&n| n > 0).unwrap_or(1) * scale;
            continue;
        }
        let part = group + last.take().unwrap_or(0);
        total = if total < scale {
            (total + part).checked_mul(scale)?
        } else {
            total.checked_add(part.checked_mul(scale)?)?
        };
        group = 0;
    }
    total.checked_add(group + last.unwrap_or(0))
}
