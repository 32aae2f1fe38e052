-- ?1: a JSON array of models. A window that is not known stands there as 0.
insert into pool (
  id, runtime, upstream_id, enabled, tier, context, max_output, in_price, out_price,
  cached_in_price, accepts, tags, price_from, position
)
select
  value ->> 'id',
  value ->> 'runtime',
  value ->> 'upstream_id',
  value ->> 'enabled',
  value ->> 'tier',
  coalesce(value ->> 'context', 0),
  value ->> 'max_output',
  cast(value ->> 'in_price' as real),
  cast(value ->> 'out_price' as real),
  cast(value ->> 'cached_in_price' as real),
  value -> 'accepts',
  value -> 'tags',
  value ->> 'price_from',
  value ->> 'position'
from json_each(?1)
