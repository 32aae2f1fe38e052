-- `ahead` is the epoch of a Learner that knows of a reset which this database does not: it was
-- restored to before that.
select
  cast(value as real) as epoch,
  (select value from secrets where name = 'keys') as key_secret,
  (select cast(value as real) from meta where key = 'reset_at') as reset_at,
  (select cast(value as real) from meta where key = 'ahead') as ahead,
  (select cast(count(*) - count(aside) as real) from undelivered) as undelivered,
  (select cast(count(aside) as real) from undelivered) as aside,
  (select cast(value as real) from meta where key = 'pool') as pool
from meta
where key = 'epoch'
