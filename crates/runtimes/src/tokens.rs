//! How many tokens a text or a picture is, before the runtime has counted them.
//!
//! Its law: an estimate by characters, one density a script, corrected by what runtimes refuse
//! as too long, never by more than four times, and back by what they count. No tokenizer: models differ in theirs.

/// Kinds of writing that take about as many tokens a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Script {
    /// Alphabets that tokenizers know well: some four characters a token.
    Latin,
    /// Chinese, Japanese, Korean: about one.
    Ideographs,
    /// All others: about two.
    Other,
}

/// Tokens a character before anything was learned, in the order of [`Script`].
const USUAL: [f64; 3] = [0.25, 1.0, 0.5];
/// What was learned never differs by more than this factor.
const MOST: f64 = 4.0;
/// What one report moves at the most: text of a strange kind that one client sends is no measure of
/// everybody's.
const STEP: f64 = 0.025;
/// A report on fewer characters says little: roles and templates outweigh them.
const LEAST: u64 = 400;

/// Characters of a text, by script.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Characters([u64; 3]);

impl Characters {
    pub fn count(text: &str) -> Characters {
        let mut counted = Characters::default();
        // Most text is ASCII, and that is counted without being decoded.
        let ascii = text.bytes().filter(u8::is_ascii).count() as u64;
        let [latin, ideographs, other] = &mut counted.0;
        *latin = ascii;
        if ascii < text.len() as u64 {
            for character in text.chars().filter(|character| !character.is_ascii()) {
                match script(character) {
                    Script::Latin => *latin += 1,
                    Script::Ideographs => *ideographs += 1,
                    Script::Other => *other += 1,
                }
            }
        }
        counted
    }

    pub fn plus(self, more: Characters) -> Characters {
        let ([a, b, c], [d, e, f]) = (self.0, more.0);
        Characters([
            a.saturating_add(d),
            b.saturating_add(e),
            c.saturating_add(f),
        ])
    }

    fn all(self) -> u64 {
        self.0
            .iter()
            .fold(0, |sum, count| sum.saturating_add(*count))
    }
}

fn script(character: char) -> Script {
    match character as u32 {
        0x00..=0x24F | 0x1E00..=0x1EFF | 0x2000..=0x206F => Script::Latin,
        0x1100..=0x11FF
        | 0x2E80..=0x30FF
        | 0x3100..=0x9FFF
        | 0xAC00..=0xD7FF
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE4F
        | 0xFF00..=0xFFEF
        | 0x1_F000..=0x3_FFFF => Script::Ideographs,
        _ => Script::Other,
    }
}

/// Tokens a character of each script.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density([f64; 3]);

impl Default for Density {
    fn default() -> Density {
        Density(USUAL)
    }
}

impl Density {
    /// Tokens of that many characters, rounded down.
    pub fn tokens(&self, characters: Characters) -> u64 {
        self.exact(characters) as u64
    }

    fn exact(&self, characters: Characters) -> f64 {
        let parts = characters.0.iter().zip(self.0);
        parts.map(|(count, density)| *count as f64 * density).sum()
    }

    /// A runtime counted so many tokens: what a refusal made of the script that most of them were guessed
    /// for goes back a little, towards what is usual. That itself is no matter of one runtime's counts.
    pub fn told(&mut self, characters: Characters, tokens: u64) {
        let Some((density, usual, aim)) = self.aim(characters, tokens as f64) else {
            return;
        };
        // A count that no text of it has is none.
        if (usual / MOST..*density).contains(&aim) {
            let least = aim.max(usual).min(*density);
            *density = (*density * (1.0 - STEP)).max(least);
        }
    }

    /// A model whose window holds `window` refused it as too long: there are more at any rate. Taken
    /// at once, so that the same request is not sent to another window that small.
    pub fn refused(&mut self, characters: Characters, window: u64) {
        if self.exact(characters) >= window as f64 {
            return;
        }
        if let Some((density, usual, aim)) = self.aim(characters, window as f64 * 1.1) {
            *density = aim.clamp(usual / MOST, usual * MOST);
        }
    }

