select id, email, status, cast(revision as real) as revision, terms, spent from keys where hash = ?1
