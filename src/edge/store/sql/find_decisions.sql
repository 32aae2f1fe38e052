-- Since the last reset, newest first; of so many that are looked through, those that are asked for.
with looked as materialized (
  select id, task, model, outcome, key, json from decisions
  where id > ?1 and id < ?2 and epoch = (select value from meta where key = 'epoch')
  order by id desc limit ?3
)
select reach.many, reach.last, found.id, found.json
from (select count(*) as many, min(id) as last from looked) as reach
left join (
  select id, json from looked
  where (?4 is null or task = ?4) and (?5 is null or model = ?5)
  and (?6 is null or outcome = ?6) and (?7 is null or key = ?7)
  and (?8 is null or json ->> 'mode' = ?8)
  and (?9 is null or json ->> 'quality' >= ?9) and (?10 is null or json ->> 'quality' <= ?10)
  and (?12 is null or exists (
    select 1 from json_each(looked.json, '$.tags') as tag where tag.key = ?12 and tag.value = ?13
  ))
  order by id desc limit ?11
) as found
order by found.id desc
