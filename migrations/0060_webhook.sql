-- What the owner's webhook was told, and what is on its way to it: one row.
create table webhook (
  one     integer not null primary key check (one = 1),
  version integer not null, -- rises with each write
  json    text    not null
) strict;

insert into webhook (one, version, json) values (1, 0, '{}');
