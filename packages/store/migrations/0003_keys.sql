-- Who may. A key is shown once, when it is made; what is kept is its hash.
create table polyseme_store.api_keys (
  -- Public: names the key in lists and logs.
  id text primary key,
  name text not null,
  role text not null check (role in ('read', 'write', 'admin')),
  -- null: all of them. Names, not numbers: a key may be made before its collection, and outlives it.
  collections text[],
  -- SHA-256 of the whole key. Unique, so it is an index too: a key is found by it.
  hash bytea not null unique,
  -- null: no limit.
  rate_per_second real check (rate_per_second > 0),
  created_at timestamptz not null default now(),
  -- To the minute, some requests late.
  last_used_at timestamptz,
  -- A revoked key stays listed, and stays proof that keys are in use here.
  revoked_at timestamptz
);
