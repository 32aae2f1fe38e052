-- Directly behind the statement that does it: where that changed nothing, nothing was done.
insert into audit (ts, deed, who, subject, detail)
select unixepoch('subsec'), ?1, ?2, ?3, ?4 where changes() > 0
