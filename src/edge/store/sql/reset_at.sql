-- When the epoch began, in milliseconds: an epoch alone tells the second.
insert into meta (key, value) values ('reset_at', cast(unixepoch('subsec') * 1000 as integer))
on conflict (key) do update set value = max(value, excluded.value)
