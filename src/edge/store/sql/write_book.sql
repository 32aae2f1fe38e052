-- Only in its own epoch, and only over an older copy. The hour is the newest of the book's.
insert into policy (task, model, epoch, seq, calls, n, quality, avg_cost, book, hour, updated)
select ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
  json_set(?10, '$.seq', cast(?4 as integer)), unixepoch('subsec')
where exists (select 1 from meta where key = 'epoch' and value = ?3)
on conflict (task, model) do update set
  epoch = excluded.epoch,
  seq = excluded.seq,
  calls = excluded.calls,
  n = excluded.n,
  quality = excluded.quality,
  avg_cost = excluded.avg_cost,
  book = excluded.book,
  hour = excluded.hour,
  updated = excluded.updated
where (excluded.epoch, excluded.seq) > (policy.epoch, policy.seq)
