use serde_json::{Value, json};

use super::*;

fn of(status: u16, body: Value) -> Fault {
    Fault::of(&Complaint::read(status, &body))
}

fn worded(status: u16, message: &str) -> Fault {
    of(status, json!({"error": {"message": message}}))
}

#[test]
fn what_runtimes_say_is_told_by_their_own_words() {
    let cannot = Fault::Cannot;
    for (status, message, fault) in [
        // OpenRouter
        (400, "x/y is not a valid model ID", Fault::NoSuchModel),
        (404, "No endpoints found for x/y.", Fault::NoSuchModel),
        (
            404,
            "No endpoints found that support image input",
            cannot(Need::Images),
        ),
        (
            404,
            "No endpoints found that support tool use. To learn more about provider routing, visit: …",
            cannot(Need::Tools),
        ),
        (
            404,
            "No endpoints found that can handle the requested parameters.",
            cannot(Need::Parameters),
        ),
        (
            400,
            "This endpoint's maximum context length is 8192 tokens. However, you requested about 9000 tokens",
            Fault::TooLong,
        ),
        (
            402,
            "Insufficient credits. Add more using …",
            Fault::Account,
        ),
        (
            403,
            "x requires moderation on OpenAI. Your input was flagged for \"violence\".",
            Fault::Caller,
        ),
        (
            429,
            "Rate limit exceeded: free-models-per-day.",
            Fault::Account,
        ),
        // OpenAI
        (
            404,
            "The model `gpt-9` does not exist or you do not have access to it.",
            Fault::NoSuchModel,
        ),
        (
            404,
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint.",
            Fault::NoSuchModel,
        ),
        (
            400,
            "Invalid content type. image_url is only supported by certain models.",
            cannot(Need::Images),
        ),
        (
            400,
            "tools is not supported in this model.",
            cannot(Need::Tools),
        ),
        (
            400,
            "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
            cannot(Need::JsonSchema),
        ),
        (
            400,
            "Unrecognized request argument supplied: reasoning_effort",
            cannot(Need::Reasoning),
        ),
        (
            400,
            "max_tokens is too large: 99999. This model supports at most 16384 completion tokens",
            cannot(Need::Output),
        ),
        (
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
            Fault::Wording(Wording::MaxCompletionTokens),
        ),
        (
            400,
            "Unsupported value: 'temperature' does not support 0 with this model.",
            Fault::Wording(Wording::NoTemperature),
        ),
        (
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            Fault::Account,
        ),
        (
            429,
            "Rate limit reached for gpt-4o on tokens per min (TPM)",
            Fault::Model,
        ),
        (404, "Invalid URL (POST /chat/completions)", Fault::Runtime),
        // LiteLLM
        (
            400,
            "{'error': '/chat/completions: Invalid model name passed in model=x. Call `/v1/models` …",
            Fault::NoSuchModel,
        ),
        (
            400,
            "litellm.ContextWindowExceededError: litellm.BadRequestError: …",
            Fault::TooLong,
        ),
        (
            400,
            "litellm.UnsupportedParamsError: openai does not support parameters: ['tools'], for model=x.",
            cannot(Need::Tools),
        ),
        (
            400,
            "Budget has been exceeded! Current cost: 10.02, Max budget: 10.0",
            Fault::Account,
        ),
        (
            400,
            "litellm.ContentPolicyViolationError: The response was filtered",
            Fault::Caller,
        ),
        // Ollama, vLLM, llama.cpp
        (
            404,
            "model \"llama3\" not found, try pulling it first",
            Fault::NoSuchModel,
        ),
        (
            500,
            "this model is missing data required for image input",
            cannot(Need::Images),
        ),
        (
            400,
            "registry.ollama.ai/library/gemma does not support tools",
            cannot(Need::Tools),
        ),
        (
            400,
            "At most 0 image(s) may be provided in one prompt.",
            cannot(Need::Images),
        ),
        (
            400,
            "\"auto\" tool choice requires --enable-auto-tool-choice and --tool-call-parser to be set",
            cannot(Need::Tools),
        ),
        (
            400,
            "the request exceeds the available context size, try increasing it",
            Fault::TooLong,
        ),
        // Groq, Together, Google, xAI, Azure, LM Studio
        (
            400,
            "Failed to call a function. Please adjust your prompt. See 'failed_generation' (tool_use_failed)",
            Fault::Model,
        ),
        (
            413,
            "Request too large for model `m` in organization `o` on tokens per minute (TPM): Limit 6000, Requested 9000",
            Fault::TooLong,
        ),
        (
            422,
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens",
            Fault::TooLong,
        ),
        (
            400,
            "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
            Fault::TooLong,
        ),
        (
            400,
            "API key not valid. Please pass a valid API key.",
            Fault::Account,
        ),
        (400, "Incorrect API key provided: xa***ab.", Fault::Account),
        (
            404,
            "models/gemini-9 is not found for API version v1main, or is not supported for generateContent.",
            Fault::NoSuchModel,
        ),
        (
            404,
            "DeploymentNotFound: The API deployment for this resource does not exist.",
            Fault::NoSuchModel,
        ),
        (
            400,
            "Failed to load model \"m\". Error: insufficient resources",
            Fault::NoSuchModel,
        ),
        (
            200,
            "Unexpected endpoint or method. (POST /chat/completions)",
            Fault::Runtime,
        ),
        // Mistral
        (
            422,
            "Extra inputs are not permitted",
            cannot(Need::Parameters),
        ),
        (
            400,
            "Unexpected role 'user' after role 'tool'",
            cannot(Need::Order),
        ),
        (
            422,
            "stream_options: Extra inputs are not permitted",
            Fault::Wording(Wording::NoStreamOptions),
        ),
    ] {
        assert_eq!(worded(status, message), fault, "{status} {message}");
    }
}

