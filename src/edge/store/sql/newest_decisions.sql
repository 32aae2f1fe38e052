-- Since the last reset, newest first.
select json from decisions
where epoch = (select value from meta where key = 'epoch')
order by id desc limit ?1
