-- The hour that a book counts now, as JSON: written with its book, so that it costs no row of its own.
alter table policy add column hour text;

-- What takes its place puts it into the history, and so does what drops its book.
create trigger hour_closes after update of hour on policy
when old.hour is not null
  and (new.hour is null or new.epoch <> old.epoch or new.hour ->> 'start' <> old.hour ->> 'start')
begin
  insert into history (
    hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline,
    overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
    computed
  )
  select old.hour ->> 'start', old.task, old.model, old.epoch, old.seq,
    old.hour ->> 'calls', old.hour ->> 'dropped', old.hour ->> 'failed', old.hour ->> 'failovers',
    old.hour ->> 'spend', old.hour ->> 'estimated', old.hour ->> 'baseline',
    old.hour ->> 'overhead', old.hour ->> 'quality_n', old.hour ->> 'quality_sum',
    old.hour ->> 'in_tokens', old.hour ->> 'cached_tokens', old.hour ->> 'out_tokens',
    old.hour -> 'first', old.hour -> 'whole', coalesce(old.hour ->> 'judged', 0),
    coalesce(old.hour ->> 'computed', 0)
  where true
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
  where excluded.seq > history.seq;
end;

create trigger book_goes before delete on policy when old.hour is not null
begin
  insert into history (
    hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline,
    overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
    computed
  )
  select old.hour ->> 'start', old.task, old.model, old.epoch, old.seq,
    old.hour ->> 'calls', old.hour ->> 'dropped', old.hour ->> 'failed', old.hour ->> 'failovers',
    old.hour ->> 'spend', old.hour ->> 'estimated', old.hour ->> 'baseline',
    old.hour ->> 'overhead', old.hour ->> 'quality_n', old.hour ->> 'quality_sum',
    old.hour ->> 'in_tokens', old.hour ->> 'cached_tokens', old.hour ->> 'out_tokens',
    old.hour -> 'first', old.hour -> 'whole', coalesce(old.hour ->> 'judged', 0),
    coalesce(old.hour ->> 'computed', 0)
  where true
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
  where excluded.seq > history.seq;
end;

-- Hours that are open. One that the history has as new or newer is not: it came from a version before this.
create view open_hours (
  hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline, overhead,
  quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged, computed
) as
select policy.hour ->> 'start', policy.task, policy.model, policy.epoch, policy.seq,
  policy.hour ->> 'calls', policy.hour ->> 'dropped', policy.hour ->> 'failed',
  policy.hour ->> 'failovers', policy.hour ->> 'spend', policy.hour ->> 'estimated',
  policy.hour ->> 'baseline', policy.hour ->> 'overhead', policy.hour ->> 'quality_n',
  policy.hour ->> 'quality_sum', policy.hour ->> 'in_tokens', policy.hour ->> 'cached_tokens',
  policy.hour ->> 'out_tokens', policy.hour -> 'first', policy.hour -> 'whole',
  coalesce(policy.hour ->> 'judged', 0), coalesce(policy.hour ->> 'computed', 0)
from policy
left join history on history.hour = policy.hour ->> 'start' and history.task = policy.task
  and history.model = policy.model and history.epoch = policy.epoch
where policy.hour is not null and (history.seq is null or policy.seq > history.seq);

-- All hours, each once.
create view hours as
select
  hour, task, model, epoch, calls, dropped, failed, failovers, spend, estimated, baseline,
  overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
  computed
from history
where (hour, task, model, epoch) not in (select hour, task, model, epoch from open_hours)
union all
select
  hour, task, model, epoch, calls, dropped, failed, failovers, spend, estimated, baseline,
  overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
  computed
from open_hours;

-- What was spent a day: `days`, and what of the open hours is not in there.
create view spent_days as
select day, spend, overhead, judged from days
union all
select open.hour / 86400 * 86400, open.spend - coalesce(history.spend, 0),
  open.overhead - coalesce(history.overhead, 0), open.judged - coalesce(history.judged, 0)
from open_hours as open
left join history on history.hour = open.hour and history.task = open.task
  and history.model = open.model and history.epoch = open.epoch;
