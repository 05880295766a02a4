-- Set for good before an object is asked to be deleted: nobody can make a blob of it any more, even if
-- the answer, or what was noted of it, got lost.
alter table cas.deletions add column doomed boolean not null default false;