    /// The density of the script that most of the tokens are guessed for, what is usual of it, and what
    /// it would be by that many tokens.
    fn aim(&mut self, characters: Characters, tokens: f64) -> Option<(&mut f64, f64, f64)> {
        let guessed = self.exact(characters);
        if characters.all() < LEAST || guessed <= 0.0 || tokens <= 0.0 {
            return None;
        }
        let share = |index: usize| {
            let count = characters.0.get(index).copied().unwrap_or(0) as f64;
            count * self.0.get(index).copied().unwrap_or(0.0)
        };
        let largest = (0..USUAL.len()).max_by(|a, b| share(*a).total_cmp(&share(*b)))?;
        // What the other scripts are guessed to take is left to them.
        let own = share(largest);
        let wanted = (tokens - (guessed - own)).max(0.0) / own;
        let density = self.0.get_mut(largest)?;
        let aim = *density * wanted;
        Some((density, *USUAL.get(largest)?, aim))
    }
}

/// How many tokens a window holds, by what a runtime says of a request that was too long for it: of
/// the numbers that it names the largest is what was asked for, and the next the window. `None`
/// where it names none.
pub fn window_of(message: &str) -> Option<u64> {
    let of_word = |word: &str| {
        let word = word.trim_matches(|it: char| !it.is_ascii_alphanumeric());
        let digits: String = word.split([',', '_']).collect();
        let number: u64 = digits.parse().ok()?;
        (LEAST_WINDOW..=MOST_WINDOW)
            .contains(&number)
            .then_some(number)
    };
    let words = message.split_whitespace().take(MOST_WORDS);
    let mut numbers: Vec<u64> = words.filter_map(of_word).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let largest = numbers.pop()?;
    Some(numbers.pop().unwrap_or(largest))
}

const LEAST_WINDOW: u64 = 8;
const MOST_WINDOW: u64 = 100_000_000;
/// Words of a message that are looked at.
const MOST_WORDS: usize = 200;

/// Tokens of a picture of that size, by the usual rule of tiles: fitted into 2,048 by 2,048, its
/// shorter side to 768, 170 for each tile of 512 by 512 and 85 for the whole. `None`: not known, and
/// taken for one of 1,024 by 1,024.
pub fn picture(size: Option<(u32, u32)>, low_detail: bool) -> u64 {
    if low_detail {
        return WHOLE;
    }
    let (width, height) = size
        .filter(|(width, height)| *width > 0 && *height > 0)
        .map_or((1_024.0, 1_024.0), |(w, h)| (f64::from(w), f64::from(h)));
    let fit = (2_048.0 / f64::max(width, height)).min(1.0);
    let (width, height) = (width * fit, height * fit);
    let shrink = (768.0 / f64::min(width, height)).min(1.0);
    let tiles = |side: f64| (side * shrink / 512.0).ceil().max(1.0) as u64;
    WHOLE + TILE * tiles(width) * tiles(height)
}

const WHOLE: u64 = 85;
const TILE: u64 = 170;

