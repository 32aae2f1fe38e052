-- The hour that a book counts now, as JSON: written with its book, so that it costs no row of its own.
-- `seq` in it is the book's: a version before this writes a newer book and lets the hour stand.
alter table policy add column hour text;

-- Hours that are open. One that the history has as new or newer is not: it came from a version before this.
create view open_hours (
  hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline, overhead,
  quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged, computed
) as
select policy.hour ->> 'start', policy.task, policy.model, policy.epoch, policy.hour ->> 'seq',
  policy.hour ->> 'calls', policy.hour ->> 'dropped', policy.hour ->> 'failed',
  policy.hour ->> 'failovers', policy.hour ->> 'spend', policy.hour ->> 'estimated',
  policy.hour ->> 'baseline', policy.hour ->> 'overhead', policy.hour ->> 'quality_n',
  policy.hour ->> 'quality_sum', policy.hour ->> 'in_tokens', policy.hour ->> 'cached_tokens',
  policy.hour ->> 'out_tokens', policy.hour -> 'first', policy.hour -> 'whole',
  coalesce(policy.hour ->> 'judged', 0), coalesce(policy.hour ->> 'computed', 0)
from policy
left join history on history.hour = policy.hour ->> 'start' and history.task = policy.task
  and history.model = policy.model and history.epoch = policy.epoch
where policy.hour is not null
  and (history.seq is null or policy.hour ->> 'seq' > history.seq);

-- One that is no longer open is history.
create trigger hour_closes instead of delete on open_hours
begin
  insert into history (
    hour, task, model, epoch, seq, calls, dropped, failed, failovers, spend, estimated, baseline,
    overhead, quality_n, quality_sum, in_tokens, cached_tokens, out_tokens, first, whole, judged,
    computed
  )
  values (
    old.hour, old.task, old.model, old.epoch, old.seq, old.calls, old.dropped, old.failed,
    old.failovers, old.spend, old.estimated, old.baseline, old.overhead, old.quality_n,
    old.quality_sum, old.in_tokens, old.cached_tokens, old.out_tokens, old.first, old.whole,
    old.judged, old.computed
  )
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
    computed = excluded.computed;
end;

-- What takes its place closes it, and so does what drops its book.
create trigger hour_is_over before update of hour on policy
when old.hour is not null
  and (new.hour is null or new.epoch <> old.epoch or new.hour ->> 'start' <> old.hour ->> 'start')
begin
  delete from open_hours where task = old.task and model = old.model;
end;

create trigger book_goes before delete on policy when old.hour is not null
begin
  delete from open_hours where task = old.task and model = old.model;
end;

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

-- Only of minted keys' answers is it asked how many there are: an operator's decision is one row.
drop index decisions_key;
create index decisions_minted on decisions (key) where substr(key, 1, 4) = 'key_';
