-- One conditional update: of two rotations that race, one gives a key.
update keys set rotated = ?2, hint = ?3, revision = revision + 1
where hash = ?1 and status <> 'revoked' and revision = ?4
returning id, email, status, cast(revision as real) as revision, terms, spent, rotated
