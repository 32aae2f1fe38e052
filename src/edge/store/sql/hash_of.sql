select hash from keys where id = ?1
