-- The ledger: Postgres is the only truth; queues hold nothing that cannot be found again here.
-- Collection and document id are in every key, so that a distributed Postgres can spread the tables by them.

create table polyseme_store.collections (
  id integer generated always as identity primary key,
  name text not null unique,
  language text,
  live_generation integer not null default 1,
  created_at timestamptz not null default now()
);

-- One (model, settings) build of a collection's vectors; its chunks are in chunks_<collection>_<number>.
create table polyseme_store.generations (
  collection_id integer not null references polyseme_store.collections on delete cascade,
  number integer not null,
  model text not null,
  dimensions integer not null,
  chunking jsonb not null,
  created_at timestamptz not null default now(),
  primary key (collection_id, number)
);

-- Fencing tokens: never reused, so a run for a deleted document can never be mistaken for one of its successor, and
-- rising in time, so that newer is greater. Without a cache: each session would draw from a block of its own.
create sequence polyseme_store.revisions as bigint;

create table polyseme_store.documents (
  collection_id integer not null,
  id text not null,
  -- What users see: 1, 2, 3 for each content pushed under this id.
  version integer not null default 1,
  -- What writes are guarded by.
  revision bigint not null,
  -- The revision whose chunks are in the store; 0: none yet.
  stored_revision bigint not null default 0,
  state text not null default 'queued' check (state in ('queued', 'embedding', 'stored', 'failed')),
  title text,
  text text not null,
  text_hash bytea not null,
  metadata jsonb not null default '{}',
  priority smallint not null default 0,
  attempts integer not null default 0,
  error_code text,
  error_message text,
  -- The queue job that carries this document, so that the reconciler can put back the very same job.
  job bigint not null,
  chunk_count integer not null default 0,
  token_count integer not null default 0,
  received_at timestamptz not null default now(),
  stored_at timestamptz,
  -- While queued: when the reconciler looks whether it is still in the queue. While embedding: when its claim ends.
  next_attempt_at timestamptz not null default now(),
  primary key (collection_id, id)
);

create index documents_pending on polyseme_store.documents (next_attempt_at) where state in ('queued', 'embedding');
create index documents_state on polyseme_store.documents (collection_id, state) where state <> 'stored';

create table polyseme_store.tickets (
  id text primary key,
  collection_id integer not null references polyseme_store.collections on delete cascade,
  created_at timestamptz not null default now()
);

create table polyseme_store.ticket_documents (
  ticket_id text not null,
  collection_id integer not null,
  document_id text not null,
  revision bigint not null,
  primary key (ticket_id, collection_id, document_id)
);

-- What each embedder measured last; rows older than a minute are of workers that are gone.
create table polyseme_store.workers (
  id text primary key,
  heartbeat_at timestamptz not null default now(),
  tokens_per_second double precision
);

create view polyseme.documents as
  select c.name as collection, d.id, d.version, d.state, d.text, d.metadata, d.stored_at
  from polyseme_store.documents d
  join polyseme_store.collections c on c.id = d.collection_id;
