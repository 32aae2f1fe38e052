-- Drops prices that were over at ?1, all that is older of a model that is in no stored pool, and what
-- is beyond the newest ?2 of a model.
delete from prices
where
  since < ?1
  and (
    exists (
      select 1 from prices as later
      where later.model = prices.model and later.since > prices.since and later.since <= ?1
    )
    or (exists (select 1 from pool) and not exists (select 1 from pool where id = prices.model))
  )
  or (model, since) in (
    select model, since
    from (
      select model, since, row_number() over (partition by model order by since desc) as place
      from prices
    )
    where place > ?2
  )
