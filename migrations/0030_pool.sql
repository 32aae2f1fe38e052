-- The models that are routed to, as operators wrote them. Empty: the built-in ones.
create table pool (
  id              text    not null primary key, -- ours: what the books use
  runtime         text    not null,             -- its name
  upstream_id     text    not null,             -- what the runtime calls the model
  enabled         integer not null check (enabled in (0, 1)),
  tier            text    not null check (tier in ('small', 'mid', 'large')),
  context         integer not null,             -- window, tokens
  max_output      integer,                      -- tokens; null: not known
  in_price        real,                         -- USD per 1M tokens; null: not known, never 0
  out_price       real,
  cached_in_price real,
  accepts         text    not null,             -- JSON: what it takes, true, false or null each
  tags            text    not null,             -- JSON array of texts
  price_from      text    not null check (price_from in ('operator', 'catalogue', 'built-in')),
  position        integer not null
) strict, without rowid;

-- The pool's version: it rises with every change.
insert into meta (key, value) values ('pool', 0);
