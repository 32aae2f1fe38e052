-- Who is served, and what was spent today and this month; money as text, so that no digit is lost.
select
  (select whom from serving) as whom,
  (select why from serving) as why,
  cast(coalesce(sum(spend) filter (where day = today), 0) as text) as day_spend,
  cast(coalesce(sum(overhead) filter (where day = today), 0) as text) as day_overhead,
  cast(coalesce(sum(judged) filter (where day = today), 0) as text) as day_judged,
  cast(coalesce(sum(spend), 0) as text) as month_spend,
  cast(coalesce(sum(overhead), 0) as text) as month_overhead
from spent_days, (select unixepoch('now', 'start of day') as today)
where day >= unixepoch('now', 'start of month')
