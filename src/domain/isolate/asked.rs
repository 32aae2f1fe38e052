//! What those who look on ask of a store or an object, and how seldom that is asked.
//!
//! Its law: of all who ask the same within [`KEPT`], one asks; the others have its answer, or that
//! there was none.

use std::collections::BTreeMap;

/// Seconds for which an answer stands.
pub const KEPT: f64 = 1.0;
/// Questions in a second at the most: whoever asks what nobody asked, again and again, asks no more of a store.
const AT_ONCE: u32 = 8;
/// Seconds after which whoever asks has gone without an answer.
const GONE: f64 = 1.5;
/// Answers that are kept at the most.
const MOST: usize = 50;

/// Questions, and their answers: `None` where there was none.
#[derive(Debug)]
pub struct Asked<T> {
    questions: BTreeMap<String, Question<T>>,
    turns: u64,
    /// Since when questions are counted, and how many there were. Unix seconds.
    lately: (f64, u32),
}

#[derive(Debug)]
enum Question<T> {
    /// One asks it: which turn that is, and since when. Unix seconds.
    UnderWay(u64, f64),
    Answered(Option<T>, f64),
}

/// What one who asks is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Turn<T> {
    Known(Option<T>),
    /// Another asks it.
    Wait,
    /// To ask it, and to tell the answer under this number.
    Ask(u64),
    /// To come again: too much is asked.
    Full,
}

impl<T> Default for Asked<T> {
    fn default() -> Asked<T> {
        Asked {
            questions: BTreeMap::new(),
            turns: 0,
            lately: (0.0, 0),
        }
    }
}

impl<T: Clone> Asked<T> {
    /// What one who asks that now (Unix seconds) is to do.
    pub fn turn(&mut self, question: &str, now: f64) -> Turn<T> {
        match self.questions.get(question) {
            Some(Question::Answered(answer, at)) if (now - at).abs() < KEPT => {
                return Turn::Known(answer.clone());
            }
            Some(Question::UnderWay(_, since)) if (now - since).abs() < GONE => return Turn::Wait,
            _ => {}
        }
        if (now - self.lately.0).abs() >= 1.0 {
            self.lately = (now, 0);
        }
        if self.lately.1 >= AT_ONCE {
            return Turn::Full;
        }
        self.lately.1 += 1;
        if self.questions.len() >= MOST && !self.questions.contains_key(question) {
            self.questions.retain(|_, known| known.stands(now));
            if self.questions.len() >= MOST {
                self.questions.clear();
            }
        }
        self.turns += 1;
        let under_way = Question::UnderWay(self.turns, now);
        self.questions.insert(question.to_owned(), under_way);
        Turn::Ask(self.turns)
    }

    /// The answer, under the number of its turn: what was forgotten meanwhile is not kept.
    pub fn told(&mut self, question: &str, turn: u64, answer: Option<T>, now: f64) {
        if let Some(known) = self.questions.get_mut(question)
            && matches!(known, Question::UnderWay(own, _) if *own == turn)
        {
            *known = Question::Answered(answer, now);
        }
    }

    /// What was answered up to now is so no longer.
    pub fn forget(&mut self) {
        self.questions.clear();
    }
}

impl<T> Question<T> {
    fn stands(&self, now: f64) -> bool {
        match self {
            Question::UnderWay(_, since) => (now - since).abs() < GONE,
            Question::Answered(_, at) => (now - at).abs() < KEPT,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn different_questions_are_asked_only_so_often() {
        let mut asked = Asked::<u8>::default();
        for n in 0..AT_ONCE {
            assert!(matches!(asked.turn(&n.to_string(), 10.0), Turn::Ask(_)));
        }
        assert_eq!(asked.turn("one more", 10.9), Turn::Full);
        assert_eq!(asked.turn("0", 10.9), Turn::Wait, "that is asked");
        assert!(matches!(asked.turn("one more", 11.0), Turn::Ask(_)));
        assert!(
            matches!(asked.turn("another", 5.0), Turn::Ask(_)),
            "a clock that went back"
        );
    }

    fn ask(asked: &mut Asked<u8>, question: &str, now: f64) -> Turn<u8> {
        asked.turn(question, now)
    }

    #[test]
    fn of_all_who_ask_the_same_one_asks() {
        let mut asked = Asked::default();
        assert_eq!(ask(&mut asked, "a", 10.0), Turn::Ask(1));
        assert_eq!(ask(&mut asked, "a", 10.5), Turn::Wait);
        assert_eq!(ask(&mut asked, "b", 10.5), Turn::Ask(2));
        asked.told("a", 1, Some(7), 10.8);
        asked.told("b", 2, None, 10.8);
        assert_eq!(ask(&mut asked, "a", 11.7), Turn::Known(Some(7)));
        assert_eq!(
            ask(&mut asked, "b", 11.7),
            Turn::Known(None),
            "nor is it asked again at once"
        );
        assert_eq!(ask(&mut asked, "a", 11.8), Turn::Ask(3));
    }

    #[test]
    fn whoever_has_gone_holds_nobody_up() {
        let mut asked = Asked::default();
        assert_eq!(ask(&mut asked, "a", 10.0), Turn::Ask(1));
        assert_eq!(ask(&mut asked, "a", 10.0 + GONE), Turn::Ask(2));
        asked.told("a", 1, Some(1), 12.0);
        assert_eq!(ask(&mut asked, "a", 12.0), Turn::Wait, "its answer is late");
        asked.told("a", 2, Some(2), 12.1);
        assert_eq!(ask(&mut asked, "a", 12.2), Turn::Known(Some(2)));
    }

    #[test]
    fn what_was_asked_before_it_was_forgotten_is_no_answer() {
        let mut asked = Asked::default();
        assert_eq!(ask(&mut asked, "a", 10.0), Turn::Ask(1));
        asked.forget();
        asked.told("a", 1, Some(1), 10.1);
        assert_eq!(ask(&mut asked, "a", 10.2), Turn::Ask(2));
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut asked = Asked::default();
        for n in 0..5_000u32 {
            let now = 1e9 + f64::from(n) / f64::from(AT_ONCE);
            let Turn::Ask(number) = asked.turn(&n.to_string(), now) else {
                panic!("nobody asked {n} before");
            };
            asked.told(&n.to_string(), number, Some(0), now);
            assert!(asked.questions.len() <= MOST);
        }
    }
}
