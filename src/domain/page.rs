//! A page whose script and style stand in it: the policy that lets exactly these run.

use data_encoding::BASE64;
use sha2::{Digest, Sha256};

/// The `Content-Security-Policy` of a page that loads nothing: the `script` and `style` elements
/// that stand in it are allowed by their hash (CSP level 3, 2.3.1), every other is not; it may
/// call its own origin.
pub fn policy(html: &str) -> String {
    format!(
        "default-src 'none'; script-src {}; style-src {}; connect-src 'self'; img-src data:; \
         base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        sources(html, "script"),
        sources(html, "style"),
    )
}

fn sources(html: &str, element: &str) -> String {
    let hashes: Vec<String> = contents(html, element)
        .map(|text| {
            format!(
                "'sha256-{}'",
                BASE64.encode(&Sha256::digest(text.as_bytes()))
            )
        })
        .collect();
    match hashes.is_empty() {
        true => "'none'".to_owned(),
        false => hashes.join(" "),
    }
}

/// What stands between the plain opening tags of that name and their closing tags.
fn contents<'h>(html: &'h str, element: &str) -> impl Iterator<Item = &'h str> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let mut rest = html;
    std::iter::from_fn(move || {
        let (_, after) = rest.split_once(&open)?;
        let (text, after) = after.split_once(&close)?;
        rest = after;
        Some(text)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_and_a_style_are_allowed_by_their_hash_alone() {
        // `printf 'alert(1)' | openssl dgst -sha256 -binary | base64`, and so for `b{}`.
        let policy = policy("<style>b{}</style><script>alert(1)</script>");
        assert!(
            policy.contains("script-src 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';"),
            "{policy}"
        );
        assert!(
            policy.contains("style-src 'sha256-7yqHVAesot11p6HczDsgKRipvI5UPgs97z80zNXlans=';"),
            "{policy}"
        );
        assert!(!policy.contains("unsafe"), "{policy}");
    }

    #[test]
    fn every_script_of_a_page_has_its_hash() {
        let policy = policy("<script>a</script><p><script>b</script>");
        assert_eq!(policy.matches("'sha256-").count(), 2, "{policy}");
    }

    #[test]
    fn a_page_without_script_may_run_none() {
        let policy = policy("<p>plain</p><script>never closed");
        assert!(
            policy.contains("script-src 'none'; style-src 'none';"),
            "{policy}"
        );
    }
}
