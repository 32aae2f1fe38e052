//! Whose conversation a request belongs to.
//!
//! The law: the first source that is there says it, always together with the caller's key, and
//! only as a digest. A request that none of them speaks for is no conversation.

use chat::Message;
use sha2::{Digest, Sha256};

use crate::domain::{
    conversation::{Affinity, Source, Whose},
    wire::request::ChatRequest,
};

use super::is_side;

/// Hexadecimal digits of a digest.
const DIGITS: usize = 32;

/// Headers that name a conversation, in order.
const HEADERS: [(&str, Source); 3] = [
    ("x-session-id", Source::SessionHeader),
    ("x-claude-code-session-id", Source::ClaudeHeader),
    ("session-id", Source::CodexHeader),
];

impl Whose {
    /// `None` where the request is part of no conversation or asks to be routed by itself. What is
    /// asked on the side belongs to one that is named: it begins otherwise than the conversation, and
    /// so is not known by that. `caller`: what tells the caller's key from all others.
    pub fn of(
        request: &ChatRequest,
        caller: &str,
        header: impl Fn(&str) -> Option<String>,
    ) -> Option<Whose> {
        if request.said.affinity == Affinity::None {
            return None;
        }
        let said = &request.said;
        let named = |(name, source): &(&str, Source)| Some((*source, header(name)?));
        let own = || Some((Source::ArbiterSession, said.own.clone()?));
        let by_header = || {
            let mut all = HEADERS.iter().filter_map(named);
            all.find(|(_, id)| !id.trim().is_empty())
        };
        let by_body = || said.other.clone().filter(|(_, id)| !id.trim().is_empty());
        let aside = is_side(request);
        let by_print = || (!aside).then(|| fingerprint(request)).flatten();
        let (from, id) = own()
            .or_else(by_header)
            .or_else(by_body)
            .or_else(|| Some((Source::Fingerprint, by_print()?)))?;
        // What looks like an id is never taken for a fingerprint.
        let kind = match from {
            Source::Fingerprint => "print",
            _ => "id",
        };
        let digest = hex(&[caller, kind, id.trim()]);
        Some(Whose {
            from,
            digest,
            aside,
        })
    }
}

/// What stays the same in a conversation that grows, where it is known to be one: its system text
/// and the first that the user said.
fn fingerprint(request: &ChatRequest) -> Option<String> {
    let messages = &request.messages;
    if !request.has_tools() && !messages.iter().any(|it| it.role == "assistant") {
        return None;
    }
    let is_system = |it: &&Message| matches!(it.role.as_str(), "system" | "developer");
    let first = messages.iter().find(|it| it.role == "user")?;
    let mut parts: Vec<&str> = messages
        .iter()
        .take_while(is_system)
        .map(|it| it.text.as_str())
        .collect();
    parts.push(&first.text);
    Some(hex(&parts))
}