/// Width and height of a PNG, GIF or JPEG, by its first bytes.
pub fn picture_size(bytes: &[u8]) -> Option<(u32, u32)> {
    let two = |at: usize| Some(u32::from(*bytes.get(at)?) << 8 | u32::from(*bytes.get(at + 1)?));
    let four = |at: usize| Some(two(at)? << 16 | two(at + 2)?);
    if bytes.starts_with(b"\x89PNG") {
        return Some((four(16)?, four(20)?));
    }
    if bytes.starts_with(b"GIF8") {
        return Some((two(6)?.swap_bytes() >> 16, two(8)?.swap_bytes() >> 16));
    }
    if !bytes.starts_with(b"\xFF\xD8") {
        return None;
    }
    let mut at = 2;
    loop {
        let (mark, kind) = (*bytes.get(at)?, *bytes.get(at + 1)?);
        if mark != 0xFF {
            return None;
        }
        let sizes = matches!(kind, 0xC0..=0xCF) && !matches!(kind, 0xC4 | 0xC8 | 0xCC);
        if sizes {
            return Some((two(at + 7)?, two(at + 5)?));
        }
        at += 2 + (two(at + 2)?.max(2) as usize);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_is_read_from_what_was_said_of_it() {
        for (message, window) in [
            (
                "This model's maximum context length is 8192 tokens. However, you requested 9000 tokens (8000 in the messages, 1000 in the completion).",
                Some(8_192),
            ),
            (
                "request (19185 tokens) exceeds the available context size (16384 tokens)",
                Some(16_384),
            ),
            (
                "prompt is too long: 210000 tokens > 200000 maximum",
                Some(200_000),
            ),
            (
                "The model holds 16 tokens, but 30 in the messages and 0 in the completion were asked for.",
                Some(16),
            ),
            (
                "This model's maximum context length is 128,000 tokens",
                Some(128_000),
            ),
            (
                "Please reduce the length of the messages of llama-3.1-70b",
                None,
            ),
        ] {
            assert_eq!(window_of(message), window, "{message}");
        }
    }

    fn tokens(text: &str) -> u64 {
        Density::default().tokens(Characters::count(text))
    }

    #[test]
    fn a_chinese_character_is_about_a_token_and_an_english_one_a_quarter() {
        assert_eq!(tokens(&"云".repeat(30_000)), 30_000);
        assert_eq!(tokens(&"word".repeat(100)), 100);
        assert_eq!(tokens(&"é".repeat(400)), 100);
        assert_eq!(tokens(&"слово".repeat(100)), 250);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn what_a_refusal_raised_comes_down_by_what_is_counted() {
        let (chinese, english) = (
            Characters::count(&"云".repeat(1_000)),
            Characters::count(&"a".repeat(1_000)),
        );
        let mut density = Density::default();
        for tokens in [1, 1_000] {
            density.told(english, tokens);
            assert_eq!(density, Density::default(), "what is usual stays");
        }
        density.refused(chinese, 2_000);
        assert!((2_199..=2_201).contains(&density.tokens(chinese)));
        density.told(chinese, 1_600);
        assert!(density.tokens(chinese) >= 2_140, "one report says little");
        (0..50).for_each(|_| density.told(chinese, 1_600));
        assert!((1_599..=1_601).contains(&density.tokens(chinese)));
        (0..500).for_each(|_| density.told(chinese, 1));
        assert!(density.tokens(chinese) >= 1_599, "nonsense says nothing");
        (0..500).for_each(|_| density.told(chinese, 600));
        assert_eq!(density.tokens(chinese), 1_000);
        assert_eq!(density.tokens(english), 250);
        density.refused(chinese, 1_000_000_000);
        assert!(density.tokens(chinese) <= 4_000, "within bounds");
    }

    #[test]
    fn a_short_text_corrects_nothing() {
        let mut density = Density::default();
        density.told(Characters::count("hello"), 5_000);
        assert_eq!(density, Density::default());
    }

    #[test]
    fn a_window_that_was_too_small_is_too_small_the_next_time() {
        let text = Characters::count(&"x".repeat(40_000));
        let mut density = Density::default();
        assert!(density.tokens(text) < 16_000);
        density.refused(text, 16_000);
        assert!(density.tokens(text) >= 16_000);
        let ordinary = Characters::count(&"x".repeat(4_000));
        (0..50).for_each(|_| density.told(ordinary, 1_000));
        assert_eq!(density.tokens(ordinary), 1_000, "and ordinary again");
    }

    #[test]
    fn a_picture_counts_by_its_tiles() {
        assert_eq!(picture(Some((1_024, 1_024)), false), 765);
        assert_eq!(picture(Some((2_048, 4_096)), false), 1_105);
        assert_eq!(picture(Some((100, 100)), false), 255);
        assert_eq!(picture(Some((4_096, 8_192)), true), 85);
        assert_eq!(picture(None, false), 765);
        assert_eq!(picture(Some((0, 7)), false), 765);
        assert!(picture(Some((u32::MAX, 1)), false) < 2_000);
    }

    #[test]
    fn the_size_of_a_picture_stands_in_its_head() {
        let mut png = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        png.extend([0, 0, 2, 0, 0, 0, 1, 0]);
        assert_eq!(picture_size(&png), Some((512, 256)));
        assert_eq!(picture_size(b"GIF89a\x10\x00\x20\x01"), Some((16, 288)));
        let jpeg = [
            0xFF, 0xD8, 0xFF, 0xE0, 0, 4, 1, 2, 0xFF, 0xC2, 0, 11, 8, 1, 0, 2, 0, 3,
        ];
        assert_eq!(picture_size(&jpeg), Some((512, 256)));
        for cut in 0..jpeg.len() - 2 {
            let head = jpeg.get(..cut).unwrap();
            assert_eq!(picture_size(head), None, "{cut}");
        }
        assert_eq!(picture_size(b"\xFF\xD8\xFF\xE0\0\0\xFF\xE0"), None);
    }
}
