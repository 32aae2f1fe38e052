update meta set value = max(value + 1, unixepoch()) where key = 'epoch'
returning cast(value as real) as epoch
