-- Since when a bot has it. Of what is over it is kept only where it tells how long such an action
-- takes: where it went well, with one bot.
alter table execution.tasks add column leased_at timestamptz;

-- Whether it ever was with two bots: once at most, whatever became of that.
alter table execution.tasks add column hedged boolean not null default false;
alter table execution.tasks add constraint tasks_race
  check (second_lease is null or (hedged and lease is not null and lease <> second_lease));

-- How long the latest of like actions took. What clients call them may be longer than an index
-- entry can be.
create index tasks_like
  on execution.tasks (
    hashtextextended(instance || ' ' || mnemonic || ' ' || target, 0), completed_at)
  where stage = 'COMPLETED' and leased_at is not null and mnemonic <> '' and target <> '';
