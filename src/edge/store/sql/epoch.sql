select
  cast(value as real) as epoch,
  (select value from secrets where name = 'keys') as key_secret
from meta
where key = 'epoch'
