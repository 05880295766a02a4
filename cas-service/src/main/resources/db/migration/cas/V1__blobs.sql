-- Which database a bucket belongs to: the mark object in the bucket has the same id. Once there was
-- one, a bucket without the mark is the wrong one.
create table cas.owner (
  id         uuid    not null default gen_random_uuid(),
  has_bucket boolean not null default false,
  singleton  boolean primary key default true check (singleton)
);
insert into cas.owner default values;

-- Instance names as numbers, given once and never taken back. Names may be too long for an index,
-- their SHA-256 is not.
create table cas.instances (
  id        integer generated always as identity primary key,
  name      text    not null,
  name_hash bytea   not null unique
);

-- Which blobs exist. A row is asked for thousands at a time, so it is narrow and its key is short:
-- 4 bytes of the instance's number, then 12 that are drawn from the digest (cas.index.BlobKey).
-- Keys of an instance are therefore one range, and evenly spread in it: a part of the range is a
-- fair sample. The digest is beside the key and always compared too.
create table cas.blobs (
  key          uuid        not null,
  -- Moved forward by whoever is told that the blob exists, unless it is recent anyway. Not indexed,
  -- so that moving it writes nothing but the row.
  last_used    timestamptz not null,
  size         bigint      not null,
  -- When collection chose the blob to be deleted. Emptied by whoever is told that it exists; while
  -- it is set and nobody was told, a later round may delete the row, and its body.
  condemned_at timestamptz,
  instance     integer     not null,
  function     smallint    not null,
  hash         bytea       not null,
  primary key (key)
) with (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.05,
        autovacuum_vacuum_insert_scale_factor = 0.05);
alter table cas.blobs alter column hash set storage plain;
create index blobs_condemned on cas.blobs (condemned_at, key) where condemned_at is not null;

-- Where the bytes of each blob are: in the row, or in a row of objects. Written once, deleted with
-- the blob.
create table cas.bodies (
  key       uuid  not null,
  content   bytea,
  pieces    uuid[],
  lengths   integer[],
  -- CRC-32C of each MiB, counted from the start of the content and of each piece.
  checksums bytea not null,
  primary key (key),
  check ((content is null) = (pieces is not null and lengths is not null))
);
-- Content hardly shrinks, and what does was compressed by its client.
alter table cas.bodies alter column content set storage external;

-- Objects that no body has, and when they are to be deleted. An object is entered before it is
-- written, and taken out by the transaction that makes it part of a body: what is lost in between
-- is found here, and the bucket never has to be listed. Objects of a body that is deleted are
-- entered again, with time left for those who are reading them.
create table cas.deletions (
  object uuid        primary key,
  due_at timestamptz not null
);
create index deletions_by_time on cas.deletions (due_at);

-- Bodies that were found damaged or without their objects, kept to be looked at. Their blobs are
-- missing, and may have been written anew.
create table cas.quarantine (
  id         bigint generated always as identity primary key,
  found_at   timestamptz not null,
  reason     text        not null,
  key        uuid        not null,
  instance   integer     not null,
  function   smallint    not null,
  hash       bytea       not null,
  size       bigint      not null,
  content    bytea,
  pieces     uuid[],
  lengths    integer[],
  checksums  bytea       not null
);

-- Uploads that have arrived in part, by the SHA-256 of their resource name: pieces that are objects
-- already, then a tail that is not yet one. The pieces are in the table of deletions too, their time
-- moved on whenever the upload is saved. The epoch is another number for each writer: what a writer
-- saves is taken only while the epoch is still its own.
create table cas.uploads (
  name_hash  bytea       primary key,
  name       text        not null,
  epoch      bigint      not null,
  touched_at timestamptz not null,
  pieces     uuid[]      not null,
  lengths    integer[]   not null,
  checksums  bytea       not null,
  tail       bytea       not null
);
alter table cas.uploads alter column tail set storage external;
create index uploads_by_time on cas.uploads (touched_at);
create sequence cas.upload_epochs;
