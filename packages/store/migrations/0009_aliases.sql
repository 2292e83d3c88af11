-- Another name for a collection, which can go over to another one in one statement. A collection cannot go while one stands
-- for it: pushes by that name would make a new collection of it.
create table polyseme_store.aliases (
  name text primary key,
  collection_id integer not null references polyseme_store.collections,
  created_at timestamptz not null default now(),
  changed_at timestamptz not null default now()
);

create index aliases_collection on polyseme_store.aliases (collection_id);

-- The forms of words that a generation keeps are those of one language.
alter table polyseme_store.generations add column language text;
update polyseme_store.generations g set language = c.language from polyseme_store.collections c where c.id = g.collection_id;

alter table polyseme_store.collection_migrations
  -- How far the nearest documents are the same in both generations: {at, queries, mean, least, measuredAt}; null: see the reason.
  add column overlap jsonb,
  add column overlap_reason text,
  -- One process measures; another may begin when this is long ago.
  add column overlap_started_at timestamptz;