/// What a client may write into a request that has all of the needs.
fn hearsay(message: &str, request: &Value) -> bool {
    let body = json!({"error": {"message": message, "code": null, "param": "x"}});
    is_hearsay(&Complaint::read(400, &body), &request.to_string())
}

#[test]
fn words_that_a_client_put_into_an_error_are_told_from_a_runtimes_own() {
    for name in [
        "not support tools",
        "context_length 1500 1400",
        "context_length",
        "temperature not supported for",
        "max_completion_tokens not supported",
        "stream_options ",
        "STREAM_OPTIONS",
        "insufficient_quota",
        "model_not_found",
    ] {
        let request = json!({"messages": [], name: 1});
        for message in [
            format!("Unknown parameter: '{name}'."),
            format!("Unrecognized request argument supplied: {name}"),
            format!("{name}: Extra inputs are not permitted"),
        ] {
            let said = worded(400, &message);
            let own = matches!(said, Fault::Cannot(Need::Parameters));
            assert!(own || hearsay(&message, &request), "{message} {said:?}");
        }
    }
    let role = json!({"messages": [{"role": "not support\n tools"}]});
    assert!(hearsay("Invalid role: 'not support tools'", &role));
    let escaped = r#"{"messages":[{"role":"\u004eot support\u0020tools"}]}"#;
    let said = json!({"error": "Invalid role: 'Not support tools'"});
    assert!(is_hearsay(&Complaint::read(400, &said), escaped));
}

#[test]
fn a_runtimes_own_words_count_whatever_is_talked_about() {
    let talk = json!({"role": "user", "content": "What is the temperature? Which tools support it, and which do not?"});
    let request = json!({"messages": [talk], "temperature": 0, "max_tokens": 9, "tools": [], "reasoning_effort": "low",
        "response_format": {"type": "json_schema"}, "seed": 1, "x_parameter": 1});
    for message in [
        "Unsupported value: 'temperature' does not support 0 with this model.",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
        "stream_options: Extra inputs are not permitted",
        "Unrecognized request argument supplied: reasoning_effort",
        "This model's maximum context length is 8192 tokens.",
        "m does not support tools",
        "Invalid parameter: 'response_format' of type 'json_schema' is not supported with this model.",
        "Unknown parameter: 'x_parameter'.",
    ] {
        assert_ne!(worded(400, message), Fault::Caller, "{message}");
        assert!(!hearsay(message, &request), "{message}");
    }
}

