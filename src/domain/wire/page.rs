//! A page that stands alone: its script and style are in it, and only exactly these may run.

use base64ct::{Base64, Encoding};
use sha2::{Digest, Sha256};

/// A Content-Security-Policy that allows a page the script and the style that stand in it, by
/// their hashes, calls to its own origin, and an icon written into it; nothing else.
pub fn policy(html: &str) -> String {
    let sources = |tag: &str| {
        let hashes: Vec<String> = inline(html, tag)
            .map(|text| {
                let digest = Sha256::digest(text.as_bytes());
                format!("'sha256-{}'", Base64::encode_string(&digest))
            })
            .collect();
        if hashes.is_empty() {
            "'none'".to_owned()
        } else {
            hashes.join(" ")
        }
    };
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        sources("script"),
        sources("style"),
    )
}

/// What stands between the tags of that name. The page is our own: the tags have no attributes.
fn inline<'h>(html: &'h str, tag: &str) -> impl Iterator<Item = &'h str> {
    let (open, close) = (format!("<{tag}>"), format!("</{tag}>"));
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(open.as_str())?;
        let (text, left) = after.split_once(close.as_str())?;
        rest = left;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_page_may_run() {
        let policy = policy("<style>a{}</style><script>1</script><script>2</script>");
        assert!(policy.contains("script-src 'sha256-a4ayc/80/OGda4BO/1o/V0etpOqiLx1JwB5S3beHW0s=' 'sha256-1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU=';"), "{policy}");
        assert!(policy.contains("style-src 'sha256-"));
        assert!(!policy.contains("unsafe"));
        assert!(super::policy("<p>").contains("script-src 'none'"));
    }
}
