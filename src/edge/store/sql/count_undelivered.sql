select cast(count(*) as real) as n from undelivered
