insert or ignore into undelivered (id, task, model, line, number, at, json)
select row.value ->> '$.decision.id', ?1, ?2, ?3, ?4 + row.key, unixepoch('subsec'), row.value
from json_each(?5) as row
