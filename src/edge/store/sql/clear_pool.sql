delete from pool
