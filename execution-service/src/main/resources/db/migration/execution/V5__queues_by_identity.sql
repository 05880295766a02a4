-- What actions ask for may be longer than an index entry can be.
create function execution.queue_identity(instance text, names text[], "values" text[])
  returns bytea language sql immutable strict parallel safe
  as $$ select sha256(convert_to(row($1, $2, $3)::text, 'UTF8')) $$;

alter table execution.queues
  drop constraint queues_instance_property_names_property_values_key;
create unique index queues_identity
  on execution.queues (execution.queue_identity(instance, property_names, property_values));
