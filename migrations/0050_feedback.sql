-- Whether a key has had enough answers for its word on them to count.
create index decisions_key on decisions (key) where key is not null;
