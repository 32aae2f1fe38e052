-- Since the last reset, in the order of their ids; of so many that are looked through, those of one key
-- where one is named.
with looked as materialized (
  select id, key, json from decisions
  where id > ?1 and id < ?2 and epoch = (select value from meta where key = 'epoch')
  order by id limit ?5
)
select reach.many, reach.last, found.id, found.json
from (select count(*) as many, max(id) as last from looked) as reach
left join (
  select id, json from looked where ?3 is null or key = ?3
  order by id limit ?4
) as found
order by found.id
