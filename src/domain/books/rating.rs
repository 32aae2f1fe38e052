//! A grade that comes after its settlement: the judge's of a sampled answer, or the word of whoever
//! had the answer. It goes to the Learner of its settlement; a sampled one that is lost is lost.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::domain::{money::Pico, policy::GradedBy, refusal::Refusal};

/// Seconds after a request within which its answer can be rated.
pub const RATED_WITHIN: f64 = 7.0 * 86_400.0;
/// Answered requests from which on a minted key's word counts.
pub const KNOWN_FROM: u64 = 5;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rating {
    /// The request's.
    pub id: String,
    /// When it was rated, and when it was settled, Unix seconds.
    pub ts: f64,
    pub asked: f64,
    /// 0..=1
    pub score: f64,
    pub by: GradedBy,
    /// The id of the key that asked; `None`: an operator.
    pub key: Option<String>,
    /// What a program had found of it.
    pub checked: Option<f64>,
    /// Was that of a check which can only refute.
    pub passed: bool,
    /// Does whoever says so count.
    pub counts: bool,
    /// What the judge was charged.
    pub overhead: Pico,
}

/// What a client's word has moved: kept so that another can take its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    pub score: f64,
    pub weight: f64,
    /// Grades and wipes of the row by then.
    pub graded: u64,
    pub wipes: u64,
    /// Unix seconds.
    pub at: f64,
}

/// What `POST /v1/feedback` says: which request, and how good its answer was, 0..=1.
pub fn read(body: &str) -> Result<(String, f64), Refusal> {
    let refuse = |field: &str, message: &str| Refusal::invalid(Some(field.into()), message);
    let Ok(Value::Object(fields)) = serde_json::from_str::<Value>(body) else {
        return Err(Refusal::invalid(None, "the body is not a JSON object"));
    };
    let id = fields.get("id").and_then(Value::as_str).unwrap_or_default();
    let fine = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
    if id.is_empty() || id.len() > 100 || !id.bytes().all(fine) {
        let message = "`id` must be a request's id, as `x-request-id` or `arbiter.id` tells it";
        return Err(refuse("id", message));
    }
    let score = match (fields.get("score"), fields.get("rating")) {
        (Some(score), None | Some(Value::Null)) => score
            .as_f64()
            .filter(|score| (0.0..=1.0).contains(score))
            .ok_or_else(|| refuse("score", "`score` must be a number from 0 to 1"))?,
        (None, Some(Value::String(word))) if word == "up" => 1.0,
        (None, Some(Value::String(word))) if word == "down" => 0.0,
        (None, Some(_)) => return Err(refuse("rating", "`rating` must be `up` or `down`")),
        _ => {
            let message = "send either `score`, 0 to 1, or `rating`, `up` or `down`";
            return Err(refuse("score", message));
        }
    };
    Ok((id.to_owned(), score))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_or_a_rating_is_read_and_anything_else_refused_by_name() {
        let of =
            |body: &str| read(body).map_err(|refusal| refusal.body()["error"]["param"].clone());
        assert_eq!(
            of(r#"{"id":"req_1","score":0.25}"#),
            Ok(("req_1".into(), 0.25))
        );
        assert_eq!(
            of(r#"{"id":"req_1","rating":"down"}"#),
            Ok(("req_1".into(), 0.0))
        );
        for (body, field) in [
            (r#"{"score":1}"#, "id"),
            (r#"{"id":"a b","score":1}"#, "id"),
            (r#"{"id":"a","score":1.5}"#, "score"),
            (r#"{"id":"a","score":"1"}"#, "score"),
            (r#"{"id":"a","rating":"great"}"#, "rating"),
            (r#"{"id":"a"}"#, "score"),
            (r#"{"id":"a","score":1,"rating":"up"}"#, "score"),
        ] {
            assert_eq!(of(body), Err(field.into()), "{body}");
        }
        assert_eq!(of("[]"), Err(Value::Null));
    }
}
