//! Is the model that an answer names the one that was asked.
//!
//! Its law: a name that says another model is believed, one that says nothing is not.

/// Words that a runtime adds to a model's name without meaning another model.
const ADDED: [&str; 8] = [
    "latest", "preview", "free", "beta", "exp", "nitro", "floor", "online",
];

/// Does a name say which model it is. Some runtimes write one and the same word for all of theirs,
/// or nothing; the names of models have a vendor or a version in them.
fn says(name: &str) -> bool {
    name.len() > 2 && name.contains(|sign: char| sign.is_ascii_digit() || sign == '/')
}

/// Does `name`, from an answer, stand for the model that was asked for as `id`: the same, with a
/// vendor before it, with a date or a version behind it, or the other way round.
pub fn is_form_of(name: &str, id: &str) -> bool {
    if !says(name) {
        return true;
    }
    let (name, id) = (bare(name), bare(id));
    goes_on(&name, &id) || goes_on(&id, &name)
}

/// Without the vendor, or the path, that stands before it.
fn bare(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    name.rsplit('/').next().unwrap_or_default().to_owned()
}

/// Is `long` the same as `short`, but for a date, a version or a word of no meaning.
fn goes_on(long: &str, short: &str) -> bool {
    let Some(rest) = long.strip_prefix(short) else {
        return false;
    };
    let begins = rest.is_empty() || rest.starts_with(['-', ':', '@', '.', '_']);
    let mut words = rest.split(['-', ':', '@', '.', '_']);
    begins
        && words.all(|word| {
            let version = word.strip_prefix('v').unwrap_or(word);
            version.bytes().all(|byte| byte.is_ascii_digit()) || ADDED.contains(&word)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dated_or_prefixed_form_is_the_same_model_and_a_sibling_is_another() {
        for (name, id) in [
            ("gpt-4o", "gpt-4o"),
            ("gpt-4o-2024-08-06", "gpt-4o"),
            ("openai/gpt-4o", "gpt-4o"),
            ("GPT-4o", "openai/gpt-4o-2024-11-20"),
            ("deepseek/deepseek-chat-v3:free", "deepseek-chat-v3"),
            ("gemini-2.5-pro-preview-05-06", "google/gemini-2.5-pro"),
            ("llama3.1:latest", "llama3.1"),
            ("claude-sonnet-4@20250514", "claude-sonnet-4"),
            ("accounts/fireworks/models/llama-v3", "llama-v3"),
            ("", "gpt-4o"),
            ("m", "gpt-4o"),
            ("some-model", "gpt-4o"),
        ] {
            assert!(is_form_of(name, id), "{name} for {id}");
        }
        for (name, id) in [
            ("gpt-4o-mini", "gpt-4o"),
            ("gpt-4o-mini-2024-07-18", "gpt-4o"),
            ("gpt-4o", "gpt-4o-mini"),
            ("anthropic/claude-opus-4", "gpt-4o"),
            ("gpt-4", "gpt-4o"),
            ("gemini-2.5-flash", "gemini-2.5-pro"),
        ] {
            assert!(!is_form_of(name, id), "{name} for {id}");
        }
    }
}
