insert into newer_keys (hash, home)
select ?1, hash from keys where hash = ?2 and status <> 'revoked'
