-- A page of them, newest first, after the one that the last page ended with.
select hash, id, hint, email, status, created, terms, spent
from keys
where ?1 = '' or printf('%020.6f %s', created, id) < ?1
order by printf('%020.6f %s', created, id) desc
limit ?2
