-- Upper case only: web-2 in prose is no issue. An underscore may be part of a key, or stand between it and other words.
create or replace temp macro keys_in(text) as list_distinct(
    coalesce(
        regexp_extract_all(
            regexp_replace(text, '(-[0-9]+)_', '\1 ', 'g'),
            '\b(?:[A-Za-z0-9_]*_)?[A-Z][A-Z0-9_]*-[1-9][0-9]*\b'
        ),
        []
    )
)::varchar[];
