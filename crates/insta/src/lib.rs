//! Stands in for the crate `insta`: Bash's parser names it among what it is built from, and uses it only where it is
//! tested. With it came twenty more, built three times by each run of the checks.
