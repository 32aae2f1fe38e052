-- Is a model out because its runtime does not know it, or not for this key.
alter table quarantine add column unknown integer not null default 0;

-- What models and runtimes were found not to take.
create table limits (
  subject text not null,  -- the id of a model, or the name of a runtime
  what    text not null,  -- a need, a wording, or window
  tokens  integer,        -- that the window holds
  until   real not null,  -- Unix seconds
  primary key (subject, what)
) strict, without rowid;
