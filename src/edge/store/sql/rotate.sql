update keys set rotated = ?2, hint = ?3, revision = revision + 1
where hash = ?1 and status <> 'revoked'
returning id, email, status, cast(revision as real) as revision, terms, spent, rotated
