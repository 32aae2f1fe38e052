-- What models cost by list, and since when: a row where a price is another one than before.
create table prices (
  model           text not null,
  since           real not null, -- Unix seconds; of the first row of a model: when it was first noted
  in_price        real,          -- USD per 1M tokens; null: not known, never 0
  out_price       real,
  cached_in_price real,
  price_from      text not null check (price_from in ('operator', 'catalogue', 'built-in')),
  primary key (model, since)
) strict, without rowid;

insert into prices (model, since, in_price, out_price, cached_in_price, price_from)
select id, unixepoch(), in_price, out_price, cached_in_price, price_from
from pool
where coalesce(in_price, out_price, cached_in_price) is not null;
