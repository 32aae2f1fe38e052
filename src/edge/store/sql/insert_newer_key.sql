-- Directly behind the statement that writes the deed: where nothing was done, no key is new.
insert into newer_keys (hash, home)
select ?1, hash from keys where hash = ?2 and changes() > 0
