insert into keys (hash, hint, email, status, created, id, terms)
values (?1, ?2, ?3, 'active', ?4, ?5, ?6)
