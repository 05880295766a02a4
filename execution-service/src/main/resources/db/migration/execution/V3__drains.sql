-- Workers that are to be given nothing new, by patterns: * is any text, ? any one character.
create table execution.drains (
  instance text not null,
  bot text not null,
  -- name=pattern of a property that the worker offers, or * where none matters
  property text not null,
  begun_by text not null,
  reason text not null,
  begun_at timestamptz not null,
  -- Ends by itself then, if ever.
  expires_at timestamptz,
  primary key (instance, bot, property)
);

-- Whether any drain matches; kept as drains and sessions come and go.
alter table execution.sessions add column drained boolean not null default false;