#[test]
fn a_value_that_is_refused_says_nothing_of_the_model() {
    for message in [
        "Invalid value: 'hihg'. Supported values are: 'none', 'low' (reasoning_effort)",
        "temperature: 5 is not supported, must be at most 2",
    ] {
        assert_eq!(worded(400, message), Fault::Caller, "{message}");
    }
    for message in [
        "Unsupported value: 'reasoning_effort' does not support 'hihg' with this model. Supported values are: 'low'.",
        "Failed to download image_url; the server does not support HTTP Range.",
    ] {
        assert!(hearsay(message, &json!({"messages": []})), "{message}");
    }
}

#[test]
fn the_status_decides_where_the_words_are_unknown() {
    for (status, fault) in [
        (302, Fault::Runtime),
        (400, Fault::Caller),
        (401, Fault::Account),
        (402, Fault::Account),
        (403, Fault::Account),
        (404, Fault::NoSuchModel),
        (408, Fault::Model),
        (413, Fault::Caller),
        (422, Fault::Caller),
        (424, Fault::Model),
        (429, Fault::Model),
        (500, Fault::Model),
        (503, Fault::Model),
        (522, Fault::Runtime),
    ] {
        assert_eq!(worded(status, "something else"), fault, "{status}");
    }
    assert_eq!(of(404, json!({"detail": "Not Found"})), Fault::Runtime);
    assert_eq!(of(404, Value::Null), Fault::Runtime, "a page, not an error");
}

#[test]
fn errors_of_every_shape_keep_their_message_and_code() {
    for (body, message, code) in [
        (
            json!({"error": {"message": "m", "code": 429}}),
            "m",
            Some("429"),
        ),
        (json!({"error": "m"}), "m", None),
        (json!({"detail": "m"}), "m", None),
        (
            json!({"detail": {"error": {"message": "m", "code": "c"}}}),
            "m",
            Some("c"),
        ),
        (
            json!({"detail": [{"msg": "m", "type": "missing"}]}),
            "m",
            None,
        ),
        (json!({"errors": [{"message": "m"}]}), "m", None),
        (
            json!([{"error": {"message": "m", "status": "INVALID"}}]),
            "m",
            Some("INVALID"),
        ),
        (json!({"message": "m", "code": 400}), "m", Some("400")),
    ] {
        let said = Complaint::read(400, &body);
        assert_eq!(said.message.as_deref(), Some(message), "{body}");
        assert_eq!(said.code.as_deref(), code, "{body}");
    }
}

#[test]
fn an_error_inside_a_200_has_the_status_of_its_own_code() {
    for (body, status, fault) in [
        (
            json!({"error": {"code": 429, "message": "slow down"}}),
            429,
            Fault::Model,
        ),
        (
            json!({"error": {"code": 402, "message": "x"}}),
            402,
            Fault::Account,
        ),
        (
            json!({"error": {"code": "server_error", "message": "gone"}}),
            502,
            Fault::Model,
        ),
        (
            json!({"error": {"code": "model_not_found"}}),
            502,
            Fault::NoSuchModel,
        ),
    ] {
        let said = Complaint::read(200, &body);
        assert_eq!((said.status, Fault::of(&said)), (status, fault), "{body}");
    }
}

#[test]
fn what_a_provider_behind_the_runtime_said_counts() {
    let body = json!({"error": {"message": "Provider returned error", "code": 400,
        "metadata": {"raw": "{\"error\":{\"message\":\"This model's maximum context length is 8192\"}}"}}});
    assert_eq!(of(400, body), Fault::TooLong);
}

#[test]
fn errors_of_any_size_and_depth_are_read_within_bounds() {
    let mut deep = json!({"message": "model not found"});
    for _ in 0..100 {
        deep = json!({"error": deep});
    }
    assert_eq!(of(400, deep), Fault::Caller, "too deep to be read");
    let long = worded(400, &"é".repeat(1_000_000));
    assert_eq!(long, Fault::Caller);
}
