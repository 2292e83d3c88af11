-- What was asked for of a collection's indexes; what is not named here is as the program has it.
alter table polyseme_store.collections add column index_settings jsonb not null default '{}';

-- What was last measured of searching a generation: the exact scan, and the graph at each depth of search.
alter table polyseme_store.generations add column search_measure jsonb;
