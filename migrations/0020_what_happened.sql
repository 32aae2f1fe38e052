-- What happened: one row a settled request, and its sums by the hour. Written by Learners in the
-- batch of their book, so that nothing is doubled.

-- Request ids begin with their time: the order of ids is the order of arrival.
create table decisions (
  id      text    not null primary key,
  epoch   integer not null,
  ts      real    not null, -- when it was settled, Unix seconds
  task    text    not null,
  model   text    not null,
  outcome text    not null, -- finished, dropped, failed
  key     text,             -- the id of the key or the name of the operator
  weight  real    not null, -- how many calls it stands for
  alert   integer not null, -- 1 where it proved a price shift
  json    text    not null  -- all of it; no prompt, no answer
) strict, without rowid;

create index decisions_alerts on decisions (id) where alert = 1;

create table history (
  hour          integer not null, -- when it began, Unix seconds
  task          text    not null,
  model         text    not null,
  epoch         integer not null,
  seq           integer not null, -- of the book at the time: of two copies the higher is the newer
  calls         integer not null, -- whole answers
  dropped       integer not null,
  failed        integer not null,
  failovers     integer not null,
  spend         integer not null, -- picodollars (1e-12 USD), like all money here
  estimated     integer not null, -- the part of the spend that was not charged but estimated
  baseline      integer not null,
  overhead      integer not null,
  quality_n     integer not null,
  quality_sum   real    not null,
  in_tokens     integer not null,
  cached_tokens integer not null,
  out_tokens    integer not null,
  first         text    not null, -- JSON: calls by the time to the first byte, 12 buckets
  whole         text    not null, -- JSON: calls by the time in all, 12 buckets
  primary key (hour, task, model, epoch)
) strict, without rowid;

-- Settlements that could not be delivered to their Learner: folded later, by the cron.
create table undelivered (
  id     text    not null primary key, -- the request's
  task   text    not null,
  model  text    not null,
  line   text    not null, -- of its isolate
  number integer not null, -- in that line
  at     real    not null, -- Unix seconds
  json   text    not null
) strict, without rowid;
