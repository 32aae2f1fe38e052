//! The table: words by which runtimes say whose fault it is. The first row that fits counts.

use completion::Complaint;

use super::{Fault, Wording};
use crate::needs::Need;

/// Statuses that say of a request that it was refused.
const REFUSED: &[u16] = &[400, 403, 404, 413, 415, 422, 424, 500, 501];
const ANY: &[u16] = &[];

/// Statuses it may come with (none named: any), words that all stand there, whose fault it is, and
/// who says it.
type Row = (&'static [u16], &'static [&'static str], Fault, &'static str);

const ROWS: &[Row] = &[
    // What was refused for what it says would be refused by any model.
    (
        &[400, 403, 422],
        &["content_policy"],
        Fault::Caller,
        "OpenAI, BTL",
    ),
    (
        &[400, 403, 422],
        &["contentpolicyviolation"],
        Fault::Caller,
        "LiteLLM",
    ),
    (
        &[400, 403, 422],
        &["content_filter"],
        Fault::Caller,
        "Azure",
    ),
    (
        &[400, 403, 422],
        &["content management policy"],
        Fault::Caller,
        "Azure",
    ),
    (
        &[400, 403, 422],
        &["was flagged"],
        Fault::Caller,
        "OpenRouter, OpenAI",
    ),
    (
        &[400, 403, 422],
        &["invalid_prompt"],
        Fault::Caller,
        "OpenAI",
    ),
    (
        &[400, 403, 422],
        &["content exists risk"],
        Fault::Caller,
        "DeepSeek",
    ),
    (
        &[400, 403, 422],
        &["blocked by", "safety"],
        Fault::Caller,
        "Google",
    ),
    // Longer than the window.
    (
        REFUSED,
        &["context_length"],
        Fault::TooLong,
        "OpenAI, Groq, BTL",
    ),
    (
        REFUSED,
        &["context length"],
        Fault::TooLong,
        "OpenAI, OpenRouter, vLLM, Together",
    ),
    (
        REFUSED,
        &["contextwindowexceeded"],
        Fault::TooLong,
        "LiteLLM",
    ),
    (
        REFUSED,
        &["context window"],
        Fault::TooLong,
        "Bedrock, Anthropic",
    ),
    (REFUSED, &["context size"], Fault::TooLong, "llama.cpp"),
    (
        REFUSED,
        &["exceed_context_size"],
        Fault::TooLong,
        "llama.cpp",
    ),
    (
        REFUSED,
        &["prompt is too long"],
        Fault::TooLong,
        "Anthropic",
    ),
    (
        REFUSED,
        &["input token count", "exceeds"],
        Fault::TooLong,
        "Google",
    ),
    (
        REFUSED,
        &["too large for model", "tokens"],
        Fault::TooLong,
        "Mistral",
    ),
    (
        REFUSED,
        &["reduce the length of the"],
        Fault::TooLong,
        "OpenAI, Groq",
    ),
    (REFUSED, &["maximum model length"], Fault::TooLong, "vLLM"),
    (REFUSED, &["maximum prompt length"], Fault::TooLong, "xAI"),
    (
        REFUSED,
        &["exceeds the maximum allowed length"],
        Fault::TooLong,
        "SGLang",
    ),
    (
        REFUSED,
        &["inputs", "max_new_tokens", "must be"],
        Fault::TooLong,
        "Together, TGI",
    ),
    (REFUSED, &["input is too long"], Fault::TooLong, "Bedrock"),
    (REFUSED, &["too many tokens"], Fault::TooLong, "Cohere"),
    // A minute's share that is smaller than the request: no other request is touched.
    (&[413], &["tokens per minute"], Fault::TooLong, "Groq"),
    // What came of the model's own answer: another may do better.
    (&[400, 422], &["tool_use_failed"], Fault::Model, "Groq"),
    (&[400, 422], &["json_validate_failed"], Fault::Model, "Groq"),
    (&[400, 422], &["output_parse_failed"], Fault::Model, "Groq"),
    // Fields that some models take in other words.
    (
        &[400, 422],
        &["stream_options", "extra"],
        Fault::Wording(Wording::NoStreamOptions),
        "Mistral",
    ),
    (
        &[400, 422],
        &["stream_options", "unrecognized"],
        Fault::Wording(Wording::NoStreamOptions),
        "older servers",
    ),
    (
        &[400, 422],
        &["stream_options", "unknown"],
        Fault::Wording(Wording::NoStreamOptions),
        "older servers",
    ),
    (
        &[400, 422],
        &["stream_options", "unexpected"],
        Fault::Wording(Wording::NoStreamOptions),
        "older servers",
    ),
    (
        &[400, 422],
        &["stream_options", "support"],
        Fault::Wording(Wording::NoStreamOptions),
        "older servers",
    ),
    (
        &[400, 422],
        &["max_tokens", "use 'max_completion_tokens'"],
        Fault::Wording(Wording::MaxCompletionTokens),
        "OpenAI",
    ),
    (
        &[400, 422],
        &["max_completion_tokens", "extra"],
        Fault::Wording(Wording::MaxTokens),
        "Mistral",
    ),
    (
        &[400, 422],
        &["max_completion_tokens", "unrecognized"],
        Fault::Wording(Wording::MaxTokens),
        "older servers",
    ),
    (
        &[400, 422],
        &["max_completion_tokens", "not supported"],
        Fault::Wording(Wording::MaxTokens),
        "older servers",
    ),
    (
        &[400, 422],
        &["temperature", "does not support"],
        Fault::Wording(Wording::NoTemperature),
        "OpenAI",
    ),
    (
        &[400, 422],
        &["temperature", "not supported with"],
        Fault::Wording(Wording::NoTemperature),
        "OpenAI",
    ),
    (
        &[400, 422],
        &["temperature", "not supported by"],
        Fault::Wording(Wording::NoTemperature),
        "several",
    ),
    (
        &[400, 422],
        &["temperature", "not supported for"],
        Fault::Wording(Wording::NoTemperature),
        "several",
    ),
    (
        &[400, 422],
        &["temperature", "deprecated"],
        Fault::Wording(Wording::NoTemperature),
        "Anthropic",
    ),
    // The account.
    (ANY, &["insufficient_quota"], Fault::Account, "OpenAI, BTL"),
    (
        ANY,
        &["exceeded your current quota"],
        Fault::Account,
        "OpenAI, Google, LiteLLM",
    ),
    (
        ANY,
        &["budget has been exceeded"],
        Fault::Account,
        "LiteLLM",
    ),
    (ANY, &["budget_exceeded"], Fault::Account, "LiteLLM"),
    (ANY, &["insufficient credit"], Fault::Account, "OpenRouter"),
    (ANY, &["insufficient balance"], Fault::Account, "DeepSeek"),
    (
        ANY,
        &["credit balance is too low"],
        Fault::Account,
        "Anthropic",
    ),
    (&[429], &["free-models-per-"], Fault::Account, "OpenRouter"),
    // A key that is refused, by a status that says something else.
    (
        &[400, 403, 404, 422],
        &["api key not valid"],
        Fault::Account,
        "Google",
    ),
    (
        &[400, 403, 404, 422],
        &["incorrect api key"],
        Fault::Account,
        "xAI",
    ),
    (
        &[400, 403, 404, 422],
        &["invalid api key"],
        Fault::Account,
        "several",
    ),
    (
        &[400, 403, 404, 422],
        &["invalid_api_key"],
        Fault::Account,
        "several",
    ),
    (
        &[400, 403],
        &["location is not supported"],
        Fault::Account,
        "Google",
    ),
    // What this model can't do.
    (
        REFUSED,
        &["image input"],
        Fault::Cannot(Need::Images),
        "OpenRouter, Ollama",
    ),
    (
        REFUSED,
        &["image_url", "only supported by"],
        Fault::Cannot(Need::Images),
        "OpenAI, LiteLLM",
    ),
    (
        REFUSED,
        &["image_url", "not support"],
        Fault::Cannot(Need::Images),
        "several",
    ),
    (
        REFUSED,
        &["unknown variant `image_url`"],
        Fault::Cannot(Need::Images),
        "DeepSeek",
    ),
    (
        REFUSED,
        &["at most 0 image"],
        Fault::Cannot(Need::Images),
        "vLLM",
    ),
    (
        REFUSED,
        &["is not a multimodal model"],
        Fault::Cannot(Need::Images),
        "vLLM",
    ),
    (
        REFUSED,
        &["not support image"],
        Fault::Cannot(Need::Images),
        "Groq, Mistral",
    ),
    (
        REFUSED,
        &["not take image"],
        Fault::Cannot(Need::Images),
        "BTL",
    ),
    (
        REFUSED,
        &["support vision"],
        Fault::Cannot(Need::Images),
        "several",
    ),
    (
        REFUSED,
        &["messages[", "content must be a string"],
        Fault::Cannot(Need::Images),
        "Groq",
    ),
    (
        REFUSED,
        &["mmproj"],
        Fault::Cannot(Need::Images),
        "llama.cpp",
    ),
    (
        REFUSED,
        &["audio input"],
        Fault::Cannot(Need::Audio),
        "OpenRouter, llama.cpp",
    ),
    (
        REFUSED,
        &["input_audio", "support"],
        Fault::Cannot(Need::Audio),
        "OpenAI",
    ),
    (
        REFUSED,
        &["at most 0 audio"],
        Fault::Cannot(Need::Audio),
        "vLLM",
    ),
    (
        REFUSED,
        &["not support audio"],
        Fault::Cannot(Need::Audio),
        "several",
    ),
    (
        REFUSED,
        &["file input"],
        Fault::Cannot(Need::Files),
        "OpenRouter",
    ),
    (
        REFUSED,
        &["not support file"],
        Fault::Cannot(Need::Files),
        "several",
    ),
    (
        REFUSED,
        &["support tool use"],
        Fault::Cannot(Need::Tools),
        "OpenRouter",
    ),
    (
        REFUSED,
        &["not support tool"],
        Fault::Cannot(Need::Tools),
        "Ollama, BTL",
    ),
    (
        REFUSED,
        &["tools is not supported"],
        Fault::Cannot(Need::Tools),
        "OpenAI",
    ),
    (
        REFUSED,
        &["does not support parameters", "'tools'"],
        Fault::Cannot(Need::Tools),
        "LiteLLM",
    ),
    (
        REFUSED,
        &["tool choice requires"],
        Fault::Cannot(Need::Tools),
        "vLLM",
    ),
    (
        REFUSED,
        &["tool-call-parser"],
        Fault::Cannot(Need::Tools),
        "vLLM",
    ),
    (
        REFUSED,
        &["tool calling", "not supported"],
        Fault::Cannot(Need::Tools),
        "Groq",
    ),
    (
        REFUSED,
        &["function calling", "not"],
        Fault::Cannot(Need::Tools),
        "Together, Google",
    ),
    (
        REFUSED,
        &["requires --jinja"],
        Fault::Cannot(Need::Tools),
        "llama.cpp",
    ),
    (
        REFUSED,
        &["tools param requires"],
        Fault::Cannot(Need::Tools),
        "llama.cpp",
    ),
    (
        REFUSED,
        &["response_format", "not support"],
        Fault::Cannot(Need::JsonSchema),
        "OpenAI, vLLM, LiteLLM, BTL",
    ),
    (
        REFUSED,
        &["response format", "not support"],
        Fault::Cannot(Need::JsonSchema),
        "Groq, Mistral",
    ),
    (
        REFUSED,
        &["response_format", "unavailable"],
        Fault::Cannot(Need::JsonSchema),
        "DeepSeek",
    ),
    (
        REFUSED,
        &["json_schema", "not support"],
        Fault::Cannot(Need::JsonSchema),
        "several",
    ),
    (
        REFUSED,
        &["invalid format: expected"],
        Fault::Cannot(Need::JsonSchema),
        "Ollama",
    ),
    (
        REFUSED,
        &["reasoning_effort", "unrecognized"],
        Fault::Cannot(Need::Reasoning),
        "OpenAI",
    ),
    (
        REFUSED,
        &["reasoning_effort", "unknown"],
        Fault::Cannot(Need::Reasoning),
        "OpenAI",
    ),
    (
        REFUSED,
        &["reasoning_effort", "unsupported"],
        Fault::Cannot(Need::Reasoning),
        "OpenAI",
    ),
    (
        REFUSED,
        &["reasoning_effort", "extra"],
        Fault::Cannot(Need::Reasoning),
        "Mistral",
    ),
    (
        REFUSED,
        &["not support thinking"],
        Fault::Cannot(Need::Reasoning),
        "Ollama",
    ),
    (
        REFUSED,
        &["reasoning", "not support"],
        Fault::Cannot(Need::Reasoning),
        "OpenRouter, Groq",
    ),
    (
        REFUSED,
        &["is too large", "completion tokens"],
        Fault::Cannot(Need::Output),
        "OpenAI",
    ),
    (
        REFUSED,
        &["max_tokens", "must be less than or equal"],
        Fault::Cannot(Need::Output),
        "Groq",
    ),
    (
        REFUSED,
        &["max_tokens", "valid range"],
        Fault::Cannot(Need::Output),
        "DeepSeek",
    ),
    (
        REFUSED,
        &["message_order"],
        Fault::Cannot(Need::Order),
        "Mistral",
    ),
    (
        REFUSED,
        &["unexpected role", "after role"],
        Fault::Cannot(Need::Order),
        "Mistral",
    ),
    (
        REFUSED,
        &["roles must alternate"],
        Fault::Cannot(Need::Order),
        "vLLM, llama.cpp",
    ),
    (
        REFUSED,
        &["system message must be at the beginning"],
        Fault::Cannot(Need::Order),
        "vLLM",
    ),
    (
        REFUSED,
        &["should alternate"],
        Fault::Cannot(Need::Order),
        "Perplexity",
    ),
    (
        REFUSED,
        &["no endpoints found", "parameters"],
        Fault::Cannot(Need::Parameters),
        "OpenRouter",
    ),
    (
        REFUSED,
        &["does not support parameters"],
        Fault::Cannot(Need::Parameters),
        "LiteLLM",
    ),
    // No such model, or none for this key.
    (
        ANY,
        &["model_not_found"],
        Fault::NoSuchModel,
        "OpenAI, BTL, Groq",
    ),
    (
        ANY,
        &["model_not_available"],
        Fault::NoSuchModel,
        "Together",
    ),
    (ANY, &["model_decommissioned"], Fault::NoSuchModel, "Groq"),
    (ANY, &["model_terms_required"], Fault::NoSuchModel, "Groq"),
    (
        &[400, 404],
        &["deploymentnotfound"],
        Fault::NoSuchModel,
        "Azure",
    ),
    (
        &[400, 404],
        &["operationnotsupported"],
        Fault::NoSuchModel,
        "Azure",
    ),
    (
        &[400, 404],
        &["failed to load model"],
        Fault::NoSuchModel,
        "LM Studio",
    ),
    (
        ANY,
        &["not a valid model"],
        Fault::NoSuchModel,
        "OpenRouter",
    ),
    (
        ANY,
        &["no endpoints found for"],
        Fault::NoSuchModel,
        "OpenRouter",
    ),
    (
        ANY,
        &["invalid model"],
        Fault::NoSuchModel,
        "LiteLLM, Mistral",
    ),
    (ANY, &["model not exist"], Fault::NoSuchModel, "DeepSeek"),
    (ANY, &["model not found"], Fault::NoSuchModel, "several"),
    (
        &[400, 404, 422],
        &["model", "does not exist"],
        Fault::NoSuchModel,
        "OpenAI, vLLM",
    ),
    (
        &[400, 404],
        &["model", "not found"],
        Fault::NoSuchModel,
        "Ollama",
    ),
    (
        &[400, 404],
        &["not a chat model"],
        Fault::NoSuchModel,
        "OpenAI",
    ),
    (
        &[400, 404],
        &["unsupported_endpoint"],
        Fault::NoSuchModel,
        "BTL",
    ),
    (
        &[400, 404],
        &["not", "v1/chat/completions endpoint"],
        Fault::NoSuchModel,
        "OpenAI",
    ),
    (
        &[401, 403],
        &["key_model_access_denied"],
        Fault::NoSuchModel,
        "LiteLLM",
    ),
    (
        &[401, 403],
        &["not have access to model"],
        Fault::NoSuchModel,
        "OpenAI",
    ),
    (&[401, 403], &["model_forbidden"], Fault::NoSuchModel, "BTL"),
    // Fields that another model, or another runtime, may take.
    (
        &[400, 422],
        &["extra inputs are not permitted"],
        Fault::Cannot(Need::Parameters),
        "Mistral",
    ),
    (
        &[400, 422],
        &["extra_forbidden"],
        Fault::Cannot(Need::Parameters),
        "Mistral",
    ),
    (
        &[400, 422],
        &["unrecognized request argument"],
        Fault::Cannot(Need::Parameters),
        "OpenAI",
    ),
    (
        &[400, 422],
        &["unknown parameter"],
        Fault::Cannot(Need::Parameters),
        "OpenAI",
    ),
    // No such path.
    (
        ANY,
        &["unexpected endpoint or method"],
        Fault::Runtime,
        "LM Studio",
    ),
    (&[404, 405], &["invalid url"], Fault::Runtime, "OpenAI"),
    (&[404, 405], &["unknown_url"], Fault::Runtime, "OpenAI, BTL"),
    (&[404, 405], &["no route matched"], Fault::Runtime, "Kong"),
];

/// Whose fault it is by the words, where they are known.
pub fn by_words(said: &Complaint) -> Option<Fault> {
    row(said).map(|(_, _, fault, _)| *fault)
}

/// The words by which that is known.
pub fn words(said: &Complaint) -> Option<&'static [&'static str]> {
    row(said).map(|(_, words, ..)| *words)
}

fn row(said: &Complaint) -> Option<&'static Row> {
    ROWS.iter().find(|(statuses, words, ..)| {
        (statuses.is_empty() || statuses.contains(&said.status)) && said.has(words)
    })
}
