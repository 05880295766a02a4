-- The last round of collection, whichever replica went it: when the next one is due, and how many
-- blobs it left condemned, so that the next can tell how many were spared.
create table cas.last_collection (
  singleton     boolean     primary key default true check (singleton),
  started_at    timestamptz not null,
  ended_at      timestamptz not null,
  stored_blobs  bigint      not null,
  stored_bytes  bigint      not null,
  condemned_blobs bigint    not null,
  condemned_bytes bigint    not null,
  deleted_blobs bigint      not null,
  deleted_bytes bigint      not null,
  spared_blobs  bigint      not null,
  outstanding   bigint      not null
);

-- Up to where blobs have been hashed again, in the order of their keys, over and over, and up to
-- which time as many have been as there should be.
create table cas.scrubbing (
  singleton boolean     primary key default true check (singleton),
  position  uuid        not null,
  paid_up   timestamptz not null,
  laps      bigint      not null default 0
);

-- The bodies that have objects, which are few beside those that are in the table: who compares the
-- bucket with the index need not read the others.
create index bodies_of_objects on cas.bodies (key) where pieces is not null;
