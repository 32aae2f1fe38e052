-- Prices from ?2 on, of those of ?1, a JSON array of models, whose newest known prices are others.
-- ?3: 1 where they are the built-in ones, which count for as long as no pool is stored.
insert into prices (model, since, in_price, out_price, cached_in_price, price_from)
select model, ?2, in_price, out_price, cached_in_price, price_from
from (
  select
    value ->> 'id' as model,
    cast(value ->> 'in_price' as real) as in_price,
    cast(value ->> 'out_price' as real) as out_price,
    cast(value ->> 'cached_in_price' as real) as cached_in_price,
    value ->> 'price_from' as price_from
  from json_each(?1)
) as told
where
  (?3 = 0 or not exists (select 1 from pool))
  and coalesce(
    (
      select
        known.in_price is not told.in_price
        or known.out_price is not told.out_price
        or known.cached_in_price is not told.cached_in_price
      from prices as known
      where known.model = told.model
      order by known.since desc
      limit 1
    ),
    coalesce(told.in_price, told.out_price, told.cached_in_price) is not null
  )
on conflict (model, since) do update set
  in_price = excluded.in_price,
  out_price = excluded.out_price,
  cached_in_price = excluded.cached_in_price,
  price_from = excluded.price_from
