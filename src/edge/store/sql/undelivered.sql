select task, model, line, number, json from undelivered order by line, number limit ?1
