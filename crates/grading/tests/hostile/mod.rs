//! Input made to bring a grader down: for the test that none does, and the tool that times it.

pub mod cases;
pub mod code;

/// Prompts that lead to every kind of check.
pub const PROMPTS: [&str; 10] = [
    "What is 12 * 7?",
    "Return a JSON object with keys a and b.",
    "Return it as JSON Lines.",
    "Give me a markdown table.",
    "Give me a list of 3 things.",
    "Write it as YAML.",
    "Write it as TOML.",
    "Return XML.",
    "Output CSV.",
    "Output TSV.",
];

/// Texts that have brought graders down: each comes up as prompt and as answer.
pub fn texts() -> Vec<String> {
    let mut texts = vec![
        "9^9^9^9".to_owned(),
        "1".repeat(100_000),
        format!("{}.{}", "1".repeat(50_000), "1".repeat(50_000)),
        format!("What is {}5?", "-".repeat(50_000)),
        "{".repeat(200_000),
        "[".repeat(200_000),
        "(".repeat(200_000),
        format!("{}1{}", "[".repeat(1_000), "]".repeat(1_000)),
        format!("{}1{}", "{\"a\":".repeat(1_000), "}".repeat(1_000)),
        format!("{}1{}", "(".repeat(1_000), ")".repeat(1_000)),
        "sqrt(".repeat(2_000),
        "\\frac{".repeat(2_000),
        "2\\frac{".repeat(1_000),
        "sum of ".repeat(1_000),
        "half of ".repeat(1_000),
        "1+".repeat(500_000),
        "1/3+1/7+1/11+".repeat(60),
        format!("lcm of {}", "9999999967, 9999999943, ".repeat(20)),
        "999! + ".repeat(50),
        "2^16000 * 3^9000 + 7^5000 - ".repeat(20),
        "\\boxed{".repeat(100_000),
        "**".repeat(500_000),
        "**1**".repeat(200_000),
        "= 1 ".repeat(250_000),
        "answer is ".repeat(100_000),
        "```".repeat(300_000),
        "```\n".repeat(250_000),
        "~~~json\n{\n".repeat(90_000),
        "\"\\".repeat(500_000),
        "{\"a\":\"".repeat(150_000),
        "|a|b|\n".repeat(160_000),
        "- x\n".repeat(250_000),
        "<think>".repeat(140_000),
        "</think>".repeat(120_000),
        "json keys \"a\", ".repeat(33_000),
        "json array of 3 ".repeat(33_000),
        "a = [1, \n".repeat(100_000),
        "\u{feff}\u{202e}\u{0}".repeat(100_000),
        "é".repeat(500_000),
        "²".repeat(300_000),
        "½".repeat(300_000),
        "</s>".repeat(250_000),
        format!("[{}1]", "1,".repeat(95_000)),
        format!("[{}1", "1,".repeat(95_000)),
        format!("[{}{{}}]", "{\"a\":[1,\"b\"]},".repeat(13_000)),
        format!("{{\"a\":\"{}\"}}", "x".repeat(190_000)),
        "a: 1\n".repeat(19_900),
        "- [a, b]\n".repeat(9_900),
        "<a>".repeat(33_000),
        "<a b='c'/>".repeat(9_900),
        "a,b\n".repeat(24_000),
        "\"a\",\"b\"\n".repeat(9_900),
        "a = 1\n".repeat(16_000),
        "[[a]]\nb = 1\n".repeat(7_900),
        "[a.b.c.d.e]\n".repeat(7_900),
        "1 2/3 ".repeat(160_000),
        "twenty-one hundred and ".repeat(40_000),
        "0".repeat(1_000_000),
        " ".repeat(1_000_000),
        "\n".repeat(1_000_000),
    ];
    texts
        .iter_mut()
        .for_each(|text| text.truncate(text.floor_char_boundary(1_000_000)));
    texts
}
