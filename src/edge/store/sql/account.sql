select id, email, status, cast(revision as real) as revision from keys where hash = ?1
