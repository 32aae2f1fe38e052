//! Requests that agents and chat apps make on the side: titles, tags, summaries, follow-up
//! questions, checks of the topic. They carry the id of a conversation and are no turn of it.
//!
//! Known by their form: no tools, and words that ask for such a thing of a conversation. One that
//! is not known is taken for a turn; one that is taken for it by mistake is routed by itself.

use chat::Message;

use crate::domain::wire::request::ChatRequest;

/// Characters at either end of a message that are looked at.
const END: usize = 1_200;

/// All the words of one of these stand in what asks on the side.
const SHAPES: [&[&str]; 34] = [
    &["generate", "title", "conversation"],
    &["generate", "title", "chat"],
    &["generate", "title", "session"],
    &["write", "title", "conversation"],
    &["concise", "title", "conversation"],
    &["title", "coding session"],
    &["generate", "tags", "chat history"],
    &["follow-up", "questions", "chat history"],
    &["search queries", "chat history"],
    &["new conversation topic"],
    &["summary of the conversation"],
    &["summarize this coding conversation"],
    &["handoff summary"],
    &["title for the conversation"],
    &["title for the following conversation"],
    &["title summarizing our conversation"],
    &["conversation", "into a title"],
    &["given session", "title"],
    &["conversation summarizer", "title"],
    &["summarize in a", "title", "message"],
    &["thread name", "chat"],
    &["give this conversation a name"],
    &["name this conversation"],
    &["you are a summarization ai"],
    &["follow-up", "conversation below"],
    &["summarize the above conversation"],
    &["fitting emoji", "speaker"],
    &["responses from various models"],
    &["autocompletion system", "chat_history"],
    &["image generation task", "chat_history"],
    &["会话", "总结为", "标题"],
    &["对话", "总结", "标题"],
    &["返回这句话的简要主题"],
    &["titel", "chatverlauf"],
];

/// Names of schemas that agents ask for titles with.
const SCHEMAS: [&str; 2] = ["codex_output_schema", "thread_title"];

/// Is it asked on the side of a conversation.
pub fn is_side(request: &ChatRequest) -> bool {
    if request.has_tools() {
        return false;
    }
    let format = request.response_format.as_deref().map_or("", |it| it.get());
    let titled = format.contains("\"title\"");
    if titled && SCHEMAS.iter().any(|it| format.contains(it)) {
        return true;
    }
    let last = request.messages.iter().rfind(|it| it.role == "user");
    let system = request.messages.iter().find(|it| it.role == "system");
    [system, last]
        .into_iter()
        .flatten()
        .any(|it| asks_on_the_side(it, titled))
}

fn asks_on_the_side(message: &Message, titled: bool) -> bool {
    let text = &message.text;
    let ends = match text.len() > 2 * END {
        true => format!("{} {}", head(text), tail(text)),
        false => text.clone(),
    };
    let ends = ends.to_lowercase();
    let has = |words: &&[&str]| words.iter().all(|word| ends.contains(word));
    SHAPES.iter().any(has) || (titled && ends.contains("title"))
}

fn head(text: &str) -> &str {
    let mut end = END.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

fn tail(text: &str) -> &str {
    let mut from = text.len().saturating_sub(END);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    text.get(from..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chat::RequestBounds;
    use serde_json::json;

    fn side(system: &str, user: &str, more: serde_json::Value) -> bool {
        let mut body = json!({"messages": [
            {"role": "system", "content": system}, {"role": "user", "content": user}]});
        body.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        is_side(&ChatRequest::parse(body.to_string(), RequestBounds::default()).unwrap())
    }

    #[test]
    fn what_apps_ask_of_a_conversation_is_on_the_side() {
        for (system, user) in [
            (
                "",
                "### Task:\nGenerate a concise, 3-5 word title with an emoji summarizing the chat history.",
            ),
            (
                "",
                "### Task:\nGenerate 1-3 broad tags categorizing the main themes of the chat history.",
            ),
            (
                "",
                "### Task:\nSuggest 3-5 relevant follow-up questions or prompts, based on the chat history",
            ),
            (
                "Analyze if this message indicates a new conversation topic.",
                "hello",
            ),
            (
                "Generate a short title for this coding session.",
                "write hello.py",
            ),
            (
                "s",
                "Your task is to create a detailed summary of the conversation so far",
            ),
            (
                "s",
                "You are performing a CONTEXT CHECKPOINT COMPACTION. Create a handoff summary for another LLM",
            ),
            (
                "You need to summarize the user's conversation into a title within 10 words",
                "USER: Why?\n```python\nx\n```",
            ),
            ("你需要将用户的会话总结为 10 个字以内的标题", "为什么？"),
            (
                "",
                "Summarize in a 10-word Title. Give the title only. Here is the message: \"Return JSON\"",
            ),
            (
                "",
                "Provide a concise, 5-word-or-less title for the conversation, using its same language",
            ),
            (
                "",
                "Based on the chat history, give this conversation a name.\nKeep it short",
            ),
            (
                "",
                "Your task is to reflect the speaker's likely facial expression through a fitting emoji.",
            ),
        ] {
            assert!(side(system, user, json!({})), "{user}");
            let tools = json!({"tools": [{"type": "function"}]});
            assert!(
                !side(system, user, tools),
                "a turn of an agent has tools: {user}"
            );
        }
        let schema = json!({"response_format": {"type": "json_schema", "json_schema": {
            "name": "codex_output_schema", "schema": {"properties": {"title": {"type": "string"}}}}}});
        assert!(side("s", "Write hello.py", schema));
        assert!(side(
            "s",
            "Write hello.py",
            json!({"tools": [], "response_format":
            {"type": "json_schema", "json_schema": {"name": "codex_output_schema", "schema": {"title": {}}}}})
        ));
    }

    #[test]
    fn a_question_of_a_user_is_not() {
        for user in [
            "Write a title for my novel about the sea",
            "Which tags does HTML have?",
            "Summarize this article: …",
            "And what follows from that?",
            "Write a title and a summary for my chat app's landing page",
            "给我的小说写一个标题",
            "Which emoji is fitting for a speaker?",
        ] {
            assert!(!side("You are helpful.", user, json!({})), "{user}");
        }
    }
}
