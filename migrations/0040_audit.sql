-- Who did what to what everyone shares, or to a key. Rows are added and never changed; a row stands
-- in the batch of what it tells of, so that neither is there without the other.
create table audit (
  id      integer not null primary key, -- in the order of the deeds
  ts      real    not null,             -- Unix seconds, by the database's clock
  deed    text    not null,
  who     text    not null,             -- the name of an operator, the id of a key, or anyone
  subject text    not null,             -- the id of a key or of a model; empty where it was all
  detail  text    not null              -- JSON; no secret, no key
) strict;

create trigger audit_stays before update on audit
begin
  select raise(abort, 'the audit table is only added to');
end;

create trigger audit_keeps before delete on audit
begin
  select raise(abort, 'the audit table is only added to');
end;
