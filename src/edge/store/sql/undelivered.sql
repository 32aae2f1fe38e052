select task, model, line, number, json from undelivered
where task || '/' || model not in (select value from json_each(?2))
order by line, number limit ?1
