use serde_json::json;

use super::*;

fn read(text: &str) -> Option<Vec<Entry>> {
    page(text).map(|page| page.entries)
}

/// Id, prices in, out and cached, context, longest output.
type Read = (String, [Option<f64>; 3], Option<u64>, Option<u64>);

fn one(entry: Value) -> Option<Read> {
    let text = json!({"object": "list", "data": [entry]}).to_string();
    let entry = read(&text).unwrap().pop()?;
    let Prices {
        input,
        output,
        cached,
    } = entry.prices;
    Some((
        entry.id,
        [input, output, cached],
        entry.context,
        entry.max_output,
    ))
}

#[test]
fn catalogues_are_told_by_their_fields() {
    let all = |a, b, c| [Some(a), Some(b), Some(c)];
    let two = |a, b| [Some(a), Some(b), None];
    let unknown = [None; 3];
    for (who, entry, prices, context, output) in [
        (
            "BTL",
            json!({"id": "m", "compatible_endpoints": ["/v1/chat/completions"], "context_window": 128000.0,
            "benchmark_pricing": {"input_per_mtok_min": "0.0005", "output_per_mtok_min": 0.0009}}),
            two(0.0005, 0.0009),
            Some(128_000),
            None,
        ),
        (
            "OpenRouter",
            json!({"id": "m", "context_length": 8192, "pricing": {"prompt": "0.00000015", "completion": "0.0000006", "input_cache_read": "0.000000075"},
            "top_provider": {"max_completion_tokens": 4096}, "architecture": {"output_modalities": ["text"]}}),
            all(0.15, 0.6, 0.075),
            Some(8_192),
            Some(4_096),
        ),
        (
            "OpenRouter, free",
            json!({"id": "m", "pricing": {"prompt": "0", "completion": "0"}}),
            two(0.0, 0.0),
            None,
            None,
        ),
        (
            "OpenRouter, auto",
            json!({"id": "m", "pricing": {"prompt": "-1", "completion": "-1"}}),
            unknown,
            None,
            None,
        ),
        (
            "Together",
            json!({"id": "m", "type": "chat", "context_length": 32768, "pricing": {"input": 0.18, "output": 0.59}}),
            two(0.18, 0.59),
            Some(32_768),
            None,
        ),
        (
            "Vercel",
            json!({"id": "m", "type": "language", "context_window": 9, "pricing": {"input": "0.0000008", "output": "0.000004"}}),
            two(0.8, 4.0),
            Some(9),
            None,
        ),
        (
            "DeepInfra",
            json!({"id": "m", "metadata": {"context_length": 7, "pricing": {"input_tokens": 0.03, "output_tokens": 0.05}}}),
            two(0.03, 0.05),
            Some(7),
            None,
        ),
        (
            "Groq",
            json!({"id": "m", "active": true, "context_window": 131072, "max_completion_tokens": 32768}),
            unknown,
            Some(131_072),
            Some(32_768),
        ),
        (
            "Mistral",
            json!({"id": "m", "max_context_length": 32768, "capabilities": {"completion_chat": true}}),
            unknown,
            Some(32_768),
            None,
        ),
        (
            "Mistral, fine-tuned",
            json!({"id": "m", "type": "fine-tuned", "max_context_length": 32768, "capabilities": {"completion_chat": true}}),
            unknown,
            Some(32_768),
            None,
        ),
        (
            "Azure",
            json!({"id": "m", "capabilities": {"chat_completion": true, "embeddings": false}, "lifecycle_status": "generally-available"}),
            unknown,
            None,
            None,
        ),
        (
            "LM Studio",
            json!({"id": "m", "type": "vlm", "state": "loaded", "max_context_length": 131072, "loaded_context_length": 4096}),
            unknown,
            Some(4_096),
            None,
        ),
        (
            "Fireworks",
            json!({"id": "m", "supports_chat": true, "context_length": 131072}),
            unknown,
            Some(131_072),
            None,
        ),
        (
            "vLLM",
            json!({"id": "m", "max_model_len": 4096}),
            unknown,
            Some(4_096),
            None,
        ),
        (
            "llama.cpp",
            json!({"id": "m", "meta": {"n_ctx": 4096, "n_ctx_train": 131072}}),
            unknown,
            Some(4_096),
            None,
        ),
        (
            "LiteLLM",
            json!({"id": "m", "max_input_tokens": 8, "mode": "chat"}),
            unknown,
            Some(8),
            None,
        ),
        (
            "LiteLLM, info",
            json!({"model_name": "m", "model_info": {"mode": "chat", "max_input_tokens": 16385, "max_output_tokens": 4096,
            "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07, "cache_read_input_token_cost": 7.5e-8}}),
            all(0.15, 0.6, 0.075),
            Some(16_385),
            Some(4_096),
        ),
        (
            "LiteLLM, groups",
            json!({"model_group": "m", "mode": "chat", "input_cost_per_token": 0.0, "output_cost_per_token": 0.0}),
            two(0.0, 0.0),
            None,
            None,
        ),
        (
            "OpenAI",
            json!({"id": "m", "object": "model", "created": 1}),
            unknown,
            None,
            None,
        ),
    ] {
        assert_eq!(
            one(entry),
            Some(("m".into(), prices, context, output)),
            "{who}"
        );
    }
}

#[test]
fn what_does_not_answer_chat_is_left_out() {
    for entry in [
        json!({"id": "claude", "compatible_endpoints": ["/v1/messages"]}),
        json!({"id": "m", "mode": "embedding"}),
        json!({"id": "m", "type": "image"}),
        json!({"id": "m", "active": false}),
        json!({"id": "m", "architecture": {"output_modalities": ["image"]}}),
        json!({"id": "m", "capabilities": {"completion_chat": false}}),
        json!({"id": "m", "capabilities": {"chat_completion": false, "embeddings": true}}),
        json!({"id": "m", "type": "embeddings", "max_context_length": 2048}),
        json!({"id": "m", "supports_chat": false}),
        json!({"id": "models/imagen-4.0-generate-001"}),
        json!({"id": "models/veo-3.0-generate-001"}),
        json!({"id": "models/aqa"}),
        json!({"id": "text-embedding-3-small"}),
        json!({"id": "whisper-1"}),
        json!({"id": ""}),
        json!({"id": 7}),
        json!(null),
    ] {
        assert_eq!(one(entry.clone()), None, "{entry}");
    }
}

#[test]
fn what_a_model_takes_is_read_where_it_is_said() {
    let of = |entry: Value| {
        let text = json!([entry]).to_string();
        read(&text).unwrap().remove(0).accepts
    };
    let router = of(
        json!({"id": "m", "architecture": {"input_modalities": ["text", "image"]}, "supported_parameters": ["tools", "max_tokens"]}),
    );
    assert_eq!(
        (
            router.images,
            router.audio,
            router.tools,
            router.json_schema
        ),
        (Some(true), Some(false), Some(true), Some(false))
    );
    let proxy = of(
        json!({"model_name": "m", "model_info": {"supports_vision": false, "supports_function_calling": null}}),
    );
    assert_eq!((proxy.images, proxy.tools), (Some(false), None));
    assert_eq!(of(json!({"id": "m"})), Accepts::default());
}

#[test]
fn a_bare_array_is_a_catalogue_and_other_things_are_not() {
    assert_eq!(read(r#"[{"id":"a"},{"id":"b"}]"#).unwrap().len(), 2);
    for text in ["", "{}", "<html>", r#"{"data":7}"#, r#"{"models":[]}"#] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn what_one_list_does_not_say_another_may() {
    let list = read(r#"{"data":[{"id":"a","max_input_tokens":5},{"id":"b"}]}"#).unwrap();
    let info = read(r#"{"data":[{"model_name":"a","model_info":{"input_cost_per_token":1e-6,"max_input_tokens":9}}]}"#).unwrap();
    let both = merged(list, &info);
    assert_eq!(
        (both[0].prices.input, both[0].context),
        (Some(1.0), Some(5))
    );
    assert_eq!(both[1].prices, Prices::default());
}
