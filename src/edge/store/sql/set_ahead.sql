insert into meta (key, value) values ('ahead', ?1)
on conflict (key) do update set value = max(value, excluded.value)
