-- The sparse model of a generation, whose chunk table has a column `sparse sparsevec(sparse_dimensions)` then. Null: none.
alter table polyseme_store.generations add column sparse_model text, add column sparse_dimensions integer;
