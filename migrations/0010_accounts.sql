-- A key's account: an id that tells nothing of the key, and a revision that rises with every
-- change, so that of two copies of a row the newer is known.
alter table keys add column id text;
alter table keys add column revision integer not null default 0;
update keys set id = 'key_' || lower(hex(randomblob(8)));
create unique index keys_by_id on keys (id);

-- What this deployment seals its keys with: made here, once.
create table secrets (
  name  text not null primary key,
  value text not null
) strict, without rowid;

insert into secrets (name, value) values ('keys', lower(hex(randomblob(32))));
