select cast(value as real) as epoch from meta where key = 'epoch'
