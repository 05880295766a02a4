-- Actions that wait for the same workers wait in the same queue.
create table execution.queues (
  id bigint generated always as identity primary key,
  instance text not null,
  property_names text[] not null,
  property_values text[] not null,
  unique (instance, property_names, property_values)
);

-- One run of an action, which the operations of several callers may share.
create table execution.tasks (
  id uuid primary key,
  queue bigint not null references execution.queues,
  instance text not null,
  digest_function integer not null,
  action_hash text not null,
  action_size bigint not null,
  -- The Action message as a worker gets it: with the time-out that holds for it.
  action bytea not null,
  mergeable boolean not null,
  do_not_cache boolean not null,
  priority integer not null,
  timeout_millis bigint not null,
  tool text not null,
  invocation text not null,
  target text not null,
  mnemonic text not null,
  stage text not null check (stage in ('QUEUED', 'EXECUTING', 'COMPLETED')),
  attempts integer not null,
  lease uuid,
  -- The bot session that failed the last attempt: others are tried first.
  avoided_session text,
  queued_at timestamptz not null,
  completed_at timestamptz,
  partial_metadata bytea,
  response bytea,
  check ((stage = 'EXECUTING') = (lease is not null)),
  check ((stage = 'COMPLETED') = (response is not null and completed_at is not null))
);

-- Equal actions in flight run once.
create unique index tasks_merge on execution.tasks (instance, digest_function, action_hash, action_size)
  where mergeable and stage <> 'COMPLETED';
create index tasks_queued on execution.tasks (queue, priority, queued_at, id) where stage = 'QUEUED';
create index tasks_live on execution.tasks (id) where stage <> 'COMPLETED';
create index tasks_completed on execution.tasks (completed_at) where stage = 'COMPLETED';

-- What one Execute call was given a name for.
create table execution.operations (
  id uuid primary key,
  task uuid not null references execution.tasks on delete cascade,
  instance text not null,
  created_at timestamptz not null,
  -- Somebody follows it, or did so until less than the grace time before.
  watched_until timestamptz not null,
  cancelled_at timestamptz,
  deleted_at timestamptz,
  inline_stdout boolean not null,
  inline_stderr boolean not null,
  inline_output_files text[] not null
);
create index operations_task on execution.operations (task);
create index operations_listed on execution.operations (instance, created_at, id) where deleted_at is null;

-- Bots that are or were connected; one that is gone stays known for a while.
create table execution.sessions (
  name text primary key,
  instance text not null,
  bot_id text not null,
  property_names text[] not null,
  property_values text[] not null,
  capacity integer not null,
  accepts_work boolean not null,
  seen_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  unique (instance, bot_id)
);

-- Work that is with a bot. CANCELLED: the bot has been, or is to be, told to stop.
create table execution.leases (
  id uuid primary key,
  task uuid not null references execution.tasks,
  session text not null references execution.sessions,
  state text not null check (state in ('PENDING', 'ACTIVE', 'CANCELLED')),
  created_at timestamptz not null,
  expires_at timestamptz not null,
  overdue_at timestamptz not null
);
create index leases_session on execution.leases (session);
create index leases_expiry on execution.leases (expires_at);
-- One action is never with two bots at once.
create unique index leases_task on execution.leases (task) where state <> 'CANCELLED';
