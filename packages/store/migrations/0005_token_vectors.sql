-- What a generation keeps besides one vector a chunk. Chunk tables of those that keep token vectors have two more columns.
alter table polyseme_store.generations
  add column late_chunking boolean not null default false,
  add column token_vectors text not null default 'none' check (token_vectors in ('none', 'int8', 'half')),
  add column token_pooling smallint not null default 1 check (token_pooling between 1 and 3);
