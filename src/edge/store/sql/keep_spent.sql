update keys set spent = ?2 where id = ?1
