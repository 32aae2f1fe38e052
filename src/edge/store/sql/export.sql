-- Since the last reset, in the order of their ids; of one key where one is named.
select id, json from decisions
where id > ?1 and id < ?2 and (?3 is null or key = ?3)
and epoch = (select value from meta where key = 'epoch')
order by id
limit ?4
