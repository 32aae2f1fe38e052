-- One conditional update: a resume that races a revoke never wins.
update keys set status = ?2, revision = revision + 1, spent = ?3
where hash = ?1 and status <> 'revoked'
returning id, email, status, cast(revision as real) as revision, terms, spent, rotated
