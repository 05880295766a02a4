-- One result an action and instance. The key is as it is asked for; the columns after the result
-- say who wrote it, so that what a person, machine or build wrote can be revoked in bulk.
create table actioncache.results (
  instance        text        not null,
  digest_function smallint    not null,
  hash            bytea       not null,
  size_bytes      bigint      not null,
  result          bytea       not null,
  -- CRC-32C of the result.
  checksum        integer     not null,
  team            text        not null,
  token           text        not null,
  worker          text        not null,
  invocation      text        not null,
  created_at      timestamptz not null,
  -- Moved forward at most once an hour.
  last_used_at    timestamptz not null,
  primary key (instance, digest_function, hash, size_bytes)
);

-- Serialized messages hardly shrink, and are read far more often than written.
alter table actioncache.results alter column result set storage external;

create index results_by_last_use on actioncache.results (last_used_at);
create index results_by_creation on actioncache.results (created_at);
create index results_by_token on actioncache.results (token, created_at) where token <> '';
create index results_by_team on actioncache.results (team, created_at) where team <> '';
create index results_by_worker on actioncache.results (worker, created_at) where worker <> '';
create index results_by_invocation on actioncache.results (invocation) where invocation <> '';
