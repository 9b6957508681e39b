-- The text of a rich-text document. Its JSON is compact, so each text is what stands between `"text":"`
-- and the next quote; cards have addresses and expands have titles instead. A new `"content"` means that a block began.
create or replace temp macro plain_text(value) as regexp_replace(
    try((
        '"' || array_to_string(
            list_transform(
                string_split(
                    replace(replace(value::varchar, '"url":"', '"text":"'), '"title":"', '"text":"'), '"text":"'
                )[2:],
                lambda part: regexp_extract(part, '^(?:[^"\\]|\\.)*')
                || case when contains(part, '"content":[') or contains(part, '"hardBreak"') then '\n' else '' end
            ),
            ''
        ) || '"'
    )::json ->> '$'),
    '\s+$', ''
)
