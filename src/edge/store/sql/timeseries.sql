-- Sums since the last reset by steps of so many seconds; money as text, so that no digit is lost.
select
  cast(?1 + (hour - cast(?1 as integer)) / cast(?3 as integer) * cast(?3 as integer) as real) as at,
  case ?4 when 'task' then task when 'model' then model else 'total' end as name,
  cast(sum(calls) as real) as calls,
  cast(sum(dropped) as real) as dropped,
  cast(sum(failed) as real) as failed,
  cast(sum(failovers) as real) as failovers,
  cast(sum(spend) as text) as spend,
  cast(sum(estimated) as text) as estimated,
  cast(sum(computed) as text) as computed,
  cast(sum(baseline) as text) as baseline,
  cast(sum(overhead) as text) as overhead,
  cast(sum(quality_n) as real) as quality_n,
  sum(quality_sum) as quality_sum,
  cast(sum(in_tokens) as real) as in_tokens,
  cast(sum(cached_tokens) as real) as cached_tokens,
  cast(sum(out_tokens) as real) as out_tokens,
  json_array(
    sum(first ->> 0), sum(first ->> 1), sum(first ->> 2), sum(first ->> 3), sum(first ->> 4),
    sum(first ->> 5), sum(first ->> 6), sum(first ->> 7), sum(first ->> 8), sum(first ->> 9),
    sum(first ->> 10), sum(first ->> 11)
  ) as first,
  json_array(
    sum(whole ->> 0), sum(whole ->> 1), sum(whole ->> 2), sum(whole ->> 3), sum(whole ->> 4),
    sum(whole ->> 5), sum(whole ->> 6), sum(whole ->> 7), sum(whole ->> 8), sum(whole ->> 9),
    sum(whole ->> 10), sum(whole ->> 11)
  ) as whole
from hours
where hour >= ?1 and hour < ?2 and epoch = (select value from meta where key = 'epoch')
group by 1, 2
order by 1, 2
limit ?5
