-- A bot that can be told an action's instance works for those below its own as well.
alter table execution.sessions add column serves_below boolean not null default false;
