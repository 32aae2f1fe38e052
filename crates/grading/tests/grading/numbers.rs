//! Numbers as the world writes them.

use super::*;

#[test]
fn numbers_are_read_as_the_world_writes_them() {
    for (question, answer) in [
        ("احسب ٥ × ٧", "الجواب هو ٣٥"),
        ("محاسبه کن: 12 + 30", "۴۲"),
        ("１２＋３０＝？", "４２です。"),
        ("计算：12×3等于多少？", "12×3＝36"),
        ("५ + ७ की गणना करें", "१२"),
        ("Berechne 2,5 * 4", "10"),
        ("Berechne 1.234,5 + 1", "1.235,5"),
        ("Berechne 7 / 2", "3,5"),
        ("Combien font 1 234 + 1 ?", "1 235"),
        ("2,5 * 4 =", "10"),
        ("What is 1,234 + 1?", "1,235"),
        ("What is 12,34,567 + 1?", "12,34,568"),
    ] {
        assert_eq!(math(question, answer), Some(1.0), "{question} {answer}");
    }
    for (question, answer) in [
        ("Berechne 2,5 * 4", "20"),
        ("What is 1,234 + 1?", "2,234"),
        ("What is 7 / 2?", "3,5"),
        ("احسب ٥ × ٧", "٣٦"),
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{question} {answer}");
    }
}

#[test]
fn an_answer_that_explains_itself_is_read_where_it_states_its_value() {
    for answer in [
        "391 is the product of 17 and 23.",
        "391. You can check: 391 / 17 = 23.",
        "The result of 17 * 23 is 391.\n\nVerification: 391 / 23 = 17",
        "17 * 23 is 391, since 17 * 23 = 17 * (20 + 3) = 340 + 51.",
        "391\n\nLet me know if you need the other 3 steps!",
    ] {
        assert_eq!(math("Calculate 17 * 23", answer), Some(1.0), "{answer}");
    }
    let total = "First, 17*20 = 340. Then 17*3 = 51. So 391 in total.";
    assert_eq!(math("Calculate 17 * 23", total), None);
    for answer in [
        "390 is the product of 17 and 23.",
        "First, 17*20 = 340, 17*3 = 41, so 381.",
        "319\n\nCheck: 319 / 23 = 17",
        "Let me add 391 and 1.\n\n\\boxed{392}",
        "Take 391 apples.\n\nThe answer is 392.",
    ] {
        assert_eq!(math("Calculate 17 * 23", answer), Some(0.0), "{answer}");
    }
    assert_eq!(
        math("What is 12 / 3?", "12 divided by 3 is 5, as 3 * 4 = 15"),
        Some(0.0)
    );
}

#[test]
fn numbers_are_written_with_words_and_signs_for_thousands() {
    for (question, answer) in [
        ("计算 12000 + 8000", "2万"),
        ("25000+10000はいくつですか？", "3万5000"),
        ("Calculate 10^6 * 3", "3 million"),
        ("What is 2 crore / 4?", "50 lakh"),
        ("Calculate 10 / 4", "2 ½"),
        ("Was ist 15,50 € + 4,50 €?", "20,00 €"),
        ("Сколько будет 15% от 240?", "36"),
        ("5 + 7 はいくつ？", "12"),
        ("¿Cuánto es 16 + 0?", "diez y seis"),
        ("Please answer with a single number: what is 34 + 34?", "68"),
    ] {
        assert_eq!(math(question, answer), Some(1.0), "{question} {answer}");
    }
    for (question, answer) in [
        ("Calculate 3051234 + 0", "about 3.1 million"),
        ("Was ist 7 / 2?", "dreieinhalb"),
        ("what's 100 divided by 3", "33.(3)"),
    ] {
        assert_eq!(math(question, answer), None, "{question} {answer}");
    }
    assert_eq!(math("Was ist 15,50 € + 4,50 €?", "21 €"), Some(0.0));
    assert_eq!(math("Calculate 10^6 * 3", "3.1 million"), Some(0.0));
}

