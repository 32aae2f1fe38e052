use super::*;
use chat::Message;

fn task(text: &str) -> Option<Task> {
    let talk = [Message {
        role: "user".into(),
        text: text.into(),
    }];
    decide(&Reading::of(&talk)).map(|verdict| verdict.task)
}

#[test]
fn plain_arithmetic_is_math() {
    for text in [
        "calculate 5*5",
        "What is 12 × (3 + 4)?",
        "1,200.50 + 3 =",
        "Calculate 9^9^9^9",
        "how much is 10 / 4",
        "please compute: 7 - 3",
        "calculate 10/4",
        "احسب ٥ × ٧",
        "１２＋３０＝？",
        "计算：12×3等于多少？",
        "५ + ७ की गणना करें",
    ] {
        assert_eq!(task(text), Some(Task::Math), "{text}");
    }
}

#[test]
fn dates_telephone_numbers_and_versions_are_not_arithmetic() {
    for text in [
        "2024-05-01",
        "What is 9/11?",
        "24/7",
        "what is 05/01/2024?",
        "+49 30 123456",
        "030-123-4567",
        "1.2.3",
        "978-3-16-148410-0",
        "3 apples",
        "2",
        "",
    ] {
        assert_eq!(task(text), None, "{text}");
    }
}

#[test]
fn an_order_to_answer_in_a_format_is_structured_and_code_about_it_is_not() {
    assert_eq!(task("Return JSON: Ann is 9"), Some(Task::Structured));
    assert_eq!(
        task("Three cities of Peru. Respond only with valid JSON."),
        Some(Task::Structured)
    );
    for text in [
        "Отвечай только в формате JSON. Анне 9 лет.",
        "Anne a 9 ans. Répondez uniquement en JSON.",
        "Rispondi solo con JSON: Anna ha 9 anni.",
    ] {
        assert_eq!(task(text), Some(Task::Structured), "{text}");
    }
    assert_eq!(task("How do I return JSON from Flask?"), None);
    assert_eq!(task("Write a function to return json"), None);
    assert_eq!(task("Write a poem about JSON"), None);
}

#[test]
fn the_statement_of_a_programming_contest_is_code() {
    for text in [
        "Monocarp had a bracket sequence of length $n$.\n\nInput\nThe first line contains $t$.\n\nOutput\nPrint the cost.",
        "C. Even Positions\ntime limit per test: 2 seconds\nmemory limit per test: 256 MB\nFind the least sum.",
        "Count the ways to climb n stairs.\n\nInput Format\nOne integer n.\n\nOutput Format\nThe number of ways.",
        "给定一个整数数组，返回两个数的下标。\n示例 1：\n输入：nums = [2,7]\n输出：[0,1]",
        "Print the least number of trucks, n ≤ 2*10^5, time limit 1 second.",
        "题目描述\n小明有 n 个苹果。\n输入格式\n一个整数 n。\n输出格式\n一个整数。",
    ] {
        assert_eq!(task(text), Some(Task::Code), "{text}");
    }
    for text in [
        "Find the number of ordered pairs $(a, b)$ of positive integers with $ab = 2024$.",
        "Let $x$ be real with $x + 1/x = 3$. Find $x^5 + x^{-5}$.",
        "What is the time limit of a chess game?",
    ] {
        assert_ne!(task(text), Some(Task::Code), "{text}");
    }
}

#[test]
fn a_word_or_two_alone_say_nothing() {
    let silent = |text: &str| {
        let talk = [Message {
            role: "user".into(),
            text: text.into(),
        }];
        says_nothing(&Reading::of(&talk))
    };
    for text in [
        "banana",
        "Blorp?",
        "weather",
        "zibble frotz",
        "florp zindle quax",
        "ok!",
        "Kaffee",
    ] {
        assert!(silent(text), "{text}");
    }
    for text in [
        "Explain recursion",
        "capital of France?",
        "write poem",
        "why is it so?",
    ] {
        assert!(!silent(text), "{text}");
    }
}

#[test]
fn side_requests_of_chat_apps_are_known_by_their_form() {
    let talk = "<chat_history>\nUSER: why?\n```python\nfor i in x print(i)\n```\n</chat_history>";
    let form = |order: &str, output: &str| {
        format!("### Task:\n{order}\n\n### Output:\n{output}\n\n### Chat History:\n{talk}")
    };
    for order in [
        "Make 1 to 3 broad tags for the conversation.",
        "Suggest 3 questions that the user could ask next.",
    ] {
        let text = form(order, "JSON format: { \"x\": [] }");
        assert_eq!(task(&text), Some(Task::Structured), "{order}");
    }
    let text = form(
        "Tell whether search queries are needed, and give the queries.",
        "{ \"queries\": [\"a\"] }",
    );
    assert_eq!(task(&text), Some(Task::Structured));
    let text = form(
        "Generate a detailed prompt for an image generation task based on the context.",
        "Strictly return in JSON format:\n{\n    \"prompt\": \"…\"\n}",
    );
    assert_eq!(task(&text), Some(Task::Structured));
    let text = format!(
        "### Aufgabe:\nErstelle einen kurzen Titel für den Chatverlauf.\n\n### Ausgabe:\nJSON-Format: {{ \"title\": \"…\" }}\n\n### Chatverlauf:\n{talk}"
    );
    assert_eq!(task(&text), Some(Task::Structured));
    let text = format!(
        "Suggest three follow-up prompts for the conversation below. Return them as a JSON array of strings.\n\n{talk}"
    );
    assert_eq!(task(&text), Some(Task::Structured));
    let text = format!("Create one emoji for the mood of the conversation:\n{talk}");
    assert_eq!(task(&text), Some(Task::Open));
    let text = format!("Generate a title of 3 words for this conversation:\n{talk}");
    assert_eq!(task(&text), Some(Task::Open));
    assert_eq!(
        task("Write a python function that makes a title for a conversation, as JSON object."),
        None
    );
    assert_ne!(
        task("Suggest a fix.\n```python\nx\n```"),
        Some(Task::Structured)
    );
}

#[test]
fn a_fence_of_a_programming_language_is_code() {
    assert_eq!(task("why?\n```rust\nlet x = 1;\n```"), Some(Task::Code));
    assert_eq!(task("to yaml\n```json\n{}\n```"), None);
    assert_eq!(task("a poem on this\n```py\nx\n```"), None);
}
