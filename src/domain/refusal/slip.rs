//! Slips of a base URL: paths that nearly are one that is served, and those of other APIs.
//!
//! A client puts its own path behind what it is given, and it is given a `/v1` too many or too few,
//! or it speaks what Ollama or Google speak. Nothing is served at such a path; the refusal names the
//! right one, or says that there is none.

/// The paths that requests are answered at by a model, and the list of models; longer ones before
/// those that they end in.
const SERVED: [&str; 5] = [
    "/v1/chat/completions",
    "/v1/messages/count_tokens",
    "/v1/messages",
    "/v1/responses",
    "/v1/models",
];
/// What others call the same: Ollama's own API, and completions as they were before there was chat.
const OTHERS: [(&str, &str); 8] = [
    ("/api/chat", "/v1/chat/completions"),
    ("/api/generate", "/v1/chat/completions"),
    ("/api/tags", "/v1/models"),
    ("/api/show", "/v1/models"),
    ("/api/ps", "/v1/models"),
    ("/api/version", "/v1/models"),
    ("/completions", "/v1/chat/completions"),
    ("/v1beta/models", "/v1/models"),
];
/// What Google's own API calls a model with, behind its id.
const GENERATE: [&str; 2] = [":generateContent", ":streamGenerateContent"];
/// First parts of paths of such APIs that have no counterpart here.
const UNSERVED: [&str; 22] = [
    "embeddings",
    "embed",
    "images",
    "audio",
    "videos",
    "moderations",
    "rerank",
    "files",
    "uploads",
    "batches",
    "fine_tuning",
    "assistants",
    "threads",
    "vector_stores",
    "containers",
    "conversations",
    "evals",
    "realtime",
    "organization",
    "pull",
    "push",
    "tokenize",
];
/// Parts that stand before those.
const BEFORE: [&str; 5] = ["v1", "api", "openai", "v0", "v1beta"];
/// A longer path is nobody's slip.
const LONGEST: usize = 128;

/// The path that was meant, where one can be told.
pub fn meant(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST || is_unserved(path) {
        return None;
    }
    let tidy: String = parts(path).map(|part| format!("/{part}")).collect();
    let served = SERVED
        .into_iter()
        .find(|served| tidy.ends_with(served.trim_start_matches("/v1")));
    let other = || {
        let found = OTHERS.iter().find(|(tail, _)| tidy.ends_with(tail));
        found.map(|(_, meant)| *meant)
    };
    let google = || {
        let calls = GENERATE.iter().any(|end| tidy.ends_with(end));
        calls.then_some("/v1/chat/completions")
    };
    served.or_else(other).or_else(google)
}

/// Is it what a client of an API asks for, rather than a page.
pub fn is_api(path: &str) -> bool {
    meant(path).is_some() || is_unserved(path)
}

/// What is told of a path at which nothing is served.
pub fn advice(path: &str) -> String {
    // What was asked before is not kept, so nothing is to be had of it later.
    let later = ["/v1/messages/", "/v1/responses/"]
        .iter()
        .any(|it| path.starts_with(it));
    if is_unserved(path) || later && meant(path).is_none() {
        return format!(
            "{path} is not served: models answer at /v1/chat/completions, /v1/responses and \
             /v1/messages; for anything else ask your runtime itself"
        );
    }
    if path.ends_with("/completions") && !path.ends_with("/chat/completions") {
        return format!(
            "{path} is not served: text is completed by no model here; set your client to chat, at \
             /v1/chat/completions"
        );
    }
    if path.starts_with("/v1/models/") {
        return "there is no model of that id: GET /v1/models names those there are".to_owned();
    }
    match meant(path) {
        Some(meant) if meant != path => format!(
            "nothing is served at {path}: it is at {meant} (a base URL ends in /v1 here, but for \
             clients of Messages, whose ends before it)"
        ),
        _ => format!("nothing is served at {path}: chat is at POST /v1/chat/completions"),
    }
}

fn is_unserved(path: &str) -> bool {
    let first = parts(path).find(|part| !BEFORE.contains(part));
    path.len() <= LONGEST && first.is_some_and(|first| UNSERVED.contains(&first))
}

fn parts(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_that_was_meant_is_told() {
        let chat = Some("/v1/chat/completions");
        for (path, expected) in [
            ("/chat/completions", chat),
            ("//v1/chat/completions/", chat),
            ("/v1/chat/completions/chat/completions", chat),
            ("/openai/deployments/gpt-4o/chat/completions", chat),
            ("/api/v0/chat/completions", chat),
            ("/api/chat", chat),
            ("/api/generate", chat),
            ("/v1/completions", chat),
            ("/v1beta/models/gemini-2.5-flash:generateContent", chat),
            ("/openai/v1/responses", Some("/v1/responses")),
            ("/v1/v1/messages", Some("/v1/messages")),
            (
                "/v1/messages/count_tokens/",
                Some("/v1/messages/count_tokens"),
            ),
            ("/messages", Some("/v1/messages")),
            ("/models", Some("/v1/models")),
            ("/api/tags", Some("/v1/models")),
            ("/v1/embeddings", None),
            ("/threads/t_1/messages", None),
            ("/start", None),
            ("/docs/api-reference", None),
            ("", None),
        ] {
            assert_eq!(meant(path), expected, "{path}");
        }
        assert_eq!(meant(&format!("{}/messages", "/x".repeat(200))), None);
    }

    #[test]
    fn what_an_api_is_asked_for_is_told_from_pages() {
        for path in [
            "/models",
            "/api/tags",
            "/embeddings",
            "/openai/v1/embeddings",
            "/v1/audio/transcriptions",
            "/api/embed",
        ] {
            assert!(is_api(path), "{path}");
        }
        for path in ["/", "/start", "/app/", "/docs/runtimes", "/favicon.ico"] {
            assert!(!is_api(path), "{path}");
        }
        assert!(advice("/models").contains("it is at /v1/models"));
        assert!(advice("/embeddings").contains("is not served"));
        assert!(advice("/v1/completions").contains("set your client to chat"));
        assert!(advice("/v1/models/nope").contains("no model of that id"));
        for path in ["/v1/messages/batches", "/v1/responses/resp_1/cancel"] {
            assert!(advice(path).contains("is not served"), "{path}");
        }
        assert!(advice("/v1/messages/").contains("it is at /v1/messages "));
        assert!(advice("/v1/nothing").contains("/v1/chat/completions"));
    }
}
