//! Answers of megabytes, and long prompts.

use chat::Task;

use super::{Case, WHOLE};

/// All of them.
pub fn cases() -> Vec<Case> {
    [megabytes(), prompts()].concat()
}

/// Answers as long as they come, to short questions and with a begun answer or stops.
fn megabytes() -> Vec<Case> {
    let units = [
        "a",
        " ",
        "\n",
        "\n\n",
        "<",
        "</",
        "</x",
        "<t",
        "<th",
        "</think",
        "<think>",
        "</think>\n",
        "`</think>\n",
        "`<think>\n",
        "```\n",
        "``` ",
        "~~~\n",
        "```py\nx```\n",
        "\"",
        "\\",
        "{",
        "}",
        "[1,",
        "{\"a\":1}\n",
        "1",
        "1,",
        "é",
        "😀",
        "\u{feff}",
        "</s>",
        "<|end|>",
        "<|channel|>final",
        "<|channel|>",
        "assistantfinal",
        "a,b\n",
        "|a|\n",
        "- a\n",
        "<a>",
        "a: 1\n",
        "a = 1\n",
        "x = 1;\n",
        "1+1=2\n",
        "**1**",
        "\\boxed{1}",
        "Sure. ",
        "```json\n{}\n```\n",
    ];
    let heads = [
        "",
        "<think>",
        "<analysis>",
        "<|channel|>analysis",
        "analysis",
        "[THINK]",
        "```py\n",
        "{\"a\":\"",
        "<analysis>\n<think></think>",
    ];
    let mut cases = Vec::new();
    for unit in units {
        for head in heads {
            let times = if head.ends_with("</think>") { 20 } else { 1 };
            let most = WHOLE - 2_000;
            let answer = head.repeat(times);
            for (task, prompt) in [
                (Task::Math, "What is 17 * 23?"),
                (Task::Code, "Write Python."),
                (Task::Structured, "Give it as JSON."),
                (Task::Open, "x"),
            ] {
                // The rest differs by the task little.
                if task != Task::Math && !head.is_empty() {
                    continue;
                }
                let mut case = Case::new("megabytes", task, prompt, answer.clone());
                case.again = Some((unit, most));
                cases.push(case);
            }
            let mut begun = Case::new(
                "megabytes begun",
                Task::Math,
                "What is 17 * 23?",
                answer.clone(),
            );
            begun.begun = Some("<think>Well".into());
            begun.again = Some((unit, most));
            cases.push(begun);
        }
        let answer = unit.repeat(31_000 / unit.len());
        for (task, prompt) in [
            (Task::Math, "What is 17 * 23?"),
            (Task::Code, "Write Python."),
            (Task::Structured, "Give it as JSON with keys a and b."),
            (Task::Structured, "Write CSV."),
        ] {
            let mut stops = Case::new("stops", task, prompt, answer.clone());
            stops.names_stops = true;
            cases.push(stops);
            let mut begun = Case::new("begun", task, prompt, answer.clone());
            begun.begun = Some("```py\n".to_owned() + &unit.repeat(16_000 / unit.len()));
            cases.push(begun);
        }
    }
    cases
}

/// Long prompts, read for what they ask.
fn prompts() -> Vec<Case> {
    let units = [
        "a ",
        "ab",
        "é",
        "日",
        "json日",
        "日json",
        "json ",
        "as json, ",
        "JSON with keys a, b, ",
        "keys json \"a\", ",
        "fields: `a`\n",
        "5 rows of csv ",
        "table with 3 columns ",
        "one a line list ",
        "<chat>",
        "</",
        "<chat>x</chat>",
        "user: a\nassistant: b\n",
        "```\n{\"a\": \"...\"}\n```\n",
        "{\"a\": 1}\n",
        "{",
        "[{\"a\":",
        "{\"type\":\"object\",\"properties\":{\"a\":{}}} schema ",
        "python ",
        "Go js TS sql ",
        "python3 postgresql ",
        "javascriptreact ",
        "x = f(a);\n",
        "1 + 1 ",
        "3 apples ",
        "twenty one ",
        "sqrt ",
        "method function ",
        "yaml",
        "xml toml ",
        "return json array of strings ",
        "3 pros and 3 cons in json ",
    ];
    let mut cases = Vec::new();
    for unit in units {
        for most in [250, 480, 1_900, 19_000, 24_000, 900_000] {
            let prompt = unit.repeat(most / unit.len());
            let asked = format!("{prompt}\nAnswer in JSON as in this schema.");
            for (task, answer) in [
                (Task::Math, "It is 4."),
                (Task::Code, "x = 1\n"),
                (Task::Structured, "{\"a\": 1}"),
                (Task::Structured, "{"),
                (Task::Open, "4"),
                (Task::Code, "```python\ndef f():\n    return g()\n```"),
                (Task::Code, "```java\nx y\n```"),
            ] {
                for prompt in [&prompt, &asked] {
                    let mut case = Case::new("prompt", task, prompt, answer.into());
                    cases.push(case.clone());
                    case.names_stops = true;
                    cases.push(case);
                }
            }
        }
    }
    cases
}
