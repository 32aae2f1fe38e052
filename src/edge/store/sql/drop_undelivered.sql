delete from undelivered where line = ?1 and number between ?2 and ?3
