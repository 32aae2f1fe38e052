insert into keys (hash, hint, email, status, created) values (?1, ?2, ?3, 'active', ?4)
