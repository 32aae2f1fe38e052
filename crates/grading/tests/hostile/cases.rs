//! Requests made to take a grader's time: a prompt, a format and answers that multiply work by each other.
//! The tool times them; the tests hold what each may take of the budget.

use chat::{Choice, Message, Task, ToolCall};
use grading::{Asked, Finding, check_within, work::Work};
use serde_json::{Value, json, value::RawValue};

/// One request and its answer, as often as there are choices.
pub struct Case {
    /// The kind of check that it leads to, for the table.
    pub group: String,
    pub task: Task,
    pub prompt: String,
    /// How the answer begins.
    pub answer: String,
    /// What it goes on with, again and again, up to so many bytes.
    pub again: Option<(&'static str, usize)>,
    pub format: Option<String>,
    pub tools: Option<String>,
    /// The arguments of calls of a tool `f`, instead of the text.
    pub calls: Vec<String>,
    /// What the last message, the model's own, begins the answer with.
    pub begun: Option<String>,
    pub names_stops: bool,
    /// Choices that say the same.
    pub n: usize,
}

/// A request that was read, so that grading alone is timed.
pub struct Ready {
    task: Task,
    messages: Vec<Message>,
    format: Option<Box<RawValue>>,
    tools: Option<Box<RawValue>>,
    names_stops: bool,
    choices: Vec<Choice>,
}

impl Case {
    pub fn new(group: impl Into<String>, task: Task, prompt: &str, answer: String) -> Self {
        Case {
            group: group.into(),
            task,
            prompt: prompt.to_owned(),
            answer,
            again: None,
            format: None,
            tools: None,
            calls: Vec::new(),
            begun: None,
            names_stops: false,
            n: 1,
        }
    }

    /// The whole answer.
    fn text(&self) -> String {
        let again = self
            .again
            .map(|(unit, most)| unit.repeat(most / unit.len()));
        self.answer.clone() + again.as_deref().unwrap_or_default()
    }

    fn with_schema(group: &str, schema: &Value, answer: String) -> Self {
        let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": schema}});
        Case {
            format: Some(format.to_string()),
            ..Case::new(group, Task::Structured, "x", answer)
        }
    }

    /// In so many words what it is.
    pub fn label(&self) -> String {
        let answer = self.text();
        let shown: String = answer.chars().take(32).collect();
        let asked: String = self.prompt.chars().take(32).collect();
        let (long, format) = (
            self.prompt.len(),
            self.format.as_ref().map_or(0, String::len),
        );
        format!(
            "{} bytes of {shown:?} to {long} of {asked:?}, format of {format}, n {}",
            answer.len(),
            self.n
        )
    }

