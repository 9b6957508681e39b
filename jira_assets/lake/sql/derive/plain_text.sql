-- The text of a rich-text document. Its JSON is compact, so each text is what stands between `"text":"` and the next
-- quote; cards have addresses and expands have titles instead. A new `"content"` means that a block began. Only where
-- something is escaped, quotes among it as well, the end of a text takes a regular expression, which is slower.
create or replace temp macro plain_text(value) as regexp_replace(
    try((
        '"' || array_to_string(
            list_transform(
                string_split(
                    replace(replace(value::varchar, '"url":"', '"text":"'), '"title":"', '"text":"'), '"text":"'
                )[2:],
                lambda part: case
                    when contains(part, '\') then regexp_extract(part, '^(?:[^"\\]|\\.)*')
                    else split_part(part, '"', 1)
                end
                || case when contains(part, '"content":[') or contains(part, '"hardBreak"') then '\n' else '' end
            ),
            ''
        ) || '"'
    )::json ->> '$'),
    '\s+$', ''
)