fn hex(parts: &[&str]) -> String {
    let mut digest = Sha256::new();
    for part in parts {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part.as_bytes());
    }
    let hex: String = digest
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    hex.chars().take(DIGITS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::refusal::Refusal;
    use chat::RequestBounds;

    const TURN: &str = r#""messages":[{"role":"system","content":"s"},{"role":"user","content":"first"},
        {"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#;

    fn request(body: &str) -> ChatRequest {
        ChatRequest::parse(body.to_owned(), RequestBounds::default()).unwrap()
    }

    fn whose(body: &str, headers: &[(&str, &str)]) -> Option<Whose> {
        Whose::of(&request(body), "caller", |asked| {
            let found = headers.iter().find(|(name, _)| *name == asked);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    fn from(body: &str, headers: &[(&str, &str)]) -> Option<Source> {
        whose(body, headers).map(|it| it.from)
    }

    #[test]
    fn the_first_source_that_is_there_says_it() {
        let all = format!(
            r#"{{{TURN},"arbiter_session":" one ","prompt_cache_key":"p","metadata":{{"user_id":"{{\"session_id\":\"u\"}}"}}}}"#
        );
        let headers = [
            ("session-id", "c"),
            ("x-claude-code-session-id", "b"),
            ("x-session-id", "a"),
        ];
        assert_eq!(from(&all, &headers), Some(Source::ArbiterSession));
        let without = all.replace(r#""arbiter_session":" one ","#, "");
        assert_eq!(from(&without, &headers), Some(Source::SessionHeader));
        assert_eq!(from(&without, &headers[..2]), Some(Source::ClaudeHeader));
        assert_eq!(from(&without, &headers[..1]), Some(Source::CodexHeader));
        assert_eq!(
            from(&without, &[("session-id", " ")]),
            Some(Source::PromptCacheKey)
        );
        let user = without.replace(r#""prompt_cache_key":"p","#, "");
        assert_eq!(from(&user, &[]), Some(Source::UserId));
        let bare = format!("{{{TURN}}}");
        assert_eq!(from(&bare, &[]), Some(Source::Fingerprint));
        let older = format!(r#"{{{TURN},"metadata":{{"user_id":"user_1_account_2_session_3"}}}}"#);
        assert_eq!(from(&older, &[]), Some(Source::UserId));
    }

    #[test]
    fn a_request_that_nothing_speaks_for_is_no_conversation() {
        let single = r#"{"messages":[{"role":"user","content":"hi"}]}"#;
        assert_eq!(whose(single, &[]), None);
        let tools =
            r#"{"messages":[{"role":"user","content":"hi"}],"tools":[{"type":"function"}]}"#;
        assert_eq!(from(tools, &[]), Some(Source::Fingerprint));
        let none = r#"{"messages":[{"role":"user","content":"hi"}],"arbiter_session":"x","arbiter_affinity":"none"}"#;
        assert_eq!(whose(none, &[]), None);
    }

    #[test]
    fn what_is_asked_on_the_side_belongs_to_a_conversation_that_is_named() {
        let title = r#""messages":[{"role":"system","content":"Generate a title for this conversation"},
            {"role":"assistant","content":"a"},{"role":"user","content":"b"}]"#;
        let named = whose(&format!(r#"{{{title},"prompt_cache_key":"p"}}"#), &[]).unwrap();
        let turn = whose(&format!(r#"{{{TURN},"prompt_cache_key":"p"}}"#), &[]).unwrap();
        assert_eq!((named.aside, turn.aside), (true, false));
        assert_eq!(named.digest, turn.digest);
        assert_eq!(whose(&format!("{{{title}}}"), &[]), None, "it costs no hop");
    }

    #[test]
    fn a_conversation_that_grows_stays_the_same_and_two_callers_never_meet() {
        let first = r#"{"messages":[{"role":"system","content":"s"},{"role":"user","content":"first"}],"tools":[{}]}"#;
        let later = format!(r#"{{{TURN},"tools":[{{}}]}}"#);
        assert_eq!(whose(first, &[]), whose(&later, &[]));
        let other = later.replace("first", "second");
        assert_ne!(whose(first, &[]), whose(&other, &[]));
        let of = |caller: &str| Whose::of(&request(first), caller, |_| None).unwrap().digest;
        assert_ne!(of("a"), of("b"));
        // Nor does an id that was made up to look like the fingerprint of another.
        let print = fingerprint(&request(first)).unwrap();
        let made_up = format!(
            r#"{{"messages":[{{"role":"user","content":"x"}}],"arbiter_session":"{print}"}}"#
        );
        assert_ne!(
            whose(&made_up, &[]).unwrap().digest,
            whose(first, &[]).unwrap().digest
        );
    }

    #[test]
    fn a_session_that_is_none_is_refused_by_its_name() {
        let long = "x".repeat(257);
        for (field, value) in [
            ("arbiter_session", "\"\""),
            ("arbiter_session", "\"  \""),
            ("arbiter_session", "7"),
            ("arbiter_session", &format!("\"{long}\"")),
            ("arbiter_affinity", "\"always\""),
            ("arbiter_affinity", "true"),
        ] {
            let body = format!(r#"{{{TURN},"{field}":{value}}}"#);
            match ChatRequest::parse(body, RequestBounds::default()) {
                Err(Refusal::Invalid { field: named, .. }) => {
                    assert_eq!(named.as_deref(), Some(field));
                }
                other => panic!("{other:?}"),
            }
        }
    }
}
