-- Older than so many days, or beyond the newest so many.
delete from decisions where ts < ?1
or id < coalesce((select id from decisions order by id desc limit 1 offset ?2), '')
