select cast(id as real) as id, ts, deed, who, subject, detail
from audit
where id < ?1
order by id desc
limit ?2
