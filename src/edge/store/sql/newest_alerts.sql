select json from decisions
where alert = 1 and epoch = (select value from meta where key = 'epoch')
order by id desc limit ?1
