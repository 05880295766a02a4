-- Whom an action counts for when work is shared out: a team, and a user of it.
alter table execution.tasks add column team text not null default '';
alter table execution.tasks add column team_user text not null default '';
update execution.tasks set team = split_part(instance, '/', 1);

-- What is with bots, by whom it counts for, without a look at the actions.
alter table execution.leases add column team text not null default '';
alter table execution.leases add column team_user text not null default '';
alter table execution.leases add column invocation text not null default '';
update execution.leases l set team = t.team, team_user = t.team_user, invocation = t.invocation
  from execution.tasks t where t.id = l.task;

-- All that waits for the same workers, counts for the same invocation and is equally urgent is one
-- flow; the flows there are can be found by skipping from one to the next.
drop index execution.tasks_queued;
create index tasks_queued
  on execution.tasks (queue, team, team_user, invocation, priority, queued_at, id)
  where stage = 'QUEUED';

-- What takes long may be with two bots; the first to bring an outcome has the other one stopped.
alter table execution.tasks add column second_lease uuid;
alter table execution.leases add column hedge boolean not null default false;
drop index execution.leases_task;
create unique index leases_task on execution.leases (task, hedge) where state <> 'CANCELLED';
create index leases_of_task on execution.leases (task);
