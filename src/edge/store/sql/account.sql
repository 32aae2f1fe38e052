select id, email, status, cast(revision as real) as revision, terms, spent, rotated from keys where hash = ?1
