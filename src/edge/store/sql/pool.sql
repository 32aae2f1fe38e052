-- The pool, where its version is not ?1.
select json_object(
  'id', id,
  'runtime', runtime,
  'upstream_id', upstream_id,
  'enabled', json(iif(enabled, 'true', 'false')),
  'tier', tier,
  'context', nullif(context, 0),
  'max_output', max_output,
  'in_price', in_price,
  'out_price', out_price,
  'cached_in_price', cached_in_price,
  'accepts', json(accepts),
  'tags', json(tags),
  'price_from', price_from,
  'position', position
) as model
from pool
where (select value from meta where key = 'pool') <> ?1
order by position, id
