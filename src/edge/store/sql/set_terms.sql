-- One conditional update: of two changes that race, none undoes the other.
update keys set terms = ?2, revision = revision + 1
where hash = ?1 and status <> 'revoked' and revision = ?3
returning id, email, status, cast(revision as real) as revision, terms, spent, rotated
