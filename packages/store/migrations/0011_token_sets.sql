-- Packed token vectors in tables of their own, tokens_<collection>_<set>, which generations share where only their chunks
-- differ: chunks name ranges of rows there. A set has the number of the generation that it was made with.

alter table polyseme_store.generations add column token_set integer;
update polyseme_store.generations set token_set = number where token_vectors <> 'none';

-- Names what one write of a document left in such a table. Never reused, so that what chunks name is never another's.
create sequence polyseme_store.token_sources as bigint;

-- What is there moves: each chunk's value becomes one of source 0, and beside the chunk stays what says where its words are.
do $$
declare
  g record;
  chunks text;
  tokens text;
  rows text;
begin
  rows := '(get_byte(c.tokens, 8) + (get_byte(c.tokens, 9) << 8) + (get_byte(c.tokens, 10) << 16))';
  for g in
    select collection_id, number, dimensions * case token_vectors when 'half' then 2 else 1 end as width
    from polyseme_store.generations where token_vectors <> 'none'
  loop
    chunks := format('polyseme_store.chunks_%s_%s', g.collection_id, g.number);
    tokens := format('polyseme_store.tokens_%s_%s', g.collection_id, g.number);
    execute format('create table %s (
      document_id text not null,
      source bigint not null,
      ordinal integer not null,
      start_offset integer not null,
      rows integer not null,
      tokens bytea not null
    )', tokens);
    execute format('alter table %s alter column tokens set storage external', tokens);
    execute format('insert into %s (document_id, source, ordinal, start_offset, rows, tokens)
      select c.document_id, 0, c.ordinal, c.start_offset, %s, c.tokens from %s c', tokens, rows, chunks);
    execute format('alter table %s add primary key (document_id, source, ordinal)', tokens);
    -- Written anew by it, so that the space of the vectors is free.
    execute format('alter table %s alter column tokens type bytea
      using substring(tokens for 12) || substring(tokens from 13 + %s * (8 + %s))', chunks, replace(rows, 'c.', ''), g.width);
    execute format('alter table %s alter column tokens set storage extended', chunks);
    execute format('alter table %s rename column tokens to token_units', chunks);
    execute format('alter table %s add column token_source bigint not null default 0, add column token_slices integer[]', chunks);
    execute format('alter table %s alter column token_source drop default', chunks);
  end loop;
end
$$;
