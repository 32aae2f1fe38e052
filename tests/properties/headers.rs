//! Headers, keys, addresses and settings.

use arbiter::{
    domain::{
        account::{
            address, email,
            key::{self, KeySecret, SEED_BYTES},
        },
        money::Pico,
        settings::Settings,
    },
    pipeline::clean,
};
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn money_survives_any_number(usd in any::<f64>(), more in any::<f64>()) {
        let sum = Pico::from_usd(usd).plus(Pico::from_usd(more));
        prop_assert!(sum.usd().is_finite());
    }

    #[test]
    fn a_cleaned_header_is_short_printable_ascii(text in any::<String>()) {
        if let Some(value) = clean(&text) {
            prop_assert!((1..=128).contains(&value.len()));
            prop_assert!(value.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        }
    }

    #[test]
    fn only_minted_keys_are_sealed(seed in prop::array::uniform32(any::<u8>()), at in any::<usize>(), other in any::<char>()) {
        let seed: [u8; SEED_BYTES] = std::array::from_fn(|index| seed[index % 32]);
        let secret = KeySecret::new("of a test".to_owned());
        let minted = key::mint(&seed, &secret);
        prop_assert!(key::is_sealed(&minted, [&secret]));
        let mut changed: Vec<char> = minted.chars().collect();
        let at = at % changed.len();
        changed[at] = other;
        let changed: String = changed.into_iter().collect();
        prop_assert_eq!(key::is_sealed(&changed, [&secret]), changed == minted);
    }

    #[test]
    fn any_text_is_read_as_a_key_header_and_an_address(text in any::<String>()) {
        if let Some(token) = key::bearer(&text) {
            prop_assert!(!token.is_empty());
            key::shape(token);
            key::is_sealed(token, [&KeySecret::new("of a test".to_owned())]);
            prop_assert!(key::operator(token, &["operator-key-of-a-test".to_owned()]).is_none());
        }
        prop_assert!(key::hint(&text).chars().count() <= 4);
        prop_assert!(address::subscriber(&text).chars().count() <= 64);
    }

    #[test]
    fn a_valid_email_holds_no_markup_and_no_line_end(text in "\\PC{0,20}@\\PC{0,20}|[a-z<>\"'.]{1,9}@[a-z.-]{1,12}") {
        if email::is_valid(&text) {
            prop_assert!(!text.contains(['<', '>', '"', '\n', '\r', ' ', ',', ';']));
            prop_assert_eq!(text.matches('@').count(), 1);
        }
        email::is_allowed(&text, &["example.com".to_owned()]);
    }

    #[test]
    fn settings_of_any_text_are_read_or_refused_by_name(text in any::<String>(), which in any::<prop::sample::Index>()) {
        const NAMES: [&str; 12] = [
            "REQUEST_TIMEOUT", "BTL_BASE_URL", "BASELINE_MODEL", "ARBITER_API_KEYS", "CONTROL_SCOPE",
            "LIMIT_6H", "EPSILON", "MAX_BODY_BYTES", "REGISTER_OPEN", "QUARANTINE_SECONDS",
            "STREAM_IDLE_TIMEOUT", "GATEWAY_API_KEY",
        ];
        let name = NAMES[which.index(NAMES.len())];
        match Settings::read(|asked| (asked == name).then(|| text.clone())) {
            Ok(settings) => prop_assert!(settings.request_timeout > 0.0 && settings.request_timeout.is_finite()),
            Err(refusal) => prop_assert!(refusal.message().contains(name) || refusal.body().to_string().contains(name)),
        }
    }
}
