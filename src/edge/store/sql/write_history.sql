-- Absolute sums of the one Learner that counts them: what is the same already is not written again.
insert into history (
  hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline,
  overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
  computed
)
select row.value ->> 'start', ?1, ?2, ?3, ?4, row.value ->> 'calls', row.value ->> 'dropped',
  row.value ->> 'failed', row.value ->> 'failovers', row.value ->> 'spend',
  row.value ->> 'estimated', row.value ->> 'baseline', row.value ->> 'overhead',
  row.value ->> 'quality_n', row.value ->> 'quality_sum', row.value ->> 'in_tokens',
  row.value ->> 'cached_tokens', row.value ->> 'out_tokens', row.value -> 'first',
  row.value -> 'whole', coalesce(row.value ->> 'judged', 0),
  coalesce(row.value ->> 'computed', 0)
from json_each(?5) as row
where exists (select 1 from meta where key = 'epoch' and value = ?3)
on conflict (hour, task, model, epoch) do update set
  seq = excluded.seq,
  calls = excluded.calls,
  dropped = excluded.dropped,
  failed = excluded.failed,
  failovers = excluded.failovers,
  spend = excluded.spend,
  estimated = excluded.estimated,
  baseline = excluded.baseline,
  overhead = excluded.overhead,
  quality_n = excluded.quality_n,
  quality_sum = excluded.quality_sum,
  in_tokens = excluded.in_tokens,
  cached_tokens = excluded.cached_tokens,
  out_tokens = excluded.out_tokens,
  first = excluded.first,
  whole = excluded.whole,
  judged = excluded.judged,
  computed = excluded.computed
where excluded.seq > history.seq
  and (
    excluded.calls, excluded.dropped, excluded.failed, excluded.spend, excluded.overhead,
    excluded.judged
  ) is not (
    history.calls, history.dropped, history.failed, history.spend, history.overhead, history.judged
  )
