-- A collection that goes from one generation to another. One of the two is live, and the other follows it: each document
-- that is stored in the live one is brought to the other as well, until that one is dropped.

alter table polyseme_store.collections
  -- In the collection's own row, which writers lock: one that waited for the lock sees what is true after it.
  add column following_generation integer,
  -- Never reused: a run for a generation that is gone is not to be mistaken for one of its successor.
  add column newest_generation integer not null default 1;

create table polyseme_store.collection_migrations (
  collection_id integer primary key references polyseme_store.collections on delete cascade,
  from_generation integer not null,
  to_generation integer not null,
  -- Documents with ids up to this one were listed as followed; null: none yet.
  listed_to text,
  all_listed boolean not null default false,
  started_at timestamptz not null default now(),
  cutover_at timestamptz,
  rolled_back_at timestamptz
);

-- Stored documents whose newest revision the following generation does not have yet. A row is added by whoever stores the
-- document in the live one, in the same statement, and removed by whoever writes it to the other.
create table polyseme_store.followed_documents (
  collection_id integer not null,
  id text not null,
  revision bigint not null,
  attempts integer not null default 0,
  -- While a worker has it: when its claim ends.
  next_attempt_at timestamptz not null default now(),
  failed_at timestamptz,
  error_code text,
  error_message text,
  primary key (collection_id, id)
);

create index followed_documents_due on polyseme_store.followed_documents (collection_id, next_attempt_at) where failed_at is null;

-- Chunk tables that no generation has any more. They are dropped alone: whoever drops a table while it holds the lock of
-- a collection may wait in a circle with a writer that came to the table first.
create table polyseme_store.unused_tables (name text primary key);
