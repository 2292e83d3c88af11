-- Where chunks begin anew, as [{"start", "context"?}]. Null for documents without, which costs them nothing; adding it
-- rewrites no row. Part of the hash that tells whether a document is unchanged.
alter table polyseme_store.documents add column sections jsonb;
