insert into limits (subject, what, tokens, until) values (?1, ?2, ?3, ?4)
on conflict (subject, what) do update set tokens = excluded.tokens, until = excluded.until
