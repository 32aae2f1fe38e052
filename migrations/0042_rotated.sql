-- Keys that were given in place of an older one: where their account is, which stays where the first
-- key of it was. `rotated`: which keys of the account are valid, and until when; empty: the first.
alter table keys add column rotated text not null default '[]'; -- JSON: [{hash, until}], Unix seconds

create table newer_keys (
  hash text not null primary key, -- SHA-256, hexadecimal
  home text not null              -- that of the first key of its account
) strict, without rowid;
