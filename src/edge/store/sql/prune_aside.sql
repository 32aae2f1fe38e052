delete from undelivered where aside is not null and at < ?1
