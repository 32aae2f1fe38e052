-- What everyone reads and writes: one brain, shared by all isolates.

-- Facts about the whole. `epoch` rises with every reset; rows of an older epoch mean nothing.
-- It starts at the time of its making, so that a new database is newer than any old Learner.
create table meta (
  key   text    not null primary key,
  value integer not null
) strict, without rowid;

insert into meta (key, value) values ('epoch', unixepoch());

-- One book for each task and model: a copy of what its Learner holds, which alone writes it.
create table policy (
  task     text    not null,
  model    text    not null,
  epoch    integer not null,
  seq      integer not null, -- settlements applied; of two copies the higher is the newer
  calls    integer not null, -- whole answers since the last reset
  n        integer not null, -- observations since the last wipe
  quality  real,             -- mean, 0..1
  avg_cost real,             -- mean measured cost, USD
  book     text    not null, -- all of it, as JSON; money in picodollars (1e-12 USD)
  updated  real    not null, -- Unix seconds
  primary key (task, model)
) strict, without rowid;

-- Simulated price multipliers, for demonstrations.
create table price_overrides (
  model      text not null primary key,
  multiplier real not null
) strict, without rowid;

-- Models that failed by their own doing.
create table quarantine (
  model     text    not null primary key,
  until     real    not null, -- Unix seconds
  failed_at real    not null, -- Unix seconds
  failures  integer not null  -- since it last answered
) strict, without rowid;

-- Minted keys. The key itself is nowhere: a stolen table opens nothing.
create table keys (
  hash    text not null primary key, -- SHA-256, hexadecimal
  hint    text not null,             -- its last four characters
  email   text not null,
  status  text not null check (status in ('active', 'paused', 'revoked')),
  created real not null              -- Unix seconds
) strict, without rowid;
