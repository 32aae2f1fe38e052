-- Who is served, of everybody: one row.
create table serving (
  one   integer not null primary key check (one = 1),
  whom  text    not null check (whom in ('all', 'operators', 'none')),
  why   text    not null,
  since real    not null -- Unix seconds
) strict;

insert into serving (one, whom, why, since) values (1, 'all', '', 0);

-- The part of the overhead that judging was charged, picodollars.
alter table history add column judged integer not null default 0;

-- What was spent a day, summed up from the hours as they are written; a reset takes nothing off.
create table days (
  day      integer not null primary key, -- when it began, Unix seconds
  spend    integer not null,             -- picodollars (1e-12 USD), like all money here
  overhead integer not null,
  judged   integer not null
) strict;

insert into days (day, spend, overhead, judged)
select hour / 86400 * 86400, sum(spend), sum(overhead), 0 from history group by 1;

create trigger hour_begins after insert on history
begin
  insert into days (day, spend, overhead, judged)
  values (new.hour / 86400 * 86400, new.spend, new.overhead, new.judged)
  on conflict (day) do update set
    spend = spend + excluded.spend,
    overhead = overhead + excluded.overhead,
    judged = judged + excluded.judged;
end;

create trigger hour_goes_on after update on history
begin
  update days set
    spend = spend + new.spend - old.spend,
    overhead = overhead + new.overhead - old.overhead,
    judged = judged + new.judged - old.judged
  where day = new.hour / 86400 * 86400;
end;
