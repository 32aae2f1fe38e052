select id, task, model, line, number, json from undelivered
where task || '/' || model not in (select value from json_each(?2))
  and (aside is null or aside < unixepoch() - 86400)
order by line, number limit ?1