    pub fn ready(&self) -> Ready {
        let message = |role: &str, text: &str| Message {
            role: role.into(),
            text: text.into(),
        };
        let mut messages = vec![message("user", &self.prompt)];
        messages.extend(
            self.begun
                .as_deref()
                .map(|begun| message("assistant", begun)),
        );
        let calls = self.calls.iter().map(|arguments| ToolCall {
            name: "f".into(),
            arguments: arguments.clone(),
            custom: false,
        });
        let choice = Choice {
            text: Some(self.text()),
            tool_calls: calls.collect(),
            ..Choice::default()
        };
        let raw = |text: &Option<String>| RawValue::from_string(text.clone()?).ok();
        Ready {
            task: self.task,
            messages,
            format: raw(&self.format),
            tools: raw(&self.tools),
            names_stops: self.names_stops,
            choices: vec![choice; self.n],
        }
    }
}

impl Ready {
    pub fn grade(&self, work: &Work) -> Finding {
        let asked = Asked {
            task: self.task,
            messages: &self.messages,
            response_format: self.format.as_deref(),
            tools: self.tools.as_deref(),
            max_tokens: None,
            names_stops: self.names_stops,
        };
        check_within(&asked, &self.choices, work)
    }
}

/// Choices that are tried where it is not one: the usual, and the most there are.
const MANY: [usize; 2] = [8, 128];
/// The most that an answer has, all of its choices together.
const WHOLE: usize = 4_000_000;

/// Each once, and as requests for many choices, as far as an answer can be so long.
pub fn each_many_times(cases: Vec<Case>) -> impl Iterator<Item = Case> {
    cases.into_iter().flat_map(|case| {
        let counts = std::iter::once(1).chain(MANY);
        let again = case.again.map_or(0, |(_, most)| most);
        let length = again + case.answer.len() + case.calls.iter().map(String::len).sum::<usize>();
        let fitting = counts.filter(move |n| *n == 1 || n * length <= WHOLE);
        let made: Vec<Case> = fitting
            .map(|n| Case {
                group: match n {
                    1 => case.group.clone(),
                    n => format!("{} x{n}", case.group),
                },
                prompt: case.prompt.clone(),
                answer: case.answer.clone(),
                format: case.format.clone(),
                tools: case.tools.clone(),
                calls: case.calls.clone(),
                begun: case.begun.clone(),
                n,
                ..case
            })
            .collect();
        made
    })
}

/// All of them.
pub fn cases() -> Vec<Case> {
    let mut cases = sums();
    cases.extend(schemas());
    cases.extend(tools());
    cases.extend(formats());
    cases.extend(code());
    cases.extend(megabytes());
    cases.extend(prompts());
    cases
}

/// What is short to write and long to work out.
fn sums() -> Vec<Case> {
    let mut asked = vec![
        "Calculate 7^3000 to 4 significant figures".to_owned(),
        "Calculate 1/7^3000 to 4 significant figures".into(),
        "Calculate 9^9^9^9".into(),
        "What is 999! / 998!?".into(),
        format!("Calculate sqrt(2){}", " * sqrt(2)".repeat(40)),
        format!("Calculate {}", "1/3+1/7+1/11+".repeat(30)),
        format!("What is {}1?", "1+".repeat(240)),
        format!("What is {} * {}?", "9".repeat(240), "8".repeat(240)),
        format!("What is {} / {}?", "9".repeat(240), "7".repeat(240)),
        format!("lcm of {}", "9999999967, 9999999943, ".repeat(18)),
        "Wie viel ist siebenundneunzigtausendsechshunderteinundzwanzig mal drei?".into(),
        "soixante-dix-sept mille ".repeat(12) + "plus 3?",
        "一万二千三百四十五加".repeat(9) + "三等于多少？",
        "twenty one thousand plus ".repeat(11) + "two?",
        "What is 50% of 1/3 in percent of 12?".into(),
    ];
    asked.push(format!("What is {}5?", "-".repeat(400)));
    let answers = [
        "It is 1.2e34.".to_owned(),
        "1".repeat(8_000),
        "= 1 ".repeat(2_000),
        "**1** ".repeat(1_300),
        "\\boxed{1} ".repeat(800),
        "1/3 ".repeat(2_000),
        "twenty-one hundred and ".repeat(340),
        "einundzwanzig".repeat(600),
        "一万二千".repeat(650),
        "½".repeat(4_000),
        "1.000.000,00 ".repeat(600),
        "answer is 7^9, no, wait, ".repeat(300),
        "3 * 15 - 5 = 45 - 5 = 41\n".repeat(300),
    ];
    let mut cases: Vec<Case> = Vec::new();
    for asked in &asked {
        for answer in &answers {
            cases.push(Case::new("sum", Task::Math, asked, answer.clone()));
        }
    }
    for answer in answers {
        cases.push(Case::new(
            "steps",
            Task::Math,
            "A story of 3 apples.",
            answer.clone(),
        ));
        let long = "Tom has 12 apples. ".repeat(25);
        cases.push(Case::new("steps", Task::Open, &long, answer));
    }
    for steps in [
        "1+1=2\n",
        "9^99=3\n",
        "1/3 + 1/7 = 2\n",
        "sqrt(2)*sqrt(3) = 2\n",
        "a = 3 * (4 + 5) / 7 - 2 = 1\n",
    ] {
        let answer = steps.repeat(8_000 / steps.len());
        cases.push(Case::new(
            "steps",
            Task::Math,
            "A story of 3 apples.",
            answer,
        ));
    }
    cases
}

/// Schemas whose patterns, references, lengths or combinations multiply work.
fn schemas() -> Vec<Case> {
    let mut cases = Vec::new();
    let mut add = |schema: Value, value: Value| {
        cases.push(Case::with_schema("schema", &schema, value.to_string()));
    };
    let name = "n".repeat(150_000);
    let numbers: Vec<u32> = (0..15_000).collect();
    let mut other = numbers.clone();
    other.push(1);
    let names: Vec<String> = (0..20_000).map(|n| format!("n{n}")).collect();
    let objects = json!(vec![json!({}); 3_000]);
    add(
        json!({"$defs": {name.clone(): {"type": "object"}}, "items": {"$ref": format!("#/$defs/{name}")}}),
        objects.clone(),
    );
    add(
        json!({"anyOf": vec![json!({"const": numbers}); 100]}),
        json!(other),
    );
    add(
        json!({"allOf": vec![json!({"minLength": 1}); 5_000]}),
        json!("é".repeat(40_000)),
    );
    for step in [
        json!(0.001),
        json!(1e-300),
        json!(3e-320),
        json!(1.000_000_000_000_1e200),
    ] {
        for value in [1e300, 1e-300, 0.1, 123_456_789.123] {
            add(
                json!({"items": {"multipleOf": step}}),
                json!(vec![value; 10_000]),
            );
        }
    }
    add(
        json!({"items": {"minLength": 1.2e-300, "maxLength": 1e300}}),
        json!(vec!["a"; 20_000]),
    );
    add(
        json!({"type": "array", "minItems": 64, "items": {"const": numbers}}),
        json!([1]),
    );
    add(
        json!({"type": "array", "minItems": 64, "items": {"type": "object", "required": names}}),
        json!([1]),
    );
    // Many large items that are alike to the last.
    let alike: Vec<Value> = (0..300)
        .map(|n| json!(format!("{}{n}", "x".repeat(300))))
        .collect();
    add(json!({"uniqueItems": true}), json!(alike));
    let nested: Vec<Value> = (0..1_000)
        .map(|n| json!([[[[[[[[{"a": [1, 2, 3, n]}]]]]]]]]))
        .collect();
    add(json!({"uniqueItems": true}), json!(nested));
    add(
        json!({"uniqueItems": true, "items": {"uniqueItems": true, "items": {"uniqueItems": true}}}),
        json!(nested),
    );
    add(
        json!({"uniqueItems": true}),
        json!((0..16_000).collect::<Vec<u32>>()),
    );
    add(
        json!({"allOf": vec![json!({"uniqueItems": true}); 500]}),
        json!((0..3_000).collect::<Vec<u32>>()),
    );
    let floats: Vec<f64> = (0..5_000).map(|n| f64::from(n) * 1.1e-7).collect();
    add(
        json!({"uniqueItems": true, "items": {"multipleOf": 1e-7}}),
        json!(floats),
    );
    // Branches of which none fits, to the last.
    let wide = json!({"a": 1, "b": [1, 2], "c": {"d": null}});
    add(
        json!({"items": {"anyOf": vec![json!({"type": "string"}); 2_000]}}),
        json!(vec![wide.clone(); 500]),
    );
    add(
        json!({"items": {"oneOf": vec![json!({"required": ["a"]}); 100]}}),
        json!(vec![wide.clone(); 500]),
    );
    add(
        json!({"items": {"enum": names}}),
        json!(vec!["n19999"; 5_000]),
    );
    add(
        json!({"items": {"enum": vec![wide.clone(); 3_000]}}),
        json!(vec![json!({"a": 1, "b": [1, 2], "c": {"d": 0}}); 1_000]),
    );
    add(
        json!({"not": {"not": {"not": {"items": {"not": {"enum": names}}}}}}),
        json!(names),
    );
    // What was looked at, kept and joined at every level.
    let keys: serde_json::Map<String, Value> =
        (0..5_000).map(|n| (format!("key{n}"), json!(n))).collect();
    add(
        json!({"allOf": vec![json!({"additionalProperties": true}); 200], "unevaluatedProperties": false}),
        json!(keys),
    );
    let mut deep = json!({"additionalProperties": true});
    for _ in 0..70 {
        deep = json!({"allOf": [deep], "unevaluatedProperties": false});
    }
    add(deep, json!(keys));
    let mut deep = json!({"contains": {}});
    for _ in 0..70 {
        deep = json!({"allOf": [deep], "unevaluatedItems": false});
    }
    add(deep, json!((0..15_000).collect::<Vec<u32>>()));
    add(
        json!({"patternProperties": (0..300).map(|n| (format!("^[a-z]+{n}$"), json!({}))).collect::<serde_json::Map<_, _>>()}),
        json!(keys),
    );
    add(
        json!({"propertyNames": {"pattern": "^([a-z]+[0-9]*)+$"}, "patternProperties": {"(k|e|y|[0-9])+": {"type": "number"}}}),
        json!(keys),
    );
    add(
        json!({"dependentRequired": names.iter().map(|name| (name.clone(), json!(names.iter().take(10).collect::<Vec<_>>()))).collect::<serde_json::Map<_, _>>()}),
        json!(keys),
    );
    // Patterns that are long to compile, and long to match.
    let text = json!("a".repeat(90_000));
    for pattern in [
        "^(a+)+$",
        "^(a|aa)*b$",
        "(.*)*(.*)*(.*)*x",
        "((a{0,100}){0,100}){0,100}",
        "\\p{L}+\\w+\\s*$",
        "(a|b|ab|ba|a?b?)*c",
        "(?i)(a{1,30}b?){1,30}$",
        "^[^b]*[^c]*[^d]*[^e]*[^f]*$",
        "(x+x+)+y",
        "[\\s\\S]*[\\s\\S]*$",
        "^(?:a?){400}a{400}$",
        "((((((((((a*)*)*)*)*)*)*)*)*)*)*b",
        "(\\w+\\W*)+\\.$",
        "a{900}",
        "(a{30}){30}",
        "^.{1,}(.|\\n){1,}x$",
        "(?i:[a-zà-ÿ]+ )+",
        "(a?a?a?a?a?a?a?a?a?a?){3,40}$",
    ] {
        add(json!({"pattern": pattern}), text.clone());
        add(
            json!({"items": {"pattern": pattern}}),
            json!(vec!["a".repeat(20); 4_000]),
        );
        add(
            json!({"items": {"pattern": pattern}}),
            json!(vec!["é😀a "; 3_000]),
        );
    }
    let many: Vec<Value> = (0..400)
        .map(|n| json!({"pattern": format!("(a{{1,{n}}}|b?){{1,5}}{n}")}))
        .collect();
    add(json!({"anyOf": many}), json!("ab"));
    // References that lead round, and to one another.
    add(json!({"$ref": "#"}), text.clone());
    add(
        json!({"$defs": {"a": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}, "$ref": "#/$defs/a"}),
        text.clone(),
    );
    add(
        json!({"$defs": {"a": {"properties": {"a": {"$ref": "#/$defs/a"}, "b": {"$ref": "#/$defs/a"}}, "items": {"anyOf": [{"$ref": "#/$defs/a"}, {"$ref": "#/$defs/a"}]}}}, "$ref": "#/$defs/a"}),
        objects.clone(),
    );
    let chain: serde_json::Map<String, Value> = (0..6_000)
        .map(|n| {
            (
                format!("c{n}"),
                json!({"$ref": format!("#/$defs/c{}", n + 1)}),
            )
        })
        .collect();
    add(
        json!({"$defs": chain, "items": {"$ref": "#/$defs/c0"}}),
        objects.clone(),
    );
    let ids: Vec<Value> = (0..6_000)
        .map(|n| json!({"$id": format!("{}{n}", "i/".repeat(200)), "$anchor": "a".repeat(400)}))
        .collect();
    add(
        json!({"$id": "http://a/", "$defs": {"x": {"allOf": ids}}, "items": {"$ref": "#nowhere"}}),
        objects.clone(),
    );
    add(
        json!({"$id": format!("http://a/{}", "b/".repeat(240)), "items": {"$ref": format!("{}#x", "../c".repeat(1_000))}}),
        objects.clone(),
    );
    let mut nest = json!({"type": "string"});
    for _ in 0..95 {
        nest = json!({"$id": "i/".repeat(240), "allOf": [nest.clone(), {"$id": "j".repeat(400)}]});
    }
    add(nest, objects.clone());
    let pointers: Vec<Value> = (0..8_000)
        .map(|n| json!({"$ref": format!("#/{}", "a/".repeat(n % 50))}))
        .collect();
    add(json!({"a": {}, "anyOf": pointers}), objects);
    // Wide, deep and long schemas that say little.
    let properties: serde_json::Map<String, Value> = names
        .iter()
        .map(|name| (name.clone(), json!({"type": "string"})))
        .collect();
    add(
        json!({"type": "object", "properties": properties, "required": names}),
        json!(properties),
    );
    add(
        json!({"type": "object", "properties": properties}),
        json!({}),
    );
    add(json!({"anyOf": vec![json!({}); 30_000]}), json!({}));
    add(
        json!({"enum": vec!["a".repeat(60_000); 10]}),
        json!("b".repeat(60_000)),
    );
    add(
        json!({"enum": [], "description": "long ".repeat(100_000)}),
        json!({}),
    );
    add(
        json!({"type": (0..50_000).map(|_| "string").collect::<Vec<_>>()}),
        json!([]),
    );
    add(
        json!({"items": {"type": (0..900).map(|_| "string").collect::<Vec<_>>()}}),
        json!((0..16_000).collect::<Vec<u32>>()),
    );
    add(
        json!({"type": "array", "items": {"type": "string", "minLength": 4_000}, "minItems": 64}),
        json!([]),
    );
    add(
        json!({"anyOf": vec![json!({"type": "string", "minLength": 4_096, "pattern": "^a{1000}b$"}); 400], "not": {}}),
        json!([]),
    );
    cases
}

/// Calls of tools, of which there are many.
fn tools() -> Vec<Case> {
    let call = |tools: Value, calls: Vec<String>| Case {
        tools: Some(tools.to_string()),
        calls,
        ..Case::new("tools", Task::Open, "x", String::new())
    };
    let tool = |name: &str, parameters: Value| json!({"type": "function", "function": {"name": name, "parameters": parameters}});
    let mut last: Vec<Value> = (0..7_000)
        .map(|n| tool(&format!("g{n}"), json!({})))
        .collect();
    last.push(tool("f", json!({"type": "object", "required": ["a"]})));
    let never = json!({"type": "object", "required": ["a"], "properties": {"a": {"anyOf": vec![json!({"pattern": "^x{50}y$"}); 300]}}});
    let list = format!("{{\"a\":[{}1]}}", "1,".repeat(8_000));
    vec![
        call(json!(last), vec!["{}".into(); 64]),
        call(json!(last), vec![list.clone(); 4]),
        call(json!([tool("f", never.clone())]), vec!["{}".into(); 64]),
        call(
            json!([tool("f", never)]),
            vec!["{\"a\":\"xxxxxxxxxx\"}".into(); 64],
        ),
        call(
            json!([tool("f", json!({"uniqueItems": true}))]),
            vec![list; 8],
        ),
        call(
            json!([tool("f", json!({"description": "long ".repeat(90_000)}))]),
            vec!["{}".into(); 64],
        ),
        call(json!([tool("f", json!({}))]), vec!["{".into(); 64]),
    ]
}

const ASKING: [(&str, &str); 10] = [
    ("JSON", "Return a JSON object with keys a and b."),
    ("JSON Lines", "Return it as JSON Lines with keys a and b."),
    ("table", "Give me a markdown table with 5 rows."),
    ("list", "Give me a list of 3 things."),
    ("YAML", "Write it as YAML with keys a and b."),
    ("TOML", "Write it as TOML."),
    ("XML", "Return XML."),
    ("CSV", "Output CSV with columns a, b and c."),
    ("TSV", "Output TSV."),
    (
        "filled form",
        "Fill in this JSON template:\n```json\n{\"a\": \"...\", \"b\": [\"...\"], \"c\": {\"d\": \"...\"}}\n```",
    ),
];

/// Texts of every format, up to what is parsed of it.
fn formats() -> Vec<Case> {
    let mut units: Vec<String> = [
        "<",
        "\n",
        "-\n",
        "a:\n",
        "```\nx\n```\n",
        "{\"a\":1}\n",
        "[],",
        "{},",
        "{\"a\":",
        "[",
        "\"\\u0061",
        "1,",
        "1e400,",
        "0.1234567890123456789,",
        "- a\n",
        "- - ",
        "? a\n",
        "&a ",
        "*a ",
        "a: |\n  b\n",
        "a: >\n  b\n\n",
        "'a",
        "\"a\": \"b\"\n",
        "{a: b}, ",
        "[a, b]\n",
        "# a\n",
        "--- \n",
        "%TAG ! a\n",
        "a = 1\n",
        "[a]\n",
        "[[a]]\n",
        "a.b.c.d = 1\n",
        "a = [1, ",
        "a = {b = 1}\n",
        "a = \"\"\"\n",
        "a = 1979-05-27T07:32:00Z\n",
        "<a>",
        "<a/>",
        "<a b='c'/>",
        "</a>",
        "<!-- a -->",
        "<![CDATA[a]]>",
        "<?a b?>",
        "&amp;",
        "&#65;",
        "<a xmlns='b'>",
        "<a xmlns:b='c' b:d='e'/>",
        "a,b\n",
        "\"a\",\"b\"\n",
        "\"\"",
        ",",
        ";",
        "a\tb\n",
        "|a|b|\n",
        "|-|-|\n",
        "| \\| ",
        "1. a\n",
        "* a\n",
        "é",
        "😀",
        "\u{feff}",
        "\u{202e}",
        "\u{85}",
        "\r",
        "\r\n",
        "```json\n",
        "~~~\n",
        "````md\n```\n",
        "``` ",
        "<table",
        "{{ a }}",
        "{% a %}",
        "...",
        "{\"a\":1,\"b\":2}\n",
        "$ a\n",
        "// a\n",
    ]
    .map(String::from)
    .into();
    units.push("x".repeat(997));
    units.push(" ".repeat(50));
    units.push("key".repeat(20) + ": value\n");
    let mut texts: Vec<String> = Vec::new();
    for unit in units {
        for most in [7_800, 49_000, 98_000] {
            texts.push(unit.repeat(most / unit.len()));
        }
    }
    let attributes: String = (0..390).map(|n| format!(" a{n}='1'")).collect();
    texts.push(format!("<a>{}</a>", format!("<a{attributes}/>").repeat(25)));
    let many: String = (0..10_600).map(|n| format!(" a{n}='1'")).collect();
    texts.push(format!("<a{many}/>"));
    let spaces: String = (0..390).map(|n| format!(" xmlns:a{n}='{n}'")).collect();
    texts.push(format!(
        "<a{spaces}>{}</a>",
        "<a389:b a388:c='d'/>".repeat(4_000)
    ));
    let (entity, often) = ("x".repeat(30_000), "&e;".repeat(20_000));
    texts.push(format!(
        "<!DOCTYPE a [<!ENTITY e '{entity}'>]><a>{often}</a>"
    ));
    texts.push(format!(
        "<!DOCTYPE a [<!ENTITY e '{entity}'>]><a b='{often}'/>"
    ));
    let declared: String = (0..3_000).map(|n| format!("<!ENTITY e{n} 'x'>")).collect();
    texts.push(format!(
        "<!DOCTYPE a [{declared}]><a>{}</a>",
        "&e2999;".repeat(5_000)
    ));
    let nested: String = (0..4_000).map(|n| format!("[a.b{n}.c]\nd = 1\n")).collect();
    texts.push(nested);
    texts.push((0..9_000).map(|n| format!("a{n} = 1\n")).collect());
    texts.push((0..9_000).map(|n| format!("a{n}: 1\n")).collect());
    texts.push(format!(
        "a = {{{}b = 1}}",
        (0..9_000)
            .map(|n| format!("a{n} = 1, "))
            .collect::<String>()
    ));
    texts.push(format!(
        "{{{}\"b\":1}}",
        (0..9_000)
            .map(|n| format!("\"a{n}\":1,"))
            .collect::<String>()
    ));
    texts.push(format!("{{{}\"b\":1}}", "\"a\":1,".repeat(15_000)));
    texts.push(format!("{}1{}", "{\"x\":[".repeat(50), "]}".repeat(50)).repeat(200));
    texts.push(
        (0..110)
            .map(|n| format!("{}a:\n", " ".repeat(n)))
            .collect::<String>()
            .repeat(14),
    );
    let mut cases = Vec::new();
    for text in &texts {
        for (format, prompt) in ASKING {
            cases.push(Case::new(format, Task::Structured, prompt, text.clone()));
        }
        let mut case = Case::new("json_object", Task::Structured, "x", text.clone());
        case.format = Some(r#"{"type":"json_object"}"#.into());
        cases.push(case);
    }
    cases
}

/// Code without a fence, with one, with many; in one line, in many; in a language that is asked for or not.
fn code() -> Vec<Case> {
    let units = [
        "a ",
        "s",
        "def f(x):\n    return x\n",
        "if (a) { b(); }\n",
        "SELECT a, b FROM t WHERE c = 1;\n",
        "echo $a | grep b\n",
        "let x = 1;\n",
        "x := f(a)\n",
        "public void f() { }\n",
        "a{b:c;}\n",
        ".a > b { c: d; }\n",
        "\"a\": 1,\n",
        "a,b,c\n",
        "- a: b\n",
        "<a b='c'>d</a>\n",
        "$ ls -l\nx\n",
        "=",
        ": str",
        ": strin",
        "\"\"",
        "Syste",
        "__",
        "}",
        "} from",
        "&mu",
        "-",
        "err != ni",
        "println",
        "é",
        "😀 ",
        "# a\n",
        "// a\n",
        "-- a\n",
        "/* a */\n",
        "{{ a }}\n",
        "...\n",
        "@@ -1 +1 @@\n",
        ">>> a\n",
        "1 a\n",
        "+ a\n- b\n",
        "`a` ",
        "It is so.\n",
        "A sentence, as it were.\n\n",
        "{\n",
        "[[",
        "a(",
        "a[b](c).d = ",
        "x = y if z else w\n",
        "lambda: 0, ",
        "f'{a}' ",
        "1 + ",
        "${a}",
        "$(a)",
        "`a`",
        "[ -z $a ] && b || c\n",
        "case a in b) c;; esac\n",
        "for i in a; do b; done\n",
        "cat <<E\nE\n",
        "#[a] fn b<'c, D: E>(f: &'c D) -> G { h!(i) }\n",
        "x.y(|z| z)?;\n",
        "match a { b => c, }\n",
        "type A<B> = C<D>;\n",
        "const a = <b c={d}>e</b>;\n",
        "a ? b : c ? d : ",
        "async () => { await a };\n",
        "/a+b/g;\n",
        "`${a}`;\n",
        "class A<B extends C<D>> { E<F> g = new H<>(); }\n",
        "() -> { };\n",
        "go func() { a <- b }()\n",
        "var a = []int{1, 2}\n",
        "case when a then b end, ",
        "(select a from b) union ",
        "a join b on c = d ",
        "values (1, 'a'), ",
    ];
    let mut cases = Vec::new();
    for unit in units {
        for most in [900, 7_800, 11_900, 24_000, 31_000] {
            let text = unit.repeat(most / unit.len());
            for (tag, asked) in [
                ("", "Write it."),
                ("python", "Write a Python program."),
                ("js", "Write JavaScript."),
                ("ts", "x"),
                ("tsx", "x"),
                ("rust", "Write Rust."),
                ("go", "x"),
                ("java", "Write a method in Java."),
                ("sql", "Write SQL."),
                ("bash", "Write Bash."),
                ("json", "x"),
                ("yaml", "x"),
                ("xml", "x"),
                ("csv", "x"),
                ("css", "x"),
            ] {
                let answer = format!("```{tag}\n{text}\n```");
                cases.push(Case::new(format!("code {tag}"), Task::Code, asked, answer));
            }
            cases.push(Case::new(
                "code bare",
                Task::Code,
                "Write a program.",
                text.clone(),
            ));
            cases.push(Case::new(
                "code bare",
                Task::Code,
                "Write a complete Python script.",
                text,
            ));
        }
        // Many small ones.
        let small = format!("```\n{unit}\n```\n");
        cases.push(Case::new(
            "code fences",
            Task::Code,
            "Write it.",
            small.repeat(31_000 / small.len()),
        ));
        let small = format!("```python\n{unit}\n```\n");
        cases.push(Case::new(
            "code fences",
            Task::Code,
            "Write a Python program.",
            small.repeat(31_000 / small.len()),
        ));
        // One line after 299 short ones.
        cases.push(Case::new(
            "code lines",
            Task::Code,
            "Write it.",
            "x\n".repeat(299) + &unit.repeat(30_000 / unit.len()),
        ));
    }
    cases
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
                    cases.push(Case {
                        group: case.group.clone(),
                        prompt: case.prompt.clone(),
                        answer: case.answer.clone(),
                        format: None,
                        tools: None,
                        calls: Vec::new(),
                        begun: None,
                        ..case
                    });
                    case.names_stops = true;
                    cases.push(case);
                }
            }
        }
    }
    cases
}