#[test]
fn a_saying_is_no_division_and_a_sum_is_one_whatever_the_task() {
    for (question, answer) in [
        (
            "What is 9/11?",
            "The attacks of September 11, 2001, in which 19 hijackers flew four planes.",
        ),
        (
            "What is 24/7?",
            "It means around the clock: 24 hours a day, 7 days a week.",
        ),
        ("What is 20/20?", "Normal sight at 20 feet."),
        ("What is 7/7?", "The 2005 London bombings."),
        ("What is 80/20?", "The Pareto principle."),
        ("What is 10-4?", "Radio code for \"understood\"."),
        (
            "What is 4-3-3?",
            "A formation with four defenders, three midfielders and three forwards.",
        ),
        (
            "What is a 2x4?",
            "A piece of lumber, nominally two by four inches.",
        ),
    ] {
        assert_eq!(math(question, answer), None, "{question}");
        assert_eq!(quality(&grade(Task::Factual, question, answer)), None);
    }
    let sum = "What is 34 + 34? Reply with the number only.";
    for task in [Task::Open, Task::Factual, Task::Math] {
        assert_eq!(quality(&grade(task, sum, "68")), Some(1.0));
        assert_eq!(quality(&grade(task, sum, "67")), Some(0.0));
    }
}

#[test]
fn sums_are_asked_and_answered_in_the_words_of_five_more_languages() {
    for (question, right, wrong) in [
        (
            "Was ist sieben mal acht? Antworte mit der Zahl.",
            "sechsundfünfzig",
            "fünfundsechzig",
        ),
        ("Was ist 7 mal 8?", "Sechsundfünfzig.", "fünfundfünfzig"),
        (
            "Wie viel ist zwölf plus dreißig?",
            "Das Ergebnis ist zweiundvierzig.",
            "Das Ergebnis ist 43.",
        ),
        ("Berechne hundert geteilt durch acht", "12,5", "12"),
        (
            "Combien font sept fois huit ? Réponds par le nombre.",
            "cinquante-six",
            "soixante-cinq",
        ),
        (
            "Combien font quatre-vingt-dix plus un ?",
            "quatre-vingt-onze",
            "92",
        ),
        (
            "¿Cuánto es siete por ocho?",
            "cincuenta y seis",
            "sesenta y cinco",
        ),
        ("¿Cuánto es 7 por 8?", "Es cincuenta y seis.", "57"),
        (
            "Quanto é sete vezes oito?",
            "cinquenta e seis",
            "cinquenta e cinco",
        ),
        ("Quanto é doze mais trinta?", "42", "quarenta e três"),
        ("七乘以八等于多少？只回答数字。", "五十六", "六十五"),
        ("十二加三十等于几？", "四十二", "43"),
        ("计算12×3", "三十六", "三十七"),
        ("请问7×8是多少？", "答案是56。", "答案是57。"),
        ("7 * 8 =", "sechsundfünfzig", "fünfundsechzig"),
        ("What is 7 times 8?", "fifty-six", "sixty-five"),
    ] {
        assert_eq!(math(question, right), Some(1.0), "{question} {right}");
        assert_eq!(math(question, wrong), Some(0.0), "{question} {wrong}");
    }
    // Number words of a language that is not read.
    for (question, answer) in [
        ("Hoeveel is 7 * 8?", "zesenvijftig"),
        ("7 * 8 =", "zesenvijftig"),
        ("Сколько будет 7 * 8?", "пятьдесят шесть"),
        ("Quanto fa 7 * 8?", "cinquantasei"),
    ] {
        assert_eq!(math(question, answer), None, "{question} {answer}");
    }
    for (question, answer) in [
        ("What is 7 * 8?", "I do not know."),
        ("Was ist 7 mal 8?", "Das weiß ich nicht."),
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{question} {answer}");
    }
}

