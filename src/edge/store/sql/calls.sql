-- How the newest requests fared, of those after ?1; whichever epoch they were of.
select ts, model, outcome, json ->> 'status' as status, json -> 'failover_from' as failover_from
from decisions where id > ?1 order by id desc limit ?2
