-- Failures seen by several isolates add up to the longest time out.
insert into quarantine (model, until, failed_at, failures, unknown) values (?1, ?2, ?3, ?4, ?5)
on conflict (model) do update set
  unknown = iif(excluded.failed_at >= failed_at, excluded.unknown, unknown),
  until = max(until, excluded.until),
  failed_at = max(failed_at, excluded.failed_at),
  failures = max(failures, excluded.failures)
