update meta set value = max(
  value + 1,
  unixepoch(),
  coalesce((select value + 1 from meta where key = 'ahead'), 0)
) where key = 'epoch'
returning cast(value as real) as epoch
