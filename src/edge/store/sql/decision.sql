select json from decisions where id = ?1
