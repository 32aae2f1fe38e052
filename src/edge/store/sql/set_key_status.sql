-- One conditional update: a resume that races a revoke never wins.
update keys set status = ?2 where hash = ?1 and status <> 'revoked'
returning status