#[test]
fn right_numbers_in_unusual_dress_are_right() {
    for (question, answers) in [
        (
            "What is 1,234.56 * 1000?",
            &[
                "1,234,560",
                "1 234 560",
                "1.234.560",
                "1’234’560",
                "12,34,560",
                "\\boxed{1{,}234{,}560}",
                "\\boxed{1\\,234\\,560}",
                "≈ 1,234,560",
                "１２３４５６０",
                "١٢٣٤٥٦٠",
                "1.23456 × 10^6",
                "**Answer:** `1234560`",
                "1,234,560 (one million two hundred thirty-four thousand five hundred sixty)",
            ][..],
        ),
        (
            "What is 15% of 240?",
            &[
                "Thirty-six.",
                "\\boxed{\\text{36}}",
                "36 (i.e. 0.15 × 240)",
                "It's 36!",
                "| result |\n|---|\n| 36 |",
                "<answer>36</answer>",
            ],
        ),
        (
            "What is 100 / 8?",
            &["12½", "12 1/2", "\\frac{25}{2}", "12.50"],
        ),
        (
            "What is 999 + 1?",
            &["a thousand", "one thousand", "10³", "1e3"],
        ),
        (
            "What is 2^10?",
            &["1024 (that is 2 multiplied by itself 10 times)"],
        ),
        ("Was ist drei hoch vier?", &["81", "einundachtzig"]),
        ("12,5 % von 80?", &["10", "zehn"]),
        ("Hundert plus eins ist wie viel?", &["101", "hunderteins"]),
        (
            "Combien font 1 000 000 / 4 ?",
            &["250 000", "Deux cent cinquante mille"],
        ),
    ] {
        for answer in answers {
            assert_eq!(math(question, answer), Some(1.0), "{question} {answer}");
        }
    }
    for (question, answer) in [
        ("What is 1/3 + 1/6?", "one half"),
        ("What is 100 / 8?", "twelve and a half"),
        ("What is 100 / 8?", "12 remainder 4"),
        ("What is 100 / 8?", "12 R 4"),
    ] {
        assert_eq!(math(question, answer), None, "{question} {answer}");
    }
    for (question, answer) in [
        ("What is 15% of 240?", "It's 37!"),
        ("What is 100 / 8?", "13½"),
        ("What is 2^10?", "1042 (that is a lot)"),
        ("What is 999 + 1?", "a hundred"),
        ("What is 2^10?", "2^10 = 1042"),
    ] {
        assert_eq!(math(question, answer), Some(0.0), "{question} {answer}");
    }
}

#[test]
fn money_of_two_kinds_is_not_added_up() {
    for (prompt, answer) in [
        (
            "How much is 10 USD + 5 EUR?",
            "That depends on the exchange rate.",
        ),
        ("What is $10 + €5?", "About $15.80."),
        ("Was sind 10 Euro + 5 Dollar?", "14,60 Euro"),
    ] {
        assert_eq!(
            quality(&grade(Task::Math, prompt, answer)),
            None,
            "{prompt}"
        );
    }
    assert_eq!(
        quality(&grade(Task::Math, "What is $10 + 5 dollars?", "16")),
        Some(0.0)
    );
    assert_eq!(
        quality(&grade(Task::Math, "What is $10 + $5?", "$15")),
        Some(1.0)
    );
}

#[test]
fn inches_under_their_short_name_are_not_taken_for_a_bare_number() {
    for (prompt, answer) in [
        ("What is 5 ft + 6 in?", "66 inches"),
        ("What is 5 ft - 6 in?", "4 ft 6 in"),
    ] {
        assert_eq!(math(prompt, answer), None, "{prompt}");
    }
    for prompt in ["What is 5 + 6 in digits?", "What is 5 + 6?"] {
        assert_eq!(math(prompt, "11"), Some(1.0), "{prompt}");
        assert_eq!(math(prompt, "12"), Some(0.0), "{prompt}");
    }
}
