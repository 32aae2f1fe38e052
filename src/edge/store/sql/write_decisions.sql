-- Only in their own epoch; what is there already stays.
insert or ignore into decisions (id, epoch, ts, task, model, outcome, key, weight, alert, json)
select row.value ->> 'id', ?1, row.value ->> 'ts', row.value ->> 'task', row.value ->> 'model',
  row.value ->> 'outcome', row.value ->> 'key', coalesce(row.value ->> 'weight', 1.0),
  row.value ->> 'alert' is not null, row.value
from json_each(?2) as row
where exists (select 1 from meta where key = 'epoch' and value = ?1)
