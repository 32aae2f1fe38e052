-- The next version of the pool, where it still is ?1. If it is not, null fails, and with it all of
-- the batch.
update meta
set value = case when value = ?1 then value + 1 end
where key = 'pool'
