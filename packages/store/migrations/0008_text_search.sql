-- Search by words. Nothing is stored for it: an index over the function below holds the words, and it is built for
-- collections that are searched by words. The others pay nothing.

alter table polyseme_store.collections add column searched_by_words_at timestamptz;

-- For texts of an unknown language, and of those without a stemmer: words of ASCII letters are taken for English.
create text search configuration polyseme_store.plain (copy = pg_catalog.simple);
alter text search configuration polyseme_store.plain
  alter mapping for asciiword, asciihword, hword_asciipart with pg_catalog.english_stem;

-- What a text can be found by: its words as the configuration writes them, and of scripts that put no space between words
-- (Thai, Lao, Burmese, Khmer, kana, Han), and of Korean, whose words carry their particles, each character and each pair of
-- neighbours. What is there twice is there as `word*2` as well, and so on up to `word*5`: an index tells by it how often.
-- A change of this function needs a new name, as indexes hold what it answered.
create function polyseme_store.word_entries(config regconfig, content text) returns text[]
language sql immutable strict parallel safe cost 250
as $$
  select tsvector_to_array(v.words) || array(
      select w.lexeme || '*' || level
      from unnest(v.words) w, generate_series(2, least(5, cardinality(w.positions))) level
      where cardinality(w.positions) > 1
    ) || case when u.unspaced then array(
      select case level when 1 then g.part else g.part || '*' || level end
      from (
        select p.part, count(*) as times
        from regexp_matches(u.plain, '[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+', 'g') run
        cross join lateral generate_series(1, length(run[1])) at
        cross join lateral (
          values (substr(run[1], at, 1)), (case when at < length(run[1]) then substr(run[1], at, 2) end)
        ) p (part)
        where p.part is not null
        group by p.part
      ) g, generate_series(1, least(5, g.times)) level
    ) else '{}' end
  from (
    -- Signs of all kinds become spaces: the parser would make one word of "and/or", and a negative year of "2010-2012".
    select regexp_replace(
      case when octet_length(content) = length(content) then content else normalize(content, nfkc) end,
      '[!-&(-/:-@[-`{-~\u00a1-\u00a9\u00ab-\u00b4\u00b6-\u00b9\u00bb-\u00bf\u2000-\u206f\u3001-\u3004\u3008-\u301f\u3030\u30fb]+',
      ' ', 'g') as plain
    offset 0
  ) s
  cross join lateral (
    select s.plain, s.plain ~ '[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]' as unspaced
    offset 0
  ) u
  cross join lateral (
    select to_tsvector(config, case when u.unspaced then regexp_replace(u.plain,
      '[\u0e00-\u0eff\u1000-\u109f\u1100-\u11ff\u1780-\u17ff\u3005-\u3007\u3031-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]+',
      ' ', 'g') else u.plain end) as words
    offset 0
  ) v
$$;
