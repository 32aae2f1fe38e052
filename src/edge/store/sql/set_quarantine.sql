-- Failures seen by several isolates add up to the longest time out.
insert into quarantine (model, until, failed_at, failures) values (?1, ?2, ?3, ?4)
on conflict (model) do update set
  until = max(until, excluded.until),
  failed_at = max(failed_at, excluded.failed_at),
  failures = max(failures, excluded.failures)
