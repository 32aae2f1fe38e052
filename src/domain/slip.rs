//! Slips of a base URL: paths that nearly are one that is served.
//!
//! A client puts its own path behind what it is given, and it is given a `/v1` too many or too
//! few. Nothing is served at such a path; the refusal names the right one.

/// The paths that requests are answered at by a model, and the list of models; longer ones before
/// those that they end in.
const SERVED: [&str; 5] = [
    "/v1/chat/completions",
    "/v1/messages/count_tokens",
    "/v1/messages",
    "/v1/responses",
    "/v1/models",
];
/// A longer path is nobody's slip.
const LONGEST: usize = 128;

/// The path that was meant, where one can be told.
pub fn meant(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST {
        return None;
    }
    let parts = path.split('/').filter(|part| !part.is_empty());
    let tidy: String = parts.map(|part| format!("/{part}")).collect();
    SERVED
        .into_iter()
        .find(|served| tidy.ends_with(served.trim_start_matches("/v1")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_that_was_meant_is_told() {
        for (path, expected) in [
            ("/chat/completions", Some("/v1/chat/completions")),
            ("//v1/chat/completions/", Some("/v1/chat/completions")),
            (
                "/v1/chat/completions/chat/completions",
                Some("/v1/chat/completions"),
            ),
            ("/openai/v1/responses", Some("/v1/responses")),
            ("/v1/v1/messages", Some("/v1/messages")),
            (
                "/v1/messages/count_tokens/",
                Some("/v1/messages/count_tokens"),
            ),
            ("/messages", Some("/v1/messages")),
            ("/v1/embeddings", None),
            ("/start", None),
            ("", None),
        ] {
            assert_eq!(meant(path), expected, "{path}");
        }
        assert_eq!(meant(&format!("{}/messages", "/x".repeat(200))), None);
    }
}
