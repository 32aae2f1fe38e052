-- The newest ?2 prices of the model ?1, newest first.
select since, in_price, out_price, cached_in_price, price_from
from prices
where model = ?1
order by since desc
limit ?2
