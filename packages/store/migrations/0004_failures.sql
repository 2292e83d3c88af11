-- Runs that ended with their worker: a document that kills its worker is counted here, whatever error codes say.
alter table polyseme_store.documents
  add column deaths smallint not null default 0,
  -- To the millisecond, as programs read it: a page of failures goes on exactly behind the last one that was read.
  add column failed_at timestamptz(3);

update polyseme_store.documents set failed_at = now() where state = 'failed';

-- Failures are read newest first, a page at a time, and counted, from the index alone where a code is all that is asked for.
create index documents_failed on polyseme_store.documents (failed_at, collection_id, id) include (error_code)
  where state = 'failed';
