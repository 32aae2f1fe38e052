//! Email addresses, as far as they can be told without writing to them.

/// Does it look like an address that mail could reach: one `@`, a local part and a domain with a
/// dot, the lengths of RFC 5321, nothing that is not printable or would be markup.
pub fn is_valid(email: &str) -> bool {
    let Some((local, domain)) = email.rsplit_once('@') else {
        return false;
    };
    let local_fits = (1..=64).contains(&local.len())
        && !local.starts_with('.')
        && !local.ends_with('.')
        && !local.contains("..")
        && local
            .chars()
            .all(|c| c.is_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c));
    let label_fits = |label: &str| {
        (1..=63).contains(&label.len())
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    email.len() <= 254 && local_fits && domain.contains('.') && domain.split('.').all(label_fits)
}

/// The mailbox behind an address, as far as it is counted: what stands behind a `+` is the owner's
/// own addition, and case tells nobody apart.
pub fn mailbox(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let local = local.split('+').next().unwrap_or_default();
    format!("{local}@{domain}").to_lowercase()
}

/// May an address of this domain register; with no domains named, any may.
pub fn is_allowed(email: &str, domains: &[String]) -> bool {
    let domain = email.rsplit_once('@').map_or("", |(_, domain)| domain);
    domains.is_empty()
        || domains
            .iter()
            .any(|allowed| allowed.trim_start_matches('@').eq_ignore_ascii_case(domain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_what_is_none() {
        for email in [
            "a@b.co",
            "x.y+z@sub.example.com",
            "o'hara@example.ie",
            "jürgen@example.de",
        ] {
            assert!(is_valid(email), "{email}");
        }
        for email in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b",
            "a@.co",
            "a@b..co",
            "a b@c.de",
            "a@b.co\n",
            "a@@b.co",
            "<script>@b.co",
            "\"a\"@b.co",
            ".a@b.co",
            "a@-b.co",
            "a@b.co>",
        ] {
            assert!(!is_valid(email), "{email}");
        }
        assert!(!is_valid(&format!("{}@b.co", "a".repeat(65))));
    }

    #[test]
    fn one_mailbox_is_one_however_it_is_written() {
        assert_eq!(mailbox("Ada+1@Example.com"), mailbox("ada+2@example.com"));
        assert_ne!(mailbox("ada@example.com"), mailbox("bob@example.com"));
        assert_eq!(mailbox(""), "@");
    }

    #[test]
    fn domains_restrict_where_any_are_named() {
        let domains = ["example.com".to_owned(), "@b.co".to_owned()];
        assert!(is_allowed("a@EXAMPLE.com", &domains) && is_allowed("a@b.co", &domains));
        assert!(!is_allowed("a@evil-example.com", &domains));
        assert!(is_allowed("a@x.y", &[]));
    }
}
