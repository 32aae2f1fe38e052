//! What a pattern of a JSON Schema costs to match.

/// How many states the compiled pattern has at the most, roughly, up to what the bound on its
/// compiled size holds: the counted repetition of one sign adds to them, that of a group multiplies them. A
/// match takes as many moves for each byte.
pub fn states(pattern: &str) -> usize {
    const MOST: usize = 1_000;
    let (mut one_by_one, mut times) = (pattern.len(), 1_usize);
    let mut parts = pattern.split('{');
    let mut before = parts.next().unwrap_or_default();
    for part in parts {
        let end = part.find(|c: char| !c.is_ascii_digit() && c != ',');
        let counts = part.get(..end.unwrap_or(part.len())).unwrap_or_default();
        let counts = counts.split(',').filter_map(|n| n.parse::<usize>().ok());
        let count = counts.max().unwrap_or(1).clamp(1, MOST);
        if before.ends_with([')', '}']) {
            times = times.saturating_mul(count);
        } else {
            one_by_one += count;
        }
        before = part;
    }
    one_by_one.saturating_mul(times).min(MOST)
}

#[cfg(test)]
mod tests {
    use super::states;

    #[test]
    fn repetitions_of_groups_multiply_and_those_of_one_sign_add() {
        let date = r"^\d{4}-\d{2}-\d{2}$";
        assert_eq!(states(date), date.len() + 8);
        let groups = "(ab){2,5}";
        assert_eq!(states(groups), groups.len() * 5);
        assert_eq!(states("((a{9}){9}){9}"), 1_000);
        assert_eq!(states("x{"), 3);
        assert_eq!(states(""), 0);
    }
}
